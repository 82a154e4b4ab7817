"""What commands show on terminals of 60, 80 and 140 columns."""

import re
from pathlib import Path

import pytest

from hashzip.commands import _parser
from tests.support import project as projects
from tests.support import terminal

WIDTHS = pytest.mark.parametrize("width", [60, 80, 140])
CREATED, DELETED = "orders-created-notification-eu-west-1", "orders-deleted-notification-eu-west-1"


def show(root: Path, width: int, *words: str, code: int = 0) -> list[str]:
    """Run hashzip on a terminal of a width, without colours; return the lines it shows."""
    ended, text = terminal.run(
        *words, cwd=root, COLUMNS=str(width), TERM="xterm", NO_COLOR="1", CI=""
    )
    assert ended == code, text
    return re.sub(r".*\r\x1b\[J", "", text.replace("\r\n", "\n")).splitlines()


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Make a project of three functions with long names, of which two are the same."""
    root = projects.make(tmp_path / "project")
    other = projects.HELLO | {"source": "src/lib", "handler": "names.WORLD"}
    projects.write_tables(
        root,
        {
            f"function.{CREATED}": projects.HELLO,
            f"function.{DELETED}": projects.HELLO,
            "function.billing": other,
        },
    )
    return root


STATUS = {
    60: """\
FUNCTION                               STATE            SIZE
orders-created-notification-eu-west-1  to build: fi…       -
orders-deleted-notification-eu-west-1  to build: fi…       -
billing                                built          0.1 kB
""",
    80: """\
FUNCTION                               STATE                         SIZE
orders-created-notification-eu-west-1  to build: first build here       -
orders-deleted-notification-eu-west-1  to build: first build here       -
billing                                built                       0.1 kB""",
    140: """\
FUNCTION                               FINGERPRINT   STATE                         SIZE
orders-created-notification-eu-west-1  ------------  to build: first build here       -
orders-deleted-notification-eu-west-1  ------------  to build: first build here       -
billing                                ------------  built                       0.1 kB""",
}


@WIDTHS
def test_status(orders: Path, width: int) -> None:
    """Names are whole, reasons are shortened, and the fingerprint is there where it fits."""
    projects.make_zip(orders, "billing")

    lines = show(orders, width, "status")

    table = [re.sub(r"\b[0-9a-f]{12}\b", "-" * 12, line) for line in lines]
    assert table[:4] == STATUS[width].splitlines()[:4]
    assert table[4:] == ["1 built, 2 to build, 0.1 kB", "next: hashzip build"]
    assert max(map(len, lines)) <= width


@WIDTHS
def test_build(orders: Path, width: int) -> None:
    """Equal contents share a line, which is broken between names alone; a summary is last."""
    lines = show(orders, width, "build")

    results = r"built [0-9a-f]{12} \(first build here\), 0\.\d kB, \d+\.\d s"
    patterns = {
        60: [rf"{CREATED},", rf"  {DELETED}:", rf"  {results}"],
        80: [rf"{CREATED}, {DELETED}:", rf"  {results}"],
        140: [rf"{CREATED}, {DELETED}: {results}"],
    }[width]
    patterns += [rf"billing: {results}", r"3 built, 0\.\d kB, \d+\.\d s"]
    assert len(lines) == len(patterns), lines
    for line, pattern in zip(lines, patterns, strict=True):
        assert re.fullmatch(pattern, line)


@WIDTHS
def test_unknown_key(orders: Path, width: int) -> None:
    """An unknown key is shown in its line, and the known ones are in lines that fit."""
    projects.configure(orders, sorce="src")

    error, line, mark, hint, *known = show(orders, width, "status", code=1)

    assert error.endswith('"sorce" in [function.hello] is not a key that hashzip knows')
    number = line.strip().partition(" ")[0]
    assert (line, mark) == (f'  {number} | sorce = "src"', f"  {' ' * len(number)} | ^^^^^")
    assert hint == 'hint: did you mean "source"? known:'
    assert known[0].startswith("  source, ")
    assert max(map(len, known)) <= 60


@WIDTHS
def test_help(tmp_path: Path, width: int) -> None:
    """The overview fits, lists each command, and ends with how to start."""
    lines = show(tmp_path, width)

    assert max(map(len, lines)) <= width
    assert lines[-1] == "start: hashzip init"
    listed = [line.split()[0] for line in lines if re.match(r"    \w", line)]
    assert listed == list(_parser.COMMANDS)


@WIDTHS
def test_doctor(orders: Path, width: int) -> None:
    """Each check has one line, that fits unless a fix follows."""
    lines = show(orders, width, "doctor")

    checks = [line for line in lines if not line.startswith("       fix: ")]
    assert all(re.match(r"(ok   |note )  \S", line) for line in checks)
    good = [line for line in checks if line.startswith("ok ")]
    assert max(map(len, good)) <= width


def test_no_differences(orders: Path) -> None:
    """A comparison that finds nothing says so to people."""
    projects.make_zip(orders, "billing")

    assert show(orders, 80, "diff", "billing") == ["no differences"]
