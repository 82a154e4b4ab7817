"""Comparing what is installed with what the lock wants."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import install_checks
from hashzip.builders.python.record import Distribution
from hashzip.errors import HashzipError
from hashzip.project.targets import Target
from tests.support import project as projects

X86_64 = {"architecture": "x86_64"}
AL2 = {"runtime": "python3.11"}


def target(project: Path, **changes: object) -> Target:
    """Return hello with other keys."""
    projects.configure(project, **changes)
    return planning.load_project(str(project)).target("hello")


def installed(name: str, version: str = "1.0") -> Distribution:
    """Return a package."""
    return Distribution(name, version, f"{name}-{version}.dist-info", {}, frozenset())


class TestWanted:
    """Names and versions."""

    def refused(self, project: Path, wanted: dict[str, str], *packages: Distribution) -> str:
        """Compare packages with a lock, which must fail, and return the message."""
        with pytest.raises(HashzipError) as caught:
            install_checks.check_wanted(packages, wanted, "lock.txt", target(project))
        assert "upgrade uv" in caught.value.hint
        return caught.value.message

    @pytest.mark.parametrize(
        "wanted, version",
        [("1.0", "1.0"), ("1", "1.0.0"), ("1.0", "1.0+cpu"), ("1.0rc1", "1.0rc1"), ("", "7")],
    )
    def test_same(self, project: Path, wanted: str, version: str) -> None:
        """A version has several spellings, and so has a name."""
        names = {"able-baker": wanted}
        package = installed("Able_Baker", version)

        install_checks.check_wanted([package], names, "lock.txt", target(project))

    @pytest.mark.parametrize("version", ["1.0.1", "1.0rc1", "1.0.post1"])
    def test_version(self, project: Path, version: str) -> None:
        """Another version is an error that names both."""
        message = self.refused(project, {"able": "1.0"}, installed("able", version))

        assert message == (
            f"uv installed able {version}, but lock.txt wants version 1.0 "
            "for hello (python3.13, arm64)"
        )

    def test_missing(self, project: Path) -> None:
        """Missing packages are named, sorted."""
        message = self.refused(project, {"c": "1", "a": "", "b": "1.0"}, installed("b"))

        assert message.startswith("uv did not install a, c, which lock.txt wants for hello")

    def test_not_wanted(self, project: Path) -> None:
        """One that no line locks is named, unless a line does not say what it is."""
        assert self.refused(project, {}, installed("a")).startswith(
            "uv installed a 1.0, which lock.txt does not want for hello"
        )
        install_checks.check_wanted([installed("a")], {"": ""}, "lock.txt", target(project))


class TestTags:
    """The Pythons and machines that wheels are for."""

    def check(self, project: Path, tags: list[str], **changes: object) -> None:
        """Check a wheel with these tags."""
        greet = installed("greet")
        lines = "".join(f"Tag: {tag}\n" for tag in tags)
        projects.write_files(
            project, {f"{greet.info}/WHEEL": f"Wheel-Version: 1.0\n{lines}".encode()}
        )
        install_checks.check_tags(project, [greet], target(project, **changes), "lock it")

    @pytest.mark.parametrize(
        "tags, changes",
        [
            (["py3-none-any"], {}),
            (["py2.py3-none-any"], {}),
            (["py2-none-any", "py3-none-any"], {}),
            (["cp313-cp313-manylinux_2_34_aarch64"], {}),
            (["cp313-cp313-manylinux2014_aarch64"], {}),
            (["cp38-abi3-manylinux_2_17_aarch64"], {}),
            (["cp313-none-any"], {}),
            (["py3-none-manylinux_2_28_aarch64"], {}),
            (["cp313-cp313-linux_x86_64"], X86_64),
            (["cp313-cp313-manylinux1_x86_64"], X86_64),
            (["cp313-cp313-manylinux_2_5_x86_64"], X86_64),
            (["cp311-cp311-manylinux_2_26_aarch64"], AL2),
        ],
    )
    def test_fits(self, project: Path, tags: list[str], changes: dict[str, object]) -> None:
        """A wheel fits if one of its tags does."""
        self.check(project, tags, **changes)

    @pytest.mark.parametrize(
        "tags, changes",
        [
            (["cp312-cp312-manylinux_2_17_aarch64"], {}),
            (["cp313-cp313t-manylinux_2_17_aarch64"], {}),
            (["cp314-abi3-manylinux_2_17_aarch64"], {}),
            (["cp313-cp313-manylinux_2_35_aarch64"], {}),
            (["cp313-cp313-manylinux_2_17_x86_64"], {}),
            (["cp313-cp313-musllinux_1_2_aarch64"], {}),
            (["cp313-cp313-macosx_14_0_arm64"], {}),
            (["py2-none-any"], {}),
            (["py3-none-win_amd64"], {}),
            (["cp311-cp311-manylinux_2_28_aarch64"], AL2),
            ([], {}),
        ],
    )
    def test_other(self, project: Path, tags: list[str], changes: dict[str, object]) -> None:
        """Any other is an error that names its tags and the target."""
        with pytest.raises(HashzipError) as caught:
            self.check(project, tags, **changes)

        assert caught.value.message == (
            f"greet 1.0 is a wheel for {', '.join(tags) or 'nothing'}, which does not run on "
            f"{changes.get('runtime', 'python3.13')} and arm64"
        )
        assert "lock it" in caught.value.hint
