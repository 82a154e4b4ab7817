"""Finds the functions of a repository that has no `hashzip.toml` yet. Standard library only."""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hashzip.builders.python import RUNTIMES
from hashzip.builders.rust import bin_targets
from hashzip.inputs.walk import LEFT_OUT

_ENTRY = "lambda_handler"
# What has a `lambda_handler` in it and is no function to deploy, and what is large to search.
_NOT_SEARCHED = frozenset(
    {os.fsdecode(name) for name in LEFT_OUT}
    | {"node_modules", "site-packages", "dist", "build", "target", "tests", "test", "venv"}
)
_LOCKS = ("uv.lock", "pylock.toml", "requirements.txt")
_DEFAULT_RUNTIME = "python3.13"
_RUST_RUNTIME = "provided.al2023"


@dataclass(frozen=True, kw_only=True)
class Found:
    """A function that was found.

    Attributes:
        name: For `hashzip.toml`.
        source: Its folder, relative to the root, `/`-separated.
        handler: What Lambda calls; a program has none.
        requirements: What locks its packages, relative to the root, if there is something.
        builder: What builds it, unless that is `python`.
        runtime: What it runs on, where its language says so.
        binary: Which program of its crate it is, if there are several.
        features: Of the crate, without which there is no such program.
    """

    name: str
    source: str
    handler: str | None = None
    requirements: str | None = None
    builder: str | None = None
    runtime: str | None = None
    binary: str | None = None
    features: tuple[str, ...] = ()


def functions(root: Path) -> list[Found]:
    """Finds the modules that define `lambda_handler`, and the crates that need Lambda's runtime.

    Args:
        root: The folder to search.

    Returns:
        The functions, sorted by folder; their names are all different.
    """
    found: list[Found] = []
    for path in sorted(_files(root)):
        taken = {one.name for one in found}
        if path.name == bin_targets.MANIFEST:
            found += rust(root, path.parent, taken)
        elif _defines_entry(path):
            found.append(_python(root, path, taken))
    return found


def rust(root: Path, folder: Path, taken: Iterable[str] = ()) -> list[Found]:
    """Finds the functions of one crate: its program, or each of its programs.

    Args:
        root: What the folder is named from.
        folder: Of the crate.
        taken: Names that others have.
    """
    crate = bin_targets.functions(folder / bin_targets.MANIFEST)
    found: list[Found] = []
    for binary in crate.binaries if crate else ():
        assert crate  # noqa: S101 - it has the binary
        is_one = len(crate.binaries) == 1
        own = crate.name if is_one else binary.name
        names = [own, f"{own}-rust" if is_one else f"{crate.name}-{own}"]
        found.append(
            Found(
                name=_free(names, {*taken, *(one.name for one in found)}),
                source=folder.relative_to(root).as_posix(),
                builder="rust",
                runtime=_RUST_RUNTIME,
                binary=None if is_one else binary.name,
                features=binary.features,
            )
        )
    return found


def _python(root: Path, module: Path, taken: Iterable[str]) -> Found:
    folder = module.parent.relative_to(root).as_posix()
    return Found(
        name=_free(_names(root, folder, module.stem), taken),
        source=folder,
        handler=f"{module.stem}.{_ENTRY}",
        requirements=_requirements(root, module.parent),
    )


def runtime(root: Path) -> str:
    """Answers the runtime that a repository seems to be for: `.python-version`, or the newest."""
    try:
        text = (root / ".python-version").read_text(encoding="utf-8")
    except OSError:
        return _DEFAULT_RUNTIME
    version = re.match(r"\s*(?:cpython-)?(\d+\.\d+)", text)
    wanted = f"python{version[1]}" if version else _DEFAULT_RUNTIME
    return wanted if wanted in RUNTIMES else _DEFAULT_RUNTIME


def _files(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _NOT_SEARCHED and name[0] != "."]
        for name in files:
            path = Path(folder, name)
            if path.suffix == ".py" or name == bin_targets.MANIFEST:
                yield path


def _defines_entry(path: Path) -> bool:
    try:
        text = path.read_text(encoding="utf-8")
        # Most files have not even the word, and need not be parsed.
        body = ast.parse(text).body if _ENTRY in text else []
    except (OSError, ValueError, SyntaxError, RecursionError):
        return False
    defined = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, defined) and node.name == _ENTRY for node in body)


def _names(root: Path, folder: str, module: str) -> list[str]:
    """Answers names for a function: of the folder, or of the module in the root."""
    general = {"src", "app", "lambda", "python", "handler", "function", "functions"}
    parts = [part for part in folder.split("/") if part not in {".", *general}]
    names = [parts[-1] if parts else "", module, "-".join([*parts, module]), root.name]
    return [name for name in names if name not in {_ENTRY, "main", "index", "app"}]


def _free(names: Iterable[str], taken: Iterable[str]) -> str:
    """Answers the first of some names, as Lambda takes it, that no other function has."""
    for wanted in names:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", wanted).strip("-")[:64]
        if name and name not in taken:
            return name
    number = 1
    while f"function-{number}" in taken:
        number += 1
    return f"function-{number}"


def _requirements(root: Path, folder: Path) -> str | None:
    """Finds the nearest lock upwards; a `requirements.txt` only if it has hashes."""
    for place in (folder, *folder.parents):
        for name in _LOCKS:
            path = place / name
            if path.is_file() and (name != "requirements.txt" or "--hash" in _text(path)):
                return path.relative_to(root).as_posix()
        if place == root:
            break
    return None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
