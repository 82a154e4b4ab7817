"""The file of a stat cache. `test_stat_cache.py` has damaged ones."""

from pathlib import Path

import pytest

from hashzip.inputs import stat_cache_file
from hashzip.inputs.stat_cache_file import CONTENT, STATUS, CachedPlan

PLAN = CachedPlan("key \u00fc", "0123", {"a.py": "4567"})
PATHS = [b"/p/a.py\0", b"/p/\xff\0"]
STATUSES = [STATUS.pack(n, -n, n, n, n) for n in (1, 2)]
CONTENTS = [CONTENT.pack(True, False, bytes([n] * 32)) for n in (1, 2)]  # noqa: FBT003 - a field


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Write the file of a cache of two files."""
    path = str(tmp_path / "cache")
    stat_cache_file.save(path, PLAN, b"".join(PATHS), b"".join(STATUSES), b"".join(CONTENTS))
    return path


def test_round_trip(file: str) -> None:
    """What was saved is loaded."""
    cache = stat_cache_file.load(file)

    assert cache
    assert cache.plan == PLAN
    assert cache.locations == [b"/p/a.py", b"/p/\xff"]
    assert cache.statuses == b"".join(STATUSES)
    assert cache.contents == b"".join(CONTENTS)


def test_missing(tmp_path: Path) -> None:
    """Without a file there is no cache."""
    assert stat_cache_file.load(str(tmp_path / "cache")) is None


@pytest.mark.parametrize("parts", [[slice(2)], [slice(1), slice(1, 2)]], ids=["whole", "in parts"])
def test_same_files(file: str, parts: list[slice]) -> None:
    """The very files match, in one part or several."""
    cache = stat_cache_file.load(file)

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
    cache = stat_cache_file.load(file)

    assert cache
    assert not cache.matches([(b"".join(paths), b"".join(statuses))])
