"""What takes long is shown."""

import pytest

from hashzip.system import phases
from scripts import progress
from tests.support.phase_record import Record


def test_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """The block is a phase under the program's name, and a short one prints nothing."""
    record = Record()
    with phases.listening(record), progress.shown("terraform", "plan"):
        pass
    assert record.events == [("terraform", "plan", False), ("terraform", "end")]
    assert capsys.readouterr().err == ""
