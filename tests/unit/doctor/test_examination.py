"""All checks together."""

import inspect

from hashzip.doctor import account, examination, places, terraform, tools


def test_no_check_is_forgotten() -> None:
    """Each function of the rooms that takes a patient is a check, and runs."""
    functions = {
        value
        for module in (account, places, terraform, tools)
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if not name.startswith("_")
        and value.__module__ == module.__name__
        and str(inspect.signature(value)).endswith("Iterator[Finding]'")
    }

    assert functions
    assert functions == set(examination.CHECKS)
