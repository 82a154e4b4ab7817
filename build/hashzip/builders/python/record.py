"""Installed packages and their `RECORD`, the list of their files. Build time.

https://packaging.python.org/en/latest/specifications/recording-installed-packages/
"""

import base64
import csv
import hashlib
import importlib.metadata
import io
import os
import posixpath
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from hashzip.errors import HashzipError

# Where installers put scripts: on Windows and elsewhere.
SCRIPT_FOLDERS = ("Scripts", "bin")

# https://packaging.python.org/en/latest/specifications/binary-distribution-format/#signed-wheel-files
_ALGORITHMS = ("sha256", "sha384", "sha512")

_LEADS_OUT = re.compile(r"[/\\]|[A-Za-z]:|(.*[/\\])?\.\.([/\\]|\Z)", re.DOTALL)


@dataclass(frozen=True)
class Distribution:
    """An installed package.

    Attributes:
        name: The name, not normalized.
        version: The version.
        info: The name of its `.dist-info` folder.
        files: Its files, by the path below the folder that it is installed in, each with the hash
            in `RECORD`, as `sha256=…`, or "".
        launchers: Which of these start its entry points.
        requires: The packages that it needs, as its metadata has them, each with a marker.
    """

    name: str
    version: str
    info: str
    files: Mapping[str, str]
    launchers: AbstractSet[str]
    requires: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def read(info: Path) -> Distribution:
    """Read a package from its `.dist-info` folder.

    Raises:
        HashzipError: It has a file whose path leads out of the folder that it is installed in,
            even if it leads back into it.
    """
    metadata = importlib.metadata.Distribution.at(info)
    with (info / "RECORD").open(encoding="utf-8", newline="") as record:
        files = {row[0]: row[1] for row in csv.reader(record) if row}
    for path in files:
        if _LEADS_OUT.match(path):
            raise HashzipError(
                f"{metadata.name} {metadata.version} has a file whose path leads out of the folder "
                f"that it is installed in: {path}",
                "the package is broken or malicious: remove it from the requirements, or lock a "
                "version without that file",
            )
    launchers = _launchers(metadata.entry_points) & files.keys()
    requires = tuple(metadata.requires or ())
    return Distribution(metadata.name, metadata.version, info.name, files, launchers, requires)


def write(folder: Path, distribution: Distribution) -> None:
    """Rewrite the `RECORD` of a package: its files, sorted, each with hash and size.

    Args:
        folder: The folder that it is installed in.
        distribution: The package.
    """
    own = f"{distribution.info}/RECORD"
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for path, recorded in sorted(distribution.files.items()):
        if path == own:
            rows.writerow((path, "", ""))
        else:
            size = os.stat(os.path.join(folder, path)).st_size
            rows.writerow((path, recorded or digest(folder / path), size))
    (folder / own).unlink()  # it may be a hard link into the installer's cache
    (folder / own).write_text(text.getvalue(), encoding="utf-8", newline="\n")


def matches(path: Path, recorded: str) -> bool:
    """Return whether a file has a recorded hash; without a hash, it has not."""
    algorithm = recorded.partition("=")[0]
    return algorithm in _ALGORITHMS and digest(path, algorithm) == recorded


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return a file's hash as `RECORD` writes it: `sha256=…`."""
    with path.open("rb") as file:
        raw = hashlib.file_digest(file, algorithm).digest()
    return f"{algorithm}={base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def _launchers(points: importlib.metadata.EntryPoints) -> set[str]:
    """Return the paths at which an installer may put what starts an entry point."""
    names = [
        point.name
        for group in ("console_scripts", "gui_scripts")
        for point in points.select(group=group)
    ]
    return {
        posixpath.normpath(f"{folder}/{name}{ending}")
        for folder in SCRIPT_FOLDERS
        for name in names
        for ending in ("", ".exe")
    }
