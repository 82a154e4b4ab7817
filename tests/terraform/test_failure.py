"""A failed build changes nothing, and the next apply can go on from what it left."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.terraform import TerraformError
from tests.support import program
from tests.support import stack as stacks
from tests.support.stack import Stack

pytestmark = pytest.mark.slow

# Runs hashzip and kills it when the zip is written but not yet at its path.
KILLED = """
import os, runpy, signal, sys
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0])
from hashzip.archive import zip_format
zip_format.Writer.finish = lambda _self: os.kill(os.getpid(), signal.SIGKILL)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def _require_what_does_not_exist(clone: Stack) -> None:
    requirement = f"no-such-package-anywhere==1.0 --hash=sha256:{'0' * 64}\n"
    config = stacks.PROJECT["hashzip.toml"] + 'requirements = "requirements.txt"\n'
    clone.write({"requirements.txt": requirement, "hashzip.toml": config})


def _restore_config(clone: Stack) -> None:
    clone.write({"hashzip.toml": stacks.PROJECT["hashzip.toml"]})


def test_failed_build_leaves_the_function(deployed: Stack) -> None:
    """An apply whose build fails leaves the function as it was."""
    deployed.answer_with("second")
    _require_what_does_not_exist(deployed)
    with pytest.raises(TerraformError, match="no-such-package-anywhere"):
        deployed.terraform.apply()
    assert deployed.invoke() == "first"
    _restore_config(deployed)
    deployed.apply()
    assert deployed.invoke() == "second"


def _dangle(source: Path) -> None:
    source.unlink()
    source.symlink_to("nowhere")


def _forbid(source: Path) -> None:
    source.chmod(0)


@pytest.mark.parametrize(
    "damage, message", [(_dangle, "leads to nothing"), (_forbid, "Permission denied")]
)
def test_source_that_is_unreadable_after_the_plan(
    deployed: Stack, damage: Callable[[Path], None], message: str
) -> None:
    """An apply names a source that it cannot read; a new plan and apply work."""
    command = [*program.without_roots_rights(), sys.executable, "../build"]
    stack = deployed.using(hashzip_command=command)
    stack.answer_with("second")
    plan = stack.plan()
    source = stack.root / "src/words.py"
    damage(source)
    with pytest.raises(TerraformError) as failure:
        stack.terraform.apply(plan)
    words = _one_line(failure)
    assert "src/words.py" in words
    assert message in words
    assert stack.invoke() == "first"
    source.unlink()
    stack.answer_with("third")
    stack.apply()
    assert stack.invoke() == "third"


def test_failed_first_build_is_finished_by_the_next_apply(new_stack: Stack) -> None:
    """A first apply whose build fails creates no function; the next apply creates it."""
    _require_what_does_not_exist(new_stack)
    with pytest.raises(TerraformError, match="no-such-package-anywhere"):
        new_stack.terraform.apply()
    _restore_config(new_stack)
    new_stack.apply()
    assert new_stack.invoke() == "first"


def test_killed_build_leaves_no_artifact(deployed: Stack, tmp_path: Path) -> None:
    """A killed build leaves nothing at the artifact's path, and the next apply works."""
    before = sorted(deployed.dist.rglob("*.zip"))
    deployed.answer_with("second")
    script = tmp_path / "killed.py"
    script.write_text(KILLED, encoding="utf-8")
    killed = deployed.using(hashzip_command=[sys.executable, str(script), "../build"])
    with pytest.raises(TerraformError, match="signal: killed"):
        killed.terraform.apply()
    left = [path for path in deployed.dist.rglob("*.zip") if path not in before]
    assert [path.parent.suffix for path in left] == [".partial"]
    assert deployed.invoke() == "first"
    deployed.apply()
    assert deployed.invoke() == "second"
    assert not list(deployed.dist.rglob("*.partial"))


def _one_line(failure: pytest.ExceptionInfo[TerraformError]) -> str:
    """Undo Terraform's wrapping of long lines."""
    return re.sub(r"[\s│]+", " ", str(failure.value))
