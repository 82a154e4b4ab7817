"""Build, check and measure the container images of both handlers."""
