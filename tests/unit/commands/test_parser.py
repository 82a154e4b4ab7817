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


@pytest.mark.parametrize("text, number", [("1", 1), ("16", 16)])
def test_positive_int(text: str, number: int) -> None:
    """An integer above 0 is taken."""
    assert _parser.positive_int(text) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "many", ""])
def test_not_a_positive_int(text: str) -> None:
    """Anything else is refused, and repeated in the error."""
    with pytest.raises(argparse.ArgumentTypeError, match="is not an integer above 0") as caught:
        _parser.positive_int(text)
    assert repr(text) in str(caught.value)


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
