"""Lambda's runtimes as data."""

import re
from datetime import date

import pytest

from hashzip import planning
from hashzip.builders import BUILDERS
from hashzip.errors import HashzipError
from hashzip.project import runtimes
from hashzip.project.runtimes import PAST, RUNTIMES

TODAY = "2026-11-27"


def warnings(identifier: str, today: str = TODAY) -> str:
    """Return the warnings about a runtime in one line."""
    return "; ".join(runtimes.warnings(identifier, "[function.f]", today=today))


@pytest.mark.parametrize("name", RUNTIMES)
def test_rows(name: str) -> None:
    """Each date is one, or `PAST`, and the three dates of a runtime are in order."""
    runtime = RUNTIMES[name]
    dates = [runtime.deprecated, runtime.create_blocked, runtime.update_blocked]
    known = [date.fromisoformat(text) for text in dates if text not in ("", PAST)]

    assert known == sorted(known)
    assert runtime.glibc in ("2.26", "2.34")
    assert runtimes.find(name) is runtime
    assert not runtimes.is_newer(name)


@pytest.mark.parametrize(
    "name", ["python3.16", "python4.0", "nodejs28.x", "java29", "ruby4.1", "provided.al2026"]
)
def test_newer_than_the_table(name: str) -> None:
    """A newer version of a known family is one, with the newest system and a warning."""
    runtime = runtimes.find(name)

    assert runtime
    assert runtime.glibc == "2.34"
    assert "newer than this hashzip" in warnings(name)


@pytest.mark.parametrize(
    "name", ["python3.7", "python3", "nodejs19.x", "nodejs28", "java9", "go1.x", "", "provided"]
)
def test_unknown(name: str) -> None:
    """An older version, an odd one, or another family is none."""
    assert runtimes.find(name) is None
    with pytest.raises(HashzipError, match=f'runtime "{re.escape(name)}", which Lambda does not'):
        runtimes.check(name, tuple(RUNTIMES), "[function.f]")


@pytest.mark.parametrize(
    "name, words",
    [
        ("python3.9", "deprecated; use python3.14"),
        ("nodejs18.x", "deprecated; use nodejs24.x"),
        ("provided.al2", "deprecated since 2026-06-30; use provided.al2023"),
        (
            "python3.10",
            "2026-10-31; AWS blocks new functions from 2026-11-30 and updates from 2027-01-15",
        ),
        ("python3.15", "a preview in AWS"),
        ("java17", "deprecated since 2026-06-30; use java25"),
    ],
)
def test_deprecated(name: str, words: str) -> None:
    """A deprecated runtime and a preview have a warning, with the dates that AWS gives."""
    assert words in warnings(name)


@pytest.mark.parametrize("name", ["python3.13", "java17.al2023", "nodejs24.x", "provided.al2023"])
def test_supported(name: str) -> None:
    """A supported runtime has no warning; it gets one on the day that AWS names, if any."""
    assert warnings(name) == ""
    deprecated = RUNTIMES[name].deprecated
    if deprecated:
        assert deprecated in warnings(name, deprecated)
        assert warnings(name, "2026-01-01") == ""


@pytest.mark.parametrize(
    "builder, name", [("python", "nodejs24.x"), ("rust", "python3.13"), ("python", "python3.8")]
)
def test_another_builder(builder: str, name: str) -> None:
    """A runtime that a builder does not build for is refused, and its own are not."""
    supported = BUILDERS[builder].RUNTIMES
    with pytest.raises(HashzipError, match="which this builder does not build for"):
        runtimes.check(name, supported, "[function.f]")

    for own in supported:
        runtimes.check(own, supported, "[function.f]")


def test_no_part_of_the_fingerprint(monkeypatch: pytest.MonkeyPatch, project: object) -> None:
    """A runtime whose end comes changes no fingerprint."""
    plan = planning.plan(planning.load_project(str(project)), "hello")
    before = plan.fingerprint, plan.warnings
    ended = RUNTIMES["python3.13"]._replace(deprecated=PAST)
    monkeypatch.setitem(RUNTIMES, "python3.13", ended)
    plan = planning.plan(planning.load_project(str(project)), "hello")

    assert plan.fingerprint == before[0]
    assert plan.warnings != before[1]
