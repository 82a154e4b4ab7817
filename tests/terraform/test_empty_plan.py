"""A plan is empty on every machine unless content changed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.terraform import TerraformError
from tests.support import git, stack
from tests.support.stack import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def elsewhere(deployed: Stack, tmp_path: Path) -> Stack:
    """Copy sources and state of the deployed function to another folder, without a zip."""
    return deployed.clone(tmp_path / "another" / "place", state=True, only_plans=True).init()


def test_nothing_to_do_after_apply(deployed: Stack) -> None:
    """A plan right after the apply is empty."""
    assert deployed.plan().exit_code == 0


def test_nothing_to_do_in_another_folder_without_zip(elsewhere: Stack) -> None:
    """A plan in a fresh clone at another path is empty, and one after an edit there is not."""
    assert not elsewhere.dist.exists()
    assert elsewhere.plan().exit_code == 0
    elsewhere.answer_with("something else")
    assert elsewhere.plan().exit_code == 2


def test_nothing_to_do_after_touch_and_chmod(elsewhere: Stack) -> None:
    """Changed times and modes, and files that tools write, leave the plan empty."""
    stack.invisible_edits(elsewhere.root / "src")
    assert elsewhere.plan().exit_code == 0


def test_nothing_to_do_after_checkout_with_umask_077(deployed: Stack, tmp_path: Path) -> None:
    """The plan of a git checkout with umask 077 is empty."""
    origin = deployed.clone(tmp_path / "origin", state=True, only_plans=True)
    git.commit(origin.root)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", origin.root, clone], check=True, umask=0o077)
    assert (clone / "src/app.py").stat().st_mode & 0o777 == 0o600
    assert origin.moved(clone).init().plan().exit_code == 0


def test_nothing_to_do_after_the_hint_on_line_endings(deployed: Stack, tmp_path: Path) -> None:
    """A git checkout with CRLF has changes and fits no plan, until its own hint is followed."""
    origin = deployed.clone(tmp_path / "origin", state=True, only_plans=True)
    git.commit(origin.root)
    crlf = origin.moved(git.clone(origin.root, tmp_path / "crlf", crlf=True)).init()
    plan = crlf.plan()
    assert plan.exit_code == 2
    with pytest.raises(TerraformError, match=r"only\s.*line\s.*endings\s.*differ"):
        deployed.terraform.apply(plan)
    hint = stack.hashzip(crlf, "explain", "app").stdout.splitlines()[-1]
    assert "Only line endings differ from git in 2 files" in hint

    crlf.write({".gitattributes": git.first_attributes(hint) + "\n"})
    git.run(crlf.root, "add", ".gitattributes")
    git.run(crlf.root, "commit", "--quiet", "--message", "Have LF in every clone")
    git.check_out_again(hint, crlf.root)
    assert crlf.plan().exit_code == 0


def test_nothing_to_do_after_running_the_code(elsewhere: Stack) -> None:
    """The `__pycache__` of a local run leaves the plan empty."""
    environment = {name: value for name, value in os.environ.items() if "PYCACHE" not in name}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(
        [sys.executable, "-c", "import app; print(app.handler({}, None))"],
        cwd=elsewhere.root / "src",
        env=environment,
        check=True,
    )
    assert (elsewhere.root / "src/__pycache__").is_dir()
    assert elsewhere.plan().exit_code == 0
