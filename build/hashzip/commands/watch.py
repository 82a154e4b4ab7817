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

from hashzip.aws import log_format, log_reader
from hashzip.aws.client import Endpoint
from hashzip.aws.log_reader import LogReader
from hashzip.commands import _endpoint, _output, _parser, _progress, _table
from hashzip.commands._table import Column
from hashzip.errors import HashzipError
from hashzip.printable import printable
from hashzip.project import installation

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from hashzip.project.config import Project
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

_NEEDED = {  # modules of the extra, each with its package
    "boto3": "boto3",
    "dotenv": "python-dotenv",
    "hypercorn": "hypercorn",
    "ministack": "ministack",
    "watchfiles": "watchfiles",
}
_HIGHEST_PORT = 65_535
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_MOST_SECONDS = 900
_MOST_MEMORY = 10_240  # MB
_LOG_SECONDS = 0.2
_WAIT_SECONDS = 0.5

_PRINTING = threading.Lock()
_COLUMNS = (Column("FUNCTION"), Column("URL"), Column("CODE", may_shorten=True))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the functions to run, where, and with which settings."""
    parser.add_argument(
        "functions",
        nargs="*",
        metavar="FUNCTION",
        help="function of hashzip.toml, or package for all its functions (default: all)",
    )
    parser.add_argument(
        "--port",
        type=_parser.integer(0, _HIGHEST_PORT),
        metavar="PORT",
        help="port of the first function, the others follow; 0: any free port (default: free "
        "ports from 8000)",
    )
    parser.add_argument(
        "--cors",
        action="store_true",
        help="let web pages of any origin call the functions, which is refused otherwise",
    )
    parser.add_argument(
        "--env-file", metavar="FILE", help="environment of each function: NAME=VALUE lines"
    )
    parser.add_argument(
        "--timeout",
        type=_parser.integer(1, _MOST_SECONDS),
        default=3,
        metavar="SECONDS",
        help="timeout of each function (default: 3)",
    )
    parser.add_argument(
        "--memory",
        type=_parser.integer(1, _MOST_MEMORY),
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
    _require_packages()
    gc.enable()  # this command runs for long
    # SIGTERM has the same effect as Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    project = _output.project(options)
    from hashzip.watch import lock

    try:
        with lock.exclusive(project.root) as folder, ExitStack() as stack:
            if options.function_name:
                _watch_account(stack, options, project)
            else:
                _watch_locally(stack, options, project, folder)
    except KeyboardInterrupt:
        _print("stopped")


def _print(text: str) -> None:
    """Print safe lines, not mixed with those of another thread."""
    with _PRINTING:
        print(text, flush=True)


def _require_packages() -> None:
    for name, package in _NEEDED.items():
        if importlib.util.find_spec(name) is None:
            raise installation.missing(f"{package}, which watch needs,", "local")


def _watch_locally(
    stack: ExitStack, options: argparse.Namespace, project: Project, folder: Path
) -> None:
    """Run functions in a local AWS, and deploy each save to it."""
    from hashzip.emulator import server, session
    from hashzip.watch import env_file, host_package, host_python, http_proxy
    from hashzip.watch.local_functions import LocalFunctions, Settings
    from hashzip.watch.loop import Loop

    settings = Settings(
        memory=options.memory,
        timeout=options.timeout,
        environment=env_file.read(options.env_file, project.root) if options.env_file else {},
        cors=options.cors,
    )
    pythons = host_python.Pythons(folder)
    local = stack.enter_context(server.running(standby=True, pythons=pythons.path))
    stack.enter_context(session.announce(project.root, local))
    proxy = stack.enter_context(
        http_proxy.running(
            local.endpoint, local.secret, options.port, cors=options.cors, report=_print
        )
    )
    endpoint = Endpoint(local.endpoint, secret=local.secret)
    functions = LocalFunctions(endpoint, folder, settings, pythons)
    readers: dict[str, LogReader] = {}
    table = _Table()

    def open_port(name: str, text: str) -> None:
        readers[name] = _reader(endpoint, f"/aws/lambda/{name}")
        table.add(name, proxy.open(functions.urls[name], name), text)

    loop = Loop(project.root, options.functions, functions, _print, open_port)
    _print(f'local AWS: {local.endpoint} (for other programs: eval "$(hashzip env)")')
    for phrase in host_package.differences(project.targets.values()):
        _print(printable(f"unlike Lambda: {phrase}"))
    _watch(stack, project, loop, readers, table)


class _Table:
    """The functions that run, and their URLs."""

    def __init__(self) -> None:
        self.urls: dict[str, str] = {}
        self._rows: list[tuple[str, str, str]] | None = []

    def add(self, name: str, url: str, text: str) -> None:
        """Add a function: to the table, or as a line once that has been printed."""
        self.urls[name] = url
        if self._rows is None:
            _print(f"{name}: {url}{f' ({printable(text)})' if text else ''}")
        else:
            self._rows.append((name, url, text))

    def show(self) -> None:
        """Print the table of all functions that run so far."""
        rows, self._rows = self._rows, None
        if rows:
            with _PRINTING:
                _table.show(_COLUMNS, rows)
                sys.stdout.flush()

    def open_first(self) -> None:
        """Open the first URL in a browser."""
        for url in list(self.urls.values())[:1]:
            import webbrowser

            # Without a display, a browser for terminals would take over this one.
            if not (_has_display() and webbrowser.open(url)):
                _print(f"there is no browser here; open {url}")


def _has_display() -> bool:
    """Return whether a browser can open a window."""
    has_variable = any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))
    return sys.platform in ("darwin", "win32") or has_variable


def _watch_account(stack: ExitStack, options: argparse.Namespace, project: Project) -> None:
    """Deploy each save of one function to a function in an account."""
    from hashzip.watch.account_function import AccountFunction
    from hashzip.watch.loop import Loop

    name, functions = options.function_name, options.functions
    if len(functions) != 1:
        raise HashzipError(
            f"--function-name {name} needs one function of hashzip.toml, not {len(functions)}",
            f"run: hashzip watch FUNCTION --function-name {name}",
        )
    target = project.function(functions[0])
    endpoint = Endpoint(None, options.profile, options.region)
    function = AccountFunction(endpoint, name, target)
    arn = function.configuration["FunctionArn"]
    question = f"replace the code of {arn} now and after each save?"
    if not (options.yes or _output.confirm(question)):
        _print("nothing was sent")
        return
    _print(printable(f"each save goes to {arn}; the next terraform plan will show the change"))
    reader = _reader(endpoint, log_reader.log_group(endpoint, name))
    loop = Loop(project.root, functions, function, _print)
    _watch(stack, project, loop, {name: reader}, _Table())


def _reader(endpoint: Endpoint, group: str) -> LogReader:
    return LogReader(endpoint.client("logs"), group, int(time.time() * 1000))


def _watch(
    stack: ExitStack,
    project: Project,
    loop: Loop,
    readers: Mapping[str, LogReader],
    table: _Table,
) -> None:
    """Deploy all functions, and again after each save; print their logs."""
    from hashzip.watch import keys, watcher

    watch = stack.enter_context(watcher.watching(project.root))
    watch.watch(loop.watch_paths())
    with _progress.shown():
        loop.update()
    table.show()
    ended = threading.Event()
    stack.callback(ended.set)
    threading.Thread(target=_show_logs, args=(readers, ended), daemon=True).start()
    rebuild = threading.Event()
    actions = {"r": rebuild.set, "o": table.open_first}
    has_keys = stack.enter_context(keys.listening(actions))
    _print(f"watching for changes; {keys.KEYS_HELP if has_keys else keys.HELP}")
    while True:
        # A file that was written before its folder was watched is seen by one more update.
        while watch.watch(loop.watch_paths()):
            loop.update()
        while not watch.next(_WAIT_SECONDS) and not rebuild.is_set():
            pass
        if rebuild.is_set():
            rebuild.clear()
            loop.rebuild()
        else:
            loop.update(time.time())


def _show_logs(readers: Mapping[str, LogReader], ended: threading.Event) -> None:
    """Print the logs of functions; if there are several, with their names."""
    while not ended.wait(_LOG_SECONDS):
        for name, reader in list(readers.items()):
            try:
                events = reader.read()
            except Exception:  # noqa: BLE001, S112 - no log yet, or no network: try again
                continue
            prefix = f"{name} | " if len(readers) > 1 else "  "
            lines = [line for event in events for line in log_format.format_event(event["message"])]
            if lines:
                _print("\n".join(f"{prefix}{line}" for line in lines))
