"""The crates that a crate is compiled with, and those that cargo only reads, without cargo."""

from pathlib import Path

import pytest

from hashzip.builders.rust.cargo_manifests import Manifests
from hashzip.errors import HashzipError
from tests.support import crates
from tests.support.crates import library, manifest

WORKSPACE = '[workspace]\nmembers = ["app", "lib/*"]\n'


def read(root: Path, files: dict[str, str]) -> Manifests:
    """Write manifests, and return their reader."""
    root.mkdir(exist_ok=True)
    crates.write(root, files)
    return Manifests(str(root), "[function.hello]")


def compiled(root: Path, files: dict[str, str]) -> list[str]:
    """Return the folders of the crates that `app` is compiled with, without its own."""
    first, *others = read(root, files).compiled("app", [])
    assert first == "app"
    return sorted(others)


def needs(more: str) -> dict[str, str]:
    """Return the manifest of an app with more tables."""
    return {"app/Cargo.toml": manifest("app", more)}


class TestCompiled:
    """Crates that are compiled."""

    @pytest.mark.parametrize(
        "table",
        [
            "[dependencies]",
            "[build-dependencies]",
            "[build_dependencies]",
            "[target.'cfg(unix)'.dependencies]",
            "[target.x86_64-unknown-linux-gnu.build-dependencies]",
        ],
    )
    def test_kinds(self, tmp_path: Path, table: str) -> None:
        """A dependency with a path is among them, whichever table has it."""
        text = f'{table}\na = {{ path = "../a" }}\nserde = "1"\nb = {{ version = "1" }}\n'

        assert compiled(tmp_path, {**needs(text), **library("a"), **library("b")}) == ["a"]

    @pytest.mark.parametrize(
        "table", ["[dev-dependencies]", "[target.'cfg(unix)'.dev-dependencies]"]
    )
    def test_development(self, tmp_path: Path, table: str) -> None:
        """A dependency of tests alone is not compiled, but cargo reads its manifest."""
        files = {**needs(f'{table}\na = {{ path = "../a" }}\n'), **library("a")}

        assert compiled(tmp_path, files) == []
        assert read(tmp_path, files).uncompiled(["app"]) == {"a"}

    def test_transitive(self, tmp_path: Path) -> None:
        """The dependencies of a dependency are compiled, by their paths from there; cycles end."""
        files = {
            **needs('[dependencies]\na = { path = "../libs/a" }\n'),
            **library("libs/a", '[dependencies]\nb = { path = "../b" }\n'),
            **library("libs/b", '[dependencies]\na = { path = "../a" }\n'),
        }

        assert compiled(tmp_path, files) == ["libs/a", "libs/b"]

    @pytest.mark.parametrize(
        "table", ["[patch.crates-io]", "[patch.'https://example.com/a']", "[replace]"]
    )
    def test_replaced(self, tmp_path: Path, table: str) -> None:
        """A crate by which the workspace's manifest replaces another is compiled."""
        files = {
            "Cargo.toml": f'{WORKSPACE}{table}\n"a:0.1.0" = {{ path = "forks/a" }}\n',
            **needs('[dependencies]\na = "0.1"\n'),
            **library("forks/a"),
        }

        assert compiled(tmp_path, files) == ["forks/a"]

    def test_replaced_elsewhere(self, tmp_path: Path) -> None:
        """Such a table counts in the workspace's manifest alone."""
        files = {
            "Cargo.toml": WORKSPACE,
            **needs('[patch.crates-io]\na = { path = "../forks/a" }\n'),
            **library("forks/a"),
        }

        assert compiled(tmp_path, files) == []

    def test_inherited(self, tmp_path: Path) -> None:
        """`workspace = true` stands for the workspace's entry, with a path from there."""
        files = {
            "Cargo.toml": f'{WORKSPACE}[workspace.dependencies]\na = {{ path = "lib/a" }}\n',
            **needs("[dependencies]\na.workspace = true\nb = { workspace = true }\n"),
            **library("lib/a"),
        }

        assert compiled(tmp_path, files) == ["lib/a"]

    def test_inherited_in_another_workspace(self, tmp_path: Path) -> None:
        """A crate outside the workspace inherits from its own workspace, whose manifest is read."""
        files = {
            **needs('[workspace]\n[dependencies]\na = { path = "../other/a" }\n'),
            "other/Cargo.toml": (
                '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\nb = { path = "b" }\n'
            ),
            **library("other/a", "[dependencies]\nb.workspace = true\n"),
            **library("other/b"),
        }

        manifests = read(tmp_path, files)

        assert sorted(manifests.compiled("app", [])) == ["app", "other/a", "other/b"]
        assert manifests.uncompiled(["app", "other/a", "other/b"]) == {"other"}

    def test_missing(self, tmp_path: Path) -> None:
        """The error for a missing crate names it and the function that needs it."""
        with pytest.raises(HashzipError, match=r"\[function.hello\] needs a/Cargo.toml, which"):
            compiled(tmp_path, needs('[dependencies]\na = { path = "../a" }\n'))

    @pytest.mark.parametrize("path", ["../../a", "/a", "../..", "a\\u0000b"])
    def test_outside(self, tmp_path: Path, path: str) -> None:
        """The error for a crate outside the project names it and the manifest that needs it."""
        with pytest.raises(HashzipError, match=r"app/Cargo.toml has the crate a in .*, outside"):
            compiled(tmp_path, needs(f'[dependencies]\na = {{ path = "{path}" }}\n'))


class TestWorkspace:
    """The workspace of a crate."""

    @pytest.mark.parametrize(
        "files, expected",
        [
            ({}, "one/app"),
            ({"Cargo.toml": "[workspace]\n"}, "."),
            ({"one/Cargo.toml": "[workspace]\n", "Cargo.toml": "[workspace]\n"}, "one"),
            ({"one/Cargo.toml": manifest("one"), "Cargo.toml": "[workspace]\n"}, "."),
            ({"Cargo.toml": manifest("top")}, "one/app"),
            ({"Cargo.toml": '[workspace]\nexclude = ["one"]\n'}, "one/app"),
            ({"Cargo.toml": '[workspace]\nexclude = ["one/ap"]\n'}, "."),
            (
                {"Cargo.toml": '[workspace]\nmembers = ["one/app"]\nexclude = ["one"]\n'},
                ".",
            ),
            (
                {"Cargo.toml": '[workspace]\nmembers = ["one/*"]\nexclude = ["one"]\n'},
                "one/app",
            ),
            (
                {"one/Cargo.toml": manifest("one", head='workspace = "../top"')},
                "top",
            ),
        ],
    )
    def test_above(self, tmp_path: Path, files: dict[str, str], expected: str) -> None:
        """It is the nearest above that does not exclude the crate, or one that a manifest names."""
        manifests = read(tmp_path, {"one/app/Cargo.toml": manifest("app"), **files})

        assert manifests.workspace("one/app") == expected

    @pytest.mark.parametrize(
        "own, expected",
        [
            (manifest("app", "[workspace]"), "app"),
            (manifest("app", head='workspace = "../top"'), "top"),
            (manifest("app"), "."),
        ],
    )
    def test_own(self, tmp_path: Path, own: str, expected: str) -> None:
        """The crate's own manifest takes precedence over those above it."""
        manifests = read(tmp_path, {"app/Cargo.toml": own, "Cargo.toml": "[workspace]\n"})

        assert manifests.workspace("app") == expected

    @pytest.mark.parametrize("crate_dir", ["app", "."])
    def test_outside_the_project(self, tmp_path: Path, crate_dir: str) -> None:
        """A workspace above the project is refused, unless it excludes the crate."""
        manifests = read(tmp_path / "project", {f"{crate_dir}/Cargo.toml": manifest("app")})
        crates.write(tmp_path, {"Cargo.toml": "[workspace]\n"})
        with pytest.raises(HashzipError, match="is in the workspace of") as caught:
            manifests.workspace(crate_dir)
        assert str(tmp_path / "Cargo.toml") in caught.value.message

        crates.write(tmp_path, {"Cargo.toml": '[workspace]\nexclude = ["project"]\n'})
        assert manifests.workspace(crate_dir) == crate_dir

    def test_named_outside_the_project(self, tmp_path: Path) -> None:
        """A workspace outside the project that the manifest names is refused."""
        own = manifest("app", head='workspace = "../../x"')
        manifests = read(tmp_path, {"app/Cargo.toml": own})

        with pytest.raises(HashzipError, match=r"app/Cargo.toml has the workspace in '../../x'"):
            manifests.workspace("app")


class TestUncompiled:
    """Crates that cargo reads and does not compile."""

    @pytest.mark.parametrize(
        "settings, expected",
        [
            ('members = ["app", "lib/a"]', {".", "lib/a"}),
            ('members = ["app", "lib/*"]', {".", "lib/a", "lib/b"}),
            ('members = ["app", "**/b"]', {".", "lib/b"}),
            ('members = ["app", "lib/*"]\nexclude = ["lib/a"]', {".", "lib/b"}),
            ('members = ["app", "lib/a"]\nexclude = ["lib"]', {".", "lib/a"}),
            ('members = ["app", "nowhere", "../out", "/out", "/**", "../**", "a\\u0000"]', {"."}),
            ('members = ["app", "**"]', {".", "lib/a", "lib/b"}),
            ('members = ["app", "lib/../lib/?"]', {".", "lib/a", "lib/b"}),
            ('members = ["app", "*/../lib/[ab]"]', {".", "lib/a", "lib/b"}),
        ],
    )
    def test_members(self, tmp_path: Path, settings: str, expected: set[str]) -> None:
        """They are the workspace's other members that have a manifest."""
        files = {
            "Cargo.toml": f"[workspace]\n{settings}\n",
            "app/Cargo.toml": manifest("app"),
            **library("lib/a"),
            **library("lib/b"),
            "lib/none/README.md": "",
        }

        assert read(tmp_path, files).uncompiled(["app"]) == expected

    def test_paths_of_members(self, tmp_path: Path) -> None:
        """Dependencies of members by a path are among them: cargo takes these for members too."""
        files = {
            "Cargo.toml": '[workspace]\nmembers = ["app", "lib/a"]\n',
            "app/Cargo.toml": manifest("app"),
            **library("lib/a", '[dev-dependencies]\nb = { path = "../b" }\n'),
            **library("lib/b", '[dependencies]\nc = { path = "../../../c" }\n'),
        }

        assert read(tmp_path, files).uncompiled(["app"]) == {".", "lib/a", "lib/b"}


def test_byte_order_mark(tmp_path: Path) -> None:
    """A manifest may begin with a byte order mark, in a folder above the project too."""
    crates.write(tmp_path, {"Cargo.toml": "\ufeff[workspace]\n", "p/app/Cargo.toml": "\ufeff[a]\n"})
    manifests = Manifests(str(tmp_path / "p"), "[function.hello]")

    assert manifests.manifest("app") == {"a": {}}
    with pytest.raises(HashzipError, match="is in the workspace of"):
        manifests.workspace("app")


class TestMalformed:
    """Damaged manifests."""

    @pytest.mark.parametrize(
        "text, problem",
        [
            ("package = 1\n", "package must be a table, not 1"),
            ("[package]\nname = ['x']\n", "package.name must be a string, not a list"),
            ("[package]\nworkspace = 5\n", "package.workspace must be a string, not 5"),
            ("[package]\nautobins = 'x'\n", 'package.autobins must be a boolean, not "x"'),
            ("[package]\nbuild = [5]\n", "package.build[0] must be a string, not 5"),
            ("[lib]\npath = []\n", "lib.path must be a string, not an empty list"),
            ("bin = 5\n", "bin must be a list, not 5"),
            ("[[bin]]\nname = true\n", "bin[0].name must be a string, not true"),
            ("[[bin]]\nrequired-features = 5\n", "bin[0].required-features must be a list"),
            ("workspace = 1\n", "workspace must be a table, not 1"),
            ("[workspace]\nmembers = ['a', 7]\n", "workspace.members[1] must be a string, not 7"),
            ("[workspace]\nexclude = [[]]\n", "workspace.exclude[0] must be a string"),
            ("dependencies = []\n", "dependencies must be a table, not an empty list"),
            ("[dependencies]\na = 7\n", "dependencies.a must be a table, not 7"),
            ("[dependencies]\na.path = 7\n", "dependencies.a.path must be a string, not 7"),
            ("[dependencies]\na.workspace = 'true'\n", "dependencies.a.workspace must be"),
            ("[target]\nx = 1\n", "target.x must be a table, not 1"),
            ("[target.x.dependencies]\na = 1\n", "target.x.dependencies.a must be a table"),
            ("patch = ''\n", "patch must be a table"),
            ("[patch]\ny = 1\n", "patch.y must be a table, not 1"),
            ("replace = 7\n", "replace must be a table, not 7"),
        ],
    )
    def test_types(self, tmp_path: Path, text: str, problem: str) -> None:
        """Values of other types than cargo takes are refused, with their place."""
        with pytest.raises(HashzipError) as caught:
            read(tmp_path, {"app/Cargo.toml": text}).compiled("app", [])

        assert f"app/Cargo.toml is not a valid Cargo manifest: {problem}" in caught.value.message

    def test_absent(self, tmp_path: Path) -> None:
        """A dependency that the workspace does not have is none here: cargo refuses it."""
        text = "[dependencies]\na.workspace = true\n"

        assert list(read(tmp_path, {"app/Cargo.toml": text}).compiled("app", [])) == ["app"]

    def test_no_path(self, tmp_path: Path) -> None:
        """A path that no system takes is refused."""
        text = '[dependencies]\na.path = "a\\u0000"\n'

        with pytest.raises(HashzipError, match="has the crate a in 'a"):
            read(tmp_path, {"app/Cargo.toml": text}).compiled("app", [])

    @pytest.mark.parametrize("text", ["[package", "\udcff", "a = " + "[" * 5_000])
    def test_invalid_toml(self, tmp_path: Path, text: str) -> None:
        """The error for invalid TOML names the file."""
        (tmp_path / "app").mkdir()
        (tmp_path / "app/Cargo.toml").write_bytes(text.encode(errors="surrogateescape"))

        with pytest.raises(HashzipError, match=r"app/Cargo\.toml is not a valid Cargo manifest: n"):
            Manifests(str(tmp_path), "[function.hello]").manifest("app")
