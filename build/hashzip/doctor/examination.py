"""All checks, in the order in which they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashzip.doctor import account, places, terraform, tools

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.doctor.check import Check, Finding, Patient

CHECKS: tuple[Check, ...] = (
    tools.python,
    tools.packages,
    tools.uv_program,
    tools.runtimes,
    tools.rust,
    terraform.program,
    terraform.providers,
    terraform.mirror,
    account.credentials,
    account.identity,
    places.line_endings,
    places.cache,
    places.key,
    places.configuration,
    places.functions,
    places.store,
)


def examine(patient: Patient) -> Iterator[Finding]:
    """Run all checks, and yield what each finds as soon as it is known."""
    for check in CHECKS:
        yield from check(patient)
