"""Changes of the user's Terraform."""

from pathlib import Path

import pytest

from hashzip.adopt import terraform
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_changes import Changes, Wanted
from hashzip.adopt.terraform_modules import Terraform
from tests.support import project as projects

FUNCTION = """\
resource "aws_lambda_function" "orders" {
  function_name    = "orders" # mine
  filename         = "a.zip"
  source_code_hash = filebase64sha256("a.zip")
  role             = "x"
}
"""


def changed(
    tmp_path: Path, files: dict[str, str], names: list[str], handler: str = ""
) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Return the changed files, and what is left to do by hand."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    repository = Repository(str(tmp_path))
    declared, _ = terraform.read(Terraform(repository))
    by_hand: list[tuple[str, str]] = []
    changes = Changes(repository, by_hand)
    assert len(declared) in (0, len(names))  # what is changed already is not read again
    changes.add(Wanted(name, handler, each) for name, each in zip(names, declared, strict=False))
    return {each.path: each.after for each in changes.files()}, by_hand


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_three_lines(tmp_path: Path, ending: str) -> None:
    """The zip and its hash come from a new module; every other line stays as it is."""
    before = ("# top\n\n" + FUNCTION).replace("\n", ending)

    files, _ = changed(tmp_path, {"infra/main.tf": before}, ["mail"])

    lines = files["infra/main.tf"].split(ending)
    kept = before.split(ending)
    assert [line for line in kept if line not in lines] == [
        '  filename         = "a.zip"',
        '  source_code_hash = filebase64sha256("a.zip")',
    ]
    for line in (
        'module "orders_package" {',
        '  project  = "${path.root}/.."',
        '  function = "mail"',
        '  triggers = { function_name = "orders" }',
        "  filename         = module.orders_package.filename",
        "  source_code_hash = module.orders_package.source_code_hash",
    ):
        assert line in lines


def test_once(tmp_path: Path) -> None:
    """What is changed already stays as it is."""
    files, _ = changed(tmp_path, {"main.tf": FUNCTION}, ["orders"])

    again, _ = changed(tmp_path, files, ["orders"])

    assert again == {}


def test_s3(tmp_path: Path) -> None:
    """An object in S3 is replaced by the file."""
    text = FUNCTION.replace('filename         = "a.zip"', 's3_bucket        = "b"\n  s3_key = "k"')

    files, _ = changed(tmp_path, {"main.tf": text}, ["orders"])

    assert "s3_" not in files["main.tf"]
    assert "  filename         = module.orders_package.filename\n" in files["main.tf"]


@pytest.mark.parametrize(
    "names, expression",
    [
        (["a", "b"], "each.key"),
        (["x-a", "b"], '{\n    "a" = "x-a"\n    "b" = "b"\n  }[each.key]'),
    ],
)
def test_for_each(tmp_path: Path, names: list[str], expression: str) -> None:
    """The module has the same keys, and each its function."""
    text = FUNCTION.replace("{\n", '{\n  for_each = toset(["a", "b"])\n', 1)

    files, _ = changed(tmp_path, {"main.tf": text}, names)

    assert f"  function = {expression}\n" in files["main.tf"]
    assert '  for_each = toset(["a", "b"])\n\n  project' in files["main.tf"]
    assert "module.orders_package[each.key].filename" in files["main.tf"]


def test_count(tmp_path: Path) -> None:
    """With a count, functions are chosen by their index."""
    text = FUNCTION.replace("{\n", "{\n  count = 2\n", 1)

    files, _ = changed(tmp_path, {"main.tf": text}, ["a", "b"])

    assert '  function = ["a", "b"][count.index]\n' in files["main.tf"]


def test_called_module(tmp_path: Path) -> None:
    """A module that is called several times gets the name from each call."""
    files = {
        "main.tf": 'module "a" {\n  source = "./m"\n}\nmodule "b" {\n  source = "./m"\n}\n',
        "m/main.tf": FUNCTION,
    }
    after, by_hand = changed(tmp_path, files, ["a", "b"])

    assert by_hand == []
    assert '  hashzip_function = "a"\n' in after["main.tf"]
    assert '  hashzip_function = "b"\n' in after["main.tf"]
    assert 'variable "hashzip_function" {' in after["m/main.tf"]
    assert "  function = var.hashzip_function\n" in after["m/main.tf"]


def test_by_hand(tmp_path: Path) -> None:
    """Keys of calls and of the resource at once are left to the user."""
    files = {
        "main.tf": 'module "a" {\n  source = "./m"\n  for_each = toset(["x", "y"])\n}\n',
        "m/main.tf": FUNCTION.replace("{\n", '{\n  for_each = toset(["a", "b"])\n', 1),
    }
    after, by_hand = changed(tmp_path, files, ["1", "2", "3", "4"])

    assert after == {}
    assert by_hand[0][0] == "m/main.tf:1"


def test_archive(tmp_path: Path) -> None:
    """The archive is removed, unless something else names it."""
    archive = 'data "archive_file" "a" {\n  source_dir = "."\n  output_path = "a.zip"\n}\n\n'
    used = FUNCTION.replace('"a.zip"', "data.archive_file.a.output_path", 1)
    used = used.replace('filebase64sha256("a.zip")', "data.archive_file.a.output_base64sha256")

    files, _ = changed(tmp_path, {"main.tf": archive + used}, ["orders"])
    assert "archive_file" not in files["main.tf"]

    output = 'output "x" {\n  value = data.archive_file.a.output_size\n}\n'
    files, _ = changed(tmp_path, {"main.tf": archive + used + output}, ["orders"])
    assert archive in files["main.tf"]


def test_module_of_others(tmp_path: Path) -> None:
    """terraform-aws-modules is kept, and takes the zip that is there."""
    text = (
        'module "orders" {\n  source        = "terraform-aws-modules/lambda/aws"\n'
        '  function_name = "orders"\n  source_path   = [\n    "src",\n  ]\n}\n'
    )
    files, _ = changed(tmp_path, {"main.tf": text}, ["orders"])

    assert "source_path" not in files["main.tf"]
    for line in (
        "create_package          = false",
        "local_existing_package  = module.orders_package.filename",
        "ignore_source_code_hash = true",
    ):
        assert f"  {line}\n" in files["main.tf"]
    again, _ = changed(tmp_path, files, ["orders"])
    assert again == {}


def test_other_handler(tmp_path: Path) -> None:
    """A handler that is another one in the new package is taken from the module."""
    text = FUNCTION.replace("  role ", '  handler          = "dist/app.run"\n  role ')

    files, _ = changed(tmp_path, {"main.tf": text}, ["orders"], "app.run")
    assert "  handler          = module.orders_package.handler\n" in files["main.tf"]

    files, _ = changed(tmp_path, {"main.tf": text}, ["orders"], "dist/app.run")
    assert '  handler          = "dist/app.run"\n' in files["main.tf"]


def test_ignored_changes(tmp_path: Path) -> None:
    """Where Terraform ignores new code, the user has to change that."""
    lifecycle = "  lifecycle {\n    ignore_changes = [filename, tags]\n  }\n"

    _, by_hand = changed(tmp_path, {"main.tf": f"{FUNCTION[:-2]}{lifecycle}}}\n"}, ["orders"])

    ((place, reason),) = by_hand
    assert place == "main.tf:6"
    assert "remove filename from ignore_changes" in reason
