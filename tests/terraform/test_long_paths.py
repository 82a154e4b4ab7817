"""Paths so long that all of them together fit in no environment variable."""

import pytest

from tests.support.stack import Stack

pytestmark = pytest.mark.slow

FILES = 60
DEEP = "/".join(["x" * 200] * 16)  # 3,215 characters


def test_apply(new_stack: Stack) -> None:
    """The summary of the inputs, which the build gets in a variable, is short enough."""
    new_stack.write({f"src/{at}/{DEEP}/file.txt": "" for at in range(FILES)})
    assert FILES * len(DEEP) > 128 * 1024  # bytes of one variable on Linux

    new_stack.apply()

    assert new_stack.invoke() == "first"
    new_stack.answer_with("second")
    new_stack.apply(new_stack.plan())
    assert new_stack.invoke() == "second"
