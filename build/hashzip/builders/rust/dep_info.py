"""Which files of the project cargo compiled a program from, as it says afterwards. Build time.

A rule of `make` in a file beside the program; cargo lists the sources of all crates that have a
path, and what their build scripts name:
https://doc.rust-lang.org/cargo/reference/build-cache.html#dep-info-files
"""

import re
from pathlib import Path

_BETWEEN = re.compile(r"(?<!\\) ")


def read(path: Path) -> set[str]:
    """Answers the files and folders, absolute.

    Args:
        path: Of the rule.

    Returns:
        Nothing where there is no such rule.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return set()
    return {
        name.replace("\\ ", " ")
        for line in text.splitlines()
        for name in _BETWEEN.split(line.partition(": ")[2])
        if name
    }
