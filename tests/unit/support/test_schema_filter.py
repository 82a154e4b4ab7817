"""The filter removes the types that are not named from a schema, and keeps everything else."""

import pytest

from tests.support import schema_filter

PROVIDER, RESOURCES, DATA_SOURCES, FUNCTIONS = 1, 2, 3, 7  # fields of GetProviderSchema.Response


def field(number: int, content: bytes) -> bytes:
    """Return the encoding of a field, whose content may be longer than one byte counts."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """Return the encoding of a number."""
    digits = []
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])


def entry(number: int, name: str, schema: bytes = b"schema") -> bytes:
    """Return an entry of a map from names to schemas."""
    return field(number, field(1, name.encode()) + field(2, schema))


LARGE = entry(RESOURCES, "aws_lambda_function", b"x" * 100_000)
ROLE = entry(RESOURCES, "aws_iam_role")
PARTITION = entry(DATA_SOURCES, "aws_partition")
OTHERS = [
    entry(RESOURCES, "aws_lambda_function_url"),
    entry(RESOURCES, "aws_partition_x"),
    entry(DATA_SOURCES, "aws_lambda"),
]
REST = [field(PROVIDER, b"region"), entry(FUNCTIONS, "arn_parse"), field(6, b"\x08\x01")]


def test_only_named_types_are_kept() -> None:
    """Resources and data sources are kept by their whole name, in their order."""
    schema = b"".join([REST[0], OTHERS[0], LARGE, OTHERS[1], ROLE, OTHERS[2], PARTITION])
    names = {"aws_lambda_function", "aws_iam_role", "aws_partition"}

    assert schema_filter.trimmed(schema, names) == b"".join([REST[0], LARGE, ROLE, PARTITION])
    assert schema_filter.trimmed(schema, {"aws_iam_role"}) == REST[0] + ROLE


def test_everything_else_is_kept() -> None:
    """The provider's own schema, its functions and its capabilities stay, whatever the names."""
    assert schema_filter.trimmed(b"".join([*REST, ROLE]), ()) == b"".join(REST)


def test_a_format_that_is_not_known_is_an_error() -> None:
    """A field that is neither a message nor a text is an error: what follows it could be lost."""
    with pytest.raises(ValueError, match="field 9 of the schema has the wire type 0"):
        schema_filter.trimmed(ROLE + bytes([9 << 3, 1]), ())
