"""Find the folder that a Python function is packed from: the one that its imports count from."""

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from hashzip.adopt.repository import Repository, below, contains, join, parent, upwards

_MAX_MODULES = 500  # of a function, that are followed
# Folders whose modules functions import without a package.
_LIBRARIES = frozenset(("python", "lib", "libs", "shared", "common", "src", "layer"))


class Import(NamedTuple):
    """An import statement.

    Attributes:
        names: The modules that it may name, the longest first: `a.b`, `a`.
        level: The number of dots in front.
    """

    names: tuple[str, ...]
    level: int


class Roots:
    """The folders that functions are packed from, and what of them is packed.

    Args:
        repository: The files.
        is_required: Says whether a function's folder installs a package of a name.
    """

    def __init__(self, repository: Repository, is_required: Callable[[str, str], bool]) -> None:
        self._repository = repository
        self._is_required = is_required
        self._imports: dict[str, tuple[Import, ...]] = {}
        self._homes: dict[str, set[str]] | None = None
        self._home = cache(self._find_home)

    def sources(self, path: str) -> tuple[str, ...]:
        """Return the folders that a module's imports count from, the one with the module first.

        Args:
            path: The module.
        """
        folder = parent(path)
        base: str | None = None
        homes: dict[str, None] = {}
        for module in self._reached(path):
            for each in self._read(module):
                if not each.level:
                    home = self._home(each.names, parent(module), folder)
                    if home is not None:
                        homes[home] = None
                elif contains(parent(module), folder):
                    home = self._above(module, each.level)
                    base = home if base is None or contains(home, base) else base
        above = sorted((home for home in homes if contains(home, folder)), key=len, reverse=True)
        if base is not None:
            above = [base, *(home for home in above if home != base)]
        sources = above or [folder]
        others = [each for each in homes if not any(contains(home, each) for home in sources)]
        return (*sources, *others)

    def patterns(self, path: str, sources: Sequence[str]) -> tuple[str, ...]:
        """Return the patterns of what a function needs of its folders, or none for everything.

        A folder that holds more than the function, such as the repository's, is not packed whole.

        Args:
            path: The function's module.
            sources: The folders, as `sources` returns them.
        """
        own, *more = sources
        if own != "." and not any(contains(each, own) for each in more):
            return ()
        tops = set()
        for module in self._reached(path):
            homes = [each for each in sources if contains(each, parent(module))]
            top, slash, _ = below(max(homes, key=len, default="."), module).partition("/")
            tops.add(f"/{top}{slash}")
        if own != ".":
            tops.update(f"/{name}" for name in self._repository.files.get(own, ()))
            tops.update(
                f"/{below(own, each)}/" for each in self._repository.files if parent(each) == own
            )
        return tuple(sorted(tops))

    def _reached(self, path: str) -> list[str]:
        """Return a module and all modules of the repository that it imports."""
        reached, waiting = {path: None}, [path]
        while waiting and len(reached) < _MAX_MODULES:
            module = waiting.pop()
            for each in self._read(module):
                for file in self._files(each, module, parent(path)):
                    if file not in reached:
                        reached[file] = None
                        waiting.append(file)
        return list(reached)

    def _files(self, each: Import, module: str, folder: str) -> Iterator[str]:
        """Yield the files of an import that are in the repository."""
        if each.level:
            base = parent(module)
            for _ in range(each.level - 1):
                base = parent(base)
        else:
            home = self._home(each.names, parent(module), folder)
            if home is None:
                return
            base = home
        for name in each.names:
            stem = join(base, name.replace(".", "/"))
            for file in (f"{stem}.py", join(stem, "__init__.py")):
                if self._repository.is_file(file):
                    yield file

    def _read(self, path: str) -> tuple[Import, ...]:
        if path not in self._imports:
            text = self._repository.text(path)
            try:
                tree = ast.parse(text or "")
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                tree = ast.Module([], [])
            self._imports[path] = tuple(dict.fromkeys(_imports(tree)))
        return self._imports[path]

    def _above(self, module: str, level: int) -> str:
        """Return the folder that contains the package that a relative import counts from."""
        folder = parent(module)
        for _ in range(level):
            folder = parent(folder)
        return folder

    def _find_home(self, names: Sequence[str], near: str, folder: str) -> str | None:
        """Return the folder that has a module, upwards from its importer; or the only other.

        Args:
            names: The names that an import may mean, the longest first.
            near: The folder of the module that imports it.
            folder: The folder of the function.
        """
        top = names[-1].partition(".")[0]
        if top in sys.stdlib_module_names:
            names = tuple(name for name in names if "." in name)
        elif self._is_required(top, folder):
            return None
        else:
            names = tuple(dict.fromkeys((*names, top)))
        for candidate in dict.fromkeys((*upwards(folder), *upwards(near))):
            if any(self._has(candidate, name) for name in names):
                return candidate
        return self._elsewhere(top) if top in names else None

    def _has(self, folder: str, name: str) -> bool:
        stem = join(folder, name.replace(".", "/"))
        repository = self._repository
        return repository.is_file(f"{stem}.py") or repository.is_file(f"{stem}/__init__.py")

    def _elsewhere(self, top: str) -> str | None:
        """Return the only folder of the repository that has a module of a name, or None."""
        if self._homes is None:
            self._homes = {}
            for folder, files in self._repository.files.items():
                if "__init__.py" in files and folder != ".":
                    self._add(folder.rpartition("/")[2], parent(folder))
                elif folder.rpartition("/")[2] in _LIBRARIES:
                    for name in files:
                        if name.endswith(".py"):
                            self._add(name.removesuffix(".py"), folder)
        homes = self._homes.get(top, set())
        return next(iter(homes)) if len(homes) == 1 else None

    def _add(self, name: str, home: str) -> None:
        """Note a module, if its folder is one that Python can look in."""
        if self._homes is not None and not self._repository.is_file(join(home, "__init__.py")):
            self._homes.setdefault(name, set()).add(home)


def _imports(tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import((alias.name,), 0)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names = [f"{base}.{alias.name}" if base else alias.name for alias in node.names]
            yield Import((*names, base) if base else tuple(names), node.level)
