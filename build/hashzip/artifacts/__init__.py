"""Describe what was built, and keep it."""
