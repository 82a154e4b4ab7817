"""`hashzip sbom`: what is in a package, as CycloneDX."""

import argparse

from hashzip import planning, sbom
from hashzip.commands import output
from hashzip.errors import HashzipError


def run(options: argparse.Namespace) -> None:
    """Prints it, as it lies beside the manifest."""
    blueprint = planning.examine(output.project(options), options.function)
    manifest = blueprint.store.manifest(blueprint.fingerprint)
    if manifest is None:
        raise HashzipError(
            f"{options.function} is not built as it is now",
            f"run: hashzip build {options.function}",
        )
    print(sbom.document(manifest), end="")
