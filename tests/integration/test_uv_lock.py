"""Requirements in a `uv.lock`: which of them are installed, and the project's own packages."""

import json
import sys
import tomllib
from pathlib import Path

import pytest

from hashzip.builders.python import stand_in, uv
from hashzip.errors import HashzipError
from tests.support import local_packages, program, toml_spellings, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, examine, make_zip, names

FUNCTION = projects.HELLO | {"requirements": "uv.lock"}


def refused(project: Path, name: str = "hello") -> HashzipError:
    """Plan a function, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        examine(project, name)
    return caught.value


def modules(project: Path, name: str = "hello") -> set[str]:
    """Build a function, and return the modules of its packages, which are at the zip's root."""
    sources = {"hello.py", "run.sh"}
    return {path for path in names(make_zip(project, name)) if "/" not in path} - sources


@pytest.fixture
def single(project: Path, index: Index) -> Path:
    """Make a project for hello alone, with an extra and two groups."""
    for name in ("greet", "able", "pytest_like", "tools"):
        index.add(wheels.make(project, name))
    local_packages.pyproject(
        project,
        "single",
        ["greet"],
        extras={"More_able": ["able"]},
        groups={"dev": ["pytest_like"], "Ops": ["tools"]},
    )
    local_packages.lock(project, index)
    projects.configure(project, requirements="uv.lock")
    return project


@pytest.fixture
def workspace(project: Path, index: Index) -> Path:
    """Make a workspace of two functions, `one` and `two`, and three libraries.

    `one` needs `shared`, which needs `base`; `two` has `base` in an extra and `other` in a group.
    """
    root = "[tool.uv.workspace]\nmembers = ['services/*', 'libs/*']\n"
    (project / "pyproject.toml").write_text(root, encoding="utf-8")
    sources = "[tool.uv.sources]\n" + "".join(
        f"{name} = {{ workspace = true }}\n" for name in ("base", "shared", "other")
    )
    local_packages.package(project / "libs/base")
    local_packages.package(project / "libs/other")
    local_packages.package(project / "libs/shared", ["base"], more=sources)
    local_packages.pyproject(project / "services/one", "one", ["shared"], more=sources)
    extras, groups = {"more": ["base"]}, {"ops": ["other"]}
    local_packages.pyproject(
        project / "services/two", "two", extras=extras, groups=groups, more=sources
    )
    local_packages.lock(project, index)
    two = FUNCTION | {"package": "two"}
    projects.write_config(
        project,
        one=FUNCTION | {"package": "one"},
        two=two,
        two_more=two | {"extras": ["more"]},
        two_ops=two | {"groups": ["ops"]},
    )
    return project


class TestPlan:
    """A plan."""

    def test_standard_library(self, project: Path, index: Index) -> None:
        """It needs neither uv nor any package, even for a lock with packages in the project."""
        index.add(wheels.make(project))
        sources = "[tool.uv.sources]\nown = { path = 'own' }\n"
        local_packages.pyproject(project / "app", "app", ["greet", "own"], more=sources)
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


class TestSpelling:
    """A lock in TOML that uv would not write, but reads."""

    def test_same_zip(self, project: Path, index: Index) -> None:
        """The project's own package is in the zip and among the inputs, in each spelling."""
        index.add(wheels.make(project))
        sources = "[tool.uv.sources]\nown = { path = 'own' }\n"
        local_packages.pyproject(project, "app", ["greet", "own"], more=sources)
        local_packages.package(project / "own")
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")
        usual, content_of_zip = examine(project), names(make_zip(project))
        assert "own.py" in content_of_zip

        text = (project / "uv.lock").read_text(encoding="utf-8")
        spellings = dict(toml_spellings.of(tomllib.loads(text)))
        spellings["no spaces in a source"] = text.replace(
            'source = { directory = "own" }', 'source={directory="own"}'
        )
        for name, other in spellings.items():
            assert other != text
            (project / "uv.lock").write_bytes(other.encode())
            plan = examine(project)
            inputs = [file.path for file in plan.deciding_inputs]
            assert inputs == [file.path for file in usual.deciding_inputs], name
            assert "//own/own.py" in inputs
            assert plan.recipe == usual.recipe, name
            if name in ("inline tables", "dotted keys", "escapes", "no spaces in a source"):
                assert names(make_zip(project)) == content_of_zip, name


class TestSelected:
    """Which packages of a lock are installed."""

    @pytest.mark.parametrize(
        "options, more",
        [
            ({}, set()),
            ({"extras": ["More_able"]}, {"able.py"}),
            ({"extras": ["more-able"]}, {"able.py"}),
            ({"groups": ["ops"]}, {"tools.py"}),
            ({"groups": ["dev"]}, {"pytest_like.py"}),
            ({"extras": ["more-able"], "groups": ["Ops"]}, {"able.py", "tools.py"}),
        ],
    )
    def test_options(self, single: Path, options: dict[str, object], more: set[str]) -> None:
        """Extras and groups, even `dev`, are installed only if they are chosen."""
        projects.configure(single, requirements="uv.lock", **options)

        assert modules(single) == {"greet.py"} | more

    def test_package(self, workspace: Path) -> None:
        """Only the chosen member's packages are installed."""
        assert modules(workspace, "one") == {"base.py", "shared.py"}
        assert modules(workspace, "two") == set()
        assert modules(workspace, "two_more") == {"base.py"}
        assert modules(workspace, "two_ops") == {"other.py"}

    def test_marker(self, project: Path, index: Index) -> None:
        """A package whose marker excludes Lambda is not installed, even a local one."""
        for name in ("here", "away"):
            index.add(wheels.make(project, name))
            local_packages.package(project / f"libs/own_{name}")
        sources = "".join(f"own_{n} = {{ path = 'libs/own_{n}' }}\n" for n in ("here", "away"))
        here = "sys_platform == 'linux' and platform_machine == 'aarch64'"
        local_packages.pyproject(
            project,
            "single",
            [
                *(f"{name}; {here}" for name in ("here", "own_here")),
                *(f"{name}; sys_platform == 'win32'" for name in ("away", "own_away")),
            ],
            more=f"[tool.uv.sources]\n{sources}",
        )
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")

        assert modules(project) == {"here.py", "own_here.py"}

    def test_python_of_the_function(self, project: Path, index: Index) -> None:
        """Markers are evaluated for the function's Python, and not for the one that builds."""
        for name in ("old", "new"):
            index.add(wheels.make(project, name))
        wanted = ["old; python_version < '3.13'", "new; python_version >= '3.13'"]
        local_packages.pyproject(project, "single", wanted)
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")
        assert modules(project) == {"new.py"}

        projects.configure(project, requirements="uv.lock", runtime="python3.12")

        assert modules(project) == {"old.py"}

    def test_nothing(self, project: Path, index: Index) -> None:
        """A project without dependencies adds nothing to the zip."""
        local_packages.pyproject(project, "single")
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")

        assert modules(project) == set()
        assert index.requests == []

    def test_hashes(self, single: Path) -> None:
        """The manifest has the hashes of the lock."""
        plan = examine(single)
        lock = (single / "uv.lock").read_text(encoding="utf-8")

        (package,) = projects.build(plan).packages

        (digest,) = package.hashes
        assert f'greet-1.0-py3-none-any.whl", hash = "{digest}"' in lock


class TestUnknown:
    """A target that asks for what a lock lacks."""

    @pytest.mark.parametrize(
        "options, error, hint",
        [
            ({"extras": ["more_abel"]}, 'extras "more_abel"', 'mean "more-able"? known: more-able'),
            ({"groups": ["op"]}, 'groups "op"', 'did you mean "ops"? known: ops, dev'),
            ({"package": "singel"}, 'no package "singel"', 'did you mean "single"? known: single'),
            ({"package": "greet"}, 'no package "greet"', "known: single"),
        ],
    )
    def test_single(self, single: Path, options: dict[str, object], error: str, hint: str) -> None:
        """It is an error at plan time, with the nearest name in the lock."""
        projects.configure(single, requirements="uv.lock", **options)

        caught = refused(single)

        assert "[function.hello]" in caught.message
        assert error in caught.message
        assert hint in caught.hint

    def test_no_package(self, workspace: Path) -> None:
        """A workspace without a project at its root needs the name of a member."""
        projects.write_config(workspace, hello=FUNCTION)

        error = refused(workspace)

        assert "locks a workspace without a project at its root" in error.message
        assert 'set package = "…"' in error.hint
        assert "known: base, one, other, shared, two" in error.hint

    def test_extra_of_another(self, workspace: Path) -> None:
        """An extra of one member is unknown in another."""
        projects.write_config(workspace, hello=FUNCTION | {"package": "one", "extras": ["more"]})

        assert "which one in uv.lock lacks" in refused(workspace).message


class TestStale:
    """A lock that no longer fits its project."""

    def test_stale(self, single: Path) -> None:
        """A dependency that is not locked yet is an error, and the hint locks it."""
        projects.build(examine(single))
        text = (single / "pyproject.toml").read_text(encoding="utf-8")
        text = text.replace('["greet"]', '["greet", "tools"]')
        (single / "pyproject.toml").write_text(text, encoding="utf-8")

        with pytest.raises(HashzipError) as caught:
            make_zip(single)

        assert "the lock is stale" in caught.value.message
        assert caught.value.hint == "run: uv lock --project ."

    def test_member(self, workspace: Path) -> None:
        """A dependency of a member that is not locked yet is an error, too."""
        path = workspace / "services/one/pyproject.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('["shared"]', '["shared", "other"]'), encoding="utf-8")

        with pytest.raises(HashzipError, match="the lock is stale"):
            make_zip(workspace, "one")

    def test_renewed(self, single: Path, index: Index) -> None:
        """The control: after `uv lock` the new dependency is installed."""
        text = (single / "pyproject.toml").read_text(encoding="utf-8")
        text = text.replace('["greet"]', '["greet", "tools"]')
        (single / "pyproject.toml").write_text(text, encoding="utf-8")
        local_packages.lock(single, index)

        assert modules(single) == {"greet.py", "tools.py"}

    @pytest.mark.parametrize("gone", ["pyproject.toml", "services/one/pyproject.toml", "libs/base"])
    def test_gone(self, workspace: Path, gone: str) -> None:
        """A project or package that does not exist is an error at plan time."""
        (workspace / gone).rename(workspace / "away")

        error = refused(workspace, "one")

        assert f"uv.lock of [function.one] locks {gone}, which does not exist" in error.message
        assert "uv lock --project ." in error.hint


class TestLocal:
    """The project's own packages, which are inputs and are built."""

    FUNCTIONS = ("one", "two", "two_more", "two_ops")

    def changed(self, project: Path, path: str, text: str = "# changed\n") -> set[str]:
        """Change a file, and return the functions whose fingerprint changes."""
        before = {name: examine(project, name).fingerprint for name in self.FUNCTIONS}
        projects.write_files(project, {path: text.encode()})
        return {n for n in self.FUNCTIONS if examine(project, n).fingerprint != before[n]}

    @pytest.mark.parametrize(
        "path, functions",
        [
            ("libs/shared/shared.py", {"one"}),
            ("libs/base/base.py", {"one", "two_more"}),
            ("libs/base/more/new.py", {"one", "two_more"}),
            ("libs/other/other.py", {"two_ops"}),
            ("libs/README.md", set()),
            ("libs/base/base.egg-info/PKG-INFO", set()),
            ("libs/base/build/lib/base.py", set()),
            ("libs/base/dist/base.whl", set()),
            ("libs/base/__pycache__/base.cpython-311.pyc", set()),
        ],
    )
    def test_who_changes(self, workspace: Path, path: str, functions: set[str]) -> None:
        """A library changes the functions that use it, even indirectly; its output does not."""
        assert self.changed(workspace, path) == functions

    def test_who_changes_by_metadata(self, workspace: Path) -> None:
        """A member's `pyproject.toml` changes the functions that install or use it."""
        for member, functions in {
            "services/one": {"one"},
            "services/two": {"two", "two_more", "two_ops"},
            "libs/base": {"one", "two_more"},
        }.items():
            path = f"{member}/pyproject.toml"
            text = (workspace / path).read_text(encoding="utf-8")
            assert self.changed(workspace, path, f"{text}\n# changed\n") == functions

    def test_inputs(self, workspace: Path) -> None:
        """Their paths are relative to the project, in the manifest and in Terraform's plan."""
        plan = examine(workspace, "two_more")

        assert [file.path for file in plan.inputs if file.path.startswith("//")] == [
            "//uv.lock",
            "//pyproject.toml",
            "//services/two/pyproject.toml",
            "//libs/base/backend.py",
            "//libs/base/base.py",
            "//libs/base/pyproject.toml",
        ]
        assert "//libs/base/base.py" in plan.result.summary

    def test_edit_is_built(self, workspace: Path) -> None:
        """An edit of a library is in the next zip, and not in the last one."""
        before = content(make_zip(workspace, "one"), "base.py")
        projects.write_files(workspace, {"libs/base/base.py": b"EDITED = True\n"})

        assert content(make_zip(workspace, "one"), "base.py") == b"EDITED = True\n"
        assert before == b"NAME = 'base'\n"

    def test_metadata(self, workspace: Path) -> None:
        """Nothing in their files depends on the machine."""
        zip_file = make_zip(workspace, "one")

        info = {path for path in names(zip_file) if path.startswith("base-1.0.dist-info/")}
        assert info == {f"base-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL")}
        wheel = content(zip_file, "base-1.0.dist-info/WHEEL")
        assert wheel == b"Wheel-Version: 1.0\nTag: py3-none-any\n"
        assert wheels.wrong_rows(zip_file) == []
        everything = b"".join(content(zip_file, path) for path in names(zip_file))
        assert str(workspace).encode() not in everything

    def test_other_backend(self, workspace: Path, index: Index) -> None:
        """Another release of a build backend, which is not locked, changes no byte."""
        before = make_zip(workspace, "one")
        of_base = {p: content(before, p) for p in names(before) if p.startswith("base")}
        backend = local_packages.BACKEND.replace("tiny 7", "tiny 8.1")
        projects.write_files(workspace, {"libs/base/backend.py": backend.encode()})
        index.requests.clear()

        after = make_zip(workspace, "one")

        assert before != after
        assert {p: content(after, p) for p in names(after) if p.startswith("base")} == of_base

    def test_users_tree(self, workspace: Path) -> None:
        """A build does not change the sources, though the backend writes where it runs."""
        before = projects.listing(workspace)
        make_zip(workspace, "one")

        after = projects.listing(workspace)

        own = bytes(workspace / "dist")
        assert {path: each for path, each in after.items() if not path.startswith(own)} == before

    def test_only_inputs(self, workspace: Path) -> None:
        """A backend sees the inputs, and no other file of the folder."""
        projects.write_files(workspace, {"libs/base/build/extra.py": b"", "libs/base/in.py": b""})

        paths = names(make_zip(workspace, "one"))

        assert "in.py" in paths
        assert "extra.py" not in paths

    def test_compiled(self, workspace: Path, index: Index) -> None:
        """A package with compiled code, which is for this machine, is refused."""
        local_packages.package(
            workspace / "libs/base", more='[tool.tiny]\ntag = "py3-none-linux_x86_64"\n'
        )
        local_packages.lock(workspace, index)
        projects.write_config(
            workspace, one=FUNCTION | {"package": "one", "architecture": "x86_64"}
        )

        with pytest.raises(HashzipError) as caught:
            make_zip(workspace, "one")

        assert "base 1.0" in caught.value.message
        assert "linux_x86_64" in caught.value.message

    def test_broken_backend(self, workspace: Path) -> None:
        """A package that cannot be built is named, with its backend's message."""
        projects.write_files(workspace, {"libs/base/backend.py": b"raise SystemExit('no luck')\n"})

        with pytest.raises(HashzipError, match=r"(?s)uv could not install uv.lock.*base.*no luck"):
            make_zip(workspace, "one")

    def test_secret(self, workspace: Path) -> None:
        """A secret in a package is an error at plan time, unless its path is allowed."""
        path = "libs/base/id_rsa"
        projects.write_files(workspace, {path: b"x"})

        error = refused(workspace, "one")

        assert path in str(error)
        assert f'allow = ["/{path}"]' in error.hint
        assert "exclude" not in error.hint
        table = FUNCTION | {"package": "one", "allow": [f"/{path}"]}
        projects.write_config(workspace, one=table, two=FUNCTION | {"package": "two"})
        assert examine(workspace, "one")
        assert examine(workspace, "two")

    def test_outside(self, project: Path, index: Index) -> None:
        """A package outside the project is refused, and the hint says how to include it."""
        local_packages.package(project.parent / "outside")
        sources = "[tool.uv.sources]\noutside = { path = '../outside' }\n"
        local_packages.pyproject(project, "single", ["outside"], more=sources)
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")

        error = refused(project)

        assert "uv.lock has the package ../outside, which is outside the project" in error.message
        assert "move hashzip.toml to a folder above both" in error.hint


class TestProject:
    """The project itself, which is installed if the function asks for it."""

    @pytest.fixture
    def app(self, project: Path, index: Index) -> Path:
        """Make a project that is a package, whose folder is the source of the function."""
        index.add(wheels.make(project))
        local_packages.package(project / "app", ["greet"])
        local_packages.lock(project / "app", index)
        self.configure(project)
        return project

    def configure(self, project: Path, **changes: object) -> None:
        """Configure a function whose source is the project's folder."""
        usual = {"source": "app", "include": ["app.py"], "handler": "app.NAME"}
        projects.configure(project, requirements="app/uv.lock", **usual | changes)

    @pytest.mark.parametrize("source", ["app", "src"])
    def test_installed(self, app: Path, source: str) -> None:
        """Its metadata is there, and its files are there once, be they in the source or not."""
        info = "app-1.0.dist-info/METADATA"
        assert info not in names(make_zip(app))
        sources: dict[str, object] = {"source": source, "include": ["**/app.py", "hello.py"]}

        self.configure(app, install_project=True, **sources)

        zip_file = make_zip(app)
        paths = names(zip_file)
        assert paths.count("app.py") == 1
        assert b"Version: 1.0" in content(zip_file, info)
        assert "greet.py" in paths
        assert ("hello.py" in paths) == (source == "src")
        assert wheels.wrong_rows(zip_file) == []
        packages = {package.name for package in projects.build(examine(app)).packages}
        assert packages == {"app", "greet"}

    def test_input(self, app: Path) -> None:
        """Its files are inputs then, wherever the sources are."""
        changed = {}
        for install in (False, True):
            self.configure(app, source="src", include=["**"], install_project=install)
            before = examine(app).fingerprint
            projects.write_files(app, {"app/more.py": f"{install}".encode()})
            changed[install] = examine(app).fingerprint != before

        assert changed == {False: False, True: True}

    def test_other_content(self, app: Path) -> None:
        """A source with the path of a file of it and other content is refused."""
        projects.write_files(
            app,
            {"src/app.py": b"OTHER = 1\n"},
        )
        self.configure(app, source="src", include=["**"], install_project=True)

        with pytest.raises(HashzipError, match=r"app 1\.0 both have the file app\.py"):
            make_zip(app)

    def test_no_package(self, single: Path) -> None:
        """A project that is no package is refused at plan time."""
        projects.configure(single, requirements="uv.lock", install_project=True)

        error = refused(single)

        assert error.message == "[function.hello] has install_project, but single is not a package"
        assert "add a [build-system] to the pyproject.toml of single" in error.hint

    def test_other_lock(self, project: Path) -> None:
        """Another lock has no project to install."""
        projects.write_files(project, {"requirements.txt": b""})
        projects.configure(project, requirements="requirements.txt", install_project=True)

        assert "has install_project, which only a uv.lock supports" in refused(project).message


class TestArchive:
    """A wheel with a path."""

    @pytest.fixture
    def wheel(self, project: Path, index: Index) -> Path:
        """Make a project in a folder of its own, which needs a wheel beside it."""
        made = wheels.make(project)
        sources = f"[tool.uv.sources]\ngreet = {{ path = '../wheels/{made.name}' }}\n"
        local_packages.pyproject(project / "app", "single", ["greet"], more=sources)
        local_packages.lock(project / "app", index)
        projects.configure(project, requirements="app/uv.lock")
        return made

    def test_installed(self, project: Path, wheel: Path) -> None:
        """It is an input and installed, and the manifest has its hash."""
        plan = examine(project)

        manifest = projects.build(plan)

        paths = [file.path for file in plan.inputs if file.path.startswith("//")]
        assert paths == ["//app/uv.lock", "//app/pyproject.toml", f"//wheels/{wheel.name}"]
        (package,) = manifest.packages
        (digest,) = package.hashes
        assert digest in wheels.requirement(wheel)
        entries = [entry.path for entry in manifest.artifact.entries]
        assert "greet.py" in entries
        assert "greet-1.0.dist-info/direct_url.json" not in entries

    def test_changed(self, project: Path, wheel: Path) -> None:
        """Another wheel in its place changes the fingerprint, and does not have the locked hash."""
        before = examine(project).fingerprint
        wheels.make(project, files={"greet.py": "import evil\n"})

        assert examine(project).fingerprint != before
        with pytest.raises(HashzipError, match=r"greet(==1\.0)? does not have the locked hash"):
            make_zip(project)
        assert wheel.exists()


class TestFlatIndex:
    """A folder of packages as an index, of which a lock has no hashes."""

    @pytest.fixture
    def wheel(self, project: Path, index: Index) -> Path:
        """Make a project in a folder of its own, which needs a wheel of the folder beside it."""
        made = wheels.make(project)
        wheels.make(project, "able")
        more = '[[tool.uv.index]]\nname = "flat"\nurl = "../wheels"\nformat = "flat"\n'
        local_packages.pyproject(project / "app", "single", ["greet"], more=more)
        local_packages.lock(project / "app", index)
        assert "sha256" not in (project / "app/uv.lock").read_text(encoding="utf-8")
        projects.configure(project, requirements="app/uv.lock")
        return made

    def test_installed(self, project: Path, wheel: Path) -> None:
        """The wheel is an input, and no other of the folder is."""
        plan = examine(project)

        paths = [file.path for file in plan.inputs if file.path.startswith("//")]

        assert paths == ["//app/uv.lock", "//app/pyproject.toml", f"//wheels/{wheel.name}"]
        assert modules(project) == {"greet.py"}

    def test_changed(self, project: Path, wheel: Path) -> None:
        """Another wheel in its place changes the fingerprint, and is what is installed."""
        before, old = examine(project).fingerprint, make_zip(project)
        wheels.make(project, files={"other.py": ""})

        assert examine(project).fingerprint != before
        assert modules(project) == {"other.py"}
        assert "greet.py" in names(old)
        wheel.unlink()
        assert f"locks wheels/{wheel.name}, which does not exist" in refused(project).message

    def test_no_hash(self, project: Path, index: Index) -> None:
        """A package of an index on the network without hashes is refused, and the hint works."""
        made = wheels.make(project)
        index.add(made, hashed=False)
        local_packages.pyproject(project, "single", ["greet"])
        local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")

        error = refused(project)

        assert "uv.lock has greet without a hash, because its index has none" in error.message
        flat = (
            '[[tool.uv.index]]\nname = "flat"\nurl = "wheels"\nformat = "flat"\n'
            '[tool.uv.sources]\ngreet = { index = "flat" }\n'
        )
        local_packages.pyproject(project, "single", ["greet"], more=flat)
        local_packages.lock(project, index)
        assert 'format = "flat"' in error.hint
        assert modules(project) == {"greet.py"}


class TestIndex:
    """Where packages come from."""

    def test_of_the_lock(self, project: Path, index: Index) -> None:
        """Each comes from the index in the lock, which `pyproject.toml` names."""
        index.add(wheels.make(project))
        more = (
            f'[[tool.uv.index]]\nname = "special"\nurl = {json.dumps(index.url)}\nexplicit = true\n'
            '[tool.uv.sources]\ngreet = { index = "special" }\n'
        )
        local_packages.pyproject(project / "app", "single", ["greet"], more=more)
        local_packages.lock(project / "app", index)
        projects.configure(project, requirements="app/uv.lock")
        index.requests.clear()

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
            patch.setenv("UV_CACHE_DIR", str(index.cache.with_name("uv-cache-2")))
            assert modules(project) == {"greet.py"}

        assert index.requests == ["/files/greet-1.0-py3-none-any.whl"]

    def test_hash(self, single: Path, index: Index) -> None:
        """A wheel with another hash is refused."""
        other = wheels.make(single.parent, files={"greet.py": "import evil\n"})
        index.add(single / "wheels" / other.name, served=other.read_bytes())

        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("UV_CACHE_DIR", str(index.cache.with_name("uv-cache-2")))
            with pytest.raises(HashzipError, match=r"greet==1\.0 does not have the locked hash"):
                make_zip(single)

    def test_architecture(self, single: Path, index: Index) -> None:
        """A package without a wheel for the function's machine is named, and the hint helps."""
        tag = "cp313-cp313-manylinux_2_28_x86_64"
        index.add(wheels.make(single, "able", "2.0", tag=tag))
        text = (single / "pyproject.toml").read_text(encoding="utf-8")
        text = text.replace('["greet"]', '["able==2.0"]')
        (single / "pyproject.toml").write_text(text, encoding="utf-8")
        local_packages.lock(single, index)

        with pytest.raises(HashzipError) as caught:
            make_zip(single)

        assert "able has no wheel for this runtime and architecture" in caught.value.message
        assert "uv.lock for hello (python3.13, arm64)" in caught.value.message
        assert "build_sdists = true" in caught.value.hint
        projects.configure(single, requirements="uv.lock", architecture="x86_64")
        assert modules(single) == {"able.py"}


class TestPython:
    """Which Python a lock is for."""

    def relock(self, project: Path, index: Index, required: str) -> None:
        """Lock the project for other Pythons."""
        text = (project / "pyproject.toml").read_text(encoding="utf-8")
        text = text.replace('requires-python = ">=3.11"', f'requires-python = "{required}"')
        (project / "pyproject.toml").write_text(text, encoding="utf-8")
        local_packages.lock(project, index)

    def test_other(self, single: Path, index: Index) -> None:
        """A lock that is not for the runtime's Python is refused, and both are named."""
        if sys.version_info[:2] > (3, 12) and not is_installed("3.12"):
            pytest.skip("no Python is installed that such a lock is for")
        self.relock(single, index, ">=3.11,<3.13")

        error = refused(single)

        assert "uv.lock is locked for Python" in error.message
        assert '<3.13, but [function.hello] has runtime "python3.13"' in error.message
        projects.configure(single, requirements="uv.lock", runtime="python3.12")
        assert modules(single) == {"greet.py"}

    def test_newer_than_this(
        self, single: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """A lock for later Pythons than the one that builds is read without any of these."""
        lock = single / "uv.lock"
        for path in (lock, single / "pyproject.toml"):
            text = path.read_text(encoding="utf-8").replace(">=3.11", ">=3.99")
            path.write_text(text, encoding="utf-8")
        monkeypatch.setattr("hashzip.builders.python.RUNTIMES", ("python3.99",))
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.setenv("UV_PYTHON_INSTALL_DIR", str(tmp_path))
        projects.configure(single, requirements="uv.lock", runtime="python3.99")

        assert modules(single) == {"greet.py"}


class TestPatchRelease:
    """A lock for certain patch releases of Python, which are not installed."""

    @pytest.fixture
    def pinned(self, project: Path, index: Index, request: pytest.FixtureRequest) -> Path:
        """Make a project for one range of Pythons, with a package of its own."""
        for name in ("greet", "able"):
            index.add(wheels.make(project, name))
        local_packages.package(project / "own")
        sources = "[tool.uv.sources]\nown = { path = 'own' }\n"
        local_packages.pyproject(project, "single", ["greet", "own"], more=sources)
        for path in (project / "pyproject.toml", project / "own/pyproject.toml"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(">=3.11", request.param), encoding="utf-8")
        scratch = project.parent / "stand-in"
        scratch.mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("UV_PYTHON", stand_in.make(scratch, "3.13.98", "uv.lock"))
            local_packages.lock(project, index)
        projects.configure(project, requirements="uv.lock")
        return project

    @pytest.mark.parametrize("pinned", ["==3.13.98", ">=3.13.97,<3.13.99"], indirect=True)
    def test_installed(self, pinned: Path) -> None:
        """It is installed all the same, with packages for only these Pythons."""
        assert modules(pinned) == {"greet.py", "own.py"}

    @pytest.mark.parametrize("pinned", ["==3.13.98"], indirect=True)
    def test_stale(self, pinned: Path) -> None:
        """It must fit its project nevertheless."""
        path = pinned / "pyproject.toml"
        text = path.read_text(encoding="utf-8").replace('"greet"', '"greet", "able"')
        path.write_text(text, encoding="utf-8")

        with pytest.raises(HashzipError, match="the lock is stale"):
            make_zip(pinned)

    @pytest.mark.parametrize("pinned", ["==3.13.98"], indirect=True)
    def test_other_runtime(self, pinned: Path) -> None:
        """For another runtime it is refused at plan time."""
        projects.configure(pinned, requirements="uv.lock", runtime="python3.12")

        assert "uv.lock is locked for Python ==3.13.98" in refused(pinned).message


def is_installed(version: str) -> bool:
    """Return whether uv finds a Python."""
    try:
        return bool(uv.find_python(uv.program(), version, "here"))
    except HashzipError:
        return False
