"""Builds of copies, each with its own settings."""

import zipfile
from pathlib import Path

import pytest

from hashzip.check import input_copy, variations, varied_build
from hashzip.check.variations import Variations
from hashzip.check.varied_build import Artifact
from hashzip.errors import HashzipError
from tests.support import project as projects

COMMAND = {
    "builder": "command",
    "source": "src",
    "runtime": "provided.al2023",
    "handler_in_layer": True,  # these make no program
    "architecture": "x86_64",
}


def prepare(project: Path, script: str) -> Variations:
    """Have a script make hello, and copy its inputs twice."""
    projects.write_config(project, hello=COMMAND | {"command": ["sh", "-c", script]})
    builds = variations.choose(project.with_name("builds"), uv_cache=None)
    for variation in (builds.first, builds.second):
        input_copy.copy(projects.examine(project), variation)
    return builds


def build(project: Path, builds: Variations, *, second: bool = False) -> Artifact:
    """Build one of the copies."""
    variation = builds.second if second else builds.first
    return varied_build.build(projects.examine(project), builds, variation, jobs=1)


def test_settings(project: Path) -> None:
    """A build has the settings of its variation, and its zip is where its artifact says."""
    builds = prepare(project, "echo $TZ $(umask) > $HASHZIP_OUTPUT/x")

    made = [build(project, builds, second=second) for second in (False, True)]

    contents = []
    for artifact in made:
        with artifact.open_zip() as stream, zipfile.ZipFile(stream) as archive:
            contents.append(archive.read("x"))
    assert contents == [b"AAA+12 0022\n", b"BBB-14 0002\n"]
    assert not made[0].equals(made[1])
    assert made[0].equals(build(project, builds))


def test_changed(project: Path) -> None:
    """A copy that does not have the inputs of the plan is an error."""
    builds = prepare(project, "cat hello.py > $HASHZIP_OUTPUT/x")
    (builds.first.project / "src" / "hello.py").write_bytes(b"edited")

    with pytest.raises(HashzipError, match="inputs of hello changed while they were copied"):
        build(project, builds)
    assert build(project, builds, second=True)


def test_failure(project: Path) -> None:
    """A build that fails shows the end of its output, and the second one its settings."""
    builds = prepare(project, "seq 99 >&2; exit 3")
    errors = []
    for second in (False, True):
        with pytest.raises(HashzipError) as caught:
            build(project, builds, second=second)
        errors.append(caught.value)

    for error in errors:
        lines = str(error).splitlines()
        assert len(lines) == 41
        assert "  99" in lines
        assert "  9" not in lines
    assert "name it in inputs" in errors[0].hint
    assert "umask 0002" in errors[1].hint
