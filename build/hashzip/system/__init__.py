"""Small helpers around the operating system. Standard library only."""
