"""Find syntax errors before new code runs."""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError, escape
from hashzip.project import files

if TYPE_CHECKING:
    from collections.abc import Collection

    from hashzip.builders.build_plan import BuildPlan


def check(plan: BuildPlan, paths: Collection[str]) -> None:
    """Check that this Python, which runs the function here, can compile some modules.

    Args:
        plan: The plan of a function.
        paths: The files to check, by their paths in the package. Not all files: a template with
            the ending `.py` need not be a module.

    Raises:
        HashzipError: A module has a syntax error; the message has the line.
    """
    for file in plan.packed_files:
        if file.path in paths and file.path.endswith(".py"):
            try:
                content = files.read(plan.project.root, os.fsdecode(file.location))
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # the function itself shows them
                    compile(content, file.path, "exec", dont_inherit=True)
            except SyntaxError as error:
                line = f":{error.lineno}" if error.lineno else ""
                raise HashzipError(
                    f"{escape(file.location)}{line}: {error.msg}", "fix it, and save again"
                ) from error
            except (OSError, ValueError):
                continue  # the build raises the error
