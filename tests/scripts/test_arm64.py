"""The programs for arm64, with an apt that only looks like it. The real one: `nox -s arm64`."""

import platform
import stat
from pathlib import Path

import pytest

from scripts import arm64
from scripts.errors import ScriptError

# Puts an archive where the configuration and the arguments say, as apt does.
APT = """\
echo "$@" >>"$LOG"
grep -q 'Dir::State ' "$APT_CONFIG" || exit 100
for argument; do
    case "$argument" in
    Dir::Cache::archives=*) archives="${argument#*=}" ;;
    libstd-rust-web-dev:arm64) archives=. ;;
    esac
done
if [ -n "$archives" ]; then : >"$archives/$1.deb"; fi
"""
DPKG = """\
case "$3" in
*/amd64) mkdir -p "$3/usr/bin"; : >"$3/usr/bin/qemu-aarch64-static"; : >"$3/usr/bin/qemu-arm" ;;
*) mkdir -p "$3/usr" ;;
esac
"""


@pytest.fixture
def programs(tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder that comes first on the `PATH`, and an empty cache folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    assert own_cache == tmp_path / "cache"
    write(folder / "apt-get", APT)
    write(folder / "dpkg-deb", DPKG)
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    return folder


def write(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(f"#!/bin/sh\n{text}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.usefixtures("programs")
def test_prepare(tmp_path: Path) -> None:
    """The programs for both machines are unpacked, once, with one emulator and nothing else."""
    arm64.prepare()

    tools = arm64.find()
    assert tools
    assert tools.python
    assert Path(tools.emulator[0]).is_file()
    assert {path.name for path in (tmp_path / "cache").iterdir()} == {"arm64", "arm64.lock"}
    emulators = (tmp_path / "cache/arm64/amd64/usr/bin").iterdir()
    assert [path.name for path in emulators] == ["qemu-aarch64-static"]
    log = (tmp_path / "log").read_text(encoding="utf-8")
    arm64.prepare()
    assert (tmp_path / "log").read_text(encoding="utf-8") == log


def test_failed(programs: Path, tmp_path: Path) -> None:
    """Where apt fails, its words are in the error, and nothing is left that looks complete."""
    write(programs / "apt-get", "echo 'E: Unable to locate package rustc-web' >&2; exit 100")

    with pytest.raises(ScriptError, match="Unable to locate package rustc-web") as caught:
        arm64.prepare()

    assert "rustup target add aarch64-unknown-linux-gnu" in caught.value.hint
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["arm64.lock"]


def test_no_apt(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without apt, and on another machine, the error says what to do instead."""
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    with pytest.raises(ScriptError, match="no apt with packages for x86-64"):
        arm64.prepare()

    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    monkeypatch.setenv("PATH", str(programs.parent))
    with pytest.raises(ScriptError, match="no apt with packages for x86-64"):
        arm64.prepare()
