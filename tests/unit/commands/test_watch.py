"""What `hashzip watch` checks before it starts, and how it shows logs."""

import importlib.util
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from hashzip.commands import _parser, watch
from hashzip.errors import HashzipError
from hashzip.project import installation
from tests.support import project as projects

if TYPE_CHECKING:
    from hashzip.aws.log_reader import LogReader


def run(project: Path, *words: str) -> None:
    """Watch a project."""
    watch.run(_parser.parse(["watch", "--project", str(project), *words]))


@pytest.mark.parametrize(
    "module, package", [("boto3", "boto3"), ("dotenv", "python-dotenv"), ("watchfiles",) * 2]
)
def test_missing_package(
    project: Path, monkeypatch: pytest.MonkeyPatch, module: str, package: str
) -> None:
    """A package of the extra that is missing is named, and how to install it."""
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else find_spec(name)
    )

    with pytest.raises(HashzipError, match=f"^{package}, which watch needs, is not") as caught:
        run(project)

    assert caught.value.hint == installation.hint("local")
    assert caught.value.needs == "local"
    assert not (project / ".hashzip").exists()


@pytest.mark.parametrize("names, count", [((), 0), (("hello", "other"), 2)])
def test_account_needs_one_function(project: Path, names: tuple[str, ...], count: int) -> None:
    """A function in an account is built from one function of hashzip.toml."""
    projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)

    with pytest.raises(HashzipError, match=f"needs one function of .*, not {count}") as caught:
        run(project, *names, "--function-name", "hello-dev")

    assert caught.value.hint == "run: hashzip watch FUNCTION --function-name hello-dev"


class Reader:
    """Takes the place of a log reader: it fails once, and then has one event."""

    def __init__(self, text: str, ended: threading.Event | None = None) -> None:
        self.text = text
        self.ended = ended
        self.calls = 0

    def read(self) -> Sequence[Mapping[str, Any]]:
        """Fail, or return the event and end the loop."""
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError
        if self.ended:
            self.ended.set()
        return [{"message": self.text}]


@pytest.mark.parametrize(
    "names, lines",
    [
        (["hello"], ["  INFO  hi"]),
        (["other", "hello"], ["other | INFO  hi", "hello | INFO  hi"]),
    ],
)
def test_logs(names: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Logs are shown once they can be read, with names if there are several functions."""
    ended = threading.Event()
    event = '{"level": "INFO", "message": "hi"}'
    readers = {name: Reader(event, ended if name == names[-1] else None) for name in names}

    watch._show_logs(cast("Mapping[str, LogReader]", readers), ended)  # noqa: SLF001

    assert capsys.readouterr().out.splitlines() == lines


class TestTable:
    """The functions that run, and their URLs."""

    URL = "http://127.0.0.1:8000/"

    def test_lines(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The table has all that run so far; one that comes later has a line."""
        table = watch._Table()  # noqa: SLF001
        table.add("hello", self.URL, "1 file, built in 2 ms, live in 30 ms")
        assert capsys.readouterr().out == ""

        table.show()
        table.add("other", "http://127.0.0.1:8001/", "2 files, built in 2 ms, live in 30 ms")
        table.add("third", "http://127.0.0.1:8002/", "")

        assert capsys.readouterr().out.splitlines() == [
            f"hello\t{self.URL}\t1 file, built in 2 ms, live in 30 ms",
            "other: http://127.0.0.1:8001/ (2 files, built in 2 ms, live in 30 ms)",
            "third: http://127.0.0.1:8002/",
        ]

    def test_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        """Without a function that runs, there is no table, and nothing to open."""
        table = watch._Table()  # noqa: SLF001
        table.show()
        table.open_first()

        assert capsys.readouterr().out == ""

    @pytest.mark.parametrize("display, is_opened", [(":0", True), ("", False)])
    def test_open(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        display: str,
        *,
        is_opened: bool,
    ) -> None:
        """The first URL is opened in a browser that has a window, or else named."""
        for name in ("WAYLAND_DISPLAY", "BROWSER"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("DISPLAY", display)
        monkeypatch.setattr("sys.platform", "linux")
        opened: list[str] = []

        def open_url(url: str) -> bool:
            opened.append(url)
            return True

        monkeypatch.setattr("webbrowser.open", open_url)
        table = watch._Table()  # noqa: SLF001
        table.add("hello", self.URL, "")
        table.add("other", "http://127.0.0.1:8001/", "")

        table.open_first()

        assert opened == ([self.URL] if is_opened else [])
        assert (self.URL in capsys.readouterr().out) is not is_opened
