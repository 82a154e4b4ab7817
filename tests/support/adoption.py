"""Small repositories, each in a shape that people have, and what `init` should find in them.

Each is a text in tests/data/adopt: a line about it, its files, each below a line with its path, and
the keys that the tables in `hashzip.toml` must have.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.support import project as projects

HANDLER = "def lambda_handler(event, context):\n    return {'ok': True}\n"
GO = (
    'package main\n\nimport "github.com/aws/aws-lambda-go/lambda"\n\n'
    "func main() { lambda.Start(nil) }\n"
)
GO_MOD = "module example.com/tools\n\ngo 1.24.1\n\nrequire github.com/aws/aws-lambda-go v1.47.0\n"
CARGO = '[package]\nname = "{}"\nedition = "2021"\n[dependencies]\nlambda_runtime = "0.13"\n'

_FOLDER = Path(__file__).parents[1] / "data/adopt"
_EXPECTED = "expected"
_SECTION = re.compile(r"^-- (.+) --\n", re.MULTILINE)


class Shape(NamedTuple):
    """A repository.

    Attributes:
        files: Its files, by path.
        functions: The keys of each function's table, by the function's name; `absent` lists keys
            that it must not have.
        unresolved: Words that the report must have.
    """

    files: Mapping[str, str]
    functions: Mapping[str, Mapping[str, Any]]
    unresolved: tuple[str, ...] = ()

    def write(self, root: Path) -> None:
        """Write the files into a folder."""
        projects.write_files(root, {path: text.encode() for path, text in self.files.items()})


def names() -> list[str]:
    """Return the names of all shapes."""
    return sorted(path.stem for path in _FOLDER.glob("*.txt"))


@cache
def shape(name: str) -> Shape:
    """Read a shape."""
    files = dict(_sections((_FOLDER / f"{name}.txt").read_text(encoding="utf-8")))
    expected = tomllib.loads(files.pop(_EXPECTED))
    unresolved = tuple(expected.pop("unresolved", ()))
    return Shape(files, expected, unresolved)


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the text of each file, without the empty line that ends it."""
    parts = _SECTION.split(text)
    for path, content in zip(parts[1::2], parts[2::2], strict=True):
        yield path, content.removesuffix("\n") if content != "\n" else ""
