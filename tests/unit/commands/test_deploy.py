"""`deploy` sends what the sources give now, unless the function runs it or the user says no."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from hashzip.aws import code_update, deployed
from hashzip.aws.client import Endpoint
from hashzip.commands import _endpoint, _output, _parser, deploy
from hashzip.errors import HashzipError
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.s3 import Shared


class Account:
    """An account with the function `hello`.

    Attributes:
        configuration: The function's configuration.
        sent: The zips that were sent to it, and the URLs of those that it took from S3.
    """

    def __init__(self) -> None:
        self.configuration: dict[str, object] = {
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
            "CodeSha256": "another",
        }
        self.sent: list[bytes | str] = []


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Account:
    """Replace AWS by an account, whose user says yes."""
    account = Account()
    function = SimpleNamespace(configuration=account.configuration)
    monkeypatch.setattr(deployed, "find", lambda *_: function)
    monkeypatch.setattr(code_update, "update", lambda *words: account.sent.append(words[2]))
    monkeypatch.setattr(code_update, "update_from_s3", lambda *words: account.sent.append(words[2]))
    monkeypatch.setattr(_output, "confirm", lambda _: True)
    return account


def run(project: Path, *words: str) -> None:
    """Run the command on the account."""
    arguments = ["deploy", "hello", "--project", str(project), "--remote", *words]
    deploy.run(_parser.parse(arguments))


def test_sent(project: Path, account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """The zip of the current sources is built and sent, and its fingerprint is printed."""
    run(project)

    (zip_file,) = (project / "dist/hello").glob("*.zip")
    assert account.sent == [zip_file.read_bytes()]
    assert capsys.readouterr().out.startswith(f"hello runs {zip_file.stem[:12]} (")


def test_already_there(project: Path, account: Account) -> None:
    """Nothing is sent to a function that has the same code."""
    manifest = projects.build(projects.examine(project))
    account.configuration["CodeSha256"] = manifest.artifact.code_sha256
    run(project)
    assert account.sent == []

    projects.write_files(project, {"src/new.py": b""})
    run(project)
    assert len(account.sent) == 1


def test_question(project: Path, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent without a yes, and `--yes` does not ask."""
    monkeypatch.setattr(_output, "confirm", lambda _: False)
    run(project)
    assert account.sent == []

    run(project, "--yes")
    assert len(account.sent) == 1


@pytest.mark.parametrize("expected", ["", "0000000", "x"])
def test_other_fingerprint(project: Path, account: Account, expected: str) -> None:
    """Sources with another fingerprint than the expected one are not built or sent."""
    with pytest.raises(HashzipError, match="have the fingerprint"):
        run(project, f"--expect={expected}")
    assert not (project / "dist").exists()

    run(project, "--expect", projects.examine(project).fingerprint[:6])
    assert len(account.sent) == 1


def test_other_settings(project: Path, account: Account) -> None:
    """Code that the function cannot run is not sent."""
    account.configuration["Runtime"] = "python3.12"

    with pytest.raises(HashzipError, match=r"has runtime python3\.12"):
        run(project)
    assert account.sent == []


def test_from_store(project: Path, shared: Shared, account: Account, tmp_path: Path) -> None:
    """With a store, the package goes there, and Lambda takes it from there; no zip is needed."""
    run(project, "--store", shared.url)
    assert account.sent == [f"s3://{shared.bucket}/{shared.key('.zip')}"]
    other = projects.make(tmp_path / "other")
    run(other, "--store", shared.url)
    assert account.sent[1:] == account.sent[:1]
    assert list(other.rglob("dist/**/*.zip")) == []

    run(project, "--no-store")  # the control
    assert account.sent[2:] == [next(project.rglob("dist/**/*.zip")).read_bytes()]


def test_store_of_the_local_aws(
    project: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The local AWS has no store: to name one is an error, and one that is configured is unused."""
    endpoint = Endpoint("http://127.0.0.1:1")
    monkeypatch.setattr(_endpoint, "choose", lambda *_: endpoint)
    with pytest.raises(HashzipError, match="has no store"):
        run(project, "--store", "s3://bucket/lambda")
    assert account.sent == []
    monkeypatch.setenv("HASHZIP_STORE", "s3://bucket/lambda")
    run(project)
    assert len(account.sent) == 1
