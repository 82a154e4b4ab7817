"""Validate what a program made before it is packed."""

from collections.abc import Iterable

from hashzip.builders import elf
from hashzip.builders.base import BuildOutput
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.links import Links
from hashzip.errors import HashzipError
from hashzip.inputs import read, secrets
from hashzip.inputs.files import SourceFile


def check(plan: BuildPlan, output: BuildOutput) -> None:
    """Check that what a program made can be packed.

    Args:
        plan: What it was made from.
        output: What was made.

    Raises:
        HashzipError: A file cannot run in Lambda, or looks like a secret; the inputs have changed
            since the plan.
    """
    target = plan.target
    files = [file for file, _ in output.files]
    plan.check_unchanged()
    try:
        elf.check_architecture(files, target.architecture, {})
    except HashzipError as error:
        raise HashzipError(
            error.message,
            f"build it for {target.architecture}, which programs find in HASHZIP_ARCHITECTURE; "
            "or set the function's architecture",
        ) from error
    flagged = [*_with_keys(files), *((link, False) for link in _linked(output))]
    findings = secrets.find(flagged, target.allow)
    remedy = "change the program that makes the package so that it leaves real secrets out"
    secrets.check_none(target.label, findings, remedy=remedy)


def _linked(output: BuildOutput) -> Iterable[SourceFile]:
    """Yield each file that a link leads to, by the link's path, which may be that of a secret."""
    if not output.links:
        return
    files = {file.path: file for file, _ in output.files}
    links = Links(output.links, files)
    for path in output.links:
        end = links.follow(path)
        if isinstance(end, str) and end in files:
            yield files[end]._replace(path=path)


def _with_keys(files: Iterable[SourceFile]) -> Iterable[tuple[SourceFile, bool]]:
    """Yield each file with whether it holds a private key."""
    for file in files:
        content, _ = read.content(file.location)
        yield file, content.is_private_key
