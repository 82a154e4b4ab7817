"""Builds, from a plan to an artifact."""

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from hashzip import pipeline, planning
from hashzip.artifacts import changes
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import install_cache
from hashzip.errors import HashzipError
from hashzip.inputs import summary
from hashzip.project import user_cache
from hashzip.system import phases
from tests.support import project as projects
from tests.support import wheels
from tests.support.phase_record import Record


def examine(project: Path) -> BuildPlan:
    """Return the plan of hello."""
    return planning.plan(planning.load_project(str(project)), "hello")


def lock(project: Path) -> None:
    """Give the project a locked package."""
    wheels.lock(project, wheels.make(project))
    projects.configure(project, requirements="requirements.txt")


def append(project: Path, path: str) -> None:
    """Change a file."""
    with (project / path).open("a", encoding="utf-8") as file:
        file.write("# changed\n")


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a file": (lambda p: append(p, "src/hello.py"), "hello.py changed"),
    "a new file": (lambda p: (p / "src" / "new.py").touch(), "new.py added"),
    "a removed file": (lambda p: (p / "src" / "run.sh").unlink(), "run.sh removed"),
    "a renamed file": (
        lambda p: (p / "src" / "run.sh").rename(p / "src" / "go.sh"),
        "go.sh added, run.sh removed",
    ),
    "a mode": (lambda p: projects.configure(p, executable=["hello.py"]), "hello.py changed"),
    "the runtime": (
        lambda p: projects.configure(p, runtime="python3.12"),
        "runtime python3.13 -> python3.12",
    ),
    "the architecture": (
        lambda p: projects.configure(p, architecture="x86_64"),
        "architecture arm64 -> x86_64",
    ),
    "the requirements": (
        lock,
        "requirements none -> requirements.txt, requirements.txt added",
    ),
}
NO_CHANGES: dict[str, Callable[[Path], object]] = {
    "nothing": lambda _project: None,
    "a touch": lambda p: (p / "src" / "hello.py").touch(),
    "a mode on the disk": lambda p: (p / "src" / "hello.py").chmod(0o777),
    "the handler, which is no part of the zip": lambda p: projects.configure(p, handler="a.b"),
    "what is left out": lambda p: projects.write_files(p / "src", {"__pycache__/a.pyc": b"x"}),
    "a file beside the sources": lambda p: (p / "README.md").touch(),
    "a copy in place of a file": lambda p: shutil.move(
        shutil.copy(p / "src" / "hello.py", p / "copy"), p / "src" / "hello.py"
    ),
}


class TestWhy:
    """Why something is built."""

    def test_first(self, project: Path) -> None:
        """The first build has nothing to compare with."""
        assert pipeline.build(examine(project)).reason == "first build here"
        assert pipeline.build(examine(project)).reason == ""

    @pytest.mark.parametrize("change, reason", CHANGES.values(), ids=CHANGES)
    def test_change(self, project: Path, change: Callable[[Path], object], reason: str) -> None:
        """Every change that can change the zip is named, and gives a new artifact."""
        before = examine(project)
        pipeline.build(before)
        change(project)
        after = examine(project)

        assert pipeline.build(after).reason == reason
        assert after.fingerprint != before.fingerprint
        assert sum(name.endswith(".zip") for name in projects.artifacts(project)) == 2

    @pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
    def test_no_change(self, project: Path, change: Callable[[Path], object]) -> None:
        """A change that cannot change the zip is no reason to build."""
        pipeline.build(examine(project))
        change(project)

        assert pipeline.build(examine(project)).reason == ""

    def test_change_and_back(self, project: Path) -> None:
        """If the sources are as they were, the earlier artifact is still there."""
        pipeline.build(examine(project))
        content = (project / "src" / "hello.py").read_bytes()
        append(project, "src/hello.py")
        assert pipeline.build(examine(project)).reason == "hello.py changed"

        (project / "src" / "hello.py").write_bytes(content)

        assert pipeline.build(examine(project)).reason == ""

    def test_missing_zip(self, project: Path) -> None:
        """A missing zip is the reason for a build."""
        plan = examine(project)
        pipeline.build(plan)
        Path(plan.store.reference(plan.fingerprint)["zip"]).unlink()

        assert pipeline.build(plan).reason == "its zip was missing or damaged"

    def test_force(self, project: Path) -> None:
        """An artifact is built again if asked for, to the same bytes."""
        before = projects.build(examine(project))

        assert pipeline.build(examine(project), force=True).reason == "forced"
        assert projects.build(examine(project)) == before


class TestBuild:
    """A plan -> an artifact."""

    def test_zip(self, project: Path) -> None:
        """The zip holds the sources, and the manifest says so."""
        plan = examine(project)
        manifest = projects.build(plan)

        with zipfile.ZipFile(plan.store.reference(plan.fingerprint)["zip"]) as archive:
            contents = {name: archive.read(name) for name in archive.namelist()}
        assert contents == projects.SOURCES
        assert manifest.artifact.entries == manifest.inputs == plan.inputs
        assert manifest.packages == []

    def test_changed_meanwhile(self, project: Path) -> None:
        """A source that changes between examining and packing is named, and nothing is left."""
        plan = examine(project)
        append(project, "src/hello.py")

        with pytest.raises(HashzipError, match=r"src/hello\.py changed while"):
            pipeline.build(plan)
        assert projects.artifacts(project) == []
        assert pipeline.build(examine(project)).reason == "first build here"

    def test_vanished_meanwhile(self, project: Path) -> None:
        """A source that vanishes is named, and nothing is left."""
        plan = examine(project)
        (project / "src" / "hello.py").unlink()

        with pytest.raises(HashzipError, match=r"src/hello\.py vanished"):
            pipeline.build(plan)
        assert projects.artifacts(project) == []

    def test_requirements_changed_meanwhile(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A lock file that changes is named, and nothing is left, nor kept for the next build."""
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
        lock(project)
        plan = examine(project)
        append(project, "requirements.txt")

        with pytest.raises(HashzipError, match=r"requirements\.txt changed while"):
            pipeline.build(plan)
        assert projects.artifacts(project) == []
        assert not list(install_cache.cache_folder().glob("*/tree"))

    def test_added_meanwhile(self, project: Path) -> None:
        """A file that is added after the plan is not in the zip."""
        plan = examine(project)
        (project / "src" / "late.py").touch()

        manifest = projects.build(plan)

        assert "late.py" not in {entry.path for entry in manifest.artifact.entries}

    def test_growth(self, project: Path) -> None:
        """A build after another has the difference of their sizes; the first one has none."""
        first = pipeline.build(examine(project))
        (project / "src" / "more.txt").write_bytes(bytes(range(256)))

        second = pipeline.build(examine(project))

        assert first.growth is None
        assert second.growth == second.sizes.zip - first.sizes.zip > 0
        assert pipeline.build(examine(project)).growth is None

    def test_phases(self, project: Path) -> None:
        """A build says what it does, and one that has nothing to do says nothing."""
        record = Record()
        with phases.listening(record):
            pipeline.build(examine(project))
            (begin, end) = record.events
            pipeline.build(examine(project))

        assert begin == ("hello", "packing 0.1 kB", False)
        assert record.events == [begin, end]

    def test_progress(self, project: Path) -> None:
        """The size of each file is reported when it is packed."""
        seen: list[int] = []

        pipeline.build(examine(project), progress=seen.append)

        assert sorted(seen) == sorted(len(content) for content in projects.SOURCES.values())

    @pytest.mark.parametrize("requirements", [None, "requirements.txt"])
    def test_artifacts_elsewhere(
        self, project: Path, tmp_path: Path, requirements: str | None
    ) -> None:
        """`dist` may be a link to another folder of the project, and not to one outside."""
        lock(project)
        projects.configure(project, **({"requirements": requirements} if requirements else {}))
        (project / "elsewhere").mkdir()
        (tmp_path / "elsewhere").mkdir()
        (project / "dist").symlink_to("elsewhere")

        assert pipeline.build(examine(project)).reason == "first build here"
        assert pipeline.build(examine(project)).reason == ""
        (project / "dist").unlink()
        (project / "dist").symlink_to("../elsewhere")
        with pytest.raises(HashzipError, match="out of the project"):
            examine(project)

    @pytest.mark.parametrize("linked", [False, True])
    def test_project_is_its_own_source(self, project: Path, *, linked: bool) -> None:
        """With the root as source, hashzip's own artifacts are no inputs."""
        if linked:
            (project / "elsewhere").mkdir()
            (project / "dist").symlink_to("elsewhere")
        projects.configure(project, source=".", handler="src.hello.handler")

        pipeline.build(examine(project))

        assert pipeline.build(examine(project)).reason == ""


class TestBuildAll:
    """Several plans -> several artifacts."""

    @pytest.mark.parametrize("locked", [False, True], ids=["in turn", "in parallel"])
    def test_order(
        self, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, locked: bool
    ) -> None:
        """Results come in the order of the plans, though layers are built before functions."""
        monkeypatch.setenv(user_cache.FOLDER_VARIABLE, str(tmp_path / "cache"))
        wheels.lock(project, wheels.make(project))
        more = {"requirements": "requirements.txt"} if locked else {}
        layer = {"runtime": "python3.13", "architecture": "arm64", "source": "src"}
        hello = projects.HELLO | more
        projects.write_tables(
            project,
            {
                "function.last": hello | {"layers": ["shared"]},
                "function.first": hello,
                "layer.shared": layer,
            },
        )
        plans = [projects.examine(project, name) for name in ("last", "layer.shared", "first")]
        packed: list[str] = []

        results = list(
            pipeline.build_all(plans, progress=lambda name, _size: packed.append(name), jobs=1)
        )

        assert [built.fingerprint for built in results] == [plan.fingerprint for plan in plans]
        assert packed.index("layer.shared") < packed.index("last")
        assert all(built.reason for built in results)
        assert not any(built.reason for built in pipeline.build_all(plans))

    def test_failure(self, project: Path) -> None:
        """A build that fails ends the command; those before it are there."""
        projects.write_config(project, hello=projects.HELLO, other=projects.HELLO)
        plans = [projects.examine(project, name) for name in ("hello", "other")]
        results = pipeline.build_all(plans)
        assert next(results).fingerprint == plans[0].fingerprint
        append(project, "src/hello.py")

        with pytest.raises(HashzipError, match="changed while"):
            next(results)
        assert projects.artifacts(project)
        assert projects.artifacts(project, "other") == []


class TestExpect:
    """The fingerprint that Terraform planned with."""

    def test_planned(self, project: Path) -> None:
        """The planned fingerprint passes."""
        plan = examine(project)

        pipeline.require_fingerprint(plan, plan.fingerprint, {})

    @pytest.mark.parametrize("change, reason", CHANGES.values(), ids=CHANGES)
    def test_changed(self, project: Path, change: Callable[[Path], object], reason: str) -> None:
        """Any other is refused, and the files that changed are named where they are known."""
        planned = examine(project)
        files = summary.summary(planned.inputs)
        change(project)
        current = examine(project)

        with pytest.raises(HashzipError) as caught:
            pipeline.require_fingerprint(current, planned.fingerprint, files)

        message = caught.value.message
        assert planned.fingerprint[:12] in message
        assert current.fingerprint[:12] in message
        differ = changes.compare(files, summary.summary(current.inputs))
        start = "hello: the sources changed since the plan"
        assert message.startswith(f"{start}: {differ} (" if any(differ) else f"{start} (")
        assert not any(differ) or str(differ) in reason

    @pytest.mark.parametrize("edited", [False, True])
    def test_line_endings(self, project: Path, *, edited: bool) -> None:
        """Where only line endings differ from the plan's clone, the hint says so."""
        planned = examine(project)
        for path in ("src/hello.py", "src/run.sh"):
            content = (project / path).read_bytes()
            (project / path).write_bytes(content.replace(b"\n", b"\r\n"))
        if edited:
            append(project, "src/run.sh")

        with pytest.raises(HashzipError) as caught:
            pipeline.require_fingerprint(
                examine(project), planned.fingerprint, summary.summary(planned.inputs)
            )

        assert "hello.py changed, run.sh changed (" in caught.value.message
        assert ("only line endings differ" in caught.value.hint) is not edited
        assert (".gitattributes" in caught.value.hint) is not edited
        assert "make a new plan" in caught.value.hint

    def test_files_unknown(self, project: Path) -> None:
        """Without the plan's files the fingerprints must do."""
        with pytest.raises(HashzipError, match=r"since the plan \(planned 000000000000, found"):
            pipeline.require_fingerprint(examine(project), "0" * 64, {})
