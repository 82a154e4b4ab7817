"""Finding the functions of a repository."""

import platform
from pathlib import Path

import pytest

from hashzip.builders.base import Discovered
from hashzip.builders.python import handlers
from hashzip.commands import _discover
from hashzip.project import host
from tests.support import project as projects

HANDLER = b"def lambda_handler(event, context):\n    return {}\n"


CARGO = b"""
[package]
name = "orders"
edition = "2024"

[dependencies]
lambda_runtime = "1"
"""
MAIN = b"fn main() {}\n"


def found(root: Path) -> list[tuple[str, str, str, object]]:
    """Return what is found, as tuples."""
    return [
        (name, one.source, one.handler, one.options.get("requirements"))
        for name, one in _discover.functions(root)
    ]


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


class TestRust:
    """Crates that depend on Lambda's runtime."""

    def test_one_binary(self, tmp_path: Path) -> None:
        """The function has the package's name, whatever the folder's is, and needs no `bin`."""
        files = {"rust/Cargo.toml": CARGO, "rust/src/main.rs": MAIN}
        projects.write_files(tmp_path, files)

        assert _discover.functions(tmp_path) == [
            (
                "orders",
                Discovered(
                    names=["orders", "orders-rust"],
                    source="rust",
                    runtime="provided.al2023",
                    options={"builder": "rust"},
                ),
            )
        ]

    def test_several_binaries(self, tmp_path: Path) -> None:
        """Each is a function of its own name, with its `bin`."""
        more = b'[[bin]]\nname = "send"\nrequired-features = ["mail"]\n[features]\nmail = []\n'
        files = {
            "rust/Cargo.toml": CARGO + more,
            "rust/src/bin/send.rs": MAIN,
            "rust/src/bin/take/main.rs": MAIN,
        }
        projects.write_files(tmp_path, files)

        assert [
            (name, one.source, one.options.get("bin"), one.options.get("features"))
            for name, one in _discover.functions(tmp_path)
        ] == [("send", "rust", "send", ["mail"]), ("take", "rust", "take", None)]

    def test_workspace(self, tmp_path: Path) -> None:
        """Its members are found by their folders; a library of it is no function."""
        library = b'[package]\nname = "words"\n[dependencies]\nlambda_runtime = "1"\n'
        files = {
            "Cargo.toml": b'[workspace]\nmembers = ["crates/*"]\n',
            "crates/orders/Cargo.toml": CARGO.replace(b'"1"', b"{ workspace = true }"),
            "crates/orders/src/main.rs": MAIN,
            "crates/mail/Cargo.toml": CARGO.replace(b'"orders"', b'"mail"'),
            "crates/mail/src/main.rs": MAIN,
            "crates/words/Cargo.toml": library,
            "crates/words/src/lib.rs": b"",
        }
        projects.write_files(tmp_path, files)

        assert [(name, one.source) for name, one in _discover.functions(tmp_path)] == [
            ("mail", "crates/mail"),
            ("orders", "crates/orders"),
        ]

    def test_beside_python(self, tmp_path: Path) -> None:
        """Functions of both languages are found, and their names are all different."""
        crate = CARGO + b'[[bin]]\nname = "mail"\n'
        files = {
            "orders/app.py": HANDLER,
            "rust/Cargo.toml": CARGO,
            "rust/src/main.rs": MAIN,
            "rust2/Cargo.toml": crate,
            "rust2/src/main.rs": MAIN,
            "rust2/src/bin/mail.rs": MAIN,
        }
        projects.write_files(tmp_path, files)

        names = [(name, one.options.get("builder")) for name, one in _discover.functions(tmp_path)]

        assert names == [
            ("orders", None),
            ("orders-rust", "rust"),
            ("mail", "rust"),
            ("orders-orders", "rust"),
        ]

    @pytest.mark.parametrize("folder", ["target/package/x", "node_modules/x", "tests/x"])
    def test_not_searched(self, tmp_path: Path, folder: str) -> None:
        """What Cargo leaves behind, and tests, have no function to deploy."""
        files = {f"{folder}/Cargo.toml": CARGO, f"{folder}/src/main.rs": MAIN}
        projects.write_files(tmp_path, files)
        assert _discover.functions(tmp_path) == []

        projects.write_files(tmp_path, {"mine/Cargo.toml": CARGO, "mine/src/main.rs": MAIN})
        assert len(_discover.functions(tmp_path)) == 1


class TestDefaults:
    """What a function runs on, where nobody says it."""

    @pytest.mark.parametrize(
        "text, runtime",
        [
            ("3.12\n", "python3.12"),
            ("3.11.4\n", "python3.11"),
            ("cpython-3.12.1", "python3.12"),
            ("2.7", "python2.7"),
            ("pypy3", "python3.13"),
            (None, "python3.13"),
        ],
    )
    def test_runtime(self, tmp_path: Path, text: str | None, runtime: str) -> None:
        """It is what `.python-version` says, if Lambda has it."""
        if text is not None:
            (tmp_path / ".python-version").write_text(text, encoding="utf-8")

        assert handlers.runtime(tmp_path, "python3.13") == runtime

    @pytest.mark.parametrize(
        "machine, architecture",
        [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")],
    )
    def test_architecture(
        self, monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str
    ) -> None:
        """It is this machine's, so that what is built can be tried here."""
        monkeypatch.setattr(platform, "machine", lambda: machine)

        assert host.architecture() == architecture
