"""One function of a development account, which gets the package that Terraform would deploy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hashzip import pipeline
from hashzip.aws import errors
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.aws.client import Endpoint
    from hashzip.builders.build_plan import BuildPlan
    from hashzip.project.targets import Target

PROTECTED = "hashzip:protected"  # a tag; whatever its value


class AccountFunction:
    """A function in an account.

    Args:
        place: The account.
        name: Of the function there.
        target: What its package is built from.

    Raises:
        HashzipError: There is no such function, or it must not get this code.
    """

    def __init__(self, place: Endpoint, name: str, target: Target) -> None:
        self._place = place
        self._name = name
        with errors.translated(place, name):
            self._client = place.client("lambda")
            found = self._client.get_function(FunctionName=name)
        self.configuration = found["Configuration"]
        self._refuse(target, found.get("Tags") or {})

    def push(self, plan: BuildPlan) -> float:
        """Build the package, send it, and wait until the function runs it.

        Returns:
            How long it took to build, in seconds.

        Raises:
            HashzipError: It cannot be built, or the function is not what it was.
        """
        start = time.perf_counter()
        self._refuse(plan.target, {})
        pipeline.build(plan)
        manifest = plan.store.manifest(plan.fingerprint)
        assert manifest  # noqa: S101 - it was just built
        seconds = time.perf_counter() - start
        with plan.store.open_zip(plan.fingerprint) as file:
            content = file.read()
        with errors.translated(self._place, self._name):
            sent = self._client.update_function_code(FunctionName=self._name, ZipFile=content)
            self._client.get_waiter("function_updated_v2").wait(
                FunctionName=self._name, WaiterConfig={"Delay": 1}
            )
        if sent["CodeSha256"] != manifest.artifact.code_sha256:
            raise HashzipError(f"{self._name} has other code than it was sent", "save again")
        return seconds

    def remove(self, name: str) -> None:
        """Leave the function as it is, whose name has gone from `hashzip.toml`."""

    def _refuse(self, target: Target, tags: dict[str, str]) -> None:
        if PROTECTED in tags:
            raise HashzipError(
                f"{self._name} has the tag {PROTECTED}",
                "deploy it with Terraform, or take the tag off",
            )
        has = self.configuration
        if has.get("PackageType", "Zip") != "Zip":
            raise HashzipError(f"{self._name} runs an image, not a zip", "name another function")
        architecture = (has.get("Architectures") or ["x86_64"])[0]
        pairs = (
            ("runtime", has.get("Runtime"), target.runtime),
            ("architecture", architecture, target.architecture),
        )
        for what, theirs, ours in pairs:
            if theirs != ours:
                raise HashzipError(
                    f"{self._name} has {what} {theirs}, and {target.label} has {ours}",
                    "apply that with Terraform first; watch changes nothing but code",
                )
