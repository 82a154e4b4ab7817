"""The content of zips: sources, packages, and nothing that a layer has."""

import marshal
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.builders.python import install_cache
from hashzip.errors import HashzipError
from hashzip.project import user_cache
from tests.support import program, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, examine, make_zip, names

HERE = f"python3.{sys.version_info[1]}"  # the only Python that is certainly installed
LAYER: Mapping[str, object] = {"runtime": "python3.13", "architecture": "arm64"}


def write_lock(project: Path, path: str, *packages: Path, where: str = wheels.LOCAL) -> None:
    """Lock packages that are in the project."""
    text = where + "".join(wheels.requirement(package) for package in packages)
    projects.write_files(project, {path: text.encode()})


def configure(
    project: Path,
    layer: Mapping[str, object] | None = None,
    function: Mapping[str, object] | None = None,
    **others: Mapping[str, object],
) -> None:
    """Write the tables of a layer `deps`, of `hello`, which uses it, and of other functions."""
    hello = projects.HELLO | {"requirements": "all.txt", "layers": ["deps"]} | dict(function or {})
    tables = {
        "layer.deps": {**LAYER, "requirements": "deps.txt"} | dict(layer or {}),
        "function.hello": hello,
        **{f"function.{name}": projects.HELLO | dict(table) for name, table in others.items()},
    }
    projects.write_tables(project, tables)


@pytest.fixture
def layered(project: Path) -> Path:
    """Make a layer with `greet`, and a function that locks `greet` and `able`."""
    greet, able = wheels.make(project), wheels.make(project, "able")
    write_lock(project, "deps.txt", greet)
    write_lock(project, "all.txt", greet, able)
    configure(project)
    return project


def fingerprints(project: Path) -> dict[str, str]:
    """Return the fingerprints of all functions and layers of a project."""
    loaded = planning.load_project(str(project))
    return {name: planning.plan(loaded, name).fingerprint for name in loaded.targets}


def changed(before: dict[str, str], project: Path) -> set[str]:
    """Return the names whose fingerprints have changed."""
    return {name for name, now in fingerprints(project).items() if before[name] != now}


class TestLayer:
    """The zip of a layer."""

    def test_prefix(self, layered: Path) -> None:
        """All files of a layer are in `python/`, and no file of a function is."""
        configure(layered, {"source": "src"})

        packed = names(make_zip(layered, "layer.deps"))

        assert packed == [
            *(f"python/greet-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")),
            "python/greet.py",
            "python/hello.py",
            "python/lib/names.py",
            "python/run.sh",
        ]
        assert not [path for path in names(make_zip(layered)) if path.startswith("python/")]

    def test_without_source(self, layered: Path) -> None:
        """A layer with requirements only has only their packages."""
        packed = names(make_zip(layered, "layer.deps"))

        assert {path.split("/")[1].partition("-")[0] for path in packed} == {"greet", "greet.py"}

    def test_without_requirements(self, layered: Path) -> None:
        """A layer with sources only leaves out no package of the function."""
        configure(layered)
        before = {path for path in names(make_zip(layered)) if "/" not in path}
        tables: dict[str, Mapping[str, object]] = {
            "layer.code": {**LAYER, "source": "src"},
            "function.hello": projects.HELLO | {"requirements": "all.txt", "layers": ["code"]},
        }
        projects.write_tables(layered, tables)

        packed = {path for path in names(make_zip(layered)) if "/" not in path}

        assert names(make_zip(layered, "layer.code"))[0] == "python/hello.py"
        assert before == {"able.py", "hello.py", "run.sh"}
        assert packed == before | {"greet.py"}

    def test_manifest(self, layered: Path) -> None:
        """A layer has its own folder with an SBOM and a manifest that says that it is a layer."""
        plan = examine(layered, "layer.deps")
        manifest = projects.build(plan)

        assert manifest.function == "layer.deps"
        assert manifest.recipe["prefix"] == "python/"
        assert [package.name for package in manifest.packages] == ["greet"]
        assert projects.artifacts(layered, "layer.deps") == sorted(
            f"{plan.fingerprint}.{ending}" for ending in ("cdx.json", "json", "zip")
        )

    def test_commands(self, layered: Path) -> None:
        """Commands take the name of its table, and without a name build it too."""
        built = program.run("build", "layer.deps", cwd=layered)
        rest = program.run("build", cwd=layered)
        answer = projects.external(layered, function="layer.deps")

        assert built.out.startswith("layer.deps: built ")
        assert rest.out.startswith("layer.deps: up to date\nhello: built ")
        assert answer["filename"] == f"dist/layer.deps/{answer['fingerprint']}.zip"
        assert answer["runtime"] == "python3.13"
        assert (layered / answer["filename"]).exists()


class TestLeftOut:
    """The function's zip leaves out what a layer has."""

    def test_packages(self, layered: Path) -> None:
        """The layer's packages are left out with all of their files, and others are packed."""
        packed = names(make_zip(layered))

        assert [path for path in packed if path.startswith("greet")] == []
        assert [path for path in packed if path.startswith("able")] == [
            *(f"able-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")),
            "able.py",
        ]
        configure(layered, function={"layers": []})
        assert "greet.py" in names(make_zip(layered))

    def test_manifest(self, layered: Path) -> None:
        """The manifest has the packages that are in the zip."""
        manifest = projects.build(examine(layered))

        assert [package.name for package in manifest.packages] == ["able"]

    def test_together(self, layered: Path, tmp_path: Path) -> None:
        """A function finds its own and the layer's packages when both are unpacked as in Lambda."""
        shutil.unpack_archive(make_zip(layered), tmp_path / "task")
        shutil.unpack_archive(make_zip(layered, "layer.deps"), tmp_path / "opt")
        paths = [str(tmp_path / "task"), str(tmp_path / "opt" / "python")]
        script = f"import sys; sys.path[:0] = {paths}; import able, greet; print(greet.__file__)"

        output = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout

        assert output == f"{tmp_path}/opt/python/greet.py\n"

    def test_another_version(self, layered: Path) -> None:
        """Different versions in function and layer are an error that names both."""
        write_lock(layered, "all.txt", wheels.make(layered, version="2.0"))

        with pytest.raises(HashzipError) as caught:
            make_zip(layered)

        assert caught.value.message == (
            "[function.hello] locks greet 2.0, but [layer.deps] locks 1.0"
        )
        assert "lock the same version in both" in caught.value.hint
        assert make_zip(layered, "layer.deps")

    def test_another_spelling(self, layered: Path) -> None:
        """Different spellings of a package's name are the same package."""
        write_lock(layered, "deps.txt", wheels.make(layered, "My_Pack", files={"my.py": ""}))
        (layered / "other").mkdir()
        other = wheels.make(layered / "other", "my.pack", files={"my.py": ""})
        write_lock(layered, "all.txt", other, where="--no-index\n--find-links ./other/wheels\n")

        assert "my.py" not in names(make_zip(layered))
        assert [package.name for package in projects.build(examine(layered)).packages] == []

    def test_two_layers(self, layered: Path) -> None:
        """A package that any of several layers has is left out."""
        write_lock(layered, "more.txt", layered / "wheels" / "able-1.0-py3-none-any.whl")
        hello = projects.HELLO | {"requirements": "all.txt", "layers": ["deps", "more"]}
        projects.write_tables(
            layered,
            {
                "layer.deps": {**LAYER, "requirements": "deps.txt"},
                "layer.more": {**LAYER, "requirements": "more.txt"},
                "function.hello": hello,
            },
        )

        assert names(make_zip(layered)) == ["hello.py", "lib/names.py", "run.sh"]

    @pytest.mark.parametrize("bytecode", [False, True])
    def test_same_lock(
        self, layered: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, bytecode: bool
    ) -> None:
        """With one lock in both, it is installed once, and the function has only its sources."""
        options = {"bytecode": bytecode, "runtime": HERE, "requirements": "deps.txt"}
        configure(layered, options, options)
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))

        make_zip(layered, "layer.deps")
        paths = names(make_zip(layered))

        assert len(list(install_cache.cache_folder().glob("*/tree.json"))) == 1
        assert [path for path in paths if not path.endswith(".pyc")] == [
            "hello.py",
            "lib/names.py",
            "run.sh",
        ]

    def test_function_without_requirements(self, layered: Path) -> None:
        """A function without requirements has only its sources, whatever its layers have."""
        tables: dict[str, Mapping[str, object]] = {
            "layer.deps": {**LAYER, "requirements": "deps.txt"},
            "function.hello": projects.HELLO | {"layers": ["deps"]},
        }
        projects.write_tables(layered, tables)
        with_layer = examine(layered).fingerprint
        projects.write_tables(layered, {"function.hello": projects.HELLO})

        assert examine(layered).fingerprint == with_layer


class TestChange:
    """The fingerprints that a change affects."""

    @pytest.fixture
    def several(self, layered: Path) -> Path:
        """Return `layered` with a function without requirements, and one without the layer."""
        configure(
            layered,
            bare={"layers": ["deps"]},
            alone={"requirements": "all.txt"},
        )
        return layered

    def test_handler(self, several: Path) -> None:
        """An edit of the handler does not change the layer's fingerprint."""
        before = fingerprints(several)
        projects.write_files(several, {"src/hello.py": b"EDITED = True\n"})

        assert changed(before, several) == {"hello", "bare", "alone"}

    def test_lock_of_the_layer(self, several: Path) -> None:
        """Another lock of the layer changes the layer and the function that uses it."""
        before = fingerprints(several)
        write_lock(several, "deps.txt", wheels.make(several, "more"))

        assert changed(before, several) == {"layer.deps", "hello"}

    def test_option_of_the_layer(self, several: Path) -> None:
        """Every key that decides the layer's packages changes both too."""
        before = fingerprints(several)
        layer = {"exclude_packages": ["greet"]}
        configure(several, layer, bare={"layers": ["deps"]}, alone={"requirements": "all.txt"})

        assert changed(before, several) == {"layer.deps", "hello"}
        assert "greet.py" in names(make_zip(several))

    def test_source_of_the_layer(self, several: Path) -> None:
        """A source of the layer changes only the layer."""
        projects.write_files(several, {"shared/own.py": b""})
        others = {"bare": {"layers": ["deps"]}}
        configure(several, {"source": "shared"}, **others)
        before = fingerprints(several)
        projects.write_files(several, {"shared/own.py": b"EDITED = True\n"})

        assert changed(before, several) == {"layer.deps"}

    def test_why(self, several: Path) -> None:
        """A build names the layer's change."""
        make_zip(several)
        write_lock(several, "deps.txt", wheels.make(several, "more"))

        assert "layers" in pipeline.build(examine(several)).reason


class TestBytecode:
    """The paths in bytecode are those in Lambda."""

    @pytest.mark.parametrize(
        "name, prefix, home",
        [("layer.deps", "python/", "/opt/python"), ("hello", "", "/var/task")],
    )
    def test_home(self, layered: Path, name: str, prefix: str, home: str) -> None:
        """They are in `/opt/python` for a layer and in `/var/task` for a function."""
        options = {"bytecode": True, "runtime": HERE}
        configure(layered, options | {"source": "src"}, options)
        zip_file = make_zip(layered, name)
        tag = f"cpython-3{sys.version_info[1]}"

        for module in ("greet" if prefix else "able", "hello"):
            code = content(zip_file, f"{prefix}__pycache__/{module}.{tag}.pyc")[16:]
            assert marshal.loads(code).co_filename == f"{home}/{module}.py"  # noqa: S302


class TestClash:
    """A source at the path of a package's file."""

    @pytest.mark.parametrize("name", ["layer.deps", "hello"])
    def test_refused(self, layered: Path, name: str) -> None:
        """It is an error that names both, in a layer too."""
        projects.write_files(layered, {"src/greet.py": b"", "src/able.py": b""})
        configure(layered, {"source": "src"})

        with pytest.raises(HashzipError) as caught:
            make_zip(layered, name)

        module = "greet" if name == "layer.deps" else "able"
        assert f"src/{module}.py and {module} 1.0 both have the file {module}.py" in (
            caught.value.message
        )
        projects.write_files(layered, {"other/own.py": b""})
        configure(layered, {"source": "other"}, {"source": "other"})
        assert make_zip(layered, name)

    def test_of_a_layer(self, layered: Path) -> None:
        """A source may have the path of a layer's file, because Lambda has two folders."""
        projects.write_files(layered, {"src/greet.py": b"OWN = True\n"})

        assert content(make_zip(layered), "greet.py") == b"OWN = True\n"


class TestOrder:
    """Several targets in one command."""

    def test_layers_first(self, layered: Path) -> None:
        """Layers are built before their functions, and results keep the order of the arguments."""
        finished = program.run("build", "hello", "layer.deps", cwd=layered)

        lines = finished.out.splitlines()
        assert [line.partition(":")[0] for line in lines] == ["hello", "layer.deps"]

    def test_failed_layer(self, layered: Path) -> None:
        """A layer that cannot be built stops the command, and the error names it."""
        configure(layered, {"exclude_packages": ["nothing"]})

        error, _ = projects.complaint(program.run("build", cwd=layered))

        assert '"nothing" in exclude_packages' in error
        assert projects.artifacts(layered, "layer.deps") == []

    def test_from_an_index(
        self, layered: Path, index: Index, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Layer and function with one lock, built at the same time, ask the index once."""
        greet = wheels.make(layered)
        index.add(greet)
        projects.write_files(layered, {"deps.txt": wheels.requirement(greet).encode()})
        configure(layered, function={"requirements": "deps.txt"})
        loaded = planning.load_project(str(layered))
        plans = [planning.plan(loaded, name) for name in loaded.targets]
        monkeypatch.setattr("os.cpu_count", lambda: 2)

        assert len(list(pipeline.build_all(plans))) == 2
        assert index.requests == ["/simple/greet/", f"/files/{greet.name}"]
