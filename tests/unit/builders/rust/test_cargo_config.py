"""`.cargo/config.toml` files, read as cargo reads them, but without cargo."""

from pathlib import Path

import pytest

from hashzip.builders.rust import cargo_config
from hashzip.errors import HashzipError
from tests.support import crates

LINUX = "x86_64-unknown-linux-gnu"
CFGS = frozenset(['target_os="linux"', "unix", 'target_arch="x86_64"', 'target_feature="sse2"'])


def flags(root: Path, *texts: str) -> list[str]:
    """Write files in ascending order of precedence, and return their flags."""
    names = [f"{number}.toml" for number in range(len(texts))]
    crates.write(root, dict(zip(names, texts, strict=True)))
    return cargo_config.rustflags(str(root), names, LINUX, CFGS)


class TestFiles:
    """The files that apply."""

    def test_above(self, tmp_path: Path) -> None:
        """Each folder from the project's to the crate's may have one; the nearest comes last."""
        names = (".cargo/config.toml", "a/.cargo/config.toml", "a/b/.cargo/config.toml")
        crates.write(tmp_path, dict.fromkeys((*names, "c/.cargo/config.toml"), ""))

        assert cargo_config.files(str(tmp_path), "a/b") == list(names)

    def test_old_name(self, tmp_path: Path) -> None:
        """If a folder has files of both names, cargo reads the one with the old name."""
        crates.write(tmp_path, {".cargo/config.toml": "", ".cargo/config": ""})

        assert cargo_config.files(str(tmp_path), ".") == [".cargo/config"]

    @pytest.mark.parametrize(
        "include",
        [
            '"more.toml"',
            '["more.toml"]',
            '[{ path = "more.toml", optional = true }]',
        ],
    )
    def test_included(self, tmp_path: Path, include: str) -> None:
        """An included file comes before the file that includes it."""
        text = f"include = {include}\n"
        crates.write(tmp_path, {".cargo/config.toml": text, ".cargo/more.toml": ""})

        files = cargo_config.files(str(tmp_path), ".")

        assert files == [".cargo/more.toml", ".cargo/config.toml"]

    @pytest.mark.parametrize("include", ['"none.toml"', '"config.toml"', '["config.toml"]'])
    def test_odd_include(self, tmp_path: Path, include: str) -> None:
        """A file that is missing, or the same one, is skipped."""
        crates.write(tmp_path, {".cargo/config.toml": f"include = {include}\n"})

        assert cargo_config.files(str(tmp_path), ".") == [".cargo/config.toml"]

    @pytest.mark.parametrize("path", ["../../x.toml", "/x.toml"])
    def test_include_outside(self, tmp_path: Path, path: str) -> None:
        """A file outside the project, which is no input, is refused."""
        crates.write(tmp_path / "p", {".cargo/config.toml": f"include = '{path}'\n"})

        with pytest.raises(HashzipError, match=r"config\.toml includes '.*', outside the"):
            cargo_config.files(str(tmp_path / "p"), ".")

    def test_includes_of_each_other(self, tmp_path: Path) -> None:
        """Of files that all include each other, each is read once, before who includes it."""
        names = [f"{number}.toml" for number in range(60)]
        text = f"include = {names}\n"
        crates.write(tmp_path, {f".cargo/{name}": text for name in names})
        crates.write(tmp_path, {".cargo/config.toml": text})

        paths = cargo_config.files(str(tmp_path), ".")

        assert paths[-1] == ".cargo/config.toml"
        assert sorted(paths[:-1]) == sorted(f".cargo/{name}" for name in names)

    def test_long_chain(self, tmp_path: Path) -> None:
        """A chain of any length is followed."""
        files = {f".cargo/{at}.toml": f"include = '{at + 1}.toml'\n" for at in range(1_100)}
        crates.write(tmp_path, {**files, ".cargo/config.toml": "include = '0.toml'\n"})

        assert cargo_config.files(str(tmp_path), ".")[::-1] == [".cargo/config.toml", *files]


class TestFlags:
    """Compiler flags."""

    @pytest.mark.parametrize(
        "text, expected",
        [
            ("[build]\nrustflags = ['-a', 'b c']", ["-a", "b c"]),
            ("[build]\nrustflags = '-a  b c'", ["-a", "b", "c"]),
            (f"[target.{LINUX}]\nrustflags = ['-a']\n[build]\nrustflags = ['-b']", ["-a"]),
            (f"[target.{LINUX}]\nlinker = 'x'\n[build]\nrustflags = ['-b']", ["-b"]),
            ("[target.aarch64-x]\nrustflags = ['-a']\n[build]\nrustflags = ['-b']", ["-b"]),
            (
                f"[target.'cfg(unix)']\nrustflags = ['-c']\n[target.{LINUX}]\nrustflags = ['-a']",
                ["-a", "-c"],
            ),
            ("", []),
        ],
    )
    def test_table(self, tmp_path: Path, text: str, expected: list[str]) -> None:
        """They come from matching target tables, or from `[build]` if none of these has flags."""
        assert flags(tmp_path, text) == expected

    def test_byte_order_mark(self, tmp_path: Path) -> None:
        """A file may begin with a byte order mark."""
        text = '[build]\nrustflags = ["-a"]\n'

        assert flags(tmp_path, f"\ufeff{text}") == ["-a"]

    @pytest.mark.parametrize(
        "text, problem",
        [
            ("not TOML", "not valid TOML"),
            ("build = 1", "build must be a table, not 1"),
            ("[target]\nx = 1", "target.x must be a table, not 1"),
            ("[build]\nrustflags = 7", "build.rustflags must be a list, not 7"),
            ("[target.x]\nrustflags = [7]", r"target.x.rustflags\[0\] must be a string, not 7"),
            ("include = [7]", r"include\[0\] must be a table, not 7"),
            ("include = {}", r"include\[0\].path is missing"),
            ("paths = 'x'", 'paths must be a list, not "x"'),
            ("[patch]\nx = 1", "patch.x must be a table, not 1"),
            ("[patch.x]\na = { path = 1 }", "patch.x.a.path must be a string, not 1"),
        ],
    )
    def test_malformed(self, tmp_path: Path, text: str, problem: str) -> None:
        """What cargo would not take is refused, with its place."""
        with pytest.raises(
            HashzipError, match=f"^0.toml is not a valid Cargo configuration: {problem}"
        ):
            flags(tmp_path, text)

    def test_joined(self, tmp_path: Path) -> None:
        """Lists of several files are joined, the nearest last; of strings, the nearest wins."""
        far, near = "[build]\nrustflags = ['-a']", "[build]\nrustflags = ['-b']"

        assert flags(tmp_path, far, near) == ["-a", "-b"]
        assert flags(tmp_path, "[build]\nrustflags = '-a'", "[build]\nrustflags = '-b'") == ["-b"]

    @pytest.mark.parametrize(
        "condition, fits",
        [
            ("unix", True),
            ("windows", False),
            ("not(windows)", True),
            ("not(unix)", False),
            ('target_os = "linux"', True),
            ('target_os="macos"', False),
            ('all(unix, target_arch = "x86_64")', True),
            ("all(unix, windows)", False),
            ("any(windows, unix)", True),
            ("any(windows)", False),
            ("all()", True),
            ("any()", False),
            ("not(all(unix, any(windows, not(unix))))", True),
            ("true", True),
            ("false", False),
            ("all(unix", False),
            ("(unix)", False),
        ],
    )
    def test_condition(self, tmp_path: Path, condition: str, *, fits: bool) -> None:
        """A condition is evaluated as the compiler does."""
        result = flags(tmp_path, f"[target.'cfg({condition})']\nrustflags = ['-a']")

        assert result == (["-a"] if fits else [])


class TestString:
    """Flags for all targets that are a string."""

    @pytest.mark.parametrize(
        "text, expected",
        [
            ("[build]\nrustflags = '-a b'", "-a b"),
            ("[build]\nrustflags = ['-a', 'b']", None),
            (f"[target.{LINUX}]\nrustflags = '-a'", None),
        ],
    )
    def test_string(self, tmp_path: Path, text: str, expected: str | None) -> None:
        """The string is returned, but no list, and no string of a target table."""
        crates.write(tmp_path, {"a.toml": "", "b.toml": text})

        assert cargo_config.rustflags_string(str(tmp_path), ["a.toml", "b.toml"]) == expected


class TestCrates:
    """Crates that replace others."""

    def test_paths(self, tmp_path: Path) -> None:
        """Their paths are relative to the folder that contains `.cargo`."""
        text = 'paths = ["over/a"]\n[patch.crates-io]\nb = { path = "../b" }\nc = { git = "x" }\n'
        crates.write(tmp_path, {"app/.cargo/config.toml": text})

        assert set(cargo_config.replacement_crates(str(tmp_path), "app")) == {"app/over/a", "b"}
        assert list(cargo_config.replacement_crates(str(tmp_path), ".")) == []

    def test_included(self, tmp_path: Path) -> None:
        """Files that are included may name such crates too."""
        files = {
            ".cargo/config.toml": "include = '../conf/.cargo/more.toml'\n",
            "conf/.cargo/more.toml": "paths = ['a']\n",
        }
        crates.write(tmp_path, files)

        assert list(cargo_config.replacement_crates(str(tmp_path), "app")) == ["conf/a"]


class TestOutside:
    """Files outside the project."""

    @pytest.mark.parametrize(
        "text, keys",
        [
            ("[build]\nrustflags = ['-a']", ["build.rustflags"]),
            (f"[target.{LINUX}]\nrustflags = ['-a']", [f"target.{LINUX}.rustflags"]),
            ("[profile.release]\nlto = true\n[env]\nA = '1'", ["env", "profile"]),
            (f"[build]\njobs = 1\n[target.{LINUX}]\nlinker = 'x'\n[net]\nretry = 1", None),
            ("target = 1\nbuild = 1", None),
        ],
    )
    @pytest.mark.parametrize("path", ["up/.cargo/config.toml", "home/config.toml", "home/config"])
    def test_keys(self, tmp_path: Path, path: str, text: str, keys: list[str] | None) -> None:
        """They are listed with the keys that change the program, if they have any."""
        root = tmp_path / "up/project"
        root.mkdir(parents=True)
        crates.write(root, {".cargo/config.toml": "[build]\nrustflags = ['-a']"})
        crates.write(tmp_path, {path: text})

        files = dict(cargo_config.outside(str(root), str(tmp_path / "home")))

        assert files.get(str(tmp_path / path)) == keys
        assert str(root / ".cargo/config.toml") not in files
