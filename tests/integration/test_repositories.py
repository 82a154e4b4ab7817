"""Packages from git repositories, at a commit that the lock names."""

import json
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from packageurl import PackageURL

from hashzip.builders.python import uv
from hashzip.errors import HashzipError
from tests.support import local_packages, program, repositories, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import content, examine, make_zip, names

KINDS = ("requirements.txt", "pylock.toml", "uv.lock")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with the package `greet`, whose first commit is not its last."""
    folder = tmp_path / "greet"
    repositories.make(folder)
    repositories.change(folder, "SECOND = 2\n")
    return folder


def lock(project: Path, index: Index, repository: Path, commit: str, kind: str) -> None:
    """Lock a commit of `greet`, beside the wheel `able`, for hello."""
    able = wheels.make(project, "able")
    index.add(able)
    if kind == "requirements.txt":
        line = f"greet @ git+{repository.as_uri()}@{commit}\n"
        projects.write_files(project, {kind: (wheels.requirement(able) + line).encode()})
        return
    sources = f"greet = {{ git = '{repository.as_uri()}', rev = '{commit}' }}\n"
    local_packages.pyproject(
        project, "single", ["greet", "able"], more=f"[tool.uv.sources]\n{sources}"
    )
    local_packages.lock(project, index)
    if kind == "pylock.toml":
        run("uv export --no-emit-project -o pylock.toml", project, index)
        (project / "uv.lock").unlink()


def run(command: str, folder: Path, index: Index) -> None:
    """Run a command of uv."""
    _, *arguments = shlex.split(command)
    environment = {**program.environment(), **index.settings}
    subprocess.run([uv.program(), *arguments], cwd=folder, env=environment, check=True)


def libraries(project: Path) -> Mapping[str, str]:
    """Return the URL of each package in the bill of materials of hello."""
    finished = program.run("sbom", "hello", cwd=project)
    components = json.loads(finished.out)["components"]
    return {component["name"]: component["purl"] for component in components}


@pytest.mark.parametrize("kind", KINDS)
def test_installed(project: Path, index: Index, repository: Path, kind: str) -> None:
    """The commit that is locked is installed, and named in manifest and bill of materials."""
    commit = repositories.git(repository, "rev-parse", "HEAD~1")
    lock(project, index, repository, commit, kind)
    projects.configure(project, requirements=kind, build_sdists=True)

    zip_file = make_zip(project)

    assert content(zip_file, "greet.py") == b"NAME = 'greet'\n"
    assert "able.py" in names(zip_file)
    assert not [path for path in names(zip_file) if path.endswith("direct_url.json")]
    manifest = json.loads(zip_file.with_suffix(".json").read_bytes())
    sources = {package["name"]: package.get("source") for package in manifest["packages"]}
    assert sources == {"able": None, "greet": f"git+{repository.as_uri()}#{commit}"}
    purls = libraries(project)
    url = PackageURL.from_string(purls["greet"])
    assert url.qualifiers == {"vcs_url": f"git+{repository.as_uri()}@{commit}"}
    assert purls["able"] == "pkg:pypi/able@1.0"


def test_other_commit(project: Path, index: Index, repository: Path) -> None:
    """Another commit is another package."""
    commit = repositories.git(repository, "rev-parse", "HEAD")
    lock(project, index, repository, commit, "requirements.txt")
    projects.configure(project, requirements="requirements.txt", build_sdists=True)

    assert content(make_zip(project), "greet.py") == b"SECOND = 2\n"


@pytest.mark.parametrize("kind", KINDS)
def test_not_allowed(project: Path, index: Index, repository: Path, kind: str) -> None:
    """Without `build_sdists` it is refused, at plan time where the lock shows it."""
    commit = repositories.git(repository, "rev-parse", "HEAD")
    lock(project, index, repository, commit, kind)
    projects.configure(project, requirements=kind)

    with pytest.raises(HashzipError, match="its code must run here to build it") as caught:
        make_zip(project) if kind == "uv.lock" else examine(project)

    assert "set build_sdists = true in [function.hello]" in caught.value.hint
    projects.configure(project, requirements=kind, build_sdists=True, exclude_packages=["able"])
    assert "greet.py" in names(make_zip(project))


def test_hints(project: Path, index: Index, repository: Path) -> None:
    """From a branch in a file without a lock, each hint leads to the next, and then to a zip."""
    line = f"greet @ git+{repository.as_uri()}@main\n"
    projects.write_files(project, {"requirements.txt": line.encode()})
    projects.configure(project, requirements="requirements.txt")
    with pytest.raises(HashzipError, match="without a full commit") as caught:
        examine(project)

    command, _, rest = caught.value.hint.removeprefix("run: ").partition(";")
    run(command, project, index)

    assert rest == ' then set requirements = "requirements.lock.txt"'
    projects.configure(project, requirements="requirements.lock.txt")
    with pytest.raises(HashzipError, match="must run here"):
        examine(project)
    projects.configure(project, requirements="requirements.lock.txt", build_sdists=True)
    assert content(make_zip(project), "greet.py") == b"SECOND = 2\n"


def test_settings_of_git(
    project: Path, index: Index, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What a user has git do to the ends of lines changes no byte."""
    commit = repositories.git(repository, "rev-parse", "HEAD")
    lock(project, index, repository, commit, "requirements.txt")
    projects.configure(project, requirements="requirements.txt", build_sdists=True)
    settings = tmp_path / "gitconfig"
    settings.write_text("[core]\n\tautocrlf = true\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))

    assert content(make_zip(project), "greet.py") == b"SECOND = 2\n"
    clone = tmp_path / "clone"
    repositories.git(tmp_path, "clone", "--quiet", str(repository), str(clone))
    assert (clone / "greet.py").read_bytes() == b"SECOND = 2\r\n"
