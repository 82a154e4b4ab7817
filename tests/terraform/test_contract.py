"""The two hellos, in Python and in Rust, behave alike when deployed."""

import json
import re
import shutil
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hashzip.emulator.server import LocalAws
from scripts import cache
from tests.support import contract, rust, stack, watch_process
from tests.support.stack import Stack

pytestmark = [rust.needs_cargo, pytest.mark.registry, pytest.mark.slow]

TWINS = {"python": "function_name", "rust": "rust_function_name"}


@pytest.fixture(scope="module")
def hellos(
    provider_environment: Mapping[str, str],
    aws: LocalAws,
    terraform_executable: str,
) -> Iterator[Stack]:
    """Deploy both from a clean checkout, with one apply.

    Cargo's `target` is kept, and the checkout has the same path in each run: Cargo compiles the
    hundred crates again for another path, which takes a minute.
    """
    with cache.locked("tests-contract") as caches:
        root = caches / "tests-contract"
        shutil.rmtree(root, ignore_errors=True)
        environment = {
            **provider_environment,
            "CARGO_TARGET_DIR": str(caches / "tests-contract-target"),
        }
        clone = stack.checkout(root, "contract", aws, environment, terraform_executable)
        with clone.using(rust_architecture="x86_64").init().attached() as both:
            both.apply()
            yield both


@pytest.fixture(params=TWINS)
def twin(request: pytest.FixtureRequest, hellos: Stack) -> "Twin":
    """Return each of them in turn."""
    return Twin(hellos, hellos.terraform.output()[TWINS[request.param]])


class Twin:
    """A deployed hello."""

    def __init__(self, hellos: Stack, name: str) -> None:
        self.name = name
        self.client = hellos.client("lambda")
        self.logs = hellos.client("logs")

    def invoke(self, event: object) -> Any:  # noqa: ANN401 - any JSON
        """Invoke it and return its response."""
        response = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event))
        answer = json.loads(response["Payload"].read())
        assert "FunctionError" not in response, answer
        return answer

    def fail(self, event: object) -> tuple[str, str]:
        """Invoke it, and return the error's message, and a text with the error's type.

        It must fail.
        """
        response = self.client.invoke(
            FunctionName=self.name, Payload=json.dumps(event), LogType="Tail"
        )
        assert "FunctionError" in response
        answer = json.loads(response["Payload"].read())
        # Unlike AWS, the local AWS does not report the type of Python's errors; the log has it.
        log = b64decode(response["LogResult"]).decode()
        return answer["errorMessage"], answer["errorType"] + log

    def log(self) -> list[dict[str, Any]]:
        """Return the lines of its log, which are JSON objects."""
        group = f"/aws/lambda/{self.name}"
        events = self.logs.filter_log_events(logGroupName=group)["events"]
        lines = [event["message"].strip() for event in events]
        return [json.loads(line) for line in lines if line.startswith("{")]


def test_answer(twin: Twin) -> None:
    """Each greets the name in the event, or a stranger."""
    answers = [(event, twin.invoke(event)) for event, _ in contract.GREETINGS]

    assert answers == [(event, {"message": greeting}) for event, greeting in contract.GREETINGS]


def test_invalid_event(twin: Twin) -> None:
    """Each reports an invalid event with the same message and the same type of error."""
    failures = [(event, *twin.fail(event)) for event, _ in contract.ERRORS]

    assert [(event, message) for event, message, _ in failures] == contract.ERRORS
    assert all("InvalidEventError" in names for _, _, names in failures)


def test_log(twin: Twin) -> None:
    """Each logs an invocation as one line of JSON with a level, a time and the event."""
    name = f"log-of-{twin.name}"
    twin.invoke({"name": name})
    # On a busy machine, the local AWS logs a line only with the next invocation.
    watch_process.until(lambda: twin.invoke({}) and any(name in str(line) for line in twin.log()))

    (line,) = [line for line in twin.log() if name in str(line)]

    assert line["level"] == "INFO"
    assert "invoked" in line.values()
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$", line["timestamp"])


def test_packages(hellos: Stack) -> None:
    """The code of each in Lambda is what was built, to the byte."""
    outputs = hellos.terraform.output()
    for folder, name in ((".", "function_name"), ("handler/rust", "rust_function_name")):
        (path,) = (hellos.root / folder / "dist").glob(f"*/{'?' * 64}.json")
        manifest = json.loads(path.read_text(encoding="utf-8"))
        configuration = hellos.client("lambda").get_function_configuration(
            FunctionName=outputs[name]
        )
        assert configuration["CodeSha256"] == manifest["artifact"]["code_sha256"]
