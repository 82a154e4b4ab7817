"""Names of files in a package: which can be, and which are one name on some machine.

Pure; standard library only.
"""

import os
import re
import unicodedata
from collections.abc import Iterable

from hashzip.errors import HashzipError, escape
from hashzip.inputs.files import SourceFile

# Before the path of a file that decides a package and is not packed, such as a lock: such a path is
# relative to the project, while all others are relative to the package's root.
IN_PROJECT = "//"


def normalized(package: str) -> str:
    """Answers the one spelling of a Python package's name: `Ruamel.YAML` is `ruamel-yaml`.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", package).lower()


def decode(name: bytes, folder: bytes) -> str:
    """Decodes a path to Unicode NFC; macOS and Linux write the same name in different forms.

    Args:
        name: Of a file or folder, relative to the folder.
        folder: Where it is, for the error.

    Returns:
        The path, `/`-separated.

    Raises:
        HashzipError: The name is not UTF-8, or has a control character.
    """
    try:
        text = name.decode().replace(os.sep, "/")
    except UnicodeDecodeError:
        problem = "is not UTF-8"
    else:
        if text.isascii() and text.isprintable():
            return text
        if not any(unicodedata.category(character) == "Cc" for character in text):
            return unicodedata.normalize("NFC", text)
        problem = "has a control character"
    raise HashzipError(
        f"the name {escape(os.path.join(folder, name))} {problem}",
        "rename the file, or remove it",
    )


def check_no_clashes(files: Iterable[SourceFile]) -> None:
    """Refuses paths that are one path on some machine: equal, or equal but for case.

    Folders count too: `Lib/a` and `lib/b` are in one folder on macOS and in two on Linux. And a
    path cannot be a file in one source folder and a folder in another.

    Raises:
        HashzipError: There are two such paths; both are named.
    """
    seen: dict[str, SourceFile] = {}  # by folded path
    folders: set[str] = set()
    for file in files:
        folder = file.path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            _claim(seen, file._replace(path=folder + "/"))
            folder = folder.rpartition("/")[0]
        _claim(seen, file)


def _claim(seen: dict[str, SourceFile], file: SourceFile) -> None:
    path = file.path.rstrip("/")
    folded = path.casefold()
    # Most paths are folded already: then one text serves for both, which saves memory.
    other = seen.setdefault(path if folded == path else folded, file)
    if other is not file:
        how = "have one path" if other.path == file.path else "differ in case or kind alone"
        raise HashzipError(
            f"{escape(other.location)} and {escape(file.location)} {how} in the package: "
            f"{other.path}, {file.path}",
            "rename one, or name it in exclude",
        )
