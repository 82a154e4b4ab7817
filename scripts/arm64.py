"""Prepare programs that build and run arm64 packages on x86-64: `python -m scripts.arm64`.

Debian's archive has them: Rust with the standard library for arm64, QEMU, and an arm64 Python. They
are unpacked into the user's cache folder. Neither root nor `dpkg --add-architecture` is needed,
because apt keeps its state in that folder too: the system does not change.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scripts import cache, process
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Mapping

TRIPLE = "aarch64-unknown-linux-gnu"

_STANDARD_LIBRARY = "libstd-rust-web-dev"
_PACKAGES = {
    "arm64": ("python3-minimal", "libpython3-stdlib", "libstdc++6"),
    "amd64": ("cargo-web", "rustc-web", _STANDARD_LIBRARY, "qemu-user-static"),
}
# apt treats these as installed: the system's own compiler and C library are used.
_SYSTEM = {"arm64": (), "amd64": ("binutils", "gcc", "libc-dev", "libc6", "libgcc-s1")}
_STATUS = "Package: {}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 9999\n\n"
_INSTALL = ("install", "--yes", "--download-only", "--no-install-recommends")
_CONFIG = """\
Dir::State "{root}/state";
Dir::State::status "{root}/status";
Dir::Cache "{root}/cache";
APT::Architectures {{ "amd64"; "arm64"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
Debug::NoLocking "true";
"""
_ELSEWHERE = (
    f"this needs the packages of Debian 12; elsewhere, run `rustup target add {TRIPLE}` and "
    "install qemu-user-static and libc6-arm64-cross, which the tests find"
)


class Arm64(NamedTuple):
    """Programs that build and run packages for arm64.

    Attributes:
        environment: Variables with which `hashzip build` compiles Rust for arm64.
        emulator: The first arguments of a command that runs an arm64 program.
        python: An arm64 Python for the emulator, if there is one.
    """

    environment: Mapping[str, str]
    emulator: tuple[str, ...]
    python: Path | None


def find() -> Arm64 | None:
    """Return the prepared programs; else the system's QEMU, or None if there is none."""
    root = cache.folder() / "arm64"
    host, guest = root / "amd64/usr", root / "arm64"
    if root.is_dir():
        environment = {
            "PATH": os.pathsep.join([str(host / "bin"), os.environ.get("PATH", os.defpath)]),
            "LD_LIBRARY_PATH": str(host / "lib/x86_64-linux-gnu"),
        }
        emulator = (str(host / "bin/qemu-aarch64-static"), "-L", str(guest))
        return Arm64(environment, emulator, guest / "usr/bin/python3")
    qemu = shutil.which("qemu-aarch64-static") or shutil.which("qemu-aarch64")
    for sysroot in ("/usr/aarch64-linux-gnu", "/"):
        if qemu and Path(sysroot, "lib/ld-linux-aarch64.so.1").exists():
            return Arm64({}, (qemu, "-L", sysroot), None)
    return None


def prepare() -> None:
    """Download the programs and unpack them, unless they are in the cache folder.

    Raises:
        ScriptError: There is no apt, it failed, or this is not an x86-64 machine.
    """
    with cache.locked("arm64") as folder:
        if (folder / "arm64").is_dir():
            return
        if not shutil.which("apt-get") or platform.machine() != "x86_64":
            raise ScriptError("there is no apt with packages for x86-64", _ELSEWHERE)
        print(f"downloading 240 MB of Debian packages to {folder}, once", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=folder, prefix="apt-") as scratch:
            root = Path(scratch)
            (root / "apt.conf").write_text(_CONFIG.format(root=root), encoding="utf-8")
            (root / "status").touch()
            (root / "state/lists/partial").mkdir(parents=True)
            _apt(root, "update")
            for architecture, packages in _PACKAGES.items():
                system = "".join(map(_STATUS.format, _SYSTEM[architecture]))
                (root / "status").write_text(system, encoding="utf-8")
                archives = root / "archives" / architecture
                (archives / "partial").mkdir(parents=True)
                (root / "programs" / architecture).mkdir(parents=True)
                native, to = f"APT::Architecture={architecture}", f"Dir::Cache::archives={archives}"
                _apt(root, *_INSTALL, "-o", native, "-o", to, *packages)
            # For the compiler above. An install would come with another one, for arm64.
            _apt(root, "download", f"{_STANDARD_LIBRARY}:arm64", folder="archives/amd64")
            for archive in root.glob("archives/*/*.deb"):
                program_folder = root / "programs" / archive.parent.name
                subprocess.run(["dpkg-deb", "--extract", archive, program_folder], check=True)
            for program in (root / "programs/amd64/usr/bin").glob("qemu-*"):
                if program.name != "qemu-aarch64-static":
                    program.unlink()  # 400 MB of them
            (root / "programs").rename(folder / "arm64")


def _apt(root: Path, *arguments: str, folder: str = ".") -> None:
    """Run apt-get with the system's package sources, and with its state in a folder."""
    environment = {"APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C"}
    command = ["apt-get", "-qq", *arguments]
    process.output(command, _ELSEWHERE, folder=str(root / folder), environment=environment)


def main() -> None:
    """Prepare the programs, and print where they are."""
    prepare()
    print(cache.folder() / "arm64")


if __name__ == "__main__":
    sys.exit(exit_code(main))
