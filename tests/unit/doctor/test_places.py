"""The checks of the project, git, and folders."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashzip.doctor import places
from hashzip.doctor.check import Patient, State
from hashzip.project import user_cache, user_key
from tests.support import git, shared_package
from tests.support import project as projects


class TestConfiguration:
    """The project's `hashzip.toml`."""

    def test_valid(self, project: Path) -> None:
        """A valid one is counted."""
        (finding,) = places.configuration(Patient(str(project)))

        assert finding.state is State.GOOD
        assert finding.text.startswith("1 function or layer, ")

    def test_none(self, tmp_path: Path) -> None:
        """Where there is none, `init` makes one."""
        (finding,) = places.configuration(Patient(str(tmp_path)))

        assert (finding.state, finding.fix) == (State.NOTE, "run: hashzip init")

    def test_invalid(self, project: Path) -> None:
        """An invalid one is wrong, with its error."""
        projects.configure(project, sorce="src")

        (finding,) = places.configuration(Patient(str(project)))

        assert finding.state is State.WRONG
        assert '"sorce" in [function.hello]' in finding.text
        assert 'did you mean "source"' in finding.fix


def test_functions(project: Path) -> None:
    """Each function that cannot be planned is wrong, and no other."""
    assert list(places.functions(Patient(str(project)))) == []
    projects.write_config(project, hello=projects.HELLO, other=projects.HELLO | {"source": "scr"})

    (finding,) = places.functions(Patient(str(project)))

    assert (finding.name, finding.state) == ("other", State.WRONG)
    assert "scr" in finding.text


def test_shared_package(tmp_path: Path) -> None:
    """A package that cannot be planned is one finding, however many functions it has."""
    root = shared_package.make(tmp_path / "project")
    (configuration,) = places.configuration(Patient(str(root)))
    assert configuration.text.startswith("2 functions and layers, ")
    shared_package.configure(root, api={"source": "scr"})

    (finding,) = places.functions(Patient(str(root)))

    assert finding.name == "api"


class TestStore:
    """The folders in the project."""

    def test_writable(self, project: Path) -> None:
        """Where they can be made, they are in order, and none is made."""
        assert [each.state for each in places.store(Patient(str(project)))] == [State.GOOD] * 2
        assert not (project / "dist").exists()

    def test_file(self, project: Path) -> None:
        """A file in the place of `dist/` is wrong; one in that of the cache is only noted."""
        for name in ("dist", ".hashzip"):
            (project / name).touch()

        dist, cache = places.store(Patient(str(project)))

        assert (dist.state, cache.state) == (State.WRONG, State.NOTE)
        assert "is not a folder" in dist.text

    def test_read_only(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A folder that cannot be written is wrong."""
        monkeypatch.setattr(os, "access", lambda *_: False)

        dist, _ = places.store(Patient(str(project)))

        assert dist.state is State.WRONG
        assert dist.text.startswith("cannot write to ")


class TestCache:
    """The user's cache."""

    def test_private(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Others must not be able to write to it, for it is believed."""
        folder = tmp_path / "cache"
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(folder))
        patient = Patient(str(tmp_path))
        (absent,) = places.cache(patient)
        folder.mkdir(mode=0o700)
        (private,) = places.cache(patient)
        folder.chmod(0o770)
        (shared,) = places.cache(patient)

        assert absent.state is private.state is State.GOOD
        assert shared.state is State.WRONG
        assert f'chmod 700 "{folder}"' in shared.fix

    def test_no_home(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without a home, the variable that helps is named."""
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, "")
        monkeypatch.setenv("XDG_CACHE_HOME", "")
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)

        (finding,) = places.cache(Patient(os.curdir))

        assert finding.state is State.WRONG
        assert user_cache.FOLDER_VARIABLE in finding.fix


class TestKey:
    """The key of this user."""

    @pytest.fixture(autouse=True)
    def _forget(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Forget the key of this process before and after."""
        monkeypatch.setattr(user_key.Variable, "value", "")
        user_key.forget()
        yield
        user_key.forget()

    def test_own(self, project: Path) -> None:
        """It is kept in the cache."""
        (finding,) = places.key(Patient(str(project)))

        assert (finding.state, finding.text) == (State.GOOD, "that of this user alone")

    def test_short(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A variable that is too short is wrong; one that is long enough is shared."""
        monkeypatch.setenv(user_key.VARIABLE, "short")
        (finding,) = places.key(Patient(str(project)))
        assert finding.state is State.WRONG
        assert "openssl rand" in finding.fix

        user_key.forget()
        monkeypatch.setenv(user_key.VARIABLE, "x" * 64)
        (finding,) = places.key(Patient(str(project)))
        assert finding.state is State.GOOD
        assert user_key.VARIABLE in finding.text

    def test_nowhere(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where none can be kept, that is noted."""
        monkeypatch.setattr(user_cache, "folders", list)

        (finding,) = places.key(Patient(str(project)))

        assert finding.state is State.NOTE


@pytest.mark.parametrize(
    "autocrlf, attributes, state",
    [
        ("false", "", State.GOOD),
        ("input", "", State.GOOD),
        ("true", "", State.NOTE),
        ("true", "* text=auto eol=lf\n", State.GOOD),
        ("true", "* -text\n", State.GOOD),
        ("true", "*.sh eol=lf\n", State.NOTE),
    ],
)
def test_line_endings(project: Path, autocrlf: str, attributes: str, state: State) -> None:
    """Git must not convert line endings, unless `.gitattributes` decides for all clones."""
    git.run(project, "init", "--quiet")
    git.run(project, "config", "core.autocrlf", autocrlf)
    (project / ".gitattributes").write_text(attributes, encoding="utf-8")

    (finding,) = places.line_endings(Patient(str(project)))

    assert finding.state is state
    assert f"core.autocrlf = {autocrlf}" in finding.text
    assert (".gitattributes" in finding.fix) is (state is State.NOTE)
