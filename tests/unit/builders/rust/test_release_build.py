"""Builds for Lambda, with fake programs. Real ones are in `integration/test_rust_release.py`."""

import json
import stat
import sysconfig
from importlib import util
from pathlib import Path

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.builders.base import BuildOutput
from hashzip.builders.rust import release_build
from hashzip.errors import HashzipError
from tests.support import crates
from tests.support import project as projects

TRIPLE = "x86_64-unknown-linux-gnu"

# Keeps its arguments and its flags, and writes the program where cargo-lambda does.
CARGO_LAMBDA = """\
if [ "$2" = --version ]; then echo 'cargo-lambda 1.9.2'; exit; fi
printf '%s\\n' "$@" >"$LOG.arguments"
printf '%s' "$CARGO_ENCODED_RUSTFLAGS" | tr '\\037' '\\n' >"$LOG.flags"
while [ "$1" != --lambda-dir ]; do shift; done
/bin/mkdir -p "$2/hello"
printf program >"$2/hello/bootstrap"
echo "$MESSAGE"
exit "$CODE"
"""


RUSTC = """\
case "$2" in
sysroot) echo "$SYSROOT" ;;
cfg) echo unix ;;
*) echo 'rustc 1.95.0' ;;
esac
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a project with hello, and a `PATH` with fake programs alone."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (tmp_path / "sysroot/lib/rustlib" / TRIPLE / "lib").mkdir(parents=True)
    monkeypatch.setenv("SYSROOT", str(tmp_path / "sysroot"))
    programs = {
        "cargo": "",
        "rustc": RUSTC,
        "zig": "echo 0.17.1",
        "cargo-lambda": CARGO_LAMBDA,
    }
    for name, text in programs.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("LOG", str(tmp_path / "log"))
    monkeypatch.setenv("CODE", "0")
    monkeypatch.setenv("MESSAGE", "")
    monkeypatch.setenv("CARGO_HOME", str(tmp_path / "cargo"))
    monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path / "scripts"))
    monkeypatch.setattr(util, "find_spec", lambda _name: None)
    return crates.make(tmp_path / "project", {"rust-toolchain.toml": ""})


def build(root: Path, **changes: object) -> BuildOutput:
    """Build hello."""
    crates.configure(root, **changes)
    return release_build.build(projects.examine(root), root.parent / "work")


def log(root: Path, kind: str) -> list[str]:
    """Return the arguments or the flags of the build."""
    return root.with_name(f"log.{kind}").read_text(encoding="utf-8").splitlines()


class TestOutput:
    """What a build returns."""

    def test_program(self, root: Path) -> None:
        """The package is one executable file, and the tools have their versions."""
        output = build(root)

        ((file, expected),) = output.files
        assert (file.path, file.executable, expected) == ("bootstrap", True, None)
        assert Path(file.location.decode()).read_text(encoding="utf-8") == "program"
        assert output.tools == {"rustc": "1.95.0", "cargo-lambda": "1.9.2", "zig": "0.17.1"}
        assert output.packages == []

    def test_packages(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The crates that cargo reports are the packages."""
        message = {
            "reason": "compiler-artifact",
            "package_id": "path+file:///p/near#0.1.0",
            "target": {"kind": ["lib"]},
            "filenames": [f"{root}/.hashzip/target/{TRIPLE}/release/deps/libnear.rlib"],
        }
        monkeypatch.setenv("MESSAGE", json.dumps(message))

        assert build(root).packages == [Package("near", "0.1.0")]

    def test_failed(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
    ) -> None:
        """If cargo fails, the error names the function, and cargo's output is shown."""
        monkeypatch.setenv("CODE", "101")
        monkeypatch.setenv("MESSAGE", "error[E0425]")

        with pytest.raises(HashzipError, match=r"cargo could not build \[function\.hello\]"):
            build(root)

        assert "error[E0425]" in capfd.readouterr().err


class TestArguments:
    """What cargo-lambda is asked for."""

    @pytest.mark.parametrize(
        "changes, expected",
        [
            ({}, ["--target", f"{TRIPLE}.2.34", "--bin", "hello", "--release"]),
            ({"runtime": "provided.al2"}, ["--target", f"{TRIPLE}.2.26"]),
            ({"profile": "small"}, ["--profile", "small"]),
            ({"features": ["a"]}, ["--features", "a"]),
        ],
    )
    def test_keys(self, root: Path, changes: dict[str, object], expected: list[str]) -> None:
        """The function's keys become arguments; the lock is never changed."""
        build(root, **changes)

        arguments = log(root, "arguments")
        assert set(expected) <= set(arguments)
        assert "--locked" in arguments
        assert ("--release" in arguments) == ("profile" not in changes)


class TestFlags:
    """The flags of the compiler."""

    def test_paths(self, root: Path) -> None:
        """Folders of this machine get a name for all machines, and the processor is Lambda's."""
        registry = root.with_name("cargo") / "registry/src/index-1"
        registry.mkdir(parents=True)

        build(root)

        assert log(root, "flags") == [
            *("-C", "target-cpu=haswell"),
            f"--remap-path-prefix={root}=/project",
            f"--remap-path-prefix={root.with_name('cargo')}=/cargo",
            f"--remap-path-prefix={root}/.hashzip/target=/target",
            f"--remap-path-prefix={registry}=/cargo/registry",
        ]

    def test_project(self, root: Path) -> None:
        """The project's own flags come first, and may name another processor."""
        flags = '["--cfg", "flag", "-Ctarget-cpu=native"]'
        config = f"[target.'cfg(unix)']\nrustflags = {flags}\n"
        crates.write(root, {"app/.cargo/config.toml": config})

        build(root)

        assert log(root, "flags")[:3] == ["--cfg", "flag", "-Ctarget-cpu=native"]
        assert "target-cpu=haswell" not in log(root, "flags")

    def test_string(self, root: Path) -> None:
        """Flags for all targets that are a string are refused, with the list to write."""
        crates.write(root, {"app/.cargo/config.toml": '[build]\nrustflags = "-g -O"\n'})

        with pytest.raises(HashzipError, match='is the string "-g -O"') as caught:
            build(root)

        assert caught.value.hint == 'write a list: rustflags = ["-g", "-O"]'
