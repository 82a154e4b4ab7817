"""The files that cargo lists after it has compiled a program."""

from pathlib import Path

import pytest

from hashzip.builders.rust import dep_info


@pytest.mark.parametrize(
    "text, expected",
    [
        ("/t/hello: /a/main.rs /a/b/lib.rs\n", {"/a/main.rs", "/a/b/lib.rs"}),
        ("/t/hello: /a\\ b/main.rs /c/a\\ b\\ c.rs", {"/a b/main.rs", "/c/a b c.rs"}),
        ("C:\\t\\hello: C:\\a\\main.rs C:\\x.rs\n", {"C:\\a\\main.rs", "C:\\x.rs"}),
        ("/t/hello:\n", set()),
        ("", set()),
    ],
)
def test_read(tmp_path: Path, text: str, expected: set[str]) -> None:
    """Each file is returned, even if its name contains spaces."""
    (tmp_path / "hello.d").write_text(text, encoding="utf-8")

    assert dep_info.read(tmp_path / "hello.d") == expected


def test_none(tmp_path: Path) -> None:
    """Without cargo's file, there are none."""
    assert dep_info.read(tmp_path / "hello.d") == set()
