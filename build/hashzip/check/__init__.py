"""`hashzip build --check`: builds twice, as differently as can be, and compares."""
