"""The copy of a requirements file that uv installs. No uv is run."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import requirements_export
from hashzip.builders.python.locks import Kind, Lock
from hashzip.builders.python.requirements import Requirements
from tests.support import project as projects

HASH = "--hash=sha256:00"


def export(
    project: Path, text: str, path: str = "requirements.txt", **changes: object
) -> Requirements:
    """Export a file for hello."""
    projects.write_files(project, {path: text.encode()})
    projects.configure(project, requirements=path, **changes)
    plan = planning.plan(planning.load_project(str(project)), "hello")
    lock = Lock(Kind.REQUIREMENTS, path, [], [])
    scratch = project.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    return requirements_export.export(plan, lock, text, scratch)


def lines(requirements: Requirements) -> list[str]:
    """Return the lines that uv reads."""
    return Path(requirements.arguments[-1]).read_text(encoding="utf-8").splitlines()


class TestWanted:
    """The packages that Lambda gets."""

    @pytest.mark.parametrize(
        "line, wanted",
        [
            ("Able_B==1.0", {"able-b": "1.0"}),
            ("able[x]===1.0", {"able": "1.0"}),
            ("able==1.0; sys_platform == 'linux'", {"able": "1.0"}),
            ("able==1.0; sys_platform == 'win32'", {}),
            ("able==1.0; python_version < '3.13'", {}),
            ("able==1.0; extra == 'x'", {}),
            ("able @ https://host/able.zip", {"able": ""}),
            ("https://host/Able_B-1.0-py3-none-any.whl#x=y", {"able-b": "1.0"}),
            ("./wheels/able-1.0.tar.gz", {"able": "1.0"}),
            ("https://host/archive/main.zip", {"": ""}),
            (f"https://host/able-{'9' * 5000}-py3-none-any.whl", {"": ""}),
            (f"https://host/able-{'9' * 5000}.tar.gz", {"": ""}),
            ("https://host/able-1.0.tar.gz?a=b/c.zip", {"able": "1.0"}),
            (f"https://host/{'a' * 200_000}", {"": ""}),
            ("https://host/able-1.0.whl", {"": ""}),
        ],
    )
    def test_line(self, project: Path, line: str, wanted: dict[str, str]) -> None:
        """It is known from a line, its marker, or the name of a file."""
        assert export(project, f"{line} {HASH}").wanted == wanted

    def test_long_line(self, project: Path) -> None:
        """A crafted URL is read at once, and so is the name behind it."""
        url = f"https://host/{'a.whl' * 50_000}"

        assert export(project, f"{url} {HASH}").wanted == {"": ""}
        named = export(project, f"{url}/able-1.0.tar.gz {HASH}")
        assert named.wanted == {"able": "1.0"}

    def test_excluded(self, project: Path) -> None:
        """One that is left out is not wanted."""
        text = f"able==1.0 {HASH}\ngreet==1.0 {HASH}\n"

        assert export(project, text, exclude_packages=["able"]).wanted == {"greet": "1.0"}


class TestFile:
    """The options in the file for uv."""

    def test_options(self, project: Path) -> None:
        """Only those that say where packages come from are in it, in order."""
        text = f"--pre\n-i https://host/simple\n--no-index\n--only-binary :all:\nable==1 {HASH}\n"

        requirements = export(project, text)

        assert lines(requirements) == [
            "--index-url https://host/simple",
            "--no-index",
            f"able==1 {HASH}",
        ]

    def test_only_binary(self, project: Path) -> None:
        """If packages may be built, it says which may not."""
        text = f"--only-binary six\nable==1 {HASH}\n"

        assert lines(export(project, text, build_sdists=True))[0] == "--only-binary six"
        assert lines(export(project, text))[0].startswith("able")

    def test_trusted_host(self, project: Path) -> None:
        """A host that needs no certificate is an argument, because uv ignores it in a file."""
        requirements = export(project, f"--trusted-host a:80\nable==1 {HASH}\n")

        at = requirements.arguments.index("--allow-insecure-host")
        assert requirements.arguments[at + 1] == "a:80"
        assert lines(requirements) == [f"able==1 {HASH}"]

    @pytest.mark.parametrize("place", ["wheels", "./wheels", "../deps/wheels"])
    def test_folder(self, project: Path, place: str) -> None:
        """A folder is relative to the file, or else to the project."""
        text = f"--find-links {place}\nable==1 {HASH}\n"
        (project / "wheels").mkdir()
        (project / "deps").mkdir()
        if "deps" not in place:
            expected = f"--find-links {(project / 'wheels').as_uri()}"
            assert lines(export(project, text, "deps/requirements.txt"))[0] == expected

        (project / "deps" / "wheels").mkdir()

        expected = f"--find-links {(project / 'deps' / 'wheels').as_uri()}"
        assert lines(export(project, text, "deps/requirements.txt"))[0] == expected

    @pytest.mark.parametrize("place", ["https://host/x", "${WHEELS}/x", "file:///x"])
    def test_url(self, project: Path, place: str) -> None:
        """A URL stays as it is, and so does one with a variable, which uv gets."""
        requirements = export(project, f"--find-links {place}\nable==1 {HASH}\n")

        assert lines(requirements)[0] == f"--find-links {place}"
        assert requirements.variables == ({"WHEELS"} if "WHEELS" in place else set())

    def test_nothing(self, project: Path) -> None:
        """Without packages uv has nothing to do."""
        assert export(project, "--no-index\n").arguments == []
