"""The programs that compile Rust and their environment, with fake programs."""

import os
import stat
import sysconfig
from importlib import util
from pathlib import Path

import pytest

from hashzip.builders.rust import toolchain
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from hashzip.project import user_cache

TRIPLE = "x86_64-unknown-linux-gnu"
PROGRAMS = ("cargo", "cargo-lambda", "rustc", "zig")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a `PATH` of one folder with all programs, and a sysroot beside it."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (tmp_path / "sysroot/lib/rustlib" / TRIPLE / "lib").mkdir(parents=True)
    for name in PROGRAMS:
        write(bin_folder / name, f"echo '{name} 1.2.3 (abc)'")
    write(bin_folder / "rustc", f"echo '{tmp_path}/sysroot'")
    monkeypatch.setenv("PATH", str(bin_folder))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path / "scripts"))
    monkeypatch.setattr(util, "find_spec", lambda _name: None)
    for name in ("CARGO_TARGET_DIR", "CARGO_HOME", "RUSTUP_TOOLCHAIN"):
        monkeypatch.delenv(name, raising=False)
    return bin_folder


def write(path: Path, text: str) -> None:
    """Write a program."""
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def find(root: Path, architecture: str = "x86_64", *, is_pinned: bool = False) -> Toolchain:
    """Find the programs."""
    return toolchain.find(str(root), str(root), architecture, is_pinned=is_pinned)


class TestFind:
    """Finding the programs."""

    def test_path(self, folder: Path) -> None:
        """They are found on the `PATH`."""
        programs = find(folder)

        assert programs.cargo == str(folder / "cargo")
        assert programs.cargo_lambda == str(folder / "cargo-lambda")
        assert programs.zig == str(folder / "zig")
        assert programs.environment["CARGO_ZIGBUILD_ZIG_PATH"] == programs.zig

    def test_beside_python(self, folder: Path) -> None:
        """Programs beside this Python come before those on the `PATH`, for other programs too."""
        scripts = folder.parent / "scripts"
        scripts.mkdir()
        write(scripts / "cargo-lambda", "")

        programs = find(folder)

        assert programs.cargo_lambda == str(scripts / "cargo-lambda")
        assert programs.environment["PATH"].split(os.pathsep) == [str(scripts), str(folder)]

    @pytest.mark.parametrize(
        "name, message, hint",
        [
            ("cargo", "cargo, which compiles Rust, is not installed", "see https://rustup.rs"),
            ("rustc", "cannot run rustc: No such file", "see https://rustup.rs"),
            ("cargo-lambda", "cargo-lambda, which builds for Lambda, is not", "[rust]'"),
            ("zig", "zig, which links for Lambda, is not installed", "[rust]'"),
        ],
    )
    def test_missing(self, folder: Path, name: str, message: str, hint: str) -> None:
        """The error for a missing program says how to install it."""
        (folder / name).unlink()

        with pytest.raises(HashzipError) as caught:
            find(folder)

        assert message in caught.value.message
        assert hint in caught.value.hint

    def test_missing_rust_first(self, folder: Path) -> None:
        """Without any of the programs, Rust is the first to install."""
        for name in PROGRAMS:
            (folder / name).unlink()

        with pytest.raises(HashzipError, match="cargo, which compiles Rust, is not installed"):
            find(folder)

    def test_missing_target(self, folder: Path) -> None:
        """The error for a missing standard library says how to install it, even without rustup."""
        with pytest.raises(HashzipError, match="standard library for aarch64-unknown") as caught:
            find(folder, "arm64")

        add = "run: rustup target add aarch64-unknown-linux-gnu"
        assert caught.value.hint == f"install Rust from https://rustup.rs; {add}"
        write(folder / "rustup", "")
        with pytest.raises(HashzipError) as caught:
            find(folder, "arm64")
        assert caught.value.hint == add

    def test_rustup_without_a_toolchain(self, folder: Path) -> None:
        """If rustup has nothing to run, the error is one line without its backtrace."""
        error = "error: toolchain '1.2' is not installed"
        write(folder / "rustc", f'echo "{error}" >&2; echo "Stack backtrace:" >&2; exit 1')

        with pytest.raises(HashzipError) as caught:
            find(folder)

        assert caught.value.message.startswith("the Rust toolchain 1.2, ")
        assert "\n" not in caught.value.message
        assert caught.value.hint == "run: rustup toolchain install 1.2"

    def test_broken(self, folder: Path) -> None:
        """The output of a program that fails is shown."""
        write(folder / "rustc", "echo 'toolchain 1.0 is not installed' >&2; exit 1")

        with pytest.raises(HashzipError, match=r"toolchain 1.0 is not installed"):
            find(folder)

    @pytest.mark.parametrize(
        "output, version",
        [
            ("zig 0.17.1", "0.17.1"),
            ("rustc 1.95.0-nightly (1 2)", "1.95.0-nightly"),
            ("odd", "odd"),
        ],
    )
    def test_version(self, folder: Path, output: str, version: str) -> None:
        """A version is taken from the output of a program."""
        write(folder / "zig", f"echo '{output}'")

        assert find(folder).version("zig", "version") == version


class TestEnvironment:
    """The environment of the programs."""

    @pytest.mark.parametrize(
        "name",
        [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_LAMBDA_COMPILER",
            "RUSTC",
            "RUSTC_BOOTSTRAP",
            "SOURCE_DATE_EPOCH",
            "CFLAGS",
            "CFLAGS_x86_64_unknown_linux_gnu",
            "TARGET_CC",
        ],
    )
    def test_dropped(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        name: str,
    ) -> None:
        """A variable that changes the program is dropped, with a warning that names it."""
        monkeypatch.setenv(name, "x")

        assert name not in find(folder).environment
        assert f"warning: ignored, because no plan sees it: {name}\n" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "name",
        [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_JOBS",
            "CARGO_NET_OFFLINE",
            "CARGO_TERM_COLOR",
            "RUSTC_WRAPPER",
            "RUSTUP_TOOLCHAIN",
            "CC",
            "HTTPS_PROXY",
        ],
    )
    def test_kept(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        name: str,
    ) -> None:
        """Other variables are passed on."""
        monkeypatch.setenv(name, "/x")

        assert find(folder).environment[name] == "/x"
        assert capsys.readouterr().err == ""

    def test_pinned(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """If the project pins the version of Rust, the variable for another one is dropped."""
        monkeypatch.setenv("RUSTUP_TOOLCHAIN", "nightly")

        assert "RUSTUP_TOOLCHAIN" not in find(folder, is_pinned=True).environment
        assert "RUSTUP_TOOLCHAIN" in capsys.readouterr().err

    def test_target(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The output is in the project's cache, or where the user wants it."""
        assert find(folder).target_dir == folder / ".hashzip/target"

        monkeypatch.setenv("CARGO_TARGET_DIR", "/x")
        assert find(folder).target_dir == Path("/x")

    def test_build_dir(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So are intermediate files, unless cargo would read the path as a template."""
        monkeypatch.setenv("CARGO_TARGET_DIR", "/x")
        assert find(folder).environment["CARGO_BUILD_BUILD_DIR"] == "/x"

        monkeypatch.setenv("CARGO_TARGET_DIR", "/{x}")
        assert "CARGO_BUILD_BUILD_DIR" not in find(folder).environment

    def test_cargo_home(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Downloads are in the user's folder, or where the user wants them."""
        assert find(folder).cargo_home == str(Path.home() / ".cargo")

        monkeypatch.setenv("CARGO_HOME", "/x")
        assert find(folder).cargo_home == "/x"

    def test_no_home(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a home folder, cargo and zig have their caches in hashzip's."""
        cache = folder.parent / "cache"
        names = ("CARGO_HOME", "ZIG_GLOBAL_CACHE_DIR", "CARGO_ZIGBUILD_CACHE_DIR")
        for name in (*names, "XDG_CACHE_HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(cache))
        assert not {*names} & find(folder).environment.keys()

        monkeypatch.setenv("HOME", "nowhere")

        rust = find(folder)
        assert {Path(rust.environment[name]).parent for name in names} == {cache}
        assert rust.cargo_home == rust.environment["CARGO_HOME"]
