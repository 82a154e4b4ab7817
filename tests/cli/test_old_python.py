"""A Python that is too old: hashzip goes on in a newer one, or says what is needed."""

import json
from pathlib import Path

import pytest

from tests.support import program, pythons
from tests.support import project as projects
from tests.support.program import Finished

_OLD = {
    version: path
    for version, path in pythons.of_pyenv().items()
    if pythons.minor(version) < (3, 11)
}
_NONE = pytest.param("", marks=pytest.mark.skip("pyenv has no Python older than 3.11"))

every_old = pytest.mark.parametrize("version", _OLD or [_NONE])
an_old = pytest.mark.parametrize("version", list(_OLD)[-1:] or [_NONE])


def external(python: Path, project: Path, path: Path) -> Finished:
    """Run `hashzip external` with a Python and a `PATH`."""
    return program.run(
        "external",
        cwd=project,
        text=projects.query(),
        settings={"PATH": str(path)},
        python=[str(python)],
    )


class TestAnyPython:
    """What each Python does that pyenv has."""

    @pytest.mark.parametrize("version", pythons.of_pyenv() or [_NONE])
    def test_goes_on(self, version: str, project: Path, tmp_path: Path) -> None:
        """Each Python has the same answer for Terraform, and is silent."""
        pythons.named(tmp_path / "bin/python3.11")

        finished = external(pythons.of_pyenv()[version], project, tmp_path / "bin")

        assert finished.err == ""
        assert json.loads(finished.out) == projects.external(project)

    @every_old
    def test_no_other(self, version: str, project: Path, tmp_path: Path) -> None:
        """Without another, there is one error with the version that it is and the one needed."""
        finished = external(_OLD[version], project, tmp_path)

        error, hint = projects.complaint(finished)
        assert error == (
            f"error: hashzip needs Python 3.11 or later; {_OLD[version]} is Python {version}, and "
            "no newer one was found"
        )
        assert "install Python 3.11 or later" in hint
        assert not (program.BUILD / "newer_python.pyc").exists()  # Python 2 would write it there


class TestSearch:
    """Where a newer Python is looked for."""

    @an_old
    def test_newest(self, version: str, project: Path, tmp_path: Path) -> None:
        """The newest on the `PATH` is taken, wherever it stands there, and gets the arguments."""
        for name in ("b/python3.14", "a/python3.11", "a/python3.12"):
            # With `-c` it is asked for its version, and has none of its own to say.
            pythons.script(tmp_path / name, f"test $1 = -c || printf '%s|' {name} \"$@\"")

        finished = program.run(
            *("build", "a b", "*"),
            cwd=project,
            settings={"PATH": f"{tmp_path / 'a'}:{tmp_path / 'b'}"},
            python=[str(_OLD[version])],
        )

        assert finished == Finished(0, f"b/python3.14|{program.BUILD}|build|a b|*|", "")

    @an_old
    def test_not_what_it_says(self, version: str, project: Path, tmp_path: Path) -> None:
        """A shim that does not run, and one that is too old after all, are passed over."""
        pythons.script(tmp_path / "a/python3.14", "echo no such version >&2; exit 127")
        pythons.named(tmp_path / "a/python3.13", _OLD[version])
        (tmp_path / "a/python3.12").mkdir()
        pythons.named(tmp_path / "b/python3.12")

        finished = external(_OLD[version], project, Path(f"{tmp_path / 'a'}:{tmp_path / 'b'}"))
        without = external(_OLD[version], project, tmp_path / "a")

        assert (finished.code, finished.err) == (0, "")
        projects.complaint(without)

    @an_old
    def test_of_uv(self, version: str, project: Path, tmp_path: Path) -> None:
        """What uv names is taken, and the project's settings do not count."""
        uv = pythons.uv_folder(tmp_path / "uv")
        pythons.named(tmp_path / "bin/python3")
        (project / ".python-version").write_text("3.9\n", encoding="utf-8")

        without = external(_OLD[version], project, tmp_path / "bin")
        finished = external(_OLD[version], project, Path(f"{uv}:{tmp_path / 'bin'}"))

        projects.complaint(without)
        assert (finished.code, finished.err) == (0, "")

    @an_old
    @pytest.mark.parametrize("options", [["-I", "-S"], ["-S"], ["-B"], []])
    def test_same_options(
        self, version: str, options: list[str], project: Path, tmp_path: Path
    ) -> None:
        """A Python that was isolated is so again."""
        pythons.script(tmp_path / "python3.13", 'echo "$@"')

        finished = program.run(
            "status",
            cwd=project,
            settings={"PATH": str(tmp_path)},
            python=[str(_OLD[version]), *options],
        )

        assert finished.out.split() == [*options, str(program.BUILD), "status"]
