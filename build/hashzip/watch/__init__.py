"""Run functions on this machine, and update them at each save."""
