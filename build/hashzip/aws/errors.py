"""What goes wrong on the way to AWS, in plain words, with the way out."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hashzip.aws import client
from hashzip.errors import HashzipError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.aws.client import Place

_MOST_NAMES = 20  # an account may have thousands of functions

_CREDENTIALS = (
    "name a profile by --profile or AWS_PROFILE, and log in to it (`aws configure`, "
    "`aws sso login`); or start a local AWS: hashzip watch"
)
_REGION = "name one: --region eu-central-1, or AWS_REGION, or in the profile"
_NETWORK = (
    "look at the network, the region and AWS_ENDPOINT_URL; or start a local AWS: hashzip watch"
)
_EXPIRED = "log in again (`aws sso login`), or take fresh keys"
_RIGHTS = "use another profile, or have this one given the right to do that"

# By the code of an error: what it means, and the way out.
# https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html and each operation's own
_REFUSALS = {
    "AccessDenied": ("access is denied", _RIGHTS),
    "AccessDeniedException": ("access is denied", _RIGHTS),
    "ExpiredToken": ("the credentials have expired", _EXPIRED),
    "ExpiredTokenException": ("the credentials have expired", _EXPIRED),
    "InvalidClientTokenId": ("the access key is not known", _CREDENTIALS),
    "InvalidSignatureException": ("the secret key or the clock is wrong", _CREDENTIALS),
    "RequestTooLargeException": ("the event is too large", "put it into S3, and send its key"),
    "ResourceConflictException": ("the function is being changed", "try again in a few seconds"),
    "SignatureDoesNotMatch": ("the secret key or the clock is wrong", _CREDENTIALS),
    "ThrottlingException": ("it was throttled", "wait a little, and try again"),
    "TooManyRequestsException": (
        "it was throttled",
        "wait a little, and try again; if it stays, raise the function's concurrency",
    ),
    "UnrecognizedClientException": ("the access key is not known", _CREDENTIALS),
}
_MISSING = "ResourceNotFoundException"


@contextmanager
def explained(place: Place, function: str, qualifier: str | None = None) -> Iterator[None]:
    """Says in plain words what goes wrong in the block on the way to a function.

    Args:
        place: Where it is.
        function: Its name in AWS.
        qualifier: The version or alias that is meant.

    Raises:
        HashzipError: Something did.
    """
    client.require_boto3()
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        if is_missing(error):
            raise _missing(place, function, qualifier) from error
        raise _refused(place, error) from error
    except BotoCoreError as error:
        raise _failed(place, error) from error


def is_missing(error: Exception) -> bool:
    """Whether an error of a client says that what was named is not there."""
    response = getattr(error, "response", {})
    return bool(response.get("Error", {}).get("Code") == _MISSING)


def _missing(place: Place, function: str, qualifier: str | None) -> HashzipError:
    """Says that a function, or a version of it, is not there, with what is."""
    import difflib

    lambdas = place.client("lambda")
    known = _names(lambdas, "list_functions", "Functions", "FunctionName")
    shown = known if len(known) <= _MOST_NAMES else difflib.get_close_matches(function, known)
    if qualifier and function in known:
        versions = [
            *_names(lambdas, "list_aliases", "Aliases", "Name", FunctionName=function),
            *_names(
                lambdas, "list_versions_by_function", "Versions", "Version", FunctionName=function
            ),
        ]
        return HashzipError(
            f'{function} has no version or alias "{qualifier}" in {place}',
            did_you_mean(qualifier, versions),
        )
    return HashzipError(
        f'there is no function "{function}" in {place}',
        f"{did_you_mean(function, shown)}; if it has another name in AWS, say --function-name",
    )


def _names(client: Any, operation: str, rows: str, key: str, **query: str) -> list[str]:  # noqa: ANN401
    """Lists names for a hint; none where that is not allowed, or does not work."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        pages = client.get_paginator(operation).paginate(**query)
        return [str(row[key]) for page in pages for row in page[rows]]
    except (BotoCoreError, ClientError):
        return []


def _refused(place: Place, error: Any) -> HashzipError:  # noqa: ANN401 - boto3 has no types
    details = error.response.get("Error", {})
    code = details.get("Code", "")
    what, hint = _REFUSALS.get(
        code, (code or "an error", "with --debug, this shows where it happened")
    )
    said = details.get("Message") or str(error)
    return HashzipError(f"{place} refused {error.operation_name}: {what}: {said}", hint)


def _failed(place: Place, error: Exception) -> HashzipError:
    """Says what went wrong before there was an answer."""
    from botocore import exceptions

    match error:
        case exceptions.NoCredentialsError():
            message, hint = f"there are no credentials for {place}", _CREDENTIALS
        case exceptions.NoRegionError():
            message, hint = f"no region is named for {place}", _REGION
        case exceptions.InvalidRegionError():
            message, hint = f"{place} has no such region: {error}", _REGION
        case exceptions.ProfileNotFound():
            name = error.kwargs["profile"]
            message, hint = f'there is no profile "{name}"', did_you_mean(name, _profiles())
        case exceptions.ParamValidationError():
            message, hint = f"AWS would refuse it: {error}", "look at the names that you gave"
        case exceptions.HTTPClientError() | exceptions.ConnectionError():
            message, hint = f"cannot reach {place}: {error}", _NETWORK
        case _:  # tokens of SSO, programs that print keys, files that cannot be read
            message, hint = f"{place} cannot be used: {error}", _CREDENTIALS
    return HashzipError(message, hint)


def _profiles() -> list[str]:
    import botocore.session

    return list(botocore.session.Session().available_profiles)
