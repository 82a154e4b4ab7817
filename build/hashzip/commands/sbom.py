"""`hashzip sbom`: print the software bill of materials of a package."""

import argparse

from hashzip import pipeline, planning
from hashzip.builders import BUILDERS
from hashzip.commands import _output, _parser
from hashzip.errors import HashzipError
from hashzip.printable import escaped_json

HELP = "print the software bill of materials of a package, in CycloneDX 1.6 JSON"
DESCRIPTION = "A package that contains other packages has the same document beside its manifest."
EXAMPLES = {"hashzip sbom hello > hello.cdx.json": "for a scanner"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function."""
    _parser.add_function(parser)


def run(options: argparse.Namespace) -> None:
    """Print the document, as it is beside the manifest."""
    from hashzip.artifacts import sbom

    plan = planning.plan(_output.project(options), options.function)
    manifest = plan.store.manifest(plan.fingerprint) if pipeline.find(plan) else None
    if manifest is None:
        raise HashzipError(
            f"{options.function} is not built from its current inputs",
            f"run: hashzip build {options.function}",
        )

    document = sbom.document(manifest, BUILDERS[plan.target.builder].PURL_TYPE)
    print(escaped_json(document), end="")
