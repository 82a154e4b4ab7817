"""What `.cargo/config.toml` says, as cargo reads it. Without cargo."""

from pathlib import Path

import pytest

from hashzip.builders.rust import cargo_config
from tests.support import crates

LINUX = "x86_64-unknown-linux-gnu"
CFGS = frozenset(['target_os="linux"', "unix", 'target_arch="x86_64"', 'target_feature="sse2"'])


def flags(root: Path, *texts: str) -> list[str]:
    """Answers the flags that files have, those that count most at the end."""
    names = [f"{number}.toml" for number in range(len(texts))]
    crates.write(root, dict(zip(names, texts, strict=True)))
    return cargo_config.flags(str(root), names, LINUX, CFGS)


class TestFiles:
    """Which files apply."""

    def test_above(self, tmp_path: Path) -> None:
        """One in each folder from the project's down to the crate's; the nearest counts most."""
        names = (".cargo/config.toml", "a/.cargo/config.toml", "a/b/.cargo/config.toml")
        crates.write(tmp_path, dict.fromkeys((*names, "c/.cargo/config.toml"), ""))

        assert cargo_config.files(str(tmp_path), "a/b") == list(names)

    def test_old_name(self, tmp_path: Path) -> None:
        """Of both names in one folder, cargo reads the old one."""
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
        """One that another includes counts less than that."""
        text = f"include = {include}\n"
        crates.write(tmp_path, {".cargo/config.toml": text, ".cargo/more.toml": ""})

        found = cargo_config.files(str(tmp_path), ".")

        assert found == [".cargo/more.toml", ".cargo/config.toml"]

    @pytest.mark.parametrize(
        "include", ["[7]", "{}", '"none.toml"', '"../../x.toml"', '"config.toml"']
    )
    def test_odd_include(self, tmp_path: Path, include: str) -> None:
        """What is not there, out of the project, the file itself or no path is left to cargo."""
        crates.write(tmp_path / "p", {".cargo/config.toml": f"include = {include}\n"})
        crates.write(tmp_path, {"x.toml": ""})

        assert cargo_config.files(str(tmp_path / "p"), ".") == [".cargo/config.toml"]


class TestFlags:
    """Flags for the compiler."""

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
            ("[target]\nx = 1\n[build]\nrustflags = 7", []),
            ("build = 1\ntarget = 2", []),
            ("not TOML", []),
            ("", []),
        ],
    )
    def test_place(self, tmp_path: Path, text: str, expected: list[str]) -> None:
        """Those of the tables of targets that fit, if any has some, and else those for all."""
        assert flags(tmp_path, text) == expected

    def test_joined(self, tmp_path: Path) -> None:
        """Lists of several files are joined, the nearest at the end; of texts, that one counts."""
        one, two = "[build]\nrustflags = ['-a']", "[build]\nrustflags = ['-b']"

        assert flags(tmp_path, one, two) == ["-a", "-b"]
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
        """A condition holds or not, as for the compiler."""
        found = flags(tmp_path, f"[target.'cfg({condition})']\nrustflags = ['-a']")

        assert found == (["-a"] if fits else [])


class TestText:
    """Flags for all targets as one text."""

    @pytest.mark.parametrize(
        "text, expected",
        [
            ("[build]\nrustflags = '-a b'", "-a b"),
            ("[build]\nrustflags = ['-a', 'b']", None),
            (f"[target.{LINUX}]\nrustflags = '-a'", None),
        ],
    )
    def test_found(self, tmp_path: Path, text: str, expected: str | None) -> None:
        """It is found, and no list, and none for one target."""
        crates.write(tmp_path, {"a.toml": "", "b.toml": text})

        assert cargo_config.text_for_all(str(tmp_path), ["a.toml", "b.toml"]) == expected


class TestCrates:
    """Crates that replace others."""

    def test_places(self, tmp_path: Path) -> None:
        """They are found from the folder that the file's own folder is in."""
        text = (
            'paths = ["over/a", 7]\n[patch.crates-io]\nb = { path = "../b" }\nc = { git = "x" }\n'
        )
        crates.write(tmp_path, {"app/.cargo/config.toml": text})

        assert set(cargo_config.own_crates(str(tmp_path), "app")) == {"app/over/a", "b"}
        assert list(cargo_config.own_crates(str(tmp_path), ".")) == []


class TestUnseen:
    """Files out of the project."""

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
    @pytest.mark.parametrize("place", ["up/.cargo/config.toml", "home/config.toml", "home/config"])
    def test_keys(self, tmp_path: Path, place: str, text: str, keys: list[str] | None) -> None:
        """They are named with what decides bytes, and where there is nothing, not at all."""
        root = tmp_path / "up/project"
        root.mkdir(parents=True)
        crates.write(root, {".cargo/config.toml": "[build]\nrustflags = ['-a']"})
        crates.write(tmp_path, {place: text})

        found = dict(cargo_config.unseen(str(root), str(tmp_path / "home")))

        assert found.get(str(tmp_path / place)) == keys
        assert str(root / ".cargo/config.toml") not in found
