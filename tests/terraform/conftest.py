"""A local AWS and Terraform's providers, for all tests in this folder."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hashzip.local import aws as local_aws
from hashzip.local.aws import LocalAws
from scripts import providers
from tests.helpers import stack as stacks
from tests.helpers.stack import Stack


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """A local AWS, which really runs functions."""
    with local_aws.running() as running:
        yield running


@pytest.fixture(scope="session")
def provider_environment(
    terraform_executable: str,  # noqa: ARG001 - without it, nobody needs providers
) -> Mapping[str, str]:
    """What `terraform init` needs to find its providers."""
    return providers.environment()


@pytest.fixture
def new_stack(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Stack]:
    """A fresh clone with a small function, initialised, and not deployed yet."""
    name = re.sub("[^A-Za-z0-9]+", "-", tmp_path.name).strip("-")
    clone = stacks.make(tmp_path / "clone", name, aws, provider_environment, terraform_executable)
    with clone.init().attached() as stack:
        yield stack


@pytest.fixture
def deployed(new_stack: Stack) -> Stack:
    """A clone whose function is deployed, by an apply from nothing."""
    new_stack.apply()
    return new_stack


@pytest.fixture(scope="session")
def shared(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Stack:
    """A deployed clone for tests that only plan: they copy it, and deploy nothing from it."""
    root = tmp_path_factory.mktemp("shared") / "clone"
    clone = stacks.make(root, "shared", aws, provider_environment, terraform_executable)
    clone.init().apply()
    return clone
