"""Deploying hello: questions, and errors of arguments. `tests/terraform` deploys it."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from scripts import deploy
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.terraform import Terraform


class Terminal(io.StringIO):
    """A stdin that is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture
def destroyed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace Terraform by one with nothing deployed, and return the list of its destroys."""
    destroyed: list[str] = []
    runner = SimpleNamespace(
        folder=Path("infra"),
        destroy=lambda: destroyed.append("destroyed"),
        output=dict[str, object],
        environment={},
    )

    @contextmanager
    def stack(**_: object) -> Iterator[Terraform]:
        yield cast("Terraform", runner)

    monkeypatch.setattr(deploy, "stack", stack)
    monkeypatch.chdir(Path.cwd())
    return destroyed


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """Run the script with arguments."""
    monkeypatch.setattr(sys, "argv", ["deploy", *arguments])
    deploy.main()


@pytest.mark.parametrize("answer", ["", "y", "yes"])
def test_question(monkeypatch: pytest.MonkeyPatch, destroyed: list[str], answer: str) -> None:
    """An account's resources are destroyed after `yes` only."""
    monkeypatch.setattr(sys, "stdin", Terminal(f"{answer}\n"))
    if answer == "yes":
        run(monkeypatch, "destroy")
    else:
        with pytest.raises(ScriptError, match="nothing was changed"):
            run(monkeypatch, "destroy")
    assert bool(destroyed) == (answer == "yes")


def test_no_terminal(monkeypatch: pytest.MonkeyPatch, destroyed: list[str]) -> None:
    """Without a terminal, --yes has to confirm; the local AWS needs no confirmation."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(ScriptError, match="stdin is not a terminal"):
        run(monkeypatch, "destroy")
    assert not destroyed
    run(monkeypatch, "destroy", "--yes")
    run(monkeypatch, "destroy", "--local")
    assert len(destroyed) == 2


@pytest.mark.usefixtures("destroyed")
@pytest.mark.parametrize(
    "arguments,message,hint",
    [
        (["--data", "{"], "--data is not JSON", '--data \'{"name": "world"}\''),
        ([], "is not deployed", "nox -s apply"),
        (["--rust", "arm64"], "is not deployed", "nox -s apply -- --rust arm64"),
    ],
)
def test_invoke(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str, hint: str
) -> None:
    """An invocation that cannot be made says what to do."""
    with pytest.raises(ScriptError, match=message) as caught:
        run(monkeypatch, "invoke", *arguments)
    assert hint in caught.value.hint
