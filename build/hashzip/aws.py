"""Where functions run: an AWS account, as the usual environment names it, or a local AWS.

boto3 is an extra, and is imported where it is needed. What goes wrong on the way to AWS is said in
plain words, with the way out.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hashzip.errors import HashzipError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

EXTRA = "local"

_LOCAL_REGION = "us-east-1"
_CONNECT_SECONDS = 10

_CREDENTIALS = (
    "name a profile by --profile or AWS_PROFILE, and log in to it (`aws configure`, "
    "`aws sso login`); or start a local AWS: hashzip watch"
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


@dataclass(frozen=True)
class Place:
    """Where functions run.

    Attributes:
        endpoint: Of a local AWS; None for the account.
        profile: Of the account, instead of the environment's.
        region: Of the account, instead of the environment's.
    """

    endpoint: str | None = None
    profile: str | None = None
    region: str | None = None

    def __str__(self) -> str:
        """Names it, for people."""
        if self.endpoint:
            return f"the local AWS at {self.endpoint}"
        profile = self.profile or os.environ.get("AWS_PROFILE")
        account = f"the AWS account of profile {profile}" if profile else "the AWS account"
        return f"{account}, {self.region}" if self.region else account

    def client(self, service: str, **settings: object) -> Any:  # noqa: ANN401 - boto3 has no types
        """Makes a client of a service.

        Args:
            service: Its name in boto3.
            settings: Of botocore's `Config`.

        Raises:
            HashzipError: boto3 is not installed.
        """
        require_boto3()
        import boto3  # noqa: PLC0415 - an extra
        import botocore.session  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        config = Config(connect_timeout=_CONNECT_SECONDS, **settings)
        if self.endpoint is None:
            # AWS_REGION is the one that all other tools read, and boto3 alone does not.
            region = self.region or os.environ.get("AWS_REGION")
            session = boto3.Session(profile_name=self.profile, region_name=region)
            return session.client(service, config=config)
        # Nothing of the user's own reaches it: no profile, which may not exist, and no proxy.
        nowhere: dict[str, tuple[object, ...]] = {
            "profile": (None, [], None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
        return boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - it opens nothing
            region_name=_LOCAL_REGION,
            botocore_session=botocore.session.Session(nowhere),
        ).client(service, endpoint_url=self.endpoint, config=config.merge(Config(proxies={})))


def require_boto3() -> None:
    """Checks that boto3 is there.

    Raises:
        HashzipError: It is not installed.
    """
    try:
        import boto3  # noqa: F401, PLC0415
    except ModuleNotFoundError as error:
        raise HashzipError(
            f"boto3, which talks to AWS, is not installed for {sys.executable}",
            f"run: {sys.executable} -m pip install 'hashzip[{EXTRA}]'",
        ) from error


def choose(
    root: str, *, local: bool, remote: bool, profile: str | None, region: str | None
) -> Place:
    """Chooses where functions of a project run: the local AWS if it runs, else the account.

    Args:
        root: The project's folder.
        local: Whether it must be the local AWS.
        remote: Whether it must be the account.
        profile: Of the account; naming one means the account.
        region: Of the account; naming one means the account.

    Raises:
        HashzipError: There is no local AWS, and it must be that.
    """
    if not (remote or profile or region):
        from hashzip.local import session  # noqa: PLC0415 - only where it may be needed

        endpoint = session.find(root)
        if endpoint:
            return Place(endpoint)
        if local:
            raise HashzipError(
                f"no local AWS runs for {root}", "start one: hashzip watch; or leave out --local"
            )
    return Place(None, profile, region)


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
    require_boto3()
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

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
    lambdas = place.client("lambda")
    known = _names(lambdas, "list_functions", "Functions", "FunctionName")
    if qualifier and function in known:
        versions = [
            *_names(lambdas, "list_aliases", "Aliases", "Name", FunctionName=function),
            *_names(
                lambdas, "list_versions_by_function", "Versions", "Version", FunctionName=function
            ),
        ]
        return HashzipError(
            f'{function} has no version or alias "{qualifier}" in {place}',
            nearest(qualifier, versions),
        )
    return HashzipError(
        f'there is no function "{function}" in {place}',
        f"{nearest(function, known)}; if it has another name in AWS, say --function-name",
    )


def _names(client: Any, operation: str, rows: str, key: str, **query: str) -> list[str]:  # noqa: ANN401
    """Lists names for a hint; none where that is not allowed, or does not work."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

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
    from botocore import exceptions  # noqa: PLC0415 - an extra

    match error:
        case exceptions.NoCredentialsError():
            return HashzipError(f"there are no credentials for {place}", _CREDENTIALS)
        case exceptions.NoRegionError():
            return HashzipError(
                f"no region is named for {place}",
                "name one: --region eu-central-1, or AWS_REGION, or in the profile",
            )
        case exceptions.ProfileNotFound():
            import botocore.session  # noqa: PLC0415

            name = error.kwargs["profile"]
            profiles = botocore.session.Session().available_profiles
            return HashzipError(f'there is no profile "{name}"', nearest(name, profiles))
        case exceptions.HTTPClientError() | exceptions.ConnectionError():
            return HashzipError(
                f"cannot reach {place}: {error}",
                "look at the network, the region and AWS_ENDPOINT_URL; "
                "or start a local AWS: hashzip watch",
            )
        case _:  # tokens of SSO, programs that print keys, files that cannot be read
            return HashzipError(f"{place} cannot be used: {error}", _CREDENTIALS)
