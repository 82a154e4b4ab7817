"""Reading YAML."""

from pathlib import Path

import pytest

from hashzip.adopt import yaml_files
from hashzip.adopt.repository import Repository
from tests.support import project as projects


def read(tmp_path: Path, text: str) -> object:
    """Read a file with this text."""
    projects.write_files(tmp_path, {"x.yaml": text.encode()})
    return yaml_files.read(Repository(str(tmp_path)), "x.yaml")


def test_tags(tmp_path: Path) -> None:
    """The short forms of CloudFormation's functions are read as their long ones."""
    text = "a: !Ref X\nb: !Sub '${X}-y'\nc: !Join ['-', [a, !GetAtt b.c]]\nd: !If {x: 1}\n"

    assert read(tmp_path, text) == {
        "a": {"Ref": "X"},
        "b": {"Fn::Sub": "${X}-y"},
        "c": {"Fn::Join": ["-", ["a", {"Fn::GetAtt": "b.c"}]]},
        "d": {"Fn::If": {"x": 1}},
    }


def bomb() -> str:
    """Return a text in which aliases merge ten thousand million pairs."""
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: {n}" for n in range(10)) + "}"]
    lines += [
        f"a{number}: &a{number}\n  <<: [{', '.join([f'*a{number - 1}'] * 10)}]"
        for number in range(1, 10)
    ]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    ["a: [", "a: !!python/object/apply:os.system ['x']", "[" * 5000, "a: *b", "a: 1\n--- \nb: 1"],
)
def test_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """What is broken or hostile is one warning."""
    assert read(tmp_path, text) is None

    assert capsys.readouterr().err.count("warning: x.yaml is not read") == 1


def test_bomb(tmp_path: Path) -> None:
    """Aliases of aliases are no more values than they name."""
    document = read(tmp_path, bomb())

    assert isinstance(document, dict)
    assert len(document["a9"]) == 10


def test_no_table(tmp_path: Path) -> None:
    """A document that is no table has nothing to read."""
    assert read(tmp_path, "- a\n") is None
    assert read(tmp_path, "a: &x {b: 1}\nc: {<<: *x}\n") == {"a": {"b": 1}, "c": {"b": 1}}
