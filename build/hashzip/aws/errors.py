"""Errors of AWS as `HashzipError`: credentials, region and missing functions in our own words.

All other errors keep the words of botocore, which name the operation and the reason.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hashzip.aws import client
from hashzip.errors import HashzipError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.aws.client import Endpoint

_MAX_NAMES = 20  # in a hint; an account may have thousands of functions

_CREDENTIALS_HINT = (
    "choose a profile with --profile or AWS_PROFILE, and log in (`aws configure`, "
    "`aws sso login`); or start a local AWS: hashzip watch"
)
_REGION_HINT = "set one with --region or AWS_REGION, or in the profile"

# By the code of AWS's answer, or by the name of botocore's error.
# https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
_HINTS = {
    "CredentialRetrievalError": _CREDENTIALS_HINT,
    "ExpiredToken": _CREDENTIALS_HINT,
    "ExpiredTokenException": _CREDENTIALS_HINT,
    "InvalidClientTokenId": _CREDENTIALS_HINT,
    "InvalidRegionError": _REGION_HINT,
    "InvalidSignatureException": _CREDENTIALS_HINT,
    "NoCredentialsError": _CREDENTIALS_HINT,
    "NoRegionError": _REGION_HINT,
    "PartialCredentialsError": _CREDENTIALS_HINT,
    "ProfileNotFound": _CREDENTIALS_HINT,
    "SignatureDoesNotMatch": _CREDENTIALS_HINT,
    "UnrecognizedClientException": _CREDENTIALS_HINT,
}
_MISSING = "ResourceNotFoundException"


@contextmanager
def translated(endpoint: Endpoint, function: str, qualifier: str | None = None) -> Iterator[None]:
    """Raise the errors of botocore that a block raises as `HashzipError`.

    Args:
        endpoint: Where the function is.
        function: Its name in AWS.
        qualifier: The version or alias that the block asks for.

    Raises:
        HashzipError: botocore raised an error, or is not installed.
    """
    client.require_boto3()
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if is_missing(error):
            raise _missing(endpoint, function, qualifier) from error
        raise HashzipError(f"{endpoint}: {error}", _HINTS.get(_code(error), "")) from error
    except BotoCoreError as error:
        hint = _HINTS.get(type(error).__name__, "")
        raise HashzipError(f"{endpoint}: {error}", hint) from error


def is_missing(error: Exception) -> bool:
    """Return whether an error of a client says that the named resource does not exist."""
    return _code(error) == _MISSING


def _code(error: Exception) -> str:
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _missing(endpoint: Endpoint, function: str, qualifier: str | None) -> HashzipError:
    """Make the error of a missing function, version or alias; its hint lists similar names."""
    lambdas = endpoint.client("lambda")
    functions = _names(lambdas, "list_functions", "Functions", "FunctionName")
    if qualifier and function in functions:
        versions = [
            *_names(lambdas, "list_aliases", "Aliases", "Name", FunctionName=function),
            *_names(
                lambdas, "list_versions_by_function", "Versions", "Version", FunctionName=function
            ),
        ]
        return HashzipError(
            f'{function} has no version or alias "{qualifier}" in {endpoint}',
            did_you_mean(qualifier, versions),
        )
    if len(functions) > _MAX_NAMES:
        import difflib

        functions = difflib.get_close_matches(function, functions)
    return HashzipError(
        f'there is no function "{function}" in {endpoint}',
        "if its name in AWS is not that in hashzip.toml, add --function-name; "
        f"{did_you_mean(function, functions)}",
    )


def _names(client: Any, operation: str, rows: str, key: str, **query: str) -> list[str]:
    """List names for a hint; none if the account does not allow it."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = client.get_paginator(operation).paginate(**query)
        return [str(row[key]) for page in pages for row in page[rows]]
    except (BotoCoreError, ClientError):
        return []
