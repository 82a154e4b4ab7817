"""A function in a development account, which gets the package that Terraform would deploy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hashzip import pipeline
from hashzip.artifacts.store import read_zip
from hashzip.aws import code_update, errors
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.aws.client import Endpoint
    from hashzip.builders.build_plan import BuildPlan, Use
    from hashzip.project.targets import Target

PROTECTED = "hashzip:protected"  # a tag; its value does not matter


class AccountFunction:
    """A function in an account.

    Args:
        endpoint: The account.
        name: The function's name there.
        target: The function of `hashzip.toml` that its package is built from.

    Raises:
        HashzipError: The function does not exist, or must not get this package.
    """

    def __init__(self, endpoint: Endpoint, name: str, target: Target) -> None:
        self._endpoint = endpoint
        self._name = name
        with errors.translated(endpoint, name):
            self._client = endpoint.client("lambda")
            response = self._client.get_function(FunctionName=name)
        self.configuration = response["Configuration"]
        if PROTECTED in (response.get("Tags") or {}):
            raise HashzipError(
                f"{name} has the tag {PROTECTED}", "deploy it with Terraform, or remove the tag"
            )
        self._check(target)

    def deploy(self, plan: BuildPlan, _use: Use) -> float:
        """Build the package, send it, and wait until the function runs it.

        Args:
            plan: The package.

        Returns:
            The time to build it, in seconds.

        Raises:
            HashzipError: It cannot be built or sent, or does not fit the function.
        """
        start = time.perf_counter()
        self._check(plan.target)
        pipeline.build(plan)
        content = read_zip(plan.store, plan.fingerprint)
        seconds = time.perf_counter() - start
        code_update.update(self._endpoint, self._name, content)
        return seconds

    def remove(self, name: str) -> None:
        """Leave the function as it is, though `hashzip.toml` no longer has its name."""

    def _check(self, target: Target) -> None:
        """Check that the package of a target fits the function."""
        configuration = self.configuration
        if configuration.get("PackageType", "Zip") != "Zip":
            raise HashzipError(
                f"{self._name} runs a container image, not a zip", "choose another function"
            )
        code_update.check_settings(self._name, configuration, target)
