"""The machine that hashzip runs on. Standard library only."""

import platform


def architecture() -> str:
    """Return Lambda's name of this machine's architecture: `x86_64`, or else `arm64`."""
    return "x86_64" if platform.machine().lower() in ("x86_64", "amd64") else "arm64"
