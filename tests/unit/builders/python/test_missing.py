"""Packages that others need and that are not there."""

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.artifacts.manifest import Package
from hashzip.builders.python import missing, pylock
from hashzip.builders.python.record import Distribution
from hashzip.builders.python.tree import Missing, Tree
from tests.support import project as projects


def installed(name: str, *requires: str) -> Distribution:
    """Return a package."""
    return Distribution(name, "1.0", f"{name}-1.0.dist-info", {}, frozenset(), requires)


def tree(*lacks: str, has: str = "greet") -> Tree:
    """Return a tree with a package, and others that it needs."""
    lacking = tuple(Missing(name, f"{has} 1.0") for name in lacks)
    return Tree(Path(), [], [Package(has, "1.0")], {}, lacking)


class TestFind:
    """What the metadata says."""

    def names(
        self,
        project: Path,
        *packages: Distribution,
        extras: Mapping[str, Collection[str]] | None = None,
    ) -> list[str]:
        """Return the names of what is missing for hello."""
        target = planning.load_project(str(project)).target("hello")
        lacking = missing.find(packages, extras or {}, pylock.environment(target))
        return [each.name for each in lacking]

    def test_missing(self, project: Path) -> None:
        """A package that is not installed is named, with one that needs it."""
        target = planning.load_project(str(project)).target("hello")
        packages = [installed("greet", "Able_Baker>=2", "zoo"), installed("zoo")]

        assert missing.find(packages, {}, pylock.environment(target)) == [
            Missing("able-baker", "greet 1.0")
        ]

    def test_present(self, project: Path) -> None:
        """One that is installed is not missing, however its name is spelt."""
        assert self.names(project, installed("greet", "Able.Baker"), installed("able_baker")) == []

    @pytest.mark.parametrize(
        "marker, found",
        [
            ("sys_platform == 'linux'", True),
            ("sys_platform == 'win32'", False),
            ("python_version < '3.13'", False),
            ("platform_machine == 'aarch64'", True),
            ("extra == 'more'", False),
        ],
    )
    def test_marker(self, project: Path, marker: str, *, found: bool) -> None:
        """A requirement counts if its marker holds in Lambda."""
        assert self.names(project, installed("greet", f"able; {marker}")) == ["able"] * found

    def test_extra(self, project: Path) -> None:
        """So does that of an extra, if the lock or another package asks for it."""
        greet = installed("greet", "able ; extra == 'more'", "own[x]; extra == 'more'")
        own = installed("own", "baker; extra == 'x'")
        assert self.names(project, greet, own) == []

        assert self.names(project, greet, own, extras={"greet": ["more"]}) == ["able", "baker"]
        assert self.names(project, greet, own, installed("zoo", "greet[more]")) == ["able", "baker"]

    def test_old_metadata(self, project: Path) -> None:
        """What is no requirement is left to others, and the rest counts."""
        assert self.names(project, installed("greet", "what ever", "able (>=1.0)")) == ["able"]
        for marker in ("python_version ~= 'x'", "'a' < 'b'", "(" * 5000 + "os_name == 'x'"):
            assert self.names(project, installed("greet", f"x; {marker}", "able")) == ["able"]


class TestReport:
    """The warning."""

    def warning(
        self,
        project: Path,
        capsys: pytest.CaptureFixture[str],
        *trees: Tree,
        exclude: Collection[str] = (),
    ) -> str:
        """Report on hello, and return what is printed."""
        projects.configure(project, exclude_packages=list(exclude))
        plan = planning.plan(planning.load_project(str(project)), "hello")
        missing.report(plan, trees)
        return capsys.readouterr().err

    def test_text(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """It names each package, and who needs it; the hint can be pasted."""
        assert self.warning(project, capsys, tree("able", "baker")) == (
            "warning: [function.hello] lacks packages that others need: "
            "able (for greet 1.0), baker (for greet 1.0)\n"
            "hint: lock them as well; or, if nothing imports them or they come from elsewhere, set "
            'exclude_packages = ["able", "baker"]\n'
        )

    def test_nothing(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """There is none if nothing is missing, or if Lambda has it."""
        assert self.warning(project, capsys, tree()) == ""
        assert self.warning(project, capsys, tree("urllib3", "boto3")) == ""

    def test_layers(self, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """What one tree lacks, another may have; what all lack is missing."""
        layer = tree("greet", "able", has="zoo")

        assert self.warning(project, capsys, tree("zoo"), tree("greet", has="zoo")) == ""
        assert "able (for zoo 1.0)" in self.warning(project, capsys, tree("zoo"), layer)

    @pytest.mark.parametrize("patterns", [["able", "baker"], ["*"], ["ABLE", "b*"]])
    def test_silenced(
        self, project: Path, capsys: pytest.CaptureFixture[str], patterns: list[str]
    ) -> None:
        """What `exclude_packages` names is not missed."""
        assert self.warning(project, capsys, tree("able", "baker"), exclude=patterns) == ""
        assert "baker" in self.warning(project, capsys, tree("baker"), exclude=["able"])
