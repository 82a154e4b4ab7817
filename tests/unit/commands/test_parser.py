"""The command line's parser: every command has its arguments, and costs nothing to the others."""

import argparse
import sys
from pathlib import Path

import pytest

import hashzip
import hashzip.commands
from hashzip.commands import _parser
from tests.support import program

# Parses the arguments behind its first, the package's folder; prints what that has loaded.
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from hashzip.cli import parse
parse(sys.argv[2:])
print(*sorted(name for name in sys.modules if name.startswith("hashzip.commands.")))
"""
ARGUMENTS = {
    "explain": ["hello"],
    "diff": ["hello"],
    "sbom": ["hello"],
    "deploy": ["hello"],
    "invoke": ["hello"],
    "logs": ["hello"],
    "modules": ["--copy", "infra"],
    "completion": ["bash"],
}


def test_every_command_is_listed() -> None:
    """Each module without an underscore is a command, and there is no other."""
    (folder,) = hashzip.commands.__path__
    modules = {path.stem for path in Path(folder).glob("[!_]*.py")}

    assert modules == set(_parser.COMMANDS)
    assert len(modules) == len(_parser.COMMANDS)


@pytest.mark.parametrize("command", _parser.COMMANDS)
def test_only_the_named_command_is_loaded(tmp_path: Path, command: str) -> None:
    """A command is parsed with the standard library alone, and loads no other command."""
    words = [command, *ARGUMENTS.get(command, [])]

    parsed = program.run(*words, cwd=tmp_path, python=[sys.executable, "-I", "-S", "-c", PROBE])

    assert parsed.code == 0, parsed.err
    loaded = {name.rpartition(".")[2] for name in parsed.out.split()}
    assert loaded & set(_parser.COMMANDS) == ({command} if command != "external" else set())


def test_all_commands_are_loaded_for_help(tmp_path: Path) -> None:
    """The overview lists each command with its line, on a bare Python too."""
    shown = program.run("--help", cwd=tmp_path, python=[sys.executable, "-I", "-S"])

    assert shown.code == 0, shown.err
    text = " ".join(shown.out.split())
    assert all(f" {name} {_parser.load(name).HELP}" in text for name in _parser.COMMANDS)


@pytest.mark.parametrize("command", _parser.COMMANDS)
def test_help_of_a_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It begins with the line of the overview, and keeps the examples as they are."""
    with pytest.raises(SystemExit) as ended:
        _parser.parse([command, "--help"])

    module, text = _parser.load(command), capsys.readouterr().out
    assert ended.value.code == 0
    assert module.HELP[1:] in " ".join(text.split())
    assert module.HELP[0].islower()
    assert not module.HELP.endswith(".")
    assert all(f"  {line}\n      {purpose}" in text for line, purpose in module.EXAMPLES.items())


@pytest.mark.parametrize("command", _parser.COMMANDS)
def test_examples_are_valid(command: str) -> None:
    """Each example is accepted by the parser: up to a pipe or a file that it writes."""
    for line in _parser.load(command).EXAMPLES:
        _, _, words = line.rpartition("| hashzip " if "| hashzip " in line else "hashzip ")
        if command == "invoke" and "--data '" in line:
            words = words.partition(" --data '")[0]
        words = words.partition(" >")[0].partition(" |")[0]

        assert _parser.parse(words.split()).command == command


@pytest.mark.parametrize("text, number", [("1", 1), ("16", 16), ("016", 16), ("1000", 1000)])
def test_integer(text: str, number: int) -> None:
    """An integer of the range is taken."""
    assert _parser.integer(1, 1000)(text) == number


@pytest.mark.parametrize(
    "text", ["0", "-1", "+1", "1.5", "1e9", "many", "", " 1", "1_0", "1001", "\u0661", "9" * 19]
)
def test_not_an_integer(text: str) -> None:
    """Anything else is refused, and repeated in the error with the range."""
    message = "is not an integer from 1 to 1,000$"
    with pytest.raises(argparse.ArgumentTypeError, match=message) as caught:
        _parser.integer(1, 1000)(text)
    assert repr(text) in str(caught.value)


def test_long_number() -> None:
    """A text of any length is refused, and one that is too long to read is not repeated."""
    with pytest.raises(argparse.ArgumentTypeError, match=r"^that is not an integer from 1 to 9$"):
        _parser.integer(1, 9)("9" * 100_000)


@pytest.mark.parametrize(
    "words, range_of_it",
    [
        ("build --jobs 0", "from 1 to 1,000"),
        ("build --jobs 1e9", "from 1 to 1,000"),
        ("build --jobs 1000000000", "from 1 to 1,000"),
        ("watch --port 99999", "from 0 to 65,535"),
        ("watch --port=-1", "from 0 to 65,535"),
        ("watch --timeout 0", "from 1 to 900"),
        ("watch --timeout 901", "from 1 to 900"),
        ("watch --memory 10241", "from 1 to 10,240"),
        ("logs hello --since 1", "up to 10 years"),
        ("logs hello --since -1m", "up to 10 years"),
        ("logs hello --since 99999d", "up to 10 years"),
        (f"logs hello --since {'9' * 400}d", "up to 10 years"),
    ],
)
def test_range(words: str, range_of_it: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A number outside its range is bad usage, and the error names the range."""
    with pytest.raises(SystemExit) as caught:
        _parser.parse(words.replace("--since -", "--since=-").split())

    assert caught.value.code == 2
    assert range_of_it in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    "words, message, hint",
    [
        (["buld"], 'there is no command "buld"', 'did you mean "build"? '),
        (["--vresion"], 'there is no option "--vresion"', 'did you mean "--version"? '),
        (["--project", "x", "status"], '"--project" stands before', "hashzip status --project …"),
        (["build", "--forse"], 'hashzip build has no option "--forse"', 'mean "--force"? '),
        (["build", "--forse=1"], 'hashzip build has no option "--forse"', 'mean "--force"? '),
        (["build", "-j8"], 'hashzip build has no option "-j8"', "--jobs"),
        (["status", "x"], 'hashzip status does not take "x"', "hashzip status --help"),
        (["explain"], "required: FUNCTION", "run: hashzip explain --help"),
        (["completion", "zhs"], 'hashzip completion: shell is "zhs"', 'did you mean "zsh"? '),
        (["build", "--jobs", "0"], "argument --jobs: '0' is not", "run: hashzip build --help"),
    ],
)
def test_bad_usage(
    words: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bad usage exits with 2, and says what is wrong and which word is near."""
    with pytest.raises(SystemExit) as ended:
        _parser.parse(words)

    assert ended.value.code == 2
    error, printed_hint = capsys.readouterr().err.split("\nhint: ")
    assert error.startswith("error: ")
    assert message in error
    assert hint in printed_hint


@pytest.mark.parametrize("words", [["--version"], ["-V"]])
def test_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The version is printed, with the program's name."""
    with pytest.raises(SystemExit) as ended:
        _parser.parse(words)

    assert ended.value.code == 0
    assert capsys.readouterr().out == f"hashzip {hashzip.__version__}\n"


def test_headings_have_colours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the headings of help have a colour, and only where colours are shown."""
    texts = {}
    for value in ("0", "1"):
        monkeypatch.setenv("FORCE_COLOR", value)
        with pytest.raises(SystemExit):
            _parser.parse(["build", "--help"])
        texts[value] = capsys.readouterr().out

    assert "\x1b" not in texts["0"]
    assert "\x1b[1;32moptions:\x1b[0m\n" in texts["1"]
    assert texts["1"].replace("\x1b[1;32m", "").replace("\x1b[0m", "") == texts["0"]
