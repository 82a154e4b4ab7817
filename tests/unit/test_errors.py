"""Errors and warnings for users, and the helpers that word them."""

import errno
import os
from concurrent import futures

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

    def test_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        """The same warning is printed once in a run; another one, or in another run, again."""
        errors.warn("a is old", "renew it")
        errors.warn("a is old", "renew it")
        assert capsys.readouterr().err.count("a is old") == 1

        errors.warn("a is old", "remove it")
        errors.forget_warnings()
        errors.warn("a is old", "renew it")
        assert capsys.readouterr().err.count("a is old") == 2

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
        ("helo", 'did you mean "hello"? known: hello, bye'),
        ("something", "known: bye, hello"),
    ],
)
def test_did_you_mean(word: str, hint: str) -> None:
    """The hint names the nearest word, unless all are far, and lists the known ones, near first."""
    assert errors.did_you_mean(word, ["hello", "bye"]) == hint


def test_many_known(capsys: pytest.CaptureFixture[str]) -> None:
    """A long list has indented lines of its own, in which the nearest words come first."""
    words = [f"word-{number:02}" for number in range(30)]

    errors.warn("it is unknown", errors.did_you_mean("wrd-07", words))

    _, first, *lines = capsys.readouterr().err.splitlines()
    assert first == 'hint: did you mean "word-07"? known:'
    assert lines[0].startswith("  word-07, ")
    assert all(line.startswith("  word-") and len(line) <= 60 for line in lines)
    listed = " ".join(lines).replace(",", "").split()
    assert sorted(listed) == words
    assert listed[3:] == sorted(listed[3:])


@pytest.mark.parametrize("word", ["word-250x", "x" * 2_000_000])
def test_very_many_known(word: str) -> None:
    """Of thousands, the list has the near ones and some others, and says how many it leaves out."""
    hint = errors.did_you_mean(word, [f"word-{number:04}" for number in range(2_500)])

    assert ('did you mean "word-' in hint) == (len(word) < 10)
    assert hint.endswith(", and 2,400 more")
    assert len(hint) < 2_000


def test_long_known() -> None:
    """A list of long words ends early."""
    hint = errors.did_you_mean("x", ["a" * 800, "b" * 800, "c" * 800])

    assert hint == f"known: {'a' * 800}, and 2 more"


def test_colours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the labels have colours: those of cargo and uv."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)

    errors.print_error("it is wrong", "fix it")
    errors.warn("it is old")

    assert capsys.readouterr().err.splitlines() == [
        "\x1b[1;31merror:\x1b[0m it is wrong",
        "\x1b[1;36mhint:\x1b[0m fix it",
        "\x1b[1;33mwarning:\x1b[0m it is old",
    ]


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

    @pytest.mark.parametrize("number", [errno.ENOENT, errno.ENOTDIR, errno.ESTALE])
    def test_replaced(self, number: int) -> None:
        """A folder that was replaced by a file, or by another on a network drive, is gone too."""
        error = errors.read_error(b"/p/a", OSError(number, os.strerror(number)))

        assert error.message == "/p/a vanished while it was read"

    def test_hints(self) -> None:
        """What permissions cannot cause has a hint of its own."""
        numbers = (errno.EACCES, errno.ENAMETOOLONG, errno.ELOOP, errno.EMFILE, errno.EIO)
        hints = [errors.read_error(b"a", OSError(each, os.strerror(each))).hint for each in numbers]

        assert len(set(hints)) == len(numbers)
        assert ["permissions" in hint for hint in hints] == [True, *[False] * 4]


class TestReport:
    """Whatever a message quotes, its lines stay those of hashzip."""

    def test_message(self) -> None:
        """Ends of lines, escapes and commands in values are shown, and none is carried out."""
        value = "a\n::error::b\x1b[31m\n##vso[c]"

        text = errors.report("error", f'"{value}" is wrong', f"remove {value}", [value])

        assert text.splitlines() == [
            r'error: "a\n::error::b\x1b[31m\n#\#vso[c]" is wrong',
            r"  a\n::error::b\n#\#vso[c]",
            r"hint: remove a\n::error::b\x1b[31m\n#\#vso[c]",
        ]

    def test_lines(self) -> None:
        """What a program says is indented below the message; none of it is a command."""
        error = HashzipError("uv failed:", "fix it", lines=["::error::x", "why"])

        text = errors.report("error", error.message, error.hint, error.lines)

        assert text == "error: uv failed:\n  \\::error::x\n  why\nhint: fix it\n"
        assert str(error) == "uv failed:\n  ::error::x\n  why"

    def test_credentials(self) -> None:
        """The credentials in a URL are not printed."""
        text = errors.report("warning", "cannot reach https://a:b@c/", "correct https://a:b@c/")

        assert text == "warning: cannot reach https://***@c/\nhint: correct https://***@c/\n"


@pytest.mark.parametrize(
    "count, text", [(0, ""), (2, "a0, a1"), (5, "a0, a1, a2, a3, a4"), (2_500, "2,495 more")]
)
def test_some(count: int, text: str) -> None:
    """A few names are all named; of thousands, only the first."""
    joined = errors.some([f"a{number}" for number in range(count)])

    assert joined in (text, f"a0, a1, a2, a3, a4, and {text}")


class TestStrict:
    """Warnings as errors."""

    def test_raised(self, capsys: pytest.CaptureFixture[str]) -> None:
        """A warning is raised, with a hint that says how to go on; afterwards it is printed."""
        with errors.strict(on=True), pytest.raises(HashzipError, match="old") as caught:
            errors.warn("it is old", "renew it")
        assert caught.value.hint == "renew it; or leave out --strict"
        assert capsys.readouterr().err == ""

        errors.warn("it is old", "renew it")

        assert capsys.readouterr().err == "warning: it is old\nhint: renew it\n"

    def test_off(self, capsys: pytest.CaptureFixture[str]) -> None:
        """If it is off, a warning is printed."""
        with errors.strict(on=False):
            errors.warn("it is old")

        assert capsys.readouterr().err == "warning: it is old\n"

    def test_in_a_thread(self) -> None:
        """It holds in all threads, because builds run in some."""
        with errors.strict(on=True), futures.ThreadPoolExecutor(1) as pool:
            result = pool.submit(errors.warn, "it is old")

            with pytest.raises(HashzipError, match="old"):
                result.result()
