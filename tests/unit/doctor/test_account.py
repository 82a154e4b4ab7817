"""The checks of the settings of AWS."""

import os
from pathlib import Path

import pytest

from hashzip.aws.client import Endpoint
from hashzip.doctor import account
from hashzip.doctor.check import Patient, State

CONFIG = """
[default]
region = eu-central-1

[profile dev]
sso_session = company
region = eu-west-1
"""
CREDENTIALS = "[ci]\naws_access_key_id = AKIA\naws_secret_access_key = secret\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give AWS a home of its own, with three profiles, and no variable."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(CONFIG, encoding="utf-8")
    (tmp_path / ".aws/credentials").write_text(CREDENTIALS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "variables, profile, state, text, region",
    [
        ({}, None, State.NOTE, "no credentials", "eu-central-1, from the profile"),
        ({}, "dev", State.GOOD, "single sign-on (profile dev)", "eu-west-1, from the profile"),
        ({"AWS_PROFILE": "ci"}, None, State.GOOD, "an access key (profile ci)", "none is set"),
        (
            {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_REGION": "us-east-2"},
            None,
            State.GOOD,
            "an access key in the environment",
            "us-east-2, from AWS_REGION",
        ),
        (
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/x", "AWS_DEFAULT_REGION": "us-east-2"},
            None,
            State.GOOD,
            "a web identity token",
            "us-east-2, from AWS_DEFAULT_REGION",
        ),
    ],
)
def test_credentials(
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    profile: str | None,
    state: State,
    text: str,
    region: str,
) -> None:
    """Credentials and region are found where the SDKs find them, and no secret is shown."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    kind, place = account.credentials(Patient(os.curdir, profile=profile))

    assert (kind.state, place.text) == (state, region)
    assert kind.text.startswith(text)
    assert "AKIA" not in kind.text


def test_unknown_profile() -> None:
    """A profile that is not there is named, with those that are."""
    (finding,) = account.credentials(Patient(os.curdir, profile="prod"))

    assert finding.text == "there is no profile prod; known: ci, default, dev"


def test_broken_file(home: Path) -> None:
    """A file that is no configuration is passed over."""
    (home / ".aws/config").write_text("what is this", encoding="utf-8")

    (finding,) = account.credentials(Patient(os.curdir, profile="dev"))

    assert finding.text == "there is no profile dev; known: ci"


class TestIdentity:
    """The question to AWS."""

    def test_offline(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is not asked by default."""
        monkeypatch.setattr(Endpoint, "client", lambda *_: pytest.fail("it was asked"))

        assert list(account.identity(Patient(os.curdir))) == []

    def test_refused(self) -> None:
        """Where it is wanted, missing credentials are wrong."""
        (finding,) = account.identity(Patient(os.curdir, is_online=True, region="us-east-1"))

        assert finding.state is State.WRONG
        assert "aws sso login" in finding.fix
