"""Find the programs of a Rust crate, and which crates are functions, without cargo.

The rules are those by which cargo finds what it builds by default:
https://doc.rust-lang.org/cargo/reference/cargo-targets.html
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hashzip.builders.rust import cargo_schema
from hashzip.builders.rust.cargo_manifests import MANIFEST, Manifest, package, table, tables
from hashzip.errors import HashzipError
from hashzip.project import files
from hashzip.project.schema import ShapeError

# The crates that functions are written with: https://docs.rs/lambda_runtime,
# https://docs.rs/lambda_http
_RUNTIMES = frozenset({"lambda_runtime", "lambda_http"})


class Binary(NamedTuple):
    """A program that a crate builds.

    Attributes:
        name: The program's name.
        features: The features without which cargo does not build it.
    """

    name: str
    features: tuple[str, ...] = ()


class Crate(NamedTuple):
    """A crate whose programs are functions.

    Attributes:
        name: The package's name.
        binaries: Its programs, sorted by name.
    """

    name: str
    binaries: tuple[Binary, ...]


def functions(crate_dir: Path, root: Path) -> Crate | None:
    """Return the crate of a folder, if it depends on Lambda's runtime and has a program.

    Args:
        crate_dir: The folder.
        root: The folder that no link may lead out of.
    """
    path = crate_dir.relative_to(root) / MANIFEST
    try:
        manifest = cargo_schema.manifest(files.read(str(root.resolve()), str(path)))
    except (HashzipError, OSError, ShapeError):
        return None
    name = package(manifest).get("name")
    if not isinstance(name, str) or not _RUNTIMES.intersection(_dependencies(manifest)):
        return None
    binaries = tuple(sorted(find(crate_dir, manifest)))
    return Crate(name, binaries) if binaries else None


def find(crate_dir: Path, manifest: Manifest) -> Iterator[Binary]:
    """Yield the programs of a crate: those its manifest lists and those in cargo's usual places.

    Args:
        crate_dir: The folder of the crate.
        manifest: Its manifest.
    """
    listed = tables(manifest, "bin")
    for target in listed:
        if "name" in target:
            yield Binary(target["name"], tuple(target.get("required-features", ())))
    settings = package(manifest)
    # In the 2015 edition, a listed program turns the usual places off.
    is_old = settings.get("edition", "2015") == "2015"
    if settings.get("autobins", not (is_old and listed)):
        names = {target.get("name") for target in listed}
        paths = {posixpath.normpath(target["path"]) for target in listed if "path" in target}
        for name, path in _in_usual_places(crate_dir, settings.get("name")):
            if name not in names and path not in paths:
                yield Binary(name)


def _dependencies(manifest: Manifest) -> Iterator[str]:
    """Yield the packages that a crate depends on at run time, on any system."""
    platforms = table(manifest, "target")
    for owner in (manifest, *(table(platforms, name) for name in platforms)):
        for key, value in table(owner, "dependencies").items():
            renamed = value.get("package") if isinstance(value, dict) else None
            yield str(renamed or key)


def _in_usual_places(crate_dir: Path, name: object) -> Iterator[tuple[str, str]]:
    """Yield the name and the path of each program in `src/main.rs` and `src/bin`."""
    if isinstance(name, str) and (crate_dir / "src/main.rs").is_file():
        yield name, "src/main.rs"
    for path in (crate_dir / "src/bin").glob("*"):
        if path.name.startswith("."):
            continue
        if path.suffix == ".rs" and path.is_file():
            yield path.stem, f"src/bin/{path.name}"
        elif (path / "main.rs").is_file():
            yield path.name, f"src/bin/{path.name}/main.rs"
