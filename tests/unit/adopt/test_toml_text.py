"""The text of `hashzip.toml`."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from hashzip.adopt import toml_text
from hashzip.adopt.proposal import Adopted

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(
    st.dictionaries(
        st.sampled_from(["source", "handler", "include", "env", "flag"]),
        TEXT | st.lists(TEXT, max_size=3) | st.booleans() | st.dictionaries(TEXT, TEXT, max_size=2),
    )
)
def test_round_trip(table: dict[str, object]) -> None:
    """Whatever a table has, TOML reads it back."""
    text = toml_text.table(Adopted("f", table, ""))

    assert tomllib.loads(text)["function"]["f"] == table


def test_long_lists() -> None:
    """A list that is too long for a line has a line for each element."""
    short = toml_text.table(Adopted("f", {"include": ["a"]}, ""))
    long = toml_text.table(Adopted("f", {"include": ["a" * 50, "b" * 50]}, ""))

    assert short.splitlines()[1] == 'include = ["a"]'
    assert long.splitlines()[1:] == ["include = [", f'  "{"a" * 50}",', f'  "{"b" * 50}",', "]"]


def test_added() -> None:
    """What is there stays, with its line endings; layers have tables of their own."""
    new = [Adopted("deps", {"runtime": "x"}, "", is_layer=True)]

    assert toml_text.added(None, new) == '[layer.deps]\nruntime = "x"\n'
    assert toml_text.added("# a", new) == '# a\n\n[layer.deps]\nruntime = "x"\n'
    assert toml_text.added("a = 1\r\n", new).endswith('\r\n\r\n[layer.deps]\r\nruntime = "x"\r\n')
