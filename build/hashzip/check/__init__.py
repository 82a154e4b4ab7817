"""Build a package twice, as differently as possible, and compare: `hashzip build --check`."""
