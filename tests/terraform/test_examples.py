"""The projects in `examples/`: built, deployed and invoked as they are in the repository."""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from hashzip.emulator.server import LocalAws
from hashzip.project import host
from scripts.terraform import Terraform
from tests.support import program, stack
from tests.support.attached import attached, aws_provider

pytestmark = pytest.mark.slow

# The program that builds each example, where it is not hashzip itself.
PROGRAMS = {"go": "go", "node": "npm"}
SOURCES = {"go": "main.go", "node": "src/index.ts", "python": "src/hello.py"}
GO_ARCHITECTURES = {"x86_64": "amd64"}
NOT_COPIED = (".hashzip", "dist", "node_modules", "out", ".terraform*", "terraform.tfstate*")

LONG = 600.0  # seconds; Go compiles its standard library once for each architecture


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.registry if name in PROGRAMS else ())
        for name in SOURCES
    ]
)
def example(request: pytest.FixtureRequest) -> str:
    """Return the name of each example whose program is installed."""
    name: str = request.param
    required = PROGRAMS.get(name, sys.executable)
    if not shutil.which(required):
        pytest.skip(f"{required} is not on the PATH")
    return name


def test_each_example_is_tested() -> None:
    """Each folder in `examples/` is one of the projects that these tests deploy."""
    folders = (path.name for path in (stack.REPOSITORY / "examples").iterdir() if path.is_dir())

    assert set(folders) == set(SOURCES)


def checkout(root: Path, example: str, *, here: bool = False) -> Path:
    """Copy an example and the parts of this repository that it needs; return its folder.

    Args:
        root: The folder of the copy.
        example: The name of the example.
        here: Whether to change the architecture to that of this machine, so that it runs here.
    """
    stack.copy_build_and_modules(root)
    folder = root / "examples" / example
    ignore = shutil.ignore_patterns(*NOT_COPIED)
    shutil.copytree(stack.REPOSITORY / "examples" / example, folder, ignore=ignore)
    if here:
        mine = host.architecture()
        config = folder / "hashzip.toml"
        text = config.read_text(encoding="utf-8")
        text = text.replace('architecture = "arm64"', f'architecture = "{mine}"')
        text = text.replace('GOARCH = "arm64"', f'GOARCH = "{GO_ARCHITECTURES.get(mine, mine)}"')
        config.write_text(text, encoding="utf-8")
    return folder


def build(folder: Path, mask: int = 0o022, **settings: str) -> dict[str, Any]:
    """Build the function of an example; return its entry in the JSON that hashzip prints.

    Args:
        folder: The folder of the example.
        mask: The umask of the build.
        settings: Environment variables.
    """
    finished = subprocess.run(
        [sys.executable, str(program.BUILD), "build", "--json"],
        cwd=folder,
        env=program.environment(**settings),
        capture_output=True,
        encoding="utf-8",
        timeout=LONG,
        umask=mask,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    (result,) = json.loads(finished.stdout)
    assert isinstance(result, dict)
    return result


def test_same_bytes_from_two_folders(tmp_path: Path, example: str) -> None:
    """Builds in two folders, with different umasks and caches of npm, give the same zip."""
    zips = []
    for place, mask in (("one", 0o022), ("another/place", 0o077)):
        folder = checkout(tmp_path / place, example)
        result = build(folder, mask, npm_config_cache=str(tmp_path / place / "npm"))
        zips.append((folder / str(result["file"])).read_bytes())
        assert build(folder)["built"] is False, "a file that the programs wrote is an input"

    assert hashlib.sha256(zips[0]).hexdigest() == hashlib.sha256(zips[1]).hexdigest()
    source = folder / SOURCES[example]
    source.write_text(source.read_text(encoding="utf-8").replace("Hello", "Hi"), encoding="utf-8")
    result = build(folder)
    assert result["built"]
    assert (folder / str(result["file"])).read_bytes() != zips[0]


@pytest.mark.skipif(platform.system() != "Linux", reason="packages hold programs for Linux")
def test_deployed(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
    example: str,
) -> None:
    """One apply builds and deploys the function, which answers; the next plan is empty."""
    folder = checkout(tmp_path / "checkout", example, here=True)
    # The modules run `python3`, which here must be the one that has hashzip's dependencies.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**provider_environment, **aws.environment, "PATH": path}
    Terraform(folder, environment, terraform_executable).init()

    with attached(aws_provider(folder), folder, environment) as provider:
        terraform = Terraform(folder, {**environment, **provider}, terraform_executable)
        terraform.apply()

        plan = terraform.plan()
        assert plan.empty, plan.text
        name = terraform.output()["function_name"]
    answers = [invoke(aws, name, event) for event in ({"name": "world"}, {}, {"name": None})]
    stranger = {"message": "Hello, stranger!"}
    assert answers == [{"message": "Hello, world!"}, stranger, stranger]
    for event, message in (
        ([], "the event must be an object, not an array"),
        ({"name": 7}, "name must be a string, not a number"),
    ):
        error = invoke(aws, name, event)
        assert error["errorMessage"] == message
        # Lambda's runtimes report the error's name. The local AWS replaces those of Node.js and
        # Python, but runs a program in Go as it is.
        assert error["errorType"] == (
            "InvalidEventError" if example == "go" else "Runtime.HandlerError"
        )


def invoke(aws: LocalAws, name: str, event: object) -> dict[str, Any]:
    """Invoke a function; return its answer or its error."""
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint,
        region_name=aws.environment["AWS_REGION"],
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )
    response = client.invoke(FunctionName=name, Payload=json.dumps(event))
    answer = json.loads(response["Payload"].read())
    assert isinstance(answer, dict)
    return answer
