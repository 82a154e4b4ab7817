"""Environment variables that make programs use a local AWS, and nothing but it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hashzip.emulator import signature
from hashzip.system import atomic

if TYPE_CHECKING:
    from pathlib import Path

_PROFILE = """[default]
aws_access_key_id = {key_id}
aws_secret_access_key = {secret}
"""


def write_profile(folder: Path, secret: str) -> Path:
    """Write a profile that replaces the user's own, and return its path.

    Args:
        folder: Where to write it.
        secret: The secret access key.
    """
    profile = folder / "aws-profile"
    text = _PROFILE.format(key_id=signature.KEY_ID, secret=secret)
    atomic.write_text(profile, text, mode=atomic.PRIVATE)
    return profile


def for_endpoint(
    endpoint: str, region: str, secret: str, profile: str | os.PathLike[str]
) -> dict[str, str]:
    """Return the variables that make boto3, Terraform and OpenTofu use one endpoint only.

    Args:
        endpoint: The URL of all services.
        region: The region.
        secret: The secret access key.
        profile: The path of a profile with it.
    """
    # A variable for one service, such as AWS_ENDPOINT_URL_S3, wins over the general one.
    services = {name: endpoint for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")}
    return services | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # the only one of the two that boto3 reads
        "AWS_ACCESS_KEY_ID": signature.KEY_ID,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_SESSION_TOKEN": "",
        # For requests that are not signed; no library reads it.
        "HASHZIP_TOKEN": signature.token(secret),
        # The profile must exist: an empty name is an error in boto3.
        "AWS_PROFILE": "default",
        "AWS_CONFIG_FILE": str(profile),
        "AWS_SHARED_CREDENTIALS_FILE": str(profile),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
