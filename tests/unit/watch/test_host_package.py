"""The package that runs on this machine: code in a zip, and packages beside it."""

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
from hashzip.watch import host_package, host_python
from tests.support import commands, crates, wheels
from tests.support import project as projects

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hashzip.builders.build_plan import BuildPlan

OTHER = {"x86_64": "arm64", "arm64": "x86_64"}[host.architecture()]


def names(packed: host_package.Zip) -> list[str]:
    """Return the paths in a package."""
    with zipfile.ZipFile(packed.path) as archive:
        return archive.namelist()


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
        """It has the function's sources, and unlike a build no packages."""
        packed = host_package.pack(projects.examine(layered), tmp_path, None)

        assert names(packed) == sorted(projects.SOURCES)
        assert "greet.py" in projects.names(projects.make_zip(layered))

    def test_layer(self, layered: Path, tmp_path: Path) -> None:
        """A layer's sources are in the folder in which Lambda searches."""
        packed = host_package.pack(projects.examine(layered, "layer.shared"), tmp_path, None)

        assert names(packed) == ["python/common.py"]

    def test_packed_again(self, project: Path, tmp_path: Path) -> None:
        """The bytes are the same with and without an earlier package to reuse."""
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
        """The bytes are the same if the folder of the earlier package is gone."""
        folder = tmp_path / "deleted" / "watch"
        first = host_package.pack(projects.examine(project), folder, None)
        before = first.content
        shutil.rmtree(folder.parent)
        assert not first.path.exists()

        assert host_package.pack(projects.examine(project), folder, first).content == before

    def test_changed_meanwhile(self, project: Path, tmp_path: Path) -> None:
        """A file that has changed since the plan is not packed."""
        plan = projects.examine(project)
        projects.write_files(project, {"src/hello.py": b"other\n"})

        with pytest.raises(HashzipError, match=r"hello\.py"):
            host_package.pack(plan, tmp_path, None)
        assert names(host_package.pack(projects.examine(project), tmp_path, None))


def packages(root: Path) -> list[str]:
    """Install what hello and its layers require, and return the folders."""
    plan, use = projects.use(root)
    return host_package.packages(plan, use.layers)


class TestPackages:
    """The folders beside the zip."""

    def test_order(self, layered: Path) -> None:
        """A function's own packages come first, then its layers', and all can be imported."""
        folders = packages(layered)

        assert [sorted(file.name for file in Path(folder).glob("*.py")) for folder in folders] == [
            ["greet.py"],
            ["words.py"],
        ]

    def test_none(self, project: Path) -> None:
        """Without requirements, nothing is installed."""
        assert packages(project) == []

    def test_shared(self, layered: Path) -> None:
        """A folder that function and layer share, because of one lock, is listed once."""
        text = (layered / "hashzip.toml").read_text(encoding="utf-8")
        assert len(packages(layered)) == 2
        text = text.replace("layer-requirements.txt", "requirements.txt")
        (layered / "hashzip.toml").write_text(text, encoding="utf-8")

        assert len(packages(layered)) == 1

    @pytest.mark.parametrize("is_installed", [True, False])
    def test_for_this_machine(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, *, is_installed: bool
    ) -> None:
        """Packages are for this processor, and for the Python that runs the function here."""
        monkeypatch.setattr(host_python, "find", lambda _: "/python" if is_installed else None)
        runs = minor_other() if is_installed else sys.version_info.minor
        minor = sys.version_info.minor
        machine = {"x86_64": "x86_64", "arm64": "aarch64"}
        made = [
            wheels.make(
                project,
                files={"greet.py": f"NAME = {minor_, architecture!r}\n"},
                tag=f"cp3{minor_}-cp3{minor_}-manylinux2014_{machine[architecture]}",
            )
            for minor_, architecture in (
                (minor, host.architecture()),
                (minor_other(), host.architecture()),
                (minor_other(), OTHER),
            )
        ]
        projects.configure(
            project,
            runtime=f"python3.{minor_other()}",
            architecture=OTHER,
            requirements="requirements.txt",
        )
        digests = [wheels.requirement(wheel).split()[1] for wheel in made]
        (project / "requirements.txt").write_text(
            f"{wheels.LOCAL}greet==1.0 {' '.join(digests)}\n", encoding="utf-8"
        )

        (folder,) = packages(project)

        text = Path(folder, "greet.py").read_text(encoding="utf-8")
        assert text == f"NAME = {runs, host.architecture()!r}\n"
        deployed = projects.content(projects.make_zip(project), "greet.py").decode()
        assert deployed == f"NAME = {minor_other(), OTHER!r}\n"

    def test_other_python(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """If this Python is not one of the lock's, the error says so, and blames no table."""
        own = host_package.RUNTIME.removeprefix("python")
        version = f"3.{minor_other()}"
        text = f"lock-version = '1.0'\ncreated-by = 'me'\nrequires-python = '=={version}.*'\n"
        text += "packages = []\n"
        projects.write_files(layered, {"pylock.toml": text.encode()})
        projects.configure(layered, runtime=f"python{version}", requirements="pylock.toml")
        monkeypatch.setattr(host_python, "find", lambda _: None)

        with pytest.raises(HashzipError) as caught:
            packages(layered)

        message = str(caught.value)
        assert f"because Python {version} is not installed" in message
        assert f"but hashzip runs on Python {own}" in message
        assert "has runtime" not in message
        assert f"uv python install {version}" in caught.value.hint
        monkeypatch.setattr(host_python, "find", lambda _: "/python")
        assert packages(layered)


def minor_other() -> int:
    """Return another version of Python that Lambda has."""
    return 12 if sys.version_info.minor != 12 else 13


def notes(project: Path, **changes: object) -> str:
    """Return the notes for a project whose function has other keys."""
    here_now = {"runtime": host_package.RUNTIME, "architecture": host.architecture()}
    projects.configure(project, **(here_now | changes))
    return "\n".join(host_package.differences(planning.load_project(str(project)).targets.values()))


class TestDifferences:
    """The notes on differences from Lambda."""

    def test_runtime(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A runtime whose Python is not installed is noted, with how to install it."""
        version = f"3.{minor_other()}"
        monkeypatch.setattr(host_python, "find", lambda name: name == host_package.RUNTIME or None)

        text = notes(project, runtime=f"python{version}")

        own = platform.python_version()
        assert f"Python {own}, which runs hashzip, runs the functions for python{version}" in text
        assert f"uv python install {version}" in text
        assert "Python" not in notes(project)
        monkeypatch.setattr(host_python, "find", lambda _: "/python")
        monkeypatch.setattr(host_python, "has_sdk", lambda _: True)
        assert "Python" not in notes(project, runtime=f"python{version}")
        monkeypatch.setattr(host_python, "has_sdk", lambda _: False)
        assert f"functions for python{version} have no boto3" in notes(
            project, runtime=f"python{version}"
        )

    def test_architecture(self, project: Path) -> None:
        """Another architecture is noted."""
        assert f"not for {OTHER}" in notes(project, architecture=OTHER)
        assert "not for" not in notes(project)

    @pytest.mark.parametrize("system, noted", [("linux", False), ("darwin", True)])
    def test_system(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, system: str, *, noted: bool
    ) -> None:
        """Another system than Linux is noted if there are packages."""
        monkeypatch.setattr(sys, "platform", system)
        assert ("those for Linux" in notes(project)) is noted

    def test_languages(self, project: Path) -> None:
        """Only the languages of the project's functions are noted."""
        python = {**projects.HELLO, "architecture": host.architecture()}
        node = {**commands.HELLO, "runtime": "nodejs22.x", "handler": "a.b"}
        rust = {**commands.HELLO, "architecture": OTHER}

        def differences(**functions: Mapping[str, object]) -> str:
            projects.write_config(project, **functions)
            targets = planning.load_project(str(project)).targets.values()
            return "\n".join(host_package.differences(targets))

        assert "the node on the PATH runs the functions for nodejs22.x" in differences(b=node)
        assert "node" not in differences(a=python)
        assert "Python" not in differences(a=rust)


class TestRust:
    """A function in Rust."""

    @pytest.fixture
    def calls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
        """Replace the builders; return the name and architecture of each call."""
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
        """On Linux it is compiled with cargo only, and elsewhere as for Lambda."""
        root = tmp_path / "project"
        crates.configure(root, architecture=architecture)
        monkeypatch.setattr(sys, "platform", system)

        packed = host_package.pack(projects.examine(root), tmp_path, None)

        assert calls == [(asked, host.architecture())]
        with zipfile.ZipFile(packed.path) as archive:
            assert asked in archive.read("bootstrap").decode()
        notes = "\n".join(
            host_package.differences(planning.load_project(str(root)).targets.values())
        )
        assert ("development builds for this machine" in notes) == (asked == "native")
        assert (f"built for {host.architecture()}, not for {OTHER}" in notes) == (
            architecture == OTHER
        )

    def test_deployed(self, tmp_path: Path, calls: list[tuple[str, str]]) -> None:
        """The package to deploy is a real build, on every machine."""
        root = tmp_path / "project"
        crates.configure(root, architecture=host.architecture())

        projects.make_zip(root)

        assert calls == [("cargo-lambda", host.architecture())]
