"""Write files so that either all of them are written, or none."""

import codecs
import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from hashzip.adopt.proposal import Change
from hashzip.adopt.repository import Repository
from hashzip.errors import HashzipError
from hashzip.project import files
from hashzip.system import atomic


def write(
    repository: Repository, changes: Sequence[Change], check: Callable[[], object] = lambda: None
) -> None:
    """Write files. Where that fails or is interrupted, all are as they were.

    Args:
        repository: The files.
        changes: What to write.
        check: Checks what was written: an error of its counts as one of writing.

    Raises:
        HashzipError: A file is outside the project, or has changed since it was read.
        OSError: One cannot be written.
    """
    for change in changes:
        _check(repository, change)
    folders: list[str] = []
    written: list[Change] = []
    try:
        for change in changes:
            _make_folder(os.path.dirname(repository.location(change.path)), folders)
            written.append(change)
            _put(repository, change.path, change.after)
        check()
    except BaseException:
        _restore(repository, written, folders)
        raise


def _check(repository: Repository, change: Change) -> None:
    location = repository.location(change.path)
    if not repository.contains(location):
        raise HashzipError(
            f"{location} is outside the project {repository.root}",
            "remove the link, or name another folder with --infra",
        )
    try:
        text: str | None = files.read(repository.root, location).decode("utf-8-sig")
    except FileNotFoundError:
        text = None
    if text != change.before:
        state = "exists" if change.before is None else "has changed since it was read"
        raise HashzipError(f"{location} {state}", "run this again")


def _put(repository: Repository, path: str, text: str) -> None:
    """Write a file in one step, with the mode and the byte order mark that it had."""
    location = os.path.realpath(repository.location(path))
    try:
        mode = os.stat(location).st_mode & 0o777
        has_mark = files.read(repository.root, location).startswith(codecs.BOM_UTF8)
    except FileNotFoundError:
        atomic.write_text(location, text)
        return
    mark = codecs.BOM_UTF8 if has_mark else b""
    atomic.write(location, mark, text.encode(), mode=mode)


def _make_folder(folder: str, made: list[str]) -> None:
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for each in reversed(missing):
        os.mkdir(each)
        made.append(each)


def _restore(repository: Repository, written: Sequence[Change], folders: Sequence[str]) -> None:
    for change in written:
        if change.before is not None:
            _put(repository, change.path, change.before)
        else:
            with suppress(FileNotFoundError):
                os.unlink(repository.location(change.path))
    for folder in reversed(folders):
        os.rmdir(folder)
