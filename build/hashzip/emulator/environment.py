"""Environment variables that lead programs to a local AWS, and keep them there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PROFILE = """[default]
aws_access_key_id = test
aws_secret_access_key = test
"""


def leading_to(endpoint: str, region: str, scratch: Path) -> dict[str, str]:
    """Return what boto3, Terraform and OpenTofu need to talk to an endpoint, and to no other.

    Args:
        endpoint: The URL, for every service.
        region: The region to name.
        scratch: A folder for a profile, which stands in for the user's own.
    """
    profile = scratch / "aws-profile"
    profile.write_text(_PROFILE, encoding="utf-8")
    # A variable for one service, such as AWS_ENDPOINT_URL_S3, would win over the general one.
    services = {name: endpoint for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")}
    return services | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # the only one of the two that boto3 reads
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        # It has to name one that exists: an empty value is an error to boto3.
        "AWS_PROFILE": "default",
        "AWS_CONFIG_FILE": str(profile),
        "AWS_SHARED_CREDENTIALS_FILE": str(profile),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
