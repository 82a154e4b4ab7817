"""What a program was made from although no plan sees it, without cargo."""

import tomllib
from pathlib import Path

import pytest

from hashzip.builders.rust import crate_inputs, toolchain, undeclared_inputs
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from tests.support import crates, program
from tests.support import project as projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a project with hello, and with files and folders of which one is an input."""
    files = {"app/page.txt": "", "app/proto/a": "", "app/sql/a": "", "app/sql/b": ""}
    crates.make(tmp_path / "project", files)
    crates.configure(tmp_path / "project", inputs=["app/sql/a"])
    return tmp_path / "project"


def tools(root: Path) -> Toolchain:
    """Return the toolchain that compiled hello."""
    environment = {
        "CARGO_TARGET_DIR": str(root / "target"),
        "CARGO_HOME": str(root.parent / "home"),
    }
    machine = toolchain.MACHINES["x86_64"]
    return Toolchain(
        cargo="",
        cargo_lambda="",
        zig="",
        triple=machine.triple,
        cpu=machine.cpu,
        crate_dir=str(root / "app"),
        environment=environment,
    )


def hello(root: Path) -> Crates:
    """Return the crates of hello."""
    plan = projects.examine(root)
    return crate_inputs.find(plan.project, plan.target)


class TestVersions:
    """The versions of the linking programs."""

    @pytest.mark.parametrize("name", ["cargo-lambda", "zig"])
    def test_other(self, root: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
        """A version other than the extra's causes a warning; the extra's does not."""
        crates.write(root, {"rust-toolchain.toml": ""})
        hello_crates = hello(root)

        undeclared_inputs.warn(
            hello_crates, tools(root), {"rustc": "1.2.3", **undeclared_inputs.LINKERS}
        )
        assert capsys.readouterr().err == ""

        undeclared_inputs.warn(
            hello_crates,
            tools(root),
            {"rustc": "1.2.3", **undeclared_inputs.LINKERS, name: "0.0.1"},
        )
        assert (
            f"{name} is 0.0.1 here, and hashzip[rust] has {undeclared_inputs.LINKERS[name]}"
            in capsys.readouterr().err
        )

    def test_extra(self) -> None:
        """The expected versions are those of the extra."""
        text = (program.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
        extra = tomllib.loads(text)["project"]["optional-dependencies"]["rust"]

        packages = {"cargo-lambda": "cargo-lambda", "zig": "ziglang"}
        assert extra == [
            f"{packages[name]} == {version}" for name, version in undeclared_inputs.LINKERS.items()
        ]


class TestCheck:
    """Files that were compiled in."""

    @pytest.mark.parametrize("path", ["app/page.txt", "app/proto", "app/sql/b"])
    def test_undeclared(self, root: Path, path: str) -> None:
        """A file or folder of the project that is no input is refused by its name."""
        with pytest.raises(HashzipError, match=f"is compiled from {path}, which is not") as caught:
            undeclared_inputs.check(projects.examine(root), tools(root), {str(root / path)})

        assert f'inputs = ["{path}"]' in caught.value.hint

    @pytest.mark.parametrize(
        "path",
        [
            "app/src/main.rs",
            "app/src",
            "app/sql/a",
            "app/sql",
            "app",
            ".",
            "target/x.rs",
            "app/nowhere",
        ],
    )
    def test_input(self, root: Path, capsys: pytest.CaptureFixture[str], path: str) -> None:
        """An input passes, as does a folder with one, cargo's own output, and a missing file."""
        crates.write(root, {"target/x.rs": ""})

        undeclared_inputs.check(projects.examine(root), tools(root), {str(root / path)})

        assert capsys.readouterr().err == ""

    def test_outside_the_project(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A file outside the project, where no input can be, causes a warning."""
        crates.write(root.parent, {"x.h": ""})

        undeclared_inputs.check(projects.examine(root), tools(root), {str(root.parent / "x.h")})

        assert (
            f"is compiled from {root.parent / 'x.h'}, outside the project"
            in capsys.readouterr().err
        )


class TestPaths:
    """Paths of this machine in a program."""

    @pytest.mark.parametrize("folder", ["project/app", "project/target/x", "home/registry"])
    def test_named(self, root: Path, capsys: pytest.CaptureFixture[str], folder: str) -> None:
        """A path causes a warning; the control is a program without one."""
        hello_crates = hello(root)

        undeclared_inputs.warn_of_paths(
            hello_crates, tools(root), b"\x7fELF a program /project /cargo"
        )
        assert capsys.readouterr().err == ""

        undeclared_inputs.warn_of_paths(
            hello_crates, tools(root), f"text{root.parent}/{folder}text".encode()
        )
        warning = capsys.readouterr().err
        assert "another machine produces different bytes" in warning
        assert str(root.parent / folder.split("/", 1)[0]) in warning
