"""OpenTofu: the one that is installed, or one built by the Go module proxy.

Run `python -m scripts.opentofu` to print where it is.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from scripts import cache, golang
from scripts.errors import exit_code

MODULE = golang.Module(
    "github.com/opentofu/opentofu",
    "v1.12.6",
    "h1:0VT4P8pMmGcCUnQ9JDrJ+Qg2d35Vzm4FFd/9+H7oF98=",
)
# As its releases are built; otherwise it calls itself a development version.
_RELEASE = "-X github.com/opentofu/opentofu/version.dev=no"


def executable() -> Path:
    """Return the `tofu` program.

    It is the one on PATH where there is one. Otherwise it is built once, which takes 3 to 4
    minutes, and kept in the cache folder.

    Raises:
        ScriptError: It is not installed and cannot be built.
    """
    installed = shutil.which("tofu")
    if installed:
        return Path(installed)
    suffix = ".exe" if sys.platform == "win32" else ""
    with cache.locked("opentofu") as root:
        program = root / "opentofu" / MODULE.version / f"tofu{suffix}"
        if not program.exists():
            print(f"building OpenTofu {MODULE.version}: 3 to 4 minutes, once", file=sys.stderr)
            golang.build(MODULE, "./cmd/tofu", program, _RELEASE)
    return program


def main() -> None:
    """Print the path of the `tofu` program."""
    print(executable())


if __name__ == "__main__":
    sys.exit(exit_code(main))
