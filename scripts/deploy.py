"""Deploy hello: `python -m scripts.deploy plan|apply|destroy|invoke [--local]`.

It deploys to the user's AWS account, as configured by the usual environment. With `--local` it
deploys to a local AWS, which is started for each run, keeps its contents in `.hashzip/`, and has a
Terraform state of its own.
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

from hashzip.aws.client import Endpoint
from hashzip.emulator import server as local_aws
from hashzip.project.targets import ARCHITECTURES
from scripts import providers
from scripts.errors import ScriptError, exit_code
from scripts.terraform import Terraform

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REPOSITORY = Path(__file__).parents[1]
_LOCAL = REPOSITORY / ".hashzip/local_aws"


@contextmanager
def stack(*, local: bool, rust: str | None) -> Iterator[Terraform]:
    """Yield Terraform, initialised in `infra/`, for the user's account or a local AWS."""
    variables = {"TF_VAR_rust_architecture": rust} if rust else {}
    if not local:
        yield terraform(variables)
        return
    with local_aws.running(_LOCAL) as aws:
        # A workspace of its own keeps the local state apart from the account's.
        yield terraform({**variables, **aws.environment, "TF_WORKSPACE": "local"})


def terraform(environment: Mapping[str, str], folder: Path = REPOSITORY / "infra") -> Terraform:
    """Return Terraform, initialised in a folder, running hashzip with this Python."""
    variables = {"hashzip_command": [sys.executable, "../build"]}
    runner = Terraform(folder, providers.environment() | dict(environment), variables=variables)
    runner.init()
    return runner


def invoke(function_name: str, payload: object, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - any JSON
    """Invoke a function and return its response.

    Args:
        function_name: Its name in AWS.
        payload: The event: any JSON value.
        environment: The endpoint of a local AWS; empty for the user's account.

    Raises:
        ScriptError: The function failed. The message has its error.
    """
    url, secret = environment.get("AWS_ENDPOINT_URL"), environment.get("AWS_SECRET_ACCESS_KEY")
    client = Endpoint(url, secret=secret).client("lambda")
    response = client.invoke(FunctionName=function_name, Payload=json.dumps(payload))
    returned = json.loads(response["Payload"].read())
    if "FunctionError" in response:
        raise ScriptError(
            f"{function_name} failed: {json.dumps(returned)}",
            "check the event (--data), or look at the function's log group",
        )
    return returned


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
    _ask(f"Destroy all resources in the Terraform state of {runner.folder}?", options)
    print(runner.destroy())


def _invoke(runner: Terraform, options: argparse.Namespace) -> None:
    try:
        payload = json.loads(options.data)
    except ValueError as error:
        hint = 'try: --data \'{"name": "world"}\''
        raise ScriptError(f"--data is not JSON: {error}", hint) from error
    output = "rust_function_name" if options.rust else "function_name"
    name = runner.output().get(output)
    if name is None:
        rust = f" -- --rust {options.rust}" if options.rust else ""
        raise ScriptError(f"{REPOSITORY}/infra is not deployed", f"run: nox -s apply{rust}")
    print(json.dumps(invoke(name, payload, runner.environment)))


def _ask(question: str, options: argparse.Namespace) -> None:
    """Ask for confirmation before a change to an account that is not the local AWS."""
    if options.local or options.yes:
        return
    if not sys.stdin.isatty():
        message = f"cannot ask {question!r}: stdin is not a terminal"
        raise ScriptError(message, "confirm with --yes (with nox: `-- --yes`)")
    if input(f"{question} Only `yes` confirms: ") != "yes":
        raise ScriptError("not confirmed, so nothing was changed", "run again and type: yes")


_VERBS = {"plan": _plan, "apply": _apply, "destroy": _destroy, "invoke": _invoke}


def main() -> None:
    """Run the verb that the arguments name."""
    parser = argparse.ArgumentParser(prog="scripts.deploy", description="Deploy hello.")
    add = parser.add_argument
    add("verb", choices=_VERBS)
    add("--local", action="store_true", help="use a local AWS")
    add("--rust", choices=ARCHITECTURES, help="also deploy hello in Rust, or invoke that")
    add("--yes", action="store_true", help="do not ask for confirmation")
    add("--data", default="{}", metavar="JSON", help="the event to invoke with")
    options = parser.parse_args()
    os.chdir(REPOSITORY)
    with stack(local=options.local, rust=options.rust) as runner:
        _VERBS[options.verb](runner, options)


if __name__ == "__main__":
    sys.exit(exit_code(main))
