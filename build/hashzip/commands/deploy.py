"""`hashzip deploy`: send the built package to the function that Terraform made."""

import argparse
from functools import partial
from typing import TYPE_CHECKING

from hashzip import pipeline, planning
from hashzip.artifacts.store import read_zip
from hashzip.aws import client
from hashzip.aws.client import Endpoint
from hashzip.builders.build_plan import BuildPlan
from hashzip.commands import _endpoint, _output, _parser, _progress, _store
from hashzip.errors import HashzipError
from hashzip.project.config import Project

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Manifest
    from hashzip.artifacts.store import SharedStores, Store

HELP = "send a package to its function in AWS, without Terraform"
DESCRIPTION = (
    "Builds the package if it is not built yet, replaces the function's code, and waits until the "
    "function runs it. Settings, such as the runtime, stay as they are. Use it where Terraform "
    "reports that a function does not run the code that was applied last. With a store in S3, the "
    "package is built or found there as by `hashzip build`, and Lambda takes it from there; the "
    "local AWS has no such store."
)
EXAMPLES = {
    "hashzip deploy hello": "ask, and deploy what the sources give now",
    "hashzip deploy hello --expect 6381aa --yes": "deploy that package or fail, and do not ask",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the function, the fingerprint, and where the function runs."""
    _parser.add_function(parser)
    parser.add_argument(
        "--expect",
        metavar="FINGERPRINT",
        help="first digits of the fingerprint that the sources must have; fail if they differ",
    )
    _endpoint.add_arguments(parser)
    _parser.add_yes(parser)
    _store.add_arguments(parser)


def run(options: argparse.Namespace) -> None:
    """Build what is missing, send it, and print what was sent."""
    project = _output.project(options)
    name = _endpoint.function_name(project, options)
    plan = planning.plan(project, options.function)
    if options.expect is not None and not plan.fingerprint.startswith(options.expect or "-"):
        raise HashzipError(
            f"the sources of {options.function} have the fingerprint "
            f"{plan.fingerprint[: _output.DIGITS]}, not {options.expect}",
            "check out the commit that was applied last, or leave --expect out",
        )
    client.require_boto3()
    endpoint = _endpoint.choose(project, options)
    shared = _shared(project, options, endpoint)
    with _progress.shown() as packed:
        pipeline.build(plan, progress=partial(packed, options.function), shared=shared)
    store = shared.store(plan.target.name) if shared else plan.store
    manifest = _manifest(plan, store)
    from hashzip.aws import code_update, deployed

    before = deployed.find(endpoint, name).configuration
    code_update.check_settings(name, before, plan.target)
    package = f"{plan.fingerprint[: _output.DIGITS]} ({_output.megabytes(manifest.artifact.size)})"
    if before["CodeSha256"] == manifest.artifact.code_sha256:
        _output.line(f"{name} runs {package} already")
        return
    if not options.yes and not _output.confirm(f"replace the code of {name} with {package}?"):
        print("nothing was sent")
        return
    if shared:
        url = store.reference(plan.fingerprint)["zip"]
        code_update.update_from_s3(endpoint, name, url, manifest.artifact.code_sha256)
    else:
        code_update.update(endpoint, name, read_zip(store, plan.fingerprint))
    _output.line(f"{name} runs {package} now")


def _shared(
    project: Project, options: argparse.Namespace, endpoint: Endpoint
) -> "SharedStores | None":
    """Return the shared stores, if Lambda can take a package from there."""
    if endpoint.url is None:
        return _store.choose(project, options)
    if options.store:
        raise HashzipError(f"{endpoint} has no store", "leave --store out, or add --remote")
    return None


def _manifest(plan: BuildPlan, store: "Store") -> "Manifest":
    manifest = store.manifest(plan.fingerprint)
    if manifest is None:
        raise HashzipError(
            f"the build of {plan.target.name} was removed while it was read", "run this again"
        )
    return manifest
