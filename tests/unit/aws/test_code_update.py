"""Code is sent, waited for and checked; settings that do not fit the code are refused."""

import base64
import hashlib
from types import SimpleNamespace
from typing import Any

import pytest

from hashzip.aws import code_update
from hashzip.aws.client import Endpoint
from hashzip.errors import HashzipError
from hashzip.project.targets import Function

CODE = b"a zip"
HELLO = Function(
    name="hello",
    builder="python",
    runtime="python3.13",
    architecture="arm64",
    handler="hello.handler",
)


def digest(content: bytes) -> str:
    """Return the digest that Lambda reports for a zip."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


class Lambda:
    """A Lambda API that records its calls.

    Args:
        digest: The digest that it reports after an update.
    """

    def __init__(self, digest: str) -> None:
        self.digest = digest
        self.calls: list[tuple[str, object]] = []

    def update_function_code(self, **request: object) -> dict[str, str]:
        """Record the code."""
        name = str(request.pop("FunctionName"))
        self.calls.append((name, request.get("ZipFile", request)))
        return {"CodeSha256": self.digest}

    def get_waiter(self, name: str) -> Any:  # noqa: ANN401 - boto3 has no types
        """Record what is waited for."""
        return SimpleNamespace(
            wait=lambda **request: self.calls.append((name, request["FunctionName"]))
        )


def update(monkeypatch: pytest.MonkeyPatch, api: Lambda) -> None:
    """Update the function `hello` through an API."""
    monkeypatch.setattr(Endpoint, "client", lambda *_: api)
    code_update.update(Endpoint(), "hello", CODE)


def test_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is sent first, and then the function's update is waited for."""
    api = Lambda(digest(CODE))

    update(monkeypatch, api)

    assert api.calls == [("hello", CODE), ("function_updated_v2", "hello")]


def test_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another digest than that of the sent code is an error."""
    with pytest.raises(HashzipError, match="hello in the AWS account reports other code"):
        update(monkeypatch, Lambda(digest(b"other")))


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"Runtime": "python3.12"}, "has runtime python3.12, but .* has python3.13"),
        ({"Architectures": ["x86_64"]}, "has architecture x86_64, but .* has arm64"),
        ({"Architectures": None}, "has architecture x86_64, but .* has arm64"),
    ],
)
def test_settings(changes: dict[str, object], message: str) -> None:
    """A function with another runtime or architecture is refused; an equal one is not."""
    configuration: dict[str, object] = {"Runtime": "python3.13", "Architectures": ["arm64"]}
    code_update.check_settings("hello", configuration, HELLO)

    with pytest.raises(HashzipError, match=message) as caught:
        code_update.check_settings("hello", configuration | changes, HELLO)
    assert "with Terraform first" in caught.value.hint


def test_from_s3(monkeypatch: pytest.MonkeyPatch) -> None:
    """Code from S3 is named, waited for and compared in the same way."""
    api = Lambda("as it should be")
    monkeypatch.setattr(Endpoint, "client", lambda *_: api)
    url = "s3://bucket/a/b.zip"

    code_update.update_from_s3(Endpoint(), "hello", url, "as it should be")

    assert api.calls == [
        ("hello", {"S3Bucket": "bucket", "S3Key": "a/b.zip"}),
        ("function_updated_v2", "hello"),
    ]
    with pytest.raises(HashzipError, match="other code"):
        code_update.update_from_s3(Endpoint(), "hello", url, "another")
