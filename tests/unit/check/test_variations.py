"""The variations between the two builds."""

import subprocess
from pathlib import Path

import pytest

from hashzip.check import variations
from hashzip.check.variations import Variations


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder that is the whole `PATH`, with a `locale` that lists one locale."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    program(folder, "locale", "echo C")
    return folder


def program(folder: Path, name: str, script: str) -> None:
    """Write a program."""
    (folder / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


def choose(tmp_path: Path, uv_cache: str | None = None) -> Variations:
    """Choose two builds in a new folder."""
    return variations.choose(tmp_path / "builds", uv_cache=uv_cache)


def test_all_differs(tmp_path: Path) -> None:
    """Every setting that is listed as varied differs, and so do the depths of the folders."""
    both = choose(tmp_path)

    assert all(first != second for first, second in both.varied.values())
    assert {"folder", "umask", "time zone", "times of files"} <= set(both.varied)
    first, second = both.first.project, both.second.project
    assert len(first.parts) != len(second.parts)
    assert first.name != second.name


def test_folders_of_its_own(tmp_path: Path) -> None:
    """Each build has temporary and cache folders of its own, which exist."""
    both = choose(tmp_path)

    for build in (both.first, both.second):
        for name in ("TMPDIR", "XDG_CACHE_HOME", "HASHZIP_CACHE_DIR"):
            folder = Path(build.environment[name])
            assert folder.is_dir()
            assert folder.is_relative_to(build.folder)


def test_what_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both use the user's caches of downloads, and neither the user's cache of compiled files."""
    monkeypatch.setenv("CARGO_TARGET_DIR", "/theirs")
    monkeypatch.setenv("CARGO_HOME", "/downloads")
    both = choose(tmp_path, uv_cache="/wheels")

    variables = [
        {name: build.environment[name] for name in ("UV_CACHE_DIR", "CARGO_HOME")}
        for build in (both.first, both.second)
    ]

    assert variables == [{"UV_CACHE_DIR": "/wheels", "CARGO_HOME": "/downloads"}] * 2
    targets = {build.environment["CARGO_TARGET_DIR"] for build in (both.first, both.second)}
    assert len(targets) == 2
    assert "/theirs" not in targets


@pytest.mark.usefixtures("programs")
def test_nothing_to_vary_with(tmp_path: Path) -> None:
    """A setting that cannot be varied is listed with the reason, and not as varied."""
    both = choose(tmp_path)

    assert both.same == {
        "clock": "faketime is not on the PATH",
        "locale": "this machine has no other than C",
    }
    assert not set(both.same) & set(both.varied)
    assert not both.second.wrapper


def test_clock(tmp_path: Path, programs: Path) -> None:
    """With faketime, the second build runs at a later time."""
    program(programs, "faketime", 'echo "$@"')

    both = choose(tmp_path)

    assert "clock" not in both.same
    assert not both.first.wrapper
    words = [*both.second.wrapper, "the", "build"]
    output = subprocess.run(words, capture_output=True, check=True, encoding="utf-8").stdout
    assert output == "-m -f +79261 the build\n"


@pytest.mark.parametrize(
    "listed, chosen",
    [
        ("C C.utf8 POSIX", {"C.utf8", "C"}),
        ("C C.utf8 de_CH.utf8", {"C.utf8", "de_CH.utf8"}),
        ("C POSIX en_US.UTF-8 de_DE.ISO8859-1", {"C", "en_US.UTF-8"}),
    ],
)
def test_locales(tmp_path: Path, programs: Path, listed: str, chosen: set[str]) -> None:
    """Two locales of this machine are chosen."""
    program(programs, "locale", f"echo {listed}")

    assert set(choose(tmp_path).varied["locale"]) == chosen
