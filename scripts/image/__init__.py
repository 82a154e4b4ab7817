"""Builds the container images of both handlers, runs them, and measures them."""
