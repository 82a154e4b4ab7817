"""Functions in Rust, compiled for this machine while they are worked on."""

import os
import shutil
import stat
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from hashzip.builders import elf
from hashzip.builders.rust import dev_build
from hashzip.builders.rust.toolchain import Rust
from hashzip.errors import HashzipError
from hashzip.project import host
from tests.support import crates
from tests.support import project as projects
from tests.support.rust import needs_cargo

TRIPLE = "riscv64gc-unknown-linux-musl"
# Prints its compiler settings.
MAIN = (
    "fn main() {\n"
    + "".join(
        f'    if cfg!({condition}) {{ println!("{word}"); }}\n'
        for condition, word in {
            "debug_assertions": "assertions",
            'feature = "slow"': "slow",
            'feature = "fast"': "fast",
            "flag": "flag",
        }.items()
    )
    + "}\n"
)
FEATURES = '[features]\ndefault = ["slow"]\nslow = []\nfast = []\n'
ELSEWHERE = {
    "x86_64": "aarch64-unknown-linux-gnu",
    "arm64": "x86_64-unknown-linux-gnu",
}[host.architecture()]


def write(path: Path, text: str) -> None:
    """Write a program."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class TestFind:
    """Finding Rust, with fake programs."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Make a `PATH` of one folder, with Rust and without cargo-lambda and zig."""
        folder = tmp_path / "bin"
        write(folder / "cargo", "")
        write(folder / "rustc", f"echo 'rustc 1.2.3'; echo 'host: {TRIPLE}'; echo 'release: 1'")
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path / "scripts"))
        monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)
        return folder

    def find(self, root: Path) -> Rust:
        """Find Rust."""
        return dev_build.find(str(root), str(root), is_pinned=False)

    def test_rust_alone(self, folder: Path) -> None:
        """Cargo and rustc are enough, and the target is rustc's own machine."""
        rust = self.find(folder)

        assert rust.cargo == str(folder / "cargo")
        assert rust.triple == TRIPLE

    def test_environment(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Builds are incremental and without debug information, whatever the user has set."""
        monkeypatch.setenv("CARGO_INCREMENTAL", "0")
        monkeypatch.setenv("CARGO_PROFILE_DEV_DEBUG", "2")

        environment = self.find(folder).environment

        assert environment["CARGO_INCREMENTAL"] == "1"
        assert environment["CARGO_PROFILE_DEV_DEBUG"] == "0"

    def test_target(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The output has a folder of its own, in the target folder of the builds for Lambda."""
        assert self.find(folder).target_dir == folder / ".hashzip/target/native"

        monkeypatch.setenv("CARGO_TARGET_DIR", "/x")
        assert self.find(folder).target_dir == Path("/x/native")

    @pytest.mark.parametrize(
        "name, message",
        [
            ("cargo", "cargo, which compiles Rust, is not installed"),
            ("rustc", "cannot run rustc: No such file"),
        ],
    )
    def test_missing(self, folder: Path, name: str, message: str) -> None:
        """The error for a missing program says how to install it."""
        (folder / name).unlink()

        with pytest.raises(HashzipError, match=message) as caught:
            self.find(folder)
        assert caught.value.hint == "see https://rustup.rs"

    def test_missing_toolchain(self, folder: Path) -> None:
        """If the Rust that the project pins is not installed, the hint installs it."""
        write(folder / "rustc", "echo \"error: toolchain '1.2' is not installed\" >&2; exit 1")

        with pytest.raises(HashzipError, match=r"toolchain 1\.2, .* is not installed") as caught:
            self.find(folder)
        assert caught.value.hint == "run: rustup toolchain install 1.2"

    def test_no_host(self, folder: Path) -> None:
        """A rustc that does not print its machine is refused, with its output."""
        write(folder / "rustc", "echo 'something else'")

        with pytest.raises(HashzipError, match="which machine it is for:\n  something else"):
            self.find(folder)


@needs_cargo
class TestBuild:
    """Real builds."""

    @pytest.fixture(autouse=True)
    def _target(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let each test compile in its own project."""
        monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)

    def make(
        self,
        root: Path,
        files: Mapping[str, str] | None = None,
        more: str = "",
        **changes: object,
    ) -> Path:
        """Make a project with hello and its lock."""
        crates.make(root, {"app/src/main.rs": MAIN, **(files or {})}, more)
        crates.lock(root)
        crates.configure(root, **({"architecture": host.architecture()} | changes))
        return root

    def compiled(self, root: Path) -> Path:
        """Compile hello, and return the path of its program."""
        plan = projects.examine(root)
        output = dev_build.build(plan, root.parent / "output")
        ((file, _),) = output.files
        assert (file.path, file.executable) == ("bootstrap", True)
        return Path(os.fsdecode(file.location))

    def printed(self, root: Path) -> list[str]:
        """Compile hello, run it, and return the words that it prints."""
        program = self.compiled(root)
        program.chmod(0o755)
        return subprocess.run(
            [program], capture_output=True, encoding="utf-8", check=True
        ).stdout.split()

    def test_program(self, tmp_path: Path) -> None:
        """The program is a development build for this machine, whatever profile is deployed."""
        root = self.make(tmp_path / "project", profile="release")

        assert self.printed(root) == ["assertions"]
        program = tmp_path / "output/bootstrap"
        kind = elf.kind(program.read_bytes())
        assert kind
        assert kind.machine == host.architecture()
        assert not elf.has_debug_information(program.read_bytes())
        # The control: cargo alone.
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=root / "app", check=True)
        theirs = (root / "app/target/debug/hello").read_bytes()
        assert elf.has_debug_information(theirs)

    def test_options(self, tmp_path: Path) -> None:
        """Features and the project's flags apply, and its build target does not."""
        settings = f'[build]\ntarget = "{ELSEWHERE}"\nrustflags = ["--cfg", "flag"]\n'
        files = {"app/.cargo/config.toml": settings}
        root = self.make(tmp_path / "project", files, FEATURES)
        assert self.printed(root) == ["assertions", "slow", "flag"]
        architecture = host.architecture()

        crates.configure(root, architecture=architecture, features=["fast"], default_features=False)

        assert self.printed(root) == ["assertions", "fast", "flag"]

    def test_fetch(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Cargo fetches once, and again after a manifest or the lock has changed."""
        root = self.make(tmp_path / "project")
        log, folder = tmp_path / "log", tmp_path / "bin"
        write(folder / "cargo", f'echo "$1" >>"{log}"\nexec "{shutil.which("cargo")}" "$@"')
        monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(folder))

        def words() -> list[str]:
            log.write_text("", encoding="utf-8")
            self.compiled(root)
            return log.read_text(encoding="utf-8").split()

        assert words() == ["fetch", "build"]
        crates.write(root, {"app/src/main.rs": MAIN + "// edited\n"})
        assert words() == ["build"]
        manifest = (root / "app/Cargo.toml").read_text(encoding="utf-8")
        crates.write(root, {"app/Cargo.toml": manifest + FEATURES})
        assert words() == ["fetch", "build"]
        assert words() == ["build"]

    def test_stale_lock(self, tmp_path: Path) -> None:
        """The error for a stale lock names it and the command that fixes it."""
        root = self.make(tmp_path / "project", crates.library("shared"))
        self.compiled(root)
        manifest = (root / "app/Cargo.toml").read_text(encoding="utf-8")
        needs = '\n[dependencies]\nshared = { path = "../shared" }\n'
        crates.write(root, {"app/Cargo.toml": manifest + needs})

        for _ in range(2):  # a failed fetch is not remembered
            with pytest.raises(HashzipError, match=r"app/Cargo\.lock is stale") as caught:
                self.compiled(root)
            assert "(cd app && cargo update --workspace)" in caught.value.hint
        crates.lock(root)
        assert self.printed(root) == ["assertions"]

    def test_error(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """The compiler's errors are shown, and one line says which function failed."""
        root = self.make(tmp_path / "project")
        crates.write(root, {"app/src/main.rs": "fn main() { nothing(); }\n"})

        with pytest.raises(HashzipError, match=r"could not build \[function\.hello\]") as caught:
            self.compiled(root)

        assert "save again" in caught.value.hint
        shown = capfd.readouterr().err
        assert "error[E0425]: cannot find function `nothing`" in shown
        assert "src/main.rs:1:13" in shown

    def test_no_linker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a C compiler, by which Rust links, the hint mentions it."""
        root = self.make(tmp_path / "project")
        crates.write(root, {"app/src/main.rs": "fn main() { nothing(); }\n"})
        folder = tmp_path / "bin"
        for name in ("cargo", "rustc"):
            write(folder / name, f'PATH="{os.environ["PATH"]}" exec "{shutil.which(name)}" "$@"')
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(folder))

        with pytest.raises(HashzipError) as caught:
            self.compiled(root)
        assert "install a C compiler" in caught.value.hint
        write(folder / "cc", "")
        with pytest.raises(HashzipError) as caught:
            self.compiled(root)
        assert "install" not in caught.value.hint

    def test_undeclared_input(self, tmp_path: Path) -> None:
        """A file that is compiled in and is no input is refused here too."""
        main = 'fn main() { print!("{}", include_str!("../../page.txt")); }\n'
        root = self.make(tmp_path / "project", {"app/src/main.rs": main, "page.txt": "page"})

        with pytest.raises(HashzipError, match=r"page\.txt, which is not one of its inputs"):
            self.compiled(root)

        crates.configure(root, architecture=host.architecture(), inputs=["page.txt"])
        assert self.printed(root) == ["page"]
