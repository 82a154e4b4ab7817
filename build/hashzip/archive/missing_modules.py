"""Find modules that a function imports and that nothing in Lambda has. Pure, but for reading.

It follows the imports from the handler on, through the function's own modules, and not into
packages: what these import is in their metadata.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from hashzip.archive import handler, node_imports, python_imports
from hashzip.builders.build_plan import Use

_RECORD = re.compile(r"(?:.*/)?[^/]+\.dist-info/RECORD")
_PYTHON_SUFFIXES = (".py", ".pyc", ".so")
_PYTHON_IN_LAYER = re.compile(r"python/(?:lib/python3\.\d+/site-packages/)?(.+)")
_NODE_IN_LAYER = re.compile(r"nodejs/(?:node\d+/)?(.+)")
_MAX_SOURCE = 4_000_000  # bytes of a module in Python; no person wrote a longer one
_NODE_SUFFIXES = (".js", ".mjs", ".cjs")

Read = Callable[[str], bytes]


class Missing(NamedTuple):
    """A module that is missing.

    Attributes:
        module: Its name: the top-level module of Python, the package of Node.js. A relative import
            of Python that leads out of all packages has its dot: `.util`.
        path: The path in the package of the module that imports it.
        line: The line of the import.
    """

    module: str
    path: str
    line: int


def find(use: Use, paths: Iterable[str], read: Read) -> list[Missing]:
    """Find what a function imports that neither its package, its layers nor Lambda has.

    Args:
        use: The function, with its layers.
        paths: The paths in its package.
        read: Returns the content of a file in it, by its path.

    Returns:
        The first import of each missing module. Nothing if a layer is not built yet, or if the
        handler is in a layer.
    """
    function, layers = use
    manifests = [layer.store.manifest(layer.fingerprint) for layer in layers]
    if function.handler_in_layer or not all(manifests):
        return []
    in_layers = [entry.path for each in manifests if each for entry in each.artifact.entries]
    start = handler.expected_paths(function.runtime, function.handler)
    family = re.match(r"(python3\.|nodejs)(\d+)", function.runtime)
    if family is None:
        return []
    version = int(family[2])
    if family[1] == "nodejs":
        missing = _Node(paths, in_layers, read, version).missing(start)
    else:
        has_path = "PYTHONPATH" in function.environment
        missing = _Python(paths, in_layers, read, version, has_path=has_path).missing(start)
    elsewhere = set(function.modules_in_layer)
    return [each for each in missing if each.module not in elsewhere]


class _Python:
    """The modules of a function in Python."""

    def __init__(
        self,
        paths: Iterable[str],
        in_layers: Iterable[str],
        read: Read,
        minor: int,
        *,
        has_path: bool,
    ) -> None:
        self._paths = set(paths)
        self._read = read
        self._minor = minor
        layers = (_PYTHON_IN_LAYER.fullmatch(path) for path in in_layers)
        self._present = {_top(path) for path in self._paths}
        self._present |= {_top(match[1]) for match in layers if match}
        self._present |= python_imports.standard_library(minor) | python_imports.RUNTIME_MODULES
        # Whether modules may be found in any folder.
        self._anywhere = has_path

    def missing(self, start: Iterable[str]) -> list[Missing]:
        """Follow the imports from the first of some paths that is in the package."""
        waiting = [path for path in start if path in self._paths and path.endswith(".py")][:1]
        foreign = self._foreign(waiting)
        seen: set[str] = set()
        absent: dict[str, Missing] = {}
        while waiting:
            path = waiting.pop(0)
            if path in seen or path in foreign:
                continue
            seen.add(path)
            for module, line in self._imports(path):
                if module.startswith("."):
                    absent.setdefault(module, Missing(module, path, line))
                    continue
                top = module.partition(".")[0]
                waiting += self._own(module)
                if top not in self._present:
                    absent.setdefault(top, Missing(top, path, line))
        if self._anywhere:
            names = {part.partition(".")[0] for path in self._paths for part in path.split("/")}
            absent = {name: each for name, each in absent.items() if name not in names}
        return list(absent.values())

    def _imports(self, path: str) -> list[python_imports.Import]:
        source = self._read(path)
        if len(source) > _MAX_SOURCE:
            return []
        self._anywhere = self._anywhere or python_imports.changes_path(source)
        is_package = path.endswith("/__init__.py")
        module = path.removesuffix("/__init__.py").removesuffix(".py").replace("/", ".")
        # Another version of Python may understand what this one does not.
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return python_imports.find(source, module, is_package=is_package, minor=self._minor)
        return []

    def _own(self, module: str) -> Iterator[str]:
        """Yield the paths in the package of a module and of the packages around it."""
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            folder = "/".join(parts[:end])
            for path in (f"{folder}.py", f"{folder}/__init__.py"):
                if path in self._paths:
                    yield path

    def _foreign(self, start: Iterable[str]) -> set[str]:
        """Return the files of installed packages, but not of one that has the handler."""
        handlers = set(start)
        foreign: set[str] = set()
        for path in filter(_RECORD.fullmatch, self._paths):
            root = posixpath.dirname(posixpath.dirname(path))
            rows = self._read(path).decode("utf-8", "replace").splitlines()
            files = {posixpath.normpath(posixpath.join(root, _first_field(row))) for row in rows}
            if not files & handlers:
                foreign |= files
        return foreign


class _Node:
    """The modules of a function in Node.js.

    Lambda sets `NODE_PATH` so that packages are found in layers, in the runtime, and at the root of
    the function's own package.
    """

    def __init__(
        self, paths: Iterable[str], in_layers: Iterable[str], read: Read, major: int
    ) -> None:
        self._paths = set(paths)
        self._read = read
        self._major = major
        layers = (_NODE_IN_LAYER.fullmatch(path) for path in in_layers)
        self._installed = {*_installed(self._paths)}
        self._shared = {
            name.removeprefix("node_modules/")
            for name in _installed(match[1] for match in layers if match)
        }
        self._shared |= {path.partition("/")[0] for path in self._paths if "/" in path}
        self._shared |= {posixpath.splitext(path)[0] for path in self._paths if "/" not in path}

    def missing(self, start: Iterable[str]) -> list[Missing]:
        """Follow the imports from the first of some paths that is in the package."""
        if any(posixpath.basename(path).startswith(".pnp.") for path in self._paths):
            return []  # Yarn finds packages in its own way
        waiting = [path for path in start if path in self._paths][:1]
        seen: set[str] = set()
        absent: dict[str, Missing] = {}
        while waiting:
            path = waiting.pop(0)
            if path in seen or not path.endswith(_NODE_SUFFIXES) or "node_modules/" in path:
                continue
            seen.add(path)
            source = self._read(path).decode("utf-8", "replace")
            for module, line in node_imports.find(source):
                if module.startswith((".", "/")):
                    waiting += self._relative(path, module)
                elif not self._has(path, module):
                    name = node_imports.package(module)
                    absent.setdefault(name, Missing(name, path, line))
        return list(absent.values())

    def _has(self, path: str, module: str) -> bool:
        # A URL, or a name that package.json defines.
        if re.match(r"#|[a-z]+:", module) or node_imports.is_brought(module, self._major):
            return True
        name = node_imports.package(module)
        folders = [path]
        while folders[-1]:
            folders.append(posixpath.dirname(folders[-1]))
        near = (posixpath.join(folder, "node_modules", name) for folder in folders)
        return name in self._shared or any(each in self._installed for each in near)

    def _relative(self, path: str, module: str) -> Iterator[str]:
        base = posixpath.normpath(posixpath.join(posixpath.dirname(path), module))
        suffixes = ("", *_NODE_SUFFIXES, *(f"/index{suffix}" for suffix in _NODE_SUFFIXES))
        for candidate in (base + suffix for suffix in suffixes):
            if candidate in self._paths:
                yield candidate
                return


def _top(path: str) -> str:
    """Return the top-level module that a file belongs to."""
    folder, slash, _ = path.partition("/")
    return folder if slash or not path.endswith(_PYTHON_SUFFIXES) else path.partition(".")[0]


def _first_field(row: str) -> str:
    """Return the path in a line of a `RECORD`, which is CSV."""
    return row[1:].partition('"')[0] if row.startswith('"') else row.partition(",")[0]


def _installed(paths: Iterable[str]) -> Iterator[str]:
    """Yield the folder of each package in a `node_modules`: `a/node_modules/@scope/name`."""
    for path in paths:
        folder, separator, rest = path.rpartition("node_modules/")
        if separator:
            name = node_imports.package(rest)
            yield f"{folder}node_modules/{name.removesuffix('.js')}"
