"""Which installed packages go into a zip, and bytecode of the sources. No uv installs anything."""

import sys
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.artifacts.manifest import Package
from hashzip.builders import python
from hashzip.builders.base import BuildOutput
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import install_cache, package
from hashzip.builders.python.tree import NO_PACKAGE, Missing, Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.inputs.files import DATA, FileEntry
from hashzip.project import user_cache
from tests.support import project as projects
from tests.support import shared_package

HERE = f"python3.{sys.version_info[1]}"  # the only Python that is surely installed
LAYER = {"runtime": "python3.13", "architecture": "arm64", "requirements": "layer.txt"}
Trees = dict[str, Tree]


def tree(folder: Path, **versions: str) -> Tree:
    """Make a tree of packages with a module each, and one file that no package has."""
    packages = [Package(name, version) for name, version in versions.items()]
    owners = {f"{name}.py": number for number, name in enumerate(versions)} | {"x": NO_PACKAGE}
    files = [TreeFile(FileEntry(path, DATA, 1, ""), owner) for path, owner in owners.items()]
    return Tree(folder, files, packages, {})


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> Trees:
    """Have these trees installed, by the name of their function or layer."""
    trees: Trees = {}

    def installed(plan: BuildPlan, *, fresh: bool = False) -> Tree:
        del fresh
        return trees[plan.target.name]

    monkeypatch.setattr(install_cache, "installed", installed)
    return trees


@pytest.fixture
def layered(project: Path) -> Path:
    """Make a function with a layer; both have requirements, and not the same."""
    hello = projects.HELLO | {"requirements": "hello.txt", "layers": ["deps"]}
    projects.write_tables(project, {"layer.deps": LAYER, "function.hello": hello})
    projects.write_files(project, {"layer.txt": b"# 1\n", "hello.txt": b"# 2\n"})
    return project


def build(project: Path, name: str = "hello") -> BuildOutput:
    """Build what is added to the sources of a function or layer."""
    plan = planning.plan(planning.load_project(str(project)), name)
    return package.build(plan, project.parent / "work", fresh=False)


def paths(output: BuildOutput) -> list[str]:
    """List the paths of a package."""
    return [file.file.path for file in output.files]


class TestPackages:
    """Installed packages."""

    def test_all(self, project: Path, trees: Trees, tmp_path: Path) -> None:
        """Without a layer all files are packed, and each has its package."""
        projects.write_files(project, {"hello.txt": b""})
        projects.configure(project, requirements="hello.txt")
        trees["hello"] = tree(tmp_path, greet="1.0", able="2.0")

        output = build(project)

        assert paths(output) == ["greet.py", "able.py", "x"]
        assert output.packages == [Package("greet", "1.0"), Package("able", "2.0")]
        assert output.owners == {"greet.py": "greet 1.0", "able.py": "able 2.0"}

    def test_in_a_layer(self, layered: Path, trees: Trees, tmp_path: Path) -> None:
        """A package that a layer has is left out, however its name is spelt."""
        trees["layer.deps"] = tree(tmp_path, Big_Greet="1.0")
        trees["hello"] = tree(tmp_path, big_greet="1.0", able="2.0")

        output = build(layered)

        assert paths(output) == ["able.py", "x"]
        assert output.packages == [Package("able", "2.0")]

    def test_another_version(self, layered: Path, trees: Trees, tmp_path: Path) -> None:
        """A package in another version than in the layer is an error that names both."""
        trees["layer.deps"] = tree(tmp_path, greet="1.0")
        trees["hello"] = tree(tmp_path, greet="2.0")

        with pytest.raises(HashzipError) as caught:
            build(layered)

        assert caught.value.message == (
            "[function.hello] locks greet 2.0, but [layer.deps] locks 1.0"
        )

    @pytest.mark.parametrize("lock, packed", [("hello.txt", []), ("layer.txt", ["greet.py", "x"])])
    def test_same_lock(
        self, layered: Path, trees: Trees, tmp_path: Path, lock: str, packed: list[str]
    ) -> None:
        """Nothing is packed if the layer has the same lock."""
        hello = projects.HELLO | {"requirements": "hello.txt", "layers": ["deps"]}
        layer = LAYER | {"requirements": lock}
        projects.write_tables(layered, {"layer.deps": layer, "function.hello": hello})
        trees["layer.deps"] = tree(tmp_path)
        trees["hello"] = tree(tmp_path, greet="1.0")

        assert paths(build(layered)) == packed

    def test_none(self, project: Path, trees: Trees) -> None:
        """Without requirements nothing is installed."""
        assert build(project) == BuildOutput([], {}, [], {})
        assert trees == {}


class TestMissing:
    """Packages that others need."""

    def lacking(self, folder: Path, name: str) -> Tree:
        """Return a tree that lacks a package."""
        return tree(folder, greet="1.0")._replace(missing=(Missing(name, "greet 1.0"),))

    def test_function(
        self, layered: Path, trees: Trees, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A function misses what neither it nor its layer has."""
        trees["hello"] = self.lacking(tmp_path, "able")
        trees["layer.deps"] = tree(tmp_path)

        build(layered)

        assert "[function.hello] lacks packages that others need: able" in capsys.readouterr().err
        trees["layer.deps"] = tree(tmp_path, able="1.0")
        build(layered)
        assert capsys.readouterr().err == ""

    def test_layer(
        self, layered: Path, trees: Trees, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A layer misses nothing if a function may have it, and otherwise what it lacks."""
        trees["layer.deps"] = self.lacking(tmp_path, "able")

        build(layered, "layer.deps")

        assert capsys.readouterr().err == ""
        projects.write_tables(layered, {"layer.deps": LAYER, "function.hello": projects.HELLO})
        build(layered, "layer.deps")
        assert "[layer.deps] lacks packages that others need: able" in capsys.readouterr().err

    @pytest.mark.parametrize("cached", [False, True])
    def test_only_in_the_layer(
        self,
        layered: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        *,
        cached: bool,
    ) -> None:
        """For a function without packages nothing is installed; it is told what a cache shows."""
        projects.write_tables(
            layered,
            {"layer.deps": LAYER, "function.hello": projects.HELLO | {"layers": ["deps"]}},
        )
        lacking = self.lacking(tmp_path, "able") if cached else None
        monkeypatch.setattr(install_cache, "get", lambda _key, _user: lacking)
        plan = planning.plan(planning.load_project(str(layered)), "hello")

        output = python.build(plan, tmp_path / "work", fresh=False)

        assert output.packages == []
        assert ("lacks packages" in capsys.readouterr().err) is cached


class TestSharedPackage:
    """A package of several functions, of which one has a layer of its own."""

    @pytest.fixture
    def shared(self, tmp_path: Path) -> Path:
        """Make the project; package and layer have requirements, and not the same."""
        root = shared_package.make(tmp_path / "shared")
        projects.write_files(root, {"layer.txt": b"# 1\n", "api.txt": b"# 2\n"})
        requirements = {"requirements": "api.txt"}
        shared_package.configure(
            root, layer_deps=LAYER, api=requirements, write={"layers": ["deps"]}
        )
        return root

    def test_nothing_left_out(self, shared: Path, trees: Trees, tmp_path: Path) -> None:
        """For a layer of one function nothing is left out; for one of the package, it is."""
        trees["layer.deps"] = tree(tmp_path, greet="2.0")
        trees["api"] = tree(tmp_path, greet="1.0")
        assert paths(build(shared, "write")) == ["greet.py", "x"]

        trees["layer.deps"] = tree(tmp_path, greet="1.0")
        api = {"requirements": "api.txt", "layers": ["deps"]}
        shared_package.configure(shared, layer_deps=LAYER, api=api)
        assert paths(build(shared, "write")) == ["x"]

    def test_missing(
        self,
        shared: Path,
        trees: Trees,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """A layer of one function may have what the package lacks, if it is known."""
        lacking = (Missing("able", "greet 1.0"),)
        trees["api"] = tree(tmp_path, greet="1.0")._replace(missing=lacking)
        for in_layer in (None, tree(tmp_path, able="1.0")):
            monkeypatch.setattr(install_cache, "get", lambda *_, known=in_layer: known)
            build(shared, "read")
        assert capsys.readouterr().err == ""

        monkeypatch.setattr(install_cache, "get", lambda *_: tree(tmp_path))
        build(shared, "read")
        assert "[package.api] lacks packages that others need" in capsys.readouterr().err


class TestBytecode:
    """Sources that are compiled."""

    def test_compiled(self, project: Path) -> None:
        """Each module gets its bytecode, and the manifest the compiler."""
        projects.configure(project, runtime=HERE, bytecode=True)

        output = build(project)

        tag = f"cpython-3{sys.version_info[1]}"
        assert paths(output) == [
            f"__pycache__/hello.{tag}.pyc",
            f"lib/__pycache__/names.{tag}.pyc",
        ]
        assert output.tools["bytecode"].startswith(f"CPython 3.{sys.version_info[1]}.")

    def test_invalid(self, project: Path) -> None:
        """A source that does not compile is an error with its line."""
        projects.write_files(project, {"src/two.py": b"x = 1\nprint 'two'\n"})
        projects.configure(project, runtime=HERE, bytecode=True)

        with pytest.raises(HashzipError) as caught:
            build(project)

        version = f"3.{sys.version_info[1]}"
        assert caught.value.message.startswith(
            f"two.py of [function.hello] is not valid Python {version}: line 2: "
        )


class TestKnownOwners:
    """Packages of files, as far as they are cached."""

    def test_cached(self, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """They are read from the cache; nothing is installed for them."""
        projects.write_files(project, {"hello.txt": b""})
        projects.configure(project, requirements="hello.txt")
        plan = planning.plan(planning.load_project(str(project)), "hello")
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
        assert package.known_owners(plan) == {}

        monkeypatch.setattr(install_cache, "get", lambda _key, _user: tree(tmp_path, greet="1.0"))
        assert package.known_owners(plan) == {"greet.py": "greet 1.0"}

    def test_without_requirements(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without requirements there are none, whatever is cached."""
        plan = planning.plan(planning.load_project(str(project)), "hello")
        monkeypatch.setattr(install_cache, "get", lambda _key, _user: tree(project, greet="1.0"))

        assert package.known_owners(plan) == {}
