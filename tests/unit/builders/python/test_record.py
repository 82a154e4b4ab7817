"""The list of a package's files, read and written."""

import zipfile
from pathlib import Path

import pytest

from hashzip.builders.python import record
from hashzip.errors import HashzipError
from tests.support import wheels

RECORD = "greet-1.0.dist-info/RECORD"


def installed(tmp_path: Path, more: str = "", **wheel: object) -> Path:
    """Unpack a wheel, with more rows in its `RECORD`, and return its `.dist-info` folder."""
    made = wheels.make(tmp_path, **wheel)  # type: ignore[arg-type]
    with zipfile.ZipFile(made) as archive:
        archive.extractall(tmp_path / "target")
    path = tmp_path / "target" / RECORD
    path.write_text(more + path.read_text(encoding="utf-8"), encoding="utf-8", newline="")
    return path.parent


class TestRead:
    """A package, as its metadata describes it."""

    def test_package(self, tmp_path: Path) -> None:
        """It has a name, a version, files with their hashes, and launchers."""
        more = "bin/greet,,\nbin/other,,\n"
        distribution = record.read(installed(tmp_path, more, scripts=["greet"]))

        assert (str(distribution), distribution.info) == ("greet 1.0", "greet-1.0.dist-info")
        assert (
            distribution.files["greet.py"]
            == wheels.row("greet.py", "NAME = 'greet'\n").split(",")[1]
        )
        assert distribution.files[RECORD] == ""
        assert distribution.launchers == {"bin/greet"}

    def test_requires(self, tmp_path: Path) -> None:
        """It says which packages it needs, and when."""
        info = installed(tmp_path, requires="able>=1; python_version > '3'")

        assert record.read(info).requires == ("able>=1; python_version > '3'",)

    def test_quoted(self, tmp_path: Path) -> None:
        """A path may have commas, quotes and line ends."""
        distribution = record.read(installed(tmp_path, '"a,""b\nc",,\r\nd.py,,\r\n'))

        assert {'a,"b\nc', "d.py"} <= distribution.files.keys()

    @pytest.mark.parametrize(
        "path",
        ["../x", "a/../../x", "a/../b", "a/..", "..", "/x", r"..\x", r"a\..\x", r"C:\x", "c:x"],
    )
    def test_leads_out(self, tmp_path: Path, path: str) -> None:
        """A path that leads out is an error that names the package."""
        info = installed(tmp_path, f"{path},,\n")

        with pytest.raises(HashzipError) as caught:
            record.read(info)

        assert caught.value.message.startswith("greet 1.0 has a file whose path leads out")
        assert caught.value.message.endswith(path)

    @pytest.mark.parametrize("path", ["..x", "x..", "a/...", "a..b/c", "ab:c", "a/b:c"])
    def test_does_not(self, tmp_path: Path, path: str) -> None:
        """A name with dots or colons does not lead out."""
        assert path in record.read(installed(tmp_path, f"{path},,\n")).files


class TestWrite:
    """The rewritten list."""

    def test_sorted_and_whole(self, tmp_path: Path) -> None:
        """Rows are sorted and have hash and size, except that of `RECORD` itself."""
        info = installed(tmp_path, "a.py,,\n")
        (tmp_path / "target" / "a.py").write_text("1", encoding="utf-8")
        record.write(tmp_path / "target", record.read(info))

        rows = (info / "RECORD").read_text(encoding="utf-8").splitlines(keepends=True)

        assert rows == sorted(rows)
        assert rows[0] == wheels.row("a.py", "1")
        assert f"{RECORD},,\n" in rows
        assert len(rows) == 5

    def test_not_in_place(self, tmp_path: Path) -> None:
        """A file that it was a hard link to, as in uv's cache, stays as it was."""
        info = installed(tmp_path, "greet.py,,\n")
        cached = tmp_path / "cached"
        cached.hardlink_to(info / "RECORD")
        before = cached.read_bytes()

        record.write(tmp_path / "target", record.read(info))

        assert cached.read_bytes() == before
        assert (info / "RECORD").read_bytes() != before


class TestMatches:
    """Whether a file is the recorded one."""

    @pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
    def test_hash(self, tmp_path: Path, algorithm: str) -> None:
        """A file matches its own hash; no other one, no empty one, and no unknown algorithm."""
        file = tmp_path / "file"
        file.write_text("1", encoding="utf-8")
        recorded = record.digest(file, algorithm)

        assert record.matches(file, recorded)
        for wrong in ("", recorded[:-1], recorded.swapcase(), f"other={recorded.split('=')[1]}"):
            assert not record.matches(file, wrong)
