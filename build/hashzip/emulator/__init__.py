"""Run the local AWS that `watch` and the tests use."""
