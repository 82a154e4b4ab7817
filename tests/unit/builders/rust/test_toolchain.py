"""The programs that compile Rust, and what they get. With programs that only look like them."""

import os
import stat
import sysconfig
from importlib import util
from pathlib import Path

import pytest

from hashzip.builders.rust import toolchain
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError

TRIPLE = "x86_64-unknown-linux-gnu"
PROGRAMS = ("cargo", "cargo-lambda", "rustc", "zig")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all programs, which the `PATH` is, and no others; and a sysroot beside it."""
    found = tmp_path / "bin"
    found.mkdir()
    (tmp_path / "sysroot/lib/rustlib" / TRIPLE / "lib").mkdir(parents=True)
    for name in PROGRAMS:
        write(found / name, f"echo '{name} 1.2.3 (abc)'")
    write(found / "rustc", f"echo '{tmp_path}/sysroot'")
    monkeypatch.setenv("PATH", str(found))
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path / "scripts"))
    monkeypatch.setattr(util, "find_spec", lambda _name: None)
    for name in ("CARGO_TARGET_DIR", "CARGO_HOME", "RUSTUP_TOOLCHAIN"):
        monkeypatch.delenv(name, raising=False)
    return found


def write(path: Path, text: str) -> None:
    """Writes a program."""
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def find(root: Path, architecture: str = "x86_64", *, is_pinned: bool = False) -> Toolchain:
    """Finds what compiles."""
    return toolchain.find(str(root), str(root), architecture, is_pinned=is_pinned)


class TestFind:
    """Where they are."""

    def test_path(self, folder: Path) -> None:
        """They are on the `PATH`."""
        found = find(folder)

        assert found.cargo == str(folder / "cargo")
        assert found.cargo_lambda == str(folder / "cargo-lambda")
        assert found.zig == str(folder / "zig")
        assert found.environment["CARGO_ZIGBUILD_ZIG_PATH"] == found.zig

    def test_beside_python(self, folder: Path) -> None:
        """Those beside this Python go before those on the `PATH`, in what they start too."""
        scripts = folder.parent / "scripts"
        scripts.mkdir()
        write(scripts / "cargo-lambda", "")

        found = find(folder)

        assert found.cargo_lambda == str(scripts / "cargo-lambda")
        assert found.environment["PATH"].split(os.pathsep) == [str(scripts), str(folder)]

    @pytest.mark.parametrize(
        "name, message, hint",
        [
            ("cargo", "cargo, which compiles Rust, is not here", "see https://rustup.rs"),
            ("rustc", "cannot run rustc: No such file", "see https://rustup.rs"),
            ("cargo-lambda", "cargo-lambda, which builds for Lambda, is not", "'hashzip[rust]'"),
            ("zig", "zig, which links for Lambda's machines, is not here", "'hashzip[rust]'"),
        ],
    )
    def test_missing(self, folder: Path, name: str, message: str, hint: str) -> None:
        """One that is not there is named, with where it comes from."""
        (folder / name).unlink()

        with pytest.raises(HashzipError) as caught:
            find(folder)

        assert message in caught.value.message
        assert hint in caught.value.hint

    def test_missing_target(self, folder: Path) -> None:
        """So is a target that Rust has not."""
        with pytest.raises(HashzipError, match="standard library for aarch64-unknown") as caught:
            find(folder, "arm64")

        assert caught.value.hint == "run: rustup target add aarch64-unknown-linux-gnu"

    @pytest.mark.parametrize(
        "stderr, message, hint",
        [
            (
                "error: rustup could not choose a version of rustc to run, because …",
                "rustup has no default toolchain",
                "run: rustup default stable",
            ),
            (
                "error: no override and no default toolchain set",
                "rustup has no default toolchain",
                "run: rustup default stable",
            ),
            (
                "error: toolchain '1.50.0-x86_64-unknown-linux-gnu' is not installed",
                "the Rust toolchain 1.50.0-x86_64-unknown-linux-gnu, which rustup",
                "run: rustup toolchain install 1.50.0-x86_64-unknown-linux-gnu",
            ),
        ],
    )
    def test_rustup_without_a_toolchain(
        self, folder: Path, stderr: str, message: str, hint: str
    ) -> None:
        """Where rustup has nothing to run, one line says so, without its words and backtrace."""
        backtrace = "help: do this\n\nStack backtrace:\n   0: rustup::main\n"
        (folder / "stderr").write_text(f"{stderr}\n{backtrace}", encoding="utf-8")
        write(
            folder / "rustc",
            f"while read -r line; do echo \"$line\"; done <'{folder}/stderr' >&2\nexit 1",
        )

        with pytest.raises(HashzipError) as caught:
            find(folder)

        assert message in caught.value.message
        assert "\n" not in caught.value.message
        assert caught.value.hint.startswith(hint)

    def test_broken(self, folder: Path) -> None:
        """What a program says that fails is shown."""
        write(folder / "rustc", "echo 'toolchain 1.0 is not installed' >&2; exit 1")

        with pytest.raises(HashzipError, match=r"toolchain 1.0 is not installed"):
            find(folder)

    @pytest.mark.parametrize(
        "said, version",
        [
            ("zig 0.17.1", "0.17.1"),
            ("rustc 1.95.0-nightly (1 2)", "1.95.0-nightly"),
            ("odd", "odd"),
        ],
    )
    def test_version(self, folder: Path, said: str, version: str) -> None:
        """A version is read from what a program says."""
        write(folder / "zig", f"echo '{said}'")

        assert find(folder).version("zig", "version") == version


class TestEnvironment:
    """What they get."""

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
        """A variable that decides bytes is not passed on, and is named in a warning."""
        monkeypatch.setenv(name, "x")

        assert name not in find(folder).environment
        assert f"warning: not used, because no plan sees it: {name}\n" in capsys.readouterr().err

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
        """Any other is."""
        monkeypatch.setenv(name, "/x")

        assert find(folder).environment[name] == "/x"
        assert capsys.readouterr().err == ""

    def test_pinned(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Where the project says which Rust, a variable that says another is dropped."""
        monkeypatch.setenv("RUSTUP_TOOLCHAIN", "nightly")

        assert "RUSTUP_TOOLCHAIN" not in find(folder, is_pinned=True).environment
        assert "RUSTUP_TOOLCHAIN" in capsys.readouterr().err

    def test_target(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is compiled is kept in the project's cache, or where the user says."""
        assert find(folder).target == folder / ".hashzip/target"

        monkeypatch.setenv("CARGO_TARGET_DIR", "/x")
        assert find(folder).target == Path("/x")

    def test_folder_of_builds(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """So is what is made on the way, but for a folder that cargo would take for a template."""
        monkeypatch.setenv("CARGO_TARGET_DIR", "/x")
        assert find(folder).environment["CARGO_BUILD_BUILD_DIR"] == "/x"

        monkeypatch.setenv("CARGO_TARGET_DIR", "/{x}")
        assert "CARGO_BUILD_BUILD_DIR" not in find(folder).environment

    def test_cargo_home(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What cargo downloads is in the user's folder, or where the user says."""
        assert find(folder).cargo_home == str(Path.home() / ".cargo")

        monkeypatch.setenv("CARGO_HOME", "/x")
        assert find(folder).cargo_home == "/x"
