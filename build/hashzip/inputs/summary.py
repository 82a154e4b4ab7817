"""A short summary of the inputs, for people who read a Terraform plan."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from hashzip.inputs.files import FileEntry
from hashzip.inputs.paths import IN_PROJECT

_DIGITS = 12
_MOST_FILES = 100


def summary(inputs: Sequence[FileEntry]) -> dict[str, str]:
    """Return a summary of the inputs.

    Returns:
        By path, the first 12 hex digits of the file's SHA-256. Above 100 files, by top-level folder
        (`.` for the files beside them), a digest and the number of files; above 100 folders, one
        line for all.
    """
    if len(inputs) <= _MOST_FILES:
        return {file.path: file.sha256[:_DIGITS] for file in inputs}
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for path, mode, _, sha256 in inputs:
        # Of a path in the project, the top-level folder is the first one after the prefix.
        prefix = IN_PROJECT if path.startswith(IN_PROJECT) else ""
        folder, slash, _ = path.removeprefix(IN_PROJECT).partition("/")
        group = groups[prefix + (folder + "/" if slash else ".")]
        group.add(f"{mode:o} {sha256} {path}\n".encode())
    if len(groups) > _MOST_FILES:
        total = _Group()
        for folder, group in sorted(groups.items()):
            total.add(f"{folder} {group}\n".encode(), group.count)
        return {".": str(total)}
    return {folder: str(group) for folder, group in groups.items()}


class _Group:
    """Files that one line stands for: their digest and their number."""

    def __init__(self) -> None:
        self.count = 0
        self.digest = hashlib.sha256()

    def add(self, line: bytes, count: int = 1) -> None:
        self.count += count
        self.digest.update(line)

    def __str__(self) -> str:
        files = "file" if self.count == 1 else "files"
        return f"{self.digest.hexdigest()[:_DIGITS]} ({self.count} {files})"
