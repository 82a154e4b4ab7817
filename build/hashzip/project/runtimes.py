"""Lambda's runtimes as data: identifier, operating system, C library, and the dates of their end.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html, read in November 2026. AWS no
longer lists dates for runtimes that ended long ago; here these are `PAST`.
"""

import re
import time
from collections.abc import Collection
from typing import NamedTuple

from hashzip.errors import HashzipError, did_you_mean

PAST = "past"

# Bytes of a function together with its layers, unpacked: 250 MiB. AWS's own errors say "must be
# smaller than"; a package of just this size is left to AWS to judge.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MOST_UNPACKED = 262_144_000

_NUMBER = re.compile(r"\d+")


class Runtime(NamedTuple):
    """A runtime of Lambda.

    Attributes:
        system: Its operating system: `AL2` or `AL2023`.
        deprecated: When AWS ends its support, as `YYYY-MM-DD`; `PAST`, or "" where no date is set.
        create_blocked: When functions can no longer be created with it, in the same form.
        update_blocked: When functions with it can no longer be updated, in the same form.
        is_preview: Whether AWS calls it a preview.
    """

    system: str
    deprecated: str = ""
    create_blocked: str = ""
    update_blocked: str = ""
    is_preview: bool = False

    @property
    def glibc(self) -> str:
        """The version of its C library."""
        return {"AL2": "2.26", "AL2023": "2.34"}[self.system]


_AL2_ENDED = "2026-06-30"  # Amazon Linux 2 itself

RUNTIMES = {
    "python3.8": Runtime("AL2", PAST),
    "python3.9": Runtime("AL2", PAST),
    "python3.10": Runtime("AL2", "2026-10-31", "2026-11-30", "2027-01-15"),
    "python3.11": Runtime("AL2", "2027-06-30", "2027-07-31", "2027-08-31"),
    "python3.12": Runtime("AL2023", "2028-10-31", "2028-11-30", "2029-01-10"),
    "python3.13": Runtime("AL2023", "2029-06-30", "2029-07-31", "2029-08-31"),
    "python3.14": Runtime("AL2023", "2029-06-30", "2029-07-31", "2029-08-31"),
    "python3.15": Runtime("AL2023", is_preview=True),
    "nodejs12.x": Runtime("AL2", PAST),
    "nodejs14.x": Runtime("AL2", PAST),
    "nodejs16.x": Runtime("AL2", PAST),
    "nodejs18.x": Runtime("AL2", PAST),
    "nodejs20.x": Runtime("AL2023", "2026-04-30", "2026-08-31", "2026-09-30"),
    "nodejs22.x": Runtime("AL2023", "2027-04-30"),
    "nodejs24.x": Runtime("AL2023", "2028-04-30", "2028-06-01", "2028-07-01"),
    "nodejs26.x": Runtime("AL2023", is_preview=True),
    "java8.al2": Runtime("AL2", _AL2_ENDED),
    "java11": Runtime("AL2", _AL2_ENDED),
    "java17": Runtime("AL2", _AL2_ENDED),
    "java8.al2023": Runtime("AL2023"),
    "java11.al2023": Runtime("AL2023"),
    "java17.al2023": Runtime("AL2023"),
    "java21": Runtime("AL2023"),
    "java25": Runtime("AL2023", "2029-06-30"),
    "dotnet6": Runtime("AL2", PAST),
    "dotnet8": Runtime("AL2023"),
    "dotnet10": Runtime("AL2023", "2028-11-14"),
    "ruby3.2": Runtime("AL2"),
    "ruby3.3": Runtime("AL2023"),
    "ruby3.4": Runtime("AL2023", "2028-03-31"),
    "ruby4.0": Runtime("AL2023"),
    "provided.al2": Runtime("AL2", _AL2_ENDED),
    "provided.al2023": Runtime("AL2023"),
}


def of_family(family: str) -> tuple[str, ...]:
    """Return the identifiers of a family, such as `python`, in the order of the table."""
    return tuple(name for name in RUNTIMES if re.match(rf"{family}[\d.]", name))


def is_newer(identifier: str) -> bool:
    """Return whether an identifier looks like a newer runtime of a family in the table."""
    shape = _NUMBER.sub("0", identifier)
    known = [_numbers(name) for name in RUNTIMES if _NUMBER.sub("0", name) == shape]
    return bool(known) and _numbers(identifier) > max(known)


def find(identifier: str) -> Runtime | None:
    """Return a runtime; for one that is newer than the table, what AWS's newest system has."""
    return RUNTIMES.get(identifier) or (Runtime("AL2023") if is_newer(identifier) else None)


def check(identifier: str, supported: Collection[str], label: str) -> None:
    """Check that a runtime exists and that a builder builds for it.

    Args:
        identifier: Lambda's identifier of the runtime.
        supported: The runtimes in the table that the builder builds for.
        label: The function's table in `hashzip.toml`.

    Raises:
        HashzipError: There is no such runtime, or the builder does not build for it.
    """
    shapes = {_NUMBER.sub("0", name) for name in supported}
    if identifier in supported or (is_newer(identifier) and _NUMBER.sub("0", identifier) in shapes):
        return
    problem = "which this builder does not build for"
    if find(identifier) is None:
        problem = "which Lambda does not have"
    raise HashzipError(
        f'{label} has runtime "{identifier}", {problem}',
        did_you_mean(identifier, supported),
        key="runtime",
    )


def warnings(identifier: str, label: str, *, today: str = "") -> list[str]:
    """Return what a user should know of a runtime.

    Args:
        identifier: Lambda's identifier of a runtime that exists.
        label: The function's table in `hashzip.toml`.
        today: The date, as `YYYY-MM-DD`; by default, the one of the system's clock.
    """
    subject = f"{label} has runtime {identifier}, which"
    runtime = RUNTIMES.get(identifier)
    if runtime is None:
        return [
            f"{subject} is newer than this hashzip, which treats it as one on Amazon Linux 2023"
        ]
    if runtime.is_preview:
        return [f"{subject} is a preview in AWS; do not use it in production"]
    today = today or time.strftime("%Y-%m-%d", time.gmtime())
    if not runtime.deprecated or (runtime.deprecated != PAST and runtime.deprecated > today):
        return []
    since = "" if runtime.deprecated == PAST else f" since {runtime.deprecated}"
    blocks = [
        f"{verb} from {date}"
        for verb, date in (
            ("new functions", runtime.create_blocked),
            ("updates", runtime.update_blocked),
        )
        if date
    ]
    blocked = f"; AWS blocks {' and '.join(blocks)}" if blocks else ""
    return [f"{subject} is deprecated{since}{blocked}; use {_newest(identifier)}"]


def _newest(identifier: str) -> str:
    """Return the newest runtime of a family that is not a preview."""
    family = re.match(r"[a-z]+", identifier)
    names = of_family(family[0] if family else "")
    return max((name for name in names if not RUNTIMES[name].is_preview), key=_numbers)


def _numbers(identifier: str) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBER.findall(identifier))
