"""The reference of the command line."""

import shutil
import sys
from pathlib import Path

import pytest

from hashzip.commands import _parser
from scripts import reference
from scripts.errors import ScriptError


def test_all_commands() -> None:
    """Each command has a section with its arguments and examples."""
    page = reference.commands()

    for name in _parser.COMMANDS:
        section = page.partition(f"## hashzip {name}\n")[2].partition("\n## ")[0]
        assert "`--project DIR`" in section
        assert all(f"$ {line}" in section for line in _parser.load(name).EXAMPLES)
    assert "--against FINGERPRINT" in page


@pytest.mark.parametrize("name", ["docs/cli.md", "docs/config.md", "modules/layer/README.md"])
def test_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A stale page is an error until it is written again."""
    for folder in ("DOCS", "MODULES"):
        copy = shutil.copytree(getattr(reference, folder), tmp_path / folder.lower())
        monkeypatch.setattr(reference, folder, copy)
    monkeypatch.setattr(sys, "argv", ["reference", "--check"])
    reference.main()

    page = tmp_path / name
    page.write_text(page.read_text(encoding="utf-8").replace("| `", "| x `"), encoding="utf-8")
    with pytest.raises(ScriptError, match="nox -s reference"):
        reference.main()

    monkeypatch.setattr(sys, "argv", ["reference"])
    reference.main()
    monkeypatch.setattr(sys, "argv", ["reference", "--check"])
    reference.main()
