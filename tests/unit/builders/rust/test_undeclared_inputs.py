"""What decides a program in Rust and no plan sees. More of it is in `test_builder_cargo_lambda`."""

import tomllib
from pathlib import Path

import pytest

from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.rust import crate_inputs, toolchain, undeclared_inputs
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from hashzip.project.targets import Function
from tests.support import crates, program
from tests.support import project as projects


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with hello, beside a file and folders that are no inputs, and one that is."""
    files = {"app/page.txt": "", "app/proto/a": "", "app/sql/a": "", "app/sql/b": ""}
    crates.make(tmp_path / "project", files)
    crates.configure(tmp_path / "project", inputs=["app/sql/a"])
    return tmp_path / "project"


def tools(root: Path) -> Toolchain:
    """What compiled hello, as far as it is looked at."""
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
        processor=machine.processor,
        home=str(root / "app"),
        environment=environment,
    )


def examined(root: Path) -> tuple[BuildPlan, Function]:
    """Answers hello, examined."""
    plan = projects.examine(root)
    assert isinstance(plan.target, Function)
    return plan, plan.target


class TestVersions:
    """What links."""

    @pytest.mark.parametrize("name", ["cargo-lambda", "zig"])
    def test_other(self, root: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
        """Another version than the extra has is warned of, and that one is not."""
        crates.write(root, {"rust-toolchain.toml": ""})
        plan, function = examined(root)
        found = crate_inputs.find(plan.project, function)

        undeclared_inputs.warn(found, tools(root), {"rustc": "1.2.3", **undeclared_inputs.LINKERS})
        assert capsys.readouterr().err == ""

        undeclared_inputs.warn(
            found, tools(root), {"rustc": "1.2.3", **undeclared_inputs.LINKERS, name: "0.0.1"}
        )
        assert (
            f"{name} is 0.0.1 here, and hashzip[rust] has {undeclared_inputs.LINKERS[name]}"
            in capsys.readouterr().err
        )

    def test_extra(self) -> None:
        """They are those of the extra."""
        text = (program.CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
        extra = tomllib.loads(text)["project"]["optional-dependencies"]["rust"]

        packages = {"cargo-lambda": "cargo-lambda", "zig": "ziglang"}
        assert extra == [
            f"{packages[name]} == {one}" for name, one in undeclared_inputs.LINKERS.items()
        ]


class TestRefuse:
    """What was compiled in."""

    @pytest.mark.parametrize("path", ["app/page.txt", "app/proto", "app/sql/b"])
    def test_no_input(self, root: Path, path: str) -> None:
        """A file of the project, or a folder, that is no input is refused by its name."""
        with pytest.raises(HashzipError, match=f"is compiled from {path}, which is none") as caught:
            undeclared_inputs.refuse(*examined(root), tools(root), {str(root / path)})

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
        """What is one, or has one in it, is not, nor what cargo made or what is not there."""
        crates.write(root, {"target/x.rs": ""})

        undeclared_inputs.refuse(*examined(root), tools(root), {str(root / path)})

        assert capsys.readouterr().err == ""

    def test_out_of_the_project(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What is out of the project, where no input can be, is warned of."""
        crates.write(root.parent, {"x.h": ""})

        undeclared_inputs.refuse(*examined(root), tools(root), {str(root.parent / "x.h")})

        assert (
            f"is compiled from {root.parent / 'x.h'}, out of the project" in capsys.readouterr().err
        )


class TestNames:
    """Folders of this machine in a program."""

    @pytest.mark.parametrize("folder", ["project/app", "project/target/x", "home/registry"])
    def test_named(self, root: Path, capsys: pytest.CaptureFixture[str], folder: str) -> None:
        """They are warned of; the control is a program without."""
        plan, function = examined(root)
        found = crate_inputs.find(plan.project, function)

        undeclared_inputs.warn_of_names(found, tools(root), b"\x7fELF a program /project /cargo")
        assert capsys.readouterr().err == ""

        undeclared_inputs.warn_of_names(
            found, tools(root), f"text{root.parent}/{folder}text".encode()
        )
        warning = capsys.readouterr().err
        assert "another machine gives other bytes" in warning
        assert str(root.parent / folder.split("/", 1)[0]) in warning
