"""Fixtures and hooks for all tests."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashzip.builders.rust import toolchain
from hashzip.emulator import server
from hashzip.emulator.server import LocalAws
from hashzip.errors import HashzipError, forget_warnings
from hashzip.project import user_cache
from scripts import opentofu
from tests.support import index as indexes
from tests.support import local_packages, s3
from tests.support import project as projects
from tests.support.index import Index
from tests.support.s3 import Shared


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that runs the Terraform tests with OpenTofu."""
    parser.addoption("--tofu", action="store_true", help="run Terraform tests with OpenTofu")


def pytest_configure() -> None:
    """Make SIGINT end the programs that tests start; jobs in a shell's background ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run slow modules first, so that no worker starts one when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True, scope="session")
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this run an install cache of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_colours() -> Iterator[None]:
    """Leave out of this run what the caller's environment says about colours."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FORCE_COLOR", "NO_COLOR"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(autouse=True)
def _warnings() -> None:
    """Let each test see all warnings."""
    forget_warnings()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a project with one function, "hello", and nothing built."""
    return projects.make(tmp_path / "project")


@pytest.fixture(scope="session")
def uv_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a uv cache that knows this machine's Pythons and no packages."""
    root = tmp_path_factory.mktemp("uv")
    local_packages.pyproject(root / "project", "empty")
    with indexes.serve(root) as served:
        local_packages.lock(root / "project", served)
        return served.cache


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uv_cache: Path) -> Iterator[Index]:
    """Run an empty package index, the only one that builds in this process use."""
    with indexes.serve(tmp_path) as served:
        # Without them, uv would start every Python in each test to query its version.
        shutil.copytree(uv_cache, served.cache)
        for name, value in served.settings.items():
            monkeypatch.setenv(name, value)
        yield served


@pytest.fixture(scope="session")
def local_s3() -> Iterator[LocalAws]:
    """Run a local AWS, for its S3."""
    with server.running() as running:
        yield running


@pytest.fixture
def shared(local_s3: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """Make an empty bucket, which this process and those that it starts reach."""
    for name, value in local_s3.environment.items():
        monkeypatch.setenv(name, value)
    return s3.make(local_s3)


@pytest.fixture(scope="session")
def rust(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the target folder that tests share; skip them without a Rust toolchain for x86_64.

    In CI, a missing toolchain is a failure.
    """
    root = tmp_path_factory.mktemp("rust")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARGO_TARGET_DIR", str(root / "target"))
        try:
            toolchain.find(str(root), str(root), "x86_64", is_pinned=False)
        except HashzipError as error:
            reason = f"{error.message}; {error.hint}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
    return root / "target"


@pytest.fixture(scope="session")
def terraform_executable(request: pytest.FixtureRequest) -> str:
    """Return the path of Terraform, or of OpenTofu with `--tofu`; skip tests without Terraform.

    In CI, a missing Terraform is a failure.
    """
    if request.config.getoption("--tofu"):
        return str(opentofu.executable())
    terraform = shutil.which("terraform")
    if terraform is None:
        advice = "terraform is not on the PATH: https://developer.hashicorp.com/terraform/install"
        if os.environ.get("CI") == "true":
            pytest.fail(advice)
        pytest.skip(advice)
    return terraform
