"""hello in Rust, built by hashzip and by cargo-lambda."""

from __future__ import annotations

import os
import shutil
import sysconfig
from dataclasses import replace
from importlib import util
from typing import TYPE_CHECKING

from scripts.benchmark import methods, programs
from scripts.benchmark.measure import Program
from scripts.errors import ScriptError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

CRATE = programs.HERE.checkout / "handler" / "rust"

_FUNCTION = f"hello-{methods.ARCHITECTURE}"
_CALL = "map(say_hello)"  # what an edit replaces


def builds(folder: Path, hashzip: programs.Hashzip, crate: Path = CRATE) -> Mapping[str, Program]:
    """Return builds by hashzip and by cargo-lambda, each in a copy of the crate.

    Raises:
        MissingError: There is no cargo or no cargo-lambda.
    """
    variables = environment()
    ours, theirs = folder / "hashzip", folder / "cargo-lambda"
    edit, edit_peer = copy(ours, crate), copy(theirs, crate)
    # The defaults, in case the user's environment has another folder.
    target, target_peer = ours / ".hashzip/target", theirs / "target"
    build = replace(
        hashzip.build(ours, _FUNCTION),
        environment={**variables, "CARGO_TARGET_DIR": str(target)},
        output=lambda: programs.latest_zip(ours, _FUNCTION),
    )
    peer = Program(
        ("cargo", "lambda", "build", "--release", "--output-format", "zip"),
        theirs,
        environment={**variables, "CARGO_TARGET_DIR": str(target_peer)},
        output=lambda: next(target_peer.glob("lambda/*/bootstrap.zip")),
    )
    return {
        "first": replace(build, before=programs.forget(ours, ".hashzip", "dist")),
        "first_peer": replace(peer, before=programs.forget(theirs, "target")),
        "edited": replace(build, before=edit),
        "edited_peer": replace(peer, before=edit_peer),
        "touched": replace(build, before=(ours / "src/main.rs").touch),
        "touched_peer": replace(peer, before=(theirs / "src/main.rs").touch),
        "nothing": build,
        "nothing_peer": peer,
    }


def copy(folder: Path, crate: Path = CRATE) -> Callable[[], int]:
    """Copy a crate, without what was built.

    Returns:
        A function that edits the copy at each call, and returns the number that it then greets.

    Raises:
        ScriptError: The crate does not have the call that an edit replaces.
    """
    shutil.copytree(crate, folder, ignore=shutil.ignore_patterns("target", "dist", ".hashzip"))
    main = folder / "src/main.rs"
    source = main.read_text(encoding="utf-8")
    if source.count(_CALL) != 1:
        raise ScriptError(
            f"{crate}/src/main.rs does not have `{_CALL}` once",
            "change _CALL in scripts/benchmark/crates.py",
        )
    return programs.edits(main, source.replace(_CALL, 'map(|_| say_hello(Some("NUMBER")))'))


def greeting(number: object) -> object:
    """Return the response of the function that greets a number."""
    return {"message": f"Hello, {number}!"}


def environment() -> Mapping[str, str]:
    """Return variables with which hashzip and cargo use the same cargo-lambda and zig.

    Raises:
        MissingError: There is no cargo or no cargo-lambda.
    """
    ziglang = util.find_spec("ziglang")
    zig = list(ziglang.submodule_search_locations or []) if ziglang else []
    # In the order in which hashzip looks for them.
    folders = [sysconfig.get_path("scripts"), *zig, os.environ.get("PATH", os.defpath)]
    path = os.pathsep.join(folders)
    for program in ("cargo", "cargo-lambda", "zig"):
        programs.require(program, path)
    return {"PATH": path, "CARGO_ZIGBUILD_ZIG_PATH": str(shutil.which("zig", path=path))}
