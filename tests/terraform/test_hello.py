"""This repository's own function and configuration, deployed from a clean checkout."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hashzip.emulator.server import LocalAws
from tests.support import stack
from tests.support.stack import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def hello(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Stack]:
    """Make a clean checkout, initialised; nothing is built or deployed."""
    name = tmp_path.name.replace("_", "-")[-40:]
    clone = stack.checkout(
        tmp_path / "checkout", name, aws, provider_environment, terraform_executable
    )
    with clone.init().attached() as attached:
        yield attached


def test_apply_from_a_clean_checkout(hello: Stack) -> None:
    """One apply builds and deploys the function, which answers, and sets all outputs."""
    hello.apply()
    assert hello.invoke({"name": "world"}) == {"message": "Hello, world!"}
    assert hello.invoke() == {"message": "Hello, stranger!"}
    name = hello.variables["function_name"]
    outputs = hello.terraform.output()
    assert outputs.keys() == {"function_name", "arn", "log_group_name", "fingerprint"}  # no Rust
    assert outputs["arn"].endswith(f":function:{name}")
    configuration = hello.client("lambda").get_function_configuration(FunctionName=name)
    assert configuration["Architectures"] == ["arm64"]
    assert configuration["LoggingConfig"]["LogFormat"] == "JSON"
    (group,) = hello.client("logs").describe_log_groups(
        logGroupNamePrefix=outputs["log_group_name"]
    )["logGroups"]
    assert group["retentionInDays"] == 30


def test_build_first_then_apply(hello: Stack) -> None:
    """An apply deploys what `hashzip build` built before, and builds nothing again."""
    (built,) = json.loads(stack.hashzip(hello, "build", "--json").stdout)
    before = Path(built["file"]).stat()
    log = hello.terraform.apply()
    assert "hello: up to date" in log
    after = Path(built["file"]).stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert hello.terraform.output()["fingerprint"] == built["fingerprint"]
    assert hello.plan().empty
