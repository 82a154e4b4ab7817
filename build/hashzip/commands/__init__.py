"""The commands, one a module: each has a `run`, and only these print."""
