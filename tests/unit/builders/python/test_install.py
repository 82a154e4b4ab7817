"""What is done around uv. A function of the tests unpacks wheels in its place."""

import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import install, install_cache, locks, uv
from hashzip.builders.python.tree import Tree
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import wheels


class FakeUv:
    """Unpacks the wheels of a project that a requirements file names, and notes the arguments.

    Attributes:
        also: The names of more packages that it installs.
        never: The names of packages that it does not install.
    """

    def __init__(self, project: Path) -> None:
        self.wheels = project / "wheels"
        self.arguments: list[str] = []
        self.task = ""
        self.also: set[str] = set()
        self.never: set[str] = set()

    def __call__(self, arguments: Sequence[str], cwd: str, task: str, *rest: object) -> str:
        """Install."""
        del cwd, rest
        self.arguments, self.task = list(arguments), task
        target, requirements = self.value("--target"), Path(self.value("--requirements"))
        text = requirements.read_text(encoding="utf-8")
        names = {line.partition("==")[0] for line in text.splitlines()} | self.also
        for wheel in self.wheels.glob("*.whl"):
            if wheel.name.partition("-")[0] in names - self.never:
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(target)
        return ""

    def value(self, option: str) -> str:
        """Return the value of an option."""
        return self.arguments[self.arguments.index(option) + 1]


@pytest.fixture
def fake(project: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    """Put a function in the place of uv."""
    program = FakeUv(project)
    monkeypatch.setattr(uv, "run", program)
    return program


def installed(project: Path, *packages: Path, **options: object) -> Tree:
    """Lock wheels, and install them for hello."""
    wheels.lock(project, *packages)
    projects.configure(project, requirements="requirements.txt", **options)
    loaded = planning.load_project(str(project))
    lock = locks.find(loaded, loaded.target("hello"))
    assert lock
    folder = project.parent / "tree"
    folder.mkdir()
    return install.install(planning.plan(loaded, "hello"), lock, folder)


class TestArguments:
    """What uv is told."""

    @pytest.mark.parametrize(
        "runtime, architecture, platform",
        [
            ("python3.13", "arm64", "aarch64-manylinux_2_34"),
            ("python3.11", "x86_64", "x86_64-manylinux_2_17"),
        ],
    )
    def test_platform(
        self, project: Path, fake: FakeUv, runtime: str, architecture: str, platform: str
    ) -> None:
        """It installs for the function's Python and machine, and errors name both."""
        installed(project, wheels.make(project), runtime=runtime, architecture=architecture)

        assert fake.value("--python-version") == runtime.removeprefix("python")
        assert fake.value("--python-platform") == platform
        assert fake.task == f"install requirements.txt for hello ({runtime}, {architecture})"

    @pytest.mark.parametrize("build_sdists", [False, True])
    def test_sdists(self, project: Path, fake: FakeUv, *, build_sdists: bool) -> None:
        """It runs the code of a package only if that is allowed."""
        installed(project, wheels.make(project), build_sdists=build_sdists)

        assert ("--only-binary" in fake.arguments) is not build_sdists


class TestTree:
    """What is installed then."""

    @pytest.mark.usefixtures("fake")
    def test_packages(self, project: Path) -> None:
        """Packages have the locked hashes, and each file has its package."""
        greet, able = wheels.make(project), wheels.make(project, "able", "2.0")

        tree = installed(project, greet, able)

        assert [(package.name, package.version) for package in tree.packages] == [
            ("able", "2.0"),
            ("greet", "1.0"),
        ]
        assert tree.packages[1].hashes[0] in wheels.requirement(greet)
        assert tree.owners("", tree.packages)["able.py"] == "able 2.0"
        assert [file.entry.path for file in tree.files] == sorted(
            path.relative_to(tree.folder).as_posix()
            for path in tree.folder.rglob("*")
            if path.is_file()
        )

    @pytest.mark.usefixtures("fake")
    def test_excluded(self, project: Path) -> None:
        """A package that is excluded is gone, with its files."""
        tree = installed(
            project, wheels.make(project), wheels.make(project, "able"), exclude_packages=["able"]
        )

        assert [package.name for package in tree.packages] == ["greet"]
        assert not (tree.folder / "able.py").exists()

    @pytest.mark.usefixtures("fake")
    def test_builder(self, project: Path) -> None:
        """The version of a build backend is removed if the package may have been built here."""
        info = "greet-1.0.dist-info/WHEEL"
        text = "Wheel-Version: 1.0\nGenerator: tiny 7\nTag: py3-none-any\n"
        greet = wheels.make(project, files={"greet.py": "", info: text})

        tree = installed(project, greet, build_sdists=True)

        assert (tree.folder / info).read_text(encoding="utf-8") == text.replace(
            "Generator: tiny 7\n", ""
        )

    @pytest.mark.usefixtures("fake")
    @pytest.mark.parametrize("build_sdists", [False, True])
    def test_compiled_here(self, project: Path, *, build_sdists: bool) -> None:
        """A package that was built for this machine is refused; a wheel of an index is not."""
        greet = wheels.make(project, tag="cp313-cp313-linux_x86_64")

        if not build_sdists:
            assert installed(project, greet, architecture="x86_64").packages
            return
        with pytest.raises(HashzipError, match=r"greet 1\.0 has no wheel and was built here, for"):
            installed(project, greet, architecture="x86_64", build_sdists=True)


class TestChecks:
    """What uv installed is compared with the lock."""

    def test_missing(self, project: Path, fake: FakeUv) -> None:
        """A package that is not there is an error, and nothing is returned."""
        fake.never = {"able"}

        with pytest.raises(HashzipError, match="uv did not install able, which requirements"):
            installed(project, wheels.make(project), wheels.make(project, "able"))

    def test_not_wanted(self, project: Path, fake: FakeUv) -> None:
        """So is one that the lock does not have; the control is the lock with it."""
        fake.also = {"able"}
        able = wheels.make(project, "able")

        with pytest.raises(HashzipError, match=r"uv installed able 1\.0, which requirements"):
            installed(project, wheels.make(project))

        (project.parent / "tree").rename(project.parent / "other")
        (project.parent / "scratch").rename(project.parent / "scratch-2")
        assert len(installed(project, wheels.make(project), able).packages) == 2

    @pytest.mark.usefixtures("fake")
    def test_other_python(self, project: Path) -> None:
        """So is a wheel for another Python, even one that claims nothing of machines."""
        with pytest.raises(HashzipError, match=r"greet 1\.0 is a wheel for cp312-none-any, which"):
            installed(project, wheels.make(project, tag="cp312-none-any"))


class TestNothing:
    """A target without requirements."""

    def test_empty(self, project: Path) -> None:
        """Nothing is installed, and uv is not run."""
        tree = install_cache.installed(planning.plan(planning.load_project(str(project)), "hello"))

        assert (tree.files, tree.packages) == ([], [])
