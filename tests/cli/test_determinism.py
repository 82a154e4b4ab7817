"""The same inputs give the same bytes everywhere, and other inputs give other bytes.

These tests also run on every other Python that hashzip supports.
"""

import functools
import hashlib
import io
import os
import random
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import stream_unzip

from hashzip import planning
from tests.support import golden, program
from tests.support import project as projects


def build(
    project: Path,
    cwd: Path | None = None,
    settings: Mapping[str, str] | None = None,
    before: Callable[[], object] | None = None,
) -> tuple[str, str]:
    """Build in a new process; return the fingerprint and the SHA-256 of the zip."""
    where = cwd or project
    arguments = ("build", "--project", os.path.relpath(project, where))
    finished = program.run(*arguments, cwd=where, settings=settings, before=before)
    assert finished.code == 0, finished.err
    (zip_file,) = (project / "dist" / "hello").glob("*.zip")
    return zip_file.stem, hashlib.sha256(zip_file.read_bytes()).hexdigest()


def examine(project: Path) -> str:
    """Return a project's fingerprint, computed in this process."""
    return planning.plan(planning.load_project(str(project)), "hello").fingerprint


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Make the golden project."""
    return golden.make(tmp_path / "golden")


def everything(tree: Path) -> Iterator[Path]:
    """Return each file and folder in a project's sources."""
    return (tree / "src").rglob("*")


class TestSame:
    """What must not matter: each test compares with the same two digests."""

    def test_plain(self, tree: Path) -> None:
        """The golden project gives the golden digests, on this machine and Python."""
        assert build(tree) == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
    def test_umask(self, tmp_path: Path, mask: int) -> None:
        """The umask does not matter, neither when the sources are written nor in the build."""
        before = os.umask(mask)
        try:
            tree = golden.make(tmp_path / "golden")
        finally:
            os.umask(before)

        built = build(tree, before=functools.partial(os.umask, mask))

        assert built == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize(
        "time", [0, 1_000_000_000.5, 4_070_908_800], ids=["1970", "2001", "2099"]
    )
    def test_times(self, tree: Path, time: float) -> None:
        """The times of files do not matter, not even those that a zip cannot store."""
        for path in everything(tree):
            os.utime(path, (time, time))

        assert build(tree) == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize("mode", [0o400, 0o644, 0o755, 0o777])
    def test_modes(self, tree: Path, mode: int) -> None:
        """The modes of files on the disk do not matter."""
        for path in everything(tree):
            if path.is_file():
                path.chmod(mode)

        assert build(tree) == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize("seed", [1, 2])
    def test_order_of_creation(self, tmp_path: Path, seed: int) -> None:
        """The order in which files were made does not matter."""
        root = golden.make(tmp_path / "golden")
        shutil.rmtree(root / "src")
        paths = list(golden.FILES)
        random.Random(seed).shuffle(paths)  # noqa: S311 - not a secret
        projects.write_files(root / "src", {path: golden.FILES[path] for path in paths})

        assert build(root) == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize(
        "settings",
        [
            {"TZ": "Pacific/Kiritimati"},
            {"TZ": "America/Los_Angeles"},
            {"LC_ALL": "C"},
            {"LC_ALL": "C.UTF-8"},
            {"LC_ALL": "tr_TR.UTF-8"},
            {"LC_ALL": "POSIX"},
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
            {"PYTHONUTF8": "1"},
            {"PYTHONHASHSEED": "0"},
            {"PYTHONHASHSEED": "4294967295"},
            {"SOURCE_DATE_EPOCH": "1700000000"},
        ],
        ids=lambda settings: " ".join(f"{name}={value}" for name, value in settings.items()),
    )
    def test_environment(self, tree: Path, settings: dict[str, str]) -> None:
        """Time zone, locale, encoding and hash seed do not matter."""
        assert build(tree, settings=settings) == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize("folder", ["a", "with space/\u00fc/deep", ".hidden", "dist/build"])
    def test_path_of_the_project(self, tmp_path: Path, folder: str) -> None:
        """The path of the project does not matter."""
        assert build(golden.make(tmp_path / folder)) == (golden.FINGERPRINT, golden.SHA256)

    @pytest.mark.parametrize("folder", ["", "src/deep", ".."])
    def test_current_folder(self, tree: Path, folder: str) -> None:
        """The current folder does not matter."""
        assert build(tree, tree / folder) == (golden.FINGERPRINT, golden.SHA256)

    def test_listing(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The order in which the file system lists a folder does not matter."""
        real = os.scandir
        chance = random.Random(1)  # noqa: S311 - not a secret
        orders = set()

        class Shuffled:
            """List the folder in another order each time."""

            def __init__(self, path: bytes) -> None:
                self.listing = real(path)

            def __enter__(self) -> Iterator[os.DirEntry[bytes]]:
                entries = list(self.listing)
                chance.shuffle(entries)
                orders.add(tuple(entry.name for entry in entries))
                return iter(entries)

            def __exit__(self, *_: object) -> None:
                self.listing.close()

        with monkeypatch.context() as patch:
            patch.setattr(os, "scandir", Shuffled)
            plans = [planning.plan(planning.load_project(str(tree)), "hello") for _ in range(5)]
        assert len(orders) > 7  # folders

        assert {plan.fingerprint for plan in plans} == {golden.FINGERPRINT}
        manifests = [projects.build(plan, force=True) for plan in plans]
        assert {manifest.artifact.sha256 for manifest in manifests} == {golden.SHA256}

    @pytest.mark.parametrize("jobs", [1, 2, 7])
    def test_jobs(self, tree: Path, jobs: int) -> None:
        """The number of threads does not matter."""
        plan = planning.plan(planning.load_project(str(tree)), "hello")

        assert projects.build(plan, jobs=jobs).artifact.sha256 == golden.SHA256

    def test_links_in_place_of_files(self, tree: Path) -> None:
        """A link to a file counts as that file, and a link to a folder as that folder."""
        (tree / "src" / "hello.py").rename(tree / "elsewhere.py")
        (tree / "src" / "hello.py").symlink_to("../elsewhere.py")
        (tree / "src" / "deep").rename(tree / "elsewhere")
        (tree / "src" / "deep").symlink_to("../elsewhere")

        assert build(tree) == (golden.FINGERPRINT, golden.SHA256)

    def test_decomposed_names(self, tree: Path) -> None:
        """A name in the other Unicode form, as macOS may write it, counts as the same name."""
        (tree / "src" / "caf\u00e9").rename(tree / "src" / "cafe\u0301")

        assert build(tree) == (golden.FINGERPRINT, golden.SHA256)


def require(tree: Path, version: str) -> None:
    """Lock a package."""
    line = f"greet=={version} --hash=sha256:{'0' * 64}\n"
    (tree / "requirements.txt").write_text(line, encoding="utf-8")
    golden.configure(tree, requirements="requirements.txt")


DIFFERENT: dict[str, Callable[[Path], object]] = {
    "a byte": lambda t: (t / "src" / "hello.py").write_bytes(golden.FILES["hello.py"][:-1] + b"\r"),
    "a byte at the end of a large file": lambda t: (t / "src" / "zeros.bin").write_bytes(
        golden.FILES["zeros.bin"][:-1] + b"\1"
    ),
    "a rename": lambda t: (t / "src" / "deep.py").rename(t / "src" / "deeper.py"),
    "two files exchanged": lambda t: projects.write_files(
        t / "src", {"deep.py": golden.FILES["CAPITAL.txt"], "CAPITAL.txt": golden.FILES["deep.py"]}
    ),
    "an added file": lambda t: (t / "src" / "new").touch(),
    "a removed file": lambda t: (t / "src" / "empty.txt").unlink(),
    "a file moved into a folder": lambda t: (t / "src" / "empty.txt").rename(
        t / "src" / "deep" / "empty.txt"
    ),
    "a file turned into a script": lambda t: (t / "src" / "empty.txt").write_bytes(b"#!"),
    "another runtime": lambda t: golden.configure(t, runtime="python3.12"),
    "another architecture": lambda t: golden.configure(t, architecture="x86_64"),
    "a mode": lambda t: golden.configure(t, executable=[]),
    "an excluded file": lambda t: golden.configure(t, exclude=["empty.txt"]),
    "a requirement": lambda t: require(t, "1.0"),
}
SAME_ZIP = {"another runtime", "another architecture"}


class TestDifferent:
    """What must matter: the controls of the tests above."""

    @pytest.mark.parametrize("change", DIFFERENT.values(), ids=DIFFERENT)
    def test_fingerprint(self, tree: Path, change: Callable[[Path], object]) -> None:
        """Everything that can change the zip changes the fingerprint."""
        assert examine(tree) == golden.FINGERPRINT
        change(tree)

        assert examine(tree) != golden.FINGERPRINT

    @pytest.mark.parametrize("name", sorted(DIFFERENT.keys() - SAME_ZIP - {"a requirement"}))
    def test_zip(self, tree: Path, name: str) -> None:
        """Everything of that which is in the zip changes the zip."""
        DIFFERENT[name](tree)
        plan = planning.plan(planning.load_project(str(tree)), "hello")

        assert projects.build(plan).artifact.sha256 != golden.SHA256

    def test_requirement(self, tree: Path) -> None:
        """Another version of a requirement changes the fingerprint."""
        fingerprints = set()
        for version in ("1.0", "1.1"):
            require(tree, version)
            fingerprints.add(examine(tree))

        assert len(fingerprints) == 2


def by_zipfile(zip_file: Path) -> dict[str, bytes]:
    """Read with Python's own reader, which uses the directory at the end."""
    with zipfile.ZipFile(zip_file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def by_stream(zip_file: Path) -> dict[str, bytes]:
    """Read with a strict reader that uses only the header of each file, never the directory."""
    return {
        name.decode(): b"".join(chunks)
        for name, size, chunks in stream_unzip.stream_unzip(io.BytesIO(zip_file.read_bytes()))
    }


def by_unzip(zip_file: Path) -> dict[str, bytes]:
    """Read with Info-ZIP, if it is installed."""
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("unzip is not on the PATH: install Info-ZIP's unzip")
    folder = zip_file.parent / "unpacked"
    environment = program.environment(LC_ALL="C.UTF-8")
    subprocess.run([unzip, "-tq", zip_file], check=True, stdout=subprocess.DEVNULL, env=environment)
    subprocess.run([unzip, "-q", zip_file, "-d", folder], check=True, env=environment)
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


class TestReaders:
    """Other programs can read the zip."""

    @pytest.mark.parametrize("read", [by_zipfile, by_stream, by_unzip])
    def test_content(self, tree: Path, read: Callable[[Path], dict[str, bytes]]) -> None:
        """Each reader returns the files that were packed."""
        build(tree)
        (zip_file,) = (tree / "dist" / "hello").glob("*.zip")

        assert read(zip_file) == golden.FILES

    @pytest.mark.parametrize("read", [by_zipfile, by_stream, by_unzip])
    def test_damage(self, tree: Path, read: Callable[[Path], dict[str, bytes]]) -> None:
        """Control: each reader notices a changed byte."""
        build(tree)
        (zip_file,) = (tree / "dist" / "hello").glob("*.zip")
        content = bytearray(zip_file.read_bytes())
        content[content.index(golden.FILES["noise.bin"]) + 5_000] ^= 1
        zip_file.write_bytes(content)

        with pytest.raises(
            (AssertionError, stream_unzip.UnzipError, subprocess.CalledProcessError)
        ):
            read(zip_file)

    def test_modes(self, tree: Path) -> None:
        """Unpacked files are readable, and executable files are executable."""
        build(tree)
        (zip_file,) = (tree / "dist" / "hello").glob("*.zip")
        with zipfile.ZipFile(zip_file) as archive:
            modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}

        assert {path for path, mode in modes.items() if mode == 0o755} == {
            "bin/script",
            "bin/program",
            "bin/named",
        }
        assert set(modes.values()) == {0o644, 0o755}
