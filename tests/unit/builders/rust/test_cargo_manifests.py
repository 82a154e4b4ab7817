"""Which crates a crate is compiled with, and which cargo only reads. Without cargo."""

from pathlib import Path

import pytest

from hashzip.builders.rust.cargo_manifests import Manifests
from hashzip.errors import HashzipError
from tests.support import crates
from tests.support.crates import library, manifest

WORKSPACE = '[workspace]\nmembers = ["app", "lib/*"]\n'


def read(root: Path, files: dict[str, str]) -> Manifests:
    """Writes manifests, and answers what reads them."""
    root.mkdir(exist_ok=True)
    crates.write(root, files)
    return Manifests(str(root), "[function.hello]")


def compiled(root: Path, files: dict[str, str]) -> list[str]:
    """Answers the folders of what `app` is compiled with, without its own."""
    first, *others = read(root, files).compiled("app", [])
    assert first == "app"
    return sorted(others)


def needs(more: str) -> dict[str, str]:
    """Answers the manifests of an app that needs something."""
    return {"app/Cargo.toml": manifest("app", more)}


class TestCompiled:
    """What is compiled."""

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
        """A dependency with a path is, in whatever table it stands, and none without one."""
        text = f'{table}\na = {{ path = "../a" }}\nserde = "1"\nb = {{ version = "1" }}\n'

        assert compiled(tmp_path, {**needs(text), **library("a"), **library("b")}) == ["a"]

    @pytest.mark.parametrize(
        "table", ["[dev-dependencies]", "[target.'cfg(unix)'.dev-dependencies]"]
    )
    def test_development(self, tmp_path: Path, table: str) -> None:
        """What is for tests only is not compiled; cargo reads its manifest."""
        files = {**needs(f'{table}\na = {{ path = "../a" }}\n'), **library("a")}

        assert compiled(tmp_path, files) == []
        assert read(tmp_path, files).read_too(["app"]) == {"a"}

    def test_transitive(self, tmp_path: Path) -> None:
        """A dependency's dependency is, by its path from there; circles end."""
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
        """What the workspace's manifest puts in the place of others is, by its path from there."""
        files = {
            "Cargo.toml": f'{WORKSPACE}{table}\n"a:0.1.0" = {{ path = "forks/a" }}\n',
            **needs('[dependencies]\na = "0.1"\n'),
            **library("forks/a"),
        }

        assert compiled(tmp_path, files) == ["forks/a"]

    def test_replaced_elsewhere(self, tmp_path: Path) -> None:
        """Cargo takes such a table from the workspace's manifest alone."""
        files = {
            "Cargo.toml": WORKSPACE,
            **needs('[patch.crates-io]\na = { path = "../forks/a" }\n'),
            **library("forks/a"),
        }

        assert compiled(tmp_path, files) == []

    def test_inherited(self, tmp_path: Path) -> None:
        """`workspace = true` stands for the workspace's own line, whose path is from there."""
        files = {
            "Cargo.toml": f'{WORKSPACE}[workspace.dependencies]\na = {{ path = "lib/a" }}\n',
            **needs("[dependencies]\na.workspace = true\nb = { workspace = true }\n"),
            **library("lib/a"),
        }

        assert compiled(tmp_path, files) == ["lib/a"]

    def test_inherited_in_another_workspace(self, tmp_path: Path) -> None:
        """A crate out of the workspace inherits from its own, whose manifest is read."""
        files = {
            **needs('[workspace]\n[dependencies]\na = { path = "../other/a" }\n'),
            "other/Cargo.toml": (
                '[workspace]\nmembers = ["a"]\n[workspace.dependencies]\nb = { path = "b" }\n'
            ),
            **library("other/a", "[dependencies]\nb.workspace = true\n"),
            **library("other/b"),
        }

        found = read(tmp_path, files)

        assert sorted(found.compiled("app", [])) == ["app", "other/a", "other/b"]
        assert found.read_too(["app", "other/a", "other/b"]) == {"other"}

    def test_missing(self, tmp_path: Path) -> None:
        """One that is not there is named, and who needs it."""
        with pytest.raises(HashzipError, match=r"\[function.hello\] needs a/Cargo.toml, and there"):
            compiled(tmp_path, needs('[dependencies]\na = { path = "../a" }\n'))

    @pytest.mark.parametrize("path", ["../../a", "/a", "../..", "a\\u0000b"])
    def test_outside(self, tmp_path: Path, path: str) -> None:
        """One out of the project is named, with the manifest that has it."""
        with pytest.raises(HashzipError, match=r"app/Cargo.toml has the crate a in .*, out of"):
            compiled(tmp_path, needs(f'[dependencies]\na = {{ path = "{path}" }}\n'))


class TestWorkspace:
    """Which workspace a crate is in."""

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
        """The nearest above that does not leave it out, or that a crate on the way points to."""
        found = read(tmp_path, {"one/app/Cargo.toml": manifest("app"), **files})

        assert found.workspace("one/app") == expected

    @pytest.mark.parametrize(
        "own, expected",
        [
            (manifest("app", "[workspace]"), "app"),
            (manifest("app", head='workspace = "../top"'), "top"),
            (manifest("app"), "."),
        ],
    )
    def test_own(self, tmp_path: Path, own: str, expected: str) -> None:
        """What the crate's manifest says goes before what is above."""
        found = read(tmp_path, {"app/Cargo.toml": own, "Cargo.toml": "[workspace]\n"})

        assert found.workspace("app") == expected

    @pytest.mark.parametrize("home", ["app", "."])
    def test_out_of_the_project(self, tmp_path: Path, home: str) -> None:
        """One above the project is refused, unless it leaves the crate out."""
        found = read(tmp_path / "project", {f"{home}/Cargo.toml": manifest("app")})
        crates.write(tmp_path, {"Cargo.toml": "[workspace]\n"})
        with pytest.raises(HashzipError, match="is in the workspace of") as caught:
            found.workspace(home)
        assert str(tmp_path / "Cargo.toml") in caught.value.message

        crates.write(tmp_path, {"Cargo.toml": '[workspace]\nexclude = ["project"]\n'})
        assert found.workspace(home) == home

    def test_pointer_out_of_the_project(self, tmp_path: Path) -> None:
        """So is one that the manifest points to."""
        found = read(tmp_path, {"app/Cargo.toml": manifest("app", head='workspace = "../../x"')})

        with pytest.raises(HashzipError, match=r"app/Cargo.toml has the workspace in '../../x'"):
            found.workspace("app")


class TestRead:
    """What cargo reads, and does not compile."""

    @pytest.mark.parametrize(
        "settings, expected",
        [
            ('members = ["app", "lib/a"]', {".", "lib/a"}),
            ('members = ["app", "lib/*"]', {".", "lib/a", "lib/b"}),
            ('members = ["app", "**/b"]', {".", "lib/b"}),
            ('members = ["app", "lib/*"]\nexclude = ["lib/a"]', {".", "lib/b"}),
            ('members = ["app", "lib/a"]\nexclude = ["lib"]', {".", "lib/a"}),
            ('members = ["app", "nowhere", "../out", 7]', {"."}),
            ('members = "app"', {"."}),
        ],
    )
    def test_members(self, tmp_path: Path, settings: str, expected: set[str]) -> None:
        """Those of the workspace's other members that have a manifest."""
        files = {
            "Cargo.toml": f"[workspace]\n{settings}\n",
            "app/Cargo.toml": manifest("app"),
            **library("lib/a"),
            **library("lib/b"),
            "lib/none/README.md": "",
        }

        assert read(tmp_path, files).read_too(["app"]) == expected

    def test_paths_of_members(self, tmp_path: Path) -> None:
        """And what these have by a path, which cargo takes for members too."""
        files = {
            "Cargo.toml": '[workspace]\nmembers = ["app", "lib/a"]\n',
            "app/Cargo.toml": manifest("app"),
            **library("lib/a", '[dev-dependencies]\nb = { path = "../b" }\n'),
            **library("lib/b", '[dependencies]\nc = { path = "../../../c" }\n'),
        }

        assert read(tmp_path, files).read_too(["app"]) == {".", "lib/a", "lib/b"}


class TestMalformed:
    """Manifests that are none."""

    @pytest.mark.parametrize(
        "text",
        [
            "package = 1\nworkspace = 1\n",
            "dependencies = []\ntarget = 1\npatch = ''\nreplace = 7\n",
            "[workspace]\nmembers = {}\nexclude = [[]]\ndependencies = 1\n",
            "[dependencies]\na = 7\nb = []\nc = { path = 7 }\nd = { workspace = 'true' }\n",
            "[target]\nx = 1\n[patch]\ny = 1\n",
            "[dependencies]\na.workspace = true\n",
        ],
    )
    def test_types(self, tmp_path: Path, text: str) -> None:
        """Values of other types count for nothing: cargo will refuse them."""
        found = read(tmp_path, {"app/Cargo.toml": text})

        assert list(found.compiled("app", [])) == ["app"]
        assert found.read_too(["app"]) == set()

    @pytest.mark.parametrize("text", ["[package", "\udcff", "a = " + "[" * 5_000])
    def test_no_toml(self, tmp_path: Path, text: str) -> None:
        """What is no TOML is named, with the line."""
        (tmp_path / "app").mkdir()
        (tmp_path / "app/Cargo.toml").write_bytes(text.encode(errors="surrogateescape"))

        with pytest.raises(HashzipError, match=r"app/Cargo.toml is not valid TOML"):
            Manifests(str(tmp_path), "[function.hello]").manifest("app")
