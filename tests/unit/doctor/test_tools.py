"""The checks of the programs that build packages."""

import importlib.util
import sys
from pathlib import Path

import pytest

from hashzip.builders import process
from hashzip.builders.python import uv
from hashzip.builders.rust import toolchain
from hashzip.doctor import tools
from hashzip.doctor.check import Patient, State
from hashzip.errors import HashzipError
from tests.support import programs
from tests.support import project as projects

RUST = {
    "builder": "rust",
    "source": "crate",
    "architecture": "x86_64",
    "runtime": "provided.al2023",
    "handler": "bootstrap",
}


def test_python(project: Path) -> None:
    """The Python that runs is named with its path."""
    (finding,) = tools.python(Patient(str(project)))

    assert finding.state is State.GOOD
    assert sys.executable in finding.text


def test_packages(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that a build needs is wrong where it is missing, and one of an extra is not."""
    patient = Patient(str(project))
    assert [each.state for each in tools.packages(patient)] == [State.GOOD, State.GOOD]

    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    needed, local = tools.packages(patient)

    assert (needed.state, local.state) == (State.WRONG, State.NOTE)
    assert "deflate" in needed.text
    assert "boto3" in local.text
    assert "[local]" in local.fix


@pytest.mark.parametrize("locked, state", [(False, State.NOTE), (True, State.WRONG)])
def test_uv(project: Path, monkeypatch: pytest.MonkeyPatch, *, locked: bool, state: State) -> None:
    """A missing uv is wrong where a function has requirements."""
    if locked:
        projects.configure(project, requirements="requirements.txt")
    (finding,) = tools.uv_program(Patient(str(project)))
    assert finding.state is State.GOOD

    def program() -> str:
        raise HashzipError("uv is not installed", "install uv")

    monkeypatch.setattr(uv, "program", program)
    (finding,) = tools.uv_program(Patient(str(project)))

    assert finding == ("uv", state, "uv is not installed", "install uv")


def test_runtimes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python that compiles bytecode is looked for, once for each runtime."""
    assert list(tools.runtimes(Patient(str(project)))) == []
    bytecode = projects.HELLO | {"bytecode": True}
    projects.write_config(project, hello=bytecode, other=bytecode)
    asked: list[str] = []

    def find_python(_uv: str, version: str, _purpose: str) -> str:
        asked.append(version)
        if len(asked) > 1:
            raise HashzipError("it is not installed", "install it")
        return "/usr/bin/python3.13"

    monkeypatch.setattr(uv, "find_python", find_python)

    states = [[each.state for each in tools.runtimes(Patient(str(project)))] for _ in range(2)]

    assert states == [[State.GOOD], [State.WRONG]]
    assert asked == ["3.13", "3.13"]


class TestRust:
    """Cargo, cargo-lambda and zig."""

    @pytest.fixture
    def bin_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Make a `PATH` with all programs of Rust, which can compile for x86-64."""
        folder = tmp_path / "bin"
        sysroot = tmp_path / "sysroot"
        (sysroot / "lib/rustlib/x86_64-unknown-linux-gnu/lib").mkdir(parents=True)
        programs.write(
            folder,
            cargo="echo cargo 1.95.0",
            cargo_lambda="echo cargo-lambda 1.9.2",
            rustc=f'[ "$1" = --print ] && echo {sysroot} || echo rustc 1.95.0',
            zig="echo 0.17.1",
        )
        monkeypatch.setattr(process, "path_with_scripts", lambda: str(folder))
        monkeypatch.setattr(toolchain, "find_zig", lambda _path: str(folder / "zig"))
        monkeypatch.setenv("PATH", str(folder), prepend=":")
        return folder

    def test_unneeded(self, project: Path, bin_folder: Path) -> None:
        """Without a function in Rust, a missing program is only noted."""
        (bin_folder / "cargo").unlink()

        cargo, cargo_lambda, zig = tools.rust(Patient(str(project)))

        assert cargo.state is State.NOTE
        assert "no function needs it" in cargo.text
        assert cargo_lambda.text == f"1.9.2, {bin_folder}/cargo-lambda"
        assert zig.state is State.GOOD

    @pytest.mark.parametrize("name", ["cargo", "cargo-lambda"])
    def test_missing(self, project: Path, bin_folder: Path, name: str) -> None:
        """With one, it is wrong; and so is one that does not run."""
        projects.write_config(project, hello=RUST)
        programs.write(bin_folder, **{name.replace("-", "_"): "exit 1"})
        (broken,) = (each for each in tools.rust(Patient(str(project))) if each.name == name)
        (bin_folder / name).unlink()

        findings = {each.name: each for each in tools.rust(Patient(str(project)))}

        assert broken.state is findings[name].state is State.WRONG
        assert broken.text.endswith("does not run")
        assert findings[name].fix
        assert "Rust x86_64" not in findings

    @pytest.mark.usefixtures("bin_folder")
    def test_architecture(self, project: Path) -> None:
        """Each architecture needs its standard library."""
        projects.write_config(project, one=RUST, two=RUST, arm=RUST | {"architecture": "arm64"})

        findings = {each.name: each for each in tools.rust(Patient(str(project)))}

        assert findings["Rust x86_64"].state is State.GOOD
        assert findings["Rust arm64"].state is State.WRONG
        assert "rustup target add aarch64-unknown-linux-gnu" in findings["Rust arm64"].fix

    def test_pinned(self, project: Path, bin_folder: Path) -> None:
        """A toolchain that the repository pins is not run."""
        projects.write_config(project, hello=RUST)
        projects.write_files(project, {"crate/rust-toolchain.toml": b"[toolchain]\npath = 'x'\n"})
        programs.write(bin_folder, rustc=f"touch {project}/ran")

        findings = {each.name: each for each in tools.rust(Patient(str(project)))}

        assert "crate/rust-toolchain.toml" in findings["Rust x86_64"].text
        assert not (project / "ran").exists()
