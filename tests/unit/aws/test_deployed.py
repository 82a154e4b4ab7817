"""The zip of a deployed function, as another packer may have made it."""

import io
import zipfile
from hashlib import sha256
from types import SimpleNamespace

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.aws import deployed
from hashzip.aws.client import Endpoint
from hashzip.errors import HashzipError
from hashzip.inputs.files import FileEntry


@pytest.fixture
def configuration(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """Return the configuration of the account's function `hello`, for a test to fill."""
    configuration: dict[str, object] = {}
    functions = {"hello": {"Configuration": configuration, "Code": {"Location": "https://zip"}}}
    client = SimpleNamespace(get_function=lambda **request: functions[request["FunctionName"]])
    monkeypatch.setattr(Endpoint, "client", lambda _, service: {"lambda": client}[service])
    return configuration


def entry(path: str, content: bytes = b"", mode: int = 0o644) -> FileEntry:
    """Make the entry of a file."""
    return FileEntry(path, mode, len(content), sha256(content).hexdigest())


def test_find(configuration: dict[str, object]) -> None:
    """A function that runs a zip has a configuration, and the URL of its zip."""
    configuration["CodeSha256"] = "x"

    function = deployed.find(Endpoint(), "hello")

    assert function.configuration == {"CodeSha256": "x"}
    assert function.location == "https://zip"


def test_container_image(configuration: dict[str, object]) -> None:
    """A function that runs a container image has no zip to compare."""
    configuration["PackageType"] = "Zip"
    assert deployed.find(Endpoint(), "hello").location

    configuration["PackageType"] = "Image"
    with pytest.raises(HashzipError, match="hello in the AWS account runs a container image"):
        deployed.find(Endpoint(), "hello")


def test_entries() -> None:
    """Files and links have their paths, modes, sizes and digests; folders are left out."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.mkdir("lib")
        archive.writestr("lib/a.py", b"a = 1\n")
        archive.writestr(zipfile.ZipInfo("no-mode"), b"")
        program = zipfile.ZipInfo("run")
        program.external_attr = 0o100755 << 16
        archive.writestr(program, b"#!/bin/sh\n")
        link = zipfile.ZipInfo("to-run")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"run")
        archive.getinfo("no-mode").external_attr = 0
    with zipfile.ZipFile(file) as archive:
        files = deployed.entries(archive)

    assert files == [
        entry("lib/a.py", b"a = 1\n", mode=0o600),
        entry("no-mode"),
        entry("run", b"#!/bin/sh\n", mode=0o755),
        entry("to-run", b"run", mode=0o120777),
    ]


def test_packages() -> None:
    """Python packages are known by their metadata, at any depth; other files are none."""
    files = [
        entry("Flask-3.0.dist-info/METADATA"),
        entry("python/zope.interface-7.1.dist-info/METADATA"),
        entry("flask/METADATA"),
        entry("greet-1.0.dist-info/RECORD"),
    ]

    assert deployed.packages(files) == [
        Package("flask", "3.0"),
        Package("zope-interface", "7.1"),
    ]


def test_settings() -> None:
    """The settings that hashzip.toml has, too, are those of AWS, with its default architecture."""
    configuration = {"Runtime": "python3.13", "Handler": "a.b", "MemorySize": 128}
    settings = {"architecture": "x86_64", "handler": "a.b", "runtime": "python3.13"}

    assert deployed.settings(configuration) == settings
    assert deployed.settings({**configuration, "Architectures": ["arm64"]}) == {
        **settings,
        "architecture": "arm64",
    }
