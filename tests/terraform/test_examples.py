"""The examples of `docs/examples`, as they stand there: built, deployed and invoked."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from hashzip.commands import _discover
from hashzip.emulator.server import LocalAws
from scripts.terraform import Terraform
from tests.support import program, stack

pytestmark = pytest.mark.registry

# What each is built with.
PROGRAMS = {"go": "go", "node": "npm"}
OTHER_NAMES = {"x86_64": "amd64"}  # of architectures, which Go has
NOT_COPIED = (".hashzip", "dist", "node_modules", "out", ".terraform*", "terraform.tfstate*")

LONG = 600.0  # seconds; Go compiles its standard library once for each architecture


@pytest.fixture(params=sorted(PROGRAMS))
def example(request: pytest.FixtureRequest) -> str:
    """The name of an example whose tools are here."""
    name: str = request.param
    if not shutil.which(PROGRAMS[name]):
        pytest.skip(f"{PROGRAMS[name]} is not on the PATH")
    return name


def checkout(root: Path, example: str, *, here: bool = False) -> Path:
    """Copies an example, with what it needs of this repository; answers its folder.

    Args:
        root: Where the copy of the repository goes.
        example: Its name.
        here: Whether its function is for this machine's architecture, and can run here.
    """
    stack.copy_build_and_modules(root)
    folder = root / "docs/examples" / example
    ignore = shutil.ignore_patterns(*NOT_COPIED)
    shutil.copytree(stack.REPOSITORY / "docs/examples" / example, folder, ignore=ignore)
    if here:
        mine = _discover.architecture()
        config = folder / "hashzip.toml"
        text = config.read_text(encoding="utf-8")
        text = text.replace('architecture = "arm64"', f'architecture = "{mine}"')
        text = text.replace('GOARCH = "arm64"', f'GOARCH = "{OTHER_NAMES.get(mine, mine)}"')
        config.write_text(text, encoding="utf-8")
    return folder


def build(folder: Path, mask: int = 0o022, **settings: str) -> dict[str, Any]:
    """Builds the function of an example, and answers what `--json` says of it.

    Args:
        folder: Of the example.
        mask: Which rights files do not get: the user's umask.
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
    """Two machines make one zip: in other folders, by other users, with nothing kept before."""
    zips = []
    for place in ("one", "another/place"):
        folder = checkout(tmp_path / place, example)
        mine = {"GOCACHE": str(tmp_path / place / "cache")} if place != "one" else {}
        mask = 0o077 if mine else 0o022
        result = build(folder, mask, npm_config_cache=str(tmp_path / place / "npm"), **mine)
        zips.append((folder / str(result["file"])).read_bytes())
        assert build(folder)["built"] is False, "nothing that the programs wrote is an input"

    assert hashlib.sha256(zips[0]).hexdigest() == hashlib.sha256(zips[1]).hexdigest()
    source = folder / {"go": "main.go", "node": "src/index.ts"}[example]
    source.write_text(source.read_text(encoding="utf-8").replace("Hello", "Hi"), encoding="utf-8")
    result = build(folder)
    assert result["built"]
    assert (folder / str(result["file"])).read_bytes() != zips[0]


@pytest.mark.skipif(platform.system() != "Linux", reason="its programs are for Linux")
def test_deployed(
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
    example: str,
) -> None:
    """One apply builds and deploys it; it answers as hello does; then there is nothing to do."""
    folder = checkout(tmp_path / "checkout", example, here=True)
    variables = {"hashzip_command": [sys.executable, "../../../build"]}
    environment = {**provider_environment, **aws.environment}
    terraform = Terraform(folder, environment, terraform_executable, variables)
    terraform.init()

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
        # Lambda's Node.js takes the type from the error's name; the local AWS has one for all.
        local = {"node": "Runtime.HandlerError"}
        assert error["errorType"] == local.get(example, "InvalidEventError")


def invoke(aws: LocalAws, name: str, event: object) -> dict[str, Any]:
    """Invokes a function, and answers its answer, or its error."""
    client = boto3.client(
        "lambda",
        endpoint_url=aws.endpoint,
        region_name=aws.environment["AWS_REGION"],
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
    )
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    found = json.loads(answer["Payload"].read())
    assert isinstance(found, dict)
    return found
