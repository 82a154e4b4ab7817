"""What a function in an account gets, and which functions get nothing."""

from __future__ import annotations

import base64
import hashlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from hashzip.aws.client import Endpoint
from hashzip.errors import HashzipError
from hashzip.watch.account_function import AccountFunction
from tests.support import project as projects

if TYPE_CHECKING:
    from pathlib import Path


class Lambda:
    """Takes the place of Lambda's client: one function, which records the code that it gets."""

    def __init__(self) -> None:
        self.configuration: dict[str, object] = {
            "FunctionArn": "arn:hello-dev",
            "Runtime": "python3.13",
            "Architectures": ["arm64"],
        }
        self.tags: dict[str, str] = {}
        self.sent: list[bytes] = []
        self.waits: list[dict[str, Any]] = []
        self.is_damaging = False

    def get_function(self, **_: str) -> dict[str, object]:
        """Return the function."""
        return {"Configuration": self.configuration, "Tags": self.tags}

    def update_function_code(self, **request: Any) -> dict[str, str]:  # noqa: ANN401 - as boto3
        """Record the code, and return its digest."""
        self.sent.append(request["ZipFile"])
        content = b"" if self.is_damaging else request["ZipFile"]
        return {"CodeSha256": base64.b64encode(hashlib.sha256(content).digest()).decode()}

    def get_waiter(self, name: str) -> SimpleNamespace:
        """Return what waits until the function is updated."""
        return SimpleNamespace(wait=lambda **request: self.waits.append({name: request}))


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Lambda:
    """Return Lambda's client of any endpoint."""
    client = Lambda()
    monkeypatch.setattr(Endpoint, "client", lambda *_: client)
    return client


def connect(project: Path) -> AccountFunction:
    """Return the function hello-dev in the account, which gets the package of hello."""
    return AccountFunction(Endpoint(), "hello-dev", projects.examine(project).target)


def test_deploy(project: Path, client: Lambda) -> None:
    """It gets the very zip that a build makes, and is waited for."""
    function = connect(project)

    seconds = function.deploy(*projects.use(project))

    assert client.sent == [projects.make_zip(project).read_bytes()]
    assert client.waits[0]["function_updated_v2"]["FunctionName"] == "hello-dev"
    assert 0 < seconds < 60


def test_other_code(project: Path, client: Lambda) -> None:
    """If the function does not have the code that was sent, that is an error."""
    client.is_damaging = True

    with pytest.raises(HashzipError, match="hello-dev in the AWS account reports other code"):
        connect(project).deploy(*projects.use(project))


def test_protected(project: Path, client: Lambda) -> None:
    """A function with the tag is left alone, whatever the tag's value."""
    client.tags = {"other": ""}
    connect(project)
    client.tags = {"hashzip:protected": "false"}

    with pytest.raises(HashzipError, match="has the tag hashzip:protected"):
        connect(project)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"PackageType": "Image"}, "hello-dev runs a container image"),
        ({"Runtime": "python3.12"}, r"runtime python3\.12, but \[function\.hello\] has python3\.1"),
        ({"Architectures": ["x86_64"]}, "architecture x86_64, but .* has arm64"),
        ({"Architectures": None}, "architecture x86_64, but .* has arm64"),
    ],
)
def test_does_not_fit(
    project: Path, client: Lambda, changes: dict[str, object], message: str
) -> None:
    """A function that cannot run the package is refused."""
    client.configuration |= changes

    with pytest.raises(HashzipError, match=message):
        connect(project)


def test_changed_settings(project: Path, client: Lambda) -> None:
    """A package that no longer fits the function is not sent."""
    function = connect(project)
    projects.configure(project, runtime="python3.12")

    with pytest.raises(HashzipError, match="has runtime") as caught:
        function.deploy(*projects.use(project))

    assert "Terraform first" in caught.value.hint
    assert client.sent == []


def test_remove(project: Path, client: Lambda) -> None:
    """A function that leaves hashzip.toml stays in the account."""
    connect(project).remove("hello")

    assert client.sent == []
