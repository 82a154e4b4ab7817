"""Names of Python packages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from hashzip.builders.python.names import normalized


@pytest.mark.parametrize(
    "name",
    ["friendly-bard", "Friendly-Bard", "FRIENDLY.BARD", "friendly__bard", "FrIeNdLy-._.-bArD"],
)
def test_examples(name: str) -> None:
    """The examples of the specification are one name."""
    assert normalized(name) == "friendly-bard"


@given(name=st.text("aZ09-_.", min_size=1))
def test_library(name: str) -> None:
    """It is the spelling of `packaging`, which does not load at plan time."""
    assert normalized(name) == canonicalize_name(name)
