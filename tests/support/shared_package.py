"""A project with a package that two functions share."""

from collections.abc import Mapping
from pathlib import Path

from tests.support import project

API = {"source": "src", "runtime": "python3.13", "architecture": "arm64"}
READ = {"package": "api", "handler": "read.handler"}
WRITE = {"package": "api", "handler": "write.handler"}
SOURCES = {
    "read.py": b"def handler(event, context):\n    return 'read'\n",
    "write.py": b"def handler(event, context):\n    return 'write'\n",
}


def configure(root: Path, **tables: Mapping[str, object]) -> None:
    """Write the `hashzip.toml`, with changed keys of `api`, `read` and `write`, or more functions.

    Args:
        root: The project's folder.
        tables: Keys by the name of the table, or with `layer_`, the whole table of a layer.
    """
    known: dict[str, Mapping[str, object]] = {
        "package.api": API,
        "function.read": READ,
        "function.write": WRITE,
    }
    for name, keys in tables.items():
        kind, _, rest = name.partition("_")
        table = f"layer.{rest}" if kind == "layer" else f"function.{name}"
        table = "package.api" if name == "api" else table
        known[table] = {**known.get(table, {}), **keys}
    project.write_tables(root, known)


def make(root: Path) -> Path:
    """Make the project in a new folder; return the folder."""
    root.mkdir()
    configure(root)
    project.write_files(root / "src", SOURCES)
    return root
