"""What `hashzip doctor` checks: the machine, and the project. Each check is one small function."""
