"""`init` shows its files, asks, and writes a project that loads."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.commands import _output, _parser, init
from hashzip.errors import HashzipError

HANDLER = "def lambda_handler(event, context):\n    return {}\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a folder with a function."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders/app.py").write_text(HANDLER, encoding="utf-8")
    return tmp_path


def run(root: Path, *words: str) -> None:
    """Run the command with arguments."""
    init.run(_parser.parse(["init", "--project", str(root), *words]))


def test_written(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The files that are written are the ones that were shown, and the project loads."""
    run(root, "--yes")

    shown = capsys.readouterr().out
    for path in ("hashzip.toml", "infra/hashzip.tf", ".gitignore"):
        assert (root / path).read_text(encoding="utf-8") in shown
    assert planning.load_project(str(root)).target("orders")


@pytest.mark.parametrize("confirmed", [True, False])
def test_question(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    confirmed: bool,
) -> None:
    """Nothing is written unless the question is answered with yes."""
    monkeypatch.setattr(_output, "confirm", lambda _: confirmed)

    run(root)

    assert (root / "hashzip.toml").exists() == confirmed
    assert ("nothing was written" in capsys.readouterr().out) != confirmed


def test_arguments(root: Path) -> None:
    """A function that the arguments name has their values, and no other is searched for."""
    words = ("--source", "orders", "--handler", "app.other", "--function", "mine")
    run(root, "--yes", *words, "--architecture", "arm64", "--infra", "deploy/aws")

    target = planning.load_project(str(root)).target("mine")
    assert (target.sources, target.architecture) == (("orders",), "arm64")
    assert 'handler = "app.other"' in (root / "hashzip.toml").read_text(encoding="utf-8")
    terraform = (root / "deploy/aws/hashzip.tf").read_text(encoding="utf-8")
    assert 'project  = "${path.root}/../.."' in terraform


def test_invalid_project(root: Path) -> None:
    """A `hashzip.toml` that is not valid is an error, and nothing is written."""
    (root / "hashzip.toml").write_text("mine", encoding="utf-8")

    with pytest.raises(HashzipError, match=r"hashzip\.toml"):
        run(root, "--yes")

    assert (root / "hashzip.toml").read_text(encoding="utf-8") == "mine"
    assert not (root / ".gitignore").exists()


def test_no_function(tmp_path: Path) -> None:
    """Without a function, the hint says how to name one."""
    with pytest.raises(HashzipError, match="no handler in any") as caught:
        run(tmp_path, "--yes")

    assert "--source FOLDER --handler MODULE.FUNCTION" in caught.value.hint
