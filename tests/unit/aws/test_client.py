"""What goes wrong on the way to AWS is said in plain words."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from hashzip.aws import client, errors
from hashzip.aws.client import Place
from hashzip.errors import HashzipError
from tests.support import aws_project, program
from tests.support import project as projects
from tests.support.program import Finished

# The status and code of an answer; what the error and the hint must say.
REFUSALS = [
    (403, "AccessDeniedException", "access is denied", "another profile"),
    (403, "ExpiredTokenException", "have expired", "log in again"),
    (403, "UnrecognizedClientException", "key is not known", "--profile"),
    (403, "InvalidSignatureException", "secret key or the clock", "--profile"),
    (409, "ResourceConflictException", "is being changed", "few seconds"),
    (413, "RequestTooLargeException", "too large", "S3"),
    (429, "TooManyRequestsException", "throttled", "concurrency"),
    (400, "SomethingNewException", "SomethingNewException", "--debug"),
]


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeps the tests off whatever account the machine knows."""
    aws_project.hide_account(monkeypatch)


@pytest.fixture
def closed() -> Iterator[str]:
    """An endpoint where nothing listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


def invoke(project: Path, *arguments: str, **settings: str) -> Finished:
    """Invokes hello, as somebody with these settings."""
    return program.run("invoke", "hello", *arguments, cwd=project, settings=settings)


@pytest.mark.parametrize("status, code, error, hint", REFUSALS)
def test_refused(project: Path, status: int, code: str, error: str, hint: str) -> None:
    """Each error of AWS is said in plain words, with its own words and the way out."""
    with aws_project.refusing(status, code) as account:
        said = projects.complaint(invoke(project, **aws_project.account(account.endpoint)))

    assert error in said[0]
    assert "no: it" in said[0]
    assert hint in said[1]


def test_never_twice(project: Path) -> None:
    """An invocation is sent once, whatever comes of it; what only asks is tried again."""
    with aws_project.refusing(500, "ServiceException") as account:
        settings = aws_project.account(account.endpoint)
        projects.complaint(invoke(project, **settings))
        assert len(account.asked) == 1
        projects.complaint(program.run("logs", "hello", cwd=project, settings=settings))
        assert len(account.asked) > 2


def test_no_credentials(project: Path) -> None:
    """Without credentials, the hint says how to get some, and that there is a local AWS."""
    error, hint = projects.complaint(invoke(project, AWS_REGION="eu-central-1"))

    assert "no credentials" in error
    assert "AWS_PROFILE" in hint
    assert "hashzip watch" in hint


def test_no_region(project: Path) -> None:
    """Without a region, the hint says how to name one."""
    error, hint = projects.complaint(invoke(project))

    assert "no region" in error
    assert "--region" in hint
    assert "no credentials" in projects.complaint(invoke(project, "--region", "eu-west-1"))[0]


def test_unknown_profile(project: Path) -> None:
    """Of a profile that is not there, the hint has the nearest one that is."""
    config = project / "config"
    config.write_text("[profile dev]\nregion = eu-central-1\n")

    error, hint = projects.complaint(
        invoke(project, "--profile", "def", AWS_CONFIG_FILE=str(config))
    )

    assert 'no profile "def"' in error
    assert 'did you mean "dev"?' in hint


@pytest.mark.parametrize(
    "words, said",
    [(("--region", "not a region"), "no such region"), (("--function-name", ""), "refuse")],
)
def test_bad_words(project: Path, words: tuple[str, ...], said: str) -> None:
    """What cannot be a region or a name is seen before anything is sent."""
    with aws_project.refusing(500, "ServiceException") as account:
        finished = invoke(project, *words, **aws_project.account(account.endpoint))

    assert said in projects.complaint(finished)[0]
    assert account.asked == []


def test_unreachable(project: Path, closed: str) -> None:
    """An endpoint where nothing listens is named."""
    error, hint = projects.complaint(invoke(project, **aws_project.account(closed)))

    assert closed in error
    assert "AWS_ENDPOINT_URL" in hint


def test_without_boto3(project: Path) -> None:
    """Without boto3, the error says how to install it; commands that need none run."""
    python = sys.executable, "-I", "-S"
    bare = subprocess.run(
        [*python, str(program.BUILD), "invoke", "hello", "--remote"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "boto3" in bare.stderr
    assert "pip install 'hashzip[local]'" in bare.stderr
    assert "Traceback" not in bare.stderr
    assert program.run("status", cwd=project, python=python).code == 0


def test_local_needs_one(project: Path) -> None:
    """With --local, nothing goes to the account where no local AWS runs."""
    error, hint = projects.complaint(invoke(project, "--local"))

    assert f"no local AWS runs for {project.resolve()}" in error
    assert "hashzip watch" in hint


@pytest.mark.parametrize(
    "words", [{"remote": True}, {"profile": "dev"}, {"region": "eu-central-1"}], ids=str
)
def test_what_means_the_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: dict[str, str | bool]
) -> None:
    """The local AWS is taken if it runs, but not where the words mean the account."""
    monkeypatch.setattr("hashzip.emulator.session.find", lambda _: "http://127.0.0.1:1")
    nothing = {"local": False, "remote": False, "profile": None, "region": None}

    assert client.choose(str(tmp_path), **nothing) == Place("http://127.0.0.1:1")  # type: ignore[arg-type]
    assert client.choose(str(tmp_path), **nothing | words).endpoint is None  # type: ignore[arg-type]


def test_names_of_a_large_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many functions, the hint names only those that are near."""
    many = [f"job-{number:03}" for number in range(500)]
    monkeypatch.setattr(errors, "_names", lambda *_, **__: [*many, "hello"])
    missing = ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "Invoke")

    with (
        pytest.raises(HashzipError) as caught,
        errors.explained(Place("http://127.0.0.1:1"), "hallo"),
    ):
        raise missing

    assert 'did you mean "hello"?' in caught.value.hint
    assert "job" not in caught.value.hint


def test_other_errors_pass(tmp_path: Path) -> None:
    """What is no error of AWS is not taken for one."""
    with (
        pytest.raises(FileNotFoundError),
        errors.explained(Place(), "hello"),
    ):
        (tmp_path / "missing").read_bytes()


def test_place_is_named() -> None:
    """People are told which account is meant."""
    assert str(Place(profile="dev", region="eu-west-1")) == (
        "the AWS account of profile dev, eu-west-1"
    )
    assert "http://127.0.0.1:1" in str(Place("http://127.0.0.1:1"))


def test_boto3_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client cannot be had without boto3."""
    monkeypatch.setitem(sys.modules, "boto3", None)

    with pytest.raises(HashzipError, match="boto3"):
        Place().client("lambda")
