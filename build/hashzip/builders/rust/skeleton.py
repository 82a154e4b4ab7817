"""Write placeholders for files that cargo requires although it does not compile them.

Cargo reads the manifest of each crate of a workspace, and refuses one whose programs, libraries,
tests, … do not exist. A copy of the compiled files alone needs empty files in their place.
https://doc.rust-lang.org/cargo/reference/cargo-targets.html
"""

import posixpath
from collections.abc import Iterator, Mapping
from pathlib import Path

from hashzip.builders.rust.cargo_manifests import Manifest, Manifests, join, table, tables
from hashzip.builders.rust.crate_inputs import Crates

_LIBRARY = "src/lib.rs"

# Targets that a manifest lists, with the folder of those without a path.
_PROGRAMS = {"bin": "src/bin"}
_NOT_BUILT = {"test": "tests", "bench": "benches", "example": "examples"}

_PLACEHOLDER = "fn main() {}\n"  # valid as a program, a library and a test


def write(crates: Crates, root: Path) -> None:
    """Write the missing files.

    Args:
        crates: The crates of a function.
        root: A folder with a copy of the files that are compiled, and of all manifests.
    """
    manifests = Manifests(crates.project.root, crates.function.label)
    for crate_dir in sorted({*crates.compiled, *crates.uncompiled}):
        manifest = manifests.manifest(crate_dir)
        if "package" not in manifest:
            continue  # only a workspace
        paths = list(_listed(manifest, _NOT_BUILT))
        if crate_dir not in crates.compiled:
            library = table(manifest, "lib").get("path", _LIBRARY)
            paths += [str(library), *_listed(manifest, _PROGRAMS)]
        for path in paths:
            location = root / join(crate_dir, posixpath.normpath(path))
            if not location.exists():
                location.parent.mkdir(parents=True, exist_ok=True)
                location.write_text(_PLACEHOLDER, encoding="utf-8", newline="\n")


def _listed(manifest: Manifest, kinds: Mapping[str, str]) -> Iterator[str]:
    """Yield the files of the targets that a manifest lists."""
    for kind, folder in kinds.items():
        for target in tables(manifest, kind):
            yield str(target.get("path", f"{folder}/{target.get('name')}.rs"))
