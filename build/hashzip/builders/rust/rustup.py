"""Explain what rustup prints in place of a program that it cannot run.

rustup puts `cargo` and `rustc` on the `PATH` before it has a toolchain with these programs.
"""

import re

from hashzip.errors import HashzipError

INSTALL = "see https://rustup.rs"

_MISSING_TOOLCHAIN = re.compile(
    r"^error: (?:override )?toolchain '([^']+)' is not installed", re.MULTILINE
)
_NO_DEFAULT = re.compile(
    r"^error: (rustup could not choose a version of|no override and no default toolchain set)",
    re.MULTILINE,
)


def error(stderr: str) -> HashzipError | None:
    """Return the error for the output of a program that failed, or None if it is not rustup's.

    Args:
        stderr: The program's standard error.
    """
    missing = _MISSING_TOOLCHAIN.search(stderr)
    if missing:
        return HashzipError(
            f"the Rust toolchain {missing[1]}, which rustup was asked for, is not installed",
            f"run: rustup toolchain install {missing[1]}",
        )
    if _NO_DEFAULT.search(stderr):
        return HashzipError(
            "cargo and rustc are on the PATH, but rustup has no default toolchain to run them from",
            "run: rustup default stable; or, if your toolchains are in the home folder of another "
            "user, set RUSTUP_HOME to its .rustup",
        )
    return None
