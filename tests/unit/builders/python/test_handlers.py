"""Finding Lambda functions among Python modules."""

from pathlib import Path

import pytest

from hashzip.builders.python import handlers
from tests.support import project as projects

HANDLER = b"def lambda_handler(event, context):\n    return {}\n"


class TestDiscover:
    """The functions of a folder."""

    @pytest.mark.parametrize(
        "source",
        [
            b"def lambda_handler(event, context): ...\n",
            b"async def lambda_handler(event, context): ...\n",
            b"\xef\xbb\xbfdef lambda_handler(event, context): ...\n",
        ],
    )
    def test_defined(self, tmp_path: Path, source: bytes) -> None:
        """A module that defines `lambda_handler` has a function."""
        projects.write_files(tmp_path, {"orders/app.py": source})

        (function,) = handlers.discover(tmp_path / "orders", tmp_path)

        assert function.source == "orders"
        assert function.handler == "app.lambda_handler"
        assert function.names[0] == "orders"
        assert function.options == {}

    @pytest.mark.parametrize(
        "source",
        [
            b"from other import lambda_handler\n",
            b"class A:\n    def lambda_handler(self): ...\n",
            b"# def lambda_handler(event, context): ...\n",
            b"def lambda_handler(event, context) ...\n",
            b"\xff lambda_handler",
        ],
    )
    def test_not_defined(self, tmp_path: Path, source: bytes) -> None:
        """A module that imports, mentions or misspells it has none."""
        projects.write_files(tmp_path, {"app.py": source})

        assert list(handlers.discover(tmp_path, tmp_path)) == []

    def test_names(self, tmp_path: Path) -> None:
        """General names of folders and modules are not used for a function."""
        projects.write_files(tmp_path, {"src/billing/main.py": HANDLER})

        (function,) = handlers.discover(tmp_path / "src/billing", tmp_path)

        assert function.names[0] == "billing"
        assert "main" not in function.names

    @pytest.mark.parametrize(
        "files, lock",
        [
            ({"uv.lock": b""}, "uv.lock"),
            ({"uv.lock": b"", "orders/requirements.txt": b"a==1 --hash=x"}, "orders/require"),
            ({"requirements.txt": b"a==1"}, None),
            ({"requirements.txt": b"a==1", "pylock.toml": b""}, "pylock.toml"),
        ],
    )
    def test_lock(self, tmp_path: Path, files: dict[str, bytes], lock: str | None) -> None:
        """The nearest lock is used; a requirements file only if it has hashes."""
        projects.write_files(tmp_path, {"orders/app.py": HANDLER, **files})

        (function,) = handlers.discover(tmp_path / "orders", tmp_path)

        requirements = function.options.get("requirements")
        assert str(requirements).startswith(str(lock))


class TestRuntime:
    """The runtime of a repository."""

    @pytest.mark.parametrize(
        "text, runtime",
        [
            ("3.12\n", "python3.12"),
            ("cpython-3.12.4", "python3.12"),
            ("pypy3.10\n", "python3.13"),
            ("", "python3.13"),
        ],
    )
    def test_version(self, tmp_path: Path, text: str, runtime: str) -> None:
        """It is the version in `.python-version`, if that is one of CPython."""
        assert handlers.runtime(tmp_path, "python3.13") == "python3.13"
        (tmp_path / ".python-version").write_text(text, encoding="utf-8")

        assert handlers.runtime(tmp_path, "python3.13") == runtime
