"""The files that cargo builds a program from, and the program; compared with cargo at the end."""

import json
import os
import subprocess
from pathlib import Path
from typing import ClassVar

import pytest

from hashzip import planning
from hashzip.builders.rust import crate_inputs, dep_info
from hashzip.errors import HashzipError
from hashzip.project.targets import Function
from tests.support import crates
from tests.support import project as projects
from tests.support.crates import library, manifest
from tests.support.rust import needs_cargo

OWN = {"app/Cargo.toml", "app/Cargo.lock", "app/src/main.rs"}


def inputs(root: Path, files: dict[str, str], more: str = "", head: str = "") -> set[str]:
    """Return the inputs of hello, without those that each crate has."""
    crates.make(root, files, more, head)
    paths = crates.inputs(root)
    assert paths >= OWN
    return paths - OWN


def bin_name(root: Path, files: dict[str, str], more: str = "", head: str = "") -> str:
    """Return the name of hello's program."""
    crates.make(root, files, more, head)
    project = planning.load_project(str(root))
    function = project.target("hello")
    assert isinstance(function, Function)
    return crate_inputs.find(project, function).bin_name()


class TestSources:
    """The sources of the crate."""

    def test_own(self, tmp_path: Path) -> None:
        """All files below `src` are inputs, and no others."""
        files = {
            "app/src/a/mod.rs": "",
            "app/src/page.html": "",
            "app/tests/it.rs": "",
            "app/benches/it.rs": "",
            "app/examples/it.rs": "",
            "app/target/release/x.rs": "",
            "app/README.md": "",
            "app/other.rs": "",
            "README.md": "",
        }

        assert inputs(tmp_path, files) == {"app/src/a/mod.rs", "app/src/page.html"}

    @pytest.mark.parametrize(
        "head, expected",
        [
            ("", {"app/build.rs"}),
            ("build = true", {"app/build.rs"}),
            ("build = false", set()),
            ('build = "make.rs"', {"app/make.rs"}),
            ('build = "make/main.rs"', {"app/make/main.rs", "app/make/more.rs"}),
            ('build = ["make.rs", "build.rs"]', {"app/build.rs", "app/make.rs"}),
            ('build = "none.rs"', set()),
        ],
    )
    def test_build_script(self, tmp_path: Path, head: str, expected: set[str]) -> None:
        """The build script is an input, with its folder if that is not the crate's."""
        names = ("build.rs", "make.rs", "make/main.rs", "make/more.rs")

        assert inputs(tmp_path, {f"app/{name}": "" for name in names}, head=head) == expected

    @pytest.mark.parametrize(
        "table, expected",
        [
            (
                '[lib]\npath = "lib/all.rs"',
                {"app/lib/all.rs", "app/lib/deep/x.rs", "app/lib/t.txt"},
            ),
            ('[[bin]]\nname = "hello"\npath = "./lib/deep/x.rs"', {"app/lib/deep/x.rs"}),
            ('[[bin]]\nname = "hello"\npath = "src/x.rs"', set()),
            ('[lib]\npath = "all.rs"', {"app/all.rs", "app/lib/all.rs", "app/lib/deep/x.rs"}),
            ('[lib]\npath = "../shared/all.rs"', {"shared/all.rs"}),
            ('[[example]]\nname = "x"\npath = "lib/all.rs"', set()),
        ],
    )
    def test_path(self, tmp_path: Path, table: str, expected: set[str]) -> None:
        """The folder of a library or program that is elsewhere is an input too."""
        files = {
            "app/all.rs": "",
            "app/lib/all.rs": "",
            "app/lib/deep/x.rs": "",
            "app/lib/t.txt": "",
            "app/target/x.rs": "",
            "app/tests/x.rs": "",
            "shared/all.rs": "",
        }

        assert inputs(tmp_path, files, table) == expected

    def test_path_in_the_root(self, tmp_path: Path) -> None:
        """Sources in the crate's own folder do not include those of the crates below it."""
        files = {
            **library("app/lib/used"),
            **library("app/lib/unused"),
            "app/main.rs": "",
        }
        more = (
            '[[bin]]\nname = "hello"\npath = "main.rs"\n[workspace]\nmembers = ["lib/*"]\n'
            '[dependencies]\nused = { path = "lib/used" }\n'
        )

        assert inputs(tmp_path, files, more) == {
            "app/main.rs",
            "app/lib/used/Cargo.toml",
            "app/lib/used/src/lib.rs",
            "app/lib/unused/Cargo.toml",
        }

    def test_path_outside_the_project(self, tmp_path: Path) -> None:
        """Sources outside the project are refused."""
        crates.make(tmp_path, more='[lib]\npath = "../../lib.rs"')

        with pytest.raises(HashzipError, match=r"app/Cargo.toml has sources in \.\., outside"):
            crates.inputs(tmp_path)

    def test_crate_at_the_root(self, tmp_path: Path) -> None:
        """The crate may be the project's folder; files that hashzip makes there are no inputs."""
        crates.write(
            tmp_path,
            {
                "Cargo.toml": manifest("hello", '[[bin]]\nname = "x"\npath = "main.rs"'),
                "Cargo.lock": crates.LOCK,
                "main.rs": crates.MAIN,
                ".hashzip/target/x.rs": "",
                "dist/hello/x.rs": "",
            },
        )
        crates.configure(tmp_path, source=".")

        assert crates.inputs(tmp_path) == {"Cargo.toml", "Cargo.lock", "main.rs"}

    def test_inputs(self, tmp_path: Path) -> None:
        """The key `inputs` adds files and folders, by name and by pattern."""
        files = {"a.txt": "", "data/b.txt": "", "data/c.md": "", "sql/d/e.sql": ""}
        crates.make(tmp_path, files)
        crates.configure(tmp_path, inputs=["a.txt", "sql", "data/*.md"])

        assert crates.inputs(tmp_path) - OWN == {"a.txt", "data/c.md", "sql/d/e.sql"}


class TestSettings:
    """Files with settings."""

    @pytest.mark.parametrize(
        "name",
        [
            ".cargo/config.toml",
            ".cargo/config",
            "rust-toolchain.toml",
            "rust-toolchain",
            "CargoLambda.toml",
        ],
    )
    def test_above(self, tmp_path: Path, name: str) -> None:
        """They are inputs in the crate's folder and in those above it, and in no other."""
        files = {f"app/{name}": "", name: "", f"other/{name}": "", f"app/src/{name}": ""}

        assert inputs(tmp_path, files) - {f"app/src/{name}"} == {f"app/{name}", name}

    def test_included(self, tmp_path: Path) -> None:
        """Files that cargo's settings include are inputs."""
        files = {".cargo/config.toml": 'include = ["../more.toml"]', "more.toml": "", "x.toml": ""}

        assert inputs(tmp_path, files) == {".cargo/config.toml", "more.toml"}

    def test_patched(self, tmp_path: Path) -> None:
        """Crates by which they replace others are inputs."""
        text = '[patch.crates-io]\na = { path = "forks/a" }\n'
        files = {".cargo/config.toml": text, **library("forks/a")}

        assert inputs(tmp_path, files) == {
            ".cargo/config.toml",
            "forks/a/Cargo.toml",
            "forks/a/src/lib.rs",
        }


class TestWorkspace:
    """The other crates of a workspace."""

    FILES: ClassVar = {
        "Cargo.toml": '[workspace]\nmembers = ["app", "other", "lib/*"]\n',
        "Cargo.lock": crates.LOCK,
        **library("lib/shared"),
        **library("lib/tool"),
        "other/Cargo.toml": manifest(
            "other", '[dependencies]\nshared = { path = "../lib/shared" }'
        ),
        "other/src/main.rs": crates.MAIN,
    }
    NEEDS = '[dependencies]\nshared = { path = "../lib/shared" }'

    def make(self, root: Path) -> Path:
        """Make a workspace with two functions that share a crate."""
        crates.make(root, self.FILES, self.NEEDS)
        (root / "app/Cargo.lock").unlink()
        hello = crates.HELLO
        projects.write_config(root, hello=hello, other={**hello, "source": "other"})
        return root

    def test_inputs(self, tmp_path: Path) -> None:
        """The lock is the workspace's; a member that is not compiled has only its manifest here."""
        assert crates.inputs(self.make(tmp_path)) == {
            "Cargo.toml",
            "Cargo.lock",
            "app/Cargo.toml",
            "app/src/main.rs",
            "lib/shared/Cargo.toml",
            "lib/shared/src/lib.rs",
            "lib/tool/Cargo.toml",
            "other/Cargo.toml",
        }

    @pytest.mark.parametrize(
        "path, changed",
        [
            ("lib/shared/src/lib.rs", {"hello", "other"}),
            ("Cargo.lock", {"hello", "other"}),
            ("lib/tool/Cargo.toml", {"hello", "other"}),
            ("lib/tool/src/lib.rs", set()),
            ("app/src/main.rs", {"hello"}),
            ("other/src/main.rs", {"other"}),
            ("app/tests/it.rs", set()),
        ],
    )
    def test_changed(self, tmp_path: Path, path: str, changed: set[str]) -> None:
        """A change of a file changes the fingerprints of the functions that are built from it."""
        root = self.make(tmp_path)
        before = {name: projects.fingerprint(root, name) for name in ("hello", "other")}

        crates.write(root, {path: "# changed\n[package]\nname = 'tool'\n"})

        now = {name: projects.fingerprint(root, name) for name in ("hello", "other")}
        assert {name for name in before if before[name] != now[name]} == changed

    def test_missing_lock(self, tmp_path: Path) -> None:
        """The hint makes the lock where cargo expects it."""
        (self.make(tmp_path) / "Cargo.lock").unlink()

        with pytest.raises(HashzipError, match=r"\[function.hello\] has no Cargo.lock") as caught:
            crates.inputs(tmp_path)
        assert "cargo generate-lockfile --manifest-path Cargo.toml" in caught.value.hint

    @pytest.mark.parametrize(
        "text, reason",
        [("[workspace]\n", "it is only a workspace"), ("[lib]\n", "it is not a crate")],
    )
    def test_no_crate(self, tmp_path: Path, text: str, reason: str) -> None:
        """A manifest without a package is refused."""
        crates.make(tmp_path)
        crates.write(tmp_path, {"app/Cargo.toml": text})

        with pytest.raises(HashzipError, match=rf"app/Cargo.toml has no \[package\]: {reason}"):
            crates.inputs(tmp_path)


class TestBinName:
    """The program of a function."""

    BINS: ClassVar = {
        "app/src/bin/one.rs": "",
        "app/src/bin/two/main.rs": "",
        "app/src/bin/.no.rs": "",
    }
    LISTED = '[[bin]]\nname = "listed"\npath = "src/main.rs"\n'

    @pytest.mark.parametrize(
        "head, more, expected",
        [
            ("", "", "hello"),
            ("", '[lib]\nname = "other"', "hello"),
            ("", LISTED, "listed"),
            ('edition = "2015"', '[[bin]]\nname = "x"\npath = "src/x.rs"', "x"),
            ("autobins = false", '[[bin]]\nname = "x"\npath = "src/x.rs"', "x"),
            ("autobins = false", LISTED, "listed"),
            ("", '[[bin]]\nname = "hello"', "hello"),
        ],
    )
    def test_only(self, tmp_path: Path, head: str, more: str, expected: str) -> None:
        """A crate's only program is the function; `src/main.rs` has the crate's name by default."""
        assert bin_name(tmp_path, {"app/src/x.rs": ""}, more, head) == expected

    @pytest.mark.parametrize(
        "head, more, names",
        [
            ("", "", "hello, one, two"),
            ("", LISTED, "listed, one, two"),
            ('edition = "2015"', "", "hello, one, two"),
            ("edition.workspace = true", LISTED, "listed, one, two"),
            ("", '[[bin]]\nname = "one"\npath = "src/bin/one.rs"', "hello, one, two"),
            ('default-run = "three"', "", "hello, one, two"),
        ],
    )
    def test_several(self, tmp_path: Path, head: str, more: str, names: str) -> None:
        """The error for several programs names all of them, and the hint one that works."""
        with pytest.raises(HashzipError) as caught:
            bin_name(tmp_path, {**self.BINS, "app/src/bin/none/x.rs": ""}, more, head)

        assert caught.value.message == f"app/Cargo.toml has several programs, {names}"
        assert f'bin = "{names.partition(",")[0]}"' in caught.value.hint

    def test_default(self, tmp_path: Path) -> None:
        """Of several programs, it is cargo's default."""
        assert bin_name(tmp_path, self.BINS, head='default-run = "two"') == "two"

    @pytest.mark.parametrize("head", ["", 'default-run = "two"'])
    def test_bin_key(self, tmp_path: Path, head: str) -> None:
        """The key `bin` takes precedence."""
        crates.make(tmp_path, self.BINS, head=head)
        crates.configure(tmp_path, bin="one")

        assert projects.examine(tmp_path).recipe["bin"] == "one"

    def test_unknown_bin(self, tmp_path: Path) -> None:
        """A `bin` that the crate does not have is refused, and the hint has the names."""
        crates.make(tmp_path, self.BINS)
        crates.configure(tmp_path, bin="on")

        with pytest.raises(HashzipError, match=r'has bin = "on", and app/Cargo.toml has') as caught:
            crates.inputs(tmp_path)
        assert caught.value.hint == 'did you mean "one"? known: one, hello, two'

    @pytest.mark.parametrize(
        "head, main", [("", "app/src/lib.rs"), ("autobins = false", "app/src/main.rs")]
    )
    def test_none(self, tmp_path: Path, head: str, main: str) -> None:
        """A crate without a program is refused."""
        crates.make(tmp_path, head=head)
        (tmp_path / "app/src/main.rs").rename(tmp_path / main)

        with pytest.raises(HashzipError, match=r"app/Cargo.toml has no program") as caught:
            crates.inputs(tmp_path)
        assert "src/main.rs" in caught.value.hint


class TestMany:
    """Workspaces of any size."""

    def test_crates(self, tmp_path: Path) -> None:
        """The sources of a crate in its own folder are without those of the crates below it."""
        count = 1_500
        names = [f"lib{at}" for at in range(count)]
        needs = "".join(f'{name} = {{ path = "{name}" }}\n' for name in names)
        head = f'path = "lib.rs"\n[dependencies]\n{needs}'
        files = {"app/lib.rs": "", **{f"app/src/{at}/x.rs": "" for at in range(3)}}
        for at, name in enumerate(names):
            after = f'[dependencies]\nx = {{ path = "../lib{(at + 1) % count}" }}\n'
            files |= {
                f"app/{name}/Cargo.toml": manifest(name, f'[lib]\npath = "lib.rs"\n{after}'),
                f"app/{name}/lib.rs": "",
            }
        crates.make(tmp_path, files, f"[lib]\n{head}")

        inputs = crates.inputs(tmp_path)

        assert sum(path.endswith("/lib.rs") for path in inputs) == count + 1
        assert "app/src/2/x.rs" in inputs

    def test_programs(self, tmp_path: Path) -> None:
        """Folders in a folder that is an input as a whole are no further inputs."""
        bins = "".join(
            f'[[bin]]\nname = "b{at}"\npath = "src/b/{at}/main.rs"\n' for at in range(5_000)
        )
        crates.make(tmp_path, {"app/src/b/1/main.rs": ""}, bins)
        crates.configure(tmp_path, bin="b1")

        assert "app/src/b/1/main.rs" in crates.inputs(tmp_path)


@needs_cargo
class TestCargo:
    """A comparison with cargo, on a workspace with most of these features."""

    FILES: ClassVar = {
        "Cargo.toml": (
            '[workspace]\nmembers = ["app", "lib/*"]\nexclude = ["out"]\nresolver = "2"\n'
            '[workspace.dependencies]\none = { path = "lib/one" }\n'
        ),
        **library("lib/one", '[dependencies]\ntwo = { path = "../two" }', "mod deep;\n"),
        "lib/one/src/deep/mod.rs": 'pub const PAGE: &str = include_str!("page.html");\n',
        "lib/one/src/deep/page.html": "",
        **library("lib/two", '[lib]\npath = "code/all.rs"'),
        "lib/two/code/all.rs": "mod more;\n",
        "lib/two/code/more.rs": "",
        **library("lib/unused"),
        **library("out/three", '[target."cfg(unix)".dependencies]\nfour = { path = "../four" }'),
        **library("out/four"),
        "app/src/bin/.no.rs": "",
        "app/make/main.rs": "mod more;\nfn main() {}\n",
        "app/make/more.rs": "",
        "app/src/bin/more/main.rs": "mod inner;\nfn main() {}\n",
        "app/src/bin/more/inner.rs": "",
    }
    MORE = (
        "[dependencies]\none.workspace = true\n"
        '[build-dependencies]\nthree = { path = "../out/three" }\n'
        '[[bin]]\nname = "third"\npath = "programs/third.rs"\n'
    )

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """Return the workspace."""
        files = {**self.FILES, "app/programs/third.rs": "mod x;\nfn main() {}\n"}
        files["app/programs/x.rs"] = ""
        root = crates.make(tmp_path / "project", files, self.MORE, 'build = "make/main.rs"')
        crates.configure(root, bin="more")
        crates.lock(root, ".")
        (root / "app/Cargo.lock").unlink(missing_ok=True)
        return root

    def test_dep_info(self, root: Path, tmp_path: Path) -> None:
        """Each file that the compiler reads is an input, except one that no rule covers."""
        crates.write(root, {"app/src/bin/more/inner.rs": 'include!("../../../../hidden.rs");\n'})
        crates.write(root, {"hidden.rs": ""})
        target = tmp_path / "target"
        subprocess.run(
            ["cargo", "build", "--offline", "--locked", "--bins", "--quiet"],
            cwd=root / "app",
            env={**os.environ, "CARGO_TARGET_DIR": str(target)},
            check=True,
        )
        read = {
            os.path.relpath(os.path.join(root, path), root)
            for rule in target.glob("debug/**/*.d")
            for path in dep_info.read(rule)
        }
        sources = {path for path in read if not path.startswith("..")}

        assert len(sources) > 10
        assert sources - crates.inputs(root) == {"hidden.rs"}

    def test_programs(self, root: Path) -> None:
        """The programs are those that cargo lists."""
        listing = subprocess.run(
            ["cargo", "metadata", "--no-deps", "--offline", "--format-version", "1"],
            cwd=root / "app",
            capture_output=True,
            check=True,
        ).stdout
        (package,) = [p for p in json.loads(listing)["packages"] if p["name"] == "hello"]
        theirs = {t["name"] for t in package["targets"] if t["kind"] == ["bin"]}
        crates.configure(root)

        with pytest.raises(HashzipError) as caught:
            crates.inputs(root)

        assert caught.value.message.partition("programs, ")[2] == ", ".join(sorted(theirs))
        assert len(theirs) == 3
