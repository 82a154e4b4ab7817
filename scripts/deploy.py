"""Deploy hello: `python -m scripts.deploy plan|apply|destroy|invoke [--local]`.

On the user's AWS account, which the usual environment names; or, with `--local`, on a local AWS
that is started for each run and remembers what it holds in `.hashzip/`, with a Terraform state of
its own.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from hashzip.local import aws as local_aws
from hashzip.targets import ARCHITECTURES
from scripts import providers
from scripts.errors import ScriptError, exit_code
from scripts.terraform import Terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = Path(__file__).parents[1]
_LOCAL = REPOSITORY / ".hashzip/local_aws"


@contextmanager
def stack(*, local: bool, rust: str | None) -> Iterator[Terraform]:
    """Lend Terraform, initialised in `infra/`, on the user's account or a local AWS."""
    twin = {"TF_VAR_rust_architecture": rust} if rust else {}
    if not local:
        yield terraform(twin)
        return
    with local_aws.running(_LOCAL) as aws:
        # A workspace keeps the local state apart from that of the account.
        yield terraform({**twin, **aws.environment, "TF_WORKSPACE": "local"})


def terraform(environment: Mapping[str, str], folder: Path = REPOSITORY / "infra") -> Terraform:
    """Return Terraform, initialised in a folder, which runs hashzip by this very Python."""
    runner = Terraform(
        folder,
        {**providers.environment(), **environment},
        variables={"hashzip_command": [sys.executable, "../build"]},
    )
    runner.init()
    return runner


def invoke(function_name: str, payload: object, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Invoke a function, and return what it answers.

    Args:
        function_name: Its name in AWS.
        payload: The event; anything that JSON can hold.
        environment: What leads boto3 to a local AWS; empty for the user's account.

    Raises:
        ScriptError: The function failed; its own words are in the message.
    """
    client = boto3.client(
        "lambda",
        endpoint_url=environment.get("AWS_ENDPOINT_URL"),
        region_name=environment.get("AWS_REGION"),
        aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
    )
    response = client.invoke(FunctionName=function_name, Payload=json.dumps(payload))
    answer = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise ScriptError(
            f"{function_name} failed: {json.dumps(answer)}",
            "send it what it expects, or look at its log group",
        )
    return answer


def _plan(runner: Terraform, _options: argparse.Namespace) -> None:
    print(runner.plan().text)


def _apply(runner: Terraform, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as folder:
        plan = runner.plan(out=Path(folder, "plan"))
        print(plan.text)
        if not plan.empty:
            _ask("Apply this plan?", options)
            print(runner.apply(plan))


def _destroy(runner: Terraform, options: argparse.Namespace) -> None:
    _ask(f"Destroy all that Terraform's state in {runner.folder} holds?", options)
    print(runner.destroy())


def _invoke(runner: Terraform, options: argparse.Namespace) -> None:
    try:
        payload = json.loads(options.data)
    except ValueError as error:
        raise ScriptError(f"--data is not JSON: {error}", 'write \'{"name": "world"}\'') from error
    which = "rust_function_name" if options.rust else "function_name"
    name = runner.output().get(which)
    if name is None:
        twin = f" -- --rust {options.rust}" if options.rust else ""
        raise ScriptError("it is not deployed", f"run: nox -s apply{twin}")
    print(json.dumps(invoke(name, payload, runner.environment)))


def _ask(question: str, options: argparse.Namespace) -> None:
    """Ask before something happens to an account that is not a local one."""
    if options.local or options.yes:
        return
    if not sys.stdin.isatty():
        raise ScriptError("nobody is here to say yes", "add --yes (by nox: `-- --yes`)")
    if input(f"{question} Only `yes` is yes: ") != "yes":
        raise ScriptError("not confirmed; nothing was changed", "say `yes` next time")


_VERBS = {"plan": _plan, "apply": _apply, "destroy": _destroy, "invoke": _invoke}


def main() -> None:
    """Read the arguments, and do what they say."""
    parser = argparse.ArgumentParser(prog="scripts.deploy", description="Deploy hello.")
    parser.add_argument("verb", choices=_VERBS)
    parser.add_argument("--local", action="store_true", help="on a local AWS, started for it")
    parser.add_argument(
        "--rust", choices=ARCHITECTURES, help="deploy, or invoke, its twin in Rust for this too"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--data", default="{}", metavar="JSON", help="the event to invoke with")
    options = parser.parse_args()
    os.chdir(REPOSITORY)
    with stack(local=options.local, rust=options.rust) as runner:
        _VERBS[options.verb](runner, options)


if __name__ == "__main__":
    sys.exit(exit_code(main))
