"""What runs on this machine: code in a zip, packages beside it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hashzip import planning
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.rust import dev_build, release_build
from hashzip.errors import HashzipError
from hashzip.inputs.files import SourceFile
from hashzip.project import host
from hashzip.watch import host_package
from tests.support import commands, crates, wheels
from tests.support import project as projects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hashzip.builders.build_plan import BuildPlan

OTHER = {"x86_64": "arm64", "arm64": "x86_64"}[host.architecture()]


def names(packed: host_package.Zip) -> list[str]:
    """Return the paths in a package."""
    with zipfile.ZipFile(packed.path) as found:
        return found.namelist()


@pytest.fixture
def layered(project: Path) -> Path:
    """Make a project whose function and layer each have a source and a requirement."""
    own, shared = wheels.make(project, "greet", "1.0"), wheels.make(project, "words", "1.0")
    wheels.lock(project, shared)
    (project / "requirements.txt").rename(project / "layer.txt")
    wheels.lock(project, own)
    (project / "layer.txt").rename(project / "layer-requirements.txt")
    hello = {**projects.HELLO, "layers": ["shared"], "requirements": "requirements.txt"}
    layer = {**projects.HELLO, "source": "shared", "requirements": "layer-requirements.txt"}
    del layer["handler"]
    projects.write_tables(project, {"layer.shared": layer, "function.hello": hello})
    projects.write_files(project, {"shared/common.py": b"A = 1\n"})
    return project


class TestPack:
    """The zip."""

    def test_code_alone(self, layered: Path, tmp_path: Path) -> None:
        """A function's sources are in it, and not its packages, as in what is built."""
        packed = host_package.pack(projects.examine(layered), tmp_path, None)

        assert names(packed) == sorted(projects.SOURCES)
        assert "greet.py" in projects.names(projects.make_zip(layered))

    def test_layer(self, layered: Path, tmp_path: Path) -> None:
        """A layer's sources are below the folder that Lambda looks in."""
        packed = host_package.pack(projects.examine(layered, "layer.shared"), tmp_path, None)

        assert names(packed) == ["python/common.py"]

    def test_packed_again(self, project: Path, tmp_path: Path) -> None:
        """With what was packed before, the bytes are those that come of packing it anew."""
        first = host_package.pack(projects.examine(project), tmp_path, None)
        before = first.content
        (tmp_path / "fresh").mkdir()
        projects.write_files(project, {"src/lib/names.py": b"WORLD = 'moon'\n"})

        second = host_package.pack(projects.examine(project), tmp_path, first)

        fresh = host_package.pack(projects.examine(project), tmp_path / "fresh", None)
        assert second.path == first.path
        assert second.content == fresh.content != before
        assert second.artifact == fresh.artifact != first.artifact

    def test_folder_deleted(self, project: Path, tmp_path: Path) -> None:
        """Where the folder of the last zip is gone, the next one is the same as beside it."""
        folder = tmp_path / "deleted" / "watch"
        first = host_package.pack(projects.examine(project), folder, None)
        before = first.content
        shutil.rmtree(folder.parent)
        assert not first.path.exists()

        assert host_package.pack(projects.examine(project), folder, first).content == before

    def test_changed_meanwhile(self, project: Path, tmp_path: Path) -> None:
        """A file that is not what it was when it was looked at is not packed."""
        plan = projects.examine(project)
        projects.write_files(project, {"src/hello.py": b"other\n"})

        with pytest.raises(HashzipError, match=r"hello\.py"):
            host_package.pack(plan, tmp_path, None)
        assert names(host_package.pack(projects.examine(project), tmp_path, None))


class TestPackages:
    """What lies beside the zip."""

    def test_order(self, layered: Path) -> None:
        """A function's own packages come first, then its layers'; each is there to be imported."""
        folders = host_package.packages(projects.examine(layered))

        assert [sorted(file.name for file in Path(one).glob("*.py")) for one in folders] == [
            ["greet.py"],
            ["words.py"],
        ]

    def test_none(self, project: Path) -> None:
        """Without requirements, nothing is installed."""
        assert host_package.packages(projects.examine(project)) == []

    def test_shared(self, layered: Path) -> None:
        """What function and layer both have, by one lock, is named once."""
        text = (layered / "hashzip.toml").read_text(encoding="utf-8")
        assert len(host_package.packages(projects.examine(layered))) == 2
        text = text.replace("layer-requirements.txt", "requirements.txt")
        (layered / "hashzip.toml").write_text(text, encoding="utf-8")

        assert len(host_package.packages(projects.examine(layered))) == 1

    def test_for_this_machine(self, project: Path) -> None:
        """They are those of this Python and processor, whatever the function is deployed to."""
        minor = sys.version_info.minor
        machine = {"x86_64": "x86_64", "arm64": "aarch64"}
        made = [
            wheels.make(
                project,
                files={"greet.py": f"NAME = {minor_, architecture!r}\n"},
                tag=f"cp3{minor_}-cp3{minor_}-manylinux2014_{machine[architecture]}",
            )
            for minor_, architecture in ((minor, host.architecture()), (minor_other(), OTHER))
        ]
        projects.configure(
            project,
            runtime=f"python3.{minor_other()}",
            architecture=OTHER,
            requirements="requirements.txt",
        )
        digests = [wheels.requirement(one).split()[1] for one in made]
        (project / "requirements.txt").write_text(
            f"{wheels.LOCAL}greet==1.0 {' '.join(digests)}\n", encoding="utf-8"
        )

        (folder,) = host_package.packages(projects.examine(project))

        text = Path(folder, "greet.py").read_text(encoding="utf-8")
        assert text == f"NAME = {minor, host.architecture()!r}\n"
        deployed = projects.content(projects.make_zip(project), "greet.py").decode()
        assert deployed == f"NAME = {minor_other(), OTHER!r}\n"


def minor_other() -> int:
    """Return another version of Python that Lambda has."""
    return 12 if sys.version_info.minor != 12 else 13


def said(project: Path, **changes: object) -> str:
    """Return the notes for a project whose function has other keys."""
    here_now = {"runtime": host_package.RUNTIME, "architecture": host.architecture()}
    projects.configure(project, **(here_now | changes))
    return "\n".join(host_package.differences(planning.load_project(str(project)).targets.values()))


class TestDifferences:
    """What the user is told."""

    def test_runtime(self, project: Path) -> None:
        """Another runtime is named, and that of this machine is not."""
        runtime = f"python3.{minor_other()}"
        assert f"including those for {runtime}" in said(project, runtime=runtime)
        assert "including those for" not in said(project)
        assert f"Python {platform.python_version()} runs every function" in said(project)

    def test_architecture(self, project: Path) -> None:
        """So is another architecture."""
        assert f"not for {OTHER}" in said(project, architecture=OTHER)
        assert "not for" not in said(project)

    @pytest.mark.parametrize("system, told", [("linux", False), ("darwin", True)])
    def test_system(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, system: str, *, told: bool
    ) -> None:
        """Where the system is another, compiled packages do not run."""
        monkeypatch.setattr(sys, "platform", system)
        assert ("those for Linux" in said(project)) is told

    def test_languages(self, project: Path) -> None:
        """Only languages that the project's functions have are named."""
        python = {**projects.HELLO, "architecture": host.architecture()}
        node = {**commands.HELLO, "runtime": "nodejs22.x", "handler": "a.b"}
        rust = {**commands.HELLO, "architecture": OTHER}

        def differences(**functions: Mapping[str, object]) -> str:
            projects.write_config(project, **functions)
            targets = planning.load_project(str(project)).targets.values()
            return "\n".join(host_package.differences(targets))

        assert "runs every function in Python" in differences(a=python, b=node)
        assert "the node on the PATH runs the functions for nodejs22.x" in differences(b=node)
        assert "in Python" not in differences(a=python)
        assert "node" not in differences(a=python)
        assert "Python" not in differences(a=rust)


class TestRust:
    """A function in Rust."""

    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
        """Replace the builders, and return their names and machines as they are called."""
        calls: list[tuple[str, str]] = []

        def builder(name: str) -> Callable[[BuildPlan, Path], BuildOutput]:
            def build(plan: BuildPlan, folder: Path) -> BuildOutput:
                calls.append((name, plan.target.architecture))
                folder.mkdir(exist_ok=True)
                program = folder / "bootstrap"
                program.write_text(f"#!/bin/sh\n# {name}\n", encoding="utf-8")
                file = SourceFile("bootstrap", os.fsencode(program), executable=True)
                return BuildOutput([OutputFile(file)])

            return build

        crates.make(tmp_path / "project")
        monkeypatch.setattr(dev_build, "build", builder("native"))
        monkeypatch.setattr(release_build, "build", builder("cargo-lambda"))
        return calls

    @pytest.mark.parametrize(
        "architecture, system, asked",
        [
            (host.architecture(), "linux", "native"),
            (OTHER, "linux", "native"),
            (host.architecture(), "darwin", "cargo-lambda"),
        ],
    )
    def test_builder(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        calls: list[tuple[str, str]],
        architecture: str,
        system: str,
        asked: str,
    ) -> None:
        """On Linux it is compiled here by cargo alone; elsewhere, as what is deployed."""
        root = tmp_path / "project"
        crates.configure(root, architecture=architecture)
        monkeypatch.setattr(sys, "platform", system)

        packed = host_package.pack(projects.examine(root), tmp_path, None)

        assert calls == [(asked, host.architecture())]
        with zipfile.ZipFile(packed.path) as found:
            assert asked in found.read("bootstrap").decode()
        said = "\n".join(
            host_package.differences(planning.load_project(str(root)).targets.values())
        )
        assert ("development builds for this machine" in said) == (asked == "native")
        assert (f"built for {host.architecture()}, not for {OTHER}" in said) == (
            architecture == OTHER
        )

    def test_deployed(self, tmp_path: Path, calls: list[tuple[str, str]]) -> None:
        """What is deployed is the real build, on whatever machine."""
        root = tmp_path / "project"
        crates.configure(root, architecture=host.architecture())

        projects.make_zip(root)

        assert calls == [("cargo-lambda", host.architecture())]
