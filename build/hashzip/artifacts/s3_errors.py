"""Errors of S3 as `HashzipError`: what is wrong with the store, and what to do about it.

It imports botocore, an extra: `hashzip.artifacts.shared` checks that it is installed.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
    TokenRetrievalError,
)

from hashzip.errors import HashzipError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.project.store_settings import StoreSettings

WITHOUT = "or build without the store: hashzip build --no-store"

_LOGIN = (
    "log in (`aws sso login`, `aws configure`), or choose a profile with AWS_PROFILE; " + WITHOUT
)
_REGION = "set region in [store] of hashzip.toml, or AWS_REGION, to that of the bucket; " + WITHOUT
_NETWORK = "check the network and the proxy, and run this again; " + WITHOUT
_LATER = "run this again in a while; " + WITHOUT

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
# The answer to HEAD has no body, so its code is its status.
_CREDENTIALS = {
    "ExpiredToken": "the credentials have expired",
    "ExpiredTokenException": "the credentials have expired",
    "TokenRefreshRequired": "the credentials have expired",
    "InvalidAccessKeyId": "the access key is unknown",
    "InvalidToken": "the session token is not valid",
    "SignatureDoesNotMatch": "the secret key does not fit the access key",
    "RequestTimeTooSkewed": "the clock of this machine is wrong",
}
_FORBIDDEN = ("AccessDenied", "AllAccessDisabled", "AccountProblem", "403", "Forbidden")
_WRONG_REGION = (
    *("PermanentRedirect", "AuthorizationHeaderMalformed", "301", "307", "TemporaryRedirect"),
    *("IllegalLocationConstraintException", "IncorrectEndpoint"),
)
_BUSY = (
    *("SlowDown", "503", "ServiceUnavailable", "InternalError", "500", "Throttling"),
    *("ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "RequestTimeout"),
)
_DAMAGED_BODY = ("BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "IncompleteBody")


@contextmanager
def translated(settings: StoreSettings, key: str) -> Iterator[None]:
    """Raise the errors of botocore that a block raises as `HashzipError`.

    Args:
        settings: Those of the store.
        key: The object that the block asks for.

    Raises:
        HashzipError: botocore raised an error.
    """
    try:
        yield
    except ClientError as error:
        raise _of_answer(error, settings, key) from error
    except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
        raise HashzipError(f"{settings.url}: {error}", _LOGIN) from error
    except TokenRetrievalError as error:
        raise HashzipError(f"{settings.url}: {error}", _LOGIN) from error
    except NoRegionError as error:
        raise HashzipError(f"{settings.url}: {error}", _REGION) from error
    except (ConnectionError, HTTPClientError, IncompleteReadError) as error:
        raise HashzipError(f"the connection to {settings.url} failed: {error}", _NETWORK) from error
    except BotoCoreError as error:
        raise HashzipError(f"{settings.url}: {error}", WITHOUT) from error


def code(error: Exception) -> str:
    """Return the code of an answer of S3 that is an error; "" of any other error."""
    response: dict[str, Any] = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _of_answer(error: ClientError, settings: StoreSettings, key: str) -> HashzipError:
    """Return what an answer of S3 means."""
    name, message = code(error), _message(error)
    url = f"s3://{settings.bucket}/{key}"
    problem, hint = f"{url}: {error}", WITHOUT
    if name == "NoSuchBucket":
        problem = f"there is no bucket {settings.bucket} ({settings.url})"
        hint = f"correct the URL of the store, or create the bucket; {WITHOUT}"
    elif name in _CREDENTIALS:
        problem, hint = f"S3 refuses {settings.url}: {_CREDENTIALS[name]}", _LOGIN
    elif name in _FORBIDDEN or name.startswith("KMS."):
        problem = f"S3 does not allow {error.operation_name} of {url}: {message}"
        is_deletion = error.operation_name == "DeleteObject"
        actions = "s3:DeleteObject" if is_deletion else "s3:GetObject and s3:PutObject"
        hint = (
            f"allow {actions} on arn:aws:s3:::{settings.bucket}/{settings.prefix}*, and "
            "s3:ListBucket on the bucket, without which S3 says the same of an object that is not "
            f"there (docs/store.md); {WITHOUT}"
        )
    elif name in _WRONG_REGION:
        problem, hint = f"the bucket {settings.bucket} is in another region: {message}", _REGION
    elif name in _BUSY:
        problem, hint = f"S3 is too busy for {url}: {message}", _LATER
    elif name in _DAMAGED_BODY:
        problem, hint = f"{url} was damaged on its way, and S3 refused it: {message}", _NETWORK
    return HashzipError(problem, hint)


def _message(error: ClientError) -> str:
    """Return what S3 says, with its code."""
    message = str(error.response.get("Error", {}).get("Message", ""))
    name = code(error)
    return message if name.isdecimal() or not name else f"{message} ({name})"
