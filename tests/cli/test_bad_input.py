"""Bad projects and bad calls get one error that names the cause, one hint, and change nothing."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import bad_projects, program
from tests.support import project as projects
from tests.support.bad_projects import BadProject
from tests.support.program import Finished

AT_PLAN = pytest.mark.parametrize("bad", bad_projects.AT_PLAN, ids=lambda bad: bad.name)
AT_BUILD = pytest.mark.parametrize("bad", bad_projects.AT_BUILD, ids=lambda bad: bad.name)


def check_refused(
    project: Path,
    bad: BadProject,
    *arguments: str,
    text: str = "",
    run: Callable[..., Finished] = program.call,
) -> None:
    """Make a project bad, run hashzip, and check its error, its hint, and that nothing changed."""
    bad.change(project)
    before = projects.listing(project)

    if bad.unprivileged:
        wrapper = program.without_roots_rights()
        finished = program.run(*arguments, cwd=project, text=text, wrapper=wrapper)
    else:
        finished = run(*arguments, cwd=project, text=text)

    error, hint = projects.complaint(finished)
    assert [fragment for fragment in bad.error if fragment not in error] == [], error
    assert bad.hint in hint
    assert projects.listing(project) == before


class TestProject:
    """Every bad project that a plan can notice."""

    @AT_PLAN
    def test_external(self, project: Path, bad: BadProject) -> None:
        """`external`, and so Terraform's plan, refuses it."""
        check_refused(project, bad, "external", text=projects.query(function=bad.function))

    @AT_PLAN
    def test_build(self, project: Path, bad: BadProject) -> None:
        """`build` refuses it before it writes anything."""
        check_refused(project, bad, "build", "--project", ".", bad.function)

    @pytest.mark.parametrize(
        "arguments", [["external"], ["build"], ["status"], ["diff", "hello"]], ids="-".join
    )
    def test_process(self, project: Path, arguments: list[str]) -> None:
        """Every command refuses it as a process too."""
        bad = bad_projects.AT_PLAN[0]
        check_refused(project, bad, *arguments, text=projects.query(), run=program.run)

    def test_sound(self, project: Path) -> None:
        """Control: the project that all of them change is planned and built."""
        assert projects.external(project)
        assert projects.built(project)["built"]


class TestSecret:
    """A source that looks like a secret. `bad_projects` has those that are refused."""

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
    """Every bad project that only a build can notice."""

    @AT_BUILD
    def test_build(self, project: Path, bad: BadProject) -> None:
        """A build refuses it, and leaves no artifact and no partial one."""
        bad.change(project)

        error, hint = projects.complaint(program.run("build", cwd=project))

        assert [fragment for fragment in bad.error if fragment not in error] == [], error
        assert bad.hint in hint
        assert projects.artifacts(project) == []

    @AT_BUILD
    def test_plan(self, project: Path, bad: BadProject) -> None:
        """A plan accepts it, because it runs no program and asks no package index."""
        bad.change(project)

        assert projects.external(project)["fingerprint"]


class TestQuery:
    """Standard input of `external` that is no query of Terraform's external data source."""

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
            (r'{"project": "\u0000", "function": "hello"}', r"not a path: '\x00'"),
            (r'{"project": "\ud800", "function": "hello"}', r"not a path: '\ud800'"),
            (r'{"project": ".", "function": "\ud800"}', r"\ud800"),
            ('{"project": "nowhere", "function": "hello"}', "nowhere"),
        ],
    )
    def test_malformed(self, project: Path, text: str | bytes, named: str) -> None:
        """The error names the mistake, and standard output stays empty."""
        before = projects.listing(project)

        error, _ = projects.complaint(program.run("external", cwd=project, text=text))

        assert named in error
        assert projects.listing(project) == before


class TestUsage:
    """Arguments that no command accepts."""

    @pytest.mark.parametrize(
        "arguments, named",
        [
            (["biuld"], "biuld"),
            (["build", "--jobs", "0"], "0"),
            (["build", "--jobs", "many"], "many"),
            (["diff"], "FUNCTION"),
        ],
    )
    def test_usage(self, project: Path, arguments: list[str], named: str) -> None:
        """The exit code is 2, and the error names the argument."""
        finished = program.run(*arguments, cwd=project)

        assert finished.code == 2
        assert finished.out == ""
        assert named in finished.err.splitlines()[0]

    def test_no_project(self, tmp_path: Path) -> None:
        """Outside of a project, the error names the folder, and the hint the option."""
        error, hint = projects.complaint(program.run("build", cwd=tmp_path))

        assert str(tmp_path) in error
        assert "--project" in hint

    def test_debug(self, project: Path) -> None:
        """The traceback is printed with `--debug` only."""
        finished = program.run("build", "--debug", "helo", cwd=project)

        assert finished.code == 1
        assert "Traceback" in finished.err
        assert "Traceback" not in program.run("build", "helo", cwd=project).err


class TestDisk:
    """A disk that cannot be written to."""

    def test_read_only_plan(self, project: Path) -> None:
        """A plan needs no right to write to the project."""
        project.chmod(0o555)
        wrapper = program.without_roots_rights()

        finished = program.run("external", cwd=project, text=projects.query(), wrapper=wrapper)

        assert finished.code == 0, finished.err

    def test_read_only_build(self, project: Path) -> None:
        """A build that may not write to the project says so and names the folder."""
        project.chmod(0o555)
        before = projects.listing(project)

        finished = program.run("build", cwd=project, wrapper=program.without_roots_rights())

        error, hint = projects.complaint(finished)
        assert str(project / "dist") in error
        assert "Permission denied" in error
        assert "check its permissions" in hint
        assert projects.listing(project) == before

    def test_disk_full(self, project: Path) -> None:
        """A build without room for the zip leaves nothing, and one with more room succeeds."""
        (project / "src" / "noise").write_bytes(os.urandom(100_000))
        small = _limit_file_size(50_000)

        error, hint = projects.complaint(program.run("build", cwd=project, before=small))

        assert str(project / "dist" / "hello") in error
        assert "File too large" in error
        assert "free some disk space" in hint
        assert projects.artifacts(project) == []
        assert program.run("build", cwd=project, before=_limit_file_size(500_000)).code == 0

    def test_disk_full_keeps_the_last_build(self, project: Path) -> None:
        """A build without room for the zip keeps the artifact of the last one."""
        last = Path(str(projects.built(project)["file"]))
        content = last.read_bytes()
        (project / "src" / "noise").write_bytes(os.urandom(100_000))

        projects.complaint(program.run("build", cwd=project, before=_limit_file_size(50_000)))

        assert last.read_bytes() == content
        (project / "src" / "noise").unlink()
        assert not projects.built(project)["built"]


class TestManyFiles:
    """So many files that several processes read them."""

    def test_unreadable(self, project: Path) -> None:
        """One unreadable file is one error, each time, whichever process reads it."""
        names = [f"{n:04}" for n in range(4_000)]
        projects.write_files(project / "src" / "many", {name: name.encode() for name in names})
        query = projects.query()
        for name in ("0000", "1999", "2000", "3999"):
            file = project / "src" / "many" / name
            file.chmod(0)
            finished = program.run(
                "external", cwd=project, text=query, wrapper=program.without_roots_rights()
            )
            error, _ = projects.complaint(finished)
            assert error == f"error: cannot read {file}: Permission denied"
            file.chmod(0o644)

        assert program.run("external", cwd=project, text=query).code == 0


def _limit_file_size(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
