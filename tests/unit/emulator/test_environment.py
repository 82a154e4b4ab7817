"""The environment makes programs use a local AWS, and nothing but it."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import boto3
import pytest

from hashzip.emulator import environment

if TYPE_CHECKING:
    from pathlib import Path

ENDPOINT = "http://127.0.0.1:1"
KEY = "the key of this run"


@pytest.fixture
def variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the variables for an endpoint, in the environment of a user with an account."""
    for name, value in {
        "AWS_PROFILE": "mine",
        "AWS_SESSION_TOKEN": "mine",
        "AWS_ENDPOINT_URL_S3": "https://mine.example",
    }.items():
        monkeypatch.setenv(name, value)
    profile = environment.write_profile(tmp_path, KEY)
    return environment.for_endpoint(ENDPOINT, "eu-west-1", KEY, profile)


@pytest.mark.parametrize("service", ["lambda", "s3", "sts"])
def test_boto3(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """boto3 uses the endpoint, the region and the keys, for services with their own URL too."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    session = boto3.Session()

    assert session.client(service).meta.endpoint_url == ENDPOINT
    assert session.region_name == "eu-west-1"
    credentials = session.get_credentials()
    assert (credentials.access_key, credentials.token) == ("test", None)
    assert credentials.secret_key == KEY
    assert session.available_profiles == ["default"]


def test_profile(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile has the key, too, and only this user can read it."""
    profile = variables["AWS_SHARED_CREDENTIALS_FILE"]
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", profile)
    monkeypatch.setenv("AWS_CONFIG_FILE", profile)

    credentials = boto3.Session(profile_name="default").get_credentials()

    assert credentials.secret_key == KEY
    assert stat.S_IMODE(os.stat(profile).st_mode) == 0o600


def test_user(variables: dict[str, str]) -> None:
    """No variable has a value of the user, and the region is in both of its variables."""
    assert not [name for name, value in variables.items() if "mine" in value]
    assert variables["AWS_ENDPOINT_URL_S3"] == ENDPOINT
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
