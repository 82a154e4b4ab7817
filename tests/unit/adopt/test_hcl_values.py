"""Values of Terraform's expressions."""

from collections.abc import Sequence
from typing import Any

import pytest

from hashzip.adopt import hcl_values
from hashzip.adopt.hcl_values import Reference, UnresolvedError

LOCALS: dict[str, Any] = {"m": {"a": {"h": "x.y"}, "b": {"h": "z"}}, "list": ["p", "q"]}


class Scope:
    """A scope with local values, and variables that have their own names as values."""

    def resolve(self, steps: Sequence[str | int]) -> Any:  # noqa: ANN401 - a value of HCL
        """Return the value of a reference."""
        if steps[0] == "local":
            return LOCALS[str(steps[1])]
        if steps[0] == "var":
            return str(steps[1])
        return Reference(tuple(steps))

    def fileset(self, folder: str, pattern: str) -> list[str]:
        """Return the arguments."""
        return [folder, pattern]


@pytest.mark.parametrize(
    "text, value",
    [
        ('"x"', "x"),
        ("12", 12),
        ("null", None),
        ('["a", "b",]', ["a", "b"]),
        ("[]", []),
        ('"a-${var.b}-${ var.c }"', "a-b-c"),
        ('"${var.b}"', "b"),
        ('local.m["a"].h', "x.y"),
        ("local.m.b.h", "z"),
        ("local.list[1]", "q"),
        ('local.m[upper("a") == "A" ? "a" : "b"].h', "x.y"),
        ('{ for k, v in local.m : k => v.h if k != "a" }', {"b": "z"}),
        ("[for each in local.list : upper(each)]", ["P", "Q"]),
        ('merge(local.m["a"], { "k" = 1, j = [true] })', {"h": "x.y", "k": 1, "j": [True]}),
        ('try(local.m["c"], "default")', "default"),
        ("1 + 2 * 3", 7),
        ("!true", False),
        ('"a\\"b$${c}"', 'a"b${c}'),
        ("<<-EOT\n    a\n  EOT", "a\n"),
        ("(var.a)", "a"),
        ('fileset("a", "*.py")', ["a", "*.py"]),
    ],
)
def test_evaluate(text: str, value: object) -> None:
    """Each expression has the value that Terraform gives it."""
    assert hcl_values.evaluate(text, Scope()) == value


@pytest.mark.parametrize(
    "text",
    [
        "aws_iam_role.x.arn",
        '"a-${aws_iam_role.x.arn}"',
        'file("x")',
        'local.m["c"]',
        '"%{ if true }a%{ endif }"',
        "local.m +",
        '"a" * 100000',
        "(" * 3000 + "1" + ")" * 3000,
    ],
)
def test_unresolved(text: str) -> None:
    """What is known only when Terraform runs, or is no expression, has no value."""
    with pytest.raises(UnresolvedError):
        hcl_values.evaluate(text, Scope())


def test_known_parts() -> None:
    """Of a name with unknown parts, the known ones are left."""
    text = '"${aws_x.y.z}-orders-${var.env}"'

    assert hcl_values.known_parts(text, Scope()) == "orders-env"
    assert hcl_values.known_parts("random_pet.x.id", Scope()) == ""
