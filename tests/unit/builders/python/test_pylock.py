"""Checking and rewriting a `pylock.toml`. No uv is run."""

import os
import tomllib
from pathlib import Path

import pytest
from packaging.pylock import Package

from hashzip import planning
from hashzip.builders.python import pylock
from hashzip.builders.python.pylock import Document
from hashzip.errors import HashzipError
from hashzip.project.targets import Target

REAL = Path(__file__).parents[3] / "data/real/pylock.toml"
HEAD = 'lock-version = "1.0"\ncreated-by = "me"\n'
HASHES = 'hashes = { sha256 = "00" }'
WHEEL = f'wheels = [{{ url = "https://host/greet-1.0-py3-none-any.whl", {HASHES} }}]\n'
GREET = '[[packages]]\nname = "greet"\nversion = "1.0"\n'


def parse(text: str) -> Document:
    """Parse a lock."""
    return pylock.parse(HEAD + text, "pylock.toml", "lock it")


def greet(text: str) -> Package:
    """Parse and check a lock of one package."""
    (package,) = pylock.validate(parse(GREET + text), "pylock.toml", "lock it").packages
    return package


def names(target: Target, text: str, head: str = "", release: str = "3.13.0") -> list[str]:
    """Return the packages that are wanted of a lock with one package.

    Args:
        target: The function.
        text: Lines of the package.
        head: Lines of the lock.
        release: The release of Python.
    """
    lock = pylock.validate(parse(head + GREET + text), "pylock.toml", "lock it")
    wanted = pylock.wanted(lock, target, release, "pylock.toml", "lock it")
    return [package.name for package in wanted]


def refused(text: str) -> HashzipError:
    """Check a lock, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        pylock.validate(parse(text), "pylock.toml", "lock it")
    assert caught.value.hint == "lock again: lock it"
    return caught.value


class TestParse:
    """Locks as TOML."""

    def test_invalid(self) -> None:
        """A lock that is not TOML is an error that names it."""
        with pytest.raises(HashzipError, match=r"pylock\.toml is not valid TOML: ") as caught:
            parse("packages = ")
        assert caught.value.hint == "lock again: lock it"

    def test_written_again(self) -> None:
        """A real lock is written as it was read: URLs, hashes, markers and times."""
        document = pylock.parse(REAL.read_text(encoding="utf-8"), "pylock.toml", "lock it")

        assert tomllib.loads(pylock.to_toml(document)) == document
        assert len(document["packages"]) > 10


class TestValidate:
    """The specification."""

    def test_real(self) -> None:
        """A real lock conforms, and each package has a hash."""
        document = pylock.parse(REAL.read_text(encoding="utf-8"), "pylock.toml", "lock it")

        packages = pylock.validate(document, "pylock.toml", "lock it").packages

        assert [package.name for package in packages] == [
            package["name"] for package in document["packages"]
        ]
        assert all(pylock.hashes(package) for package in packages)

    @pytest.mark.parametrize(
        "text, problem",
        [
            ("packages = [1]", "is not a valid pylock.toml: Unexpected type int"),
            ("[[packages]]\nversion = '1'\n", "Missing required value in 'packages[0].name'"),
            (GREET, "Exactly one of vcs, directory, archive must be set"),
            (GREET + WHEEL.replace("greet-", "other-"), "(greet)"),
            (f"{GREET}marker = '='\n{WHEEL}", "in 'packages[0].marker' (greet)"),
            ("packages = []\ntool = 1\n", "Unexpected type int (expected Mapping) in 'tool'"),
        ],
    )
    def test_problem(self, text: str, problem: str) -> None:
        """An error says what is wrong, and names the package if it has a name."""
        error = refused(text)

        assert error.message.startswith("pylock.toml is not a valid pylock.toml: ")
        assert problem in error.message

    @pytest.mark.parametrize(
        "text",
        [
            WHEEL.replace(f", {HASHES}", ""),
            WHEEL.replace(HASHES, "hashes = {}"),
            'sdist = { url = "https://host/greet-1.0.tar.gz" }\n',
            'archive = { path = "greet.zip" }\n',
        ],
    )
    def test_no_hash(self, text: str) -> None:
        """A file without a hash is an error that names the package."""
        assert refused(GREET + text).message == "pylock.toml has greet without a hash"

    @pytest.mark.parametrize("name", ["greet-1.0.tar.gz", "greet-1.0.tar.bz2", "Greet-1.0.tgz"])
    def test_name_of_an_sdist(self, name: str) -> None:
        """An sdist may have a name of earlier days, which uv takes too."""
        package = greet(f'sdist = {{ url = "https://host/{name}", {HASHES} }}\n')

        assert pylock.hashes(package) == ("sha256:00",)

    def test_local_version(self) -> None:
        """A wheel may have a local version, whose plus sign is quoted in a URL."""
        url = "https://host/greet-1.0%2Bcpu-py3-none-any.whl"
        text = GREET.replace("1.0", "1.0+cpu")

        pylock.validate(
            parse(f'{text}wheels = [{{ url = "{url}", {HASHES} }}]\n'), "pylock.toml", "lock it"
        )


class TestHashes:
    """The hashes of a package."""

    def test_all_files(self) -> None:
        """They are those of all files, of all algorithms, sorted."""
        package = greet(
            'sdist = { url = "https://host/greet-1.0.tar.gz", hashes = { sha256 = "1" } }\n'
            "wheels = [\n"
            '  { url = "https://host/greet-1.0-py3-none-any.whl", hashes = { sha512 = "3" } },\n'
            '  { url = "https://host/greet-1.0-py2-none-any.whl", hashes = { sha256 = "0" } },\n'
            "]\n"
        )

        assert pylock.hashes(package) == ("sha256:0", "sha256:1", "sha512:3")

    def test_archive(self) -> None:
        """So are those of an archive."""
        assert pylock.hashes(greet(f'archive = {{ path = "x.zip", {HASHES} }}\n')) == ("sha256:00",)


class TestWanted:
    """Packages that Lambda gets."""

    @pytest.fixture
    def target(self, project: Path) -> Target:
        """Return a function for Python 3.13 on arm64."""
        return planning.load_project(str(project)).target("hello")

    @pytest.mark.parametrize(
        "marker, wanted",
        [
            ("sys_platform == 'linux' and platform_machine == 'aarch64'", True),
            ("platform_machine == 'x86_64'", False),
            ("sys_platform == 'win32'", False),
            ("python_version < '3.13'", False),
            ("python_full_version >= '3.13'", True),
            ("implementation_name == 'cpython'", True),
        ],
    )
    def test_marker(self, target: Target, marker: str, *, wanted: bool) -> None:
        """Markers are evaluated for Lambda, and not for this machine."""
        assert names(target, f'marker = "{marker}"\n{WHEEL}') == ["greet"] * wanted

    def test_none(self, target: Target) -> None:
        """Without a marker a package is wanted."""
        assert names(target, WHEEL) == ["greet"]

    @pytest.mark.parametrize("marker", ["os_name ~= 'x'", "'a' < 'b'"])
    def test_no_sense(self, target: Target, marker: str) -> None:
        """A marker that compares what cannot be compared is an error that has it."""
        with pytest.raises(HashzipError, match="of a package cannot be evaluated"):
            names(target, f'marker = "{marker}"\n{WHEEL}')

    @pytest.mark.parametrize("required", ["===new", f">={'9' * 5000}"])
    def test_no_range(self, target: Target, required: str) -> None:
        """So is a range of Pythons that nobody can read."""
        with pytest.raises(HashzipError, match="has greet for Python"):
            names(target, f'requires-python = "{required}"\n{WHEEL}')

    @pytest.mark.parametrize("release, wanted", [("3.13.1", False), ("3.13.2", True)])
    def test_release(self, target: Target, release: str, *, wanted: bool) -> None:
        """Markers are evaluated for the release that uv installs for."""
        text = f"marker = \"python_full_version >= '3.13.2'\"\n{WHEEL}"

        assert names(target, text, release=release) == ["greet"] * wanted

    @pytest.mark.parametrize(
        "marker, wanted",
        [
            ("'own' in dependency_groups", True),
            ("'dev' in dependency_groups", False),
            ("'more' in extras", False),
        ],
    )
    def test_groups(self, target: Target, marker: str, *, wanted: bool) -> None:
        """Of groups the lock's default ones count, and no extra does."""
        head = 'extras = ["more"]\ndependency-groups = ["dev"]\ndefault-groups = ["own"]\n'

        assert names(target, f'marker = "{marker}"\n{WHEEL}', head) == ["greet"] * wanted

    @pytest.mark.parametrize("required", [">=3.13", ">=3.13.5", "<3.13.1", "==3.13.*"])
    def test_python(self, target: Target, required: str) -> None:
        """A package may be for some releases of the runtime's Python."""
        assert names(target, f'requires-python = "{required}"\n{WHEEL}')

    def test_other_python(self, target: Target) -> None:
        """One for none of them is refused and named, unless it is not wanted."""
        text = f'requires-python = ">=3.14"\n{WHEEL}'
        with pytest.raises(HashzipError) as caught:
            names(target, text)

        assert caught.value.message == (
            'pylock.toml has greet for Python >=3.14, but [function.hello] has runtime "python3.13"'
        )
        assert "lock again: lock it" in caught.value.hint
        assert names(target, f"marker = \"sys_platform == 'win32'\"\n{text}") == []


class TestWithoutFolders:
    """The part that uv installs."""

    def test_paths(self) -> None:
        """Relative paths of files become absolute, and others stay."""
        document = parse(
            f'{GREET}wheels = [{{ path = "../w/a.whl", {HASHES} }}]\n'
            f'[[packages]]\nname = "able"\nsdist = {{ path = "able.zip", {HASHES} }}\n'
            f'[[packages]]\nname = "away"\narchive = {{ path = "/opt/away.zip", {HASHES} }}\n'
            f'[[packages]]\nname = "far"\narchive = {{ url = "https://host/path", {HASHES} }}\n'
        )

        packages = pylock.without_folders(document, Path("/project"))["packages"]

        assert packages[0]["wheels"][0]["path"] == os.path.join("/project", "../w/a.whl")
        assert packages[1]["sdist"]["path"] == os.path.join("/project", "able.zip")
        assert packages[2]["archive"]["path"] == "/opt/away.zip"
        assert packages[3]["archive"] == {"url": "https://host/path", "hashes": {"sha256": "00"}}

    def test_folders(self) -> None:
        """Packages in folders are left out: hashzip installs them from a copy."""
        document = parse(
            f'{GREET}{WHEEL}[[packages]]\nname = "own"\ndirectory = {{ path = "." }}\n'
        )

        rest = pylock.without_folders(document, Path("/project"))

        assert [package["name"] for package in rest["packages"]] == ["greet"]
        assert rest["created-by"] == "me"

    def test_python(self) -> None:
        """`requires-python` is left out, of the lock and of packages; the rest stays."""
        line = 'requires-python = ">=3.13"\n'

        rest = pylock.without_folders(parse(line + GREET + line + WHEEL), Path("/project"))

        assert rest == pylock.without_folders(parse(GREET + WHEEL), Path("/project"))
        assert rest["packages"][0]["version"] == "1.0"
