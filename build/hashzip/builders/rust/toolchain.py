"""The programs that compile Rust: where they are, and what they get. Build time."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import util
from pathlib import Path
from typing import NamedTuple

from hashzip.builders import process
from hashzip.errors import HashzipError, warn
from hashzip.project import layout

# Variables that decide bytes, which no plan could see. The same can be said in files that count:
# https://doc.rust-lang.org/cargo/reference/environment-variables.html
# https://docs.rs/cc/latest/cc/#external-configuration-via-environment-variables
_HIDDEN = re.compile(
    r"(CARGO_ENCODED_)?RUSTFLAGS|CARGO_(PROFILE|LAMBDA)_.*|CARGO_(BUILD_(?!JOBS$)|TARGET_(?!DIR$)).*"
    r"|SOURCE_DATE_EPOCH|RUSTC(_BOOTSTRAP)?|(TARGET_)?(C|CPP|CXX)FLAGS|TARGET_(CC|CXX|AR|RANLIB)"
    r"|(CC|CXX|AR|RANLIB|CFLAGS|CXXFLAGS)_.+"
)
_PINNED = "RUSTUP_TOOLCHAIN"  # which goes before what the project says
RUSTUP = "see https://rustup.rs"
_INSTALL = "run: python3 -m pip install 'hashzip[rust]'"
_VERSION = re.compile(r"\d+\.\d+[\w.+-]*")
_MISSING_TOOLCHAIN = re.compile(
    r"^error: (?:override )?toolchain '([^']+)' is not installed", re.MULTILINE
)
_NO_DEFAULT = re.compile(
    r"^error: (rustup could not choose a version of|no override and no default toolchain set)",
    re.MULTILINE,
)


class Machine(NamedTuple):
    """A machine of Lambda's.

    Attributes:
        triple: Rust's name of it.
        processor: The oldest that runs functions, as cargo-lambda has it.
    """

    triple: str
    processor: str


MACHINES = {
    "arm64": Machine("aarch64-unknown-linux-gnu", "neoverse-n1"),
    "x86_64": Machine("x86_64-unknown-linux-gnu", "haswell"),
}


@dataclass(frozen=True, kw_only=True)
class Rust:
    """What compiles a function for some machine.

    Attributes:
        cargo: Its path.
        triple: Rust's name of the machine.
        home: The folder that it runs in, where cargo and rustup find the project's settings.
        environment: What it gets.
    """

    cargo: str
    triple: str
    home: str
    environment: Mapping[str, str]

    @property
    def cargo_home(self) -> str:
        """The folder that cargo keeps what it downloads in."""
        return self.environment.get("CARGO_HOME") or os.path.join(Path.home(), ".cargo")

    @property
    def target(self) -> Path:
        """The folder that cargo keeps what it compiled in."""
        return Path(self.environment["CARGO_TARGET_DIR"])

    def version(self, *words: str) -> str:
        """Answers the version that a program says it has.

        Raises:
            HashzipError: It does not run.
        """
        said = self.answer(*words)
        found = _VERSION.search(said)
        return found[0] if found else said.strip()

    def answer(self, *words: str) -> str:
        """Answers what a program prints.

        Raises:
            HashzipError: It failed, or does not run at all.
        """
        finished = self.run(*words)
        if finished.returncode != 0:
            raise rustup_error(finished.stderr) or HashzipError(
                f"{' '.join(words)} failed in {self.home}:\n{finished.stderr.strip()}",
                "fix what it reports, and build again",
            )
        return finished.stdout

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a program, quietly.

        Raises:
            HashzipError: It does not run at all.
        """
        try:
            return subprocess.run(
                words,
                cwd=self.home,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise HashzipError(f"cannot run {words[0]}: {error.strerror}", RUSTUP) from error


@dataclass(frozen=True, kw_only=True)
class Toolchain(Rust):
    """The programs that compile a function for Lambda's machine, by their paths.

    Attributes:
        processor: The oldest of that machine, as cargo-lambda has it.
    """

    cargo_lambda: str
    zig: str
    processor: str


def find(root: str, home: str, architecture: str, *, is_pinned: bool) -> Toolchain:
    """Finds what compiles for Lambda: Rust is the user's own, the rest comes with `hashzip[rust]`.

    Args:
        root: The project's folder.
        home: That of the crate.
        architecture: Of the function.
        is_pinned: Whether the project says which Rust compiles it.

    Raises:
        HashzipError: A program is not here, or Rust cannot compile for that architecture.
    """
    path = process.path_with_scripts()
    zig = _found(_zig(path), "zig, which links for Lambda's machines,", _INSTALL)
    machine = MACHINES[architecture]
    found = Toolchain(
        cargo=cargo(path),
        cargo_lambda=_found(
            shutil.which("cargo-lambda", path=path),
            "cargo-lambda, which builds for Lambda,",
            _INSTALL,
        ),
        zig=zig,
        processor=machine.processor,
        triple=machine.triple,
        home=home,
        environment={
            **environment(target(root), path, is_pinned=is_pinned),
            "CARGO_INCREMENTAL": "0",  # what was compiled before must not show
            "CARGO_ZIGBUILD_ZIG_PATH": zig,
        },
    )
    sysroot = found.answer("rustc", "--print", "sysroot").strip()
    # cargo-lambda would try to download it.
    if not os.path.isdir(os.path.join(sysroot, "lib", "rustlib", machine.triple, "lib")):
        raise HashzipError(
            f"Rust's standard library for {machine.triple} is not here (in {sysroot})",
            f"run: rustup target add {machine.triple}",
        )
    return found


def cargo(path: str) -> str:
    """Answers where cargo is.

    Raises:
        HashzipError: It is not there.
    """
    return _found(shutil.which("cargo", path=path), "cargo, which compiles Rust,", RUSTUP)


def rustup_error(stderr: str) -> HashzipError | None:
    """Return the error for what rustup prints in place of a program that it cannot run.

    rustup puts `cargo` and `rustc` on the `PATH` before it has a toolchain with them.

    Args:
        stderr: The output of the program that failed.

    Returns:
        None if it is not rustup that failed.
    """
    missing = _MISSING_TOOLCHAIN.search(stderr)
    if missing:
        return HashzipError(
            f"the Rust toolchain {missing[1]}, which rustup was asked for, is not installed",
            f"run: rustup toolchain install {missing[1]}",
        )
    if _NO_DEFAULT.search(stderr):
        return HashzipError(
            "cargo and rustc are on the PATH, but rustup has no default toolchain to run them from",
            "run: rustup default stable; or, if your toolchains are in the home folder of another "
            "user, set RUSTUP_HOME to its .rustup",
        )
    return None


def _found(program: str | None, what: str, hint: str) -> str:
    if program is None:
        raise HashzipError(f"{what} is not here", hint)
    return program


def _zig(path: str) -> str | None:
    """Finds zig: that of this Python, or that on the `PATH`."""
    package = util.find_spec("ziglang")
    folders = list(package.submodule_search_locations or []) if package else []
    return shutil.which("zig", path=os.pathsep.join([*folders, path]))


def target(root: str) -> str:
    """Answers the folder that is for what is compiled: the project's own, or the user's."""
    ours = os.path.join(root, layout.CACHE, "target")
    return os.path.abspath(os.environ.get("CARGO_TARGET_DIR") or ours)


def environment(target: str, path: str, *, is_pinned: bool) -> dict[str, str]:
    """Answers what cargo gets: nothing that decides bytes and is not in a file that counts.

    Args:
        target: Where it keeps what it compiled.
        path: Where programs are, as `PATH` has it.
        is_pinned: Whether the project says which Rust compiles it.
    """
    hidden = sorted(
        name for name in os.environ if _HIDDEN.fullmatch(name) or (is_pinned and name == _PINNED)
    )
    if hidden:
        warn(
            f"not used, because no plan sees it: {', '.join(hidden)}",
            "write it into the project's .cargo/config.toml or rust-toolchain.toml",
        )
    # Settings may have another folder for what is made on the way, of which nothing here knows.
    # https://doc.rust-lang.org/cargo/reference/config.html#buildbuild-dir
    # Braces would be read as a template; without any settings, it is that of the target anyway.
    together = {} if "{" in target or "}" in target else {"CARGO_BUILD_BUILD_DIR": target}
    return {
        **{name: value for name, value in os.environ.items() if name not in hidden},
        "PATH": path,
        "CARGO_TARGET_DIR": target,
        **together,
    }
