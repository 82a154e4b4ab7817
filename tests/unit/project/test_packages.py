"""Packages that several functions share. `bad_projects` has what is refused."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.errors import HashzipError
from hashzip.project import packages
from hashzip.project.config import Project
from hashzip.project.targets import Function, Package
from tests.support import project as projects
from tests.support import shared_package

LAYER = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}


def load(root: Path) -> Project:
    """Read the project."""
    return planning.load_project(str(root))


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make a project with a package that two functions share."""
    return shared_package.make(tmp_path / "project")


class TestTables:
    """What the tables become."""

    def test_package(self, shared: Path) -> None:
        """A package has what decides its content, and a function its handler and environment."""
        shared_package.configure(
            shared, api={"exclude": ["*.md"]}, read={"environment": {"A": "b"}}
        )

        project = load(shared)

        api, read = project.target("api"), project.target("read")
        assert isinstance(api, Package)
        assert isinstance(read, Function)
        assert (api.label, read.label) == ("[package.api]", "[function.read]")
        assert (api.exclude, read.exclude) == (("*.md",), ("*.md",))
        assert (read.handler, read.package, read.environment) == (
            "read.handler",
            "api",
            {"A": "b"},
        )
        assert (api.options, api.sources) == (read.options, read.sources)

    def test_names(self, shared: Path) -> None:
        """What is built for a function is its package, once, and its functions are known."""
        projects.write_files(shared, {"src/hello.py": b""})
        shared_package.configure(shared, hello=projects.HELLO)
        project = load(shared)

        assert list(project.targets) == ["api", "read", "write", "hello"]
        assert project.packages(["write", "hello", "read", "api"]) == ["api", "hello"]
        names = {
            name: [each.name for each in project.functions(project.target(name))]
            for name in ("api", "read", "hello")
        }
        assert names == {"api": ["read", "write"], "read": ["read"], "hello": ["hello"]}

    def test_unused(self, shared: Path) -> None:
        """A package that no function has is sound."""
        projects.write_tables(shared, {"package.api": shared_package.API})

        project = load(shared)

        assert project.functions(project.target("api")) == []
        assert projects.make_zip(shared, "api").exists()

    def test_layers(self, shared: Path) -> None:
        """A function has the layers of its package, and then its own."""
        shared_package.configure(
            shared, layer_a=LAYER, layer_b=LAYER, api={"layers": ["b"]}, read={"layers": ["a"]}
        )
        project = load(shared)

        layers = {
            name: [layer.name for layer in project.layers(project.target(name))]
            for name in ("api", "read", "write")
        }

        assert layers == {
            "api": ["layer.b"],
            "read": ["layer.b", "layer.a"],
            "write": ["layer.b"],
        }

    def test_custom_runtime(self, shared: Path) -> None:
        """For a custom runtime the handler may be left out; it gets the one that is given."""
        api = {"builder": "command", "command": ["make"], "runtime": "provided.al2023"}
        projects.write_tables(
            shared,
            {
                "package.api": {**shared_package.API, **api},
                "function.read": {"package": "api"},
                "function.write": {"package": "api", "handler": "write.php"},
            },
        )
        project = load(shared)

        handlers = [project.function(name).handler for name in ("read", "write")]

        assert handlers == ["bootstrap", "write.php"]


class TestWorkspaceMember:
    """The key `package` of functions that install a `uv.lock`."""

    def test_member(self, shared: Path) -> None:
        """Beside source and requirements it is a member, even if a package has that name."""
        member = {**projects.HELLO, "requirements": "uv.lock", "package": "api"}
        shared_package.configure(shared, hello=member)

        hello = load(shared).function("hello")

        assert (hello.package, hello.options["package"]) == ("", "api")
        assert load(shared).function("read").package == "api"  # the control

    def test_member_of_a_package(self, shared: Path) -> None:
        """A package may install a member, too."""
        shared_package.configure(shared, api={"requirements": "uv.lock", "package": "core"})

        assert load(shared).target("read").options["package"] == "core"


class TestNotAFunction:
    """The error where only the name of a function will do."""

    def test_package(self, shared: Path) -> None:
        """The hint for a package names its functions, or how to write one."""
        with pytest.raises(HashzipError, match="api is a package") as caught:
            load(shared).function("api")
        assert caught.value.hint == "name one of its functions: read, write"

        projects.write_tables(shared, {"package.api": shared_package.API})
        with pytest.raises(HashzipError) as caught:
            load(shared).function("api")
        assert 'package = "api"' in caught.value.hint

    def test_layer(self, shared: Path) -> None:
        """A layer does not run by itself, either."""
        shared_package.configure(shared, layer_deps=LAYER)
        layer = load(shared).target("layer.deps")

        assert "is a layer" in packages.not_a_function(layer, []).message
