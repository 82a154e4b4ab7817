"""The folder of cargo's build output: what a repository has put there is never linked."""

import os
import shutil
from pathlib import Path

import pytest

from hashzip.builders.rust import target_folder
from hashzip.project import user_key
from tests.support import project as projects

TEXT = "0123456789abcdef" * 4


@pytest.fixture
def target(project: Path) -> Path:
    """Make the target folder of a project, which this user has used."""
    folder = project / ".hashzip/target"
    folder.mkdir(parents=True)
    use(folder)
    projects.write_files(folder, {"release/deps/libserde.rlib": b"right"})
    return folder


def use(folder: Path) -> list[str]:
    """Use a target folder in a build, and return what is then in it, but for hashzip's own."""
    target_folder.empty_foreign(folder, str(folder.parents[1] / "app"))
    own = {target_folder.MARK, target_folder.LOCK}
    return sorted(path.name for path in folder.iterdir() if path.name not in own)


def test_own(target: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What this user compiled before is used again."""
    assert use(target) == ["release"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("mark", ["none", "another text", "copied"])
def test_of_the_repository(target: Path, mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What came with the project is removed, even with a copy of the mark of another folder."""
    text = (target / target_folder.MARK).read_bytes()
    aside = target.with_name("aside")
    target.rename(aside)
    shutil.copytree(aside, target)
    (target / "link").symlink_to(aside, target_is_directory=True)
    if mark == "none":
        (target / target_folder.MARK).unlink()
    elif mark == "another text":
        (target / target_folder.MARK).write_bytes(b"0" * len(text))

    assert use(target) == []
    assert f"{target} was not made by this user: compiling everything" in capsys.readouterr().err
    assert (aside / "release/deps/libserde.rlib").exists()  # the link was not followed
    assert use(target) == []


def test_native_stays(target: Path) -> None:
    """The builds for this machine have a lock of their own, so they are left alone."""
    (target / target_folder.NATIVE).mkdir()
    (target / target_folder.MARK).unlink()

    assert use(target) == [target_folder.NATIVE]
    projects.write_files(target / target_folder.NATIVE, {"debug/deps/x.rlib": b""})
    assert use(target / target_folder.NATIVE) == []


def test_shared_key(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the shared key, a folder that CI restores counts wherever it is."""
    monkeypatch.setattr(user_key.Variable, "value", TEXT)
    (target / target_folder.MARK).unlink()
    use(target)
    projects.write_files(target, {"release/deps/libserde.rlib": b"right"})
    clone = projects.make(target.parents[1].with_name("clone"))

    shutil.copytree(target, clone / ".hashzip/target")

    assert use(clone / ".hashzip/target") == ["release"]
    monkeypatch.setattr(user_key.Variable, "value", TEXT[1:])
    assert use(clone / ".hashzip/target") == []  # the control


def test_outside(target: Path, tmp_path: Path) -> None:
    """A folder outside the project, as `CARGO_TARGET_DIR` may name, is the user's own."""
    outside = tmp_path / "outside/x/target"
    shutil.copytree(target, outside)
    os.unlink(outside / target_folder.MARK)

    target_folder.empty_foreign(outside, str(target.parents[1] / "app"))

    assert [path.name for path in outside.iterdir()] == ["release"]
