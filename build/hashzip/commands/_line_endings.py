"""Find inputs that differ in their line endings alone, and say how to make all clones equal.

Git for Windows checks text files out with CRLF by default (`core.autocrlf`). Then the same commit
gives other inputs, and another fingerprint.
"""

import hashlib
import os
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from hashzip.artifacts import changes
from hashzip.artifacts.manifest import Manifest
from hashzip.builders.build_plan import BuildPlan

# The configuration of a repository that came in an archive may name programs to run.
_GIT = ("git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")

_SHA1_DIGITS = 40  # hex digits; repositories with longer digests have SHA-256


class _Tracked(NamedTuple):
    """A file that git tracks.

    Attributes:
        blob: The digest of its content in the index, as hex digits.
        in_index: Its line endings in the index: `lf`, `crlf`, `mixed` or `none`; `-text` if it is
            binary.
        on_disk: The same on the disk; "" if it is missing there.
        attributes: Those of `.gitattributes` that decide line endings, such as `eol=lf`.
    """

    blob: str
    in_index: str
    on_disk: str
    attributes: Collection[str]

    @property
    def is_settled(self) -> bool:
        """Whether `.gitattributes` decides its line endings, so that no setting of a clone does."""
        return any(word == "-text" or word.startswith("eol=") for word in self.attributes)

    @property
    def is_converted(self) -> bool:
        """Whether it has CRLF instead of LF, and only in some clones."""
        in_all_clones = {"-text", "eol=crlf"}.intersection(self.attributes)
        return (self.in_index, self.on_disk) == ("lf", "crlf") and not in_all_clones


def since(plan: BuildPlan, old: Manifest) -> list[str]:
    """Return the paths of inputs that differ from those of a build in line endings alone, sorted.

    Raises:
        HashzipError: An input cannot be read.
    """
    return changes.line_endings(old.inputs, plan.inputs, plan.read)


def advice(plan: BuildPlan, paths: Iterable[str]) -> str:
    """Say how to give files the same line endings in every clone.

    Args:
        plan: The package.
        paths: The paths of its inputs that differ in line endings.
    """
    return _advice(_tracked(plan), paths)


def sentences(plan: BuildPlan, last: Manifest | None) -> Iterator[str]:
    """Say which inputs differ in line endings alone: from the last build, or else from git.

    A sentence ends without a full stop, because people copy the command at its end.

    Args:
        plan: The package.
        last: The last build, if there was one.

    Raises:
        HashzipError: An input cannot be read.
    """
    tracked = _tracked(plan)
    differing = since(plan, last) if last else []
    converted = [] if differing else _converted(plan, tracked)
    if differing:
        start = f"Only line endings differ from the last build in {_count(differing)}"
        yield f"{start}: {_advice(tracked, differing)}"
    elif converted:
        start = f"Only line endings differ from git in {_count(converted)} (LF there, CRLF here)"
        yield f"{start}: {_advice(tracked, converted)}"


def _count(paths: Sequence[str]) -> str:
    return f"{len(paths)} file{'' if len(paths) == 1 else 's'}"


def _advice(tracked: Mapping[str, _Tracked], paths: Iterable[str]) -> str:
    files = [tracked.get(path) for path in paths]
    if not all(file and file.is_settled for file in files):
        return changes.LINE_ENDINGS_HINT
    if any(file and file.is_converted for file in files):
        return f".gitattributes asks for LF; {changes.CHECK_OUT_AGAIN}"
    return ".gitattributes decides them now, so there is nothing to do"


def _converted(plan: BuildPlan, tracked: Mapping[str, _Tracked]) -> list[str]:
    """Return the paths of inputs in which git has LF and this clone CRLF, and all else is equal."""
    return sorted(
        path
        for path, file in tracked.items()
        if file.is_converted and _has_blob(file.blob, plan.read(path).replace(b"\r\n", b"\n"))
    )


def _has_blob(blob: str, content: bytes) -> bool:
    """Return whether git has some content under this digest."""
    algorithm = "sha1" if len(blob) == _SHA1_DIGITS else "sha256"
    digest = hashlib.new(algorithm, b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest() == blob


def _tracked(plan: BuildPlan) -> Mapping[str, _Tracked]:
    """Ask git about the inputs, by their paths; without git or a repository, it tracks none."""
    real_folder = cache(os.path.realpath)

    def real(location: bytes) -> bytes:
        folder, name = os.path.split(location)
        path = os.path.join(real_folder(folder), name)
        return os.path.realpath(path) if os.path.islink(path) else path

    locations = {path: real(location) for path, location in plan.locations.items()}
    folders = [real_folder(listing.folder) + b"/" for listing in (*plan.listings, *plan.folders)]
    # Git reads all that it is asked about. So it is asked about no folder that has no input.
    others = {path for path in locations.values() if not path.startswith(tuple(folders))}
    root = os.path.realpath(os.fsencode(plan.project.root))
    files = _ask_git(root, [*folders, *others])
    return {path: files[location] for path, location in locations.items() if location in files}


def _ask_git(root: bytes, paths: Iterable[bytes]) -> Mapping[bytes, _Tracked]:
    """Return the files that git tracks among files and folders, by their paths on this machine."""
    command = [*_GIT, "--literal-pathspecs", "ls-files", "-z", "--stage", "--eol", "--"]
    try:
        finished = subprocess.run([*command, *paths], cwd=root, capture_output=True, check=False)
    except OSError:  # without git there is no repository
        return {}
    files = {}
    for line in finished.stdout.split(b"\0")[:-1]:
        # 100644 BLOB 0<tab>i/lf    w/crlf  attr/text=auto eol=lf <tab>PATH
        entry, line_endings, path = line.split(b"\t", 2)
        _, blob, _ = entry.decode().split()
        in_index, on_disk, *attributes = line_endings.decode().split()
        files[os.path.normpath(os.path.join(root, path))] = _Tracked(
            blob,
            in_index.removeprefix("i/"),
            on_disk.removeprefix("w/"),
            [word.removeprefix("attr/") for word in attributes],
        )
    return files
