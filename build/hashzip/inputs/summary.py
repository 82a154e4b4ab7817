"""Sum up the inputs for people who read a plan. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from hashzip.inputs.files import FileEntry

_DIGITS = 12
_MOST_FILES = 100


def summary(inputs: Sequence[FileEntry]) -> dict[str, str]:
    """Sums up the inputs for the eyes of whoever reads a plan.

    Returns:
        By path, the first 12 hex digits of its SHA-256. Above 100 files, by top-level folder (the
        files beside them under `.`), a digest and the count; above 100 folders, one line for all.
    """
    if len(inputs) <= _MOST_FILES:
        return {file.path: file.sha256[:_DIGITS] for file in inputs}
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for path, mode, _, sha256 in inputs:
        # "//" stands before a path in the project: its second part is the top-level folder there.
        outside = "//" if path.startswith("//") else ""
        folder, slash, _ = path.removeprefix("//").partition("/")
        group = groups[outside + (folder + "/" if slash else ".")]
        group.add(f"{mode:o} {sha256} {path}\n".encode())
    if len(groups) > _MOST_FILES:
        whole = _Group()
        for folder, group in sorted(groups.items()):
            whole.add(f"{folder} {group}\n".encode(), group.count)
        return {".": str(whole)}
    return {folder: str(group) for folder, group in groups.items()}


class _Group:
    """Files that are summed up in one line: a digest, and how many they are."""

    def __init__(self) -> None:
        import hashlib

        self.count = 0
        self.digest = hashlib.sha256()

    def add(self, line: bytes, count: int = 1) -> None:
        self.count += count
        self.digest.update(line)

    def __str__(self) -> str:
        files = "file" if self.count == 1 else "files"
        return f"{self.digest.hexdigest()[:_DIGITS]} ({self.count} {files})"
