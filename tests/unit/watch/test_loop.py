"""The loop deploys what has changed, and reports what is wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from hashzip.errors import HashzipError
from hashzip.watch.loop import Loop
from tests.support import commands, shared_package
from tests.support import project as projects

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hashzip.builders.build_plan import BuildPlan, Use

WRITE = shared_package.WRITE
LAYER = {"source": "shared", "runtime": "python3.13", "architecture": "arm64"}


class Recorder:
    """Takes the place of the local AWS: it records deployments, and fails when told to."""

    def __init__(self) -> None:
        self.deployed: list[str] = []
        self.removed: list[str] = []
        self.plans: list[BuildPlan] = []
        self.error: HashzipError | None = None

    def deploy(self, plan: BuildPlan, use: Use) -> float:
        """Record a deployment."""
        self.plans.append(plan)
        self.deployed.append(use.function.name)
        if self.error:
            raise self.error
        return 0.25

    def remove(self, name: str) -> None:
        """Record a removal."""
        self.removed.append(name)


class Running:
    """A loop, and what it prints.

    Args:
        root: The project's folder.
        names: The names of the functions.
    """

    def __init__(self, root: Path, *names: str) -> None:
        self.root = root
        self.functions = Recorder()
        self.texts: list[str] = []
        self.opened: list[str] = []
        self.loop = Loop(str(root), names, self.functions, self.texts.append, self._open)

    def _open(self, name: str, text: str) -> None:
        self.opened.append(name)
        self.texts.append(f"{name}: {text}")

    def update(self, files: Mapping[str, str] | None = None) -> list[str]:
        """Write files of the project, update, and return the texts that are printed."""
        projects.write_files(
            self.root, {path: text.encode() for path, text in (files or {}).items()}
        )
        start = len(self.texts)
        self.loop.update()
        return self.texts[start:]


@pytest.fixture
def running(project: Path) -> Running:
    """Return a loop whose function runs."""
    running = Running(project)
    running.update()
    return running


class TestDeployment:
    """What is deployed, and how it is reported."""

    def test_first(self, project: Path) -> None:
        """Each function is deployed once, and its port is opened."""
        running = Running(project)

        (text,) = running.update()

        assert re.fullmatch(r"hello: 3 files, built in 250 ms, live in \d+ ms", text)
        assert (running.functions.deployed, running.opened) == (["hello"], ["hello"])
        assert running.update() == []
        assert running.functions.deployed == ["hello"]

    def test_save(self, running: Running) -> None:
        """A changed file is deployed and named, and the port stays."""
        (text,) = running.update({"src/hello.py": "A = 1\n"})

        assert re.fullmatch(
            r"hello: 1 file changed \(hello\.py\), built in 250 ms, live in \d+ ms", text
        )
        assert running.functions.deployed == ["hello", "hello"]
        assert running.opened == ["hello"]

    def test_rebuild(self, running: Running) -> None:
        """On request, all functions are deployed again, though nothing has changed."""
        start = len(running.texts)

        running.loop.rebuild()

        (text,) = running.texts[start:]
        assert text.startswith("hello: deployed again, built in 250 ms")
        assert running.functions.deployed == ["hello", "hello"]
        assert running.update() == []

    def test_without_a_table(self, project: Path) -> None:
        """Where nobody announces first deployments, the loop prints them."""
        texts: list[str] = []

        Loop(str(project), (), Recorder(), texts.append).update()

        (text,) = texts
        assert re.fullmatch(r"hello: 3 files, built in 250 ms, live in \d+ ms", text)

    def test_many_files(self, running: Running) -> None:
        """Of many files, the first three are named."""
        (text,) = running.update({f"src/m{number}.py": "A = 1\n" for number in range(5)})

        assert "hello: 5 files changed (m0.py, m1.py, m2.py, …), built" in text

    def test_settings(self, running: Running) -> None:
        """A change of the settings alone is deployed, too."""
        projects.configure(running.root, environment={"A": "b"})

        (text,) = running.update()

        assert text.startswith("hello: settings changed, built in")

    def test_layer(self, project: Path) -> None:
        """A changed file of a layer is named with the layer."""
        hello = {**projects.HELLO, "layers": ["words"]}
        projects.write_tables(project, {"layer.words": LAYER, "function.hello": hello})
        projects.write_files(project, {"shared/words.py": b"A = 1\n"})
        running = Running(project)
        running.update()

        (text,) = running.update({"shared/words.py": "A = 2\n"})

        assert "1 file changed (layer.words: words.py)" in text
        assert running.functions.deployed == ["hello", "hello"]

    def test_named_functions(self, project: Path) -> None:
        """Only named functions run; without names, all do."""
        other = {**projects.HELLO, "handler": "lib.names.WORLD"}
        projects.write_config(project, hello=projects.HELLO, other=other)
        named, every = Running(project, "other"), Running(project)

        named.update()
        every.update()

        assert named.functions.deployed == ["other"]
        assert every.functions.deployed == ["hello", "other"]

    def test_removed(self, running: Running) -> None:
        """A function that hashzip.toml no longer has is removed; a new one is deployed."""
        projects.write_config(running.root, second=projects.HELLO)

        texts = running.update()

        assert texts[0] == "hello: removed"
        assert texts[1].startswith("second: 3 files")
        assert running.functions.removed == ["hello"]


class TestErrors:
    """What is wrong is reported once, and what runs keeps running."""

    def test_syntax_error(self, running: Running) -> None:
        """A syntax error is not deployed, and is reported once, with a hint."""
        (text,) = running.update({"src/hello.py": "def (\n"})

        assert re.match(r"error: hello: \S+hello\.py:1: invalid syntax\n  1 \| def \(\n", text)
        assert "\n    |     ^\nhint: fix it" in text
        assert text.endswith("the last good code keeps running")
        assert running.update() == []
        assert running.functions.deployed == ["hello"]
        (text,) = running.update({"src/hello.py": "A = 1\n"})
        assert "1 file changed" in text

    def test_back(self, running: Running) -> None:
        """After an error, the code that runs may be saved again, which deploys nothing."""
        text = (running.root / "src/hello.py").read_text(encoding="utf-8")
        running.update({"src/hello.py": "def (\n"})

        assert running.update({"src/hello.py": text}) == ["hello: back to the code that is running"]
        assert running.update() == []
        assert running.functions.deployed == ["hello"]

    def test_first_error(self, project: Path) -> None:
        """An error of a function that does not run yet says nothing of code that runs."""
        (project / "src" / "hello.py").unlink()
        projects.configure(project, source="nowhere")

        (text,) = Running(project).update()

        assert text.startswith("error: hello: ")
        assert "keeps running" not in text

    def test_failed_deployment(self, running: Running) -> None:
        """A deployment that fails is tried again with the next change."""
        running.functions.error = HashzipError("no room")

        (text,) = running.update({"src/hello.py": "A = 1\n"})

        assert text == "error: hello: no room\nthe last good code keeps running"
        running.functions.error = None
        (text,) = running.update()
        assert "1 file changed (hello.py)" in text

    def test_failed_program(self, tmp_path: Path) -> None:
        """A program that failed does not run again until a file of its inputs is saved."""
        root = commands.make(tmp_path / "project")
        running = Running(root)
        running.functions.error = HashzipError("it failed")
        assert running.update()[0].startswith("error: hello: it failed")

        assert running.update() == []
        assert running.functions.deployed == ["hello"]

        running.functions.error = None
        projects.grow_older(root)
        (text,) = running.update({"src/words.txt": "first"})  # the same content as before
        assert text.startswith("hello: 2 files, built in")

    def test_same_error(self, project: Path) -> None:
        """Functions with the same source do not repeat an error of it."""
        projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)
        running = Running(project)
        running.update()

        error, same = running.update({"src/hello.py": "def (\n"})

        assert error.startswith("error: hello: ")
        assert same == "other: the same error as hello"
        assert running.update() == []

    def test_invalid_project(self, running: Running) -> None:
        """An invalid hashzip.toml is reported once, and then what is wrong with it is fixed."""
        path = running.root / "hashzip.toml"
        text = path.read_text(encoding="utf-8")

        (error,) = running.update({"hashzip.toml": "[function.hello\n"})

        assert error.startswith("error: ")
        assert error.endswith("the last good code keeps running")
        assert running.update() == []
        assert running.update({"hashzip.toml": text}) == ["hashzip.toml is valid again"]
        assert running.update() == []
        assert running.functions.deployed == ["hello"]

    def test_unknown_name(self, project: Path) -> None:
        """A name that hashzip.toml lacks is an error before anything runs."""
        with pytest.raises(HashzipError, match='no function "hallo"') as caught:
            Running(project, "hallo")

        assert 'did you mean "hello"?' in caught.value.hint

    def test_layer_by_name(self, project: Path) -> None:
        """A layer does not run by itself."""
        hello = {**projects.HELLO, "layers": ["words"]}
        projects.write_tables(project, {"layer.words": LAYER, "function.hello": hello})

        with pytest.raises(HashzipError, match=r"layer\.words is a layer"):
            Running(project, "layer.words")


def test_watch_paths(running: Running) -> None:
    """The folders of the functions are watched, and those of the project's own file."""
    paths = running.loop.watch_paths()

    assert paths.recursive == {str((running.root / "src").resolve())}
    assert paths.shallow == {str(running.root.resolve())}


class TestPackage:
    """Functions that share a package."""

    def test_one_save(self, tmp_path: Path) -> None:
        """One change updates all of them from one plan, with one line."""
        running = Running(shared_package.make(tmp_path / "project"))
        for text, name in zip(running.update(), ("read", "write"), strict=True):
            assert re.match(rf"{name}: 2 files, built in 500 ms, live in", text)
        assert running.opened == ["read", "write"]

        (text,) = running.update({"src/read.py": "A = 1\n"})

        assert text.startswith("api (read, write): 1 file changed (read.py), built in")
        assert running.functions.deployed == ["read", "write"] * 2
        first, *_, third, fourth = running.functions.plans
        assert third is fourth
        assert third is not first

    def test_one_function(self, tmp_path: Path) -> None:
        """A setting of one function updates that one alone; a new function joins."""
        running = Running(shared_package.make(tmp_path / "project"))
        running.update()
        shared_package.configure(running.root, write={"environment": {"A": "b"}})

        (text,) = running.update()
        assert text.startswith("api (write): settings changed")

        shared_package.configure(running.root, write={"environment": {"A": "b"}}, third=WRITE)
        (text,) = running.update()
        assert text.startswith("third: 2 files")
        assert running.opened == ["read", "write", "third"]

    def test_names(self, tmp_path: Path) -> None:
        """The name of a package stands for all its functions; one function runs alone."""
        root = shared_package.make(tmp_path / "project")
        named, package = Running(root, "write"), Running(root, "api")
        named.update()
        package.update()

        assert named.functions.deployed == ["write"]
        assert package.functions.deployed == ["read", "write"]
        projects.write_tables(root, {"package.api": shared_package.API})
        with pytest.raises(HashzipError, match="api is a package"):
            Running(root, "api")

    def test_error(self, tmp_path: Path) -> None:
        """An error of the package is reported once, and what was not updated follows later."""
        running = Running(shared_package.make(tmp_path / "project"))
        running.update()
        running.functions.error = HashzipError("no room")

        texts = running.update({"src/read.py": "A = 1\n"})

        assert texts == ["error: api: no room\nthe last good code keeps running"]
        running.functions.error = None
        (text,) = running.update()
        assert text.startswith("api (read, write): 1 file changed")
