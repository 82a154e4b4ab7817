"""`hashzip sbom`: what is in a package, as CycloneDX."""

import argparse

from hashzip import planning
from hashzip.artifacts import sbom
from hashzip.commands import _output
from hashzip.errors import HashzipError


def run(options: argparse.Namespace) -> None:
    """Prints it, as it lies beside the manifest."""
    plan = planning.plan(_output.project(options), options.function)
    manifest = plan.store.manifest(plan.fingerprint)
    if manifest is None:
        raise HashzipError(
            f"{options.function} is not built as it is now",
            f"run: hashzip build {options.function}",
        )
    print(sbom.document(manifest), end="")
