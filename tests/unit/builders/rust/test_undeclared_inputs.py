"""What a program was made from although no plan sees it, without cargo."""

import tomllib
from pathlib import Path

import pytest

from hashzip.builders.rust import crate_inputs, toolchain, undeclared_inputs
from hashzip.builders.rust.crate_inputs import Crates
from hashzip.builders.rust.toolchain import Toolchain
from hashzip.errors import HashzipError
from tests.support import crates, elf_files, program
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


VERSIONS = {"rustc": "1.2.3", **undeclared_inputs.LINKERS}


class TestWarn:
    """What differs between machines, without what `TestVersions` shows."""

    def warning(self, root: Path, capsys: pytest.CaptureFixture[str]) -> str:
        """Return the warnings about hello."""
        undeclared_inputs.warn(hello(root), tools(root), VERSIONS)
        return capsys.readouterr().err

    def test_unpinned(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """An unpinned version of Rust causes a warning, and following its hint ends that."""
        warning = self.warning(root, capsys)
        assert "does not pin the version of Rust that compiles [function.hello]" in warning
        assert 'write app/rust-toolchain.toml: [toolchain] channel = "1.2.3"' in warning

        crates.write(root, {"app/rust-toolchain.toml": '[toolchain]\nchannel = "1.2.3"\n'})
        assert self.warning(root, capsys) == ""

    def test_outside_the_workspace(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A crate outside the workspace causes a warning; a workspace of both ends that."""
        needs = '[dependencies]\nshared = { path = "../shared" }'
        files = {"app/Cargo.toml": crates.manifest("hello", needs), **crates.library("shared")}
        crates.write(root, {"rust-toolchain.toml": "", **files})
        warning = self.warning(root, capsys)
        assert "the crate in shared is outside the workspace in app" in warning

        workspace = '[workspace]\nmembers = ["app", "shared"]\n'
        crates.write(root, {"Cargo.toml": workspace, "Cargo.lock": crates.LOCK})
        assert self.warning(root, capsys) == ""

    def test_outside_the_project(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Cargo's settings outside the project cause a warning, if they change the program."""
        crates.write(root, {"rust-toolchain.toml": ""})
        config = root.parent / "home/config.toml"
        crates.write(config.parent, {config.name: "[net]\nretry = 1\n"})
        assert self.warning(root, capsys) == ""

        crates.write(config.parent, {config.name: "[env]\nA = '1'\n"})
        assert f"warning: {config} has env, which no plan sees" in self.warning(root, capsys)


class TestVersions:
    """The versions of the linking programs."""

    @pytest.mark.parametrize("name", ["cargo-lambda", "zig"])
    def test_other(self, root: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
        """A version other than the extra's causes a warning; the extra's does not."""
        crates.write(root, {"rust-toolchain.toml": ""})
        hello_crates = hello(root)

        undeclared_inputs.warn(hello_crates, tools(root), VERSIONS)
        assert capsys.readouterr().err == ""

        undeclared_inputs.warn(
            hello_crates,
            tools(root),
            {**VERSIONS, name: "0.0.1"},
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

    def test_debug_information(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Debug information causes a warning that names the profile."""
        undeclared_inputs.warn_of_paths(hello(root), tools(root), elf_files.make({".text": b"x"}))
        assert capsys.readouterr().err == ""

        program = elf_files.make({".debug_info": b"x"})
        undeclared_inputs.warn_of_paths(hello(root), tools(root), program)
        warning = capsys.readouterr().err
        assert "contains paths in its debug information" in warning
        assert "hint: set strip = true in [profile.release] of Cargo.toml" in warning
