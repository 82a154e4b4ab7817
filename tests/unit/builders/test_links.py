"""Which links can be packed, judged by their paths alone."""

from collections.abc import Mapping

import pytest

from hashzip.builders.links import Links, Problem
from hashzip.errors import HashzipError

FILES = ("a.js", "lib/b.js", "lib/deep/c.js")


def problems(targets: Mapping[str, str]) -> dict[str, Problem]:
    """Return the problem of each link that has one, by its path."""
    seen: dict[str, Problem] = {}

    def describe(path: str, problem: Problem) -> str:
        seen[path] = problem
        return path

    try:
        Links(targets, FILES).check(describe, lambda _path, _problem: "")
    except HashzipError:
        assert seen
    else:
        assert not seen
    return seen


@pytest.mark.parametrize(
    "path, target",
    [
        ("l", "a.js"),
        ("l", "./lib//b.js"),
        ("l", "lib"),
        ("l", "lib/"),
        ("l", "."),
        ("lib/l", "../a.js"),
        ("lib/l", ".."),
        ("lib/deep/l", "../../lib/deep/../b.js"),
        ("new/l", "../lib/b.js"),
    ],
)
def test_kept(path: str, target: str) -> None:
    """A link to a file or folder of the package is good, even one to a folder that it is in."""
    assert problems({path: target}) == {}
    assert problems({path: "absent"}) == {path: Problem.LEADS_NOWHERE}


@pytest.mark.parametrize(
    "path, target, problem",
    [
        ("l", "/etc/hosts", Problem.LEADS_OUT),
        ("l", "..", Problem.LEADS_OUT),
        ("l", "../output/a.js", Problem.LEADS_OUT),
        ("lib/l", "../../lib/b.js", Problem.LEADS_OUT),
        ("l", "absent", Problem.LEADS_NOWHERE),
        ("l", "A.js", Problem.LEADS_NOWHERE),
        ("l", "a.js/", Problem.LEADS_NOWHERE),
        ("l", "a.js/../lib", Problem.LEADS_NOWHERE),
        ("l", "absent/../a.js", Problem.LEADS_NOWHERE),
        ("l", "l", Problem.LOOPS),
        ("l", "./l/b.js", Problem.LOOPS),
    ],
)
def test_refused(path: str, target: str, problem: Problem) -> None:
    """A link that leads out, even to come back, or to nothing, or to itself, has a problem."""
    assert problems({path: target}) == {path: problem}


@pytest.mark.parametrize(
    "target, end",
    [("lib/./b.js", "lib/b.js"), ("lib/", "lib"), (".", ""), ("m/c.js", "lib/deep/c.js")],
)
def test_follow(target: str, end: str) -> None:
    """The end of a link is the path of a file or folder, without any link in it."""
    assert Links({"l": target, "m": "lib/deep"}, FILES).follow("l") == end


def test_through_links() -> None:
    """A link may lead through others, as far as these are good, and `..` is real there."""
    through = {"short": "lib/deep", "l": "short/c.js", "m": "short/../b.js"}
    assert problems(through) == {}

    assert problems({**through, "n": "short/../a.js"}) == {"n": Problem.LEADS_NOWHERE}
    assert problems({**through, "short": "/opt"}) == dict.fromkeys(through, Problem.LEADS_OUT)
    assert problems({"a": "b", "b": "a"}) == dict.fromkeys("ab", Problem.LOOPS)


@pytest.mark.parametrize("count, good", [(40, True), (41, False)])
def test_as_long_as_linux_follows(count: int, *, good: bool) -> None:
    """Linux follows 40 links and no more."""
    chain = {f"l{n}": f"l{n + 1}" for n in range(1, count)} | {f"l{count}": "a.js"}

    assert problems(chain) == ({} if good else {"l1": Problem.LOOPS})


@pytest.mark.parametrize(
    "count, lines",
    [
        (1, ["l0"]),
        (2, ["2 links cannot be packed:", "  l0", "  l1"]),
        (7, ["7 links cannot be packed:", *(f"  l{n}" for n in range(5)), "  and 2 more"]),
    ],
)
def test_message(count: int, lines: list[str]) -> None:
    """The error names the links, the first few of many; the hint is for the first one."""
    targets = {f"l{n}": "absent" for n in reversed(range(count))}

    with pytest.raises(HashzipError) as caught:
        Links(targets, FILES).check(lambda path, _: path, lambda path, _: f"h {path}")

    assert str(caught.value).splitlines() == lines
    assert caught.value.hint == "h l0"
