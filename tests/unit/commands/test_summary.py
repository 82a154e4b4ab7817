"""The lines and the summary of `hashzip build`."""

import pytest

from hashzip.artifacts.store import Sizes
from hashzip.commands import _summary
from hashzip.commands._summary import Folded
from hashzip.pipeline import Built

A = Built("a" * 64, Sizes(1_200_000, 3_000_000), "first build here", 1.5)
B = Built("b" * 64, Sizes(11_200_000, 30_000_000), "", 0)


class TestFolded:
    """Equal contents share a line."""

    def test_equal(self) -> None:
        """The line comes with the last of them, and has all names."""
        folded = Folded({"read": A.fingerprint, "write": A.fingerprint, "other": B.fingerprint})

        assert list(folded.add("read", A)) == []
        assert list(folded.add("other", B)) == ["other: up to date"]
        assert list(folded.add("write", A)) == [
            "read, write: built aaaaaaaaaaaa (first build here), 1.2 MB, 3.0 s"
        ]

    def test_other_reason(self) -> None:
        """Each reason has its own line."""
        folded = Folded({"read": A.fingerprint, "write": A.fingerprint})
        assert list(folded.add("read", A._replace(reason=""))) == []

        assert list(folded.add("write", A)) == [
            "read: up to date",
            "write: built aaaaaaaaaaaa (first build here), 1.2 MB, 1.5 s",
        ]

    def test_long(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """On a terminal, many names have lines of their own, and none is broken."""
        names = [f"orders-{verb}-eu-west-1" for verb in ("created", "deleted", "updated")]
        folded = Folded(dict.fromkeys(names, A.fingerprint))
        monkeypatch.setattr("hashzip.terminal.is_terminal", lambda _stream: True)
        monkeypatch.setenv("NO_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "60")

        lines = [line for name in names for line in folded.add(name, A)]

        (text,) = lines
        assert text.splitlines() == [
            "orders-created-eu-west-1, orders-deleted-eu-west-1,",
            "  orders-updated-eu-west-1:",
            f"  built aaaaaaaaaaaa ({A.reason}), 1.2 MB, 4.5 s",
        ]

    def test_failure(self) -> None:
        """What was built before an error is not lost."""
        folded = Folded({"read": B.fingerprint, "write": B.fingerprint})
        assert list(folded.add("read", B)) == []

        assert list(folded.rest()) == ["read: up to date"]

    def test_named_twice(self) -> None:
        """A function that is named twice has two lines."""
        folded = Folded({"read": B.fingerprint})

        assert list(folded.add("read", B)) == ["read: up to date"]
        assert list(folded.add("read", B)) == ["read: up to date"]


@pytest.mark.parametrize(
    "results, text",
    [
        ([B, B], "2 up to date, 11.2 MB, 2.1 s"),
        ([A, B], "1 built, 1 up to date, 12.4 MB, 2.1 s"),
        (
            [A._replace(growth=1_200_000, packages=["numpy 2.1.2 -> 2.3.4"]), B],
            "1 built, 1 up to date, 12.4 MB (+1.2 MB: numpy 2.1.2 -> 2.3.4), 2.1 s",
        ),
        ([A._replace(growth=-3_000), A], "2 built, 1.2 MB (-3.0 kB), 2.1 s"),
        ([A._replace(growth=0), B], "1 built, 1 up to date, 12.4 MB, 2.1 s"),
        (
            [A._replace(growth=0, packages=["a 1 -> 2", "+b 1", "-c 1", "+d 1", "+e 1"]), B],
            "1 built, 1 up to date, 12.4 MB (a 1 -> 2, +b 1, -c 1 and 2 more), 2.1 s",
        ),
    ],
)
def test_summary(results: list[Built], text: str) -> None:
    """It has counts, sizes without repetition, what made them differ, and the time."""
    assert _summary.summary(results, 2.13) == text
