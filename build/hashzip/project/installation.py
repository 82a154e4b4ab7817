"""How to install hashzip, and its extras, for the Python that runs it. Standard library only."""

import importlib.util
import os
import shlex
import sys

from hashzip.errors import HashzipError


def missing(thing: str, extra: str = "", needs: str = "") -> HashzipError:
    """Return the error for something that hashzip needs and that pip can install.

    Args:
        thing: What is missing, and what it is needed for.
        extra: The extra that has it; "" for hashzip's own dependencies.
        needs: The package of hashzip's own dependencies that has it.
    """
    message = f"{thing} is not installed for {sys.executable}"
    return HashzipError(message, hint(extra), needs=extra or needs)


def private_extras() -> str:
    """Return the path of the file that a private environment has, with a line for each extra.

    `python3 build` makes such environments, in which nothing else may be installed.
    """
    return os.path.join(sys.prefix, "hashzip-extras")


def hint(extra: str = "") -> str:
    """Return what to run to install hashzip where it lacks packages.

    A Python that the system manages refuses to (https://peps.python.org/pep-0668/), and an
    environment that uv has made has no pip.

    Args:
        extra: The extra that has the packages; "" for hashzip's own dependencies.
    """
    requirement = shlex.quote(_distribution() + (f"[{extra}]" if extra else ""))
    python = shlex.quote(sys.executable)
    in_environment = sys.prefix != sys.base_prefix and not os.path.exists(private_extras())
    if importlib.util.find_spec("pip") and (in_environment or not _is_managed()):
        return f"run: {python} -m pip install {requirement}"
    if in_environment:
        return f"run: uv pip install --python {python} {requirement}"
    return (
        f"run: python3 -m venv .venv && .venv/bin/python -m pip install {requirement}; "
        "and then .venv/bin/hashzip"
    )


def _distribution() -> str:
    """Return what pip installs hashzip from: the checkout that runs, or else the index."""
    checkout = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
    return checkout if os.path.isfile(os.path.join(checkout, "pyproject.toml")) else "hashzip"


def _is_managed() -> bool:
    import sysconfig

    return os.path.exists(os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED"))
