"""What hashzip reads in a requirements file, against uv as the judge."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hashzip import planning
from hashzip.builders.python import locks, uv
from hashzip.builders.python.requirements_txt import RequirementsTxt
from hashzip.errors import HashzipError
from tests.support import project as projects
from tests.support import wheels

HASH = "sha256:" + "0" * 64
NAMES = ("able", "base", "core")

REQUIREMENTS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from([*NAMES, "Able", "CORE"]),
    st.sampled_from(["==1.0", " == 1.0", " (==1.0)", "===1.0", "==1.\\\n0", "==1.0\\", '=="1.0"']),
    st.sampled_from(["", " ; python_version > '3'", ';sys_platform=="x" or os_name != "x"', "; x"]),
    st.sampled_from([" ", " \\\n", "\\\n ", "\t", " \\\r\n    ", " # \\\n", " \\\n# c\n", "\x0c"]),
    st.sampled_from([f"--hash={HASH}", f"--hash {HASH}", f"--hash={HASH} \\\n --hash={HASH}", ""]),
)
OTHERS = st.sampled_from(
    [
        *(
            "# c",
            "# c \\",
            "  # c\\",
            "",
            " ",
            "\\",
            "--pre",
            "--no-index",
            "--no-index \\",
            "\x85",
        ),
        *("-r other.txt", "-rother.txt", "--requirement=other.txt", "-c other.txt", "-e ."),
        *("-i https://x", "--index-url=https://x", "-f wheels", "--find-links 'wheels'", "-f -r"),
        *(f"./wheels/able-1.0-py3-none-any.whl --hash={HASH}", "\ufeff", "\u2028", "\0", '"""'),
        *("--only-binary :all:", "--only-binary able,base", "--no-binary able", "-C a=b"),
        f"core @ file://${{PROJECT}}/wheels/core-1.0-py3-none-any.whl --hash={HASH}",
    ]
)
ENDS = st.sampled_from(["\n", "\n", "\n", "\r\n", " # c\n", "\\\n", " \\\n", "\x0b", "\u2028", ""])
FILES = st.lists(
    st.one_of(REQUIREMENTS, REQUIREMENTS, OTHERS).flatmap(lambda line: ENDS.map(line.__add__)),
    max_size=4,
).map("".join)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with three wheels, and a file with one of them."""
    project = projects.make(tmp_path_factory.mktemp("read") / "project")
    for name in NAMES:
        wheels.make(project, name)
    (project / "other.txt").write_text("core==1.0\n", encoding="utf-8")
    projects.configure(project, requirements="requirements.txt")
    return project


def read(project: Path, text: str) -> RequirementsTxt | None:
    """Return what hashzip reads; None if it refuses the file."""
    (project / "requirements.txt").write_bytes(text.encode())
    loaded = planning.load_project(str(project))
    target = loaded.target("hello")
    try:
        locks.find(loaded, target)
        text = (project / "requirements.txt").read_text(encoding="utf-8-sig")
        return locks.parse_requirements(text, "requirements.txt", target)
    except HashzipError:
        return None


def seen_by_uv(project: Path, name: str) -> list[str] | None:
    """Return the packages that uv sees in a file; None if it cannot read it."""
    finished = subprocess.run(
        [
            *(uv.program(), "pip", "compile", name, "--quiet", "--offline", "--no-deps"),
            *("--no-index", "--find-links", "wheels", "--no-header", "--no-annotate"),
            "--no-config",
        ],
        cwd=project,
        env={"PROJECT": str(project), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return None if finished.returncode else sorted(finished.stdout.split())


def written(parsed: RequirementsTxt) -> Iterable[str]:
    """Yield the lines of a file with what was read."""
    yield from (f"{name} {value}" for name, value in parsed.places if name == "--find-links")
    yield from map(str, parsed.requirements)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)
@given(text=FILES)
def test_same(folder: Path, text: str) -> None:
    """In a file that hashzip accepts, uv sees the packages that hashzip has written out of it."""
    parsed = read(folder, text)
    if parsed is None or not parsed.requirements:
        return
    (folder / "written.txt").write_text("\n".join(written(parsed)), encoding="utf-8")

    assert seen_by_uv(folder, "requirements.txt") == seen_by_uv(folder, "written.txt")


def test_other_file(folder: Path) -> None:
    """The control: in a file that hashzip refuses, uv sees the packages of another one."""
    text = f"# \\\n-r other.txt\nable==1.0 --hash={HASH}\n"

    assert read(folder, text) is None
    assert seen_by_uv(folder, "requirements.txt") == ["able==1.0", "core==1.0"]
    assert read(folder, text.replace("-r", "# -r"))
    assert seen_by_uv(folder, "requirements.txt") == ["able==1.0"]
