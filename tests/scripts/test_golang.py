"""Programs from Go modules, with a `go` that is a shell script; `nox -s test_tofu` builds one."""

from pathlib import Path

import pytest

from scripts import golang
from scripts.errors import ScriptError

MODULE = golang.Module("example.org/program", "v1.2.3", "h1:right")
GO = """#!/bin/sh
case $1 in
  mod) echo '{"Sum": "h1:SUM", "Dir": "DIR"}' ;;
  build) while [ "$1" != -o ]; do shift; done; echo "$GOOS $GOARCH $3 $PWD" >"$2" ;;
esac
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Return the path of a program that is not built yet."""
    return tmp_path / "out" / "program"


def write_go(folder: Path, checksum: str) -> None:
    """Write a `go` whose module has a checksum."""
    text = GO.replace("SUM", checksum).replace("DIR", str(folder))
    (folder / "go").write_text(text, encoding="utf-8")
    (folder / "go").chmod(0o755)


def test_build(program: Path, program_path: Path) -> None:
    """A program is built in the module's own folder, for this machine."""
    write_go(program_path, "right")
    golang.build(MODULE, "./cmd/program", program)
    expected = [*golang.system(), "./cmd/program", str(program_path)]
    assert program.read_text(encoding="utf-8").split() == expected


def test_other_checksum(program: Path, program_path: Path) -> None:
    """A module with another checksum is refused, and nothing is built."""
    write_go(program_path, "wrong")
    with pytest.raises(ScriptError, match="has the checksum h1:wrong, expected h1:right"):
        golang.build(MODULE, ".", program)
    assert not program.parent.exists()


def test_failure(program: Path, program_path: Path) -> None:
    """A failure of Go is an error with its output."""
    (program_path / "go").write_text("#!/bin/sh\necho no such module; exit 1\n", encoding="utf-8")
    (program_path / "go").chmod(0o755)
    with pytest.raises(ScriptError, match="no such module"):
        golang.build(MODULE, ".", program)


def test_interrupted_build(program: Path, program_path: Path) -> None:
    """A build that fails after it wrote a part leaves nothing, and keeps an older program."""
    write_go(program_path, "right")
    golang.build(MODULE, ".", program)
    built = program.read_bytes()
    go = program_path / "go"
    go.write_text(go.read_text(encoding="utf-8") + "[ $1 = mod ]\n", encoding="utf-8")
    with pytest.raises(ScriptError, match="exit code 1"):
        golang.build(MODULE, "./cmd/other", program)
    assert program.read_bytes() == built
    assert list(program.parent.iterdir()) == [program]


def test_missing_go(program: Path, program_path: Path) -> None:
    """Without Go, the error says where to get it."""
    assert not list(program_path.iterdir())
    with pytest.raises(ScriptError, match="no program go on the PATH") as caught:
        golang.build(MODULE, ".", program)
    assert "https://go.dev" in caught.value.hint
