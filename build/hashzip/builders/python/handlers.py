"""Find the Lambda functions in a folder of Python modules, for `hashzip init`."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from hashzip.builders.base import Discovered

_ENTRY = "lambda_handler"
_LOCKS = ("uv.lock", "pylock.toml", "requirements.txt")
# Names of folders and modules that say nothing about a function.
_GENERAL_FOLDERS = frozenset(
    (".", "src", "app", "lambda", "python", "handler", "function", "functions")
)
_GENERAL_NAMES = frozenset((_ENTRY, "main", "index", "app"))


def discover(folder: Path, root: Path) -> Iterator[Discovered]:
    """Find the modules of a folder that define `lambda_handler`.

    Args:
        folder: The folder.
        root: The folder that the search began in.
    """
    for module in sorted(folder.glob("*.py")):
        if _defines_entry(module):
            relative = folder.relative_to(root).as_posix()
            lock = _lock(folder, root)
            yield Discovered(
                names=_names(root, relative, module.stem),
                source=relative,
                handler=f"{module.stem}.{_ENTRY}",
                options={"requirements": lock} if lock else {},
            )


def runtime(root: Path, default: str) -> str:
    """Return the runtime of the version in a repository's `.python-version`, or the default."""
    try:
        text = (root / ".python-version").read_text(encoding="utf-8-sig")
    except OSError:
        return default
    version = re.match(r"\s*(?:cpython-)?(\d+\.\d+)", text)
    return f"python{version[1]}" if version else default


def _defines_entry(module: Path) -> bool:
    try:
        text = module.read_text(encoding="utf-8-sig")
        # Most modules do not even contain the word, and need not be parsed.
        body = ast.parse(text).body if _ENTRY in text else []
    except (OSError, ValueError, SyntaxError, RecursionError):
        return False
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, definitions) and node.name == _ENTRY for node in body)


def _names(root: Path, folder: str, module: str) -> list[str]:
    """Return names for a function: its folder's, or its module's."""
    parts = [part for part in folder.split("/") if part not in _GENERAL_FOLDERS]
    names = [parts[-1] if parts else "", module, "-".join([*parts, module]), root.name]
    return [name for name in names if name not in _GENERAL_NAMES]


def _lock(folder: Path, root: Path) -> str | None:
    """Return the nearest lock upwards; a `requirements.txt` only if it has hashes."""
    for candidate in (folder, *folder.parents):
        for name in _LOCKS:
            path = candidate / name
            if path.is_file() and (name != "requirements.txt" or "--hash" in _text(path)):
                return path.relative_to(root).as_posix()
        if candidate == root:
            break
    return None


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
