"""The files of a repository: which there are, and their text, as far as it is safe to read."""

import os
from collections.abc import Iterator
from functools import cached_property

from hashzip.errors import HashzipError, warn
from hashzip.inputs.paths import LEFT_OUT
from hashzip.project import files

# Folders that hold copies, tests or tools, and folders that are large to search.
_NOT_SEARCHED = frozenset(
    {os.fsdecode(name) for name in LEFT_OUT}
    | {"node_modules", "site-packages", "dist", "build", "target", "cdk.out", "vendor"}
    | {"tests", "test", "__tests__", "venv"}
)
_LIMIT = 1_000_000  # bytes; files that people write are smaller


class Repository:
    """The files below a folder. Paths are relative to it and `/`-separated; "." is the folder.

    Attributes:
        root: The folder, absolute and without links.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.realpath(root)
        self._texts: dict[str, str | None] = {}

    @cached_property
    def files(self) -> dict[str, list[str]]:
        """The names of the files of each folder that is searched, both sorted."""
        return dict(sorted(self._walk(".")))

    def paths(self, *suffixes: str) -> Iterator[str]:
        """Yield the paths of the files whose names end with a suffix."""
        for folder, names in self.files.items():
            for name in names:
                if name.endswith(suffixes):
                    yield join(folder, name)

    def location(self, path: str) -> str:
        """Return where a path is on the disk."""
        return os.path.normpath(os.path.join(self.root, path))

    def is_file(self, path: str) -> bool:
        """Return whether there is a file, in the repository."""
        folder, _, name = path.rpartition("/")
        if name in self.files.get(folder or ".", ()):
            return True
        location = self.location(path)
        return os.path.isfile(location) and self.contains(location)

    def is_folder(self, path: str) -> bool:
        """Return whether there is a folder, in the repository."""
        location = self.location(path)
        return path in self.files or (os.path.isdir(location) and self.contains(location))

    def is_generated(self, path: str) -> bool:
        """Return whether a path is in a folder that tools write into, such as `build/orders`."""
        return path != "." and any(
            part in _NOT_SEARCHED or part.startswith(".") for part in path.split("/")
        )

    def contains(self, location: str) -> bool:
        """Return whether a location is in the repository, once its links are followed."""
        real = os.path.realpath(location)
        return real == self.root or real.startswith(os.path.join(self.root, ""))

    def relative(self, location: str) -> str | None:
        """Return the path of a location, or None if it is outside the repository."""
        path = os.path.relpath(location, self.root).replace(os.sep, "/")
        return None if path == ".." or path.startswith("../") else path

    def text(self, path: str, *, is_kept: bool = True) -> str | None:
        """Return the text of a file, or None. A file that cannot be read is one warning.

        Args:
            path: The file.
            is_kept: Whether the text is kept in memory, for a file that is read again.
        """
        if path not in self._texts:
            try:
                text = self._read(path)
                if not is_kept:
                    return text
                self._texts[path] = text
            except (HashzipError, OSError, ValueError) as error:
                reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
                self.skip(path, reason)
                self._texts[path] = None
        return self._texts[path]

    def lines(self, path: str) -> dict[str, int]:
        """Return the line of each key of a file: the first that begins with the key and a colon."""
        lines: dict[str, int] = {}
        for number, line in enumerate((self.text(path) or "").split("\n"), start=1):
            key, colon, _ = line.partition(":")
            if colon:
                lines.setdefault(key.strip(" \t\"'"), number)
        return lines

    def skip(self, path: str, reason: str) -> None:
        """Warn that a file does not count."""
        warn(f"{path} is not read: {reason}", "correct it, and run this again")

    def _read(self, path: str) -> str:
        return files.read(self.root, path, limit=_LIMIT).decode("utf-8-sig")

    def _walk(self, start: str) -> Iterator[tuple[str, list[str]]]:
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            names = []
            try:
                entries = list(os.scandir(self.location(folder)))
            except OSError as error:
                self.skip(folder, str(error.strerror))
                continue
            if any(entry.name == "pyvenv.cfg" for entry in entries):
                continue  # an environment of Python, whatever its name
            for entry in entries:
                if not entry.name.isprintable():
                    continue  # no function has such a path
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NOT_SEARCHED and entry.name[0] != ".":
                        waiting.append(join(folder, entry.name))
                else:
                    names.append(entry.name)
            yield folder, sorted(names)


def join(folder: str, name: str) -> str:
    """Return the path of a file in a folder."""
    return name if folder in ("", ".") else f"{folder}/{name}"


def parent(path: str) -> str:
    """Return the folder of a path."""
    return path.rpartition("/")[0] or "."


def upwards(folder: str) -> Iterator[str]:
    """Yield a folder and all folders above it, up to the repository's."""
    yield folder
    while folder != ".":
        folder = parent(folder)
        yield folder


def below(folder: str, path: str) -> str:
    """Return a path relative to a folder above it."""
    return path if folder == "." else path.removeprefix(f"{folder}/") if path != folder else "."


def contains(folder: str, other: str) -> bool:
    """Return whether a folder is another or above it."""
    return folder in (".", other) or other.startswith(f"{folder}/")
