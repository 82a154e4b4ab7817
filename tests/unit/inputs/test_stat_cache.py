"""The cache of what files hold: it saves reading, and never misses an edit."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip import planning
from hashzip.errors import HashzipError
from hashzip.inputs import read
from hashzip.inputs.files import SourceFile
from hashzip.inputs.fingerprint import fingerprint
from hashzip.inputs.stat_cache import FileGroup, StatCache
from hashzip.inputs.stat_cache_file import CachedPlan
from hashzip.project.user_key import CODE_SIZE, Key
from tests.support import program
from tests.support import project as projects

CONTENTS = st.binary(min_size=3, max_size=3)  # of one size, so that the size does not show an edit
KEY = Key(b"key", lasts=True)
NAMES = ("a", "b", "folder/c", "folder/d")


def cached(root: Path) -> str:
    """Return the fingerprint, with the cache if there is one."""
    return planning.plan(planning.load_project(str(root)), "hello").fingerprint


def uncached(root: Path) -> str:
    """Return the fingerprint from reading all files."""
    plan = planning.plan(planning.load_project(str(root)), "hello")
    return fingerprint(plan.recipe, read.read([*plan.deciding_files, *plan.packed_files]))


def outcome(examine: Callable[[Path], str], root: Path) -> str:
    """Return the fingerprint, or the error for a link that an edit broke."""
    try:
        return examine(root)
    except HashzipError as error:
        return error.message


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """Collect the names of the files that are read."""
    locations: list[bytes] = []
    original = read.content

    def content(location: bytes) -> tuple[read.Content, os.stat_result]:
        locations.append(os.path.basename(location))
        return original(location)

    with monkeypatch.context() as patched:
        patched.setattr(read, "content", content)
        yield locations


@contextmanager
def odd_status(
    monkeypatch: pytest.MonkeyPatch, name: bytes, fields: dict[str, int]
) -> Iterator[None]:
    """Give the file of a name other numbers in its status, as another file system may have."""
    stat, fstat = os.stat, os.fstat
    inode = -1

    def changed(status: os.stat_result) -> os.stat_result:
        names = (field for field in dir(status) if field.startswith("st_"))
        values = {field: getattr(status, field) for field in names}
        return cast("os.stat_result", SimpleNamespace(**(values | fields)))

    def odd_stat(path: bytes, *arguments: int, **options: bool) -> os.stat_result:
        nonlocal inode
        status = stat(path, *arguments, **options)
        if os.path.basename(os.fsencode(path)) != name:
            return status
        inode = status.st_ino
        return changed(status)

    def odd_fstat(descriptor: int) -> os.stat_result:
        status = fstat(descriptor)
        return changed(status) if status.st_ino == inode else status

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", odd_stat)
        patched.setattr(os, "fstat", odd_fstat)
        yield


# Each edit may change any file's content, and does its best to leave no trace.
Edit = Callable[[Path, Path, bytes], None]


def _write(file: Path, _other: Path, content: bytes) -> None:
    file.write_bytes(content)


def _write_and_set_time_back(file: Path, _other: Path, content: bytes) -> None:
    before = file.stat()
    file.write_bytes(content)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _set_time_forward(file: Path, _other: Path, content: bytes) -> None:
    file.write_bytes(content)
    os.utime(file, (4_000_000_000, 4_000_000_000))


def _replace(file: Path, _other: Path, content: bytes) -> None:
    before = file.stat()
    new = file.with_name(".new")
    new.write_bytes(content)
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.replace(file)


def _remove_and_make_again(file: Path, _other: Path, content: bytes) -> None:
    before = file.stat()
    file.unlink()
    file.write_bytes(content)  # often at the same inode
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def _swap(file: Path, other: Path, _content: bytes) -> None:
    aside = file.with_name(".aside")
    file.rename(aside)
    if file != other:
        other.rename(file)
    aside.rename(other)


def _write_through_hard_link(file: Path, _other: Path, content: bytes) -> None:
    link = file.parent.parent / ".link"
    link.unlink(missing_ok=True)
    link.hardlink_to(file.resolve())
    before = link.stat()
    link.write_bytes(content)
    os.utime(link, ns=(before.st_atime_ns, before.st_mtime_ns))
    link.unlink()


def _link_to_the_other(file: Path, other: Path, _content: bytes) -> None:
    if file != other and not other.is_symlink():
        file.unlink()
        file.symlink_to(os.path.relpath(other, file.parent))


def _folder_becomes_link(file: Path, _other: Path, content: bytes) -> None:
    folder = file.parent
    if folder.name != "folder" or folder.is_symlink():
        return
    aside = folder.parents[1] / f"aside_{len(list(folder.parents[1].iterdir()))}"
    shutil.copytree(folder, aside, symlinks=True)
    if not (aside / file.name).is_symlink():
        (aside / file.name).write_bytes(content)
        shutil.copystat(file, aside / file.name)
    shutil.rmtree(folder)
    folder.symlink_to(f"../{aside.name}")


def _wait(file: Path, _other: Path, _content: bytes) -> None:
    projects.grow_older(file.parents[2] if file.parent.name == "folder" else file.parents[1])


EDITS: list[Edit] = [
    _write,
    _write_and_set_time_back,
    _set_time_forward,
    _replace,
    _remove_and_make_again,
    _swap,
    _write_through_hard_link,
    _link_to_the_other,
    _folder_becomes_link,
    _wait,
]

STEP = st.tuples(
    st.sampled_from(EDITS), st.sampled_from(NAMES), st.sampled_from(NAMES), CONTENTS, st.booleans()
)


class TestEdits:
    """Edits that leave as few traces as possible."""

    @settings(deadline=None, max_examples=100)
    @given(steps=st.lists(STEP, min_size=1, max_size=12))
    def test_no_edit_is_missed(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        steps: list[tuple[Edit, str, str, bytes, bool]],
    ) -> None:
        """After any edits, in the same tick of the clock or later, the fingerprint is right."""
        root = tmp_path_factory.mktemp("edits") / "project"
        root.mkdir()
        projects.configure(root)
        projects.write_files(root / "src", dict.fromkeys(NAMES, b"000"))
        for edit, name, other, content, look in steps:
            if (root / "src" / name).exists() and (root / "src" / other).exists():
                edit(root / "src" / name, root / "src" / other, content)
            if look:
                assert outcome(cached, root) == outcome(uncached, root)
        assert outcome(cached, root) == outcome(uncached, root)

    @pytest.mark.parametrize("edit", EDITS[:7], ids=lambda edit: edit.__name__.strip("_"))
    def test_each_edit_is_seen(self, project: Path, edit: Edit) -> None:
        """Each way to edit gives another fingerprint, once the cache is warm."""
        sources = {"folder/a": b"one", "folder/b": b"two"}
        projects.write_files(project / "src", sources)
        projects.grow_older(project)
        before = [cached(project) for _ in range(2)]
        edit(project / "src/folder/a", project / "src/folder/b", b"new")
        assert before == [before[0]] * 2
        assert cached(project) != before[0]

    def test_edit_right_after_reading(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file that is written, read and written again within a tick of the clock is seen."""
        file = project / "src/hello.py"
        original = read.content

        def content(location: bytes) -> tuple[read.Content, os.stat_result]:
            held = original(location)
            if location == os.fsencode(file):
                file.write_bytes(b"second")
            return held

        for _ in range(20):
            file.write_bytes(b"first.")
            with monkeypatch.context() as patched:
                patched.setattr(read, "content", content)
                cached(project)
            assert cached(project) == uncached(project)


class TestReading:
    """What the cache saves."""

    def test_unchanged_file_is_not_read(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Once it is warm nothing is read; after an edit, one file."""
        projects.grow_older(project)
        with counted(monkeypatch) as first:
            cached(project)
        with counted(monkeypatch) as second:
            cached(project)
        (project / "src/hello.py").write_bytes(b"edited")
        with counted(monkeypatch) as third:
            cached(project)
        assert (len(first), second, third) == (3, [], [b"hello.py"])

    def test_shared_folder_is_read_once(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In one command, functions that share a folder have it read once, and each its own."""
        projects.write_files(project, {"one/a": b"1", "two/b": b"2"})
        of = {name: {**projects.HELLO, "source": ["src", name]} for name in ("one", "two")}
        projects.write_config(project, **of)
        loaded, scan_cache = planning.load_project(str(project)), planning.ScanCache()
        with counted(monkeypatch) as together:
            shared = [planning.plan(loaded, name, scan_cache).fingerprint for name in of]
        shutil.rmtree(project / ".hashzip")
        with counted(monkeypatch) as apart:
            alone = [planning.plan(loaded, name).fingerprint for name in of]
        assert shared == alone
        assert sorted(together) == [b"a", b"b", b"hello.py", b"names.py", b"run.sh"]
        assert len(apart) == 2 + 3 * 2

    def test_folder_that_is_named_often(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A source folder that is named a thousand times is read once."""
        once = uncached(project)
        shutil.rmtree(project / ".hashzip")
        projects.configure(project, source=["src"] * 1_000)
        with counted(monkeypatch) as read:
            assert cached(project) == once
        assert sorted(read) == [b"hello.py", b"names.py", b"run.sh"]

    def test_shared_layer_is_looked_at_once(
        self, project: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In one command a layer is planned once for all functions that have it."""
        layer = {"source": "lib", "runtime": "python3.13", "architecture": "arm64"}
        projects.write_files(project, {"lib/names.py": b""})
        of = {name: {**projects.HELLO, "layers": ["deps"]} for name in ("one", "two")}
        projects.write_config(project, **of)
        with (project / "hashzip.toml").open("a", encoding="utf-8") as file:
            file.write("[layer.deps]\n")
            file.writelines(f'{key} = "{value}"\n' for key, value in layer.items())
        loaded, scan_cache = planning.load_project(str(project)), planning.ScanCache()
        keys: list[str] = []
        original = StatCache.cached_plan

        def cached_plan(self: StatCache, key: str) -> CachedPlan | None:
            keys.append(key)
            return original(self, key)

        monkeypatch.setattr(StatCache, "cached_plan", cached_plan)
        names = ("layer.deps", "one", "two")
        together = [planning.plan(loaded, name, scan_cache).fingerprint for name in names]
        assert len(keys) == 3
        apart = [planning.plan(loaded, name).fingerprint for name in names]
        assert (len(keys), apart) == (3 + 5, together)

    def test_young_file_is_read_again(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A file as young as the cache is not trusted; when it has grown older, it is."""
        file = project / "src/hello.py"
        os.utime(file, (4_000_000_000, 4_000_000_000))
        projects.grow_older(project)
        for _ in range(2):
            with counted(monkeypatch) as read:
                cached(project)
        assert read == [b"hello.py"]
        os.utime(file, (1, 1))
        projects.grow_older(project)
        cached(project)
        with counted(monkeypatch) as read:
            cached(project)
        assert read == []

    def test_far_future(self, project: Path) -> None:
        """A file with a time in the year 2300 has a plan, and an edit of it is seen."""
        file = project / "src/hello.py"
        before = cached(project)
        os.utime(file, (10_413_792_000, 10_413_792_000))
        projects.grow_older(project)
        assert [cached(project) for _ in range(2)] == [before] * 2
        file.write_bytes(b"edited")
        os.utime(file, (10_413_792_000, 10_413_792_000))
        assert cached(project) == uncached(project) != before

    @pytest.mark.parametrize(
        "odd",
        [
            {"st_mtime_ns": -11_676_096_000 * 10**9},  # the year 1600
            {"st_ctime_ns": -11_676_096_000 * 10**9},
            {"st_mtime_ns": -1, "st_ctime_ns": -(1 << 80)},
            {"st_ino": (1 << 64) - 1},
            {"st_ino": -1},
            {"st_dev": -2},
            {"st_ino": 1 << 100},
        ],
        ids=str,
    )
    def test_odd_status(
        self, project: Path, monkeypatch: pytest.MonkeyPatch, odd: dict[str, int]
    ) -> None:
        """Whatever numbers a file system has, there is a plan, and a change of one is seen."""
        projects.grow_older(project)
        with odd_status(monkeypatch, b"hello.py", odd):
            before = [cached(project) for _ in range(2)]
            with counted(monkeypatch) as unchanged:
                cached(project)
        odd = {name: number + 1 for name, number in odd.items()}
        with odd_status(monkeypatch, b"hello.py", odd), counted(monkeypatch) as changed:
            after = cached(project)

        assert [*before, after] == [uncached(project)] * 3
        # A file on another device has another clock, and so is read each time.
        assert unchanged == ([b"hello.py"] if "st_dev" in odd else [])
        assert changed == [b"hello.py"]

    def test_answer_depends_on_more_than_files(self, project: Path) -> None:
        """Another recipe or pattern gives another fingerprint from a warm cache."""
        projects.grow_older(project)
        fingerprints = {cached(project)}
        projects.configure(project, architecture="x86_64")
        fingerprints.add(cached(project))
        projects.configure(project, executable=["hello.py"])
        fingerprints.add(cached(project))
        assert len(fingerprints) == 3
        assert cached(project) == uncached(project)

    # The worker that runs this test has threads; a process that runs hashzip has none.
    @pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
    def test_many_files(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Several processes that look at files and read them see what one sees."""
        processes: list[int] = []
        fork = os.fork

        def counted_fork() -> int:
            child = fork()
            processes.append(child)
            return child

        monkeypatch.setattr(os, "fork", counted_fork)
        monkeypatch.setattr(os, "cpu_count", lambda: 2)
        projects.write_files(project / "src", {f"{n}": f"{n % 7}".encode() for n in range(1_001)})
        projects.grow_older(project)
        locations = [os.fsencode(project / "src" / str(n)) for n in range(1_001)]
        files = [SourceFile(str(n), location, False) for n, location in enumerate(locations)]  # noqa: FBT003 - a tuple
        plan = CachedPlan("key", "fingerprint", {})
        outcomes = {}
        for name, many in {"alone": 2_000, "shared": 1}.items():
            cache = project / ".hashzip" / name
            first = StatCache(str(cache), [FileGroup(locations, many=many)], KEY, many=many)
            entries = first.entries(files)
            first.save(plan)
            second = StatCache(str(cache), [FileGroup(locations, many=many)], KEY, many=many)
            outcomes[name] = (
                entries,
                cache.read_bytes()[:-CODE_SIZE],  # the code is also that of the path
                second.cached_plan("key"),
                len(processes),
            )

        assert outcomes["alone"][:3] == outcomes["shared"][:3]
        assert outcomes["alone"][2] == plan
        # The control: one more process read the files, and one more looked at them.
        assert (outcomes["alone"][3], outcomes["shared"][3]) == (0, 2)


class TestDamage:
    """A cache that cannot be trusted, or cannot be made."""

    def test_damaged_index_is_ignored(self, project: Path) -> None:
        """Whichever byte is changed, and wherever the file is cut, the fingerprint is right."""
        projects.grow_older(project)
        right = cached(project)
        file = project / ".hashzip/hello.index"
        content = file.read_bytes()
        for at in range(0, len(content), 7):
            file.write_bytes(content[:at] + bytes([content[at] ^ 0x41]) + content[at + 1 :])
            assert cached(project) == right
            file.write_bytes(content[:at])
            assert cached(project) == right

    def test_read_only_project(self, project: Path) -> None:
        """Where nothing can be written there is no cache, and no complaint."""
        project.chmod(0o555)
        finished = program.run(
            "external", cwd=project, text=projects.query(), wrapper=program.without_roots_rights()
        )
        project.chmod(0o755)
        assert finished.code == 0, finished.err
        assert not (project / ".hashzip").exists()
        assert cached(project) in finished.out
        assert (project / ".hashzip").exists()

    def test_killed_plans(self, project: Path) -> None:
        """What killed plans have left half-written is removed by the next plan that writes."""
        cached(project)
        drafts = [project / ".hashzip" / f".draft-{digit * 16}" for digit in "0123"]
        for draft in drafts:
            draft.write_bytes(b"half")
        (project / "src/hello.py").write_bytes(b"edited")

        assert cached(project) == uncached(project)
        assert [draft for draft in drafts if draft.exists()] == []

    def test_git_ignores_it(self, project: Path) -> None:
        """The cache's folder tells git to ignore it."""
        cached(project)
        assert (project / ".hashzip/.gitignore").read_text() == "*\n"
