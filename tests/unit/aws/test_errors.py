"""Errors on the way to AWS: in our words what users often meet, in botocore's words the rest."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoRegionError,
    PartialCredentialsError,
    ReadTimeoutError,
)
from botocore.stub import Stubber

from hashzip.aws import errors
from hashzip.aws.client import Endpoint
from hashzip.errors import HashzipError
from tests.support import aws_project, program
from tests.support import project as projects
from tests.support.program import Finished


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the tests off any account that the machine knows."""
    aws_project.hide_account(monkeypatch)


@pytest.fixture
def closed() -> Iterator[str]:
    """Return an endpoint where nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


def invoke(project: Path, *arguments: str, **settings: str) -> Finished:
    """Invoke hello, in an environment with these variables."""
    return program.run("invoke", "hello", *arguments, cwd=project, settings=settings)


def translate(error: Exception) -> HashzipError:
    """Return what becomes of an error."""
    with pytest.raises(HashzipError) as caught, errors.translated(Endpoint(), "hello"):
        raise error
    return caught.value


@pytest.mark.parametrize(
    "code",
    ["ExpiredTokenException", "UnrecognizedClientException", "InvalidSignatureException"],
)
def test_bad_credentials(project: Path, code: str) -> None:
    """Credentials that AWS refuses are an error in AWS's words, with a hint how to log in."""
    with aws_project.refusing(403, code) as account:
        error, hint = projects.complaint(invoke(project, **aws_project.account(account.endpoint)))

    assert code in error
    assert "no: it" in error
    assert "--profile" in hint
    assert "aws sso login" in hint


@pytest.mark.parametrize(
    "status, code",
    [(403, "AccessDeniedException"), (429, "TooManyRequestsException"), (400, "SomethingNew")],
)
def test_refused(project: Path, status: int, code: str) -> None:
    """Any other error of AWS keeps its own words, which need no hint."""
    with aws_project.refusing(status, code) as account:
        finished = invoke(project, **aws_project.account(account.endpoint))

    assert (finished.code, finished.out) == (1, "")
    assert finished.err.startswith("error: the AWS account: An error occurred")
    assert f"({code})" in finished.err
    assert "Invoke operation" in finished.err
    assert finished.err.endswith(": no: it\n")


def test_sent_once(project: Path) -> None:
    """An invocation is sent once even if it fails; a request that only reads is retried."""
    with aws_project.refusing(500, "ServiceException") as account:
        settings = aws_project.account(account.endpoint)
        assert invoke(project, **settings).code == 1
        assert len(account.asked) == 1
        assert program.run("logs", "hello", cwd=project, settings=settings).code == 1
        assert len(account.asked) > 2


def test_no_credentials(project: Path) -> None:
    """Without credentials, the hint says how to get some, and how to start a local AWS."""
    error, hint = projects.complaint(invoke(project, AWS_REGION="eu-central-1"))

    assert "Unable to locate credentials" in error
    assert "AWS_PROFILE" in hint
    assert "hashzip watch" in hint


@pytest.mark.parametrize(
    "error",
    [
        PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        CredentialRetrievalError(provider="custom-process", error_msg="exit code 1"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_bad_credentials_here(error: Exception) -> None:
    """Credentials that cannot be read have the same hint."""
    translated = translate(error)

    assert str(error) in translated.message
    assert "--profile" in translated.hint


def test_no_region(project: Path) -> None:
    """Without a region, the hint says how to set one; with one, credentials are missing next."""
    error, hint = projects.complaint(invoke(project))

    assert "specify a region" in error
    assert "--region" in hint
    assert "credentials" in projects.complaint(invoke(project, "--region", "eu-west-1"))[0]
    assert translate(NoRegionError()).hint == hint.removeprefix("hint: ")


def test_unknown_profile(project: Path) -> None:
    """An unknown profile is named, and the hint says how to choose one."""
    error, hint = projects.complaint(invoke(project, "--profile", "def"))

    assert "The config profile (def) could not be found" in error
    assert "--profile" in hint


@pytest.mark.parametrize(
    "words, message",
    [
        (("--region", "not a region"), "doesn't match a supported format"),
        (("--function-name", ""), "Invalid length for parameter FunctionName"),
    ],
)
def test_invalid_words(project: Path, words: tuple[str, ...], message: str) -> None:
    """An impossible region or name fails before anything is sent."""
    with aws_project.refusing(500, "ServiceException") as account:
        finished = invoke(project, *words, **aws_project.account(account.endpoint))

    assert finished.code == 1
    assert message in finished.err
    assert account.asked == []


def test_unreachable(project: Path, closed: str) -> None:
    """An endpoint where nothing listens is named."""
    finished = invoke(project, **aws_project.account(closed))

    assert finished.code == 1
    assert f'Could not connect to the endpoint URL: "{closed}' in finished.err


def test_no_hint_for_a_timeout() -> None:
    """A failure of the network keeps botocore's words."""
    timeout = ReadTimeoutError(endpoint_url="http://127.0.0.1:1")

    translated = translate(timeout)

    assert translated.message == f"the AWS account: {timeout}"
    assert translated.hint == ""


def test_names_of_a_large_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many functions, the hint lists only those with similar names."""
    names = [*(f"job-{number:03}" for number in range(500)), "hello"]
    client = Endpoint("http://127.0.0.1:1").client("lambda")
    stub = Stubber(client)
    stub.add_response("list_functions", {"Functions": [{"FunctionName": name} for name in names]})
    stub.activate()
    monkeypatch.setattr(Endpoint, "client", lambda *_: client)
    missing = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")

    with (
        pytest.raises(HashzipError) as caught,
        errors.translated(Endpoint("http://127.0.0.1:1"), "hallo"),
    ):
        raise missing

    assert 'did you mean "hello"?' in caught.value.hint
    assert "job" not in caught.value.hint


def test_other_errors_pass(tmp_path: Path) -> None:
    """An error that is not of botocore stays as it is."""
    with (
        pytest.raises(FileNotFoundError),
        errors.translated(Endpoint(), "hello"),
    ):
        (tmp_path / "missing").read_bytes()


@pytest.mark.parametrize(
    "code, missing", [("ResourceNotFoundException", True), ("AccessDeniedException", False)]
)
def test_is_missing(code: str, *, missing: bool) -> None:
    """A missing resource is told from other errors, of botocore or not."""
    assert errors.is_missing(ClientError({"Error": {"Code": code}}, "Invoke")) is missing
    assert not errors.is_missing(ValueError(code))
