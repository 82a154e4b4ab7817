"""Finds the functions of a repository that has no `hashzip.toml` yet. Standard library only."""

import ast
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hashzip.builders.python import RUNTIMES
from hashzip.sources import LEFT_OUT

_ENTRY = "lambda_handler"
# What has a `lambda_handler` in it and is no function to deploy, and what is large to search.
_NOT_SEARCHED = frozenset(
    {os.fsdecode(name) for name in LEFT_OUT}
    | {"node_modules", "site-packages", "dist", "build", "target", "tests", "test", "venv"}
)
_LOCKS = ("uv.lock", "pylock.toml", "requirements.txt")
_DEFAULT_RUNTIME = "python3.13"


@dataclass(frozen=True)
class Found:
    """A function that was found.

    Attributes:
        name: For `hashzip.toml`.
        source: Its folder, relative to the root, `/`-separated.
        handler: What Lambda calls.
        requirements: What locks its packages, relative to the root, if there is something.
    """

    name: str
    source: str
    handler: str
    requirements: str | None


def functions(root: Path) -> list[Found]:
    """Finds the folders with a module that defines `lambda_handler`.

    Args:
        root: The folder to search.

    Returns:
        The functions, sorted by folder; their names are all different.
    """
    found: list[Found] = []
    taken: set[str] = set()
    for module in sorted(_modules(root)):
        folder = module.parent.relative_to(root).as_posix()
        name = _name(root, folder, module.stem, taken)
        taken.add(name)
        handler = f"{module.stem}.{_ENTRY}"
        found.append(Found(name, folder, handler, _requirements(root, module.parent)))
    return found


def runtime(root: Path) -> str:
    """Answers the runtime that a repository seems to be for: `.python-version`, or the newest."""
    try:
        text = (root / ".python-version").read_text(encoding="utf-8")
    except OSError:
        return _DEFAULT_RUNTIME
    version = re.match(r"\s*(?:cpython-)?(\d+\.\d+)", text)
    wanted = f"python{version[1]}" if version else _DEFAULT_RUNTIME
    return wanted if wanted in RUNTIMES else _DEFAULT_RUNTIME


def architecture() -> str:
    """Answers Lambda's name of this machine's architecture, where it has it; else the cheaper."""
    return "x86_64" if platform.machine().lower() in ("x86_64", "amd64") else "arm64"


def _modules(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in _NOT_SEARCHED and name[0] != "."]
        for name in files:
            path = Path(folder, name)
            if path.suffix == ".py" and _defines_entry(path):
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


def _name(root: Path, folder: str, module: str, taken: set[str]) -> str:
    """Answers a name that no other has: of the folder, or of the module in the root."""
    general = {"src", "app", "lambda", "python", "handler", "function", "functions"}
    parts = [part for part in folder.split("/") if part not in {".", *general}]
    candidates = [parts[-1] if parts else "", module, "-".join([*parts, module]), root.name]
    for candidate in candidates:
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", candidate).strip("-")[:64]
        if name and name not in taken and name not in {_ENTRY, "main", "index", "app"}:
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
