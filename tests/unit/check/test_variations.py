"""What differs between two builds."""

import subprocess
from pathlib import Path

import pytest

from hashzip.check import variations
from hashzip.check.variations import Variations


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of the `PATH`, with a `locale` that knows one."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    program(folder, "locale", "echo C")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    """Writes a program."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def pair(tmp_path: Path, uv_cache: str | None = None) -> Variations:
    """Answers two surroundings in a new folder."""
    return variations.choose(tmp_path / "builds", uv_cache=uv_cache)


def test_all_differs(tmp_path: Path) -> None:
    """Each thing that is said to vary does, and no folder is in the other."""
    both = pair(tmp_path)

    assert all(first != second for first, second in both.varied.values())
    assert {"folder", "umask", "time zone", "times of files"} <= set(both.varied)
    first, second = both.first.project, both.second.project
    assert len(first.parts) != len(second.parts)
    assert first.name != second.name


def test_folders_of_its_own(tmp_path: Path) -> None:
    """Each has folders for what it keeps, which are there and below its own."""
    both = pair(tmp_path)

    for one in (both.first, both.second):
        for name in ("TMPDIR", "XDG_CACHE_HOME", "HASHZIP_CACHE_DIR"):
            folder = Path(one.environment[name])
            assert folder.is_dir()
            assert folder.is_relative_to(one.folder)


def test_what_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have the user's own cache of what is downloaded, and not of what is compiled."""
    monkeypatch.setenv("CARGO_TARGET_DIR", "/theirs")
    monkeypatch.setenv("CARGO_HOME", "/downloads")
    both = pair(tmp_path, uv_cache="/wheels")

    found = [
        {name: one.environment[name] for name in ("UV_CACHE_DIR", "CARGO_HOME")}
        for one in (both.first, both.second)
    ]

    assert found == [{"UV_CACHE_DIR": "/wheels", "CARGO_HOME": "/downloads"}] * 2
    targets = {one.environment["CARGO_TARGET_DIR"] for one in (both.first, both.second)}
    assert len(targets) == 2
    assert "/theirs" not in targets


@pytest.mark.usefixtures("programs")
def test_nothing_to_vary_with(tmp_path: Path) -> None:
    """What cannot be varied is named, with the reason, and is not said to vary."""
    both = pair(tmp_path)

    assert both.same == {
        "clock": "faketime is not on the PATH",
        "locale": "this machine has no other than C",
    }
    assert not set(both.same) & set(both.varied)
    assert not both.second.wrapper


def test_clock(tmp_path: Path, programs: Path) -> None:
    """With faketime, the second build runs under it, by a time that the first has not."""
    program(programs, "faketime", 'echo "$@"')

    both = pair(tmp_path)

    assert "clock" not in both.same
    assert not both.first.wrapper
    words = [*both.second.wrapper, "the", "build"]
    said = subprocess.run(words, capture_output=True, check=True, encoding="utf-8").stdout
    assert said == "-m -f +79261 the build\n"


@pytest.mark.parametrize(
    "listed, chosen",
    [
        ("C C.utf8 POSIX", {"C.utf8", "C"}),
        ("C C.utf8 de_CH.utf8", {"C.utf8", "de_CH.utf8"}),
        ("C POSIX en_US.UTF-8 de_DE.ISO8859-1", {"C", "en_US.UTF-8"}),
    ],
)
def test_locales(tmp_path: Path, programs: Path, listed: str, chosen: set[str]) -> None:
    """Two locales are chosen that are here: a program may fail for one that is not."""
    program(programs, "locale", f"echo {listed}")

    assert set(pair(tmp_path).varied["locale"]) == chosen
