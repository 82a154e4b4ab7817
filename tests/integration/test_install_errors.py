"""Faults of an index or its packages: the error, and what is left behind."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.support import homes, program, wheels
from tests.support import index as indexes
from tests.support import project as projects
from tests.support.index import Index
from tests.support.program import Finished

X86 = "cp313-cp313-manylinux_2_28_x86_64"
ARM = "cp313-cp313-manylinux_2_28_aarch64"
KEY = {"HASHZIP_KEY": "0" * 32}  # for builds with several caches, of which each would have a key


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """Serve a package index with nothing in it."""
    with indexes.serve(tmp_path) as served:
        yield served


@pytest.fixture
def project(project: Path) -> Path:
    """Make a project with requirements: nothing is locked yet."""
    projects.configure(project, requirements="requirements.txt")
    return project


def lock(project: Path, *packages: Path) -> None:
    """Lock packages that uv is to find in its index."""
    wheels.lock(project, *packages, where="")


def build(project: Path, index: Index, **settings: str) -> Finished:
    """Build hello with the packages of an index."""
    return program.run("build", cwd=project, settings={**index.settings, **settings})


def refused(project: Path, index: Index, **settings: str) -> tuple[str, str]:
    """Build hello, which must fail, and return the error and its hint.

    The first line of the error says what is wrong and where; uv's message follows.
    """
    error, hint = projects.complaint(build(project, index, **settings))
    assert "requirements.txt for hello (python3.13, arm64):" in error.splitlines()[0]
    assert all(line.startswith("  ") for line in error.splitlines()[1:])
    assert projects.artifacts(project) == []
    return error, hint


def test_unwritable_cache(project: Path, index: Index, tmp_path: Path) -> None:
    """Where uv cannot write its cache, the hint names the variable for it."""
    greet = wheels.make(project)
    index.add(greet)
    lock(project, greet)
    (tmp_path / "file").touch()

    error, hint = refused(project, index, UV_CACHE_DIR=str(tmp_path / "file"))

    assert f"uv cannot write to its cache {tmp_path / 'file'}" in error
    assert "set UV_CACHE_DIR to a folder that you can write to" in hint
    assert build(project, index, UV_CACHE_DIR=str(tmp_path / "folder")).code == 0


@pytest.mark.parametrize("has_home", [True, False])
def test_no_home(project: Path, index: Index, tmp_path: Path, *, has_home: bool) -> None:
    """Without a home folder that can have caches, one variable is enough, for uv's cache too."""
    greet = wheels.make(project)
    index.add(greet)
    lock(project, greet)
    (tmp_path / "home").mkdir(mode=0o555)
    home = tmp_path / "home" if has_home else None
    files = {path.name for path in project.iterdir()}
    settings = {"UV_DEFAULT_INDEX": index.url, **KEY}

    _, hint = projects.complaint(homes.build(project, home, **settings))
    followed = homes.build(project, home, HASHZIP_CACHE_DIR=str(tmp_path / "cache"), **settings)

    assert hint == "hint: set HASHZIP_CACHE_DIR to a folder that you can write to"
    assert followed.code == 0, followed.err
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["trees", "uv"]
    assert {path.name for path in project.iterdir()} - files == {".hashzip", "dist"}


def names(project: Path) -> list[str]:
    """List the paths in the zip that was built."""
    (path,) = (project / "dist" / "hello").glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def around(project: Path) -> Mapping[bytes, object]:
    """List all files in and around a project, except those that hashzip and uv may write."""
    return {
        path: content
        for path, content in projects.listing(project.parent).items()
        if not path.startswith((bytes(project / "dist"), bytes(project.parent / "uv-cache")))
        and path != bytes(project)
    }


class TestPackage:
    """Faults of a package in an index."""

    def test_hash(self, project: Path, index: Index) -> None:
        """A wheel with another hash is refused, and the error has both hashes."""
        greet = wheels.make(project)
        other = wheels.make(project.parent, files={"greet.py": "import evil\n"})
        index.add(greet, served=other.read_bytes())
        lock(project, greet)

        error, hint = refused(project, index)

        assert "greet==1.0 does not have the locked hash" in error
        for wheel in (greet, other):
            assert wheels.requirement(wheel).partition("sha256:")[2].strip() in error
        assert "if not, do not use it" in hint
        index.add(greet)
        assert build(project, index, **index.caches("uv-cache-2")).code == 0

    def test_damaged(self, project: Path, index: Index) -> None:
        """A wheel that cannot be read is named by uv, and the hint has the command that locks."""
        greet = wheels.make(project)
        greet.write_bytes(b"not a zip")
        index.add(greet)
        lock(project, greet)

        error, hint = refused(project, index)

        assert "`greet==1.0`" in error
        assert "zip" in error
        assert "to lock again: uv pip compile" in hint

    def test_missing_version(self, project: Path, index: Index) -> None:
        """A missing version or package is named by uv."""
        index.add(wheels.make(project))
        lock(project, wheels.make(project, version="2.0"))
        error, hint = refused(project, index)
        assert "there is no version of greet==2.0" in error
        assert "uv pip compile --universal --generate-hashes" in hint

        lock(project, wheels.make(project, "able"))
        error, hint = refused(project, index)
        assert "able was not found" in error
        assert "uv pip compile --universal --generate-hashes" in hint

    def test_architecture(self, project: Path, index: Index) -> None:
        """A package without a wheel for arm64 is refused there, and not on x86_64."""
        greet = wheels.make(project, files={"greet/_c.so": wheels.elf("x86_64")}, tag=X86)
        index.add(greet)
        lock(project, greet)

        error, hint = refused(project, index)

        assert "greet==1.0 has no wheel for this runtime and architecture" in error
        assert "manylinux_2_34_aarch64" in error
        assert X86.rpartition("-")[2] in error
        assert "lock a version that has one" in hint
        projects.configure(project, requirements="requirements.txt", architecture="x86_64")
        assert build(project, index).code == 0

    @pytest.mark.parametrize("tag", [None, X86])
    def test_only_an_sdist(self, project: Path, index: Index, tag: str | None) -> None:
        """So is one with only an sdist, even beside a wheel for another machine."""
        sdist = wheels.make_sdist(project, "greet", "1.0", {"setup.py": "raise SystemExit('ran')"})
        index.add(sdist)
        if tag:
            index.add(wheels.make(project, tag=tag))
        lock(project, sdist)

        error, hint = refused(project, index)

        assert "greet==1.0 has no wheel for this runtime and architecture" in error
        assert "build_sdists = true" in hint
        arm = wheels.make(project, tag=ARM)
        index.add(arm)
        lock(project, arm)
        assert build(project, index, **index.caches("uv-cache-2")).code == 0

    def test_python(self, project: Path, index: Index) -> None:
        """A package that needs a later Python is named by uv, with that Python."""
        files = {
            "greet-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: greet\nVersion: 1.0\n"
            "Requires-Python: >=3.14\n"
        }
        greet = wheels.make(project, files=files)
        index.add(greet, requires_python=">=3.14")
        lock(project, greet)

        error, _ = refused(project, index)

        assert "greet==1.0 depends on Python>=3.14" in error

    def test_yanked(self, project: Path, index: Index) -> None:
        """A yanked version that is locked is built, with a warning that has the reason."""
        greet = wheels.make(project)
        lock(project, greet)
        index.add(greet, yanked="it loses <data>")

        for _ in ("from the index", "from the cache"):
            settings = {**index.settings, **KEY}
            finished = program.run("build", "--force", cwd=project, settings=settings)
            assert (finished.code, finished.err) == (
                0,
                'warning: `greet==1.0` is yanked (reason: "it loses <data>")\n',
            )

        index.add(greet)
        assert build(project, index, **index.caches("uv-cache-2"), **KEY).err == ""


class TestOutside:
    """A package that would write outside the folder that it is installed in."""

    @pytest.mark.parametrize("depth", [2, 3, 5, 6])
    def test_entry_point(self, project: Path, index: Index, depth: int) -> None:
        """A script outside the folder is refused by uv, and not written, however far up."""
        greet = wheels.make(project, scripts=["../" * depth + "escaped"])
        index.add(greet)
        lock(project, greet)
        before = around(project)

        error, _ = refused(project, index)

        assert "greet==1.0" in error
        assert "Script path must resolve" in error
        assert around(project) == before

    def test_absolute_entry_point(self, project: Path, index: Index) -> None:
        """So is a script with an absolute path."""
        greet = wheels.make(project, scripts=[f"{project}/escaped"])
        index.add(greet)
        lock(project, greet)

        error, _ = refused(project, index)

        assert "greet==1.0" in error
        assert "Script path must resolve" in error
        assert not (project / "escaped").exists()

    def test_out_and_back(self, project: Path, index: Index) -> None:
        """A path that leads out and back in is refused, and the package is named."""
        greet = wheels.make(project, files={"greet-1.0.data/data/../../greet.py": ""})
        index.add(greet)
        lock(project, greet)
        before = around(project)

        error, hint = projects.complaint(build(project, index))

        assert "greet 1.0 has a file whose path leads out of the folder" in error
        assert "remove it from the requirements" in hint
        assert projects.artifacts(project) == []
        assert around(project) == before

    @pytest.mark.parametrize("up", ["..", "greet/../..", "greet-1.0.data/scripts/../../.."])
    def test_file(self, project: Path, index: Index, up: str) -> None:
        """A file outside the folder, which uv leaves out, is neither written nor recorded."""
        greet = wheels.make(project, files={"greet.py": "", f"{up}/escaped": "x"})
        index.add(greet)
        lock(project, greet)
        before = around(project)

        assert build(project, index).code == 0

        assert around(project) == before
        assert "greet.py" in names(project)
        assert not [name for name in names(project) if "escaped" in name]


class TestConflict:
    """Two packages with the same file."""

    def both(self, project: Path, index: Index, first: str, second: str) -> None:
        """Lock two packages, each with a file."""
        able = wheels.make(project, "able", files={first: "1"})
        greet = wheels.make(project, "greet", files={second: "2"})
        for wheel in (able, greet):
            index.add(wheel)
        lock(project, able, greet)

    def test_content(self, project: Path, index: Index) -> None:
        """The same file with different content is refused, and both packages are named."""
        self.both(project, index, "both/a.py", "both/a.py")

        error, hint = projects.complaint(build(project, index))

        assert "able 1.0 and greet 1.0 both have the file both/a.py" in error
        assert "remove one from the requirements" in hint
        assert projects.artifacts(project) == []
        self.both(project, index, "both/a.py", "both/b.py")
        assert build(project, index, **index.caches("uv-cache-2")).code == 0

    @pytest.mark.parametrize("paths", [("both", "both/a.py"), ("both/a.py", "both")])
    def test_kind(self, project: Path, index: Index, paths: tuple[str, str]) -> None:
        """A file at the path of another package's folder is refused by uv."""
        self.both(project, index, *paths)

        error, _ = refused(project, index)

        assert "Failed to install: " in error


class TestIndex:
    """An index that does not serve."""

    def test_unreachable(self, project: Path, tmp_path: Path) -> None:
        """It is named, with the reason, after one retry, or as many as the user has set."""
        lock(project, wheels.make(project))

        with indexes.unreachable(tmp_path) as nowhere:
            error, hint = refused(project, nowhere)
            once, _ = refused(project, nowhere, UV_HTTP_RETRIES="0")

        host = nowhere.url.split("/")[2]
        assert f"error: uv cannot download from {host}: " in error
        assert "Connection refused" in error
        assert "after 1 retry" in error
        assert "uv cannot download from" in once
        assert "retry" not in once
        assert "UV_DEFAULT_INDEX" in hint

    @pytest.mark.parametrize(
        "status, reason",
        [(401, "401 Unauthorized"), (403, "403 Forbidden"), (503, "503 Service Unavailable")],
    )
    def test_status(self, project: Path, tmp_path: Path, status: int, reason: str) -> None:
        """An index that refuses is named, with the status."""
        lock(project, wheels.make(project))

        with indexes.serve(tmp_path, status) as unwilling:
            error, _ = refused(project, unwilling)

        assert f"error: uv cannot download from {unwilling.url.split('/')[2]}: " in error
        assert reason in error

    def test_offline(self, project: Path, index: Index) -> None:
        """Offline, a cached package is installed, and any other one is named."""
        greet = wheels.make(project)
        index.add(greet)
        lock(project, greet)
        assert build(project, index).code == 0
        asked = len(index.requests)

        again = program.run(
            "build", "--force", cwd=project, settings={**index.settings, "UV_OFFLINE": "1"}
        )
        lock(project, greet, wheels.make(project, "able"))
        error, hint = projects.complaint(build(project, index, UV_OFFLINE="1"))

        assert again.code == 0
        assert "uv is offline, and its cache lacks a package" in error
        assert "able was not found in the cache" in error
        assert "UV_OFFLINE" in hint
        assert asked > 0
        assert len(index.requests) == asked

    def test_what_was_built(self, project: Path, index: Index, tmp_path: Path) -> None:
        """After a failed install the last artifact is unchanged, and found without uv."""
        greet = wheels.make(project)
        index.add(greet)
        lock(project, greet)
        assert build(project, index, **KEY).code == 0
        before = projects.listing(project / "dist")
        asked = len(index.requests)

        with indexes.unreachable(tmp_path / "other") as nowhere:
            lock(project, greet, wheels.make(project, "able"))
            failed = build(project, nowhere, **KEY)
            lock(project, greet)
            again = build(project, nowhere, **KEY)

        assert "uv cannot download from" in projects.complaint(failed)[0]
        assert (again.code, again.out) == (0, "hello: up to date\n")
        after = projects.listing(project / "dist")
        folder = bytes(project / "dist" / "hello")  # only its own time of change may differ
        assert {**after, folder: None} == {**before, folder: None}
        assert len(index.requests) == asked

    def test_users_index(self, project: Path, index: Index) -> None:
        """Packages come from the index in the project's uv.toml, and are in the manifest."""
        greet = wheels.make(project)
        index.add(greet)
        lock(project, greet)
        text = f"[[index]]\nurl = {json.dumps(index.url)}\ndefault = true\n"
        (project / "uv.toml").write_text(text, encoding="utf-8")

        settings = index.caches()
        finished = program.run("build", cwd=project, settings=settings)

        assert finished.code == 0, finished.err
        assert index.requests == ["/simple/greet/", f"/files/{greet.name}"]
        (manifest,) = (project / "dist" / "hello").glob("*[0-9a-f].json")
        packages = json.loads(manifest.read_text(encoding="utf-8"))["packages"]
        assert [(package["name"], package["version"]) for package in packages] == [("greet", "1.0")]
