"""Files that tools and editors leave beside sources are no inputs."""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.errors import HashzipError
from hashzip.inputs import walk
from tests.support import project as projects

# As the tools that people use write them; each is on one machine and not on another.
LEFTOVERS = (
    *("app.egg-info/PKG-INFO", ".tox/py/x", ".nox/lint/x", ".hypothesis/x", ".coverage"),
    *(".coverage.host.1.XyZ", "htmlcov/index.html", ".ipynb_checkpoints/a.ipynb", "a.pyc"),
    *(".terraform.lock.hcl", "terraform.tfstate", "terraform.tfstate.backup", "x.tfplan"),
    *("tfplan", ".terraform.tfstate.lock.info", ".terragrunt-cache/x", ".aws-sam/build/x"),
    *(".terragrunt-source-manifest", ".serverless/x.zip", "node_modules/.cache/x"),
    *(".idea/workspace.xml", ".vscode/settings.json", "app.py~", ".app.py.swp", ".app.py.swo"),
    *(".#app.py", "#app.py#", "._app.py", "Icon\r", "desktop.ini", "Thumbs.db", ".DS_Store"),
)
KEPT = (
    *("app.py", "egg-info", ".coveragerc", "coverage", "state.tfstate2", "my.tf", "sub/my.tf"),
    *("tfplan.py", ".env.example", ".swp", "a#", "~a", ".well-known/x", "idea/x", "hashzip.toml"),
)


def files(
    root: Path, source: str, include: Sequence[str] = ("**",), exclude: Sequence[str] = ()
) -> set[str]:
    """Return the paths that a walk lists."""
    real = os.path.realpath(root)
    listing = walk.walk(real, source, include=include, exclude=exclude)
    start = len(listing.folder) + 1
    return {os.fsdecode(location[start:]) for location in listing.files}


@pytest.mark.parametrize("path", LEFTOVERS)
def test_left_out(tmp_path: Path, path: str) -> None:
    """A file that a tool leaves is left out, at the top and deeper; the rest is not."""
    projects.write_files(tmp_path, {f"src/{path}": b"", f"src/a/b/{path}": b"", "src/app.py": b""})

    assert files(tmp_path, "src") == {"app.py"}


@pytest.mark.parametrize("path", KEPT)
def test_kept(tmp_path: Path, path: str) -> None:
    """A name that only looks similar is packed."""
    projects.write_files(tmp_path, {f"src/{path}": b""})

    assert files(tmp_path, "src") == {path}


@pytest.mark.parametrize(
    "path", ["main.tf", "x.tfvars", "x.auto.tfvars.json", "x.tf.json", "main.tofu", "hashzip.toml"]
)
def test_configuration_in_the_root(tmp_path: Path, path: str) -> None:
    """The configuration that deploys is no source in the project's root, but is below it."""
    projects.write_files(tmp_path, {path: b"", f"sub/{path}": b"", "app.py": b""})

    assert files(tmp_path, ".") == {"app.py", f"sub/{path}"}
    assert files(tmp_path, "sub") == {path}


@pytest.mark.parametrize(
    "path, pattern, other",
    [
        ("a.pyc", "*.pyc", "**/*"),
        (".coverage", ".coverage", "*"),
        ("htmlcov/index.html", "htmlcov/", "**"),
        ("lib/a.pyc", "/lib/a.pyc", "lib/"),
        ("x.tfstate", "x.tfstate", "lib/**"),
    ],
)
def test_named_in_include(tmp_path: Path, path: str, pattern: str, other: str) -> None:
    """A pattern that names the file or folder takes it; one of wildcards or above it does not."""
    projects.write_files(tmp_path, {path: b"", "app.py": b""})

    assert path in files(tmp_path, ".", [pattern])
    assert path in files(tmp_path, ".", [pattern, "**"])
    assert path not in files(tmp_path, ".", [other, "*.py"])
    assert path not in files(tmp_path, ".", [pattern], exclude=[path])


@pytest.mark.parametrize("name", [b"bad\xff.py", b"a\nb.py", b"x\x1b[31m.py"])
def test_excluded_name_is_no_error(project: Path, name: bytes) -> None:
    """A name that no package can have is an error, until a pattern excludes it."""
    location = os.path.join(os.fsencode(project), b"src", name)
    with open(location, "wb"):
        pass
    with pytest.raises(HashzipError, match=r"the name .* (is not UTF-8|has a control character)"):
        projects.examine(project)

    projects.configure(project, exclude=["bad*", "a?b.py", "x*m.py"])
    assert len(projects.examine(project).packed_files) == 3


@pytest.mark.parametrize("key", ["include", "exclude", "executable", "allow"])
def test_pattern_that_matches_nothing(project: Path, key: str) -> None:
    """It is a warning that names the pattern; a pattern that matches has none."""
    used = ["*.py", "hello.py", "lib/"] if key != "exclude" else ["lib/"]
    for _ in range(2):  # the second plan comes from the cache
        projects.configure(project, **{key: [*used, "nothing.txt"]})
        assert projects.examine(project).warnings == [
            f'{key} of [function.hello] has "nothing.txt", which matches nothing'
        ]
    projects.configure(project, **{key: used})
    assert projects.examine(project).warnings == []


def test_pattern_of_several_folders(project: Path) -> None:
    """A pattern that matches in one source folder is used."""
    projects.write_files(project / "more", {"a.txt": b""})
    projects.configure(project, source=["src", "more"], include=["*.txt", "*.py"])

    assert projects.examine(project).warnings == []


@pytest.mark.parametrize("key", ["source", "inputs"])
@pytest.mark.parametrize("path", ["dist", "dist/f", ".hashzip", "DIST/x"])
def test_own_folders(tmp_path: Path, key: str, path: str) -> None:
    """Hashzip's own folders are neither sources nor inputs; one of that name below is."""
    table = {
        "builder": "command",
        "command": ["true"],
        "source": "src",
        "runtime": "provided.al2023",
        "architecture": "arm64",
    }
    for prefix, is_refused in (("", True), ("src/", False)):
        value = f"{prefix}{path}"
        projects.write_tables(
            tmp_path, {"function.f": table | {key: value if key == "source" else [value]}}
        )
        if is_refused:
            with pytest.raises(HashzipError, match="where hashzip keeps its own files"):
                planning.load_project(str(tmp_path))
        else:
            assert planning.load_project(str(tmp_path)).targets


def test_build_beside_terraform(project: Path) -> None:
    """With the root as source, what Terraform and builds write changes no fingerprint."""
    projects.configure(project, source=".", handler="src.hello.handler")
    before = projects.examine(project).fingerprint
    projects.make_zip(project)
    written = ("main.tf", "terraform.tfstate", "terraform.tfstate.backup", "tfplan", "x.tfvars")
    projects.write_files(project, dict.fromkeys(written, b"{}"))
    assert projects.examine(project).fingerprint == before

    projects.write_files(project, {"new.py": b""})
    assert projects.examine(project).fingerprint != before
