"""Paths of files: which are valid, left out, or the same path on some machine."""

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from hashzip.errors import HashzipError, escape, read_error
from hashzip.inputs import gitignore
from hashzip.inputs.files import BY_PATH, Listing, SourceFile
from hashzip.project import files as door

# Before the path of a file that decides a package and is not packed, such as a lock: such a path is
# relative to the project, while all others are relative to the package's root.
IN_PROJECT = "//"

_SEPARATOR = os.fsencode(os.sep)
_BLOCK = 1 << 20  # bytes of a file that is compared

# Left out of everything, at any depth: what tools leave behind, and no program needs.
LEFT_OUT = frozenset(
    (
        b".git",
        b".hg",
        b".svn",
        b"__pycache__",
        b".DS_Store",
        b"Thumbs.db",
        b".venv",
        b".terraform",
        b".pytest_cache",
        b".mypy_cache",
        b".ruff_cache",
        b".hashzip",
    )
)
_LEFT_OUT_SUFFIX = b".pyc"

# Left out of sources too: what tools and editors write beside them on one machine, and not on
# another. A package that is installed, or that a program makes, may have such files for a reason.
LEFT_OUT_OF_SOURCES = LEFT_OUT | {
    # Python
    b".tox",
    b".nox",
    b".hypothesis",
    b".coverage",
    b"htmlcov",
    b".ipynb_checkpoints",
    # Terraform and Terragrunt
    b".terraform.lock.hcl",
    b".terraform.tfstate.lock.info",
    b"tfplan",
    b".terragrunt-cache",
    b".terragrunt-source-manifest",
    # Other tools, editors and systems
    b".aws-sam",
    b".serverless",
    b".idea",
    b".vscode",
    b"Icon\r",
    b"desktop.ini",
}
_SOURCE_SUFFIXES = (_LEFT_OUT_SUFFIX, b".egg-info", b".tfplan", b"~")
_STATE = b".tfstate"  # `terraform.tfstate`, `terraform.tfstate.backup`
_ODD_STARTS = (b".", b"#")
# `.coverage.HOST.PID`, `.app.py.swp`, `.#app.py`, `._app.py`, `#app.py#`
_ODD_NAME = rb"\.coverage\..*|\..*\.sw.|\.[#_].*|#.*#"
# Of the project's root alone: the configuration that deploys the package.
_ROOT_NAMES = frozenset((b"hashzip.toml",))
_ROOT_SUFFIXES = (b".tf", b".tofu", b".tf.json", b".tfvars", b".tfvars.json")


def is_left_out(name: bytes, *, is_root: bool) -> bool:
    """Return whether tools and editors leave files or folders of a name beside sources.

    Args:
        name: The name, without its folder.
        is_root: Whether the folder is the project's root.
    """
    return (
        name in LEFT_OUT_OF_SOURCES
        or name.endswith(_SOURCE_SUFFIXES)
        or (name.startswith(_ODD_STARTS) and re.fullmatch(_ODD_NAME, name, re.DOTALL) is not None)
        or (_STATE in name and _is_state(name))
        or (is_root and (name in _ROOT_NAMES or name.endswith(_ROOT_SUFFIXES)))
    )


def is_left_out_everywhere(name: bytes, *, is_root: bool) -> bool:
    """Return whether no package has files or folders of a name, whatever makes the package."""
    del is_root
    return name in LEFT_OUT or name.endswith(_LEFT_OUT_SUFFIX)


def _is_state(name: bytes) -> bool:
    _, _, rest = name.partition(_STATE)
    return not rest or rest.startswith(b".")


def name_files(listings: Sequence[Listing], executable: Sequence[str] = ()) -> list[SourceFile]:
    """Name files as in the package, where the folders lie over each other.

    Args:
        listings: The files of each folder.
        executable: Patterns of the files that have mode 0755, whatever their content.

    Returns:
        The files, sorted by the bytes of their paths.

    Raises:
        HashzipError: Two files have the same path and different content, or paths that differ in
            case or Unicode form alone; a name is not UTF-8 or has a control character.
    """
    is_executable = gitignore.matcher_below(executable)
    named = []
    for listing in listings:
        start = len(listing.folder) + len(_SEPARATOR)
        for location in listing.files:
            path = decode(location[start:], listing.folder)
            named.append(SourceFile(path, location, is_executable(path)))
    named.sort(key=BY_PATH)
    if len(listings) > 1:
        named = list(_without_copies(named))
    check_no_clashes(named)
    return named


def _without_copies(files: Iterable[SourceFile]) -> Iterator[SourceFile]:
    """Yield sorted files without those that have the path and the content of the one before."""
    before: SourceFile | None = None
    for file in files:
        if before and before.path == file.path and _is_copy(before.location, file.location):
            continue
        yield file
        before = file


def _is_copy(location: bytes, other: bytes) -> bool:
    try:
        with (
            open(door.open_regular(location), "rb") as first,
            open(door.open_regular(other), "rb") as second,
        ):
            if os.fstat(first.fileno()).st_size != os.fstat(second.fileno()).st_size:
                return False
            while block := first.read(_BLOCK):
                if block != second.read(_BLOCK):
                    return False
            return not second.read(1)
    except OSError as error:
        raise read_error(other, error) from error


def for_patterns(name: bytes) -> str:
    """Decode a path for patterns; unlike `decode`, any path, so that each can be left out.

    Args:
        name: The path of a file or folder, relative to the folder of the patterns.

    Returns:
        The path, `/`-separated, in Unicode NFC; bytes that are not UTF-8 are surrogates.
    """
    text = name.decode("utf-8", "surrogateescape").replace(os.sep, "/")
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def decode(name: bytes, folder: bytes) -> str:
    """Decode a path to Unicode NFC: macOS and Linux write the same name in different forms.

    Args:
        name: The path of a file or folder, relative to `folder`.
        folder: The folder, for the error.

    Returns:
        The path, `/`-separated.

    Raises:
        HashzipError: The path is not UTF-8, or has a control character.
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
        "rename the file, or leave it out with a pattern in exclude",
    )


def check_no_clashes(files: Iterable[SourceFile], *, fold_case: bool = True) -> None:
    """Check that no two paths are the same on some machine: equal, or equal but for case.

    Folders count too: `Lib/a` and `lib/b` are in one folder on macOS and in two on Linux. And a
    path cannot be a file in one source folder and a folder in another.

    Args:
        files: The files.
        fold_case: Whether paths that are equal but for case are the same.

    Raises:
        HashzipError: There are two such paths; the error names both.
    """
    seen: dict[str, SourceFile] = {}  # by path, in lower case where that is the same
    folders: set[str] = set()
    for file in files:
        folder = file.path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            _add(seen, file._replace(path=folder + "/"), fold_case=fold_case)
            folder = folder.rpartition("/")[0]
        _add(seen, file, fold_case=fold_case)


def _add(seen: dict[str, SourceFile], file: SourceFile, *, fold_case: bool) -> None:
    path = file.path.rstrip("/")
    folded = path.casefold() if fold_case else path
    # Most paths are in lower case already: then key and value share one string, to save memory.
    other = seen.setdefault(path if folded == path else folded, file)
    if other is not file:
        how = "have one path" if other.path == file.path else "differ in case or kind alone"
        raise HashzipError(
            f"{escape(other.location)} and {escape(file.location)} {how} in the package: "
            f"{other.path}, {file.path}",
            "rename one, or name it in exclude",
        )
