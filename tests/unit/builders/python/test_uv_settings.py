"""Which settings in uv's configuration files count."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from hashzip.builders.python import uv_settings
from hashzip.errors import HashzipError
from tests.support.project import write_files


@pytest.fixture(autouse=True)
def _no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the settings of who runs the tests."""
    for name in ("UV_CONFIG_FILE", "UV_NO_CONFIG", "UV_NO_SYSTEM_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(tmp_path / "system"))


def written(folder: Path, **files: str) -> dict[str, Any]:
    """Write files above a folder, and return the settings for a run in `project` there.

    Args:
        folder: The folder.
        files: The content of the project's, the user's and the system's `uv.toml`.
    """
    (folder / "project").mkdir(exist_ok=True)
    places = {"project": "project", "user": "user/uv", "system": "system/uv"}
    write_files(folder, {f"{places[k]}/uv.toml": text.encode() for k, text in files.items()})
    arguments = uv_settings.write(folder / "out.toml", folder / "project")
    assert arguments == ["--config-file", str(folder / "out.toml")]
    return tomllib.loads((folder / "out.toml").read_text(encoding="utf-8"))


class TestWrite:
    """The file for uv."""

    def test_nothing(self, tmp_path: Path) -> None:
        """Without settings it is empty, so that uv reads no other file."""
        assert written(tmp_path) == {}

    @pytest.mark.parametrize(
        "line, value",
        [
            ("offline = true", True),
            ("index-url = 'https://x/simple'", "https://x/simple"),
            ("keyring-provider = 'subprocess'", "subprocess"),
            ("allow-insecure-host = ['x']", ["x"]),
            ("https-proxy = 'http://x'", "http://x"),
            ("cache-dir = '.cache'", ".cache"),
            ("pip = { no-index = true, target = 'x' }", {"no-index": True}),
            ("find-links = 3", 3),
        ],
    )
    def test_where(self, tmp_path: Path, line: str, value: object) -> None:
        """A setting that says where packages come from is in it; uv reports a wrong type."""
        assert list(written(tmp_path, project=line).values()) == [value]

    @pytest.mark.parametrize(
        "line",
        [
            "exclude-dependencies = ['x']",
            "no-binary = true",
            "no-build-isolation = true",
            "python-preference = 'system'",
            "torch-backend = 'cpu'",
            "pip = { only-binary = [':none:'], python-platform = 'windows' }",
            "a-later-one = 1",
        ],
    )
    def test_other(self, tmp_path: Path, line: str) -> None:
        """No other setting is, whether it is known or not."""
        assert written(tmp_path, project=line) == {}

    def test_index(self, tmp_path: Path) -> None:
        """So it is with the table of an index."""
        text = (
            "[[index]]\nname = 'x'\nurl = 'https://x'\nauthenticate = 'always'\nexclude-newer = 1"
        )

        assert written(tmp_path, project=text) == {
            "index": [{"name": "x", "url": "https://x", "authenticate": "always"}]
        }

    @pytest.mark.parametrize(
        "place, expected",
        [
            ("wheels", "user/uv/wheels"),
            ("../wheels", "user/wheels"),
            ("/wheels", "/wheels"),
            ("https://x/y", "https://x/y"),
            ("file:///wheels", "file:///wheels"),
        ],
    )
    def test_path(self, tmp_path: Path, place: str, expected: str) -> None:
        """A path is relative to the file that it is in; a URL stays as it is."""
        text = f"find-links = ['{place}']\nindex-url = '{place}'\nindex = [{{ url = '{place}' }}]"

        assert written(tmp_path, user=text) == {
            "find-links": [expected],
            "index-url": expected,
            "index": [{"url": expected}],
        }

    def test_merged(self, tmp_path: Path) -> None:
        """Lists of several files are joined, and of other settings the nearest counts."""
        text = (
            "no-proxy = ['{0}']\nindex-url = 'https://{0}'\npip = {{ find-links = ['file:{0}'] }}"
        )
        texts = {name: text.format(name) for name in ("project", "user", "system")}

        assert written(tmp_path, **texts) == {
            "no-proxy": ["project", "user", "system"],
            "index-url": "https://project",
            "pip": {"find-links": ["file:project", "file:user", "file:system"]},
        }

    def test_own(self, tmp_path: Path) -> None:
        """Settings that are inputs are written, too."""
        uv_settings.write(tmp_path / "out.toml", tmp_path, {"resolution": "lowest"})

        assert (tmp_path / "out.toml").read_text(encoding="utf-8") == 'resolution = "lowest"\n'

    def test_built(self, tmp_path: Path) -> None:
        """Packages that may be built have a mark, beside the variables of their own."""
        own = {"extra-build-variables": {"a": {"X": "1"}, "c": {"Y": "2"}}}

        uv_settings.write(tmp_path / "out.toml", tmp_path, own, ["a", "b"])

        mark = {"HASHZIP_BUILD": "1"}
        assert tomllib.loads((tmp_path / "out.toml").read_text(encoding="utf-8")) == {
            "extra-build-variables": {"a": {"X": "1", **mark}, "b": mark, "c": {"Y": "2"}}
        }

    def test_broken(self, tmp_path: Path) -> None:
        """A file that is not TOML is an error that names it."""
        with pytest.raises(HashzipError, match=r"project/uv\.toml is not valid TOML"):
            written(tmp_path, project="index =")

    def test_broken_project(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A `pyproject.toml` that is not, which may be another project's, is a warning."""
        write_files(tmp_path, {"pyproject.toml": b"x"})

        assert written(tmp_path) == {}
        assert f"warning: {tmp_path}/pyproject.toml is not valid TOML" in capsys.readouterr().err


class TestFiles:
    """Which files are read."""

    TABLE = b"[tool.uv]\noffline = true\n"

    def test_nearest(self, tmp_path: Path) -> None:
        """Of the project's, it is the nearest upwards that has a setting that counts."""
        write_files(
            tmp_path,
            {
                "uv.toml": b"offline = true\n",
                "a/pyproject.toml": self.TABLE,
                "a/b/pyproject.toml": b"[tool.uv]\nmanaged = false\n",
                "a/b/c/pyproject.toml": b"[project]\nname = 'c'\n",
            },
        )

        assert uv_settings.file_of_project(tmp_path / "a/b/c") == tmp_path / "a/pyproject.toml"
        assert uv_settings.file_of_project(tmp_path / "d") == tmp_path / "uv.toml"

    def test_both(self, tmp_path: Path) -> None:
        """Beside a `uv.toml`, the table in `pyproject.toml` does not count, as in uv."""
        write_files(tmp_path, {"pyproject.toml": self.TABLE, "uv.toml": b"link-mode = 'copy'\n"})
        assert uv_settings.file_of_project(tmp_path) != tmp_path / "pyproject.toml"

        (tmp_path / "uv.toml").unlink()

        assert uv_settings.file_of_project(tmp_path) == tmp_path / "pyproject.toml"

    def test_named(self, tmp_path: Path) -> None:
        """A variable names the only one, or says that there is none."""
        write_files(tmp_path, {"uv.toml": b"offline = true\n"})
        named = {"UV_CONFIG_FILE": "x.toml"}

        assert list(uv_settings.files(tmp_path, named)) == [tmp_path / "x.toml"]
        assert list(uv_settings.files(tmp_path, {**named, "UV_NO_CONFIG": "true"})) == []

    def test_missing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A named file that does not exist is an error that names it."""
        monkeypatch.setenv("UV_CONFIG_FILE", "x.toml")

        with pytest.raises(HashzipError, match=r"x\.toml do not exist"):
            written(tmp_path)

    def test_system(self, tmp_path: Path) -> None:
        """Of the system's files the first that exists counts, unless the user wants none."""
        write_files(tmp_path, {"a/uv/uv.toml": b"", "b/uv/uv.toml": b""})
        places = f"{tmp_path}/none:{tmp_path}/a:{tmp_path}/b"
        environment = {"XDG_CONFIG_HOME": "/none", "XDG_CONFIG_DIRS": places}

        assert list(uv_settings.files(tmp_path, environment)) == [tmp_path / "a/uv/uv.toml"]
        without = {**environment, "UV_NO_SYSTEM_CONFIG": "1"}
        assert list(uv_settings.files(tmp_path, without)) == []


class TestOwn:
    """What a project says about its lock."""

    LOCK = tomllib.loads(
        """
        [options]
        resolution-mode = "lowest"
        exclude-newer = "0001-01-01T00:00:00Z"
        exclude-newer-span = "P30D"
        [options.exclude-newer-package]
        a = { timestamp = "0001-01-01T00:00:00Z", span = "P7D" }
        b = "2025-01-01T00:00:00Z"
        c = false
        [[manifest.dependency-metadata]]
        name = "a"
        """
    )

    def test_of_the_lock(self, tmp_path: Path) -> None:
        """Settings that the lock was made with count as they are in the lock."""
        write_files(tmp_path, {"pyproject.toml": b""})

        assert uv_settings.own(tmp_path, self.LOCK) == {
            "resolution": "lowest",
            "exclude-newer": "P30D",
            "exclude-newer-package": {"a": "P7D", "b": "2025-01-01T00:00:00Z", "c": False},
            "dependency-metadata": [{"name": "a"}],
        }

    def test_of_the_project(self, tmp_path: Path) -> None:
        """What `pyproject.toml` says is before it, except of how packages are installed."""
        text = b"[tool.uv]\nresolution = 'highest'\nno-binary = true\nlink-mode = 'copy'\n"
        write_files(tmp_path, {"pyproject.toml": text})

        assert uv_settings.own(tmp_path, {}) == {"resolution": "highest"}
        assert uv_settings.own(tmp_path, self.LOCK)["resolution"] == "highest"

    def test_beside(self, tmp_path: Path) -> None:
        """With a `uv.toml`, which is no input, the lock alone counts."""
        text = b"[tool.uv]\nresolution = 'highest'\n"
        write_files(tmp_path, {"pyproject.toml": text, "uv.toml": b"resolution = 'highest'\n"})

        assert uv_settings.own(tmp_path, self.LOCK)["resolution"] == "lowest"
