"""Whatever is wrong with a project or a call: one error that names it, a way out, no change."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import program, spoil
from tests.support import project as projects
from tests.support.spoil import Spoiled

AT_PLAN = pytest.mark.parametrize("spoiled", spoil.AT_PLAN, ids=lambda spoiled: spoiled.name)
AT_BUILD = pytest.mark.parametrize("spoiled", spoil.AT_BUILD, ids=lambda spoiled: spoiled.name)


def refused(project: Path, spoiled: Spoiled, *arguments: str, text: str = "") -> None:
    """Spoils a project, runs hashzip, and checks the complaint and that nothing changed."""
    spoiled.spoil(project)
    before = projects.listing(project)
    wrapper = program.without_roots_rights() if spoiled.unprivileged else ()

    finished = program.run(*arguments, cwd=project, text=text, wrapper=wrapper)

    error, hint = projects.complaint(finished)
    assert [fragment for fragment in spoiled.error if fragment not in error] == [], error
    assert spoiled.hint in hint
    assert projects.listing(project) == before


class TestProject:
    """A project that is spoiled, in each way of the table."""

    @AT_PLAN
    def test_external(self, project: Path, spoiled: Spoiled) -> None:
        """Terraform's plan stops at it."""
        query = projects.query(function=spoiled.function)
        refused(project, spoiled, "external", text=query)

    @AT_PLAN
    def test_build(self, project: Path, spoiled: Spoiled) -> None:
        """A build stops at it before it writes anything."""
        refused(project, spoiled, "build", "--project", ".", spoiled.function)

    @pytest.mark.parametrize("command", ["status", "diff"])
    def test_other_commands(self, project: Path, command: str) -> None:
        """The commands for people stop at it in the same way."""
        spoiled = spoil.AT_PLAN[0]
        refused(project, spoiled, command, *(["hello"] if command == "diff" else []))

    def test_sound(self, project: Path) -> None:
        """The control: the project that all of them spoil is sound."""
        assert projects.external(project)
        assert projects.built(project)["built"]


class TestSecret:
    """A source that looks like a secret. That it is refused is in the table."""

    @pytest.mark.parametrize("pattern", ["/conf/.env", ".env", "conf/"])
    def test_allowed(self, project: Path, pattern: str) -> None:
        """One that `allow` names is planned and packed, and no other."""
        projects.write_files(project / "src", {"conf/.env": b"A=1\n"})
        projects.configure(project, allow=[pattern])

        assert projects.external(project)
        assert "conf/.env" in projects.names(Path(str(projects.built(project)["file"])))
        projects.write_files(project / "src", {"id_rsa": b"x"})
        error, _ = projects.complaint(program.run("build", cwd=project))
        assert "id_rsa" in error
        assert ".env" not in error

    def test_excluded(self, project: Path) -> None:
        """One that `exclude` names is left out."""
        projects.write_files(project / "src", {"conf/.env": b"A=1\n"})
        projects.configure(project, exclude=[".env"])

        assert projects.external(project)
        assert "conf/.env" not in projects.names(Path(str(projects.built(project)["file"])))


class TestPackages:
    """What only a build sees: requirements that uv cannot install, programs that fail."""

    @AT_BUILD
    def test_build(self, project: Path, spoiled: Spoiled) -> None:
        """A build stops at it, and leaves no artifact and nothing half-made."""
        spoiled.spoil(project)

        error, hint = projects.complaint(program.run("build", cwd=project))

        assert [fragment for fragment in spoiled.error if fragment not in error] == [], error
        assert spoiled.hint in hint
        assert projects.artifacts(project) == []

    @AT_BUILD
    def test_plan(self, project: Path, spoiled: Spoiled) -> None:
        """A plan does not see it: that needs no package index, runs nothing, and takes no time."""
        spoiled.spoil(project)

        assert projects.external(project)["fingerprint"]


class TestQuery:
    """What is not a query of Terraform's external data source."""

    @pytest.mark.parametrize(
        "text, named",
        [
            ("", "not JSON"),
            ("{", "not JSON"),
            (b"\xff", "not JSON"),
            ("[" * 100_000, "not JSON"),
            ("[]", "not a JSON object of strings"),
            ('"hello"', "not a JSON object of strings"),
            ('{"project": ".", "function": 7}', "not a JSON object of strings"),
            ('{"project": ".", "function": null}', "not a JSON object of strings"),
            ('{"project": "."}', 'no "function"'),
            ('{"function": "hello"}', 'no "project"'),
            ('{"project": "", "function": "hello"}', 'no "project"'),
            ('{"project": ".", "function": "hello", "biuld": "true"}', '"biuld"'),
            ('{"project": ".", "function": "hello", "build": "yes"}', '"yes"'),
            (r'{"project": "\u0000", "function": "hello"}', r"'\x00', no path"),
            (r'{"project": "\ud800", "function": "hello"}', r"'\ud800', no path"),
            (r'{"project": ".", "function": "\ud800"}', r"\ud800"),
            ('{"project": "nowhere", "function": "hello"}', "nowhere"),
        ],
    )
    def test_malformed(self, project: Path, text: str | bytes, named: str) -> None:
        """It is named, and the answer is no half JSON."""
        before = projects.listing(project)

        error, _ = projects.complaint(program.run("external", cwd=project, text=text))

        assert named in error
        assert projects.listing(project) == before


class TestUsage:
    """Command lines that make no sense."""

    @pytest.mark.parametrize(
        "arguments, named",
        [
            ([], "COMMAND"),
            (["biuld"], "biuld"),
            (["build", "--jobs", "0"], "0"),
            (["build", "--jobs", "many"], "many"),
            (["diff"], "FUNCTION"),
        ],
    )
    def test_usage(self, project: Path, arguments: list[str], named: str) -> None:
        """They exit with 2, and say what is wrong."""
        finished = program.run(*arguments, cwd=project)

        assert finished.code == 2
        assert finished.out == ""
        assert named in finished.err.splitlines()[-1]

    def test_no_project(self, tmp_path: Path) -> None:
        """Outside of any project, the error names the folder and the option."""
        error, hint = projects.complaint(program.run("build", cwd=tmp_path))

        assert str(tmp_path) in error
        assert "--project" in hint

    def test_debug(self, project: Path) -> None:
        """With `--debug`, and only so, the traceback is shown."""
        finished = program.run("build", "--debug", "helo", cwd=project)

        assert finished.code == 1
        assert "Traceback" in finished.err
        assert "Traceback" not in program.run("build", "helo", cwd=project).err


class TestDisk:
    """A disk that cannot be written."""

    def test_read_only_plan(self, project: Path) -> None:
        """A plan works on a project that cannot be written."""
        project.chmod(0o555)
        wrapper = program.without_roots_rights()

        finished = program.run("external", cwd=project, text=projects.query(), wrapper=wrapper)

        assert finished.code == 0, finished.err

    def test_read_only_build(self, project: Path) -> None:
        """A build says that it cannot write, and where."""
        project.chmod(0o555)
        before = projects.listing(project)

        finished = program.run("build", cwd=project, wrapper=program.without_roots_rights())

        error, hint = projects.complaint(finished)
        assert str(project / "dist") in error
        assert "Permission denied" in error
        assert "check its permissions" in hint
        assert projects.listing(project) == before

    def test_disk_full(self, project: Path) -> None:
        """A zip that does not fit leaves nothing behind, and a build with more room succeeds."""
        (project / "src" / "noise").write_bytes(os.urandom(100_000))
        small = _limit_file_size(50_000)

        error, hint = projects.complaint(program.run("build", cwd=project, before=small))

        assert str(project / "dist" / "hello") in error
        assert "File too large" in error
        assert "free some disk space" in hint
        assert projects.artifacts(project) == []
        assert program.run("build", cwd=project, before=_limit_file_size(500_000)).code == 0

    def test_disk_full_keeps_the_last_build(self, project: Path) -> None:
        """What was built before is there still, and whole."""
        last = Path(str(projects.built(project)["file"]))
        content = last.read_bytes()
        (project / "src" / "noise").write_bytes(os.urandom(100_000))

        projects.complaint(program.run("build", cwd=project, before=_limit_file_size(50_000)))

        assert last.read_bytes() == content
        (project / "src" / "noise").unlink()
        assert not projects.built(project)["built"]


def _limit_file_size(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
