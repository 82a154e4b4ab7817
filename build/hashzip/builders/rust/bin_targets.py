"""Finds which binaries of a Rust crate are functions. Standard library only: Cargo may be absent.

What is read is what Cargo would build by default:
https://doc.rust-lang.org/cargo/reference/cargo-targets.html
"""

import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

MANIFEST = "Cargo.toml"

# What a function is written with: https://docs.rs/lambda_runtime, https://docs.rs/lambda_http
_RUNTIMES = frozenset({"lambda_runtime", "lambda_http"})


class Binary(NamedTuple):
    """A program that a crate builds.

    Attributes:
        name: Of it.
        features: Without which Cargo does not build it.
    """

    name: str
    features: tuple[str, ...] = ()


class Crate(NamedTuple):
    """A crate whose programs are functions.

    Attributes:
        name: Of the package.
        binaries: Sorted by name.
    """

    name: str
    binaries: tuple[Binary, ...]


def functions(manifest: Path) -> Crate | None:
    """Answers the crate of a `Cargo.toml`, if it needs the runtime of Lambda and has a program."""
    try:
        document = tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    package = _table(document, "package")
    name = package.get("name")
    if not isinstance(name, str) or not _RUNTIMES.intersection(_dependencies(document)):
        return None
    found = tuple(sorted(of(manifest.parent, document)))
    return Crate(name, found) if found else None


def of(folder: Path, document: Mapping[str, Any]) -> Iterator[Binary]:
    """Answers the programs of a crate: those that its manifest lists, and those found by place.

    Args:
        folder: Of the crate.
        document: Its manifest.
    """
    listed = document.get("bin")
    written = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    for one in written:
        features = one.get("required-features") or ()
        if isinstance(one.get("name"), str):
            yield Binary(one["name"], tuple(map(str, features)))
    package = _table(document, "package")
    # The first edition finds none where some are listed.
    is_old = package.get("edition", "2015") == "2015"
    if package.get("autobins", not (is_old and written)):
        names = {one.get("name") for one in written}
        taken = {posixpath.normpath(str(one["path"])) for one in written if "path" in one}
        for found, path in _present(folder, package.get("name")):
            if found not in names and path not in taken:
                yield Binary(found)


def _dependencies(document: Mapping[str, Any]) -> Iterator[str]:
    """Answers the packages that a crate needs when it runs, on some system."""
    targets = _table(document, "target").values()
    for table in (document, *(target for target in targets if isinstance(target, dict))):
        for key, value in _table(table, "dependencies").items():
            renamed = value.get("package") if isinstance(value, dict) else None
            yield str(renamed or key)


def _present(folder: Path, name: object) -> Iterator[tuple[str, str]]:
    """Answers the programs that a crate has by the places of their files, with these."""
    if isinstance(name, str) and (folder / "src/main.rs").is_file():
        yield name, "src/main.rs"
    for path in (folder / "src/bin").glob("*"):
        if path.name.startswith("."):
            continue
        if path.suffix == ".rs" and path.is_file():
            yield path.stem, f"src/bin/{path.name}"
        elif (path / "main.rs").is_file():
            yield path.name, f"src/bin/{path.name}/main.rs"


def _table(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = values.get(key)
    return found if isinstance(found, dict) else {}
