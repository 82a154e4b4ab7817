"""Sum up the inputs for people who read a plan. Pure."""

import json
from collections import defaultdict
from collections.abc import Sequence

from hashzip.inputs.files import FileEntry
from hashzip.inputs.paths import IN_PROJECT

_DIGITS = 12
_MAX_ROWS = 100
# Characters as JSON. Terraform hands the summary to the build in an environment variable, and Linux
# limits each of them to 128 KiB: https://man7.org/linux/man-pages/man2/execve.2.html
_MAX_JSON = 1 << 16


def summary(inputs: Sequence[FileEntry]) -> dict[str, str]:
    """Sum up the inputs for people who read a plan.

    Returns:
        The first 12 hex digits of the SHA-256 of each file, by path. Above 100 files, or where the
        paths are long, a digest and a count for each top-level folder (the files beside these under
        `.`). Where the folders are too many or too long as well, one line for all.
    """
    if len(inputs) <= _MAX_ROWS:
        files = {_shown(file.path): file.sha256[:_DIGITS] for file in inputs}
        if _fits(files):
            return files
    groups: defaultdict[str, _Group] = defaultdict(_Group)
    for path, mode, _, sha256 in inputs:
        # Of a path in the project, the first folder comes after the mark.
        mark = IN_PROJECT if path.startswith(IN_PROJECT) else ""
        folder, slash, _ = path.removeprefix(IN_PROJECT).partition("/")
        group = groups[mark + (folder + "/" if slash else ".")]
        group.add(f"{mode:o} {sha256} {path}\n".encode())
    folders = {_shown(folder): str(group) for folder, group in groups.items()}
    if len(folders) <= _MAX_ROWS and _fits(folders):
        return folders
    total = _Group()
    for folder, group in sorted(groups.items()):
        total.add(f"{folder} {group}\n".encode(), group.count)
    return {".": str(total)}


def _shown(path: str) -> str:
    """Return a path as a plan shows it: Terraform prints it into the log of a workflow as it is."""
    if path.isprintable() and "##" not in path:
        return path
    from hashzip.printable import escaped  # noqa: PLC0415 - few paths need it

    return escaped(path)


def _fits(rows: dict[str, str]) -> bool:
    return len(json.dumps(rows)) <= _MAX_JSON


class _Group:
    """Files that share a line: their digest and their count."""

    def __init__(self) -> None:
        import hashlib  # noqa: PLC0415 - slow, and few plans need it

        self.count = 0
        self.digest = hashlib.sha256()

    def add(self, line: bytes, count: int = 1) -> None:
        self.count += count
        self.digest.update(line)

    def __str__(self) -> str:
        files = "file" if self.count == 1 else "files"
        return f"{self.digest.hexdigest()[:_DIGITS]} ({self.count} {files})"
