"""Clients of AWS: of the account that the usual environment names, or of a local AWS.

boto3 is an extra, and is imported where it is needed.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from hashzip.errors import HashzipError
from hashzip.project import installation

EXTRA = "local"

_LOCAL_REGION = "us-east-1"
_CONNECT_SECONDS = 10


class Endpoint(NamedTuple):
    """Where functions run.

    Attributes:
        url: The URL of a local AWS; None for the account.
        profile: Profile of the account, instead of the environment's.
        region: Region of the account, instead of the environment's.
        secret: The secret access key of the local AWS.
    """

    url: str | None = None
    profile: str | None = None
    region: str | None = None
    secret: str | None = None

    def __str__(self) -> str:
        """Name it in messages."""
        if self.url:
            return f"the local AWS at {self.url}"
        profile = self.profile or os.environ.get("AWS_PROFILE")
        account = f"the AWS account of profile {profile}" if profile else "the AWS account"
        return f"{account}, {self.region}" if self.region else account

    def client(self, service: str, **settings: object) -> Any:
        """Make a client of a service.

        Args:
            service: Its name in boto3.
            settings: Arguments of botocore's `Config`.

        Raises:
            HashzipError: boto3 is not installed.
        """
        require_boto3()
        import boto3
        import botocore.session
        from botocore.config import Config

        settings = {"retries": {"mode": "standard"}} | settings
        config = Config(connect_timeout=_CONNECT_SECONDS, **settings)
        if self.url is None:
            # All other tools read AWS_REGION; boto3 reads only AWS_DEFAULT_REGION.
            region = self.region or os.environ.get("AWS_REGION")
            session = boto3.Session(profile_name=self.profile, region_name=region)
            return session.client(service, config=config)
        from hashzip.emulator import signature

        # Nothing of the user's settings applies: no profile, which may not exist, and no proxy.
        no_files: dict[str, tuple[object, ...]] = {
            "profile": (None, [], None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
        return boto3.Session(
            aws_access_key_id=signature.KEY_ID,
            aws_secret_access_key=self.secret or "unknown",
            region_name=_LOCAL_REGION,
            botocore_session=botocore.session.Session(no_files),
        ).client(service, endpoint_url=self.url, config=config.merge(Config(proxies={})))


def require_boto3() -> None:
    """Check that boto3 is installed.

    Raises:
        HashzipError: It is not.
    """
    try:
        import boto3  # noqa: F401
    except ModuleNotFoundError as error:
        raise installation.missing("boto3, the client of AWS,", EXTRA) from error


def choose(
    root: str, *, local: bool, remote: bool, profile: str | None, region: str | None
) -> Endpoint:
    """Choose where functions of a project run: the local AWS if it is running, else the account.

    Args:
        root: The project's folder.
        local: Whether it must be the local AWS.
        remote: Whether it must be the account.
        profile: Profile of the account; a profile means the account.
        region: Region of the account; a region means the account.

    Raises:
        HashzipError: It must be the local AWS, which is not running.
    """
    if not (remote or profile or region):
        from hashzip.emulator import session

        running = session.find(root)
        if running:
            return Endpoint(running.endpoint, secret=running.secret)
        if local:
            raise HashzipError(
                f"no local AWS is running for {root}",
                "start one with: hashzip watch; or remove --local",
            )
    return Endpoint(None, profile, region)
