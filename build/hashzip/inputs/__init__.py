"""The inputs of a package: find, read and hash them. Standard library only."""
