"""Installed packages: built ones, those for another machine, and the effect of options."""

import importlib.metadata
import json
import marshal
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hashzip.builders import python
from hashzip.errors import HashzipError
from tests.support import local_packages, program, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, examine, make_zip, names

MACHINE = {"x86_64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), "")
HERE = f"python3.{sys.version_info[1]}"  # the only Python that is surely here


def lock(project: Path, *packages: Path, **changes: object) -> None:
    """Lock packages that are in the project, and configure hello."""
    wheels.lock(project, *packages)
    projects.configure(project, requirements="requirements.txt", **changes)


def refused(project: Path) -> HashzipError:
    """Build hello, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        make_zip(project)
    assert projects.artifacts(project) == []
    return caught.value


def unpacked(project: Path, folder: Path) -> dict[str, importlib.metadata.Distribution]:
    """Build hello, unpack it, and return the packages that Python finds there, by name."""
    shutil.unpack_archive(make_zip(project), folder)
    return {each.name: each for each in importlib.metadata.distributions(path=[str(folder)])}


class TestSdist:
    """Packages that have no wheel."""

    def sdist(self, project: Path, files: Mapping[str, str], tool: str = "") -> Path:
        """Make one of files, with a build backend of its own."""
        metadata = (
            f'[project]\nname = "greet"\nversion = "1.0"\n{local_packages.BUILD_SYSTEM}{tool}'
        )
        own = {"backend.py": local_packages.BACKEND, "pyproject.toml": metadata}
        return wheels.make_sdist(project, "greet", "1.0", {**own, **files})

    def test_refused(self, project: Path) -> None:
        """It is not built by default, because that runs its code."""
        lock(project, self.sdist(project, {"greet.py": ""}))

        error = refused(project)

        assert "greet==1.0 has no wheel for this runtime and architecture" in error.message
        assert "build_sdists = true" in error.hint

    def test_built(self, project: Path) -> None:
        """With `build_sdists` it is, and its metadata does not name the build backend."""
        lock(project, self.sdist(project, {"greet.py": "NAME = 1\n"}), build_sdists=True)

        zip_file = make_zip(project)

        assert content(zip_file, "greet.py") == b"NAME = 1\n"
        wheel = content(zip_file, "greet-1.0.dist-info/WHEEL")
        assert wheel == b"Wheel-Version: 1.0\nTag: py3-none-any\n"
        assert wheels.wrong_rows(zip_file) == []

    def test_same_bytes(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It has the same bytes when it is built again with another cache."""
        lock(project, self.sdist(project, {"greet.py": "NAME = 1\n"}), build_sdists=True)
        before = make_zip(project).read_bytes()
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "other"))

        assert make_zip(project, force=True).read_bytes() == before

    def test_hash(self, project: Path) -> None:
        """Its hash is checked before its code runs."""
        ran = project.parent / "ran"
        lock(project, self.sdist(project, {"greet.py": ""}), build_sdists=True)
        backend = f"open({str(ran)!r}, 'w').close()\n{local_packages.BACKEND}"
        self.sdist(project, {"greet.py": "", "backend.py": backend})

        assert "does not have the locked hash" in refused(project).message
        assert not ran.exists()

    @pytest.mark.parametrize("tag", ["py3-none-linux_x86_64", "cp311-cp311-macosx_14_0_arm64"])
    def test_compiled(self, project: Path, tag: str) -> None:
        """One with compiled code is refused, because that is for this machine."""
        tag = tag.replace("cp311", f"cp3{sys.version_info[1]}")
        sdist = self.sdist(project, {"greet.py": ""}, f'[tool.tiny]\ntag = "{tag}"\n')
        lock(project, sdist, build_sdists=True, architecture="x86_64", runtime=HERE)

        error = refused(project)

        assert "greet" in str(error)
        assert "1.0" in str(error)
        assert tag.rpartition("-")[2] in str(error)

    def test_library(self, project: Path) -> None:
        """So is one that claims to run anywhere, but has a library for another machine."""
        library = wheels.elf("x86_64").decode("latin-1")
        assert library.isascii(), "as a text it has the same bytes"
        lock(project, self.sdist(project, {"greet.so": library}), build_sdists=True)

        assert "greet.so of greet 1.0 is for x86_64" in refused(project).message

    def test_own_wheel_wins(self, project: Path) -> None:
        """The control: a package that has a wheel is installed from it, without a build."""
        wheel = wheels.make(project, files={"from_wheel.py": ""})
        sdist = self.sdist(project, {"from_sdist.py": ""})
        digests = [wheels.requirement(each).split()[1] for each in (wheel, sdist)]
        text = f"{wheels.LOCAL}greet==1.0 {' '.join(digests)}\n"
        projects.write_files(project, {"requirements.txt": text.encode()})
        projects.configure(project, requirements="requirements.txt", build_sdists=True)

        paths = names(make_zip(project))

        assert "from_wheel.py" in paths
        assert "from_sdist.py" not in paths


class TestMachine:
    """Libraries for another machine."""

    @pytest.mark.parametrize("tag", ["py3-none-any", "cp313-cp313-manylinux_2_28_aarch64"])
    def test_wrong(self, project: Path, tag: str) -> None:
        """One in a wheel that claims to fit is refused; file, package and machine are named."""
        files: dict[str, str | bytes] = {
            "greet/_c.so": wheels.elf("x86_64"),
            "greet/__init__.py": "",
        }
        lock(project, wheels.make(project, files=files, tag=tag))

        error = refused(project)

        assert error.message == (
            "greet/_c.so of greet 1.0 is for x86_64, and the function runs on arm64"
        )
        assert "lock a version of greet that has a wheel for arm64" in error.hint
        if tag == "py3-none-any":
            lock(project, project / f"wheels/greet-1.0-{tag}.whl", architecture="x86_64")
            assert "greet/_c.so" in names(make_zip(project))

    def test_left_out(self, project: Path) -> None:
        """One that is excluded does no harm."""
        files: dict[str, str | bytes] = {
            "greet/_c.so": wheels.elf("x86_64"),
            "greet/__init__.py": "",
        }
        lock(project, wheels.make(project, files=files), exclude_packages=["greet/*.so"])

        assert "greet/_c.so" not in names(make_zip(project))

    def test_source(self, project: Path) -> None:
        """One among the sources is refused as well."""
        projects.write_files(project, {"src/lib/own.so": wheels.elf("x86_64")})

        error = refused(project)

        assert "lib/own.so is for x86_64, and the function runs on arm64" in error.message
        assert "exclude" in error.hint


class TestExclude:
    """Packages and files that `exclude_packages` leaves out."""

    @pytest.fixture
    def three(self, project: Path) -> Path:
        """Make a project with three packages, one of which Lambda's runtime has."""
        greet = wheels.make(
            project, files={"greet/__init__.py": "", "greet/tests/a.py": "", "greet/data.txt": ""}
        )
        lock(project, greet, wheels.make(project, "boto3"), wheels.make(project, "Able_Baker"))
        return project

    @pytest.mark.parametrize(
        "patterns, left",
        [
            ([], {"greet", "boto3", "Able_Baker"}),
            (["@runtime"], {"greet", "Able_Baker"}),
            (["able.baker"], {"greet", "boto3"}),
            (["ABLE*", "boto3"], {"greet"}),
            (["*"], set()),
        ],
    )
    def test_packages(
        self, three: Path, tmp_path: Path, patterns: list[str], left: set[str]
    ) -> None:
        """Entire packages are left out, and the manifest has the others."""
        projects.configure(three, requirements="requirements.txt", exclude_packages=patterns)

        packages = unpacked(three, tmp_path / "task")

        assert packages.keys() == left
        manifest = projects.build(examine(three))
        assert {package.name for package in manifest.packages} == left
        assert ("boto3.py" in names(make_zip(three))) == ("boto3" in left)

    def test_files(self, three: Path, tmp_path: Path) -> None:
        """A pattern with a slash leaves out files, and the package's metadata still fits."""
        patterns = ["greet/tests/", "/greet/*.txt"]
        projects.configure(three, requirements="requirements.txt", exclude_packages=patterns)

        greet = unpacked(three, tmp_path / "task")["greet"]

        files = {str(path) for path in greet.files or ()}
        info = {f"greet-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")}
        assert files == {"greet/__init__.py", *info}
        assert all((tmp_path / "task" / path).exists() for path in files)
        assert greet.version == "1.0"

    def test_metadata_stays(self, three: Path, tmp_path: Path) -> None:
        """A pattern of files does not match the metadata of packages."""
        patterns = ["greet/tests/", "**/METADATA"]
        projects.configure(three, requirements="requirements.txt", exclude_packages=patterns)

        assert "matches" in refused(three).message
        projects.configure(three, requirements="requirements.txt", exclude_packages=["greet/**"])
        assert unpacked(three, tmp_path / "task")["greet"].version == "1.0"

    @pytest.mark.parametrize("gone", ["able", "greet"])
    def test_conflict_of_packages(self, project: Path, gone: str) -> None:
        """A package that is left out cannot conflict, and its file never wins."""
        files = {name: {"tests/a.py": name} for name in ("able", "greet")}
        lock(project, *(wheels.make(project, name, files=files[name]) for name in files))
        projects.configure(project, requirements="requirements.txt")
        assert "both have the file tests/a.py" in refused(project).message

        projects.configure(project, requirements="requirements.txt", exclude_packages=[gone])

        (other,) = files.keys() - {gone}
        assert content(make_zip(project), "tests/a.py") == other.encode()

    @pytest.mark.parametrize("pattern", ["tests/", "**/a.py"])
    def test_conflict_of_files(self, project: Path, pattern: str) -> None:
        """Files that are left out cannot conflict, and the others of their packages stay."""
        made = [
            wheels.make(project, name, files={"tests/a.py": name, f"{name}.py": ""})
            for name in ("able", "greet")
        ]
        lock(project, *made)
        projects.configure(project, requirements="requirements.txt", exclude_packages=[pattern])

        zip_file = make_zip(project)

        assert {"able.py", "greet.py"} < set(names(zip_file))
        assert "tests/a.py" not in names(zip_file)
        assert wheels.wrong_rows(zip_file) == []

    def test_without_wheel(self, project: Path) -> None:
        """A package that is left out needs no wheel for Lambda."""
        able = wheels.make(project, "able", tag="py3-none-win_amd64")
        lock(project, able, wheels.make(project))
        projects.configure(project, requirements="requirements.txt")
        assert "has no wheel" in refused(project).message

        projects.configure(project, requirements="requirements.txt", exclude_packages=["able"])

        assert "greet.py" in names(make_zip(project))

    def test_nothing_matches(self, three: Path) -> None:
        """A pattern that matches nothing is an error, with the nearest name."""
        projects.configure(three, requirements="requirements.txt", exclude_packages=["great"])

        error = refused(three)

        assert 'matches "great" in exclude_packages' in error.message
        assert 'did you mean "greet"?' in error.hint


class TestMissing:
    """Packages that a lock lacks although others need them."""

    @pytest.fixture
    def alone(self, project: Path) -> Path:
        """Lock a package without the one that it needs."""
        lock(project, wheels.make(project, "greet", requires="able>=1; sys_platform == 'linux'"))
        return project

    def test_warning(self, alone: Path) -> None:
        """A build names them, and only the build; a plan cannot know."""
        planned = program.run("external", cwd=alone, text=projects.query())
        built = program.run("build", cwd=alone)

        assert (planned.code, planned.err) == (0, "")
        assert built.code == 0
        assert "warning: [function.hello] lacks packages that others need: able" in built.err
        assert 'exclude_packages = ["able"]' in built.err
        assert program.run("build", cwd=alone).err == ""

    def test_silenced(self, alone: Path) -> None:
        """The hint works, and so does locking the package as well."""
        before = make_zip(alone).read_bytes()
        projects.configure(alone, requirements="requirements.txt", exclude_packages=["able"])
        silenced = program.run("build", cwd=alone)

        assert (silenced.code, silenced.err) == (0, "")
        assert make_zip(alone).read_bytes() == before
        greet = wheels.make(alone, "greet", requires="able>=1; sys_platform == 'linux'")
        lock(alone, greet, wheels.make(alone, "able"))
        complete = program.run("build", cwd=alone)
        assert (complete.code, complete.err) == (0, "")


class TestStrip:
    """Debug symbols."""

    @pytest.fixture
    def library(self, tmp_path: Path) -> bytes:
        """Compile a shared library for this machine, with debug symbols."""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if sys.platform != "linux" or not MACHINE or compiler is None:
            pytest.skip("no C compiler is installed that makes libraries for Lambda's machines")
        (tmp_path / "a.c").write_text("int answer(void) { return 42; }\n", encoding="utf-8")
        command = [compiler, "-g", "-shared", "-fPIC", "-o", "a.so", "a.c"]
        subprocess.run(command, cwd=tmp_path, check=True)
        return (tmp_path / "a.so").read_bytes()

    def test_smaller(self, project: Path, tmp_path: Path, library: bytes) -> None:
        """They are removed with `strip`, and not without; `RECORD` and the manifest are right."""
        greet = wheels.make(project, files={"greet/a.so": library})
        lock(project, greet, architecture=MACHINE)
        assert content(make_zip(project), "greet/a.so") == library
        lock(project, greet, architecture=MACHINE, strip=True)

        plan = examine(project)
        manifest = projects.build(plan)

        (distribution,) = unpacked(project, tmp_path / "task").values()
        stripped = (tmp_path / "task" / "greet" / "a.so").read_bytes()
        assert len(stripped) < len(library)
        (row,) = [path for path in distribution.files or () if path.name == "a.so"]
        assert f"{row},sha256={row.hash.value if row.hash else ''},{row.size}\n" == wheels.row(
            "greet/a.so", stripped
        )
        assert manifest.tools["strip"]
        assert wheels.wrong_rows(make_zip(project)) == []

    def test_nothing_to_strip(self, project: Path) -> None:
        """Without a library no tool is needed or named."""
        lock(project, wheels.make(project), strip=True)

        assert "strip" not in projects.build(examine(project)).tools


class TestBytecode:
    """Modules that are compiled in advance."""

    def code(self, zip_file: Path, path: str) -> Any:  # noqa: ANN401 - code, or a constant
        """Read the bytecode of a module in a zip, after its header of 16 bytes."""
        folder, _, name = path.rpartition("/")
        tag = f"cpython-3{sys.version_info[1]}"
        cache = f"{folder}/__pycache__/" if folder else "__pycache__/"
        return marshal.loads(content(zip_file, f"{cache}{name[:-3]}.{tag}.pyc")[16:])  # noqa: S302

    def test_compiled(self, project: Path) -> None:
        """Packages and sources are, and their tracebacks show the path in Lambda."""
        lock(project, wheels.make(project), runtime=HERE, bytecode=True)

        plan = examine(project)
        manifest = projects.build(plan)

        zip_file = make_zip(project)
        assert self.code(zip_file, "greet.py").co_filename == "/var/task/greet.py"
        assert self.code(zip_file, "lib/names.py").co_filename == "/var/task/lib/names.py"
        assert manifest.tools["bytecode"] == f"CPython {platform.python_version()}"
        projects.configure(project, requirements="requirements.txt", runtime=HERE)
        assert not [path for path in names(make_zip(project)) if path.endswith(".pyc")]

    def test_same_bytes(self, project: Path, tmp_path: Path) -> None:
        """Another project, in another folder and with another cache, has the same bytes."""
        lock(project, wheels.make(project), runtime=HERE, bytecode=True)
        other = projects.make(tmp_path / "somewhere-else")
        lock(other, wheels.make(other), runtime=HERE, bytecode=True)

        before = make_zip(project).read_bytes()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HASHZIP_CACHE_DIR", str(tmp_path / "another-cache"))
            assert make_zip(other).read_bytes() == before

    def test_runs(self, project: Path, tmp_path: Path) -> None:
        """Python loads it."""
        lock(project, wheels.make(project), runtime=HERE, bytecode=True)
        shutil.unpack_archive(make_zip(project), tmp_path / "task")

        command = [sys.executable, "-c", "import greet; print(greet.__cached__, greet.NAME)"]
        output = subprocess.run(
            command, cwd=tmp_path / "task", capture_output=True, text=True, check=True
        ).stdout

        assert (
            output
            == f"{tmp_path}/task/__pycache__/greet.cpython-3{sys.version_info[1]}.pyc greet\n"
        )

    def test_broken_source(self, project: Path) -> None:
        """A source that does not compile is an error; in a package it only has no bytecode."""
        projects.write_files(project, {"src/broken.py": b"print 'two'\n"})
        lock(project, wheels.make(project), runtime=HERE, bytecode=True)

        error = refused(project)

        assert (
            f"broken.py of [function.hello] is not valid Python 3.{sys.version_info[1]}"
            in error.message
        )
        (project / "src/broken.py").unlink()
        greet = wheels.make(project, files={"greet/two.py": "print 'two'\n", "greet/a.py": ""})
        lock(project, greet, runtime=HERE, bytecode=True)
        assert "greet/two.py" in names(make_zip(project))


OPTIONS: list[dict[str, object]] = [
    {"exclude_packages": ["able"]},
    {"build_sdists": True},
    {"bytecode": True},
    {"strip": True},
]


class TestChange:
    """Inputs that change while uv runs."""

    def test_lock(self, project: Path, index: Index) -> None:
        """A lock that has changed when uv is done is an error, and nothing is cached."""
        greet, able = wheels.make(project), wheels.make(project, "able")
        for wheel in (greet, able):
            index.add(wheel)
        wheels.lock(project, greet, where="")
        projects.configure(project, requirements="requirements.txt")
        answer = Index.answer

        def change(self: Index, path: str) -> bytes | None:
            wheels.lock(project, able, where="")
            return answer(self, path)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Index, "answer", change)
            error = refused(project)

        assert f"{project}/requirements.txt changed while the package was built" in error.message
        assert "able.py" in names(make_zip(project))


class TestChoice:
    """Options that decide the package."""

    @pytest.mark.parametrize("option", OPTIONS, ids=lambda option: next(iter(option)))
    def test_option(self, project: Path, option: dict[str, object]) -> None:
        """Each changes the fingerprint and what is installed, but not if it has its default."""
        lock(project, wheels.make(project), wheels.make(project, "able"), runtime=HERE)
        plain = examine(project)
        projects.configure(project, requirements="requirements.txt", runtime=HERE, **option)
        chosen = examine(project)
        off: dict[str, object] = {
            key: [] if isinstance(value, list) else False for key, value in option.items()
        }
        projects.configure(project, requirements="requirements.txt", runtime=HERE, **off)
        unset = examine(project)

        assert chosen.fingerprint != plain.fingerprint
        assert python.tree_key(chosen) != python.tree_key(plain)
        assert (unset.fingerprint, python.tree_key(unset)) == (
            plain.fingerprint,
            python.tree_key(plain),
        )
        assert chosen.recipe == {**plain.recipe, **option}

    def test_all_differ(self, project: Path) -> None:
        """No two options share a tree."""
        lock(project, wheels.make(project), wheels.make(project, "able"), runtime=HERE)
        keys = set()
        for option in [{}, *OPTIONS]:
            projects.configure(project, requirements="requirements.txt", runtime=HERE, **option)
            keys.add(python.tree_key(examine(project)))

        assert len(keys) == len(OPTIONS) + 1


class TestBillOfMaterials:
    """The bill of materials of a package."""

    @pytest.mark.parametrize("kind", ["requirements.txt", "pylock.toml", "uv.lock"])
    def test_beside(self, project: Path, index: Index, kind: str) -> None:
        """It is beside the manifest, equals the output of `hashzip sbom`, and has locked hashes."""
        greet = wheels.make(project)
        index.add(greet)
        digest = wheels.requirement(greet).partition("sha256:")[2].strip()
        wheels.lock(project, greet, where="")
        local_packages.pyproject(project, "single", ["greet"])
        local_packages.lock(project, index)
        url = f"{index.url.removesuffix('simple')}files/{greet.name}"
        pylock = (
            'lock-version = "1.0"\ncreated-by = "me"\n'
            '[[packages]]\nname = "greet"\nversion = "1.0"\n'
            f'wheels = [{{ url = "{url}", hashes = {{ sha256 = "{digest}" }} }}]\n'
        )
        projects.write_files(project, {"pylock.toml": pylock.encode()})
        projects.configure(project, requirements=kind)

        zip_file = make_zip(project)
        printed = program.run("sbom", "hello", cwd=project)

        beside = zip_file.with_suffix(".cdx.json").read_text(encoding="utf-8")
        assert (printed.code, printed.out) == (0, beside)
        (component,) = json.loads(beside)["components"]
        assert (component["name"], component["version"]) == ("greet", "1.0")
        assert component["hashes"] == [{"alg": "SHA-256", "content": digest}]

    def test_none(self, project: Path) -> None:
        """Without packages there is no file, and the printed one lists none."""
        zip_file = make_zip(project)

        printed = program.run("sbom", "hello", cwd=project)

        assert not zip_file.with_suffix(".cdx.json").exists()
        assert "components" not in json.loads(printed.out)

    def test_not_built(self, project: Path) -> None:
        """A function that is not built has none."""
        error, hint = projects.complaint(program.run("sbom", "hello", cwd=project))

        assert "hello is not built from its current inputs" in error
        assert "hashzip build hello" in hint

    def test_whole(self, project: Path) -> None:
        """The control: the zip beside it is valid."""
        with zipfile.ZipFile(make_zip(project)) as archive:
            assert archive.testzip() is None
