"""Where functions run: an AWS account, as the usual environment names it, or a local AWS.

boto3 is an extra, and is imported where it is needed.
"""

from __future__ import annotations

import os
import sys
from typing import Any, NamedTuple

from hashzip.errors import HashzipError

EXTRA = "local"

_LOCAL_REGION = "us-east-1"
_CONNECT_SECONDS = 10


class Place(NamedTuple):
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
        import boto3
        import botocore.session
        from botocore.config import Config

        settings = {"retries": {"mode": "standard"}} | settings
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
        import boto3  # noqa: F401
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
        from hashzip.emulator import session

        endpoint = session.find(root)
        if endpoint:
            return Place(endpoint)
        if local:
            raise HashzipError(
                f"no local AWS runs for {root}", "start one: hashzip watch; or leave out --local"
            )
    return Place(None, profile, region)
