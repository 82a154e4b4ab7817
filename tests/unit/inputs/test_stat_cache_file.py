"""The file of a stat cache. `test_stat_cache.py` has damaged ones."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from hashzip.inputs import stat_cache_file
from hashzip.inputs.stat_cache_file import CONTENT, STATUS, CachedPlan
from hashzip.project.user_key import Key

PLAN = CachedPlan("key \u00fc", "0123", {"a.py": "4567"})
PATHS = [b"/p/a.py\0", b"/p/\xff\0"]
STATUSES = [STATUS.pack(n, -n, n, n, n) for n in (1, 2)]
KEY, OTHER_KEY = (Key(bytes([n] * 32), lasts=True) for n in (1, 2))
CONTENTS = [CONTENT.pack(True, False, bytes([n] * 32)) for n in (1, 2)]  # noqa: FBT003 - a field


def save(
    path: str, *, paths: Sequence[bytes] = PATHS, contents: Sequence[bytes] = CONTENTS
) -> None:
    """Write the file of a cache."""
    stat_cache_file.save(path, PLAN, b"".join(paths), b"".join(STATUSES), b"".join(contents), KEY)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Write the file of a cache of two files."""
    path = str(tmp_path / "cache")
    save(path)
    return path


def test_round_trip(file: str) -> None:
    """What was saved is loaded."""
    cache = stat_cache_file.load(file, KEY)

    assert cache
    assert cache.plan == PLAN
    assert cache.locations == [b"/p/a.py", b"/p/\xff"]
    assert cache.statuses == b"".join(STATUSES)
    assert cache.contents == b"".join(CONTENTS)


def test_missing(tmp_path: Path) -> None:
    """Without a file there is no cache."""
    assert stat_cache_file.load(str(tmp_path / "cache"), KEY) is None


@pytest.mark.parametrize("parts", [[slice(2)], [slice(1), slice(1, 2)]], ids=["whole", "in parts"])
def test_same_files(file: str, parts: list[slice]) -> None:
    """The very files match, in one part or several."""
    cache = stat_cache_file.load(file, KEY)

    assert cache
    assert cache.matches((b"".join(PATHS[part]), b"".join(STATUSES[part])) for part in parts)


@pytest.mark.parametrize(
    "paths, statuses",
    [
        (PATHS[:1], STATUSES[:1]),
        (PATHS[::-1], STATUSES),
        (PATHS, STATUSES[::-1]),
        ([*PATHS, b"/p/b\0"], [*STATUSES, STATUSES[0]]),
        ([], []),
    ],
    ids=["one is gone", "other order", "other statuses", "a new one", "none"],
)
def test_other_files(file: str, paths: list[bytes], statuses: list[bytes]) -> None:
    """Other files, or the same with other statuses, do not match."""
    cache = stat_cache_file.load(file, KEY)

    assert cache
    assert not cache.matches([(b"".join(paths), b"".join(statuses))])


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _no_file(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "magic": lambda path: _flip(path, 0),
    "count of files": lambda path: _flip(path, 32),
    "plan": lambda path: _flip(path, 50),
    "content": lambda path: _flip(path, -33),
    "code": lambda path: _flip(path, -1),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
    "empty": lambda path: path.write_bytes(b""),
    "a pipe": _pipe,
    "a device": _no_file,
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged(file: str, damage: Callable[[Path], object]) -> None:
    """A file that is damaged anywhere does not count, and saving replaces it."""
    assert stat_cache_file.load(file, KEY)
    damage(Path(file))
    assert stat_cache_file.load(file, KEY) is None

    save(file)

    assert stat_cache_file.load(file, KEY)


def test_other_key(file: str) -> None:
    """A file that another user wrote does not count."""
    assert stat_cache_file.load(file, OTHER_KEY) is None
    assert stat_cache_file.load(file, KEY)  # the control


def test_other_place(file: str) -> None:
    """The file of another project or function does not count, though this user wrote it."""
    shutil.copy(file, f"{file}-2")

    assert stat_cache_file.load(f"{file}-2", KEY) is None
    assert stat_cache_file.load(file, KEY)  # the control


def test_more_paths_than_records(file: str) -> None:
    """A file with more paths than records does not count, though it has the right code."""
    save(file, paths=[*PATHS, b"/p/b\0"])

    assert stat_cache_file.load(file, KEY) is None
