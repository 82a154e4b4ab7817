"""Find OpenTofu, or build it from the Go module proxy: `python -m scripts.opentofu`."""

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
# As in its releases; without it, OpenTofu reports a development version.
_RELEASE = "-X github.com/opentofu/opentofu/version.dev=no"


def executable() -> Path:
    """Return the path of `tofu`.

    Use the program on the PATH. If there is none, build it once, which takes 3 to 4 minutes, and
    keep it in the cache folder.

    Raises:
        ScriptError: OpenTofu is not installed and cannot be built.
    """
    installed = shutil.which("tofu")
    if installed:
        return Path(installed)
    suffix = ".exe" if sys.platform == "win32" else ""
    with cache.locked("opentofu") as root:
        program = root / "opentofu" / MODULE.version / f"tofu{suffix}"
        if not program.exists():
            print(f"building OpenTofu {MODULE.version}, once: 3 to 4 minutes", file=sys.stderr)
            golang.build(MODULE, "./cmd/tofu", program, _RELEASE)
    return program


def main() -> None:
    """Print the path of `tofu`."""
    print(executable())


if __name__ == "__main__":
    sys.exit(exit_code(main))
