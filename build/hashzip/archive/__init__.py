"""Turn entries into a zip whose bytes depend on nothing else."""
