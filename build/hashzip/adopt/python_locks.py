"""Find what a Python function requires: its lock or list of packages, and its version of Python."""

import re
from collections.abc import Iterator
from functools import cache

from hashzip.adopt.repository import Repository, join, parent, upwards
from hashzip.builders.python import python_range
from hashzip.project import runtimes, schema
from hashzip.project.schema import ShapeError

# The first that a folder has is taken; those that hashzip installs before those that it refuses
# with the command to run.
_LOCKS = ("uv.lock", "pylock.toml", "requirements.lock.txt", "requirements.txt")
_LISTS = ("poetry.lock", "Pipfile.lock", "pdm.lock", "requirements.in")
_VERSION = re.compile(r"\s*(?:cpython-)?3\.(\d+)")
_DEFAULT = "python3.13"
_NEWEST = 13  # the minor version of the default


class Requirements:
    """The requirements of a repository's Python functions.

    Args:
        repository: The files.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self.is_required = cache(self._is_required)
        self.nearest = cache(self._nearest)
        self.runtime = cache(self._runtime)
        self._project = cache(self._read_project)

    def _nearest(self, folder: str) -> str | None:
        """Return the nearest list of packages, upwards from a folder."""
        listing = None
        for candidate in upwards(folder):
            path = self.of_folder(candidate)
            # A member of a workspace has a pyproject.toml, and its workspace the lock.
            if path and (listing is None or path.endswith("uv.lock")):
                listing = path
            if listing and not listing.endswith("pyproject.toml"):
                return listing
        return listing

    def of_folder(self, folder: str) -> str | None:
        """Return the list of packages that a folder has."""
        paths = [join(folder, name) for name in (*_LOCKS, *_LISTS)]
        present = [path for path in paths if self._repository.is_file(path)]
        if present:
            return present[0]
        path = join(folder, "pyproject.toml")
        if self._repository.is_file(path) and _dependencies(self._project(path)):
            return path
        return None

    def options(self, lock: str, folder: str) -> dict[str, object]:
        """Return the keys that select what a function takes of a lock.

        Args:
            lock: The lock.
            folder: The function's folder. In a workspace of uv, its member is the function's.
        """
        if not lock.endswith("uv.lock"):
            return {}
        for candidate in upwards(folder):
            name = self._project(join(candidate, "pyproject.toml")).get("name")
            if isinstance(name, str):
                return {"package": name} if candidate != parent(lock) else {}
            if candidate == parent(lock):
                break
        return {}

    def _runtime(self, folder: str) -> str:
        """Return the runtime of a folder: of `.python-version`, or what `pyproject.toml` asks."""
        for candidate in upwards(folder):
            version = join(candidate, ".python-version")
            if self._repository.is_file(version):
                match = _VERSION.match(self._repository.text(version) or "")
                name = f"python3.{match[1]}" if match else ""
                if name in runtimes.RUNTIMES:
                    return name
            path = join(candidate, "pyproject.toml")
            required = self._project(path).get("requires-python")
            if isinstance(required, str):
                return _fitting(required)
        return _DEFAULT

    def _is_required(self, module: str, folder: str) -> bool:
        """Return whether the packages of a folder have one of a module's name."""
        lock = self.nearest(folder)
        if lock is None or module in self._own_modules(folder):
            return False
        name = re.sub(r"[-_.]+", "[-_.]+", re.escape(module).replace("\\", ""))
        text = self._repository.text(lock) or ""
        return re.search(rf"""(?im)^[\s"']*(?:name = ["'])?{name}(?![\w.-])""", text) is not None

    def _own_modules(self, folder: str) -> set[str]:
        """Return what `import` calls the projects that a folder is in: a lock has these, too."""
        projects = (self._project(join(each, "pyproject.toml")) for each in upwards(folder))
        return {re.sub(r"[-_.]+", "_", str(project.get("name"))) for project in projects}

    def _read_project(self, path: str) -> dict[str, object]:
        """Return the table of the project in a `pyproject.toml`, or an empty one."""
        if not self._repository.is_file(path):
            return {}
        try:
            document = schema.toml(self._repository.text(path) or "")
        except ShapeError as error:
            self._repository.skip(path, str(error))
            return {}
        project = document.get("project")
        if not isinstance(project, dict):
            tool = document.get("tool")
            poetry = tool.get("poetry") if isinstance(tool, dict) else None
            project = {}
            if isinstance(poetry, dict):
                listed = poetry.get("dependencies")
                project = {**poetry, "dependencies": [*listed] if isinstance(listed, dict) else []}
        return project


def _dependencies(project: dict[str, object]) -> list[str]:
    listed = project.get("dependencies")
    return [str(each) for each in listed if each != "python"] if isinstance(listed, list) else []


def _fitting(required: str) -> str:
    """Return the newest usual runtime that a range such as `>=3.10,<3.13` allows."""
    for name in sorted(_usual(), key=lambda name: -int(name.rpartition(".")[2])):
        if _allows(required, int(name.rpartition(".")[2])):
            return name
    newer = [name for name in runtimes.of_family("python") if name not in _usual()]
    return next(
        (name for name in newer if _allows(required, int(name.rpartition(".")[2]))), _DEFAULT
    )


def _usual() -> Iterator[str]:
    for name in runtimes.of_family("python"):
        if int(name.rpartition(".")[2]) <= _NEWEST:
            yield name


def _allows(required: str, minor: int) -> bool:
    try:
        return python_range.first_fit(required, f"3.{minor}") is not None
    except ValueError:
        return False
