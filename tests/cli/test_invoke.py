"""`hashzip invoke`: send an event to a function and print the response."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from uv import find_uv_bin

from tests.support import aws_project, program, terminal
from tests.support import project as projects
from tests.support.aws_project import Running

WORLD = '{"name": "wörld"}'


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a project's function in a local AWS, without access to an AWS account."""
    with pytest.MonkeyPatch.context() as patch:
        aws_project.hide_account(patch)
        with aws_project.running(tmp_path_factory.mktemp("invoke") / "project") as project:
            yield project


@pytest.fixture(scope="session")
def sam(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a folder with the example events of SAM CLI."""
    folder = tmp_path_factory.mktemp("sam")
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*command, "aws-sam-cli", "chevron"], check=True)
    return str(folder)


class TestAnswer:
    """The response."""

    def test_data(self, running: Running) -> None:
        """Standard output is the response only; without an event the function gets {}."""
        finished = running.run("invoke", "hello", "--data", WORLD)

        assert (finished.code, finished.err) == (0, "")
        assert json.loads(finished.out) == json.loads(WORLD)
        assert running.run("invoke", "hello").out == "{}\n"

    @pytest.mark.parametrize("option", ["--data", "--data-file"])
    def test_stdin(self, running: Running, option: str) -> None:
        """`-` reads the event from standard input."""
        finished = running.run("invoke", "hello", option, "-", text=WORLD)

        assert json.loads(finished.out) == json.loads(WORLD)

    def test_file(self, running: Running) -> None:
        """The event can be in a file, with or without a byte order mark."""
        (running.root / "event.json").write_text(WORLD, encoding="utf-8-sig")

        finished = running.run("invoke", "hello", "--data-file", "event.json")

        assert json.loads(finished.out) == json.loads(WORLD)

    def test_any_json(self, running: Running) -> None:
        """Event and response can be any JSON value."""
        for text in ("null", "[1]", '"word"', "1.5"):
            assert running.run("invoke", "hello", "--data", text).out == f"{text}\n"

    def test_terminal(self, running: Running) -> None:
        """On a terminal the response is indented, and the endpoint is named."""
        words = ("invoke", "hello", "--data", WORLD)

        code, text = terminal.run(*words, cwd=running.root, PYTHONUTF8="1")

        assert code == 0
        assert f"in {running.endpoint}" in text
        assert '{\r\n  "name": "wörld"\r\n}' in text


class TestHow:
    """Options of the invocation."""

    def test_logs(self, running: Running) -> None:
        """`--logs` prints the function's log to standard error, which is empty without it."""
        event = "invoke", "hello", "--data", '{"log": "here"}'

        assert running.run(*event).err == ""
        finished = running.run(*event, "--logs")

        assert finished.err.splitlines()[0] == "INFO  here tries=1"
        assert json.loads(finished.out) == {"log": "here"}

    def test_async(self, running: Running) -> None:
        """`--async` prints the request's id, and cannot show the log."""
        finished = running.run("invoke", "hello", "--async")

        assert (finished.code, finished.out) == (0, "")
        assert finished.err.startswith("accepted, request ")
        _, hint = projects.complaint(running.run("invoke", "hello", "--async", "--logs"))
        assert "hashzip logs hello" in hint

    def test_async_failure(self, running: Running) -> None:
        """`--async` succeeds even if the function fails."""
        finished = running.run("invoke", "hello", "--async", "--data", '{"fail": true}')

        assert finished.code == 0

    def test_qualifier(self, running: Running) -> None:
        """`--qualifier` invokes a version or alias; for an unknown one the hint has the nearest."""
        functions = running.client("lambda")
        version = functions.publish_version(FunctionName="hello")["Version"]
        functions.create_alias(FunctionName="hello", Name="live", FunctionVersion=version)

        assert running.run("invoke", "hello", "--qualifier", "live").out == "{}\n"
        error, hint = projects.complaint(running.run("invoke", "hello", "--qualifier", "love"))
        assert 'no version or alias "love"' in error
        assert 'did you mean "live"?' in hint

    def test_function_name(self, running: Running) -> None:
        """`--function-name` gives a function's name in AWS."""
        running.deploy("hello-dev")

        finished = running.run("invoke", "hello", "--function-name", "hello-dev")

        assert finished.out == "{}\n"

    def test_account(self, running: Running) -> None:
        """`--remote` uses the account of the environment even if a local AWS runs."""
        with aws_project.refusing(403, "AccessDeniedException") as account:
            settings = aws_project.account(account.endpoint)
            assert running.run("invoke", "hello", "--remote", settings=settings).code == 1
            assert account.asked == ["/2015-03-31/functions/hello/invocations"]
            assert running.run("invoke", "hello", settings=settings).code == 0
            assert len(account.asked) == 1

    def test_users_environment(self, running: Running) -> None:
        """The user's own AWS settings have no effect on the local AWS."""
        settings = {
            "AWS_PROFILE": "missing",
            "AWS_ENDPOINT_URL_LAMBDA": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "http_proxy": "http://127.0.0.1:9",
        }

        assert running.run("invoke", "hello", settings=settings).out == "{}\n"


class TestFailure:
    """Errors of the function and of the user."""

    def test_function_fails(self, running: Running) -> None:
        """A function's exception is an error with its traceback, and standard output is empty."""
        finished = running.run("invoke", "hello", "--data", '{"fail": true}')

        assert (finished.code, finished.out) == (1, "")
        first, *trace, last = finished.err.splitlines()
        assert first.startswith("error: hello failed: ")
        assert first.endswith(": as the event says")
        assert "app.py" in "".join(trace)
        assert last == "hint: run: hashzip logs hello --since 5m"

    def test_trace_once(self, running: Running) -> None:
        """With `--logs`, a traceback in the log is printed once."""
        finished = running.run("invoke", "hello", "--logs", "--data", '{"fail": true}')

        assert finished.code == 1
        assert finished.err.count("app.py") == 1

    @pytest.mark.parametrize(
        "data, place",
        [
            ('{"a": 1', "line 1, column 8"),
            ('{\n "a" 1}', "line 2, column 6"),
            ("", "line 1, column 1"),
            ('{"a": NaN}', "NaN is not a JSON value"),
            ("[" * 100_000, "is not JSON"),
        ],
    )
    def test_not_json(self, running: Running, data: str, place: str) -> None:
        """An event that is no JSON is refused with line and column, from every source."""
        (running.root / "bad.json").write_text(data)

        for words, where in (
            (("--data", data), "--data"),
            (("--data-file", "bad.json"), "bad.json"),
            (("--data", "-"), "standard input"),
        ):
            error, hint = projects.complaint(running.run("invoke", "hello", *words, text=data))
            assert error.startswith(f"error: {where} is not JSON")
            assert place in error
            assert '{"name": "world"}' in hint

    def test_not_text(self, running: Running) -> None:
        """An event that is not UTF-8 is refused with the position of the byte."""
        finished = running.run("invoke", "hello", "--data", "-", text=b'{"a": "\xff"}')

        assert "byte 7" in projects.complaint(finished)[0]

    def test_missing_file(self, running: Running) -> None:
        """A missing file is named."""
        error, _ = projects.complaint(running.run("invoke", "hello", "--data-file", "none.json"))

        assert "cannot read none.json" in error

    def test_too_large(self, running: Running) -> None:
        """An event above Lambda's limit of 6 MB is refused before it is sent."""
        finished = running.run("invoke", "hello", "--data", "-", text='"' + "x" * (6 << 20) + '"')

        error, hint = projects.complaint(finished)
        assert "6,291,458 bytes, and Lambda takes at most 6,291,456" in error
        assert "S3" in hint

    def test_unknown(self, running: Running) -> None:
        """For a function that is missing in hashzip.toml or AWS, the hint has the nearest name."""
        error, hint = projects.complaint(running.run("invoke", "hallo"))
        assert "hashzip.toml" in error
        assert 'did you mean "hello"?' in hint

        error, hint = projects.complaint(running.run("invoke", "hello", "--function-name", "hallo"))
        assert f'no function "hallo" in {running.endpoint}' in error
        assert 'did you mean "hello"?' in hint

    def test_layer(self, tmp_path: Path) -> None:
        """A layer cannot be invoked."""
        (tmp_path / "hashzip.toml").write_text(
            '[layer.deps]\nsource = "src"\nruntime = "python3.13"\narchitecture = "arm64"\n'
        )

        finished = program.run("invoke", "layer.deps", cwd=tmp_path)

        assert "is a layer" in projects.complaint(finished)[0]


class TestExamples:
    """Example events of AWS services."""

    @pytest.mark.parametrize(
        "name, key",
        [
            ("api-gateway", "httpMethod"),
            ("api-gateway-v2", "routeKey"),
            ("dynamodb", "Records"),
            ("eventbridge", "detail"),
            ("s3", "Records"),
            ("sns", "Records"),
            ("sqs", "Records"),
        ],
    )
    def test_common(self, running: Running, sam: str, name: str, key: str) -> None:
        """Events of common services have short names, and reach the function."""
        finished = running.run(
            "invoke", "hello", "--data-example", name, settings={"PYTHONPATH": sam}
        )

        assert finished.code == 0, finished.err
        assert key in json.loads(finished.out)

    def test_list(self, running: Running, sam: str) -> None:
        """`list` prints all names, with SAM CLI's own."""
        finished = running.run(
            "invoke", "hello", "--data-example", "list", settings={"PYTHONPATH": sam}
        )

        lines = finished.out.splitlines()
        assert "sqs\tsqs receive-message" in lines
        assert "s3-delete\ts3 delete" in lines
        assert lines == sorted(lines)

    def test_all_are_json(self, sam: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each is a JSON object."""
        script = (
            "import json; from hashzip.aws import sample_events as examples\n"
            "for name in examples.names():\n"
            "    assert isinstance(json.loads(examples.event(name)), dict), name"
        )
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([sam, str(program.BUILD)]))

        subprocess.run([sys.executable, "-c", script], check=True)

    def test_unknown(self, running: Running, sam: str) -> None:
        """For an unknown name, the hint has the nearest."""
        finished = running.run(
            "invoke", "hello", "--data-example", "sqss", settings={"PYTHONPATH": sam}
        )

        error, hint = projects.complaint(finished)
        assert 'no example event "sqss"' in error
        assert 'did you mean "sqs"?' in hint

    def test_without_sam(self, running: Running) -> None:
        """Without SAM CLI, the error says how to install it."""
        python = sys.executable, "-c", _WITHOUT_SAM
        finished = running.run("invoke", "hello", "--data-example", "sqs", python=python)

        _, hint = projects.complaint(finished)
        assert "[events]'" in hint


# Makes Python not find SAM CLI, even if it is installed.
_WITHOUT_SAM = (
    "import sys, runpy; sys.modules['samcli'] = None; sys.argv.pop(0); "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)
