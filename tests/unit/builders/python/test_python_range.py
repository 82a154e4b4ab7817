"""Ranges of Python versions; `packaging` is their judge."""

import pytest
from packaging.specifiers import SpecifierSet

from hashzip.builders.python import python_range

RANGES = (
    "",
    "==3.11.7",
    "===3.11.7",
    ">=3.11.1,<3.11.9",
    ">= 3.11.1, < 3.11.9",
    ">=3.9",
    ">3.11",
    ">3.11.4",
    "<3.12",
    "<=3.11",
    "<=3.11.2",
    "==3.11",
    "==3.11.*",
    "!=3.11.*",
    "!=3.11.0,!=3.11.1",
    "==3.*",
    "~=3.11",
    "~=3.11.3",
    "~=3.10.3",
    "<4",
    ">=3",
    ">=3.11.0rc1",
    "<3.14.0a1",
    ">=3.12",
    "<3.11",
)


@pytest.mark.parametrize("required", RANGES)
def test_contains(required: str) -> None:
    """A range has the same releases as for `packaging`."""
    releases = [(3, minor, patch) for minor in (10, 11, 12) for patch in (0, 1, 7, 8, 9, 20)]

    contained = [release for release in releases if python_range.contains(required, release)]

    judge = SpecifierSet(required)
    assert contained == [r for r in releases if judge.contains(".".join(map(str, r)))]


@pytest.mark.parametrize(
    "required, release",
    [
        ("", "3.11.0"),
        (">=3.11.1,<3.11.9", "3.11.1"),
        ("==3.11.7", "3.11.7"),
        (">3.11.98", "3.11.99"),
        (">=3.12", None),
        ("==3.11.7,==3.11.8", None),
    ],
)
def test_first_fit(required: str, release: str | None) -> None:
    """The first patch release in the range counts; there may be none."""
    assert python_range.first_fit(required, "3.11") == release


@pytest.mark.parametrize(
    "required", ["new", "3.11", ">=", ">=3.*", ">=3.11,nonsense", "=>3.11", ">=3," * 200_000]
)
def test_no_range(required: str) -> None:
    """Anything else is an error."""
    with pytest.raises(ValueError, match=r"is not a range of versions|clauses"):
        python_range.first_fit(required, "3.11")
