"""What one process of a run makes for all of them."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.system import locking


def once(
    factory: pytest.TempPathFactory, name: str, folder: Path, make: Callable[[], None]
) -> bool:
    """Has a folder made once in a run, and copied by the run's other processes.

    Args:
        factory: Of this process.
        name: Of what is made, in this run.
        folder: Where it goes; there must be nothing yet.
        make: Makes it there.

    Returns:
        Whether this process made it.
    """
    own = factory.getbasetemp()
    # A worker of pytest-xdist has its folder in that of the run.
    run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    kept = run / f"kept-{name}"
    with locking.hold(run / f"kept-{name}.lock"):
        if kept.exists():
            shutil.copytree(kept, folder)
            return False
        make()
        draft = run / f"kept-{name}.draft"
        shutil.copytree(folder, draft)
        draft.rename(kept)
    return True
