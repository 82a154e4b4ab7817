"""Files in `.hashzip/` and `dist/` that came with the project: nothing that they say is believed.

Somebody proposes a change of the sources that looks innocent, and commits such files beside it.
"""

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip.inputs import stat_cache_file
from hashzip.inputs.stat_cache_file import STATUS
from hashzip.project import user_cache, user_key
from hashzip.project.user_key import Key
from tests.support import commands, program
from tests.support import project as projects
from tests.support.program import Finished

KEY = {user_key.VARIABLE: "0123456789abcdef" * 4}
EVIL = b"EVIL = 1\n"


def run(
    root: Path, user: str, *words: str, text: str = "", settings: dict[str, str] | None = None
) -> Finished:
    """Run hashzip as a user, each of whom has a cache folder beside the project."""
    folder = str(root.with_name(f"cache of {user}"))
    mine = {user_cache.FOLDER_VARIABLE: folder, **(settings or {})}
    finished = program.run(*words, cwd=root, text=text, settings=mine)
    assert finished.code == 0, finished.err
    return finished


def fingerprint(root: Path, user: str) -> str:
    """Return the fingerprint of hello that a user sees."""
    (row,) = json.loads(run(root, user, "status", "--json").out)
    digits: str = row["fingerprint"]
    return digits


def built(root: Path) -> Path:
    """Return the only zip of hello."""
    (path,) = (root / "dist/hello").glob("*.zip")
    return path


@pytest.fixture(params=["python", "command"])
def root(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Make a project with one function, whose zip can be compared with its sources, or not."""
    folder = tmp_path / "project"
    return projects.make(folder) if request.param == "python" else commands.make(folder)


def replace_code(root: Path) -> None:
    """Put other code into the zip of hello, as an attacker can: with all digests right."""
    path = built(root)
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, EVIL)
    content = path.read_bytes()
    document = json.loads(path.with_suffix(".json").read_bytes())
    artifact = document["artifact"]
    digest = hashlib.sha256(content)
    artifact |= {"size": len(content), "sha256": digest.hexdigest()}
    for entry in artifact["entries"]:
        entry |= {"size": len(EVIL), "sha256": hashlib.sha256(EVIL).hexdigest()}
    path.with_suffix(".json").write_text(json.dumps(document), encoding="utf-8")


def test_other_code(root: Path) -> None:
    """Other code under the fingerprint of the sources is replaced, and never deployed."""
    run(root, "reviewer", "build")
    right = built(root).read_bytes()
    shutil.rmtree(root / "dist")
    run(root, "attacker", "build")
    replace_code(root)
    shutil.rmtree(root / ".hashzip", ignore_errors=True)

    status = run(root, "reviewer", "status")
    finished = run(root, "reviewer", "build", "--expect", built(root).stem, "hello")

    assert "to build: its zip was not built by this user" in status.out
    assert "was not built by this user: building it again (set HASHZIP_KEY" in finished.err
    assert len(finished.err.splitlines()) == 1
    assert "hello: built " in finished.out
    assert built(root).read_bytes() == right
    assert run(root, "reviewer", "build").out == "hello: up to date\n"  # the control


def test_not_copied_from(tmp_path: Path) -> None:
    """Nothing of another user's zip gets into the next build, under any fingerprint."""
    root = projects.make(tmp_path / "project")
    run(root, "reviewer", "build")
    projects.write_files(root / "src", {"new.py": b"NEW = 1\n"})
    run(root, "reviewer", "build")
    right = {path.name: path.read_bytes() for path in (root / "dist/hello").glob("*.zip")}
    shutil.rmtree(root / "dist")
    (root / "src/new.py").unlink()
    run(root, "attacker", "build")
    replace_code(root)
    projects.write_files(root / "src", {"new.py": b"NEW = 1\n"})

    run(root, "reviewer", "build")

    made = {path.name: path.read_bytes() for path in (root / "dist/hello").glob("*.zip")}
    same = [name for name in right if made.get(name) == right[name]]
    assert len(same) == 1
    assert projects.content(root / "dist/hello" / same[0], "hello.py") != EVIL


def test_index(tmp_path: Path) -> None:
    """An index that says of an edited file what it held before is not believed."""
    root = projects.make(tmp_path / "project")
    source, index = root / "src/hello.py", str(root / ".hashzip/hello.index")
    projects.grow_older(root)
    before = fingerprint(root, "attacker")
    source.write_bytes(source.read_bytes().replace(b"{}", b"[]"))
    key = Key((tmp_path / "cache of attacker" / user_key.FILE).read_bytes(), lasts=True)
    cache = stat_cache_file.load(index, key)
    assert cache
    status = source.stat()
    fields = status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
    statuses, at = bytearray(cache.statuses), cache.locations.index(os.fsencode(source))
    STATUS.pack_into(statuses, at * STATUS.size, *fields)
    paths = b"".join(path + b"\0" for path in cache.locations)
    stat_cache_file.save(index, cache.plan, paths, statuses, cache.contents, key)

    assert fingerprint(root, "attacker") == before  # the control: it hides the edit
    assert fingerprint(root, "reviewer") != before


@pytest.mark.parametrize("shared", [False, True], ids=["another key", "HASHZIP_KEY"])
def test_another_machine(tmp_path: Path, *, shared: bool) -> None:
    """Another machine uses `dist/` without a build if it has the key; if not, it builds again."""
    root = commands.make(tmp_path / "project")
    settings = KEY if shared else {}
    run(root, "plan", "build", settings=settings)
    content = built(root).read_bytes()
    clone = root.with_name("clone")
    shutil.copytree(root, clone, ignore=shutil.ignore_patterns(".hashzip"))

    finished = run(clone, "apply", "build", settings=settings)

    assert built(clone).read_bytes() == content
    assert (finished.out == "hello: up to date\n") == shared
    assert ("was not built by this user" in finished.err) != shared


def test_sources_alone(tmp_path: Path) -> None:
    """Another machine without the key uses a zip of sources alone, after comparing it."""
    root = projects.make(tmp_path / "project")
    run(root, "plan", "build")

    finished = run(root, "apply", "build")

    assert (finished.out, finished.err) == ("hello: up to date\n", "")
    assert run(root, "apply", "sbom", "hello").out


def test_key_in_the_project(tmp_path: Path) -> None:
    """A key that came with the project, in a cache folder that is in it, opens nothing."""
    root = commands.make(tmp_path / "project")
    inside = {user_cache.FOLDER_VARIABLE: str(root / "cache")}
    (root / "cache").mkdir()
    key = root / "cache" / user_key.FILE
    key.write_bytes(bytes(32))
    key.chmod(0o600)
    elsewhere = root.with_name("elsewhere")
    shutil.copytree(root / "cache", elsewhere)
    outside = {user_cache.FOLDER_VARIABLE: str(elsewhere)}
    run(root, "attacker", "build", settings=outside)
    assert run(root, "attacker", "build", settings=outside).out == "hello: up to date\n"

    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": ""}
    (tmp_path / "home").mkdir()
    finished = run(root, "reviewer", "build", settings=inside | home)

    assert "was not built by this user" in finished.err
    assert key.read_bytes() == bytes(32)


@pytest.mark.parametrize("settings", [{}, KEY], ids=["a file", "HASHZIP_KEY"])
def test_key_stays_here(tmp_path: Path, settings: dict[str, str]) -> None:
    """The key is in no environment of a program that is run, and in nothing that is written."""
    root = commands.make(tmp_path / "project")
    commands.write_script(root, "mkdir -p out && env > out/answer.txt")

    finished = run(root, "user", "build", settings=settings)

    environment = projects.content(built(root), "answer.txt").decode()
    assert "HASHZIP_FUNCTION=hello" in environment
    assert f"{user_key.VARIABLE}=" not in environment
    written = [path for path in root.rglob("*") if path.is_file() and path != built(root)]
    files = root.with_name("cache of user").glob(user_key.FILE)
    secrets = [text.encode() for text in settings.values()] or [file.read_bytes() for file in files]
    for secret in (*secrets, *(secret.hex().encode() for secret in secrets)):
        assert secret not in (finished.out + finished.err).encode()
        assert not any(secret in path.read_bytes() for path in written)
    assert secrets


def test_killed(tmp_path: Path) -> None:
    """A build that was killed at any step of keeping its artifact leaves none that counts."""
    root = commands.make(tmp_path / "project")
    run(root, "user", "build")
    folder = built(root).parent
    content = {path.name: path.read_bytes() for path in folder.iterdir()}
    order = [built(root), built(root).with_suffix(".mac"), built(root).with_suffix(".json")]

    for steps in range(len(order)):
        shutil.rmtree(folder)
        folder.mkdir()
        for path in order[:steps]:
            path.write_bytes(content[path.name])
        finished = run(root, "user", "build")

        assert finished.err == ""
        assert "hello: built " in finished.out
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == content


def _pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def _endless(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("spoil", [_pipe, _endless], ids=["a pipe", "endless"])
@pytest.mark.parametrize("name", ["*.json", "*.mac", "*.zip", "latest", "../../.hashzip/*.index"])
def test_no_file(tmp_path: Path, spoil: Callable[[Path], None], name: str) -> None:
    """A pipe or a device in the place of a file is neither waited for nor read."""
    root = projects.make(tmp_path / "project")
    run(root, "user", "build")
    (path,) = (root / "dist/hello").glob(name)
    content = built(root).read_bytes()
    spoil(path)

    projects.write_files(root / "src", {"new.py": b""})
    run(root, "user", "build")
    (root / "src/new.py").unlink()
    run(root, "user", "build")

    assert content in [zip_file.read_bytes() for zip_file in (root / "dist/hello").glob("*.zip")]


def test_warning_in_the_plan(root: Path) -> None:
    """A plan warns of a zip of other code, which Terraform would upload where it plans no build."""
    run(root, "attacker", "build")
    replace_code(root)
    query = projects.query()

    answer = json.loads(run(root, "reviewer", "external", text=query).out)
    run(root, "reviewer", "build")
    after = json.loads(run(root, "reviewer", "external", text=query).out)

    path = f"dist/hello/{answer['fingerprint']}.zip"
    assert answer["warnings"] == f"{path} was not built by this user; run: hashzip build hello"
    assert after == answer | {"warnings": ""}


def test_no_warning_in_the_plan(tmp_path: Path) -> None:
    """It warns of none that is equal to the sources, and notes nothing: a plan only reads."""
    root = projects.make(tmp_path / "project")
    run(root, "plan", "build")
    before = projects.listing(root)

    answer = json.loads(run(root, "apply", "external", text=projects.query()).out)

    assert answer["warnings"] == ""
    assert projects.listing(root) == before


def test_huge_zip(tmp_path: Path) -> None:
    """A foreign zip of a terabyte without content is not read, neither in a plan nor in a build."""
    root = projects.make(tmp_path / "project")
    run(root, "attacker", "build")
    content = built(root).read_bytes()
    os.truncate(built(root), 1 << 40)

    answer = json.loads(run(root, "reviewer", "external", text=projects.query()).out)
    run(root, "reviewer", "build")

    assert "was not built by this user" in answer["warnings"]
    assert built(root).read_bytes() == content
    os.truncate(built(root), 1 << 40)  # the same with the right code beside it
    run(root, "reviewer", "build")
    assert built(root).read_bytes() == content
    projects.write_files(root / "src", {"new.py": b""})
    os.truncate(built(root), 1 << 40)  # now the last build, which the next one may copy from
    assert "hello: built " in run(root, "reviewer", "build").out
