"""A build that fails changes nothing, and leaves nothing that the next apply cannot finish."""

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

# Runs hashzip, and kills it at the worst moment: the zip is written, and not yet at its place.
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


def _unspoil(clone: Stack) -> None:
    clone.write({"hashzip.toml": stacks.PROJECT["hashzip.toml"]})


def test_failed_build_leaves_the_function(deployed: Stack) -> None:
    """A requirement that does not exist fails the apply; the function answers as before."""
    deployed.answer_with("second")
    _require_what_does_not_exist(deployed)
    with pytest.raises(TerraformError, match="no-such-package-anywhere"):
        deployed.terraform.apply()
    assert deployed.invoke() == "first"
    _unspoil(deployed)
    deployed.apply()
    assert deployed.invoke() == "second"


def _dangle(source: Path) -> None:
    source.unlink()
    source.symlink_to("nowhere")


def _forbid(source: Path) -> None:
    source.chmod(0)


@pytest.mark.parametrize(
    "spoil, message", [(_dangle, "leads to nothing"), (_forbid, "Permission denied")]
)
def test_source_that_is_spoiled_after_the_plan(
    deployed: Stack, spoil: Callable[[Path], None], message: str
) -> None:
    """A source that cannot be read at apply fails it by name; a new plan and apply work."""
    command = [*program.without_roots_rights(), sys.executable, "../build"]
    stack = deployed.using(hashzip_command=command)
    stack.answer_with("second")
    plan = stack.plan()
    source = stack.root / "src/words.py"
    spoil(source)
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
    """A first apply whose build fails makes no function; the next apply makes the rest."""
    _require_what_does_not_exist(new_stack)
    with pytest.raises(TerraformError, match="no-such-package-anywhere"):
        new_stack.terraform.apply()
    _unspoil(new_stack)
    new_stack.apply()
    assert new_stack.invoke() == "first"


def test_killed_build_leaves_no_artifact(deployed: Stack, tmp_path: Path) -> None:
    """A build that is killed leaves nothing at the artifact's path; the next apply works."""
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
    """Undoes Terraform's wrapping of long lines."""
    return re.sub(r"[\s│]+", " ", str(failure.value))
