"""`hashzip build`, in this process. `tests/cli/test_cli.py` has it as a program."""

import json
import re
from pathlib import Path

import pytest

from hashzip.commands import _parser, build
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import shared_package
from tests.support.s3 import Shared


def run(project: Path, *words: str) -> None:
    """Build in a project."""
    build.run(_parser.parse(["build", "--project", str(project), *words]))


def test_lines(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each function has a line: why it was built, or that it is up to date."""
    other = {**projects.HELLO, "source": "src/lib", "handler": "names.WORLD"}
    projects.write_config(project, hello=projects.HELLO, other=other)
    run(project, "other")
    assert capsys.readouterr().out.startswith("other: built ")

    run(project)

    first, second = capsys.readouterr().out.splitlines()
    fingerprint = projects.examine(project).fingerprint
    assert first.startswith(f"hello: built {fingerprint[:12]} (first build here), ")
    assert second == "other: up to date"


def test_json(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json, there is one document, and it names the zip."""
    run(project, "--json")

    (result,) = json.loads(capsys.readouterr().out)
    assert result["built"] is True
    assert Path(result["file"]).stat().st_size == result["size"]


def test_summary(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several functions have a summary on stderr, and those of equal content one line."""
    other = {**projects.HELLO, "source": "src/lib", "handler": "names.WORLD"}
    projects.write_config(project, hello=projects.HELLO, same=projects.HELLO, other=other)

    run(project)

    out, err = capsys.readouterr()
    assert [line.partition(":")[0] for line in out.splitlines()] == ["hello, same", "other"]
    assert re.fullmatch(r"3 built, \d\.\d kB, \d+\.\d s\n", err)

    (project / "src" / "lib" / "names.py").write_text("WORLD = 'planet' * 1000\n", encoding="utf-8")
    run(project, "other")
    assert capsys.readouterr().err == ""
    run(project)
    assert re.match(r"2 built, 1 up to date, \d\.\d kB \(\+\d\.\d kB\), ", capsys.readouterr().err)


def test_warning_once(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A warning that several functions have is printed once, with all of them."""
    old = {**projects.HELLO, "runtime": "python3.9"}
    projects.write_config(project, hello=old, other=old, new=projects.HELLO)

    run(project)

    (warning,) = (line for line in capsys.readouterr().err.splitlines() if "warning:" in line)
    assert warning.startswith("warning: [function.hello] has runtime python3.9, ")
    assert warning.endswith(" (and so has [function.other])")


@pytest.mark.parametrize("text", ["[]", "{", "1"])
def test_expected_files(project: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """A variable that is not from the Terraform module is an error that names it."""
    fingerprint = projects.examine(project).fingerprint
    run(project, "--expect", fingerprint)
    monkeypatch.setenv(build.EXPECT_FILES, text)

    with pytest.raises(HashzipError, match=build.EXPECT_FILES):
        run(project, "--expect", fingerprint)


def test_expect_of_several(project: Path) -> None:
    """One fingerprint is expected of one function."""
    projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)

    with pytest.raises(HashzipError, match="not of 2"):
        run(project, "--expect", "0" * 64)


class TestPackage:
    """A package that several functions share."""

    def test_once(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """It is built once, whether its functions or nothing is named, and the line names both."""
        root = shared_package.make(tmp_path / "project")
        run(root)
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith("api (read, write): built ")

        run(root, "write", "read", "api")

        assert capsys.readouterr().out == "api (read, write): up to date\n"
        assert [path.name for path in (root / "dist").iterdir()] == ["api"]

    def test_json(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Its object lists its functions; that of a function does not."""
        root = shared_package.make(tmp_path / "project")
        projects.write_files(root / "src", projects.SOURCES)
        shared_package.configure(root, hello=projects.HELLO)

        run(root, "--json", "read", "hello")

        api, hello = json.loads(capsys.readouterr().out)
        assert (api["function"], api["functions"]) == ("api", ["read", "write"])
        assert (hello["function"], "functions" in hello) == ("hello", False)

    def test_expected(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Terraform's fingerprint may be expected of any of its functions."""
        root = shared_package.make(tmp_path / "project")
        fingerprint = projects.examine(root, "api").fingerprint

        run(root, "read", "--expect", fingerprint)

        assert "api (read, write): built" in capsys.readouterr().out
        with pytest.raises(HashzipError, match="sources changed"):
            run(root, "write", "--expect", "0" * 64)


class TestStrict:
    """Warnings as errors."""

    def test_of_the_build(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """A missing module leaves no artifact; without --strict, it is built with a warning."""
        projects.write_files(project / "src", {"hello.py": b"import requests\n"})

        with pytest.raises(HashzipError, match="imports requests") as caught:
            run(project, "--strict")
        assert caught.value.hint.endswith("; or leave out --strict")
        assert projects.artifacts(project) == []

        run(project)
        assert "warning: hello imports requests" in capsys.readouterr().err

    def test_built(self, project: Path) -> None:
        """A package that is built already is checked, too."""
        projects.write_files(project / "src", {"hello.py": b"import requests\n"})
        run(project)

        with pytest.raises(HashzipError, match="imports requests"):
            run(project, "--strict")
        projects.configure(project, modules_in_layer=["requests"])
        run(project, "--strict")

    def test_of_the_plan(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """All warnings of a plan are shown, as errors."""
        projects.configure(project, exclude=["a.md", "b.md"])

        with pytest.raises(HashzipError, match=r"b\.md"):
            run(project, "--strict")

        assert capsys.readouterr().err.startswith('error: exclude of [function.hello] has "a.md"')
        run(project)

    def test_check(self, project: Path) -> None:
        """With --check it would do nothing, and is refused."""
        with pytest.raises(HashzipError, match="--strict has no effect"):
            run(project, "--strict", "--check")


def test_store(project: Path, shared: Shared, capsys: pytest.CaptureFixture[str]) -> None:
    """With a store, JSON has the URL and whether it was pushed; without one, neither."""
    rows = []
    for arguments in (["--store", shared.url], ["--store", shared.url], ["--no-store"]):
        build.run(_parser.parse(["build", "--json", "--project", str(project), *arguments]))
        rows += json.loads(capsys.readouterr().out)
    first, second, without = rows
    assert (first["built"], first["pushed"]) == (True, True)
    assert (second["built"], second["pushed"]) == (False, False)
    assert first["store"] == second["store"] == f"s3://{shared.bucket}/{shared.key('.zip')}"
    assert "store" not in without
