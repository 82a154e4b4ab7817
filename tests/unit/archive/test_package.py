"""Packing in real builds: Lambda's limits, made small for small packages; the last build."""

from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.archive import package, zip_writer
from hashzip.artifacts import limits
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import wheels
from tests.support.project import examine, make_zip

LAYER = {"runtime": "python3.13", "architecture": "arm64", "requirements": "deps.txt"}


@pytest.fixture
def layered(project: Path) -> Path:
    """Make a layer with a package of 5,000 bytes, and a function with one of 3,000 bytes."""
    large = wheels.make(project, "large", files={"large.txt": "x" * 5_000})
    small = wheels.make(project, "small", files={"small.txt": "x" * 3_000})
    for path, wheel in (("deps.txt", large), ("all.txt", small)):
        text = wheels.LOCAL + wheels.requirement(wheel)
        projects.write_files(project, {path: text.encode()})
    hello = projects.HELLO | {"requirements": "all.txt", "layers": ["deps"]}
    projects.write_tables(project, {"layer.deps": LAYER, "function.hello": hello})
    return project


def refused(project: Path, name: str = "hello") -> HashzipError:
    """Build a function or layer, which must fail and leave no artifact."""
    with pytest.raises(HashzipError) as caught:
        make_zip(project, name)
    assert projects.artifacts(project, name) == []
    return caught.value


class TestUnpacked:
    """The limit of what Lambda unpacks."""

    def test_function(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A function that is too large is refused before there is an artifact.

        With a limit of one more byte, it is built.
        """
        manifest = projects.build(examine(layered))
        size = manifest.artifact.unpacked_size
        (layered / "dist").rename(layered / "away")
        monkeypatch.setattr(limits, "UNPACKED", size - 1)

        error = refused(layered)

        assert f"[function.hello] is {size:,} bytes unpacked" in error.message
        rows = [line.split() for line in error.lines]
        assert rows[0][:2] == ["small", "1.0"]
        assert rows[1][:2] == ["your", "sources"]
        monkeypatch.setattr(limits, "UNPACKED", size)
        assert make_zip(layered).exists()

    def test_before_it_is_packed(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is refused before anything is compressed; the limit itself is not."""

        def write(*_arguments: object, **_options: object) -> None:
            raise LookupError

        monkeypatch.setattr(zip_writer, "write", write)
        with pytest.raises(LookupError):
            make_zip(layered)
        monkeypatch.setattr(limits, "UNPACKED", 3_000)

        assert "bytes unpacked" in refused(layered).message

    def test_with_its_layer(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A layer that is built counts, and its packages are named as the layer's."""
        make_zip(layered, "layer.deps")
        monkeypatch.setattr(limits, "UNPACKED", 8_000)

        error = refused(layered)

        assert "[function.hello] with its layers (deps) is" in error.message
        assert "large 1.0 (layer deps)" in str(error)

    def test_layer(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A layer alone has the same limit."""
        monkeypatch.setattr(limits, "UNPACKED", 5_000)

        error = refused(layered, "layer.deps")

        assert "[layer.deps] is" in error.message
        assert "large 1.0" in str(error)

    def test_in_one_command(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In one command, layers are built first, so that a function is checked with them."""
        monkeypatch.setattr(limits, "UNPACKED", 8_000)
        loaded = planning.load_project(str(layered))
        plans = [planning.plan(loaded, name) for name in ("hello", "layer.deps")]

        with pytest.raises(HashzipError, match="with its layers"):
            list(pipeline.build_all(plans))

        assert projects.artifacts(layered, "layer.deps")
        assert projects.artifacts(layered) == []


class TestZip:
    """The limit of what is uploaded in a request."""

    def test_size(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A zip that is too large is refused before it is an artifact; one that fits is built."""
        size = make_zip(layered).stat().st_size
        (layered / "dist").rename(layered / "away")
        monkeypatch.setattr(limits, "ZIP", size - 1)

        error = refused(layered)

        assert f"the zip of [function.hello] is {size:,} bytes" in error.message
        assert "small 1.0" in str(error)
        assert "S3" in error.hint
        monkeypatch.setattr(limits, "ZIP", size)
        assert make_zip(layered).exists()

    def test_last_one_stays(self, layered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """After a build that was too large the last artifact is as it was."""
        last = make_zip(layered)
        before = last.read_bytes()
        monkeypatch.setattr(limits, "ZIP", 10)
        projects.write_files(layered, {"src/hello.py": b"EDITED = True\n"})

        with pytest.raises(HashzipError, match="direct upload"):
            make_zip(layered)

        assert last.read_bytes() == before


class TestLast:
    """The last build, to copy from."""

    def test_zip(self, project: Path) -> None:
        """The zip of the last build is read, unless it has the fingerprint that is built again."""
        assert package.last_build(examine(project)) is None
        manifest = projects.build(examine(project))
        again = package.last_build(examine(project))
        projects.write_files(project, {"src/hello.py": b"edited"})
        after = package.last_build(examine(project))

        assert again == package.LastBuild(manifest, None)
        assert after
        assert after.manifest == manifest
        assert after.zip
        assert after.zip.sha256.result() == manifest.artifact.sha256

    def test_missing_zip(self, project: Path) -> None:
        """Without its zip, the last build is still compared with."""
        manifest = projects.build(examine(project))
        (zip_file,) = (project / "dist" / "hello").glob("*.zip")
        zip_file.unlink()
        projects.write_files(project, {"src/hello.py": b"edited"})

        assert package.last_build(examine(project)) == package.LastBuild(manifest, None)
