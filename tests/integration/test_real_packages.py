"""Real packages with compiled code, locked in each format."""

import json
import shutil
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import program, project

LOCKS = Path(__file__).parents[1] / "data/real"
FORMATS = ("requirements.txt", "pylock.toml", "uv.lock")
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine
BOTO3 = {"boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3"}

pytestmark = [pytest.mark.registry, pytest.mark.slow]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Build a function for each lock, one for the other architecture, and one without boto3."""
    root = tmp_path_factory.mktemp("real")
    shutil.copytree(LOCKS, root, dirs_exist_ok=True)
    project.write_files(root / "src", project.SOURCES)
    _configure(root)
    cache = {"HASHZIP_CACHE_DIR": str(root / "cache")}
    finished = program.run("build", cwd=root, settings=cache)
    assert finished.code == 0, finished.err
    yield root
    shutil.rmtree(root)  # a gigabyte


def _configure(root: Path) -> None:
    pairs = [*((lock, "arm64") for lock in FORMATS), ("uv.lock", "x86_64")]
    functions: dict[str, dict[str, object]] = {
        _name(lock, architecture): {"architecture": architecture, "requirements": lock}
        for lock, architecture in pairs
    }
    functions["small"] = {"requirements": "uv.lock", "exclude_packages": ["@runtime"]}
    project.write_config(
        root, **{name: project.HELLO | changes for name, changes in functions.items()}
    )


def _name(lock: str, architecture: str) -> str:
    return f"{lock.partition('.')[0]}-{architecture}"


def manifest(root: Path, function: str) -> dict[str, Any]:
    """Read the manifest of a function."""
    (path,) = (path for path in (root / "dist" / function).glob("*.json") if len(path.stem) == 64)
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def machines(root: Path, function: str) -> Iterator[int]:
    """Yield the machine of each compiled file in a zip."""
    (path,) = (root / "dist" / function).glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                start = file.read(20)
            if start.startswith(b"\x7fELF"):
                yield struct.unpack_from("<H", start, 18)[0]


@pytest.mark.parametrize("architecture", MACHINES)
def test_compiled_for_the_function(built: Path, architecture: str) -> None:
    """Each compiled file is for the function's machine, whatever machine builds."""
    compiled = list(machines(built, _name("uv.lock", architecture)))
    assert set(compiled) == {MACHINES[architecture]}
    assert len(compiled) > 50


def test_one_package_from_each_format(built: Path) -> None:
    """The same packages make the same zip, whatever the format of the lock."""
    manifests = [manifest(built, _name(lock, "arm64")) for lock in FORMATS]
    assert len({each["fingerprint"] for each in manifests}) == 3
    assert len({each["artifact"]["sha256"] for each in manifests}) == 1
    other = manifest(built, _name("uv.lock", "x86_64"))
    assert other["artifact"]["sha256"] != manifests[0]["artifact"]["sha256"]


@pytest.mark.parametrize("lock", FORMATS)
def test_versions_and_hashes(built: Path, lock: str) -> None:
    """The manifest has each package's version and locked hashes."""
    packages = {each["name"]: each for each in manifest(built, _name(lock, "arm64"))["packages"]}
    versions = {
        name: packages[name]["version"] for name in ("boto3", "numpy", "pandas", "pydantic")
    }
    assert versions == {
        "boto3": "1.40.0",
        "numpy": "2.2.6",
        "pandas": "2.3.1",
        "pydantic": "2.11.7",
    }
    assert packages["cryptography"]["version"] == "45.0.5"
    text = (LOCKS / lock).read_text(encoding="utf-8")
    for package in packages.values():
        assert package["hashes"]
        assert all(digest.removeprefix("sha256:") in text for digest in package["hashes"])


def test_without_what_the_runtime_has(built: Path) -> None:
    """`@runtime` leaves out boto3 and its dependencies, and nothing else."""
    full, small = manifest(built, _name("uv.lock", "arm64")), manifest(built, "small")
    names = [{each["name"] for each in document["packages"]} for document in (full, small)]
    assert names[0] - names[1] == BOTO3
    assert small["artifact"]["size"] < full["artifact"]["size"] - 10_000_000
