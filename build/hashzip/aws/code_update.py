"""Replace the code of a function, without Terraform."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from hashzip.aws import errors
from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hashzip.aws.client import Endpoint
    from hashzip.project.targets import Target


def update(endpoint: Endpoint, function: str, content: bytes) -> None:
    """Send a zip to a function, and wait until the function runs it.

    Args:
        endpoint: Where the function runs.
        function: Its name in AWS.
        content: The zip.

    Raises:
        HashzipError: AWS refused it, or reports other code than was sent.
    """
    digest = hashlib.sha256(content).digest()
    _update(endpoint, function, {"ZipFile": content}, base64.b64encode(digest).decode())


def update_from_s3(endpoint: Endpoint, function: str, url: str, code_sha256: str) -> None:
    """Let a function take a zip from S3, and wait until it runs that.

    Args:
        endpoint: Where the function runs.
        function: Its name in AWS.
        url: The URL of the zip: `s3://BUCKET/KEY`.
        code_sha256: Its SHA-256 in base64.

    Raises:
        HashzipError: AWS refused it, or reports other code.
    """
    bucket, _, key = url.removeprefix("s3://").partition("/")
    _update(endpoint, function, {"S3Bucket": bucket, "S3Key": key}, code_sha256)


def _update(
    endpoint: Endpoint, function: str, code: Mapping[str, object], code_sha256: str
) -> None:
    with errors.translated(endpoint, function):
        client = endpoint.client("lambda")
        answer = client.update_function_code(FunctionName=function, **code)
        client.get_waiter("function_updated_v2").wait(
            FunctionName=function, WaiterConfig={"Delay": 1}
        )
    if answer["CodeSha256"] != code_sha256:
        raise HashzipError(
            f"{function} in {endpoint} reports other code than it was sent",
            "check who else changes it, and send it again",
        )


def check_settings(function: str, configuration: Mapping[str, Any], target: Target) -> None:
    """Refuse code that the function's runtime or processor cannot run.

    Args:
        function: The function's name in AWS.
        configuration: Its configuration, as Lambda's API returns it.
        target: What the code is built for.

    Raises:
        HashzipError: They do not fit.
    """
    architecture = (configuration.get("Architectures") or ["x86_64"])[0]
    for setting, theirs, ours in (
        ("runtime", configuration.get("Runtime"), target.runtime),
        ("architecture", architecture, target.architecture),
    ):
        if theirs != ours:
            raise HashzipError(
                f"{function} has {setting} {theirs}, but {target.label} has {ours}",
                "apply that with Terraform first; this command changes nothing but code",
            )
