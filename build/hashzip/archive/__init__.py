"""Turn entries into a zip whose bytes depend on them alone."""
