"""Names of functions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashzip.adopt import names


@pytest.mark.parametrize(
    "word, part",
    [
        ("orders", "orders"),
        ("orders_handler", "orders"),
        ("lambda_orders", "orders"),
        ("ordersHandler", "orders"),
        ("lambda_function", ""),
        ("handler", ""),
        ("src", ""),
    ],
)
def test_telling(word: str, part: str) -> None:
    """Words that each function could have say nothing about one."""
    assert names.telling(word) == part


def test_levels() -> None:
    """A name grows by the folders that lead to the function."""
    assert names.levels(["services", "shop", "src", "create"]) == ["create", "shop-create"]
    assert names.levels(["src"], ["fallback"]) == ["fallback"]


def test_unique_is_fair() -> None:
    """Functions that would have one name all get a longer one."""
    listing = [["app", "a-app"], ["app", "b-app"], ["other"]]

    assert names.unique(listing) == ["a-app", "b-app", "other"]
    assert names.unique([["x"], ["x"]], ["x"]) == ["x-2", "x-3"]


@given(st.lists(st.lists(st.text(max_size=80), min_size=1, max_size=3), max_size=8))
def test_all_are_valid(parts: list[list[str]]) -> None:
    """Whatever the words, all names are different, and Lambda allows them."""
    chosen = names.unique([names.levels(each) for each in parts])

    assert len({name.casefold() for name in chosen}) == len(parts)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in chosen)
