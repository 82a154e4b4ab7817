"""`hashzip env` gives other programs the endpoint and the key of the local AWS."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import aws_project, program
from tests.support import project as projects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.aws_project import Running

LIST = """
import boto3
print(*[row["FunctionName"] for row in boto3.client("lambda").list_functions()["Functions"]])
"""
OF_THE_USER = {"AWS_PROFILE": "missing", "AWS_ENDPOINT_URL_LAMBDA": "http://a"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a project's function in a local AWS, without access to an AWS account."""
    with pytest.MonkeyPatch.context() as patch:
        aws_project.hide_account(patch)
        with aws_project.running(tmp_path_factory.mktemp("env") / "project") as project:
            yield project


def test_shell(running: Running) -> None:
    """In a shell that evaluates it, boto3 uses the local AWS, and no profile of the user."""
    finished = running.run("env", settings=OF_THE_USER)
    assert finished.code == 0

    script = f'{finished.out}\nexec "$0" -c "$1"'
    shell = subprocess.run(
        ["sh", "-c", script, sys.executable, LIST],
        env=program.environment(**OF_THE_USER),
        capture_output=True,
        text=True,
        check=True,
    )

    assert shell.stdout == "hello\n"


def test_own_endpoints(running: Running) -> None:
    """A variable of the shell for one service does not lead elsewhere."""
    name = "AWS_ENDPOINT_URL_S3"
    url = running.endpoint.url
    assert f"{name}=" not in running.run("env").out
    assert f"export {name}={url}\n" in running.run("env", settings={name: "https://a"}).out


def test_nothing_runs(project: Path) -> None:
    """Without a local AWS, the hint says how to start one."""
    error, hint = projects.complaint(program.run("env", cwd=project))
    assert "no local AWS is running" in error
    assert "hashzip watch" in hint
