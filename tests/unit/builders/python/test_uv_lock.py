"""Which of the user's own packages a `uv.lock` installs for a function. No uv is run."""

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import uv_lock
from hashzip.builders.python.uv_lock import Local
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import toml_spellings

# A workspace of two services and three libraries: `one` needs `shared`, which needs `base`; `two`
# needs `base` for its extra, and `wheel` for its group, if at all on another machine.
WORKSPACE = """\
version = 1

[manifest]
members = ["one", "two", "shared", "base"]

[[package]]
name = "base"
version = "1.0"
source = { editable = "libs/base" }

[[package]]
name = "one"
version = "1.0"
source = { virtual = "services/one" }
dependencies = [{ name = "shared", extra = ["more"] }, { name = "six" }]

[[package]]
name = "shared"
version = "1.0"
source = { directory = "libs/shared" }

[package.optional-dependencies]
more = [{ name = "base" }]

[[package]]
name = "six"
version = "1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "two"
version = "1.0"
source = { virtual = "services/two" }

[package.optional-dependencies]
all-of-it = [{ name = "base" }]

[package.dev-dependencies]
ops = [{ name = "wheel", marker = "sys_platform == 'win32'" }]

[package.metadata]
provides-extras = ["all-of-it", "none"]

[[package]]
name = "wheel"
version = "1.0"
source = { path = "wheels/wheel-1.0-py3-none-any.whl" }
"""
SINGLE = WORKSPACE.replace('virtual = "services/one"', 'virtual = "."').replace(
    'members = ["one", "two", "shared", "base"]', ""
)
SPELLINGS = dict(toml_spellings.of(tomllib.loads(SINGLE)))


def read(project: Path, options: Mapping[str, object], text: str = WORKSPACE) -> Local:
    """Read a lock for hello."""
    projects.configure(project, requirements="app/uv.lock", **options)
    target = planning.load_project(str(project)).target("hello")
    return uv_lock.read(text, "app/uv.lock", target)


def refused(project: Path, options: Mapping[str, object], text: str = WORKSPACE) -> HashzipError:
    """Read a lock, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        read(project, options, text)
    return caught.value


class TestRequired:
    """Packages that a project needs."""

    def test_indirect(self, project: Path) -> None:
        """A library is found through the extra of another; an index's package is not local."""
        local = read(project, {"package": "one"})

        assert local.project == "services/one"
        assert sorted(local.folders) == ["libs/base", "libs/shared"]
        assert local.archives == []

    @pytest.mark.parametrize(
        "options, folders, archives",
        [
            ({}, [], []),
            ({"extras": ["all_of_it"]}, ["libs/base"], []),
            ({"extras": ["none"]}, [], []),
            ({"groups": ["Ops"]}, [], ["wheels/wheel-1.0-py3-none-any.whl"]),
        ],
    )
    def test_options(
        self, project: Path, options: dict[str, object], folders: list[str], archives: list[str]
    ) -> None:
        """Extras and groups count if they are chosen, whatever the markers say."""
        assert read(project, {"package": "two", **options}) == Local(
            "services/two", folders, archives
        )

    def test_project_at_the_root(self, project: Path) -> None:
        """Without a package it is the project beside the lock."""
        local = read(project, {}, SINGLE)

        assert local.project == "."
        assert sorted(local.folders) == ["libs/base", "libs/shared"]

    def test_cycle(self, project: Path) -> None:
        """Packages that need each other are listed once."""
        text = WORKSPACE.replace(
            'source = { editable = "libs/base" }',
            'source = { editable = "libs/base" }\ndependencies = [{ name = "shared" }]',
        )

        assert sorted(read(project, {"package": "one"}, text).folders) == [
            "libs/base",
            "libs/shared",
        ]


class TestUnknown:
    """A target that asks for what a lock lacks."""

    @pytest.mark.parametrize(
        "options, message, hint",
        [
            ({"package": "on"}, 'app/uv.lock has no package "on"', 'did you mean "one"?'),
            ({"package": "six"}, 'app/uv.lock has no package "six"', "known: base, one"),
            ({}, "locks a workspace without a project at its root", 'set package = "…"'),
            (
                {"package": "two", "extras": ["all"]},
                'extras "all", which two in app/uv.lock lacks',
                "known: all-of-it, none",
            ),
            ({"package": "one", "groups": ["ops"]}, 'groups "ops", which one', "known: none"),
        ],
    )
    def test_refused(
        self, project: Path, options: dict[str, object], message: str, hint: str
    ) -> None:
        """It is an error that names the function, the lock, and the nearest name."""
        error = refused(project, options)

        assert error.message.startswith("[function.hello]")
        assert message in error.message
        assert hint in error.hint

    @pytest.mark.parametrize(
        "text", ["", "version = 1\n[package]\nname = 1", "version = ", "package = 1"]
    )
    def test_not_a_lock(self, project: Path, text: str) -> None:
        """Other content is an error, with the command that locks again."""
        error = refused(project, {}, text)

        assert error.message.startswith("app/uv.lock is not valid: ")
        assert error.hint == "lock again: uv lock --project app"


class TestFiles:
    """Files of indexes."""

    PROJECT = """\
version = 1
[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "greet" }]
"""

    def lock(self, source: str, files: str, name: str = "greet") -> str:
        """Return a lock with a package."""
        return (
            f'{self.PROJECT}[[package]]\nname = "{name}"\nversion = "1.0"\n'
            f"source = {{ registry = {source} }}\n{files}\n"
        )

    @pytest.mark.parametrize("source", ["../wheels", "wheels", "file:///wheels"])
    def test_of_a_folder(self, project: Path, source: str) -> None:
        """Those of an index in a folder are named; so is an sdist."""
        files = 'wheels = [{ path = "a.whl" }, { path = "b.whl" }]\nsdist = { path = "c.gz" }'

        local = read(project, {}, self.lock(f'"{source}"', files))

        assert local.archives == [f"{source}/a.whl", f"{source}/b.whl", f"{source}/c.gz"]

    @pytest.mark.parametrize("kind", ["wheels = [{}]", "sdist = {}"])
    def test_without_hash(self, project: Path, kind: str) -> None:
        """Those of an index on the network must have hashes, if they are needed."""
        file = '{ url = "https://x/greet-1.0.whl", size = 1 }'
        hashed = file.replace(", size", ', hash = "sha256:00", size')
        assert (
            read(project, {}, self.lock('"https://x"', kind.replace("{}", hashed))).archives == []
        )
        text = self.lock('"https://x"', kind.replace("{}", file))

        with pytest.raises(HashzipError, match="has greet without a hash, because its index"):
            read(project, {}, text)

        assert read(project, {}, text.replace("dependencies", "others")).archives == []


class TestSpelling:
    """TOML that uv would not write, but accepts."""

    @pytest.mark.parametrize("name", SPELLINGS)
    def test_same(self, project: Path, name: str) -> None:
        """The user's own packages are the same, however the lock is spelled."""
        text = SPELLINGS[name]
        usual = read(project, {}, SINGLE)

        assert tomllib.loads(text) == tomllib.loads(SINGLE)
        assert text != SINGLE
        assert sorted(usual.folders) == ["libs/base", "libs/shared"]
        local = read(project, {}, text)
        assert local._replace(folders=sorted(local.folders)) == usual._replace(
            folders=sorted(usual.folders)
        )

    @pytest.mark.parametrize("name", SPELLINGS)
    def test_inputs(self, project: Path, name: str) -> None:
        """So are the inputs of a package, and what is done with them."""
        files = {
            "app/pyproject.toml": "[project]\nname = 'one'\n",
            "app/libs/base/base.py": "BASE = 1\n",
            "app/libs/shared/shared.py": "SHARED = 1\n",
        }
        projects.write_files(project, {path: text.encode() for path, text in files.items()})
        projects.configure(project, requirements="app/uv.lock")
        plans = []
        for text in (SINGLE, SPELLINGS[name]):
            (project / "app/uv.lock").write_bytes(text.encode())
            plans.append(projects.examine(project))

        usual, other = plans
        paths = [file.path for file in usual.deciding_inputs]
        assert "//app/libs/shared/shared.py" in paths
        assert [file.path for file in other.deciding_inputs] == paths
        assert other.recipe == usual.recipe

    def test_names(self, project: Path) -> None:
        """Names are compared in their normalized form, as uv does."""
        text = SINGLE.replace('{ name = "shared", extra = ["more"] }', '{ name = "Shared" }')

        assert "libs/shared" in read(project, {}, text).folders


class TestShape:
    """Values of other types than uv writes."""

    @pytest.mark.parametrize(
        "old, new, problem",
        [
            (
                'name = "six"\nv',
                'name = ["six"]\nv',
                "package[3].name must be a string, not a list",
            ),
            ('{ registry = "https://pypi.org/simple" }', "5", "package[3].source must be a table"),
            ('registry = "https://pypi.org/simple"', "", "package[3].source of six must have one"),
            ("registry =", "directories =", "package[3].source of six must have one of registry"),
            ("registry =", 'path = "x", registry =', "package[3].source of six must have one"),
            ('"https://pypi.org/simple"', "true", "registry must be a string, not true"),
            ('[{ name = "shared"', '[5, { name = "shared"', "dependencies[0] must be a table"),
            ('{ name = "six" }', '{ name = "seven" }', "depends on seven, which is not in it"),
            ('["more"]', '"more"', 'dependencies[0].extra must be a list, not "more"'),
            ('more = [{ name = "base" }]', "more = 5", "optional-dependencies.more must be a list"),
            ("version = 1\n", "version = 1e400\n", "version must be an integer, not inf"),
            ("version = 1\n", "", "version is missing"),
        ],
    )
    def test_refused(self, project: Path, old: str, new: str, problem: str) -> None:
        """They are one error that says where they are, and what belongs there."""
        text = SINGLE.replace(old, new, 1)
        assert text != SINGLE

        error = refused(project, {}, text)

        assert error.message.startswith("app/uv.lock is not valid: ")
        assert problem in error.message
        assert error.hint == "lock again: uv lock --project app"
