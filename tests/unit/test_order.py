"""In which order the tests of a run come."""

from dataclasses import dataclass

import pytest

from tests.support import order


@dataclass(frozen=True)
class Item:
    """A test."""

    nodeid: str

    @property
    def module(self) -> str:
        """Where it is."""
        return self.nodeid.partition("::")[0]


QUICK = [Item(f"tests/test_{name}.py::test_{n}") for name in "ab" for n in range(20)]
SLOW = [Item(f"tests/terraform/test_{name}.py::test_{n}") for name in "abcd" for n in range(3)]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 50])
def test_all_of_them(workers: int) -> None:
    """None is lost, and none is there twice, however many processes there are."""
    items = [*QUICK[:20], *SLOW, *QUICK[20:]]

    found = order.arrange(items, workers)

    assert sorted(found, key=str) == sorted(items, key=str)
    assert found != items


def test_slow_ones_first() -> None:
    """Each process begins with whole slow modules, as many as the others; then come the quick."""
    found = order.arrange([*QUICK, *SLOW], 4)

    shares = [found[at : at + 13] for at in range(0, len(found), 13)]
    assert [{one.module for one in share[:3]} for share in shares] == [
        {f"tests/terraform/test_{name}.py"} for name in "abcd"
    ]
    assert all(one in QUICK for share in shares for one in share[3:])
