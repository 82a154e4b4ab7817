"""Reading a requirements file: what counts of it, and whether it locks everything."""

from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import requirements_txt
from hashzip.builders.python.requirements_txt import Requirement, RequirementsTxt
from hashzip.errors import HashzipError
from tests.support import project as projects

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = f"greet @ git+https://host/me/greet.git@{COMMIT}"


def parse(project: Path, text: str, path: str = "requirements.txt") -> RequirementsTxt:
    """Read a file for hello."""
    target = planning.load_project(str(project)).target("hello")
    return requirements_txt.parse(text, path, target, lambda lock, source: f"{source} to {lock}")


def refused(project: Path, text: str, path: str = "requirements.txt") -> HashzipError:
    """Read a file, which must fail, and return the error."""
    with pytest.raises(HashzipError) as caught:
        parse(project, text, path)
    return caught.value


@pytest.mark.parametrize(
    "line, requirement",
    [
        ("a==1 --hash=sha256:00", Requirement("a==1", ("sha256:00",))),
        ("a==1 --hash sha256:0A --hash=sha512:11", Requirement("a==1", ("sha256:0A", "sha512:11"))),
        ("a==1 \\\r\n --hash=sha256:00", Requirement("a==1", ("sha256:00",))),
        (
            "a[b] == 1 ; python_version > '3' --hash=sha256:00",
            Requirement("a[b] == 1 ; python_version > '3'", ("sha256:00",)),
        ),
        (
            "a @ https://x/-a.whl#b --hash=md5:00",
            Requirement("a @ https://x/-a.whl#b", ("md5:00",)),
        ),
    ],
)
def test_requirement(project: Path, line: str, requirement: Requirement) -> None:
    """A requirement has a text and hashes, and written again it means the same."""
    parsed = parse(project, line)

    assert parsed.requirements == (requirement,)
    assert parse(project, str(requirement)) == parsed


@pytest.mark.parametrize(
    "line, places",
    [
        ("--index-url https://x", [("--index-url", "https://x")]),
        ("-i https://x", [("--index-url", "https://x")]),
        ("--extra-index-url=https://x#y", [("--extra-index-url", "https://x#y")]),
        ("--no-index -f ./wheels", [("--no-index", ""), ("--find-links", "./wheels")]),
        ("--find-links 'my wheels'", [("--find-links", "my wheels")]),
        ('--find-links="my wheels"', [("--find-links", "my wheels")]),
        ("--trusted-host x:8080", [("--trusted-host", "x:8080")]),
    ],
)
def test_places(project: Path, line: str, places: list[tuple[str, str]]) -> None:
    """Options that say where packages come from are taken, in all spellings."""
    assert parse(project, line) == RequirementsTxt(tuple(places), (), ())


@pytest.mark.parametrize(
    "line",
    ["--require-hashes", "--pre", "--prefer-binary", "--use-feature=fast-deps", "--pre --pre"],
)
def test_without_effect(project: Path, line: str) -> None:
    """Options that tools write and that change nothing where all is locked do not count."""
    assert parse(project, line) == RequirementsTxt((), (), ())


def test_only_binary(project: Path) -> None:
    """Packages that must not be built are known."""
    assert parse(project, "--only-binary a,b\n--only-binary=:all:").only_binary == ("a,b", ":all:")


@pytest.mark.parametrize(
    "line, option",
    [
        ("--no-binary six", "--no-binary"),
        ("--no-binary=:all:", "--no-binary=:all:"),
        ("--no-index --no-binary six", "--no-binary"),
        ("--no-index \\\n --no-binary six", "--no-binary"),
        ("-C x=y", "-C"),
        ("-C x=y six==1 --hash=sha256:00", "-C"),
        ("six==1 --hash=sha256:00 -C x=y", "-C"),
        ("six==1 --config-settings=x=y --hash=sha256:00", "--config-settings=x=y"),
        ("six==1 --global-option=x --hash=sha256:00", "--global-option=x"),
        ("six==1 --hash=sha256:00 --no-binary six", "--no-binary"),
        ("six==1 --hash=", "--hash="),
        ("six==1 --hash", "--hash"),
        ("--no-index=1", "--no-index=1"),
        ("--index-url", "--index-url"),
        ("--index-url https://x six==1", "six==1"),
        ("--hash=sha256:00", "--hash=sha256:00"),
        ("--a-later-one", "--a-later-one"),
        ("-", "-"),
        ("-f it's", "'"),
    ],
)
def test_refused(project: Path, line: str, option: str) -> None:
    """Any other option is refused and named, wherever it stands, because uv might obey it."""
    error = refused(project, line)

    assert error.message.startswith(f"requirements.txt has {option} in the line")
    assert "which could change what is installed" in error.message
    assert error.hint.startswith("remove it; ")
    assert ("build_sdists = true" in error.hint) == ("no-binary" in option)


@pytest.mark.parametrize(
    "before", ["", "# c \\\n", "--no-index ", "--pre ", "-i https://x ", "--only-binary :all: "]
)
@pytest.mark.parametrize(
    "option",
    ["-r other.txt", "-rother.txt", "-r=other.txt", "--requirement=other.txt", "-c o.txt", "-e ."],
)
def test_other_file(project: Path, before: str, option: str) -> None:
    """Another file is refused wherever it is named, because it is no input."""
    error = refused(project, f"six==1 --hash=sha256:00\n{before}{option}\n")

    assert "and hashzip does not read that file" in error.message
    assert error.hint.startswith("lock everything into one file: ")


@pytest.mark.parametrize(
    "line",
    [
        *("six==1#c --hash=sha256:00", "'six==1' --hash=sha256:00", "six=1 --hash=sha256:00"),
        pytest.param(f"six=={'9' * 5000} --hash=sha256:00", id="digits"),
        *("six==${V} --hash=sha256:00", "${N}==1 --hash=sha256:00"),
        *("six==1 ; a == '${V}' --hash=sha256:00", "six==1\u00a0 --hash=sha256:00"),
        *("a @ https://x/a.whl#${V} --hash=sha256:00", "a @ https://x/a.whl x --hash=sha256:00"),
        *(".\\a.whl --hash=sha256:00", "six==1 --hash=sha256:00 \\ "),
        *("-i 'https://x y'", "-f 'a\"b'", "-i -f", "-f -x", "--only-binary '-x'"),
    ],
)
def test_unreadable(project: Path, line: str) -> None:
    """What tools could read otherwise is refused, and so is a version that a variable decides."""
    error = refused(project, line)

    assert "which can be read in more than one way" in error.message
    assert "requirements.lock.txt" in error.hint


@pytest.mark.parametrize(
    "more",
    [
        "&x",
        ";x",
        "?x",
        "x",
        "/x",
        "#subdirectory=${X}",
        "#subdirectory=a&subdirectory=b",
        "#x",
        "@x",
    ],
)
def test_other_commit(project: Path, more: str) -> None:
    """A URL in which uv could see another commit or folder is refused."""
    projects.configure(project, build_sdists=True)
    assert parse(project, GIT)

    assert "without a full commit" in refused(project, GIT + more).message
    assert (
        "without a full commit"
        in refused(project, GIT.replace("greet.git@", "greet.git?a=b@")).message
    )


def test_hash_of_repository(project: Path) -> None:
    """A repository has a commit, and no hash that could be in its place."""
    error = refused(project, "greet @ git+https://host/greet.git@main --hash=sha256:00")

    assert "has a hash for a repository" in error.message


def test_login(project: Path) -> None:
    """No error prints the login of a URL."""
    error = refused(project, "greet @ https://me:secret@host/greet-1.0.whl")

    assert '"greet @ https://host/greet-1.0.whl"' in error.message


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200_000,
        " " * 200_000 + "-x",
        "a" + " " * 200_000 + "b",
        "#" * 200_000 + "\\\nx",
        "--pre " * 200_000 + "x",
    ],
)
def test_long_line(project: Path, text: str) -> None:
    """A line of any length is read, in a time that grows no faster than its length."""
    assert refused(project, text)


def test_variables(project: Path) -> None:
    """The variables of URLs are known, and no others."""
    text = (
        "-i https://${TOKEN_1}@x\n${PLACE}/a.whl --hash=sha256:00\nb==1 --hash=sha256:00 # ${C}\n"
    )

    assert parse(project, text).variables == {"TOKEN_1", "PLACE"}


@pytest.mark.parametrize(
    "path, hint",
    [
        ("requirements.in", "requirements.in to requirements.txt; then"),
        ("a/requirements.txt", "a/requirements.txt to a/requirements.lock.txt; then"),
        ("requirements.lock.txt", "requirements.txt to requirements.lock.txt; then"),
        ("names", "names to names.lock.txt; then"),
    ],
)
def test_lock(project: Path, path: str, hint: str) -> None:
    """The hint locks one file in another, and never a lock in a lock of a lock."""
    assert hint in refused(project, "a==1", path).hint


@pytest.mark.parametrize(
    "line", ["./libs/own", "own @ file:///x/own", "../own", "own @ ./own", "."]
)
def test_folder(project: Path, line: str) -> None:
    """A folder is refused with a hint of its own, because no command gives it a hash."""
    error = refused(project, line)

    assert error.message.startswith("requirements.txt has a requirement in a folder")
    assert "uv add ./FOLDER" in error.hint
    assert "without a hash" in refused(project, f"{line}/own-1.0-py3-none-any.whl").message


@pytest.mark.parametrize("reference", ["", "@main", f"@{COMMIT[:12]}", f"@{COMMIT}0"])
def test_no_commit(project: Path, reference: str) -> None:
    """A repository without a full commit is refused, and the hint locks the commit."""
    error = refused(project, f"greet @ git+https://host/me/greet.git{reference}")

    assert "a requirement without a full commit" in error.message
    assert "requirements.txt to requirements.lock.txt" in error.hint


def test_building(project: Path) -> None:
    """A commit is refused until the code of packages may run here."""
    error = refused(project, GIT)
    assert error.message.startswith("requirements.txt has greet from a repository")

    projects.configure(project, build_sdists=True)
    assert parse(project, GIT).requirements == (Requirement(GIT, ()),)


@pytest.mark.parametrize(
    "more, folder",
    [
        ("", None),
        ("#subdirectory=a/b", "a/b"),
        ("#egg=greet&subdirectory=a ; python_version > '3'", "a"),
        (" ; python_version > '3'", None),
    ],
)
def test_git_requirement(more: str, folder: str | None) -> None:
    """Repository, commit and folder of a requirement are known."""
    match = requirements_txt.git_requirement(GIT + more)

    assert match
    assert match.groupdict() == {
        "name": "greet",
        "repository": "https://host/me/greet.git",
        "commit": COMMIT,
        "folder": folder,
    }
    assert requirements_txt.git_requirement("greet==1.0 --hash=sha256:00") is None
