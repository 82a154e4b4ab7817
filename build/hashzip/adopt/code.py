"""Find the functions of a repository in its source code, whatever the language."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from hashzip.adopt import go, names, node, python_code
from hashzip.adopt.proposal import Code
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository, below, parent, upwards
from hashzip.builders import BUILDERS

_PYTHON = ".py"


def find(repository: Repository, roots: Roots) -> list[Code]:
    """Find all functions.

    Args:
        repository: The files.
        roots: The folders that Python functions are packed from.
    """
    codes = [_python(repository, roots, handler) for handler in python_code.find(repository)]
    codes += node.find(repository)
    codes += go.find(repository)
    codes += _of_builders(repository)
    return codes


def candidates(codes: Sequence[Code]) -> list[list[str]]:
    """Return the names that each function may get, from the shortest to the longest."""
    in_module = Counter(code.path for code in codes)
    in_folder = Counter(parent(path) for path in in_module)
    in_source = Counter(code.sources for code in codes)
    listing = []
    for code in codes:
        folders = code.path.split("/")[:-1]
        stem = re.sub(r"\.\w+$", "", code.path.rpartition("/")[2])
        own = [name for name in code.names if names.telling(name)]
        if not code.handler:
            levels = [*own, *names.levels([*code.path.split("/"), code.function])]
        elif in_module[code.path] > 1:
            levels = names.levels([*folders, stem, code.function])
        elif in_folder[parent(code.path)] > 1:
            levels = names.levels([*folders, stem])
        else:
            telling = [names.telling(stem), *code.names, names.telling(code.function), stem]
            levels = names.levels(folders, [name for name in telling if name])
            if code.runtime == node.RUNTIME and in_source[code.sources] == 1:
                levels = [*own, *levels]  # the only function of a package has its name
        listing.append([name for name in map(names.valid, levels) if name] or ["function"])
    return listing


def _python(repository: Repository, roots: Roots, handler: python_code.Handler) -> Code:
    sources = roots.sources(handler.path)
    module = below(sources[0], handler.path).removesuffix(_PYTHON).replace("/", ".")
    return Code(
        handler.path,
        handler.function,
        sources,
        f"{module}.{handler.function}",
        include=roots.patterns(handler.path, sources),
        names=tuple(_project_names(repository, parent(handler.path))),
    )


def _project_names(repository: Repository, folder: str) -> Iterator[str]:
    """Yield the names of the projects that a folder is in, the nearest first."""
    for candidate in upwards(folder):
        path = "pyproject.toml" if candidate == "." else f"{candidate}/pyproject.toml"
        if repository.is_file(path):
            match = re.search(r'(?m)^name\s*=\s*"([^"]+)"', repository.text(path) or "")
            if match:
                yield match[1]


def _of_builders(repository: Repository) -> Iterator[Code]:
    """Ask each builder for the functions that only it knows."""
    root = Path(repository.root)
    for folder in repository.files:
        for builder in BUILDERS.values():
            for each in builder.discover(root / folder, root):
                yield Code(
                    each.source,
                    str(each.options.get("bin") or each.names[0]),
                    (each.source,),
                    each.handler,
                    each.runtime,
                    names=tuple(each.names),
                    options=each.options,
                )
