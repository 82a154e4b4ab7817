"""The programs of a crate, and the crates that are functions."""

import json
import subprocess
from pathlib import Path

import pytest

from hashzip.builders.rust import bin_targets
from hashzip.builders.rust.bin_targets import Crate
from tests.support import project as projects
from tests.support.rust import needs_cargo

PACKAGE = '[package]\nname = "orders"\nversion = "0.1.0"\nedition = "2021"\n'
NEEDS = '[dependencies]\nlambda_runtime = "1"\n'
MAIN = b"fn main() {}\n"


def crate(folder: Path, manifest: str, *files: str) -> Crate | None:
    """Return what is found in a crate with programs at these paths."""
    projects.write_files(folder, {"Cargo.toml": manifest.encode(), **dict.fromkeys(files, MAIN)})
    return bin_targets.functions(folder, folder)


@pytest.mark.parametrize(
    "needs, is_function",
    [
        (NEEDS, True),
        ('[dependencies]\nlambda_http = { version = "1", default-features = false }\n', True),
        ('[dependencies]\nruntime = { package = "lambda_runtime", version = "1" }\n', True),
        ("[dependencies.lambda_runtime]\nworkspace = true\n", True),
        ('[target."cfg(unix)".dependencies]\nlambda_runtime = "1"\n', True),
        ('[dependencies]\nlambda_runtime = { package = "another", version = "1" }\n', False),
        ('[dev-dependencies]\nlambda_runtime = "1"\n', False),
        ('[build-dependencies]\nlambda_runtime = "1"\n', False),
        ('[workspace.dependencies]\nlambda_runtime = "1"\n', False),
        ('[dependencies]\nlambda_runtime_api_client = "1"\n', False),
        ("", False),
    ],
)
def test_dependencies(tmp_path: Path, needs: str, *, is_function: bool) -> None:
    """A crate that depends on Lambda's runtime at run time is a function."""
    assert (crate(tmp_path, PACKAGE + needs, "src/main.rs") is not None) is is_function


def test_byte_order_mark(tmp_path: Path) -> None:
    """A manifest may begin with a byte order mark, as cargo has it."""
    assert crate(tmp_path, "\ufeff" + PACKAGE + NEEDS, "src/main.rs")
    assert crate(tmp_path, "\ufeff\ufeff" + PACKAGE + NEEDS, "src/main.rs") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[package",
        "package = 1\n" + NEEDS,
        "[package]\nname = 1\n" + NEEDS,
        "[workspace]\n" + NEEDS,
        "dependencies = []\n" + PACKAGE,
    ],
)
def test_no_crate(tmp_path: Path, text: str) -> None:
    """A file that is no manifest of a package is skipped without an error."""
    assert crate(tmp_path, text, "src/main.rs") is None
    assert crate(tmp_path, PACKAGE + NEEDS) is not None


def test_not_utf8(tmp_path: Path) -> None:
    """A file that is not UTF-8, or does not exist, is skipped too."""
    (tmp_path / "Cargo.toml").write_bytes(b"\xff" + (PACKAGE + NEEDS).encode())
    assert bin_targets.functions(tmp_path, tmp_path) is None
    assert bin_targets.functions(tmp_path / "absent", tmp_path) is None


FILES = ("src/main.rs", "src/bin/one.rs", "src/bin/two/main.rs", "src/bin/two/other.rs")


@needs_cargo
@pytest.mark.parametrize(
    "more, files",
    [
        ("", ("src/main.rs",)),
        ("", ("src/lib.rs",)),
        ("", FILES),
        ('[[bin]]\nname = "mine"\npath = "src/main.rs"\n', FILES),
        ('[[bin]]\nname = "far"\npath = "away/x.rs"\n', (*FILES, "away/x.rs")),
        ('[[bin]]\nname = "one"\n', FILES),
        ('[[bin]]\nname = "one"\n', FILES[1:]),
        ("autobins = false", FILES),
        ('autobins = false\n[[bin]]\nname = "one"\n', FILES),
        ('autobins = true\nedition = "2015"\n[[bin]]\nname = "one"\n', FILES),
        ('edition = "2015"\n[[bin]]\nname = "one"\n', FILES),
        ('edition = "2015"\n', FILES),
    ],
)
def test_binaries_are_those_of_cargo(tmp_path: Path, more: str, files: tuple[str, ...]) -> None:
    """The programs are those that cargo itself lists."""
    package = PACKAGE.replace('edition = "2021"\n', "") if "edition" in more else PACKAGE
    before, bins = more.partition("[[bin]]")[::2]
    manifest = f"{package}{before}\n{NEEDS}" + (f"[[bin]]{bins}" if bins else "")

    own = crate(tmp_path, manifest, *files)

    command = ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    if finished.returncode:
        assert b"no targets specified" in finished.stderr
        assert own is None
        return
    (listed,) = json.loads(finished.stdout)["packages"]
    theirs = [target["name"] for target in listed["targets"] if target["kind"] == ["bin"]]
    assert [binary.name for binary in own.binaries] == sorted(theirs) if own else not theirs
