"""Which account or local AWS a command talks to."""

import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hashzip.aws import client
from hashzip.aws.client import Endpoint
from hashzip.emulator import signature
from hashzip.emulator.session import Session
from hashzip.errors import HashzipError
from hashzip.project import installation
from tests.support import aws_project, program
from tests.support import project as projects

LOCAL = "http://127.0.0.1:1"
KEY = "its own"
UNDECIDED = {"local": False, "remote": False, "profile": None, "region": None}


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests off any account that the machine knows."""
    aws_project.hide_account(monkeypatch)


class TestChoose:
    """`choose`: the local AWS if it is running, else the account."""

    @pytest.mark.parametrize(
        "options", [{"remote": True}, {"profile": "dev"}, {"region": "eu-central-1"}], ids=str
    )
    def test_account(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, str | bool]
    ) -> None:
        """A running local AWS is used, except with an option that means the account."""
        monkeypatch.setattr("hashzip.emulator.session.find", lambda _: Session(LOCAL, KEY, ""))

        assert client.choose(str(tmp_path), **UNDECIDED) == Endpoint(LOCAL, secret=KEY)  # type: ignore[arg-type]
        assert client.choose(str(tmp_path), **UNDECIDED | options).url is None  # type: ignore[arg-type]

    def test_nothing_runs(self, tmp_path: Path) -> None:
        """Without a local AWS, it is the account, with its profile and region."""
        options = UNDECIDED | {"profile": "dev", "region": "eu-central-1"}

        assert client.choose(str(tmp_path), **UNDECIDED) == Endpoint()  # type: ignore[arg-type]
        assert client.choose(str(tmp_path), **options) == Endpoint(None, "dev", "eu-central-1")  # type: ignore[arg-type]

    def test_local_is_required(self, project: Path) -> None:
        """With --local, nothing goes to the account if no local AWS is running."""
        finished = program.run("invoke", "hello", "--local", cwd=project)

        error, hint = projects.complaint(finished)
        assert f"no local AWS is running for {project.resolve()}" in error
        assert "hashzip watch" in hint


class TestName:
    """How messages name it."""

    def test_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The account is named with its profile and region, if they are known."""
        assert str(Endpoint()) == "the AWS account"
        assert str(Endpoint(profile="dev", region="eu-west-1")) == (
            "the AWS account of profile dev, eu-west-1"
        )
        monkeypatch.setenv("AWS_PROFILE", "prod")
        assert str(Endpoint()) == "the AWS account of profile prod"

    def test_local(self) -> None:
        """The local AWS is named with its URL."""
        assert str(Endpoint(LOCAL)) == f"the local AWS at {LOCAL}"


class TestClient:
    """Clients of boto3."""

    @pytest.mark.parametrize(
        "option, variable, region",
        [
            ("eu-west-1", "eu-central-1", "eu-west-1"),
            (None, "eu-central-1", "eu-central-1"),
        ],
    )
    def test_region(
        self, monkeypatch: pytest.MonkeyPatch, option: str | None, variable: str, region: str
    ) -> None:
        """The region is the option's, else that of AWS_REGION, which boto3 itself ignores."""
        monkeypatch.setenv("AWS_REGION", variable)

        assert Endpoint(region=option).client("lambda").meta.region_name == region

    def test_local(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A client of the local AWS ignores the user's profile, region and endpoints."""
        for name, value in {
            "AWS_PROFILE": "missing",
            "AWS_REGION": "eu-central-1",
            "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:9",
        }.items():
            monkeypatch.setenv(name, value)

        local = Endpoint(LOCAL).client("lambda").meta

        assert (local.endpoint_url, local.region_name) == (LOCAL, "us-east-1")

    def test_local_key(self) -> None:
        """A client of the local AWS signs with its key, and not with the user's."""
        lambdas = Endpoint(LOCAL, secret=KEY).client("lambda")
        url = lambdas.generate_presigned_url("list_functions")
        parts = urlsplit(url)
        request = signature.Request("GET", parts.path, parts.query, [("host", parts.netloc)])
        signed = signature.read(request)

        assert signed
        assert signature.is_valid(request, signed, KEY)
        assert not signature.is_valid(request, signed, "of the user")

    def test_without_boto3(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without boto3, there is no client, and the hint says how to install it."""
        monkeypatch.setitem(sys.modules, "boto3", None)

        with pytest.raises(HashzipError, match="boto3") as caught:
            Endpoint().client("lambda")

        assert caught.value.hint == installation.hint("local")
        assert caught.value.needs == "local"

    def test_bare_python(self, project: Path) -> None:
        """On a bare Python, only the commands that need boto3 ask for it."""
        python = sys.executable, "-I", "-S"
        bare = subprocess.run(
            [*python, str(program.BUILD), "invoke", "hello", "--remote"],
            cwd=project,
            env=program.environment(HASHZIP_NO_ENVIRONMENT="1"),
            capture_output=True,
            text=True,
            check=False,
        )

        assert bare.stderr.startswith("error: hashzip[local] is not installed for ")
        assert "Traceback" not in bare.stderr
        assert program.run("status", cwd=project, python=python).code == 0
