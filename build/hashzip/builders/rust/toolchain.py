"""Find the programs that compile Rust, and set their environment."""

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
from hashzip.builders.rust import rustup, target_folder
from hashzip.errors import HashzipError, warn
from hashzip.project import installation, layout, own_folder, user_cache

# Variables that change the program and that no plan sees. Each setting also has a place in a file
# that is an input:
# https://doc.rust-lang.org/cargo/reference/environment-variables.html
# https://docs.rs/cc/latest/cc/#external-configuration-via-environment-variables
_HIDDEN = re.compile(
    r"(CARGO_ENCODED_)?RUSTFLAGS|CARGO_(PROFILE|LAMBDA)_.*|CARGO_(BUILD_(?!JOBS$)|TARGET_(?!DIR$)).*"
    r"|SOURCE_DATE_EPOCH|RUSTC(_BOOTSTRAP)?|(TARGET_)?(C|CPP|CXX)FLAGS|TARGET_(CC|CXX|AR|RANLIB)"
    r"|(CC|CXX|AR|RANLIB|CFLAGS|CXXFLAGS)_.+"
)
_OVERRIDE = "RUSTUP_TOOLCHAIN"  # it takes precedence over the project's own choice
_VERSION = re.compile(r"\d+\.\d+[\w.+-]*")


class Machine(NamedTuple):
    """An architecture of Lambda.

    Attributes:
        triple: Rust's name for it.
        cpu: Its oldest processor that runs functions, as cargo-lambda has it.
    """

    triple: str
    cpu: str


MACHINES = {
    "arm64": Machine("aarch64-unknown-linux-gnu", "neoverse-n1"),
    "x86_64": Machine("x86_64-unknown-linux-gnu", "haswell"),
}

_CACHES = ("CARGO_HOME", "ZIG_GLOBAL_CACHE_DIR", "CARGO_ZIGBUILD_CACHE_DIR")


@dataclass(frozen=True, kw_only=True)
class Rust:
    """Cargo and rustc, with their target and their settings.

    Attributes:
        cargo: The path of cargo.
        triple: Rust's name of the target.
        crate_dir: The folder to run in, where cargo and rustup find the project's settings.
        environment: All variables.
    """

    cargo: str
    triple: str
    crate_dir: str
    environment: Mapping[str, str]

    @property
    def cargo_home(self) -> str:
        """The folder of cargo's downloads."""
        return self.environment.get("CARGO_HOME") or os.path.expanduser("~/.cargo")

    @property
    def target_dir(self) -> Path:
        """The folder of cargo's build output."""
        return Path(self.environment["CARGO_TARGET_DIR"])

    def version(self, *arguments: str) -> str:
        """Return the version that a program prints.

        Raises:
            HashzipError: The program failed or cannot be started.
        """
        output = self.output(*arguments)
        version = _VERSION.search(output)
        return version[0] if version else output.strip()

    def output(self, *arguments: str) -> str:
        """Run a program and return its standard output.

        Raises:
            HashzipError: The program failed or cannot be started.
        """
        finished = self.run(*arguments)
        if finished.returncode != 0:
            raise rustup.error(finished.stderr) or HashzipError(
                f"{' '.join(arguments)} failed in {self.crate_dir}:",
                "fix what it reports, and build again",
                lines=finished.stderr.strip().splitlines(),
            )
        return finished.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program and capture its output.

        Raises:
            HashzipError: The program cannot be started.
        """
        try:
            return subprocess.run(
                arguments,
                cwd=self.crate_dir,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise HashzipError(
                f"cannot run {arguments[0]}: {error.strerror}", rustup.INSTALL
            ) from error


@dataclass(frozen=True, kw_only=True)
class Toolchain(Rust):
    """Rust with the programs that build for Lambda.

    Attributes:
        cargo_lambda: The path of cargo-lambda.
        zig: The path of zig.
        cpu: The target's oldest processor, as cargo-lambda has it.
    """

    cargo_lambda: str
    zig: str
    cpu: str


def find(root: str, crate_dir: str, architecture: str, *, is_pinned: bool) -> Toolchain:
    """Find the programs that build for Lambda: the user's Rust, the others from `hashzip[rust]`.

    Args:
        root: The project's folder.
        crate_dir: The crate's folder, an absolute path.
        architecture: The function's architecture.
        is_pinned: Whether the project pins the version of Rust.

    Raises:
        HashzipError: A program is missing, or Rust cannot compile for that architecture.
    """
    path = process.path_with_scripts()
    machine = MACHINES[architecture]
    rust = Rust(
        cargo=cargo(path),
        triple=machine.triple,
        crate_dir=crate_dir,
        environment={
            **environment(target_dir(root), path, is_pinned=is_pinned),
            "CARGO_INCREMENTAL": "0",  # earlier builds must not change the bytes
        },
    )
    sysroot = rust.output("rustc", "--print", "sysroot").strip()
    # cargo-lambda would try to download it.
    if not os.path.isdir(os.path.join(sysroot, "lib", "rustlib", machine.triple, "lib")):
        first = "" if shutil.which("rustup", path=path) else "install Rust from https://rustup.rs; "
        raise HashzipError(
            f"Rust's standard library for {machine.triple} is not installed (in {sysroot})",
            f"{first}run: rustup target add {machine.triple}",
        )
    zig = find_zig(path)
    if zig is None:
        raise installation.missing("zig, which links for Lambda,", "rust")
    cargo_lambda = shutil.which("cargo-lambda", path=path)
    if cargo_lambda is None:
        raise installation.missing("cargo-lambda, which builds for Lambda,", "rust")
    return Toolchain(
        cargo=rust.cargo,
        cargo_lambda=cargo_lambda,
        zig=zig,
        cpu=machine.cpu,
        triple=rust.triple,
        crate_dir=crate_dir,
        environment={**rust.environment, "CARGO_ZIGBUILD_ZIG_PATH": zig},
    )


def cargo(path: str) -> str:
    """Return the path of cargo.

    Raises:
        HashzipError: It is not installed.
    """
    cargo = shutil.which("cargo", path=path)
    if cargo is None:
        raise HashzipError("cargo, which compiles Rust, is not installed", rustup.INSTALL)
    return cargo


def find_zig(path: str) -> str | None:
    """Return the path of zig: that of this Python, or that on the `PATH`."""
    package = util.find_spec("ziglang")
    folders = list(package.submodule_search_locations or []) if package else []
    return shutil.which("zig", path=os.pathsep.join([*folders, path]))


def target_dir(root: str) -> str:
    """Return the folder of cargo's build output: the project's own, or the user's choice.

    Raises:
        HashzipError: The project's own leads out of it.
    """
    custom = os.environ.get("CARGO_TARGET_DIR")
    if custom:
        return os.path.abspath(custom)
    own = os.path.join(layout.CACHE, "target")
    layout.check(root, own, os.path.join(own, target_folder.NATIVE))
    return os.path.join(root, own)


def environment(target_dir: str, path: str, *, is_pinned: bool) -> dict[str, str]:
    """Return the variables for cargo, without those that change the program unseen.

    Args:
        target_dir: The folder of cargo's build output.
        path: The value of `PATH`.
        is_pinned: Whether the project pins the version of Rust.
    """
    dropped = sorted(
        name for name in os.environ if _HIDDEN.fullmatch(name) or (is_pinned and name == _OVERRIDE)
    )
    if dropped:
        warn(
            f"ignored, because no plan sees it: {', '.join(dropped)}",
            "write it into the project's .cargo/config.toml or rust-toolchain.toml",
        )
    # The user's settings may move intermediate files elsewhere; here they are all in one folder.
    # https://doc.rust-lang.org/cargo/reference/config.html#buildbuild-dir
    # Cargo reads braces in it as a template; without the variable, the default is the same folder.
    has_braces = "{" in target_dir or "}" in target_dir
    build_dir = {} if has_braces else {"CARGO_BUILD_BUILD_DIR": target_dir}
    return {
        **{name: value for name, value in os.environ.items() if name not in dropped},
        "PATH": path,
        "CARGO_TARGET_DIR": target_dir,
        **build_dir,
        **user_cache.substitutes(*_CACHES, folder=own_folder.find),
    }
