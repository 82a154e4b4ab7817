"""Errors and warnings for users, and the helpers that word them."""

import errno
import os

import pytest

from hashzip import errors
from hashzip.errors import HashzipError


class TestWarn:
    """A warning is printed, and the command goes on."""

    def test_form(self, capsys: pytest.CaptureFixture[str]) -> None:
        """It has the form of an error, on stderr; stdout, which programs read, has nothing."""
        errors.warn("a is old", "renew it")
        errors.warn("b is old")

        expected = "warning: a is old\nhint: renew it\nwarning: b is old\n"
        assert capsys.readouterr() == ("", expected)

    def test_reader_has_gone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """It fails no command where nobody reads stderr any more."""
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w", encoding="utf-8", buffering=1) as closed:
            monkeypatch.setattr("sys.stderr", closed)
            errors.warn("a is old")
            with pytest.raises(BrokenPipeError):  # the control: it was written
                closed.write("\n")
            monkeypatch.undo()
            os.dup2(os.open(os.devnull, os.O_WRONLY), closed.fileno())


@pytest.mark.parametrize(
    "word, hint",
    [
        ("helo", 'did you mean "hello"? known: bye, hello'),
        ("something", "known: bye, hello"),
    ],
)
def test_did_you_mean(word: str, hint: str) -> None:
    """The hint names the nearest word, unless all are far, and lists the known ones, sorted."""
    assert errors.did_you_mean(word, ["hello", "bye"]) == hint


def test_nothing_known() -> None:
    """Where nothing is known, the hint says so."""
    assert errors.did_you_mean("hello", []) == "known: none"


@pytest.mark.parametrize(
    "name, text",
    [
        (b"plain", "plain"),
        (b"two words", "two words"),
        ("\u00fc".encode(), "\u00fc"),
        (b"a\n\xff", r"a\n\xff"),
        (b"\x1b[31mred", r"\x1b[31mred"),
        ("\u202egpj".encode(), r"\u202egpj"),
    ],
)
def test_escape(name: bytes, text: str) -> None:
    """What would steer a terminal is written as an escape; other characters stay as they are."""
    assert errors.escape(name) == text


class TestReadError:
    """An input that cannot be read."""

    def test_vanished(self) -> None:
        """A file that is gone was removed in the meantime: somebody else writes there."""
        error = errors.read_error(b"/p/a", FileNotFoundError(errno.ENOENT, "No such file"))

        assert isinstance(error, HashzipError)
        assert error.message == "/p/a vanished while it was read"
        assert "nothing writes" in error.hint

    def test_forbidden(self) -> None:
        """Any other error is named as the system names it."""
        error = errors.read_error(b"/p/a\n", PermissionError(errno.EACCES, "Permission denied"))

        assert error.message == r"cannot read /p/a\n: Permission denied"
        assert "permissions" in error.hint
