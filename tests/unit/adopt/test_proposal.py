"""Values of adoption."""

from hashzip.adopt.proposal import Adopted


def test_target() -> None:
    """Commands name a layer by its kind, and a function by its name alone."""
    assert Adopted("a", {}, "").target == "a"
    assert Adopted("a", {}, "", is_layer=True).target == "layer.a"
