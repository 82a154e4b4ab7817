"""The handlers of the functions that run a package, when it is built and afterwards."""

from pathlib import Path

import pytest

from hashzip.commands import _parser, build
from hashzip.errors import HashzipError
from tests.support import commands, shared_package
from tests.support import project as projects

LAYER = {"source": "layer", "runtime": "python3.13", "architecture": "arm64"}


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Make a project with a package that two functions share."""
    return shared_package.make(tmp_path / "project")


def build_again(root: Path) -> None:
    """Build what is built already, by the command."""
    options = _parser.parse(["build", "--project", str(root)])
    build.run(options)


def refused_again(root: Path) -> HashzipError:
    """Build again, which must fail."""
    with pytest.raises(HashzipError) as caught:
        build_again(root)
    return caught.value


def refused(root: Path, name: str = "read") -> HashzipError:
    """Build a function, which must fail."""
    with pytest.raises(HashzipError) as caught:
        projects.make_zip(root, name)
    return caught.value


class TestBuild:
    """A package that is built."""

    def test_each(self, shared: Path) -> None:
        """The handler of each function is checked, whichever function is built."""
        shared_package.configure(shared, write={"handler": "wrote.handler"})

        error = refused(shared, "read")

        assert "[function.write] has no module for handler wrote.handler" in error.message
        assert projects.artifacts(shared, "api") == []
        shared_package.configure(
            shared, write={"handler_in_layer": True, "handler": "wrote.handler"}
        )
        assert projects.make_zip(shared, "read").exists()

    def test_layer_of_one(self, shared: Path) -> None:
        """A layer has the handler only for the functions that have the layer."""
        projects.write_files(shared, {"layer/words.py": b""})
        words = {"handler": "words.handler"}
        shared_package.configure(shared, layer_deps=LAYER, write={**words, "layers": ["deps"]})
        projects.make_zip(shared, "layer.deps")

        assert projects.make_zip(shared, "write").exists()
        shared_package.configure(shared, layer_deps=LAYER, read=words, write={"layers": ["deps"]})
        assert "[function.read]" in refused_again(shared).message


class TestBuilt:
    """A package that is built already: its handlers may have changed, which are no inputs."""

    def test_changed_handler(self, shared: Path) -> None:
        """A handler that the package does not have is refused, and one that it has is not."""
        projects.make_zip(shared, "read")
        shared_package.configure(shared, read={"handler": "rite.handler"})
        assert "handler rite.handler" in refused_again(shared).message

        shared_package.configure(shared, read={"handler": "write.other"})
        build_again(shared)

    def test_function(self, project: Path) -> None:
        """The same holds for a function with a zip of its own."""
        projects.make_zip(project)
        projects.configure(project, handler="helo.lambda_handler")

        assert "handler helo.lambda_handler" in refused_again(project).message

    def test_output_of_a_program(self, tmp_path: Path) -> None:
        """Of a package that a program made, the manifest knows the files."""
        root = commands.make(tmp_path / "made")
        node = {"runtime": "nodejs22.x", "handler_in_layer": False}
        projects.write_files(
            root, {"src/build.sh": b'mkdir -p "$HASHZIP_OUTPUT" && echo > "$HASHZIP_OUTPUT/a.js"\n'}
        )
        table = {key: value for key, value in commands.HELLO.items() if key != "output"}
        projects.write_config(root, hello={**table, **node, "handler": "a.handler"})
        projects.make_zip(root)

        projects.write_config(root, hello={**table, **node, "handler": "b.handler"})
        assert "expected b.js" in refused_again(root).message
        projects.write_config(root, hello={**table, **node, "handler": "a.other"})
        build_again(root)

    def test_many(self, tmp_path: Path) -> None:
        """It holds where several processes look at many packages, too."""
        root = shared_package.make(tmp_path / "project")
        own = {**shared_package.API, "handler": "read.handler"}
        shared_package.configure(root, **{f"f{number}": own for number in range(45)})
        build_again(root)
        build_again(root)

        shared_package.configure(
            root, read={"handler": "rite.handler"}, **{f"f{number}": own for number in range(45)}
        )

        assert "handler rite.handler" in refused_again(root).message
