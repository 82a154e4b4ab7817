"""Helpers around the operating system. Standard library only."""
