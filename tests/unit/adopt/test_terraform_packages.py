"""What Terraform packs."""

from pathlib import Path

import pytest

from hashzip.adopt import terraform_packages
from hashzip.adopt.repository import Repository
from hashzip.adopt.terraform_modules import Terraform
from hashzip.adopt.terraform_packages import Package
from tests.support import project as projects


def package(tmp_path: Path, attributes: str, more: str = "", kind: str = "") -> Package:
    """Return the package of a function with these attributes."""
    label = '"x" ' if kind == "module" else '"aws_lambda_function" "x" '
    text = f"{kind or 'resource'} {label}{{\n{attributes}\n}}\n{more}"
    files = {"infra/main.tf": text.encode(), "src/app.py": b"", "src/requirements.txt": b"six"}
    projects.write_files(tmp_path, files)
    (scope, *_) = Terraform(Repository(str(tmp_path))).scopes()
    block = next(scope.module.of_kind(kind or "resource"))
    if kind == "module":
        return terraform_packages.of_module(scope, block)
    return terraform_packages.of_resource(scope, block)


def archive(**attributes: str) -> str:
    """Return an archive."""
    lines = "".join(f"  {key} = {value}\n" for key, value in attributes.items())
    return f'data "archive_file" "a" {{\n  output_path = "${{path.module}}/a.zip"\n{lines}}}\n'


DIR = archive(source_dir='"${path.module}/../src"', excludes='["x.txt", "**/*.md"]')


@pytest.mark.parametrize(
    "filename",
    [
        "data.archive_file.a.output_path",
        '"${data.archive_file.a.output_path}"',
        '"a.zip"',
        '"${path.module}/a.zip"',
        '"../infra/./a.zip"',
    ],
)
def test_archive(tmp_path: Path, filename: str) -> None:
    """The archive is named, or written to the path that is deployed."""
    found = package(tmp_path, f"filename = {filename}", DIR)

    assert (found.sources, found.exclude) == (("src",), ("/x.txt", "**/*.md"))
    assert found.archive is not None


def test_single_files(tmp_path: Path) -> None:
    """A single file is a folder of which only that file is packed."""
    found = package(
        tmp_path,
        "filename = data.archive_file.a.output_path",
        archive(source_file='"../src/app.py"'),
    )
    assert (found.sources, found.include) == (("src",), ("/app.py",))

    source = '  source {\n    content  = file("../src/app.py")\n    filename = "app.py"\n  }\n'
    text = f"{archive()[:-2]}{source}}}\n"
    found = package(tmp_path, "filename = data.archive_file.a.output_path", text)
    assert (found.sources, found.include, found.renamed) == (("src",), ("/app.py",), ("", ""))

    text = text.replace('"app.py"', '"index.py"')
    found = package(tmp_path, "filename = data.archive_file.a.output_path", text)
    assert (found.include, found.renamed) == (("/app.py",), ("index", "app"))


@pytest.mark.parametrize(
    "attributes, more, key, program",
    [
        ("filename = var.zip", 'variable "zip" {}\n', "filename", ""),
        ('filename = "../out/orders.zip"', "", "filename", "orders"),
        ('filename = "../target/lambda/orders/bootstrap.zip"', "", "filename", "orders"),
        (
            "filename = data.archive_file.a.output_path",
            archive(source_dir='"gone"'),
            "source_dir",
            "gone",
        ),
        (
            "filename = data.archive_file.a.output_path",
            archive(source_dir='"../../x"'),
            "source_dir",
            "",
        ),
        ('s3_bucket = "b"', "", "filename", ""),
    ],
)
def test_unresolved(tmp_path: Path, attributes: str, more: str, key: str, program: str) -> None:
    """What a program makes, or is outside, stays open; its name may tell the program."""
    found = package(tmp_path, attributes, more)

    assert (found.sources, found.program) == ((), program)
    assert [each.key for each in found.unresolved] == [key]


def test_object(tmp_path: Path) -> None:
    """An object in S3 that is uploaded from an archive leads to that."""
    stored = 'resource "aws_s3_object" "o" {\n  source = data.archive_file.a.output_path\n}\n'

    assert package(tmp_path, "s3_key = aws_s3_object.o.key", DIR + stored).sources == ("src",)


@pytest.mark.parametrize(
    "path, expected",
    [
        ('"../src"', Package(("src",), requirements="src/requirements.txt")),
        ('["../src"]', Package(("src",), requirements="src/requirements.txt")),
        ('"../src/app.py"', Package(("src",), ("/app.py",), requirements=None)),
        ('{ path = "../src", pip_requirements = false }', Package(("src",), requirements=None)),
        (
            '[{path="../src", pip_requirements="../r.txt", patterns=["!tests/.*", "!.*/docs/.*"]}]',
            Package(("src",), exclude=("/tests", "docs"), requirements="r.txt"),
        ),
    ],
)
def test_module(tmp_path: Path, path: str, expected: Package) -> None:
    """`source_path` is a folder, a file, or a list of these with what is installed."""
    found = package(tmp_path, f'  source = "x"\n  source_path = {path}', kind="module")

    assert found == expected


@pytest.mark.parametrize(
    "path", ['"../../outside"', '{ path = "../src", pip_requirements = "/x" }']
)
def test_module_outside(tmp_path: Path, path: str) -> None:
    """What is outside the project stays open."""
    found = package(tmp_path, f'  source = "x"\n  source_path = {path}', kind="module")

    assert [each.key for each in found.unresolved] == ["source_path"]
    assert "outside the project" in found.unresolved[0].reason


def test_module_with_commands(tmp_path: Path) -> None:
    """What hashzip does not do for a module stays open."""
    path = '{ path = "../src", commands = ["make"], patterns = ["[a-z]+"] }'
    found = package(tmp_path, f'  source = "x"\n  source_path = {path}', kind="module")

    assert [each.key for each in found.unresolved] == [
        "source_path.commands",
        "source_path.patterns",
    ]
