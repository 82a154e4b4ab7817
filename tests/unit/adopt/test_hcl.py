"""Blocks and attributes of Terraform's files."""

import pytest

from hashzip.adopt import hcl

TEXT = """\
# comment { "
resource "aws_lambda_function" "a" { // another
  name = "x-${upper("{ \\" }")}" # after
  list = [
    1, # one ]
    "b",
  ]
  text = <<-EOT
    } ${a} "
  EOT
  /* } */
  inner {
    a = { b = { c = 1 } }
  }
  single { x = 1 }
}
a = 1
"""


def test_parts() -> None:
    """Strings, heredocs, comments and brackets hide what they hold."""
    file = hcl.parse("main.tf", TEXT)

    (block,) = file.blocks
    assert (block.kind, block.labels, block.line) == (
        "resource",
        ("aws_lambda_function", "a"),
        2,
    )
    assert list(block.attributes) == ["name", "list", "text"]
    assert block.text("name") == '"x-${upper("{ \\" }")}"'
    assert (block.text("list") or "").endswith('"b",\n  ]')
    assert [inner.kind for inner in block.blocks] == ["inner", "single"]
    assert block.blocks[1].text("x") == "1"
    assert file.text("a") == "1"


def test_places() -> None:
    """Each place in the text is that of the block or expression."""
    (block,) = hcl.parse("main.tf", TEXT).blocks

    assert TEXT[block.start : block.end].startswith("resource")
    assert TEXT[block.end - 2 : block.end] == "\n}"
    for name, attribute in block.attributes.items():
        assert TEXT[attribute.start :].startswith(name)
        assert TEXT[attribute.value : attribute.end] == attribute.text


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_line_endings(ending: str) -> None:
    """The endings of lines make no difference."""
    (block,) = hcl.parse("main.tf", TEXT.replace("\n", ending)).blocks

    assert (block.line, list(block.attributes)) == (2, ["name", "list", "text"])


@pytest.mark.parametrize(
    "text, line",
    [
        ("a {\n", 2),
        ("a = [\n", 2),
        ('a = "x\n', 1),
        ("a = <<EOT\nx\n", 2),
        ("a = )\n", 1),
        ("\n= 1\n", 2),
        ('a = "${b\n', 1),
        ("a {" * 5000, 1),
    ],
)
def test_errors(text: str, line: int) -> None:
    """What is no HCL is an error with its line."""
    with pytest.raises(ValueError, match=rf"line {line}\b"):
        hcl.parse("main.tf", text)
