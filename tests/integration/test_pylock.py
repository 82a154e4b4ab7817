"""Packages that a `pylock.toml` or a requirements file locks, installed by uv."""

import hashlib
from pathlib import Path

import pytest

from hashzip.errors import HashzipError
from tests.support import index as indexes
from tests.support import project as projects
from tests.support import wheels
from tests.support.index import Index
from tests.support.project import examine, make_zip, names

HEAD = 'lock-version = "1.0"\ncreated-by = "me"\n'


def entry(wheel: Path, where: str, more: str = "") -> str:
    """Return the lines of a `pylock.toml` that lock a wheel.

    Args:
        wheel: The wheel on this machine.
        where: Its location, such as `url = "…"`.
        more: Further lines.
    """
    name, version, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return (
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}'
        f'wheels = [{{ {where}, hashes = {{ sha256 = "{digest}" }} }}]\n'
    )


def url(index: Index, wheel: Path) -> str:
    """Return the location of a wheel in an index, as in `pylock.toml`."""
    return f'url = "{index.url.removesuffix("simple")}files/{wheel.name}"'


def pylock(project: Path, *parts: str, name: str = "pylock.toml") -> None:
    """Write a `pylock.toml`, and set it as the requirements of hello."""
    projects.write_files(project, {name: (HEAD + "".join(parts)).encode()})
    projects.configure(project, requirements=name)


@pytest.fixture
def greet(project: Path, index: Index) -> Path:
    """Put a wheel into the index."""
    made = wheels.make(project)
    index.add(made)
    return made


class TestPylock:
    """Requirements that `pylock.toml` locks."""

    def test_installed(self, project: Path, index: Index, greet: Path) -> None:
        """Its packages are installed from the URLs in it, and nothing else is requested."""
        pylock(project, entry(greet, url(index, greet)))

        manifest = projects.build(examine(project))

        assert "greet.py" in [file.path for file in manifest.artifact.entries]
        assert index.requests == [f"/files/{greet.name}"]
        (package,) = manifest.packages
        assert package.hashes == (wheels.requirement(greet).partition("--hash=")[2].strip(),)

    def test_of_pip(self, project: Path, index: Index, greet: Path) -> None:
        """So are those of a lock in the form that pip writes, with a table for each file."""
        digest = hashlib.sha256(greet.read_bytes()).hexdigest()
        text = (
            f'[[packages]]\nname = "greet"\nversion = "1.0"\n\n[[packages.wheels]]\n'
            f'name = "{greet.name}"\n{url(index, greet)}\n\n[packages.wheels.hashes]\n'
            f'sha256 = "{digest}"\n'
        )
        pylock(project, text, name="pylock.prod.toml")

        assert "greet.py" in names(make_zip(project))

    @pytest.mark.parametrize("name", ["greet-1.0.tar.gz", "greet-1.0.tar.bz2"])
    def test_sdist_beside(self, project: Path, index: Index, greet: Path, name: str) -> None:
        """An sdist beside the wheel does no harm, even with a name that is no longer allowed."""
        link = url(index, greet).replace(greet.name, name)
        pylock(
            project,
            entry(
                greet,
                url(index, greet),
                f'sdist = {{ {link}, hashes = {{ sha256 = "{"0" * 64}" }} }}\n',
            ),
        )

        (package,) = projects.build(examine(project)).packages

        assert len(package.hashes) == 2
        assert index.requests == [f"/files/{greet.name}"]

    @pytest.mark.parametrize("path", ["../wheels", "./../wheels"])
    def test_path(self, project: Path, index: Index, greet: Path, path: str) -> None:
        """The path of a wheel is relative to the lock."""
        pylock(project, entry(greet, f'path = "{path}/{greet.name}"'), name="deps/pylock.toml")

        assert "greet.py" in names(make_zip(project))
        assert index.requests == []

    def test_marker(self, project: Path, index: Index, greet: Path) -> None:
        """A package whose marker excludes Lambda is not installed."""
        able = wheels.make(project, "able")
        index.add(able)
        pylock(
            project,
            entry(greet, url(index, greet), "marker = \"sys_platform == 'linux'\"\n"),
            entry(able, url(index, able), "marker = \"sys_platform == 'win32'\"\n"),
        )

        paths = names(make_zip(project))

        assert "greet.py" in paths
        assert "able.py" not in paths

    def test_hash(self, project: Path, index: Index, greet: Path) -> None:
        """A wheel with another hash is refused."""
        pylock(project, entry(greet, url(index, greet)))
        other = wheels.make(project.parent, files={"greet.py": "import evil\n"})
        index.add(greet, served=other.read_bytes())

        with pytest.raises(
            HashzipError, match=r"greet==1\.0 does not have the locked hash"
        ) as caught:
            make_zip(project)

        assert "uv export --project . --no-dev" in caught.value.hint

    def test_offline(
        self, project: Path, index: Index, greet: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Offline, a package is installed if uv has it in its cache; else the error names it."""
        pylock(project, entry(greet, url(index, greet)))
        monkeypatch.setenv("UV_OFFLINE", "1")

        with pytest.raises(
            HashzipError, match=r"(?s)uv is offline, and its cache lacks a package:.*greet"
        ):
            make_zip(project)

        monkeypatch.delenv("UV_OFFLINE")
        assert "greet.py" in names(make_zip(project))
        monkeypatch.setenv("UV_OFFLINE", "1")
        assert "greet.py" in names(make_zip(project, force=True))

    def test_unreachable(self, project: Path, greet: Path, tmp_path: Path) -> None:
        """An error of the network names the host."""
        with indexes.unreachable(tmp_path) as nowhere:
            pylock(project, entry(greet, url(nowhere, greet)))
            with pytest.raises(HashzipError, match="uv cannot download from") as caught:
                make_zip(project)

        assert nowhere.url.split("/")[2] in caught.value.message

    @pytest.mark.parametrize("hashes", ["", ", hashes = {}"])
    def test_no_hash(self, project: Path, index: Index, greet: Path, hashes: str) -> None:
        """A package without a hash is refused by its name, and never installed."""
        package = f'[[packages]]\nname = "greet"\nwheels = [{{ {url(index, greet)}{hashes} }}]\n'
        pylock(project, package)

        with pytest.raises(HashzipError, match=r"pylock\.toml has greet without a hash"):
            make_zip(project)
        assert index.requests == []

    def test_requires_python(self, project: Path, index: Index, greet: Path) -> None:
        """`requires-python` is compared with the function's Python, whatever Python runs uv."""
        package = entry(greet, url(index, greet))
        pylock(project, 'requires-python = "==3.13.*"\n', package)
        assert "greet.py" in names(make_zip(project))

        pylock(project, "requires-python = '>=3.14' # later\n", package)
        with pytest.raises(HashzipError) as caught:
            make_zip(project)

        assert "pylock.toml is locked for Python >=3.14" in caught.value.message
        assert 'runtime "python3.13"' in caught.value.message

    def test_requires_python_of_a_package(self, project: Path, index: Index, greet: Path) -> None:
        """That of a package does not keep it from being installed."""
        pylock(project, entry(greet, url(index, greet), 'requires-python = ">=3.8"\n'))

        assert "greet.py" in names(make_zip(project))


class TestRequirements:
    """A requirements file, whose hashes are in the manifest."""

    @pytest.mark.parametrize(
        "line",
        ["greet==1.0", "greet == 1.0", "Greet==1.0.0", "greet[more]==1.0", "greet==1.0 ; 1 == 1"],
    )
    def test_hashes(self, project: Path, line: str) -> None:
        """They are found whatever the spelling of the name, extras and version."""
        made = wheels.make(project)
        digest = wheels.requirement(made).partition("--hash=")[2].strip()
        line = line.replace("1 == 1", "python_version > '3'")
        text = f"{wheels.LOCAL}{line} \\\n    --hash={digest} \\\n    --hash=sha256:{'0' * 64}\n"
        projects.write_files(project, {"requirements.txt": text.encode()})
        projects.configure(project, requirements="requirements.txt")

        (package,) = projects.build(examine(project)).packages

        assert package.hashes == tuple(sorted([digest, f"sha256:{'0' * 64}"]))

    def test_url(self, project: Path, index: Index, greet: Path) -> None:
        """Those of a wheel with a URL are found, too."""
        digest = wheels.requirement(greet).partition("--hash=")[2].strip()
        address = url(index, greet).split('"')[1]
        text = f"greet @ {address} --hash={digest}\n"
        projects.write_files(project, {"requirements.txt": text.encode()})
        projects.configure(project, requirements="requirements.txt")

        manifest = projects.build(examine(project))

        assert manifest.packages[0].hashes == (digest,)
        assert not [f for f in manifest.artifact.entries if f.path.endswith("direct_url.json")]
