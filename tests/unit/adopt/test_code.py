"""Functions of source code in all languages, and their names."""

from pathlib import Path

import pytest

from hashzip.adopt import code, names
from hashzip.adopt.python_locks import Requirements
from hashzip.adopt.python_roots import Roots
from hashzip.adopt.repository import Repository
from tests.support import adoption
from tests.support import project as projects

HANDLER = adoption.HANDLER


def named(tmp_path: Path, files: dict[str, str]) -> dict[str, str]:
    """Return the path of each function, by its name."""
    projects.write_files(tmp_path, {path: text.encode() for path, text in files.items()})
    repository = Repository(str(tmp_path))
    codes = code.find(repository, Roots(repository, Requirements(repository).is_required))
    return dict(
        zip(names.unique(code.candidates(codes)), (each.path for each in codes), strict=True)
    )


@pytest.mark.parametrize(
    "files, expected",
    [
        ({"orders/app.py": HANDLER}, {"orders": "orders/app.py"}),
        ({"src/orders.py": HANDLER}, {"orders": "src/orders.py"}),
        ({"lambda_function.py": HANDLER}, {"lambda_function": "lambda_function.py"}),
        (
            {"a/get.py": HANDLER, "a/put.py": HANDLER, "b/get.py": HANDLER},
            {"get": "a/get.py", "put": "a/put.py", "b": "b/get.py"},
        ),
        (
            {"a/orders/app.py": HANDLER, "b/orders/app.py": HANDLER},
            {"a-orders": "a/orders/app.py", "b-orders": "b/orders/app.py"},
        ),
        (
            {"app.py": HANDLER, "pyproject.toml": '[project]\nname = "shop"\n'},
            {"shop": "app.py"},
        ),
        (
            {"rust/Cargo.toml": adoption.CARGO.format("x"), "rust/src/main.rs": ""},
            {"x": "rust"},
        ),
        (
            {
                "a/b/package.json": '{"name": "@me/shop"}',
                "a/b/src/index.js": "exports.handler = async (event) => {}\n",
            },
            {"shop": "a/b/src/index.js"},
        ),
        ({"go.mod": adoption.GO_MOD, "main.go": adoption.GO}, {"tools": "."}),
    ],
)
def test_names(tmp_path: Path, files: dict[str, str], expected: dict[str, str]) -> None:
    """Names tell what a function does: by its folder, its module or its own name."""
    assert named(tmp_path, files) == expected
