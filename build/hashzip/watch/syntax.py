"""Sees a slip of the pen before it goes live."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError, escape

if TYPE_CHECKING:
    from collections.abc import Collection

    from hashzip.builders.build_plan import BuildPlan


def check(plan: BuildPlan, paths: Collection[str]) -> None:
    """Refuse modules that this Python cannot read: the one that runs them here is the same.

    Args:
        plan: Of a function.
        paths: Of the files to look at. Not all: a template need not be a module.

    Raises:
        HashzipError: One cannot be read; the message has the line.
    """
    for file in plan.packed_files:
        if file.path in paths and file.path.endswith(".py"):
            try:
                with open(file.location, "rb") as opened, warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # the function itself shows them
                    compile(opened.read(), file.path, "exec", dont_inherit=True)
            except SyntaxError as error:
                line = f":{error.lineno}" if error.lineno else ""
                raise HashzipError(
                    f"{escape(file.location)}{line}: {error.msg}", "mend it, and save again"
                ) from error
            except (OSError, ValueError):
                continue  # the build says what is wrong with it
