"""Functions that are deployed from a store in S3, which several machines share."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from hashzip.artifacts import limits
from hashzip.emulator.server import LocalAws
from scripts.terraform import Plan, TerraformError
from tests.support import stack as stacks
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

BUCKET = "artifacts-of-machines"
BUILD = "module.app.module.package.terraform_data.build"
FUNCTION = "module.app.aws_lambda_function.this"

# The bucket is made in the same configuration.
CONFIGURATION = f"""
provider "aws" {{
  s3_use_path_style = true
}}

variable "hashzip_command" {{ type = list(string) }}
variable "function_name" {{ type = string }}

resource "aws_s3_bucket" "artifacts" {{
  bucket        = "{BUCKET}"
  force_destroy = true
}}

module "app" {{
  source        = "./modules/function"
  project       = "${{path.root}}/.."
  function      = "app"
  function_name = var.function_name
  command       = var.hashzip_command
  layers        = [module.words.arn]
  store         = local.store
}}

module "words" {{
  source     = "./modules/layer"
  project    = "${{path.root}}/.."
  layer      = "words"
  layer_name = "${{var.function_name}}-words"
  command    = var.hashzip_command
  store      = local.store
}}

locals {{
  store = "s3://${{aws_s3_bucket.artifacts.bucket}}/lambda"
}}

output "function_name" {{ value = module.app.function_name }}
"""

PROJECT = """
[layer.words]
source = "layer"
runtime = "python3.13"
architecture = "x86_64"

[function.app]
source = "src"
handler = "app.handler"
runtime = "python3.13"
architecture = "x86_64"
layers = ["words"]
"""
HANDLER = """
import os

import answers
import words


def handler(event, context):
    path = os.path.join(os.path.dirname(__file__), "data.bin")
    size = os.path.getsize(path) if os.path.exists(path) else 0
    return f"{words.ANSWER} {answers.MARK}", size
"""

NAMED_BY_AWS = CONFIGURATION.replace(f'bucket        = "{BUCKET}"', f'bucket_prefix = "{BUCKET}-"')


def on_own_machine(clone: Stack, cache: Path) -> Stack:
    """Return a clone with caches and a key of its own, as on another machine."""
    return replace(clone, environment={**clone.environment, "HASHZIP_CACHE_DIR": str(cache)})


@pytest.fixture(params=[CONFIGURATION])
def machine(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Stack]:
    """Make a clone whose function comes from the store, and deploy it."""
    clone = stacks.make(
        tmp_path / "a", "from-store", aws, provider_environment, terraform_executable
    )
    clone.write({"infra/main.tf": request.param, "hashzip.toml": PROJECT, "src/app.py": HANDLER})
    clone.write({"layer/answers.py": "MARK = '!'\n"})
    with on_own_machine(clone, tmp_path / "cache-a").init().attached() as stack:
        stack.apply()
        yield stack
        stack.terraform.destroy()


def another_machine(machine: Stack) -> Stack:
    """Make a clone in another folder, with the state and with other caches."""
    root = machine.root.parent / "b"
    clone = machine.clone(root, state=True).init()
    return on_own_machine(clone, root.with_name("cache-b"))


def keys(machine: Stack) -> set[str]:
    """Return the keys of the objects in the store."""
    answer = machine.client("s3").list_objects_v2(Bucket=BUCKET)
    return {row["Key"] for row in answer.get("Contents", [])}


def test_plan_on_one_machine_and_apply_on_another(machine: Stack) -> None:
    """What one machine pushed is deployed by another, which builds and fetches no zip.

    Then the function is lost, and made again there without a zip either.
    """
    assert machine.invoke() == ["first !", 0]
    machine.answer_with("second")
    plan = machine.plan()
    assert stacks.changes(plan)[BUILD] == ["delete", "create"]
    (change,) = (each for each in plan.json["resource_changes"] if each["address"] == FUNCTION)
    planned = change["change"]["after"]["s3_key"]
    assert planned.startswith("lambda/app/")
    assert planned.endswith(".zip")
    before = keys(machine)
    built = stacks.hashzip_in(machine, "build", "app", "--store", f"s3://{BUCKET}/lambda")
    assert built.returncode == 0, built.stderr
    assert keys(machine) - before == {planned, planned.replace(".zip", ".json")}

    with another_machine(machine).attached() as other:
        deploy_elsewhere(other, plan, planned, before)


def deploy_elsewhere(other: Stack, plan: Plan, planned: str, before: set[str]) -> None:
    """Apply a plan on another machine, and look at what it does then.

    Args:
        other: The other machine's clone.
        plan: The plan of the first machine, which has pushed what is planned.
        planned: The key of the zip that is planned.
        before: The keys in the store before that.
    """
    other.apply(plan)

    assert other.invoke() == ["second !", 0]
    assert list(other.root.rglob("dist/**/*.zip")) == []
    assert keys(other) - before == {planned, planned.replace(".zip", ".json")}
    client = other.client("lambda")
    client.delete_function(FunctionName="from-store")
    other.apply()
    assert other.invoke() == ["second !", 0]
    assert list(other.root.rglob("dist/**/*.zip")) == []
    # The control: what nobody pushed is built where it is applied, and pushed.
    other.answer_with("third")
    other.apply()
    assert other.invoke() == ["third !", 0]
    assert len(list(other.root.rglob("dist/**/*.zip"))) == 1
    assert len(keys(other) - before) == 4
    # Code that somebody else has changed is a warning, and the command in it repairs that.
    client.update_function_code(FunctionName="from-store", S3Bucket=BUCKET, S3Key=planned)
    assert other.invoke() == ["second !", 0]
    warning = re.sub(r"[\s│]+", " ", other.plan().text)
    (command,) = re.findall(r"Deploy what was planned: (.*? --store s3://\S+)", warning)
    repaired = subprocess.run(
        [*command.split(), "--yes", "--remote"],
        cwd=other.root / "infra",
        env={**os.environ, **other.environment},
        check=False,
        capture_output=True,
    )
    assert repaired.returncode == 0, repaired.stderr
    assert other.invoke() == ["third !", 0]
    # And an artifact that is damaged is named before it is deployed.
    other.answer_with("fourth")
    other.client("s3").put_object(Bucket=BUCKET, Key=_next_key(other), Body=b"")
    with pytest.raises(TerraformError, match="other bytes than the zip of the same inputs"):
        other.terraform.apply()
    assert other.invoke() == ["third !", 0]


@pytest.mark.parametrize("machine", [NAMED_BY_AWS], indirect=True)
def test_a_zip_that_is_too_large_for_a_request(machine: Stack) -> None:
    """A zip of more than 50 MB is deployed from the store, in parts, and runs.

    The name of the bucket is not known before the bucket is there.
    """
    assert machine.invoke() == ["first !", 0]
    (machine.root / "src/data.bin").write_bytes(os.urandom(limits.ZIP + 1_000_000))

    machine.apply()

    assert machine.invoke() == ["first !", limits.ZIP + 1_000_000]
    artifact = max(machine.root.rglob("dist/**/*.zip"), key=lambda file: file.stat().st_size)
    assert artifact.stat().st_size > limits.ZIP
    # The control: without the store, such a zip is refused before anything is uploaded.
    finished = stacks.hashzip_in(machine, "build", "app", "--force", "--no-store")
    assert finished.returncode == 1
    assert "docs/store.md" in finished.stderr


def _next_key(machine: Stack) -> str:
    plan = machine.plan()
    (change,) = (each for each in plan.json["resource_changes"] if each["address"] == FUNCTION)
    key: str = change["change"]["after"]["s3_key"]
    return key
