"""`hashzip watch`, used as by a person: on a terminal, beside an editor and a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import signal
import socket
import subprocess
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from hashzip.aws.client import Endpoint
from hashzip.emulator import server as local_aws
from hashzip.project import host
from tests.support import commands, program, watch_process, wheels
from tests.support import project as projects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hashzip.emulator.server import LocalAws
    from tests.support.watch_process import Watch

HANDLER = """
import json, os
def lambda_handler(event, context):
    print(json.dumps({"level": "INFO", "message": "called", "shoe": 42}))
    return WORD
"""


def handler(answer: str) -> str:
    """Return the source of a function that returns an expression."""
    return HANDLER.replace("WORD", answer)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with one function."""
    root = projects.make(tmp_path_factory.mktemp("watch") / "project")
    _configure(root)
    (root / "src/hello.py").write_text(handler("'first'"), encoding="utf-8")
    return root


def _configure(root: Path, **changes: object) -> None:
    projects.configure(root, exclude=["*.md"], **changes)


@pytest.fixture(scope="module")
def watch(root: Path) -> Iterator[Watch]:
    """Watch that project, for several tests."""
    with watch_process.watching(root) as watch:
        watch.wait_for("watching for changes; press Ctrl-C to stop")
        yield watch


def save(root: Path, watch: Watch, text: str, path: str = "src/hello.py") -> str:
    """Save a file and return the line that `watch` prints."""
    start = len(watch.text)
    projects.write_files(root, {path: text.encode()})
    return watch.wait_for(r"hello: .* live in .*\n", start)[0]


def listens(address: str) -> bool:
    """Return whether a server listens at a URL."""
    with socket.socket() as probe:
        parts = urlsplit(address)
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def test_save_is_live_once_it_is_said(root: Path, watch: Watch) -> None:
    """The line names the file and both times, and the next request gets the new response."""
    save(root, watch, handler("'before'"))
    assert watch_process.answer(watch.url()) == "before"

    line = save(root, watch, handler("'after'"))

    assert watch_process.answer(watch.url()) == "after"
    assert line.startswith("hello: 1 file changed (hello.py), built in ")


def test_log_is_readable(root: Path, watch: Watch) -> None:
    """JSON lines are printed as text, START and END are dropped, and REPORT becomes a duration."""
    save(root, watch, handler("'log'"))
    start = len(watch.text)
    watch_process.answer(watch.url())

    watch.wait_for(r"INFO +called shoe=42\n +-- \d+ ms", start)
    assert "RequestId" not in watch.text


def test_front_has_the_event_of_a_function_url(root: Path, watch: Watch) -> None:
    """Method, path, query, headers and body are where Lambda puts them, and no CORS is added."""
    save(root, watch, handler("event"))
    request = {"data": b'{"a": 1}', "headers": {"Content-Type": "application/json", "X-A": "b"}}

    status, headers, body = watch_process.get(f"{watch.url()}health?a=1&b=%20", **request)

    event = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert event["version"] == "2.0"
    assert event["requestContext"]["http"]["method"] == "POST"
    assert (event["rawPath"], event["rawQueryString"]) == ("/health", "a=1&b=%20")
    assert (event["body"], event["isBase64Encoded"]) == ('{"a": 1}', False)
    assert event["headers"]["x-a"] == "b"
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_front_reads_an_answer_of_a_function_url(root: Path, watch: Watch) -> None:
    """Status, headers, cookies and a base64 body of the response become an HTTP response."""
    response = {
        "statusCode": 418,
        "headers": {"Content-Type": "image/x", "Access-Control-Allow-Origin": "https://a.example"},
        "cookies": ["a=1", "b=2"],
        "body": "AAE=",
        "isBase64Encoded": True,
    }
    save(root, watch, handler(repr(response)))

    status, headers, body = watch_process.get(watch.url())

    assert (status, headers["content-type"], body) == (418, "image/x", b"\0\1")
    assert headers.get_all("set-cookie") == ["a=1", "b=2"]
    assert headers["access-control-allow-origin"] == "https://a.example"


def test_front_has_cookies(root: Path, watch: Watch) -> None:
    """A request's cookies are in `cookies` and in the header; without cookies, in neither."""
    save(root, watch, handler("[event.get('cookies'), event['headers'].get('cookie')]"))

    sent = watch_process.get(watch.url(), headers={"Cookie": "a=1; b=x=y"})[2]

    assert json.loads(sent) == [["a=1", "b=x=y"], "a=1; b=x=y"]
    assert watch_process.answer(watch.url()) == [None, None]


def test_function_sees_what_lambda_gives(root: Path, watch: Watch) -> None:
    """Context, environment and task root are set, and each call has its own id."""
    fields = (
        "[context.aws_request_id, context.invoked_function_arn, context.memory_limit_in_mb, "
        "context.get_remaining_time_in_millis(), os.path.dirname(__file__) == "
        "os.environ['LAMBDA_TASK_ROOT'], os.environ.get('A')]"
    )
    _configure(root)
    save(root, watch, handler(fields))
    first, second = watch_process.answer(watch.url()), watch_process.answer(watch.url())
    assert isinstance(first, list)
    assert isinstance(second, list)
    assert first[0] != second[0]
    assert first[1].endswith(":function:hello")
    assert int(first[2]) == 128
    assert 0 < first[3] <= 3000
    assert first[4:] == [True, None]

    start = len(watch.text)
    text = (root / "hashzip.toml").read_text(encoding="utf-8")
    with (root / "hashzip.toml").open("a", encoding="utf-8") as file:
        file.write('environment = {A = "b"}\n')
    watch.wait_for("hello: settings changed", start)
    answer = watch_process.answer(watch.url())
    assert isinstance(answer, list)
    assert answer[5] == "b"

    start, before = len(watch.text), projects.fingerprint(root)
    (root / "hashzip.toml").write_text(text, encoding="utf-8")
    watch.wait_for("hello: settings changed", start)
    assert projects.fingerprint(root) == before, "it is not in the package"


def test_error_is_shown_and_mended(root: Path, watch: Watch) -> None:
    """After an error the last good code stays live, until the next good save."""
    save(root, watch, handler("'good'"))
    start = len(watch.text)
    (root / "src/hello.py").write_text("def (\n", encoding="utf-8")
    watch.wait_for(r"error: hello: \S*hello.py:1: invalid syntax", start)
    assert watch_process.answer(watch.url()) == "good"

    save(root, watch, handler("'mended'"))
    assert watch_process.answer(watch.url()) == "mended"


def test_failed_import_is_shown(root: Path, watch: Watch) -> None:
    """Code that cannot be imported prints its traceback; the next good save is live."""
    save(root, watch, "A = 1\nimport nonesuch\n")
    start = len(watch.text)
    status, _, body = watch_process.get(watch.url())
    assert (status, "nonesuch" in body.decode()) == (502, True)

    shown = watch.wait_for(r"Traceback .*\n(.*\n)+? *ModuleNotFoundError: .*'nonesuch'", start)[0]
    assert 'hello.py", line 2, in <module>' in shown
    assert "importlib" not in shown, "it is the function that matters"
    save(root, watch, "A = 1\n")  # it can be imported, and has no handler
    watch_process.get(watch.url())
    watch.wait_for("no attribute 'lambda_handler'", start)
    save(root, watch, handler("'mended'"))
    start = len(watch.text)
    assert watch_process.answer(watch.url()) == "mended"
    watch.wait_for(r"-- \d+ ms", start)
    assert "Traceback" not in watch.text[start:]


def test_caught_import_is_not_shown(root: Path, watch: Watch) -> None:
    """A failing import that the function catches is no error."""
    tried = "import importlib\ntry:\n    importlib.import_module('nonesuch')\nexcept ImportError:\n"
    save(root, watch, f"{tried}    print('without')\n{handler(repr('caught'))}")
    start = len(watch.text)
    assert watch_process.answer(watch.url()) == "caught"
    watch.wait_for("without", start)
    assert "Traceback" not in watch.text[start:]


def test_excluded_file_triggers_nothing(root: Path, watch: Watch) -> None:
    """An excluded file is not reported, and a new file in a new folder is."""
    start = len(watch.text)
    projects.write_files(root, {"src/notes.md": b"a", "src/__pycache__/a.pyc": b"a"})

    line = save(root, watch, "A = 1\n", "src/fresh/deep/a.py")

    assert line.startswith("hello: 1 file changed (fresh/deep/a.py)")
    assert watch.text[start:].count("hello:") == 1


def test_burst_is_one_rebuild(root: Path, watch: Watch) -> None:
    """All files that a git checkout writes are one change."""
    git = ("git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.com")

    def run(*words: str) -> None:
        subprocess.run([*git, *words], check=True, capture_output=True)

    many = {f"src/many/m{number}.py": b"A = 1\n" for number in range(60)}
    for number in (1, 2):
        projects.write_files(root, dict.fromkeys(many, b"A = %d\n" % number))
        run("init", "-q")
        run("add", "src")
        run("commit", "-qm", "a state")
    save(root, watch, handler("'settled'"))  # earlier saves are live too
    (root / "src/hello.py").unlink()
    run("checkout", "-q", "src/hello.py")
    watch_process.until(lambda: watch_process.answer(watch.url()) != "settled")
    start = len(watch.text)

    run("checkout", "-q", "HEAD~1")

    watch.wait_for(r"hello: 60 files changed .* live in", start)
    save(root, watch, handler("'done'"))
    assert watch.text[start:].count("live in") == 2


def test_hundred_saves_under_load(root: Path, watch: Watch) -> None:
    """While files are saved without pause, no invocation fails, and the last save is live."""
    numbers = range(10)
    source = "".join(f"import part{number}\n" for number in numbers) + handler(
        f"[{', '.join(f'part{number}.N' for number in numbers)}]"
    )
    projects.write_files(root, {f"src/part{number}.py": b"N = 0\n" for number in numbers})
    save(root, watch, source)
    chance = random.Random(7)  # noqa: S311 - the same each time
    last = dict.fromkeys(numbers, 0)
    failed: list[object] = []
    done = threading.Event()
    calls = 0

    def invoke() -> None:
        nonlocal calls
        client = watch.client()
        while not done.is_set():
            got = client.invoke(FunctionName="hello")
            calls += 1
            if "FunctionError" in got:
                failed.append(got["Payload"].read())

    def invoked(times: int) -> bool:
        return calls >= times

    threads = [threading.Thread(target=invoke) for _ in range(2)]
    for thread in threads:
        thread.start()
    for count in range(1, 101):
        number = chance.choice(numbers)
        last[number] = count
        # As editors do: they empty a file and then write it.
        new = root / "new.py"
        new.write_text(f"N = {count}\n", encoding="utf-8")
        new.replace(root / f"src/part{number}.py")
        threading.Event().wait(chance.choice((0, 0, 0.01, 0.08)))
        if count % 10 == 0:  # else a busy machine saves all before it invokes any
            watch_process.until(partial(invoked, calls + 1))
    watch_process.until(lambda: watch_process.answer(watch.url()) == list(last.values()))
    done.set()
    for thread in threads:
        thread.join()

    assert not failed
    assert calls >= 10
    assert all(watch_process.answer(watch.url()) == list(last.values()) for _ in range(5))


def test_new_function_is_taken_up(root: Path, watch: Watch) -> None:
    """A function that is added to hashzip.toml runs, and one that is removed stops."""
    text = (root / "hashzip.toml").read_text(encoding="utf-8")
    more = text.replace("[function.hello]", "[function.second]").replace('"src"', '"other"')
    start = len(watch.text)
    (root / "hashzip.toml").write_text(f"{text}\n{more}", encoding="utf-8")
    watch.wait_for("error: second: the source folder .*other does not exist", start)
    projects.write_files(root, {"other/hello.py": handler("'second'").encode()})

    assert watch_process.answer(watch.url("second")) == "second"
    (root / "hashzip.toml").write_text(text, encoding="utf-8")
    watch.wait_for("second: removed", start)
    names = [each["FunctionName"] for each in watch.client().list_functions()["Functions"]]
    assert names == ["hello"]


def test_second_watch_is_refused(root: Path, watch: Watch) -> None:
    """A second `watch` in a project reports the first one."""
    assert watch.process.poll() is None
    finished = program.run("watch", cwd=root)
    error, _ = projects.complaint(finished)
    assert "another hashzip watch is running" in error


def children(process: int) -> set[int]:
    """Return the child processes of a process, and theirs."""
    listed = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    known, new = set(), {process}
    while new:
        known |= new
        new = {child for child, parent in pairs if parent in new} - known
    return known - {process}


def runs(process: int) -> bool:
    """Return whether a process runs. A zombie has ended."""
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return state not in ("", "Z") and not state.startswith("Z")


@pytest.mark.parametrize("how", [0, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_nothing_is_left_running(tmp_path: Path, how: int) -> None:
    """However it ends, all its processes end, its ports are free, and it can start again."""
    root = projects.make(tmp_path / "project")
    with watch_process.watching(root) as watch:
        watch.wait_for("watching for changes; press Ctrl-C to stop")
        assert watch_process.answer(watch.url()) == {}
        # Supervisor, emulator, worker.
        watch_process.until(lambda: len(children(watch.process.pid)) >= 3)
        all_of_it = children(watch.process.pid)
        assert all(map(listens, (watch.endpoint, watch.url())))

        assert watch.end(how) == (-how if how else 0)

        watch_process.until(lambda: not any(map(runs, all_of_it)))
        assert not any(map(listens, (watch.endpoint, watch.url())))
        assert ("stopped" in watch.text) is not bool(how)
    if how:
        with watch_process.watching(root) as again:
            again.wait_for("watching for changes; press Ctrl-C to stop")
            assert watch_process.answer(again.url()) == {}
            assert again.end() == 0
    assert not (root / ".hashzip/watch").exists()


@pytest.fixture(scope="module")
def account() -> Iterator[LocalAws]:
    """Run a local AWS as an account, with a function that Terraform could have created."""
    with local_aws.running() as aws:
        _account(aws).create_function(
            FunctionName="hello-dev",
            Role="arn:aws:iam::000000000000:role/r",
            Runtime="python3.13",
            Architectures=["arm64"],
            Handler="hello.lambda_handler",
            Code={"ZipFile": b"PK\x05\x06" + bytes(18)},
        )
        yield aws


def _account(aws: LocalAws) -> Any:  # noqa: ANN401 - boto3 has no types
    return Endpoint(aws.endpoint, secret=aws.secret).client("lambda")


def _answer_of(aws: LocalAws) -> object:
    return json.load(_account(aws).invoke(FunctionName="hello-dev")["Payload"])


def test_account_gets_each_save(project: Path, account: LocalAws) -> None:
    """The function in the account gets the zip in dist, and its log is printed."""
    words = ("hello", "--function-name", "hello-dev", "--yes")
    with watch_process.watching(project, *words, **account.environment) as watch:
        watch.wait_for("watching for changes; press Ctrl-C to stop")
        assert _answer_of(account) == {}
        save(project, watch, handler("'saved'"))

        assert _answer_of(account) == "saved"
        assert "the next terraform plan will show the change" in watch.text
        watch.wait_for("INFO +called shoe=42")
    built = projects.built(project)
    digest = hashlib.sha256((project / str(built["file"])).read_bytes()).digest()
    configuration = _account(account).get_function_configuration(FunctionName="hello-dev")
    assert configuration["CodeSha256"] == base64.b64encode(digest).decode()


@pytest.mark.parametrize("typed, sent", [("y", True), ("n", False)])
def test_account_is_asked_for(project: Path, account: LocalAws, typed: str, *, sent: bool) -> None:
    """On a terminal it asks once, and sends nothing without "y"."""
    before = _account(account).get_function_configuration(FunctionName="hello-dev")["CodeSha256"]
    projects.write_files(project, {"src/word.py": typed.encode()})
    words = ("hello", "--function-name", "hello-dev")
    with watch_process.watching(project, *words, **account.environment) as watch:
        watch.wait_for(r"hello-dev now and after each save\? \[y/N\] ")
        watch.type(f"{typed}\n")
        watch.wait_for("watching for changes" if sent else "nothing was sent")
    after = _account(account).get_function_configuration(FunctionName="hello-dev")["CodeSha256"]
    assert (after != before) is sent


def test_account_is_not_asked_in_a_pipe(project: Path, account: LocalAws) -> None:
    """Without a terminal, nothing is sent without `--yes`."""
    words = ("watch", "hello", "--function-name", "hello-dev")
    finished = program.run(*words, cwd=project, settings=account.environment)
    assert "--yes" in projects.complaint(finished)[1]


@pytest.mark.parametrize(
    "tags, changes, message",
    [
        ({"hashzip:protected": ""}, {}, "has the tag hashzip:protected"),
        ({}, {"runtime": "python3.12"}, "has runtime python3.13, but .* has python3.12"),
        ({}, {"architecture": "x86_64"}, "has architecture arm64, but .* has x86_64"),
    ],
)
def test_account_is_refused(
    project: Path,
    account: LocalAws,
    tags: dict[str, str],
    changes: dict[str, object],
    message: str,
) -> None:
    """A function that is protected, or has another runtime or architecture, is not changed."""
    client = _account(account)
    arn = client.get_function(FunctionName="hello-dev")["Configuration"]["FunctionArn"]
    if tags:
        client.tag_resource(Resource=arn, Tags=tags)
    projects.configure(project, **changes)
    words = ("watch", "hello", "--function-name", "hello-dev", "--yes")
    finished = program.run(*words, cwd=project, settings=account.environment)
    client.untag_resource(Resource=arn, TagKeys=["hashzip:protected"])
    assert re.search(message, projects.complaint(finished)[0])


def test_account_lacks_the_function(project: Path, account: LocalAws) -> None:
    """For a function that is not in the account, the hint has the nearest name."""
    words = ("watch", "hello", "--function-name", "hello-prod", "--yes")
    error, hint = projects.complaint(program.run(*words, cwd=project, settings=account.environment))
    assert 'no function "hello-prod"' in error
    assert "hello-dev" in hint


def test_packages_are_beside_the_code(project: Path) -> None:
    """Requirements can be imported without being in the zip, and a changed lock is installed."""
    old = wheels.make(project, "greet", "1.0")
    new = wheels.make(project, "greet", "2.0", files={"greet.py": "NAME = 'newer'\n"})
    wheels.lock(project, old)
    projects.configure(project, requirements="requirements.txt")
    code = "import greet\n" + handler("greet.NAME")
    projects.write_files(project, {"src/hello.py": code.encode()})
    with watch_process.watching(project) as watch:
        assert watch_process.answer(watch.url()) == "greet"
        size = watch.client().get_function_configuration(FunctionName="hello")["CodeSize"]
        assert size < 2_000
        start = len(watch.text)

        wheels.lock(project, new)

        watch.wait_for(r"1 file changed \(requirements.txt\)", start)
        assert watch_process.answer(watch.url()) == "newer"


def test_layer_is_saved_too(project: Path) -> None:
    """A function can import its layer's files, and a save of one is live."""
    shared = {**projects.HELLO, "source": "shared"}
    del shared["handler"]
    hello = {**projects.HELLO, "layers": ["words"]}
    projects.write_tables(project, {"layer.words": shared, "function.hello": hello})
    code = "import words\n" + handler("words.WORD")
    projects.write_files(
        project, {"src/hello.py": code.encode(), "shared/words.py": b"WORD = 'first'\n"}
    )
    with watch_process.watching(project) as watch:
        assert watch_process.answer(watch.url()) == "first"

        line = save(project, watch, "WORD = 'second'\n", "shared/words.py")

        assert "1 file changed (layer.words: words.py)" in line
        assert watch_process.answer(watch.url()) == "second"
        line = save(project, watch, "import words\n" + handler("words.WORD * 2"))
        assert "1 file changed (hello.py)" in line
        assert watch_process.answer(watch.url()) == "secondsecond"


def test_env_file(project: Path) -> None:
    """Variables of the `.env` file reach the function, and override those of hashzip.toml."""
    with (project / "hashzip.toml").open("a", encoding="utf-8") as file:
        file.write('environment = {A = "toml", B = "toml"}\n')
    projects.write_files(
        project,
        {
            ".env": b"# mine\nexport A='of the file'\n",
            "src/hello.py": handler("os.environ['A'] + ', ' + os.environ['B']").encode(),
        },
    )
    with watch_process.watching(project, "--env-file", ".env", "--cors") as watch:
        assert watch_process.answer(watch.url()) == "of the file, toml"
        request = {"headers": {"Origin": "https://a.example"}}
        assert watch_process.get(watch.url(), **request)[1]["access-control-allow-origin"] == "*"


ELSEWHERE = {"x86_64": "arm64", "arm64": "x86_64"}[host.architecture()]
BUILD = """
set -eu
mkdir -p out node_modules/lib
date | tee node_modules/lib/made.js > build.log
echo "building for $HASHZIP_ARCHITECTURE"
grep -q WORD template.py && { echo 'half' > out/half; echo 'cannot build this'; exit 1; }
cp template.py out/hello.py
"""


def _configure_command(root: Path, **changes: object) -> None:
    keys = {"runtime": "python3.13", "handler": "hello.lambda_handler", "architecture": ELSEWHERE}
    commands.configure(root, exclude=["*.log"], **keys, **changes)


class TestCommand:
    """A function that a command builds."""

    @pytest.fixture
    def made(self, tmp_path: Path) -> Path:
        """Make a project whose function a shell script builds, for another architecture."""
        root = tmp_path / "project"
        root.mkdir()
        _configure_command(root)
        projects.write_files(root, {"src/build.sh": BUILD.encode()})
        projects.write_files(root, {"src/template.py": handler("'first'").encode()})
        return root

    def test_save(self, made: Path) -> None:
        """A save of an input builds for this machine, and the next request gets the result."""
        with watch_process.watching(made) as watch:
            assert watch_process.answer(watch.url()) == "first"
            assert f"building for {host.architecture()}" in watch.text
            watch.wait_for("watching for changes; press Ctrl-C to stop")

            line = save(made, watch, handler("'second'"), "src/template.py")

            assert line.startswith("hello: 1 file changed (src/template.py), built in ")
            assert watch_process.answer(watch.url()) == "second"
            names = [file.name for file in (made / "src/out").iterdir()]
            assert names == ["hello.py"]
            # New files in new folders count too, also in nested ones.
            (made / "src/lib/deep").mkdir(parents=True)
            line = save(made, watch, "A = 1\n", "src/lib/deep/new.py")
            assert line.startswith("hello: 1 file changed (src/lib/deep/new.py)")
            assert watch.text.count("building for") == 3

    def test_failing_build(self, made: Path) -> None:
        """A failed build is shown once, and the last good code stays live until the next build."""
        with watch_process.watching(made) as watch:
            watch.wait_for("watching for changes; press Ctrl-C to stop")
            start = len(watch.text)
            projects.write_files(made, {"src/template.py": HANDLER.encode()})
            watch.wait_for("cannot build this\n", start)
            watch.wait_for("error: hello: sh build.sh failed", start)
            watch.wait_for("the last good code keeps running", start)
            assert watch_process.answer(watch.url()) == "first"
            assert [file.name for file in (made / "src/out").iterdir()] == ["hello.py"]

            save(made, watch, handler("'mended'"), "src/template.py")

            assert watch_process.answer(watch.url()) == "mended"
            assert watch.text[start:].count("cannot build this") == 1

    def test_mended_from_the_start(self, made: Path) -> None:
        """A function that could not be built at the start runs after its first good build."""
        projects.write_files(made, {"src/template.py": HANDLER.encode()})
        with watch_process.watching(made) as watch:
            watch.wait_for("error: hello: sh build.sh failed")
            watch.wait_for("watching for changes; press Ctrl-C to stop")

            projects.write_files(made, {"src/template.py": handler("'mended'").encode()})

            assert watch_process.answer(watch.url()) == "mended"
