"""`hashzip watch`: run functions on this machine, and update them at each save."""

from __future__ import annotations

import gc
import importlib.util
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from hashzip import planning
from hashzip.aws import log_format, log_reader
from hashzip.aws.client import Endpoint
from hashzip.commands import _endpoint, _output, _parser
from hashzip.errors import HashzipError
from hashzip.project import config

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from hashzip.aws.log_reader import LogReader
    from hashzip.watch.http_proxy import Fronts
    from hashzip.watch.loop import Loop

HELP = "run functions on this machine, and update them at each save"
DESCRIPTION = (
    "Starts a local AWS, creates the functions of hashzip.toml in it, and gives each function a "
    "port for browsers and curl. With --function-name, sends each save to a function in your "
    "account instead."
)
EXAMPLES = {
    "hashzip watch": "all functions",
    "hashzip watch hello --port 9000 --env-file .env": "one function, with more environment",
    "hashzip watch hello --function-name hello-dev --profile dev": "a function in your account",
}

_NEEDED = ("boto3", "ministack", "watchfiles")
_LOG_SECONDS = 0.2
_TURN_SECONDS = 0.5
_FIRST_PORT, _LAST_PORT = 8000, 8100

_PRINTING = threading.Lock()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the functions to run, where, and with which settings."""
    parser.add_argument(
        "functions", nargs="*", metavar="FUNCTION", help="function of hashzip.toml (default: all)"
    )
    parser.add_argument(
        "--port",
        type=int,
        metavar="PORT",
        help="port of the first function, the others follow; 0: any free port (default: free "
        "ports from 8000)",
    )
    parser.add_argument(
        "--cors", action="store_true", help="let web pages of any origin call the functions"
    )
    parser.add_argument(
        "--env-file", metavar="FILE", help="environment of each function: NAME=VALUE lines"
    )
    parser.add_argument(
        "--timeout",
        type=_parser.positive_int,
        default=3,
        metavar="SECONDS",
        help="timeout of each function (default: 3)",
    )
    parser.add_argument(
        "--memory",
        type=_parser.positive_int,
        default=128,
        metavar="MB",
        help="memory of each function (default: 128)",
    )
    parser.add_argument(
        "--function-name", metavar="NAME", help="send the code to this function in your account"
    )
    _endpoint.add_account_arguments(parser)
    _parser.add_yes(parser)


def run(options: argparse.Namespace) -> None:
    """Watch until Ctrl-C."""
    _refuse_missing()
    gc.enable()  # this one is not short
    # A polite request to end is the same as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    root = planning.load_project(options.project or config.find_root(os.curdir)).root
    from hashzip.watch import lock

    try:
        with lock.exclusive(root) as folder, ExitStack() as stack:
            if options.function_name:
                _watch_account(stack, options, root)
            else:
                _watch_here(stack, options, root, folder)
    except KeyboardInterrupt:
        say("stopped")


def say(text: str) -> None:
    """Prints, a text at a time."""
    with _PRINTING:
        print(text, flush=True)


def _refuse_missing() -> None:
    for name in _NEEDED:
        if importlib.util.find_spec(name) is None:
            raise HashzipError(
                f"watch needs the Python package {name}, which {sys.executable} lacks",
                f"run: {sys.executable} -m pip install 'hashzip[local]'",
            )


def _watch_here(stack: ExitStack, options: argparse.Namespace, root: str, folder: Path) -> None:
    """Watches, with the functions in a local AWS."""
    from hashzip.emulator import server as local_aws
    from hashzip.emulator import session
    from hashzip.watch import env_file, host_package, http_proxy
    from hashzip.watch.local_functions import LocalFunctions, Settings
    from hashzip.watch.loop import Loop

    settings = Settings(
        memory=options.memory,
        timeout=options.timeout,
        environment=env_file.read(options.env_file) if options.env_file else {},
        cors=options.cors,
    )
    local = stack.enter_context(local_aws.running(spares=True))
    stack.enter_context(session.announce(root, local.endpoint))
    fronts = stack.enter_context(http_proxy.fronts(local.endpoint))
    place = Endpoint(local.endpoint)
    functions = LocalFunctions(place, folder, settings)
    readers: dict[str, LogReader] = {}
    ports = _Ports(fronts, options.port)

    def opened(name: str) -> None:
        readers[name] = _reader(place, f"/aws/lambda/{name}")
        say(f"{name}: {ports.open(functions.urls[name])}")

    loop = Loop(root, options.functions, functions, say, opened)
    say(f"local AWS: {local.endpoint}")
    for line in host_package.differences(planning.load_project(root).targets.values()):
        say(f"unlike Lambda: {line}")
    _watch(stack, root, loop, readers)


class _Ports:
    """Gives out ports: from the one that was asked for, or the first that are free."""

    def __init__(self, fronts: Fronts, first: int | None) -> None:
        self._fronts = fronts
        self._next = _FIRST_PORT if first is None else first
        self._must = first is not None

    def open(self, url: str) -> str:
        while True:
            port = self._next
            self._next += 1 if port else 0
            try:
                return self._fronts.open(port, url)
            except HashzipError:
                if self._must or port > _LAST_PORT:
                    raise


def _watch_account(stack: ExitStack, options: argparse.Namespace, root: str) -> None:
    """Watches, with one function in an account."""
    from hashzip.watch.account_function import AccountFunction
    from hashzip.watch.loop import Loop

    name, names = options.function_name, options.functions
    if len(names) != 1:
        raise HashzipError(
            "--function-name is one function in the account", "name the one that it is built from"
        )
    place = Endpoint(None, options.profile, options.region)
    function = AccountFunction(place, name, planning.load_project(root).target(names[0]))
    arn = function.configuration["FunctionArn"]
    question = f"replace the code of {arn} now and after each save?"
    if not (options.yes or _output.confirm(question)):
        say("nothing was sent")
        return
    say(f"{arn} gets each save, and the next terraform plan will show that it has changed")
    reader = _reader(place, log_reader.log_group(place, name))
    _watch(stack, root, Loop(root, names, function, say), {name: reader})


def _reader(place: Endpoint, group: str) -> LogReader:
    return log_reader.LogReader(place.client("logs"), group, int(time.time() * 1000))


def _watch(stack: ExitStack, root: str, loop: Loop, readers: Mapping[str, LogReader]) -> None:
    from hashzip.watch import watcher

    saves = stack.enter_context(watcher.watching(root))
    saves.watch(loop.places())
    loop.round()
    ended = threading.Event()
    stack.callback(ended.set)
    threading.Thread(target=_show_logs, args=(readers, ended), daemon=True).start()
    say("watching; Ctrl-C ends it")
    while True:
        # What was written before a new place was watched is seen by one more round.
        while saves.watch(loop.places()):
            loop.round()
        while not saves.next(_TURN_SECONDS):
            pass
        loop.round(time.time())


def _show_logs(readers: Mapping[str, LogReader], ended: threading.Event) -> None:
    """Prints what functions log; with several, behind the name of each."""
    while not ended.wait(_LOG_SECONDS):
        for name, reader in list(readers.items()):
            try:
                events = reader.read()
            except Exception:  # noqa: BLE001, S112 - no log yet, or no network: the next look shows
                continue
            mark = f"{name} | " if len(readers) > 1 else "  "
            lines = [line for event in events for line in log_format.format_event(event["message"])]
            if lines:
                say("\n".join(f"{mark}{line}" for line in lines))
