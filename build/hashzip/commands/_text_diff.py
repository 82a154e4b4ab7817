"""Compare the contents of files in two builds, line by line."""

import difflib
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from hashzip.artifacts.store import Store
from hashzip.builders.build_plan import BuildPlan
from hashzip.errors import HashzipError

_MOST_STEPS = 100_000_000  # of difflib; some seconds


@contextmanager
def open_zip(store: Store, fingerprint: str) -> Iterator[zipfile.ZipFile]:
    """Open a zip in a store, once it is clear that it is not damaged.

    Raises:
        HashzipError: It is missing or damaged.
    """
    if store.find(fingerprint) is None:
        raise HashzipError(
            f"cannot compare with {store.reference(fingerprint)['zip']}: it is missing or damaged",
            "remove --text: the manifest is enough to compare without it",
        )
    with store.open_zip(fingerprint) as file, zipfile.ZipFile(file) as archive:
        yield archive


def since(plan: BuildPlan, old_zip: zipfile.ZipFile, paths: Iterable[str]) -> Iterator[str]:
    """Compare inputs with those in an earlier zip, as far as they are packed.

    Args:
        plan: The package.
        old_zip: The earlier zip.
        paths: The paths of the inputs that differ.

    Raises:
        HashzipError: An input cannot be read.
    """
    prefix = plan.target.prefix
    old = {name.removeprefix(prefix) for name in old_zip.namelist()}
    new = {file.path for file in plan.packed_files}
    for path in paths:
        before = old_zip.read(prefix + path) if path in old else b""
        after = plan.read(path) if path in new else b""
        yield from compare(path, before, after)


def of_zips(
    old_zip: zipfile.ZipFile, new_zip: zipfile.ZipFile, paths: Iterable[str]
) -> Iterator[str]:
    """Compare files in two zips, by their paths."""
    old, new = set(old_zip.namelist()), set(new_zip.namelist())
    for path in paths:
        before = old_zip.read(path) if path in old else b""
        after = new_zip.read(path) if path in new else b""
        yield from compare(path, before, after)


def compare(path: str, before: bytes, after: bytes) -> Iterator[str]:
    """Compare two contents of a file; yield nothing if they differ in line endings alone."""
    try:
        old, new = (content.decode().splitlines() for content in (before, after))
    except UnicodeDecodeError:
        yield f"{path} is not text"
        return
    names = f"a/{path}", f"b/{path}"
    if _is_quick(old, new):
        yield from difflib.unified_diff(old, new, *names, lineterm="")
    else:
        yield from _coarse(old, new, *names)


def _is_quick(old: Sequence[str], new: Sequence[str]) -> bool:
    """Return whether difflib compares two texts in seconds.

    It looks for the longest equal part, then for the longest in front of it and behind it, and so
    on: each time at each pair of equal lines.
    """
    counts = Counter(new)
    pairs = sum(counts[line] for line in old)
    return pairs * min(len(old), len(new)) <= _MOST_STEPS


def _coarse(old: Sequence[str], new: Sequence[str], old_name: str, new_name: str) -> Iterator[str]:
    """Compare two texts in linear time: one part differs, from the first change to the last."""
    shorter = min(len(old), len(new))
    start = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - start
    end = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    removed, added = old[start : len(old) - end], new[start : len(new) - end]
    if removed or added:
        yield f"--- {old_name}"
        yield f"+++ {new_name}"
        old_line, new_line = (start + bool(lines) for lines in (removed, added))
        yield f"@@ -{old_line},{len(removed)} +{new_line},{len(added)} @@"
        yield from (f"-{line}" for line in removed)
        yield from (f"+{line}" for line in added)
