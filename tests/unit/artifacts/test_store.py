"""What a store must do, shown with a store that is no more than one class."""

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hashzip import artifacts, cli
from hashzip.artifacts import manifest as manifests
from hashzip.artifacts.manifest import Manifest
from hashzip.artifacts.store import Reference, Sizes, Store, read_zip
from hashzip.errors import HashzipError
from hashzip.project.config import Project
from tests.support import project as projects


class MemoryStore:
    """Keep artifacts in memory, in the order in which they were built."""

    def __init__(self, function: str, staging: Path) -> None:
        self._function = function
        self._staging = staging
        self._artifacts: dict[str, tuple[bytes, str]] = {}

    def find(self, fingerprint: str) -> Sizes | None:
        """Return the sizes of an artifact."""
        manifest = self.manifest(fingerprint)
        return manifest and Sizes(manifest.artifact.size, manifest.artifact.unpacked_size)

    def manifest(self, fingerprint: str) -> Manifest | None:
        """Read a manifest."""
        _, text = self._artifacts.get(fingerprint, (b"", ""))
        return manifests.from_json(text) if text else None

    def is_doubtful(self, fingerprint: str) -> bool:  # noqa: ARG002
        """Return whether a zip may not count."""
        return False

    def untrusted_manifest(self, fingerprint: str) -> None:
        """Return nothing: nobody else writes to this memory."""

    def is_own(self, fingerprint: str) -> bool:
        """Return whether there is an artifact."""
        return fingerprint in self._artifacts

    def trust(self, manifest: Manifest, *, is_compared: bool = True) -> None:
        """Do nothing: all artifacts count."""

    def latest(self) -> str | None:
        """Return the fingerprint of the last build."""
        return next(reversed(self._artifacts), None)

    def fingerprints(self) -> list[str]:
        """List the fingerprints of all builds."""
        return sorted(self._artifacts)

    def open_zip(self, fingerprint: str) -> io.BytesIO:
        """Open a zip."""
        return io.BytesIO(self._artifacts[fingerprint][0])

    @contextmanager
    def stage(self) -> Iterator[str]:
        """Make a folder to build in."""
        self._staging.mkdir()
        yield str(self._staging)
        shutil.rmtree(self._staging)

    def commit(
        self,
        manifest: Manifest,
        zip_file: str,
        sbom: str,  # noqa: ARG002 - as `Store` has it
        *,
        is_own: bool = True,  # noqa: ARG002 - as above
    ) -> None:
        """Keep an artifact."""
        self._artifacts[manifest.fingerprint] = Path(zip_file).read_bytes(), manifest.to_json()

    def reference(self, fingerprint: str) -> Reference:
        """Return where an artifact is found."""
        url = f"memory://{self._function}/{fingerprint}"
        return {"zip": f"{url}.zip", "manifest": f"{url}.json"}


@pytest.fixture
def stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, MemoryStore]:
    """Keep stores in memory in place of `dist/`, by function."""
    opened: dict[str, MemoryStore] = {}

    def open_store(_project: Project, function: str) -> Store:
        return opened.setdefault(function, MemoryStore(function, tmp_path / "staging"))

    monkeypatch.setattr(artifacts, "open_store", open_store)
    return opened


Run = Callable[..., str]


@pytest.fixture
def run(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in the project, as the command line does, and return what it prints."""
    monkeypatch.chdir(project)

    def run(*words: str, text: str = "") -> str:
        with monkeypatch.context() as patched:
            patched.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
            code = cli.main(words)
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def edit(project: Path) -> None:
    """Change a source of hello."""
    (project / "src" / "hello.py").write_bytes(b"EDITED = True\n")


def test_control(project: Path, run: Run) -> None:
    """Without another store, the same commands write to `dist/`."""
    assert run("build").startswith("hello: built ")
    assert len(projects.artifacts(project)) == 2


class TestReadZip:
    """Reading a zip that is about to be deployed."""

    def test_as_built(self, project: Path) -> None:
        """It has the bytes of the build."""
        zip_file = projects.make_zip(project)
        plan = projects.examine(project)

        assert read_zip(plan.store, plan.fingerprint) == zip_file.read_bytes()

    @pytest.mark.parametrize("suffix", [".zip", ".json", ".mac"])
    @pytest.mark.parametrize("content", [None, b"other"], ids=["removed", "changed"])
    def test_changed(self, project: Path, suffix: str, content: bytes | None) -> None:
        """One that was removed or changed since it was built or found is not deployed."""
        path = projects.make_zip(project).with_suffix(suffix)
        plan = projects.examine(project)
        assert plan.store.find(plan.fingerprint)
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)

        with pytest.raises(HashzipError, match="was removed or changed while it was read"):
            read_zip(plan.store, plan.fingerprint)


@pytest.mark.usefixtures("stores")
class TestAnotherStore:
    """Another store serves all commands, and nothing is written to `dist/`."""

    @pytest.fixture(autouse=True)
    def no_dist(self, project: Path) -> Iterator[None]:
        """Check that no command has used the store in the project."""
        yield
        assert not (project / "dist").exists()
        assert not (project / ".hashzip" / "hello.artifact").exists()

    def test_build(self, project: Path, run: Run, stores: dict[str, MemoryStore]) -> None:
        """A build puts its artifact there, finds it there, and compares with it."""
        first = run("build")
        second = run("build")
        edit(project)
        third = run("build")

        assert "(first build here)" in first
        assert second == "hello: up to date\n"
        assert "(hello.py changed)" in third
        assert len(stores["hello"].fingerprints()) == 2

    def test_same_bytes(self, project: Path, run: Run, stores: dict[str, MemoryStore]) -> None:
        """A build that copies from an earlier zip there makes the bytes of one that does not."""
        run("build")
        edit(project)
        run("build")
        fingerprint = projects.fingerprint(project)
        with stores["hello"].open_zip(fingerprint) as copied:
            run("build", "--force")
            with stores["hello"].open_zip(fingerprint) as anew:
                assert copied.read() == anew.read() != b""

    def test_json(self, project: Path, run: Run) -> None:
        """JSON has the reference of the zip in place of a path."""
        (result,) = json.loads(run("build", "--json"))

        assert result["file"] == f"memory://hello/{projects.fingerprint(project)}.zip"

    def test_status(self, project: Path, run: Run) -> None:
        """The status of a function is that of its artifact there."""
        (before,) = json.loads(run("status", "--json"))
        run("build")
        (built,) = json.loads(run("status", "--json"))
        edit(project)
        (after,) = json.loads(run("status", "--json"))

        assert [row["built"] for row in (before, built, after)] == [False, True, False]
        assert [row["reason"] for row in (before, built, after)] == [
            "first build here",
            "",
            "hello.py changed",
        ]
        assert built["unpacked_size"] == sum(map(len, projects.SOURCES.values()))

    def test_diff(self, project: Path, run: Run) -> None:
        """A diff compares with the last build there, down to the text in its zip."""
        run("build")
        old = projects.fingerprint(project)
        assert run("diff", "hello") == ""
        edit(project)
        run("build")

        assert run("diff", "hello", "--text") == ""
        lines = run("diff", "hello", "--text", "--against", old[:9]).splitlines()
        assert lines[0].startswith("~ hello.py (")
        assert "-def lambda_handler(event, context):" in lines
        assert "+EDITED = True" in lines

    def test_explain(self, project: Path, run: Run) -> None:
        """An explanation is of the last build there."""
        before = run("explain", "hello")
        run("build")
        built = run("explain", "hello")
        edit(project)
        after = run("explain", "hello")

        assert before.startswith("hello will be built: first build here.")
        assert built.startswith("hello will not be rebuilt")
        assert "  hello.py changed.\n" in after

    def test_external(self, run: Run, stores: dict[str, MemoryStore]) -> None:
        """Terraform gets references in place of paths, and can have the package built."""
        answer = json.loads(run("external", text=projects.query(build="true")))

        (fingerprint,) = stores["hello"].fingerprints()
        assert answer["fingerprint"] == fingerprint
        assert answer["filename"] == f"memory://hello/{fingerprint}.zip"
        assert answer["manifest"] == f"memory://hello/{fingerprint}.json"

    def test_sbom(self, run: Run, stores: dict[str, MemoryStore]) -> None:
        """The bill of materials is of the manifest there."""
        run("build")

        (fingerprint,) = stores["hello"].fingerprints()
        assert fingerprint in run("sbom", "hello")
