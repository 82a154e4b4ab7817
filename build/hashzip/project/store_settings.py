"""The shared store of a project: `[store]` in `hashzip.toml`. Standard library only.

Only projects that have the table load this module at plan time, which never looks into the store.
"""

import os
import re
from collections.abc import Mapping
from typing import NamedTuple

from hashzip.errors import HashzipError
from hashzip.project.keys import Key, Kind
from hashzip.project.toml_table import Table

VARIABLE = "HASHZIP_STORE"

_FORM = "s3://BUCKET/PREFIX"
# Of a bucket:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/general-purpose-bucketnamingrules.html
# Of a key, the characters that are safe everywhere:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_URL = re.compile(
    r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9!_.*'()-]+)*)/?"
)
_MAX_PREFIX = 512  # characters; a key has at most 1,024 bytes
_ACCOUNT = re.compile(r"[0-9]{12}")


class StoreSettings(NamedTuple):
    """Where the shared store is, and how to reach it.

    Attributes:
        url: `s3://BUCKET/PREFIX`, without a slash at the end; "" if none is named.
        region: Region of the bucket, instead of the environment's.
        profile: Profile of the account, instead of the environment's.
        endpoint_url: URL of an S3 that is not AWS's.
        sse_kms_key_id: The KMS key that objects are encrypted with; "" for the bucket's own way.
        expected_bucket_owner: The account that the bucket must belong to; "" for any.
    """

    url: str = ""
    region: str = ""
    profile: str = ""
    endpoint_url: str = ""
    sse_kms_key_id: str = ""
    expected_bucket_owner: str = ""

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return self.url.removeprefix("s3://").partition("/")[0]

    @property
    def prefix(self) -> str:
        """What the keys of all objects begin with: "" or a path that ends with a slash."""
        path = self.url.removeprefix("s3://").partition("/")[2]
        return f"{path}/" if path else ""


def _url(table: Table, key: str) -> str:
    url = table.string(key)
    checked = checked_url(url)
    if checked is None:
        raise table.error(key, f'is "{url}"', f'write url = "{_FORM}"')
    return checked


def _text(table: Table, key: str) -> str:
    return table.string(key)


def _endpoint(table: Table, key: str) -> str:
    url = table.string(key)
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#@]*)?", url):
        raise table.error(key, f'is "{url}"', f'write {key} = "https://HOST"')
    return url


def _account(table: Table, key: str) -> str:
    account = table.string(key)
    if not _ACCOUNT.fullmatch(account):
        raise table.error(key, f'is "{account}"', "write the 12 digits of an AWS account")
    return account


_STRING = Kind("string", _text)

KEYS: Mapping[str, Key] = {
    "url": Key(
        Kind("URL", _url),
        f"where artifacts are shared: `{_FORM}`; the variable `{VARIABLE}` and the option "
        "`--store` win over it",
        "",
        default_help="none",
    ),
    "region": Key(
        _STRING, "region of the bucket", "", default_help="`AWS_REGION`, or the profile's"
    ),
    "profile": Key(_STRING, "profile of the AWS account", "", default_help="`AWS_PROFILE`"),
    "endpoint_url": Key(
        Kind("URL", _endpoint),
        "another service with S3's API",
        "",
        default_help="`AWS_ENDPOINT_URL_S3`, or AWS's",
    ),
    "sse_kms_key_id": Key(
        _STRING, "KMS key to encrypt objects with", "", default_help="the bucket's default"
    ),
    "expected_bucket_owner": Key(
        Kind("account", _account),
        "account that the bucket must belong to; in another one's bucket, S3 refuses everything",
        "",
        default_help="any",
    ),
}


def checked_url(url: str) -> str | None:
    """Return a URL of a store without a slash at its end; None if it is none."""
    match = _URL.fullmatch(url)
    if match is None or len(match[2]) > _MAX_PREFIX or ".." in match[1]:
        return None
    return f"s3://{match[1]}{match[2]}"


def choose(settings: StoreSettings | None, option: str | None) -> StoreSettings | None:
    """Return the store to use: that of an option, else of the environment, else of the project.

    Args:
        settings: Those of the project.
        option: The URL on the command line, if there is one.

    Returns:
        The settings of the project with that URL; None if nothing names one.

    Raises:
        HashzipError: The URL is not one of a store.
    """
    settings = settings or StoreSettings()
    url = option if option is not None else os.environ.get(VARIABLE, "")
    if option is None and not url:
        return settings if settings.url else None
    checked = checked_url(url)
    if checked is None:
        name = "--store" if option is not None else f"the variable {VARIABLE}"
        raise HashzipError(f'{name} is "{url}"', f"write {_FORM}")
    return settings._replace(url=checked)
