"""Read the files that cargo compiled a program from, as it lists them afterwards.

They are in a make rule beside the program, with the sources of all crates that have a path, and the
files that their build scripts declare:
https://doc.rust-lang.org/cargo/reference/build-cache.html#dep-info-files
"""

import re
from pathlib import Path

_SEPARATOR = re.compile(r"(?<!\\) ")


def read(rule: Path) -> set[str]:
    """Return the absolute paths of the files and folders.

    Args:
        rule: The path of the rule. Without this file, there are none.
    """
    try:
        text = rule.read_text(encoding="utf-8")
    except FileNotFoundError:
        return set()
    return {
        name.replace("\\ ", " ")
        for line in text.splitlines()
        for name in _SEPARATOR.split(line.partition(": ")[2])
        if name
    }
