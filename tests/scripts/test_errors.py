"""Errors of the scripts, and their exit codes."""

import pytest

from hashzip.errors import HashzipError
from scripts.errors import ScriptError, exit_code


def fail(error: BaseException) -> None:
    """Raise an error."""
    raise error


@pytest.mark.parametrize(
    "error", [ScriptError("it failed", "fix it"), HashzipError("it failed", "fix it")]
)
def test_error(error: HashzipError, capsys: pytest.CaptureFixture[str]) -> None:
    """An error is printed with its hint, and gives exit code 1."""
    assert exit_code(lambda: fail(error)) == 1
    assert capsys.readouterr().err == "error: it failed\nhint: fix it\n"


def test_other_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """Success gives 0 and Ctrl-C 130, and nothing is printed; a bug keeps its traceback."""
    assert exit_code(lambda: None) == 0
    assert exit_code(lambda: fail(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == ""
    with pytest.raises(ZeroDivisionError):
        exit_code(lambda: fail(ZeroDivisionError()))
