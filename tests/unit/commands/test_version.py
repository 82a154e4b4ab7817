"""`hashzip version`."""

import pytest

import hashzip
from hashzip.commands import _parser, version


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints what `--version` prints."""
    version.run(_parser.parse(["version"]))

    assert capsys.readouterr().out == f"hashzip {hashzip.__version__}\n"
