"""`hashzip modules` copies the Terraform modules."""

from pathlib import Path

import pytest

from hashzip.adopt import modules
from hashzip.commands import _output
from tests.support import program


def test_copied(tmp_path: Path) -> None:
    """All modules are copied into a new folder, and a second copy has nothing to do."""
    finished = program.call("modules", "--copy", "infra", cwd=tmp_path)

    assert finished.code == 0, finished.err
    for change in modules.copies("infra"):
        assert (tmp_path / change.path).read_text(encoding="utf-8") == change.after
    again = program.call("modules", "--copy", "infra", cwd=tmp_path)
    assert "already" in again.out


@pytest.mark.parametrize("confirmed", [True, False])
def test_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, confirmed: bool) -> None:
    """A file that differs is named, and replaced only after a yes."""
    program.call("modules", "--copy", "infra", cwd=tmp_path)
    mine = tmp_path / "infra/package/main.tf"
    mine.write_text("# mine\n", encoding="utf-8")
    monkeypatch.setattr(_output, "confirm", lambda _: confirmed)

    finished = program.call("modules", "--copy", "infra", cwd=tmp_path)

    assert "differs: infra/package/main.tf" in finished.out
    assert (mine.read_text(encoding="utf-8") == "# mine\n") != confirmed


def test_no_folder(tmp_path: Path) -> None:
    """The folder above must be there."""
    finished = program.call("modules", "--copy", "a/b", cwd=tmp_path)

    assert finished.code == 1
    assert "there is no folder" in finished.err
