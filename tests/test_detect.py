"""Finding the functions of a repository."""

import platform
from pathlib import Path

import pytest

from hashzip import detect
from tests.helpers import project as projects

HANDLER = b"def lambda_handler(event, context):\n    return {}\n"


def found(root: Path) -> list[tuple[str, str, str, str | None]]:
    """Answers what is found, as tuples."""
    return [(one.name, one.source, one.handler, one.requirements) for one in detect.functions(root)]


class TestFunctions:
    """Folders with a `lambda_handler`."""

    def test_found(self, tmp_path: Path) -> None:
        """A module that defines one is found, and one that only mentions it is not."""
        files = {
            "orders/src/app.py": HANDLER,
            "mail/send.py": b"async def lambda_handler(event, context): ...\n",
            "lib/words.py": b"from app import lambda_handler\n",
            "lib/doc.py": b'"""lambda_handler"""\n',
            "lib/inner.py": b"class A:\n    def lambda_handler(self): ...\n",
            "broken.py": b"def lambda_handler(\n",
            "binary.py": b"\xfflambda_handler",
        }
        projects.write_files(tmp_path, files)

        assert found(tmp_path) == [
            ("mail", "mail", "send.lambda_handler", None),
            ("orders", "orders/src", "app.lambda_handler", None),
        ]

    @pytest.mark.parametrize(
        "folder", [".venv/lib", "venv", "node_modules/x", "tests", "dist/a", ".hidden", "build"]
    )
    def test_not_searched(self, tmp_path: Path, folder: str) -> None:
        """What tools leave behind, tests and builds have no function to deploy."""
        projects.write_files(tmp_path, {f"{folder}/app.py": HANDLER})
        assert found(tmp_path) == []

        projects.write_files(tmp_path, {"mine/app.py": HANDLER})
        assert len(found(tmp_path)) == 1

    def test_names(self, tmp_path: Path) -> None:
        """Each name is another's, and one that Lambda takes."""
        root = tmp_path / "my project"
        files = {
            f"{folder}/app.py": HANDLER for folder in ("a/orders", "b/orders", "src", "c/or ders")
        }
        projects.write_files(root, {**files, "src/orders.py": HANDLER})

        names = [name for name, *_ in found(root)]

        assert len(set(names)) == len(names) == 5
        assert names[0] == "orders"
        assert "or-ders" in names
        assert "my-project" in names

    @pytest.mark.parametrize(
        "files, lock",
        [
            ({"f/requirements.txt": b"a==1 --hash=sha256:00\n"}, "f/requirements.txt"),
            ({"f/requirements.txt": b"a==1\n"}, None),
            ({"uv.lock": b""}, "uv.lock"),
            ({"uv.lock": b"", "f/pylock.toml": b""}, "f/pylock.toml"),
            ({"f/uv.lock": b"", "f/pylock.toml": b""}, "f/uv.lock"),
            ({"other/uv.lock": b""}, None),
        ],
    )
    def test_requirements(self, tmp_path: Path, files: dict[str, bytes], lock: str | None) -> None:
        """The nearest lock upwards is taken; one without hashes is none."""
        projects.write_files(tmp_path, {"f/app.py": HANDLER, **files})

        assert found(tmp_path) == [("f", "f", "app.lambda_handler", lock)]

    def test_lock_above_the_root(self, tmp_path: Path) -> None:
        """A lock outside the project is not taken."""
        projects.write_files(tmp_path, {"uv.lock": b"", "project/f/app.py": HANDLER})

        assert found(tmp_path / "project")[0][3] is None
        assert found(tmp_path)[0][3] == "uv.lock"


class TestDefaults:
    """What a function runs on, where nobody says it."""

    @pytest.mark.parametrize(
        "text, runtime",
        [
            ("3.12\n", "python3.12"),
            ("3.11.4\n", "python3.11"),
            ("cpython-3.12.1", "python3.12"),
            ("2.7", "python3.13"),
            ("pypy3", "python3.13"),
            (None, "python3.13"),
        ],
    )
    def test_runtime(self, tmp_path: Path, text: str | None, runtime: str) -> None:
        """It is what `.python-version` says, if Lambda has it."""
        if text is not None:
            (tmp_path / ".python-version").write_text(text, encoding="utf-8")

        assert detect.runtime(tmp_path) == runtime

    @pytest.mark.parametrize(
        "machine, architecture",
        [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")],
    )
    def test_architecture(
        self, monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str
    ) -> None:
        """It is this machine's, so that what is built can be tried here."""
        monkeypatch.setattr(platform, "machine", lambda: machine)

        assert detect.architecture() == architecture
