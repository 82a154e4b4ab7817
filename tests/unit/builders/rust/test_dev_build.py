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
# Says what it was compiled with.
MAIN = (
    "fn main() {\n"
    + "".join(
        f'    if cfg!({condition}) {{ println!("{word}"); }}\n'
        for condition, word in {
            "debug_assertions": "assertions",
            'feature = "slow"': "slow",
            'feature = "fast"': "fast",
            "one": "one",
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
    """Writes a program."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


class TestFind:
    """What compiles, with programs that only look like it."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A folder with Rust, which the `PATH` is: neither cargo-lambda nor zig."""
        folder = tmp_path / "bin"
        write(folder / "cargo", "")
        write(folder / "rustc", f"echo 'rustc 1.2.3'; echo 'host: {TRIPLE}'; echo 'release: 1'")
        monkeypatch.setenv("PATH", str(folder))
        monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path / "scripts"))
        monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)
        return folder

    def find(self, root: Path) -> Rust:
        """Finds it."""
        return dev_build.find(str(root), str(root), is_pinned=False)

    def test_rust_alone(self, folder: Path) -> None:
        """Cargo and rustc are enough, and rustc says which machine this is."""
        found = self.find(folder)

        assert found.cargo == str(folder / "cargo")
        assert found.triple == TRIPLE

    def test_environment(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is compiled incrementally and without debug information, whatever the user has set."""
        monkeypatch.setenv("CARGO_INCREMENTAL", "0")
        monkeypatch.setenv("CARGO_PROFILE_DEV_DEBUG", "2")

        found = self.find(folder).environment

        assert found["CARGO_INCREMENTAL"] == "1"
        assert found["CARGO_PROFILE_DEV_DEBUG"] == "0"

    def test_target(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What is compiled has a folder of its own, in that of what is built for Lambda."""
        assert self.find(folder).target == folder / ".hashzip/target/native"

        monkeypatch.setenv("CARGO_TARGET_DIR", "/x")
        assert self.find(folder).target == Path("/x/native")

    @pytest.mark.parametrize(
        "name, message",
        [
            ("cargo", "cargo, which compiles Rust, is not here"),
            ("rustc", "cannot run rustc: No such file"),
        ],
    )
    def test_missing(self, folder: Path, name: str, message: str) -> None:
        """A program that is not there is named, with where it comes from."""
        (folder / name).unlink()

        with pytest.raises(HashzipError, match=message) as caught:
            self.find(folder)
        assert caught.value.hint == "see https://rustup.rs"

    def test_missing_toolchain(self, folder: Path) -> None:
        """Where the Rust that the project pins is not installed, the hint installs it."""
        write(folder / "rustc", "echo \"error: toolchain '1.2' is not installed\" >&2; exit 1")

        with pytest.raises(HashzipError, match=r"toolchain 1\.2, .* is not installed") as caught:
            self.find(folder)
        assert caught.value.hint == "run: rustup toolchain install 1.2"

    def test_odd(self, folder: Path) -> None:
        """A rustc that does not say what it is for is refused, with what it says."""
        write(folder / "rustc", "echo 'something else'")

        with pytest.raises(HashzipError, match="which machine it is for:\nsomething else"):
            self.find(folder)


@needs_cargo
class TestMake:
    """What comes of it, really compiled."""

    @pytest.fixture(autouse=True)
    def _target(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Has each test compile in its own project."""
        monkeypatch.delenv("CARGO_TARGET_DIR", raising=False)

    def make(
        self,
        root: Path,
        files: Mapping[str, str] | None = None,
        more: str = "",
        **changes: object,
    ) -> Path:
        """Makes a project with hello, whose lock is right."""
        crates.make(root, {"app/src/main.rs": MAIN, **(files or {})}, more)
        crates.lock(root)
        crates.configure(root, **({"architecture": host.architecture()} | changes))
        return root

    def compiled(self, root: Path) -> Path:
        """Compiles hello, and answers where its program is."""
        plan = projects.examine(root)
        made = dev_build.build(plan, root.parent / "made")
        ((file, _),) = made.files
        assert (file.path, file.executable) == ("bootstrap", True)
        return Path(os.fsdecode(file.location))

    def said(self, root: Path) -> list[str]:
        """Compiles hello, runs it, and answers the words that it says."""
        program = self.compiled(root)
        program.chmod(0o755)
        return subprocess.run(
            [program], capture_output=True, encoding="utf-8", check=True
        ).stdout.split()

    def test_program(self, tmp_path: Path) -> None:
        """It is a development build that runs here, whatever profile is deployed."""
        root = self.make(tmp_path / "project", profile="release")

        assert self.said(root) == ["assertions"]
        program = tmp_path / "made/bootstrap"
        kind = elf.kind(program.read_bytes())
        assert kind
        assert kind.machine == host.architecture()
        assert not elf.has_debug_information(program.read_bytes())
        # The control: cargo alone.
        subprocess.run(["cargo", "build", "--locked", "--quiet"], cwd=root / "app", check=True)
        theirs = (root / "app/target/debug/hello").read_bytes()
        assert elf.has_debug_information(theirs)

    def test_options(self, tmp_path: Path) -> None:
        """Features and the project's own flags count, and not the machine that it names."""
        settings = f'[build]\ntarget = "{ELSEWHERE}"\nrustflags = ["--cfg", "one"]\n'
        files = {"app/.cargo/config.toml": settings}
        root = self.make(tmp_path / "project", files, FEATURES)
        assert self.said(root) == ["assertions", "slow", "one"]
        architecture = host.architecture()

        crates.configure(root, architecture=architecture, features=["fast"], default_features=False)

        assert self.said(root) == ["assertions", "fast", "one"]

    def test_fetch(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Cargo is asked to download once, and again where a manifest or the lock has changed."""
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
        """A lock that does not fit any more is named, with the command that mends it."""
        root = self.make(tmp_path / "project", crates.library("shared"))
        self.compiled(root)
        manifest = (root / "app/Cargo.toml").read_text(encoding="utf-8")
        needs = '\n[dependencies]\nshared = { path = "../shared" }\n'
        crates.write(root, {"app/Cargo.toml": manifest + needs})

        for _ in range(2):  # it is not taken for seen
            with pytest.raises(HashzipError, match=r"app/Cargo\.lock is stale") as caught:
                self.compiled(root)
            assert "(cd app && cargo update --workspace)" in caught.value.hint
        crates.lock(root)
        assert self.said(root) == ["assertions"]

    def test_error(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """What does not compile is shown in the compiler's words, and one line says what failed."""
        root = self.make(tmp_path / "project")
        crates.write(root, {"app/src/main.rs": "fn main() { nothing(); }\n"})

        with pytest.raises(HashzipError, match=r"could not build \[function\.hello\]") as caught:
            self.compiled(root)

        assert "save again" in caught.value.hint
        shown = capfd.readouterr().err
        assert "error[E0425]: cannot find function `nothing`" in shown
        assert "src/main.rs:1:13" in shown

    def test_no_linker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where there is no C compiler, by which Rust links, the hint says so."""
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

    def test_no_input(self, tmp_path: Path) -> None:
        """What is compiled in and is no input is named at once, and not only by the real build."""
        main = 'fn main() { print!("{}", include_str!("../../page.txt")); }\n'
        root = self.make(tmp_path / "project", {"app/src/main.rs": main, "page.txt": "page"})

        with pytest.raises(HashzipError, match=r"page\.txt, which is none of its inputs"):
            self.compiled(root)

        crates.configure(root, architecture=host.architecture(), inputs=["page.txt"])
        assert self.said(root) == ["page"]
