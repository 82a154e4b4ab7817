"""What checks are given."""

from pathlib import Path

import pytest

from hashzip.doctor import check
from hashzip.doctor.check import Patient, State
from tests.support import programs


class TestPatient:
    """The project that is checked."""

    def test_project(self, project: Path) -> None:
        """It is the one of the nearest parent folder."""
        patient = Patient(str(project / "src"))

        assert patient.root == str(project.resolve())
        assert [target.name for target in patient.targets] == ["hello"]

    def test_none(self, tmp_path: Path) -> None:
        """Where there is none, nothing is of it."""
        patient = Patient(str(tmp_path))

        assert patient.root is None
        assert patient.project is None
        assert not patient.targets
        assert not patient.configurations

    def test_invalid(self, project: Path) -> None:
        """An invalid one has a problem, and no functions."""
        (project / "hashzip.toml").write_text("[function.hello]\nsorce = 1\n", encoding="utf-8")
        patient = Patient(str(project))

        assert patient.project is None
        assert patient.problem is not None
        assert patient.targets == []

    def test_configurations(self, project: Path) -> None:
        """Folders with Terraform files are found, but not those of programs or of downloads."""
        for folder in ("infra/live", "node_modules/x", ".terraform/modules", "dist", "a/b/c/d/e/f"):
            (project / folder).mkdir(parents=True)
            (project / folder / "main.tf").touch()

        assert Patient(str(project)).configurations == [str(project.resolve() / "infra/live")]


class TestOutput:
    """Programs of the machine."""

    def test_output(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What a program prints is returned; it runs outside of the project, and offline."""
        script = 'echo "$PWD $CHECKPOINT_DISABLE $RUSTUP_AUTO_INSTALL $1"'
        programs.write(tmp_path / "bin", tool=script, broken="exit 3")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.chdir(tmp_path)

        assert check.output("tool", "--version") == "/ 1 0 --version"
        assert check.output("broken") is None
        assert check.output("absent") is None


@pytest.mark.parametrize("is_needed, state", [(True, State.WRONG), (False, State.NOTE)])
def test_needed(*, is_needed: bool, state: State) -> None:
    """What is missing is wrong only where the project needs it."""
    assert check.needed("uv", "not installed", "install it", is_needed=is_needed).state is state
