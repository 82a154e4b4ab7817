"""Damaged documents: the answer to each is a plan or one error, and never another exception.

With `HASHZIP_MUTANTS=20000` each test takes so many.
"""

import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hashzip import planning
from hashzip.artifacts import manifest as manifests
from hashzip.builders.python import locks, pylock, requirements_export, uv_lock, uv_settings
from hashzip.builders.python.locks import Kind, Lock
from hashzip.builders.rust import bin_targets, cargo_config, linked_crates
from hashzip.commands import _query
from hashzip.emulator import session
from hashzip.errors import HashzipError
from hashzip.inputs import stat_cache_file
from hashzip.inputs.stat_cache_file import CachedPlan
from hashzip.project.schema import ShapeError
from hashzip.project.user_key import Key
from tests.support import crates, mutants
from tests.support import project as projects

COUNT = int(os.environ.get("HASHZIP_MUTANTS", "60"))
HASH = "sha256:" + "0" * 64
COMMIT = "0123456789abcdef0123456789abcdef01234567"
UV_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.11"
[options]
exclude-newer = "2026-01-01T00:00:00Z"
[options.exclude-newer-package]
six = { timestamp = "2026-01-01T00:00:00Z" }
[manifest]
members = ["app", "own"]
[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [{ name = "own", extra = ["more"] }, { name = "six", marker = "os_name == 'x'" }]
[package.optional-dependencies]
more = [{ name = "flat" }]
[package.dev-dependencies]
ops = [{ name = "wheel" }]
[package.metadata]
provides-extras = ["more"]
[package.metadata.requires-dev]
ops = [{ name = "wheel" }]
[[package]]
name = "own"
version = "1.0"
source = { editable = "own" }
[package.optional-dependencies]
more = [{ name = "six" }]
[[package]]
name = "six"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/six-1.0.tar.gz", hash = "sha256:00", size = 1 }
wheels = [{ url = "https://x/six-1.0-py3-none-any.whl", hash = "sha256:00", size = 1 }]
[[package]]
name = "flat"
version = "1.0"
source = { registry = "wheels" }
wheels = [{ path = "flat-1.0-py3-none-any.whl" }]
[[package]]
name = "wheel"
version = "1.0"
source = { path = "wheels/flat-1.0-py3-none-any.whl" }
"""
PYPROJECT = """\
[project]
name = "own"
version = "1.0"
readme = "../README.md"
license = { file = "LICENSE" }
[tool.setuptools.packages.find]
where = ["build"]
[tool.uv]
extra-build-variables = { own = { A = "b" } }
index-url = "https://x"
pip = { find-links = ["x"] }
index = [{ name = "x", url = "https://x" }]
"""
PYLOCK = f"""\
lock-version = "1.0"
created-by = "x"
requires-python = ">=3.11"
default-groups = ["x"]
[[packages]]
name = "six"
version = "1.0"
marker = "python_version >= '3' and 'x' in dependency_groups"
requires-python = ">=3.9"
sdist = {{ name = "six-1.0.tar.gz", url = "https://x/six-1.0.tar.gz", \
hashes = {{ sha256 = "00" }} }}
wheels = [{{ name = "six-1.0-py3-none-any.whl", path = "six-1.0-py3-none-any.whl", \
hashes = {{ sha256 = "00" }} }}]
[[packages]]
name = "greet"
[packages.vcs]
type = "git"
url = "https://x/greet.git"
commit-id = "{COMMIT}"
subdirectory = "a"
[[packages]]
name = "own"
directory = {{ path = "own" }}
"""
REQUIREMENTS = f"""\
# c
--index-url https://x/simple
--find-links ./wheels --trusted-host x:80
--only-binary :all:
six==1.0 \\
    --hash={HASH} \\
    --hash={HASH}
able[x]==1.0 ; python_version > '3' --hash={HASH}  # via six
greet @ git+https://me@x/greet.git@{COMMIT}#subdirectory=a
flat @ https://x/flat-1.0-py3-none-any.whl#egg=flat --hash={HASH}
./wheels/flat-1.0-py3-none-any.whl --hash={HASH}
"""
CARGO_TOML = """\
[package]
name = "hello"
version = "0.1.0"
edition = "2018"
build = "build.rs"
default-run = "hello"
autobins = true
[lib]
path = "src/lib.rs"
[[bin]]
name = "hello"
path = "src/main.rs"
required-features = ["x"]
[dependencies]
a = { path = "../lib/a" }
b.workspace = true
serde = "1"
[target.'cfg(unix)'.dev-dependencies]
c = { path = "../lib/c", package = "c" }
[patch.crates-io]
d = { path = "../lib/a" }
"""
WORKSPACE = """\
[workspace]
members = ["app", "lib/*", "**"]
exclude = ["lib/c"]
[workspace.dependencies]
b = { path = "lib/b" }
[replace]
"e:0.1.0" = { path = "lib/a" }
[package]
name = "top"
version = "0.1.0"
workspace = "."
"""
CARGO_CONFIG = """\
include = ["more.toml", { path = "none.toml", optional = true }]
paths = ["lib/a"]
[build]
rustflags = ["-a"]
target-dir = "x"
[target.'cfg(any(unix, not(target_os = "x")))']
rustflags = "-b -c"
[patch.crates-io]
d = { path = "lib/a" }
[env]
A = "b"
"""
CARGO_LOCK = """\
version = 4
[[package]]
name = "a"
version = "1.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "00"
dependencies = ["b"]
[metadata]
"checksum b 1.0 (x)" = "00"
"""
HASHZIP_TOML = """\
[layer.deps]
source = "src"
runtime = "python3.13"
architecture = "arm64"
include = ["*.py"]
[function.hello]
source = ["src"]
handler = "hello.lambda_handler"
runtime = "python3.13"
architecture = "arm64"
layers = ["deps"]
exclude = ["*.md"]
environment = { A = "b" }
requirements = "requirements.txt"
exclude_packages = ["x"]
build_sdists = true
[function.other]
builder = "command"
command = [["make", "x"], ["true"]]
source = "src"
inputs = ["src/*.sh"]
output = "out"
environment = {}
handler = "x.y"
runtime = "nodejs22.x"
architecture = "x86_64"
env = { A = "b" }
"""


def each(
    make: Callable[[Random], bytes],
    read: Callable[[bytes], object],
    *allowed: type[Exception],
) -> None:
    """Read mutants; whatever is raised must be of an allowed type.

    Both happens at least once: one is read, and one is refused.
    """
    outcomes = set()
    for seed in range(COUNT):
        content = make(Random(seed))  # noqa: S311 - no secret
        try:
            read(content)
        except allowed:
            outcomes.add("refused")
        except Exception as error:
            error.add_note(f"mutant {seed}: {content!r}")
            raise
        else:
            outcomes.add("read")
    assert outcomes == {"read", "refused"}


def plan(project: Path, *names: str) -> None:
    """Plan functions, or all."""
    loaded = planning.load_project(str(project))
    for name in names or loaded.targets:
        planning.plan(loaded, name)


@pytest.fixture
def python(project: Path) -> Path:
    """Make a project with a package, wheels and a lock of each kind."""
    files = {
        "uv.lock": UV_LOCK,
        "pyproject.toml": PYPROJECT,
        "own/pyproject.toml": PYPROJECT,
        "own/own.py": "OWN = 1\n",
        "README.md": "",
        "wheels/flat-1.0-py3-none-any.whl": "",
        "pylock.toml": PYLOCK,
        "requirements.txt": REQUIREMENTS,
    }
    projects.write_files(project, {path: text.encode() for path, text in files.items()})
    return project


@pytest.fixture
def rust(tmp_path: Path) -> Path:
    """Make a workspace."""
    files = {
        "Cargo.toml": WORKSPACE,
        "Cargo.lock": CARGO_LOCK,
        "app/Cargo.toml": CARGO_TOML,
        "src/lib.rs": "",
        ".cargo/config.toml": CARGO_CONFIG,
        ".cargo/more.toml": CARGO_CONFIG,
        **crates.library("lib/a"),
        **crates.library("lib/b"),
        **crates.library("lib/c"),
    }
    return crates.make(tmp_path / "rust", files)


def in_file(path: Path, read: Callable[[], object]) -> Callable[[bytes], object]:
    """Return what writes a file, and then reads it."""

    def write_and_read(content: bytes) -> object:
        path.write_bytes(content)
        return read()

    return write_and_read


def toml(text: str) -> Callable[[Random], bytes]:
    """Return what makes mutants of a document in TOML."""
    document = tomllib.loads(text)
    return lambda random: mutants.toml(document, random)


class TestPython:
    """Files that a function in Python has."""

    def test_uv_lock(self, python: Path) -> None:
        """A `uv.lock`, at plan time and as far as the build reads it itself."""
        projects.configure(python, requirements="uv.lock", extras=["more"], groups=["ops"])
        target = planning.load_project(str(python)).target("hello")

        def read() -> None:
            plan(python)
            text = (python / "uv.lock").read_text(encoding="utf-8-sig")
            uv_lock.read(text, "uv.lock", target)
            uv_settings.own(python, pylock.parse(text, "uv.lock", "RELOCK"))

        each(toml(UV_LOCK), in_file(python / "uv.lock", read), HashzipError, ShapeError)

    @pytest.mark.parametrize("path", ["pyproject.toml", "own/pyproject.toml"])
    def test_pyproject(self, python: Path, path: str) -> None:
        """The `pyproject.toml` of a project, and of a package in it."""
        projects.configure(python, requirements="uv.lock", package="app", extras=["more"])

        def read() -> None:
            plan(python)
            uv_settings.write(python / "uv.toml", (python / path).parent, {}, ["own"])
            (python / "uv.toml").unlink()
            tomllib.loads((python / path).read_text(encoding="utf-8"))

        each(
            toml(PYPROJECT),
            in_file(python / path, read),
            *(HashzipError, ShapeError, ValueError, RecursionError),
        )

    def test_pylock(self, python: Path) -> None:
        """A `pylock.toml`, at plan time and as far as the build reads it itself."""
        projects.configure(python, requirements="pylock.toml", build_sdists=True)
        text = PYLOCK.partition('[[packages]]\nname = "own"')[0]
        target = planning.load_project(str(python)).target("hello")

        def read() -> None:
            plan(python)
            content = (python / "pylock.toml").read_text(encoding="utf-8-sig")
            document = pylock.parse(content, "pylock.toml", "RELOCK")
            lock = pylock.validate(document, "pylock.toml", "RELOCK")
            release = locks.check_python(str(lock.requires_python or ""), "pylock.toml", target)
            pylock.wanted(lock, target, release, "pylock.toml", "RELOCK")
            pylock.to_toml(pylock.without_folders(document, python))

        each(toml(text), in_file(python / "pylock.toml", read), HashzipError)

    def test_requirements(self, python: Path, tmp_path: Path) -> None:
        """A `requirements.txt`, at plan time and as far as the build reads it itself."""
        projects.configure(python, requirements="requirements.txt", build_sdists=True)
        lock = Lock(Kind.REQUIREMENTS, "requirements.txt", [], [])

        def read() -> None:
            loaded = planning.load_project(str(python))
            text = (python / "requirements.txt").read_bytes().decode("utf-8-sig", "replace")
            requirements_export.export(planning.plan(loaded, "hello"), lock, text, tmp_path)

        each(
            lambda random: mutants.lines(REQUIREMENTS, random),
            in_file(python / "requirements.txt", read),
            HashzipError,
        )


class TestRust:
    """Files that cargo reads."""

    @pytest.mark.parametrize(
        "path, text",
        [
            ("app/Cargo.toml", CARGO_TOML),
            ("Cargo.toml", WORKSPACE),
            (".cargo/config.toml", CARGO_CONFIG),
        ],
    )
    def test_read(self, rust: Path, path: str, text: str) -> None:
        """Manifests and configurations."""

        def read() -> None:
            plan(rust)
            bin_targets.functions(rust / "app", rust)
            files = cargo_config.files(str(rust), "app")
            cargo_config.rustflags(str(rust), files, "x86_64", ["unix"])
            cargo_config.outside(str(rust / "app"), str(rust / ".cargo"))

        each(toml(text), in_file(rust / path, read), HashzipError)

    def test_lock(self) -> None:
        """A `Cargo.lock`."""
        each(toml(CARGO_LOCK), linked_crates.read_lock, ShapeError)


def test_hashzip_toml(python: Path) -> None:
    """A `hashzip.toml`."""
    each(toml(HASHZIP_TOML), in_file(python / "hashzip.toml", lambda: plan(python)), HashzipError)


def test_manifest(project: Path) -> None:
    """A manifest: what is read can be written again."""
    text = projects.build(projects.examine(project)).to_json()
    document = json.loads(text)

    def read(content: bytes) -> None:
        assert manifests.from_json(manifests.from_json(content).to_json())

    each(lambda random: _unharmed(document, random), read, ShapeError)


def _unharmed(document: Any, random: Random) -> bytes:  # noqa: ANN401 - JSON
    """Return a mutant, or in one of ten cases the document."""
    if random.random() < 0.1:  # a digest is in it, which no mutant has
        return json.dumps(document).encode()
    return mutants.json_text(document, random)


def test_stat_cache(tmp_path: Path) -> None:
    """The file of a stat cache, with a plan of any shape."""
    file, key = str(tmp_path / "cache"), Key(bytes(32), lasts=True)

    def read(content: bytes) -> None:
        values = json.loads(content)
        stat_cache_file.save(file, values, b"", b"", b"", key)
        cache = stat_cache_file.load(file, key)
        if cache is None:
            raise ShapeError
        assert cache.plan == CachedPlan(*values)

    each(
        lambda random: mutants.json_text(["key", "00", {"a": "b"}], random),
        read,
        *(ValueError, RecursionError),
    )


def test_query() -> None:
    """The query of Terraform."""
    query = {"project": ".", "function": "hello", "build": "false"}

    each(lambda random: mutants.json_text(query, random), _query.parse_query, HashzipError)


def test_session(tmp_path: Path) -> None:
    """The announcement of the local AWS, whose process has ended."""
    document = {"endpoint": "http://127.0.0.1:1", "pid": 2**30, "edition": "x", "secret": "x"}
    (tmp_path / ".hashzip").mkdir()
    path = tmp_path / ".hashzip" / session.FILE
    path.touch(mode=0o600)
    for seed in range(COUNT):
        path.write_bytes(mutants.json_text(document, Random(seed)))  # noqa: S311 - no secret
        assert session.find(tmp_path) is None
