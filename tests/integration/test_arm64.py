"""Packages for arm64, run by an emulator: hello in Rust, and compiled code of a Python package.

`nox -s arm64` prepares the programs that this needs.
"""

import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashzip.builders import elf
from hashzip.builders.rust import toolchain
from hashzip.errors import HashzipError
from scripts import arm64, cache
from scripts.runtime_api import RuntimeApi
from tests.support import contract, program
from tests.support import project as projects

_FOUND = arm64.find()
if _FOUND is None:
    pytest.skip("there is no emulator for arm64; run: nox -s arm64", allow_module_level=True)
PROGRAMS = _FOUND

pytestmark = [pytest.mark.registry, pytest.mark.slow]

NUMPY = Path(__file__).parents[1] / "data/numpy/requirements.txt"
# `det` is compiled code of numpy's, and of the LAPACK that is in its wheel.
SCRIPT = """
import platform, sys
sys.path.insert(0, sys.argv[1])
import numpy
print(platform.machine(), round(numpy.linalg.det([[1, 2], [3, 4]])))
"""


@pytest.fixture
def crate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a copy of handler/rust, in a folder that stays: in another, cargo compiles all again."""
    for name, value in PROGRAMS.environment.items():
        monkeypatch.setenv(name, value)
    with cache.locked("arm64-hello") as folder:
        root = folder / "arm64-hello"
        try:
            toolchain.find(str(root.parent), str(root.parent), "arm64", is_pinned=False)
        except HashzipError as error:
            pytest.skip(f"{error.message}; {error.hint}")
        kept = {".hashzip"}
        for path in root.glob("*"):
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        ignored = shutil.ignore_patterns("dist", "target", *kept)
        shutil.copytree(program.CHECKOUT / "handler/rust", root, ignore=ignored, dirs_exist_ok=True)
        monkeypatch.setenv("CARGO_HOME", str(folder / "arm64-cargo"))
        monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)
        yield root


def unpacked(root: Path, function: str, folder: Path) -> Path:
    """Build a function and unpack its zip, as Lambda does."""
    with zipfile.ZipFile(projects.make_zip(root, function)) as archive:
        archive.extractall(folder)
    return folder


def test_rust(crate: Path, tmp_path: Path) -> None:
    """Hello in Rust is an arm64 program, which gives the contract's response to each event."""
    bootstrap = unpacked(crate, "hello-arm64", tmp_path) / "bootstrap"
    bootstrap.chmod(0o755)
    assert elf.kind(bootstrap.read_bytes()) == elf.Kind("arm64", 64, "little")
    # The control: the emulator runs no program of this machine.
    command = [*PROGRAMS.emulator, str(shutil.which("true"))]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0

    with RuntimeApi([event for event, _ in (*contract.GREETINGS, *contract.ERRORS)]) as api:
        command = [*PROGRAMS.emulator, str(bootstrap)]
        with subprocess.Popen(command, env=api.environment, stdout=subprocess.DEVNULL) as process:
            api.done.wait(60)
            process.kill()

    greetings = [{"message": greeting} for _, greeting in contract.GREETINGS]
    errors = [
        {"errorType": "InvalidEventError", "errorMessage": message}
        for _, message in contract.ERRORS
    ]
    assert api.responses == greetings + errors
    assert api.errors == errors


def test_numpy(tmp_path: Path) -> None:
    """An arm64 Python imports the arm64 wheel of numpy, and not the one for x86_64."""
    if PROGRAMS.python is None:
        pytest.skip("there is no arm64 Python; run: nox -s arm64")
    python = [*PROGRAMS.emulator, str(PROGRAMS.python), "-I"]
    version = "import sys; print('python%d.%d' % sys.version_info[:2], end='')"
    runtime = subprocess.run([*python, "-c", version], capture_output=True, text=True, check=True)
    root = projects.make(tmp_path / "project")
    shutil.copyfile(NUMPY, root / "requirements.txt")
    hello = {**projects.HELLO, "runtime": runtime.stdout, "requirements": "requirements.txt"}
    projects.write_config(root, arm64=hello, x86_64={**hello, "architecture": "x86_64"})

    right, wrong = (
        subprocess.run(
            [*python, "-c", SCRIPT, unpacked(root, name, tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
        )
        for name in ("arm64", "x86_64")
    )

    assert right.stdout == "aarch64 -2\n", right.stderr
    assert wrong.returncode != 0
    assert "ImportError" in wrong.stderr
