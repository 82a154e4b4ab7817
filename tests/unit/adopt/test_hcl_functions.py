"""Functions of Terraform."""

import pytest

from hashzip.adopt import hcl_functions


@pytest.mark.parametrize(
    "name, arguments, value",
    [
        ("basename", ["a/b/"], "b"),
        ("coalesce", [None, "", "x"], "x"),
        ("flatten", [[[1], [2, [3]]]], [1, 2, 3]),
        ("format", ["%s-%d", "a", 1], "a-1"),
        ("join", ["-", ["a", "b"]], "a-b"),
        ("lookup", [{"a": 1}, "b", 2], 2),
        ("merge", [{"a": 1}, None, {"a": 2}], {"a": 2}),
        ("replace", ["a_b", "_", "-"], "a-b"),
        ("toset", [["b", "a", "b"]], ["a", "b"]),
        ("trimsuffix", ["a.py", ".py"], "a"),
        ("values", [{"b": 1, "a": 2}], [2, 1]),
    ],
)
def test_call(name: str, arguments: list[object], value: object) -> None:
    """Each does what Terraform's documentation says."""
    assert hcl_functions.call(name, arguments, LookupError) == value


@pytest.mark.parametrize("name", ["file", "timestamp", "uuid", "templatefile"])
def test_unknown(name: str) -> None:
    """A function that needs more than its arguments is not called."""
    with pytest.raises(LookupError, match="when Terraform runs"):
        hcl_functions.call(name, ["x"], LookupError)


def test_regular_expressions_are_refused() -> None:
    """A pattern of a stranger could take for ever."""
    with pytest.raises(ValueError, match="regular expression"):
        hcl_functions.call("replace", ["a", "/(a+)+$/", ""], LookupError)


def test_text() -> None:
    """Escapes and the indentation of heredocs are resolved."""
    assert hcl_functions.unescape(r"a\"b\n$${x}") == 'a"b\n${x}'
    assert hcl_functions.dedent("    a\n      b\n") == "a\n  b\n"
