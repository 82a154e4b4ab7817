"""Locks of other tools: the hint of the error is followed, with the tool itself."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from hashzip.builders.python import uv
from hashzip.errors import HashzipError
from tests.support import program, wheels
from tests.support import project as projects
from tests.support.index import Index
from tests.support.project import examine, make_zip, names

pytestmark = [pytest.mark.registry, pytest.mark.slow]

POETRY = """\
[tool.poetry]
name = "app"
version = "1.0"
package-mode = false
[[tool.poetry.source]]
name = "local"
url = "{url}/"
priority = "primary"
[tool.poetry.dependencies]
python = ">=3.11,<3.15"
greet = "1.0"
"""
PIPFILE = """\
[[source]]
url = "{url}"
verify_ssl = false
name = "local"
[packages]
greet = "==1.0"
"""


def run(command: str, folder: Path) -> None:
    """Run a command of a shell, with uv and what it needs on the `PATH`, and no settings of it."""
    uv_folder = os.path.dirname(uv.program())
    path = f"{uv_folder}{os.pathsep}{os.environ['PATH']}"
    caches = {"UV_CACHE_DIR": str(folder.parent / "tools-cache"), "PATH": path}
    settings = {**program.environment(), **caches}
    for name in ("UV_DEFAULT_INDEX", "HASHZIP_CACHE_DIR"):
        settings.pop(name, None)
    subprocess.run(["sh", "-c", command], cwd=folder, env=settings, check=True)


@pytest.mark.parametrize(
    "folder, name, source, text, lock",
    [
        ("app", "poetry.lock", "pyproject.toml", POETRY, "uvx --from poetry poetry -C app lock"),
        (".", "Pipfile.lock", "Pipfile", PIPFILE, "uvx pipenv lock"),
    ],
    ids=["poetry", "pipenv"],
)
def test_followed(
    project: Path, index: Index, folder: str, name: str, source: str, text: str, lock: str
) -> None:
    """What the hint makes of the lock is installed."""
    index.add(wheels.make(project))
    location = project / folder
    projects.write_files(location, {source: text.format(url=index.url).encode()})
    run(lock, project)
    path = os.path.normpath(os.path.join(folder, name))
    projects.configure(project, requirements=path)
    with pytest.raises(HashzipError, match="which hashzip cannot install") as caught:
        examine(project)

    command, _, setting = caught.value.hint.removeprefix("run: ").partition("; then set ")
    run(command.replace("pipenv", "uvx pipenv"), project)

    projects.configure(project, **tomllib.loads(setting))
    assert "greet.py" in names(make_zip(project))
