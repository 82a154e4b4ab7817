"""Functions in Rust, really compiled for Lambda. Errors of a plan are in `test_bad_input.py`."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.builders import elf
from hashzip.errors import HashzipError
from tests.support import crates, program
from tests.support import project as projects
from tests.support.crates import library

pytestmark = pytest.mark.slow

# A name is in the program if its condition held when it was compiled.
_NAMES = {
    'feature = "slow"': "has-slow",
    'feature = "fast"': "has-fast",
    "debug_assertions": "has-assertions",
    "one": "has-one",
    "two": "has-two",
    "wrong": "has-wrong",
    'target_feature = "avx2"': "has-processor",
}
CONDITIONS = {
    "app/src/main.rs": "fn main() {\n"
    + "".join(
        f'    if cfg!({condition}) {{ println!("{name}"); }}\n'
        for condition, name in _NAMES.items()
    )
    + "}\n"
}
FEATURES = '[features]\ndefault = ["slow"]\nslow = []\nfast = []\n'
# Optimized, a program takes seconds to link, and there are many here.
QUICK = "[profile.release]\nlto = false\nopt-level = 0\n"
_TRIPLE = "x86_64-unknown-linux-gnu"


@pytest.fixture(autouse=True)
def _target(rust: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let all tests share the target folder."""
    monkeypatch.setenv("CARGO_TARGET_DIR", str(rust))


def make(
    root: Path, files: Mapping[str, str] | None = None, more: str = "", **changes: object
) -> Path:
    """Make a project with hello and its lock."""
    crates.make(root, files, QUICK + more)
    crates.lock(root)
    crates.configure(root, **changes)
    return root


def bootstrap(root: Path) -> bytes:
    """Build hello, and return its program."""
    return projects.content(projects.make_zip(root), "bootstrap")


def held(root: Path) -> set[str]:
    """Build hello, and return the names of the conditions that hold."""
    content = bootstrap(root)
    return {name for name in _NAMES.values() if name.encode() in content}


def error_of(finished: program.Finished) -> tuple[str, str]:
    """Return the error and the hint of a failed build."""
    assert finished.code == 1
    *_, error, hint = finished.err.splitlines()
    return error, hint


def plain(root: Path, target: Path, **settings: str) -> bytes:
    """Compile hello by cargo alone, and return the program."""
    subprocess.run(
        ["cargo", "build", "--release", "--locked", "--quiet"],
        cwd=root / "app",
        env={**os.environ, "CARGO_TARGET_DIR": str(target), **settings},
        check=True,
    )
    return (target / "release/hello").read_bytes()


class TestPackage:
    """The package."""

    @pytest.mark.parametrize(
        "runtime, newest", [("provided.al2023", (2, 34)), ("provided.al2", (2, 26))]
    )
    def test_program(self, tmp_path: Path, runtime: str, newest: tuple[int, int]) -> None:
        """It is one program for Lambda's machine, which needs no newer C library than Lambda's."""
        root = crates.make(tmp_path, more="[profile.release]\nlto = false\n")
        crates.lock(root)
        crates.configure(root, runtime=runtime)
        zip_file = projects.make_zip(root)

        (entry,) = zipfile.ZipFile(zip_file).infolist()
        content = projects.content(zip_file, "bootstrap")
        needed = {
            (int(major), int(minor)) for major, minor in re.findall(rb"GLIBC_(\d+)\.(\d+)", content)
        }
        assert entry.filename == "bootstrap"
        assert entry.external_attr >> 16 & 0o777 == 0o755
        assert elf.kind(content) == elf.Kind("x86_64", 64, "little")
        assert max(needed) <= newest
        # The control: that for the newer one does ask for more than the older one has.
        assert (max(needed) > (2, 26)) == (runtime == "provided.al2023")

    def test_tools(self, tmp_path: Path) -> None:
        """The manifest has the versions of the compiling programs."""
        tools = projects.build(projects.examine(make(tmp_path))).tools

        version = subprocess.run(["rustc", "--version"], capture_output=True, check=True).stdout
        assert tools["rustc"] == version.decode().split()[1]
        assert {"cargo-lambda", "zig"} < set(tools)

    def test_arm64(self, tmp_path: Path) -> None:
        """A build for arm64 works, or the hint installs the missing standard library."""
        make(tmp_path, architecture="arm64")
        sysroot = subprocess.run(
            ["rustc", "--print", "sysroot"], capture_output=True, check=True
        ).stdout
        target = "aarch64-unknown-linux-gnu"
        if Path(sysroot.decode().strip(), "lib/rustlib", target).exists():
            assert elf.kind(bootstrap(tmp_path)) == elf.Kind("arm64", 64, "little")
            return

        with pytest.raises(HashzipError, match=f"standard library for {target}") as caught:
            bootstrap(tmp_path)
        assert caught.value.hint == f"run: rustup target add {target}"
        assert projects.artifacts(tmp_path) == []


class TestCrates:
    """The crates that a manifest lists."""

    # In the program are shared, deep and ours, which the macro and the build script need too.
    FILES: ClassVar[Mapping[str, str]] = {
        "app/build.rs": "fn main() { scripted::f(); shared::f(); }\n",
        "app/src/lib.rs": "",
        "app/src/main.rs": 'fn main() { shared::f(); ours::f(); println!("{}", made::one!()); }\n',
        "app/made/Cargo.toml": crates.manifest(
            "made", '[lib]\nproc-macro = true\n[dependencies]\nhelps = { path = "../helps" }'
        ),
        "app/made/src/lib.rs": (
            "#[proc_macro]\npub fn one(_: proc_macro::TokenStream) -> proc_macro::TokenStream {\n"
            '    println!("the macro says so"); helps::f(); "1".parse().unwrap()\n}\n'
        ),
        **library("app/shared", '[dependencies]\ndeep = { path = "../deep" }'),
        **library("app/deep"),
        **library("app/scripted", '[dependencies]\ndeep = { path = "../deep" }'),
        **library("app/helps"),
    }

    @staticmethod
    def needs(root: Path) -> str:
        """Return the tables of hello's manifest, with a crate from git."""
        ours = root / "ours"
        crates.write(ours, library("ours"))
        for words in (
            ["init", "--quiet", "--initial-branch", "my/own"],
            ["add", "."],
            ["-c", "user.name=me", "-c", "user.email=me@example.com", "commit", "-qm", "first"],
        ):
            subprocess.run(["git", *words], cwd=ours, check=True)
        return (
            '[dependencies]\nshared = { path = "shared" }\nmade = { path = "made" }\n'
            f'ours = {{ git = "{ours.as_uri()}", branch = "my/own" }}\n'
            '[build-dependencies]\nscripted = { path = "scripted" }\n'
            'shared = { path = "shared" }\n[workspace]\n'
        )

    def test_listed(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capfd: pytest.CaptureFixture[str],
    ) -> None:
        """They are those in the program, for any `CARGO_HOME`, even if nothing is compiled."""
        root = crates.make(tmp_path / "project", self.FILES, QUICK + self.needs(tmp_path))
        (root / "app/Cargo.lock").unlink()
        subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=root / "app", check=True)
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=tmp_path / "ours", capture_output=True, check=True
        ).stdout.decode()
        monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path / "target"))

        first = projects.build(projects.examine(root))
        heard = capfd.readouterr().err
        monkeypatch.setenv("CARGO_HOME", str(tmp_path / "home"))
        second = projects.build(projects.examine(root), force=True)

        source = f"git+{(tmp_path / 'ours').as_uri()}?branch=my%2Fown#{commit.strip()}"
        assert first.packages == [
            Package("deep", "0.1.0"),
            Package("ours", "0.1.0", (), source),
            Package("shared", "0.1.0"),
        ]
        assert second.to_json() == first.to_json()
        assert str(root) not in first.to_json()
        assert "the macro says so" in heard  # which cargo prints between its messages
        assert '"reason"' not in heard

        capfd.readouterr()
        third = projects.build(projects.examine(root), force=True)
        assert "Compiling" not in capfd.readouterr().err
        assert third == first

    def test_changed(self, tmp_path: Path) -> None:
        """`sbom` lists them, as does `dist`, and `diff` names those that have changed."""
        needs = '[dependencies]\nshared = { path = "../shared" }\n'
        root = make(tmp_path, library("shared"), needs)
        zip_file = projects.make_zip(root)
        crates.write(root, {"shared/Cargo.toml": crates.manifest("shared", version="1.0.0")})
        crates.lock(root)
        projects.make_zip(root)

        printed = program.run("sbom", "hello", cwd=root)
        differs = program.run("diff", "hello", "--against", zip_file.stem, cwd=root)

        (component,) = json.loads(printed.out)["components"]
        assert component["purl"] == "pkg:cargo/shared@1.0.0"
        assert "pkg:cargo/shared@0.1.0" in zip_file.with_suffix(".cdx.json").read_text("utf-8")
        assert "~ package shared 0.1.0 -> 1.0.0" in differs.out.splitlines()


class TestSame:
    """The same bytes wherever it is compiled."""

    def test_folders(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The project's folder, the target folder and paths in sources do not change them."""
        files = {
            "app/build.rs": (
                "fn main() {\n"
                '    let path = std::env::var("OUT_DIR").unwrap() + "/x.rs";\n'
                '    std::fs::write(path, "pub fn file() -> &\'static str { file!() }").unwrap();\n'
                "}\n"
            ),
            "app/src/main.rs": (
                'include!(concat!(env!("OUT_DIR"), "/x.rs"));\n'
                'fn main() { println!("{}", file()); }\n'
            ),
        }
        programs = []
        for name in ("one", "two here"):
            root = make(tmp_path / name, files)
            monkeypatch.setenv("CARGO_TARGET_DIR", str(tmp_path / "target" / name))
            programs.append(bootstrap(root))

        assert programs[0] == programs[1]
        assert b"/target/x86_64-unknown-linux-gnu/release/build/hello-" in programs[0]
        assert str(tmp_path).encode() not in programs[0]
        assert "outside the workspace" not in capsys.readouterr().err
        # The control: cargo alone.
        assert str(tmp_path / "plain").encode() in plain(tmp_path / "one", tmp_path / "plain")

    def test_outside_the_workspace(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A crate outside the workspace causes a warning: cargo hashes its absolute path."""
        files = {
            "app/src/main.rs": 'fn main() { println!("{}", shared::file()); }\n',
            **library("shared", source="pub fn file() -> &'static str { file!() }\n"),
        }
        root = make(tmp_path, files, '[dependencies]\nshared = { path = "../shared" }\n')

        content = bootstrap(root)

        assert b"/project/shared/src/lib.rs" in content
        assert str(tmp_path).encode() not in content
        assert "the crate in shared is outside the workspace in app" in capsys.readouterr().err
        # The control: cargo alone.
        assert str(root / "shared/src/lib.rs").encode() in plain(root, tmp_path / "target")

    @pytest.mark.registry
    def test_homes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """`CARGO_HOME`, which messages of panics would contain, does not change them."""
        main = (
            'fn main() {\n    let all = bytes::Bytes::from_static(b"x");\n'
            '    println!("{:?}", all.slice(std::env::args().count()..));\n}\n'
        )
        root = crates.make(
            tmp_path / "project",
            {"app/src/main.rs": main},
            QUICK + '[dependencies]\nbytes = { version = "1", default-features = false }\n',
        )
        (root / "app/Cargo.lock").unlink()
        subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=root / "app", check=True)
        programs, theirs, listed = [], [], []
        for name in ("one", "two"):
            monkeypatch.setenv("CARGO_HOME", str(tmp_path / name))
            (crate,) = projects.build(projects.examine(root), force=True).packages
            listed.append(crate)
            programs.append(bootstrap(root))
            theirs.append(plain(root, tmp_path / "target" / name))

        assert programs[0] == programs[1]
        assert b"/cargo/registry/bytes-" in programs[0]
        assert listed[0] == listed[1]
        (digest,) = listed[0].hashes
        assert digest.removeprefix("sha256:") in (root / "app/Cargo.lock").read_text("utf-8")
        assert str(tmp_path / "one/registry").encode() in theirs[0]  # the control
        assert theirs[0] != theirs[1]

    def test_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Variables that would change them are dropped with a warning; settings in a file apply."""
        make(tmp_path, CONDITIONS, FEATURES)
        before = bootstrap(tmp_path)
        assert "RUSTFLAGS" not in capsys.readouterr().err
        monkeypatch.setenv("RUSTFLAGS", "--cfg one")
        monkeypatch.setenv("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", "true")

        projects.build(projects.examine(tmp_path), force=True)

        assert bootstrap(tmp_path) == before
        assert "CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS, RUSTFLAGS\n" in capsys.readouterr().err
        crates.write(
            tmp_path,
            {"app/.cargo/config.toml": "[profile.release]\nlto = false\ndebug-assertions = true\n"},
        )
        assert held(tmp_path) == {"has-slow", "has-processor", "has-assertions"}

    def test_settings_outside_the_project(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """So are flags in cargo's settings outside the project."""
        root = make(tmp_path / "project", CONDITIONS)
        home = tmp_path / "home"
        crates.write(home, {"config.toml": '[build]\nrustflags = ["--cfg", "one"]\n'})
        monkeypatch.setenv("CARGO_HOME", str(home))

        assert held(root) == {"has-processor"}
        assert (
            f"{home / 'config.toml'} has build.rustflags, which no plan sees"
            in capsys.readouterr().err
        )


class TestOptions:
    """The project's settings."""

    @pytest.mark.parametrize(
        "text, flags",
        [
            ('[build]\nrustflags = ["--cfg", "one"]\n', {"has-one"}),
            (
                (
                    f'[target.{_TRIPLE}]\nrustflags = "--cfg one"\n'
                    "[target.'cfg(not(windows))']\nrustflags = ['--cfg', 'two']\n"
                    "[build]\nrustflags = ['--cfg', 'wrong']\n"
                ),
                {"has-one", "has-two"},
            ),
            (
                (
                    "[target.'cfg(windows)']\nrustflags = ['--cfg', 'wrong']\n"
                    "[target.aarch64-unknown-linux-gnu]\nrustflags = ['--cfg', 'wrong']\n"
                    "[build]\nrustflags = ['--cfg', 'one']\n"
                ),
                {"has-one"},
            ),
        ],
    )
    def test_flags(self, tmp_path: Path, text: str, flags: set[str]) -> None:
        """Flags apply by cargo's rules, and the processor is Lambda's."""
        make(tmp_path, {**CONDITIONS, "app/.cargo/config.toml": text})

        assert held(tmp_path) == {"has-processor", *flags}

    def test_string(self, tmp_path: Path) -> None:
        """A string for all targets, to which cargo-lambda cannot add flags, is refused."""
        make(tmp_path, {"app/.cargo/config.toml": '[build]\nrustflags = "--cfg one"\n'})

        with pytest.raises(HashzipError, match="is the string") as caught:
            bootstrap(tmp_path)
        assert 'rustflags = ["--cfg", "one"]' in caught.value.hint

    def test_own_processor(self, tmp_path: Path) -> None:
        """Flags may name another processor."""
        text = '[build]\nrustflags = ["-Ctarget-cpu=x86-64"]\n'

        assert held(make(tmp_path, {**CONDITIONS, "app/.cargo/config.toml": text})) == set()

    @pytest.mark.parametrize(
        "profile, unstripped", [("release", False), ("small", False), ("dev", True)]
    )
    def test_features_and_profile(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        profile: str,
        *,
        unstripped: bool,
    ) -> None:
        """Features and profile apply; debug information, which contains paths, causes a warning."""
        small = '[profile.small]\ninherits = "release"\nstrip = true\ndebug-assertions = true\n'
        changes = {"features": ["fast"], "default_features": False, "profile": profile}
        make(tmp_path, CONDITIONS, FEATURES + small, **changes)

        names = held(tmp_path)

        assert names - {"has-assertions"} == {"has-fast", "has-processor"}
        assert ("has-assertions" in names) == (profile != "release")
        assert ("contains paths in its debug information" in capsys.readouterr().err) == unstripped

    def test_pinned(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Without a pinned version of Rust, a warning says what to write."""
        make(tmp_path)
        projects.make_zip(tmp_path)
        warnings = capsys.readouterr().err
        assert "does not pin the version of Rust" in warnings
        assert 'write app/rust-toolchain.toml: [toolchain] channel = "1.' in warnings
        sysroot = subprocess.run(
            ["rustc", "--print", "sysroot"], capture_output=True, check=True
        ).stdout.decode()

        crates.write(tmp_path, {"rust-toolchain.toml": f"[toolchain]\npath = '{sysroot.strip()}'"})

        projects.make_zip(tmp_path)
        assert "pin the version" not in capsys.readouterr().err


class TestErrors:
    """Errors, after which the earlier artifact is unchanged."""

    @pytest.fixture
    def built(self, tmp_path: Path) -> Iterator[Path]:
        """Make a project with an artifact, which the test must not change."""
        root = make(tmp_path / "project")
        zip_file = projects.make_zip(root)
        content = zip_file.read_bytes()
        yield root
        assert zip_file.read_bytes() == content
        assert len(projects.artifacts(root)) == 2  # and its manifest, and nothing half-made

    def test_compile_error(self, built: Path) -> None:
        """The compiler's errors are shown, and one line says which function failed."""
        crates.write(built, {"app/src/main.rs": "fn main() { nothing(); }\n"})

        finished = program.run("build", cwd=built)

        assert finished.code == 1
        assert finished.out == ""
        assert "error[E0425]: cannot find function `nothing`" in finished.err
        assert "src/main.rs:1:13" in finished.err
        assert '"reason"' not in finished.err
        assert "error: cargo could not build [function.hello]" in finished.err
        assert "Traceback" not in finished.err

    def test_stale_lock(self, built: Path) -> None:
        """Cargo's words about a stale lock are shown, and the command of the hint fixes it."""
        text = (built / "app/Cargo.toml").read_text(encoding="utf-8")
        needs = '\n[dependencies]\nshared = { path = "../shared" }\n'
        crates.write(built, {**library("shared"), "app/Cargo.toml": text + needs})

        finished = program.run("build", cwd=built)

        _, hint = error_of(finished)
        assert "error: app/Cargo.lock is stale" in finished.err
        assert "--locked" in finished.err
        (command,) = re.findall(r"run: \((.*)\); and commit it", hint)
        subprocess.run(["sh", "-c", f"{command} --offline"], cwd=built, check=True)
        assert "shared" in (built / "app/Cargo.lock").read_text(encoding="utf-8")

    def test_undeclared_input(self, built: Path) -> None:
        """The error for a file that is compiled in and is no input names it."""
        main = 'fn main() { print!(include_str!("../../page.txt")); }\n'
        crates.write(built, {"app/src/main.rs": main, "page.txt": "page-one"})

        error, hint = error_of(program.run("build", cwd=built))

        assert "[function.hello] is compiled from page.txt, which is not one of its inputs" in error
        assert 'inputs = ["page.txt"]' in hint

    def test_input(self, tmp_path: Path) -> None:
        """The control: with that input, the function is built, and again after a change."""
        main = 'fn main() { print!(include_str!("../../page.txt")); }\n'
        files = {"app/src/main.rs": main, "page.txt": "page-one"}
        make(tmp_path, files, inputs=["page.txt"])

        assert b"page-one" in bootstrap(tmp_path)
        crates.write(tmp_path, {"page.txt": "page-two"})
        assert b"page-two" in bootstrap(tmp_path)


class TestProcesses:
    """The programs that run."""

    def test_known(self, tmp_path: Path) -> None:
        """For a known fingerprint no program runs; the control is another one."""
        root = make(tmp_path / "project")
        projects.make_zip(root)
        traced, fakes = tmp_path / "traced", tmp_path / "bin"
        for name in ("cargo", "cargo-lambda", "rustc", "rustup", "zig"):
            crates.write(fakes, {name: f'#!/bin/sh\necho {name} >>"{traced}"\nexit 1\n'})
            (fakes / name).chmod(0o755)
        path = f"{fakes}{os.pathsep}{os.environ['PATH']}"

        finished = program.run("build", cwd=root, settings={"PATH": path})

        assert finished.code == 0, finished.err
        assert not traced.exists()
        crates.write(root, {"app/src/new.rs": ""})
        assert program.run("build", cwd=root, settings={"PATH": path}).code == 1
        assert traced.read_text(encoding="utf-8").split() == ["rustc"]

    def test_together(self, tmp_path: Path) -> None:
        """Two projects that share a target folder at the same time get their own programs."""
        roots = [
            make(
                tmp_path / name, {"app/src/main.rs": f'fn main() {{ println!("this-is-{name}"); }}'}
            )
            for name in ("one", "two")
        ]

        running = [
            program.start(sys.executable, str(program.BUILD), "build", cwd=root) for root in roots
        ]

        for process in running:
            _, stderr = process.communicate(timeout=300)
            assert process.returncode == 0, stderr
        for root in roots:
            assert f"this-is-{root.name}".encode() in bootstrap(root)
