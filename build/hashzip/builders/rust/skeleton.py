"""Stands in for what cargo wants to see and does not compile. Build time.

Cargo reads the manifest of each crate of a workspace, and refuses one whose programs, libraries,
tests, … it does not find. So where only what is compiled was copied, empty files take their place.
https://doc.rust-lang.org/cargo/reference/cargo-targets.html
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from hashzip.builders.rust.cargo_manifests import Manifest, Manifests, join, table
from hashzip.builders.rust.crate_inputs import Crates

_LIBRARY = "src/lib.rs"

# What a crate may list several of, and where each is if the manifest does not say.
_PROGRAMS = {"bin": "src/bin"}
_NOT_BUILT = {"test": "tests", "bench": "benches", "example": "examples"}

_EMPTY = "fn main() {}\n"  # a program, a library or a test, whichever is wanted


def write(crates: Crates, root: Path) -> None:
    """Writes what is missing.

    Args:
        crates: Those of the function.
        root: The folder of a copy of the project that has only what is compiled.
    """
    read = Manifests(crates.project.root, crates.function.label)
    for folder in sorted({*crates.manifests, *crates.read}):
        manifest = read.manifest(folder)
        if "package" not in manifest:
            continue  # a workspace alone
        wanted = list(_listed(manifest, _NOT_BUILT))
        if folder not in crates.manifests:
            library = table(manifest, "lib").get("path", _LIBRARY)
            wanted += [str(library), *_listed(manifest, _PROGRAMS)]
        for path in wanted:
            place = root / join(folder, posixpath.normpath(path))
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(_EMPTY, encoding="utf-8", newline="\n")


def _listed(manifest: Manifest, kinds: dict[str, str]) -> Iterator[str]:
    """Answers the files of what a manifest lists of some kinds."""
    for kind, folder in kinds.items():
        listed = manifest.get(kind, [])
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, dict):
                yield str(one.get("path", f"{folder}/{one.get('name')}.rs"))
