"""Ranges of Python versions, as in `requires-python`. Plan time; standard library only.

https://packaging.python.org/en/latest/specifications/version-specifiers/
"""

import re

_CLAUSE = re.compile(
    r"(===|~=|==|!=|<=|>=|<|>)\s*v?(\d+(?:\.\d+)*)(\.\*)?"
    r"[-_.]?(?:(?:a|b|rc|alpha|beta|dev|post)[-_.]?\d*)*"
)
_PATCHES = range(100)
_MOST_CLAUSES = 100

Release = tuple[int, ...]


def first_fit(required: str, version: str) -> str | None:
    """Return the first patch release of a Python that is in a range.

    Args:
        required: The range, such as `>=3.11.1,<3.11.9`.
        version: The Python, such as `3.11`.

    Returns:
        A release such as `3.11.1`, or None.

    Raises:
        ValueError: The range is none.
    """
    major, minor = map(int, version.split("."))
    releases = ((major, minor, patch) for patch in _PATCHES)
    fits = (release for release in releases if contains(required, release))
    return next((".".join(map(str, release)) for release in fits), None)


def contains(required: str, release: Release) -> bool:
    """Return whether a range has a release, such as `(3, 11, 7)`.

    Raises:
        ValueError: The range is none.
    """
    if required.count(",") > _MOST_CLAUSES:
        raise ValueError(f"it has more than {_MOST_CLAUSES} clauses")
    return all(_holds(clause.strip(), release) for clause in required.split(",") if clause.strip())


def _holds(clause: str, release: Release) -> bool:
    match = _CLAUSE.fullmatch(clause)
    if match is None or (match[3] and match[1] not in ("==", "!=")):
        raise ValueError(f"{clause!r} is not a range of versions")
    operator = match[1]
    bound = tuple(map(int, match[2].split(".")))
    if match[3]:
        return (release[: len(bound)] == bound) == (operator == "==")
    if operator == "~=":
        return release >= bound and release[: len(bound) - 1] == bound[:-1]
    length = max(len(release), len(bound))
    left, right = (each + (0,) * (length - len(each)) for each in (release, bound))
    return {
        "==": left == right,
        "===": left == right,
        "!=": left != right,
        "<=": left <= right,
        ">=": left >= right,
        "<": left < right,
        ">": left > right,
    }[operator]
