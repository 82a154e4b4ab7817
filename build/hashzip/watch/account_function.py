"""A function in a development account, which gets the package that Terraform would deploy."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import TYPE_CHECKING

from hashzip import pipeline
from hashzip.aws import errors
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from hashzip.aws.client import Endpoint
    from hashzip.builders.build_plan import BuildPlan
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

    def deploy(self, plan: BuildPlan) -> float:
        """Build the package, send it, and wait until the function runs it.

        Returns:
            The time to build it, in seconds.

        Raises:
            HashzipError: It cannot be built or sent, or does not fit the function.
        """
        start = time.perf_counter()
        self._check(plan.target)
        pipeline.build(plan)
        with plan.store.open_zip(plan.fingerprint) as file:
            content = file.read()
        seconds = time.perf_counter() - start
        with errors.translated(self._endpoint, self._name):
            response = self._client.update_function_code(FunctionName=self._name, ZipFile=content)
            self._client.get_waiter("function_updated_v2").wait(
                FunctionName=self._name, WaiterConfig={"Delay": 1}
            )
        if response["CodeSha256"] != base64.b64encode(hashlib.sha256(content).digest()).decode():
            raise HashzipError(f"{self._name} does not have the code that was sent", "save again")
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
        architecture = (configuration.get("Architectures") or ["x86_64"])[0]
        settings = (
            ("runtime", configuration.get("Runtime"), target.runtime),
            ("architecture", architecture, target.architecture),
        )
        for setting, deployed, configured in settings:
            if deployed != configured:
                raise HashzipError(
                    f"{self._name} has {setting} {deployed}, but {target.label} has {configured}",
                    "apply that change with Terraform first; watch changes only code",
                )
