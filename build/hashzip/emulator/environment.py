"""Environment variables that make programs use a local AWS, and nothing but it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PROFILE = """[default]
aws_access_key_id = test
aws_secret_access_key = test
"""


def for_endpoint(endpoint: str, region: str, scratch: Path) -> dict[str, str]:
    """Return the variables that make boto3, Terraform and OpenTofu use one endpoint only.

    Args:
        endpoint: The URL of all services.
        region: The region.
        scratch: A folder for a profile that replaces the user's own.
    """
    profile = scratch / "aws-profile"
    profile.write_text(_PROFILE, encoding="utf-8")
    # A variable for one service, such as AWS_ENDPOINT_URL_S3, wins over the general one.
    services = {name: endpoint for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")}
    return services | {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,  # the only one of the two that boto3 reads
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "",
        # The profile must exist: an empty name is an error in boto3.
        "AWS_PROFILE": "default",
        "AWS_CONFIG_FILE": str(profile),
        "AWS_SHARED_CREDENTIALS_FILE": str(profile),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
