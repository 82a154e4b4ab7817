"""Fixtures for the tests in this folder: a local AWS, Terraform's providers, deployments."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from hashzip.emulator import server as local_aws
from hashzip.emulator.server import LocalAws
from scripts import providers
from tests.support import stack as stacks
from tests.support.deployment import Deployment
from tests.support.stack import Stack


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """Run a local AWS, which executes functions."""
    with local_aws.running() as running:
        yield running


@pytest.fixture(scope="session")
def provider_environment(
    terraform_executable: str,  # noqa: ARG001 - without it, nobody needs providers
) -> Mapping[str, str]:
    """Return environment variables that make `terraform init` find its providers."""
    # A larger heap: Terraform and the AWS provider spend much of their time on garbage collection.
    return {**providers.environment(), "GOGC": "400"}


@pytest.fixture
def new_stack(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Stack]:
    """Make a clone with a small function, initialised and not deployed."""
    root = tmp_path / "clone"
    name = _function_name(tmp_path)
    clone = stacks.make(root, name, aws, provider_environment, terraform_executable)
    with clone.init().attached() as stack:
        yield stack


@pytest.fixture
def from_nothing(new_stack: Stack) -> Stack:
    """Make a clone and deploy its function, for a test that destroys or replaces it."""
    new_stack.terraform.apply()
    return new_stack


# For the session: each worker runs several modules that use it.
@pytest.fixture(scope="session")
def deployment(
    tmp_path_factory: pytest.TempPathFactory,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Deployment[Stack]]:
    """Make a clone and deploy its function."""
    root = tmp_path_factory.mktemp("deployment")
    clone = stacks.make(root / "clone", "deployed", aws, provider_environment, terraform_executable)
    with clone.init().attached() as stack:
        yield Deployment(stack, root / "kept")


@pytest.fixture
def deployed(deployment: Deployment[Stack]) -> Stack:
    """Return that clone, restored as it was right after its first apply."""
    return deployment.put_back()


def _function_name(folder: Path) -> str:
    """Return a name for a test's function in the AWS that all tests share."""
    return re.sub("[^A-Za-z0-9]+", "-", folder.name).strip("-")
