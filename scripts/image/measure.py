"""What is measured: sizes, and a rebuild after an edit, with cargo-chef and without."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripts.image.engine import Engine

HANDLERS = Path(__file__).parents[2] / "handler"
_RUST = HANDLERS / "rust"
_PLAIN = Path(__file__).parent / "data/plain.Dockerfile"
_RUNTIME_IMAGE = "ARG RUNTIME_IMAGE="
_LOGGED = '"invoked"'  # in main.rs


@dataclass(frozen=True)
class Rebuild:
    """A build after an edit of `main.rs`.

    Attributes:
        seconds: Of wall clock.
        compiled: How many units of dependencies were compiled again.
        fresh: How many were taken as they were.
    """

    seconds: float
    compiled: int
    fresh: int


@dataclass(frozen=True)
class Figures:
    """All that is measured, sizes in bytes."""

    rust: int
    rust_base: int
    rust_single: int
    python: int
    python_base: int
    chef: Rebuild
    plain: Rebuild


def measure(engine: Engine, arguments: Mapping[str, Mapping[str, str]]) -> Figures:
    """Build the images `hello-rust` and `hello-python`, and measure them.

    Args:
        engine: What builds.
        arguments: By handler, values for its Dockerfile's `ARG`s.

    Raises:
        ScriptError: A build failed.
    """
    rust, python = arguments["rust"], arguments["python"]
    _note("building hello-python")
    engine.build(HANDLERS / "python", "hello-python", arguments=python)
    _note("building hello-rust; cargo-chef takes minutes, the first time")
    engine.build(_RUST, "hello-rust", arguments=rust)
    _note("building hello-rust in a single stage, for comparison")
    plain = {"BUILD_IMAGE": rust["BUILD_IMAGE"]} if "BUILD_IMAGE" in rust else {}
    engine.build(_RUST, "hello-rust-single", dockerfile=_PLAIN, arguments=plain)
    _note("building both after an edit")
    return Figures(
        rust=engine.size("hello-rust"),
        rust_base=_base_size(engine, "rust", rust),
        rust_single=engine.size("hello-rust-single"),
        python=engine.size("hello-python"),
        python_base=_base_size(engine, "python", python),
        chef=_rebuild(engine, None, rust),
        plain=_rebuild(engine, _PLAIN, plain),
    )


def _base_size(engine: Engine, handler: str, arguments: Mapping[str, str]) -> int:
    """Return the size of what a handler's image is built on, in bytes."""
    dockerfile = (HANDLERS / handler / "Dockerfile").read_text(encoding="utf-8")
    default = next(line for line in dockerfile.splitlines() if line.startswith(_RUNTIME_IMAGE))
    with tempfile.TemporaryDirectory(prefix="hashzip-image-") as folder:
        lines = (default, "FROM ${RUNTIME_IMAGE}", "LABEL hashzip=base", "")
        (Path(folder) / "Dockerfile").write_text("\n".join(lines), encoding="utf-8")
        tag = f"hello-{handler}-base"
        engine.build(Path(folder), tag, arguments=arguments)
    return engine.size(tag)


def _rebuild(engine: Engine, dockerfile: Path | None, arguments: Mapping[str, str]) -> Rebuild:
    """Build hello in Rust after an edit that was never built before."""
    with tempfile.TemporaryDirectory(prefix="hashzip-image-") as folder:
        context = Path(folder) / "rust"
        shutil.copytree(_RUST, context, ignore=shutil.ignore_patterns("target"))
        main = context / "src/main.rs"
        edited = main.read_text(encoding="utf-8").replace(_LOGGED, f'"invoked {time.time_ns()}"')
        main.write_text(edited, encoding="utf-8")
        start = time.perf_counter()
        log = engine.build(
            context,
            "hello-rust-edited",
            dockerfile=dockerfile,
            arguments={**arguments, "MESSAGE_FORMAT": "json"},
        )
        seconds = time.perf_counter() - start
        engine.remove("hello-rust-edited")
    compiled, fresh = units(log)
    return Rebuild(seconds, compiled, fresh)


def units(log: str) -> tuple[int, int]:
    """Count the dependencies in what `cargo build --message-format json` printed.

    A dependency may be several units: a library, a build script, a procedural macro.
    Format: https://doc.rust-lang.org/cargo/reference/external-tools.html#artifact-messages

    Args:
        log: What a build printed; what is no message of Cargo's is left out.

    Returns:
        How many units were compiled, and how many were fresh.
    """
    counts = {True: 0, False: 0}
    for line in log.splitlines():
        start = line.find('{"reason":"compiler-artifact"')  # Docker writes a step and a time before
        if start >= 0:
            message = json.loads(line[start:])
            if message["package_id"].startswith("registry+"):
                counts[message["fresh"]] += 1
    return counts[False], counts[True]


def _note(text: str) -> None:
    print(text, flush=True)
