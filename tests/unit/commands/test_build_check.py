"""The lines of `hashzip build --check`. `tests/cli/test_build_check.py` has it as a program."""

from argparse import Namespace

import pytest

from hashzip.check.reproducible import Outcome
from hashzip.check.zip_diff import Difference
from hashzip.commands import _build_check
from hashzip.errors import HashzipError

UMASK = Difference("umask", (5, 5), (0o644, 0o644), 2, "line 1: '0022' and '0002'", ["the umask"])


@pytest.mark.parametrize(
    "difference, line",
    [
        (UMASK, "~ umask (5 bytes): from byte 2, line 1: '0022' and '0002'; looks like the umask"),
        (
            Difference("a", (5, 1_000), (0o644, 0o755), 0, "", []),
            "~ a (5 and 1,000 bytes): mode 0644 and 0755, from byte 0",
        ),
        (
            Difference("new", (None, 7), (None, 0o644), None, "", []),
            "+ new (7 bytes): only in the second zip",
        ),
        (
            Difference("old", (7, None), (0o644, None), None, "", []),
            "- old (7 bytes): only in the first zip",
        ),
    ],
)
def test_line(difference: Difference, line: str) -> None:
    """A difference has its file, sizes, modes, place and probable causes."""
    assert _build_check._line(difference, ["first", "second"]) == line  # noqa: SLF001


def outcome(**values: object) -> Outcome:
    """Make the outcome of a check of two files."""
    defaults = {"fingerprint": "0" * 64, "varied": {}, "same": {}, "count": 2}
    return Outcome(**{**defaults, **values})  # type: ignore[arg-type]


def lines(**values: object) -> list[str]:
    """Return the lines of an outcome."""
    return list(_build_check._lines("hello", outcome(**values)))  # noqa: SLF001


def test_reproducible() -> None:
    """Equal builds are one line."""
    assert lines() == ["hello: reproducible"]


def test_two_builds() -> None:
    """Of builds that differ, there is a line for each file, and both zips."""
    first, second, last = lines(differences=[UMASK], zips={"first": "/1.zip", "second": "/2.zip"})

    assert first == "hello: not reproducible: 1 of 2 files differs"
    assert second.startswith("~ umask")
    assert last == "to compare: /1.zip, /2.zip"


@pytest.mark.parametrize("tools, has_hint", [((), True), (["deflate 1 -> 2"], False)])
def test_earlier_build(tools: list[str], *, has_hint: bool) -> None:
    """Of an earlier zip that differs, the hint has the cause, unless another tool made it."""
    zips = {"stored": "/1.zip", "new": "/2.zip"}

    text = "\n".join(lines(differences=[UMASK], zips=zips, tools=tools))

    assert "differ from the zip built before" in text
    assert ("hint: if the build reads" in text) is has_hint
    assert ("another version: deflate 1 -> 2" in text) is not has_hint


@pytest.mark.parametrize("option", ["expect", "force", "strict"])
def test_options(option: str) -> None:
    """Options without an effect are refused."""
    options = Namespace(expect=None, force=False, strict=False)
    _build_check._check_options(options)  # noqa: SLF001

    setattr(options, option, "0")
    with pytest.raises(HashzipError, match=f"--{option} has no effect with --check"):
        _build_check._check_options(options)  # noqa: SLF001
