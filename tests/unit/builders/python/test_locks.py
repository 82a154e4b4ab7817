"""Which lock a function has. What is refused of all kinds is in `test_bad_input.py`."""

import hashlib
import sys
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import locks
from hashzip.builders.python.locks import Kind, Lock
from hashzip.errors import HashzipError
from tests.support import index as indexes
from tests.support import local_packages, program, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import examine, make_zip, names

HEAD = 'lock-version = "1.0"\ncreated-by = "me"\n'


def find(project: Path, **changes: object) -> Lock | None:
    """Finds the lock of hello."""
    projects.configure(project, **changes)
    loaded = planning.load_project(str(project))
    return locks.find(loaded, loaded.target("hello"))


def entry(wheel: Path, where: str, more: str = "") -> str:
    """Answers the lines of a `pylock.toml` that lock a wheel.

    Args:
        wheel: On this machine.
        where: What says where it is, such as `url = "…"`.
        more: Further lines.
    """
    name, version, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return (
        f'[[packages]]\nname = "{name}"\nversion = "{version}"\n{more}'
        f'wheels = [{{ {where}, hashes = {{ sha256 = "{digest}" }} }}]\n'
    )


def url(index: Index, wheel: Path) -> str:
    """Answers where a wheel is in an index, as `pylock.toml` has it."""
    return f'url = "{index.url.removesuffix("simple")}files/{wheel.name}"'


def pylock(project: Path, *parts: str, name: str = "pylock.toml") -> None:
    """Writes a `pylock.toml`, which hello has."""
    projects.write_files(project, {name: (HEAD + "".join(parts)).encode()})
    projects.configure(project, requirements=name)


@pytest.fixture
def greet(project: Path, index: Index) -> Path:
    """A wheel that is in the index."""
    made = wheels.make(project)
    index.add(made)
    return made


class TestKind:
    """What a lock's name says."""

    @pytest.mark.parametrize(
        "name, kind",
        [
            ("requirements.txt", Kind.REQUIREMENTS),
            ("deps/lock.txt", Kind.REQUIREMENTS),
            ("pylock.toml", Kind.PYLOCK),
            ("deps/pylock.prod.toml", Kind.PYLOCK),
            ("pylock.toml.txt", Kind.REQUIREMENTS),
            ("mypylock.toml", Kind.REQUIREMENTS),
        ],
    )
    def test_name(self, project: Path, name: str, kind: Kind) -> None:
        """`pylock.toml` and `pylock.NAME.toml` are what PEP 751 has; others are requirements."""
        projects.write_files(project, {name: b""})

        lock = find(project, requirements=name)

        assert lock
        assert lock.kind is kind
        assert [file.path for file in lock.files] == [f"//{name}"]
        assert lock.folders == []

    def test_none(self, project: Path) -> None:
        """Without requirements there is no lock."""
        assert find(project) is None

    def test_standard_library(self, project: Path, index: Index) -> None:
        """A plan needs neither uv nor any package for a lock of any kind."""
        index.add(wheels.make(project))
        local_packages.pyproject(project / "app", "app", ["greet", "own"], more=local_source("own"))
        local_packages.package(project / "app" / "own")
        local_packages.lock(project / "app", index)
        projects.configure(project, requirements="app/uv.lock")

        finished = program.run(
            "external",
            cwd=project,
            text=projects.query(),
            python=[sys.executable, "-I", "-S"],
            settings={"PATH": ""},
        )

        assert finished.code == 0, finished.err
        assert "//app/own/own.py" in finished.out


def local_source(name: str) -> str:
    """Answers the table that says where a package of the project's own is."""
    return f"[tool.uv.sources]\n{name} = {{ path = '{name}' }}\n"


class TestPylock:
    """Requirements that `pylock.toml` locks."""

    def test_installed(self, project: Path, index: Index, greet: Path) -> None:
        """What it names is installed, from where it says, and nothing is asked but that."""
        pylock(project, entry(greet, url(index, greet)))

        manifest = projects.build(examine(project))

        assert "greet.py" in [file.path for file in manifest.artifact.entries]
        assert index.requests == [f"/files/{greet.name}"]
        (package,) = manifest.packages
        assert package.hashes == (wheels.requirement(greet).partition("--hash=")[2].strip(),)

    def test_of_pip(self, project: Path, index: Index, greet: Path) -> None:
        """So is one in the form that pip writes, each table of its own."""
        digest = hashlib.sha256(greet.read_bytes()).hexdigest()
        text = (
            f'[[packages]]\nname = "greet"\nversion = "1.0"\n\n[[packages.wheels]]\n'
            f'name = "{greet.name}"\n{url(index, greet)}\n\n[packages.wheels.hashes]\n'
            f'sha256 = "{digest}"\n'
        )
        pylock(project, text, name="pylock.prod.toml")

        assert "greet.py" in names(make_zip(project))

    @pytest.mark.parametrize("path", ["../wheels", "./../wheels"])
    def test_path(self, project: Path, index: Index, greet: Path, path: str) -> None:
        """A wheel by a path is found from where the lock is."""
        pylock(project, entry(greet, f'path = "{path}/{greet.name}"'), name="deps/pylock.toml")

        assert "greet.py" in names(make_zip(project))
        assert index.requests == []

    def test_marker(self, project: Path, index: Index, greet: Path) -> None:
        """What a marker keeps from Lambda's machine is not installed."""
        able = wheels.make(project, "able")
        index.add(able)
        pylock(
            project,
            entry(greet, url(index, greet), "marker = \"sys_platform == 'linux'\"\n"),
            entry(able, url(index, able), "marker = \"sys_platform == 'win32'\"\n"),
        )

        found = names(make_zip(project))

        assert "greet.py" in found
        assert "able.py" not in found

    def test_hash(self, project: Path, index: Index, greet: Path) -> None:
        """A wheel that is not the one that was locked is refused."""
        pylock(project, entry(greet, url(index, greet)))
        other = wheels.make(project.parent, files={"greet.py": "import evil\n"})
        index.add(greet, served=other.read_bytes())

        with pytest.raises(HashzipError, match=r"greet 1\.0 has another hash") as caught:
            make_zip(project)

        assert "uv export --project . --no-dev" in caught.value.hint

    def test_offline(
        self, project: Path, index: Index, greet: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What uv has not in its cache is named where uv is offline; what it has is installed."""
        pylock(project, entry(greet, url(index, greet)))
        monkeypatch.setenv("UV_OFFLINE", "1")

        with pytest.raises(HashzipError, match="greet is not in uv's cache, and uv is offline"):
            make_zip(project)

        monkeypatch.delenv("UV_OFFLINE")
        assert "greet.py" in names(make_zip(project))
        monkeypatch.setenv("UV_OFFLINE", "1")
        assert "greet.py" in names(make_zip(project, force=True))

    def test_unreachable(self, project: Path, greet: Path, tmp_path: Path) -> None:
        """An index that cannot be reached is named."""
        with indexes.unreachable(tmp_path) as nowhere:
            pylock(project, entry(greet, url(nowhere, greet)))
            with pytest.raises(HashzipError, match="cannot be reached") as caught:
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

    @pytest.mark.parametrize(
        "source, kind",
        [
            ('directory = { path = "own" }\n', "directory"),
            ('[packages.directory]\npath = "own"\n', "directory"),
            ('vcs = { type = "git", url = "https://x", commit-id = "00" }\n', "vcs"),
            ('[packages.vcs]\ntype = "git"\n', "vcs"),
        ],
    )
    def test_source(self, project: Path, source: str, kind: str) -> None:
        """A folder or a repository, which no hash checks, is refused at plan time."""
        pylock(project, f'[[packages]]\nname = "own"\n{source}')

        with pytest.raises(HashzipError, match=f"a package from a {kind}") as caught:
            examine(project)
        assert "uv.lock" in caught.value.hint

    def test_source_in_one_line(self, project: Path) -> None:
        """One that the plan cannot see is refused at build time."""
        pylock(project, 'packages = [{ name = "own", directory = { path = "own" } }]\n')
        assert examine(project)

        with pytest.raises(HashzipError, match="has own from a folder"):
            make_zip(project)

    def test_requires_python(self, project: Path, index: Index, greet: Path) -> None:
        """The line is compared with the function's Python, whatever Python runs uv."""
        package = entry(greet, url(index, greet))
        pylock(project, 'requires-python = "==3.13.*"\n', package)
        assert "greet.py" in names(make_zip(project))

        pylock(project, "requires-python = '>=3.14' # later\n", package)
        with pytest.raises(HashzipError) as caught:
            make_zip(project)

        assert "pylock.toml is locked for Python >=3.14" in caught.value.message
        assert 'runtime "python3.13"' in caught.value.message

    def test_requires_python_of_a_package(self, project: Path, index: Index, greet: Path) -> None:
        """The line of a package is not that of the lock."""
        pylock(project, entry(greet, url(index, greet), 'requires-python = ">=3.8"\n'))

        assert "greet.py" in names(make_zip(project))

    @pytest.mark.parametrize(
        "text, error",
        [
            ("packages = ", "pylock.toml is not valid TOML"),
            ("packages = [1]", "is no lock as PEP 751 has it"),
            ("[[packages]]\nversion = '1'\n", "is no lock as PEP 751 has it"),
            ("requires-python = 'new'\n", "which is no range of versions"),
        ],
    )
    def test_damaged(self, project: Path, text: str, error: str) -> None:
        """What is no lock is refused, with the command that makes one."""
        pylock(project, text)

        with pytest.raises(HashzipError) as caught:
            make_zip(project)

        assert error in caught.value.message
        assert "uv export --project . --no-dev --no-emit-project -o pylock.toml" in (
            caught.value.hint
        )


class TestRequirements:
    """The hashes that a requirements file has, in the manifest."""

    @pytest.mark.parametrize(
        "line",
        ["greet==1.0", "greet == 1.0", "Greet==1.0.0", "greet[more]==1.0", "greet==1.0 ; 1 == 1"],
    )
    def test_hashes(self, project: Path, line: str) -> None:
        """They are found however a name, its extras and its version are written."""
        made = wheels.make(project)
        digest = wheels.requirement(made).partition("--hash=")[2].strip()
        line = line.replace("1 == 1", "python_version > '3'")
        text = f"{wheels.LOCAL}{line} \\\n    --hash={digest} \\\n    --hash=sha256:{'0' * 64}\n"
        projects.write_files(project, {"requirements.txt": text.encode()})
        projects.configure(project, requirements="requirements.txt")

        (package,) = projects.build(examine(project)).packages

        assert package.hashes == tuple(sorted([digest, f"sha256:{'0' * 64}"]))

    def test_url(self, project: Path, index: Index, greet: Path) -> None:
        """So are those of a wheel by its address."""
        digest = wheels.requirement(greet).partition("--hash=")[2].strip()
        address = url(index, greet).split('"')[1]
        text = f"greet @ {address} --hash={digest}\n"
        projects.write_files(project, {"requirements.txt": text.encode()})
        projects.configure(project, requirements="requirements.txt")

        manifest = projects.build(examine(project))

        assert manifest.packages[0].hashes == (digest,)
        assert not [f for f in manifest.artifact.entries if f.path.endswith("direct_url.json")]
