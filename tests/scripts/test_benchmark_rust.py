"""The benchmark of the function in Rust measures what it says, and its page says what it found."""

from __future__ import annotations

import json
import sys
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scripts.benchmark import rust, rust_page, rust_starts, tools
from scripts.benchmark.__main__ import main
from scripts.benchmark.programs import CHECKOUT
from scripts.benchmark.rust import Found, Package, Twins, Work
from scripts.benchmark.rust_crates import FUNCTION, OWN, PROFILES, with_profile
from scripts.benchmark.start import Start, seconds_to_answer
from scripts.errors import ScriptError
from tests.support import project as projects
from tests.support.rust import needs_cargo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

MANIFEST = '[package]\nname = "hello"\n\n[profile.release]\nlto = true # "z"\n\n[lints]\nx = 1\n'
PAGE = f"# Rust\n\nby hand\n\n{rust_page.BEGIN}\nold\n{rust_page.END}\n\nmore\n"

FOUND = Found(
    packages=[
        Package("cargo's", 4_000_000, 2_000_000, 0.004),
        Package("cargo-lambda's", 2_000_000, 900_000, 0.003),
        Package("own", 1_000_000, 500_000, 0.002),
        Package("zipped by cargo-lambda", 1_000_000, 500_000),
    ],
    works=[
        Work("nothing to do", 0.2, 0.4, 0.9, 5, compiles=False),
        Work("after an edit", 10.0, 10.0, 1.0, 3, compiles=True),
    ],
    ours=Twins(["a" * 64, "a" * 64], ["b" * 64, "b" * 64]),
    theirs=Twins(["c" * 64, "d" * 64], ["e" * 64, "e" * 64]),
    versions={"rustc": "1.95.0"},
    python=0.4,
)

# A function, as Lambda runs it: it asks for an event, and answers it.
FUNCTION_IN_PYTHON = f"""#!{sys.executable}
import http.client, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
def ask(*words):
    api.request(*words)
    return api.getresponse().read()
assert ask("GET", "/2018-06-01/runtime/invocation/next") == b'{{"name": "world"}}'
"""
ANSWER = 'ask("POST", "/2018-06-01/runtime/invocation/request-1/response", "{}")\n'
# As runtimes do: the next event never comes, and the function is ended while it waits.
NEXT = 'ask("GET", "/2018-06-01/runtime/invocation/next")\n'
ERROR = 'ask("POST", "/2018-06-01/runtime/invocation/request-1/error", \'"no such luck"\')\n'
END = 'raise SystemExit("no such luck")\n'

MAIN = r"""
use std::io::{BufRead, BufReader, Write};

fn ask(request: &str) {
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = std::net::TcpStream::connect(api).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream).read_line(&mut String::new()).unwrap();
}

fn say_hello(name: Option<&str>) -> String {
    format!(r#""Hello, {}!""#, name.unwrap_or("stranger"))
}

fn main() {
    ask("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
    let answer = Some(None::<&str>).map(say_hello).unwrap();
    let length = answer.len();
    let path = "/2018-06-01/runtime/invocation/request-1/response";
    ask(&format!("POST {path} HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{answer}"));
}
"""


def script(place: Path, text: str) -> Path:
    """Write a function in Python."""
    place.write_text(FUNCTION_IN_PYTHON + text, encoding="utf-8")
    place.chmod(0o755)
    return place


def no_python(_folder: Path) -> Start:
    """Say that there is none."""
    raise tools.MissingError("no such runtime")


def test_a_profile_takes_the_place_of_the_own() -> None:
    """A copy's manifest has the other profile, or none, and all else; the own stays as it is."""
    cargo, filled, own = (with_profile(MANIFEST, profile) for profile in PROFILES)
    assert PROFILES[-1] is OWN
    assert own == MANIFEST
    assert "[profile.release]" not in filled
    assert 'strip = "debuginfo"' in cargo
    for text in (cargo, filled):
        assert "lto = true" not in text
        assert '[package]\nname = "hello"' in text
        assert "[lints]\nx = 1" in text
    with pytest.raises(ScriptError, match=r"no \[profile\.release\]"):
        with_profile(filled, PROFILES[0])


def test_profiles_are_of_the_crate_that_is_here() -> None:
    """The crate's own profile is one of three that differ."""
    manifest = (rust.CRATE / "Cargo.toml").read_text(encoding="utf-8")
    assert len({with_profile(manifest, profile) for profile in PROFILES}) == 3


def test_the_page_keeps_what_is_written_by_hand() -> None:
    """Only what is between the two comments is another, however often; without them it fails."""
    once = rust_page.insert(PAGE, "new\n")
    assert once == PAGE.replace("old", "\nnew\n")
    assert rust_page.insert(once, "new\n") == once
    rust_page.insert((CHECKOUT / "docs/rust.md").read_text(encoding="utf-8"), "new\n")
    for page in (PAGE.replace(rust_page.BEGIN, ""), PAGE.replace(rust_page.END, "")):
        with pytest.raises(ScriptError, match="no place"):
            rust_page.insert(page, "new\n")


def test_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--rust` writes into a page; one without a place stops it before anything is measured."""
    asked = []

    def measured(_folder: Path, *, runs: int) -> Found:
        asked.append(runs)
        return FOUND

    monkeypatch.setattr(rust, "measured", measured)
    page = tmp_path / "page.md"
    page.write_text("no place\n", encoding="utf-8")
    with pytest.raises(ScriptError, match="no place"):
        main(["--rust", str(page)], [])
    assert asked == []
    page.write_text(PAGE, encoding="utf-8")
    main(["--only", "rust", "--runs", "2", "--rust", str(page), "--json", str(tmp_path / "j")], [])
    assert asked == [2]
    assert "| own | 1.00 MB | 0.50 MB | 2.0 ms |" in page.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "j").read_text())["rust"]["python"] == 0.4


def test_sentences_follow_the_figures() -> None:
    """What the page claims turns around when the figures do."""
    slower = Work("after an edit", 11.0, 10.0, 1.02, 3, compiles=True)
    turned = replace(FOUND, works=[slower], ours=FOUND.theirs, theirs=FOUND.ours)
    kept, other = (
        "\n".join([*rust_page.sentences(found), *rust_page.behind(found.works)])
        for found in (FOUND, turned)
    )
    assert "1.00 MB of cargo's 4.00 MB (ratio 0.25)" in kept
    assert "by hashzip, in two folders: one zip, to the byte (SHA-256 aaaaaaaaaaaa…)" in kept
    assert "by cargo-lambda, in two folders: two zips" in kept
    assert "with the same program in both" in kept
    assert "by hashzip, in two folders: two zips" in other
    assert "1.00 s more; of CPU time 1.02." in other
    assert "more;" not in kept
    assert "two programs" in rust_page.text(replace(FOUND, theirs=Twins("ab", "cd")))


def test_figures_that_are_near_count_as_equal() -> None:
    """A figure within chance is nowhere said to be behind."""
    assert "\nNowhere.\n" in rust_page.text(FOUND)
    near = replace(FOUND, works=[Work("an edit", 10.4, 10.0, 1.0, 3, compiles=True)])
    assert "\nNowhere.\n" in rust_page.text(near)
    far = replace(FOUND, works=[Work("an edit", 10.6, 10.0, 1.0, 3, compiles=True)])
    assert "\nNowhere.\n" not in rust_page.text(far)


def test_start_to_answer(tmp_path: Path) -> None:
    """A start is measured to its answer: time before it counts, time after it does not."""

    def took(name: str, text: str) -> float:
        return seconds_to_answer(Start((str(script(tmp_path / name, text)),), tmp_path))

    assert took("before", "import time; time.sleep(0.5)\n" + ANSWER + NEXT) >= 0.5
    assert took("after", ANSWER + "import time; time.sleep(600)\n") < 600


@pytest.mark.parametrize("text", [ERROR + NEXT, END], ids=["an error", "an end"])
def test_start_without_an_answer(tmp_path: Path, text: str) -> None:
    """A function that fails or ends is no measurement: its own words are in the error."""
    start = Start((str(script(tmp_path / "bootstrap", text)),), tmp_path)
    with pytest.raises(ScriptError, match="no such luck"):
        seconds_to_answer(start)


def test_starts(tmp_path: Path) -> None:
    """Each zip's program is started; the one in Python too, or it is said why not."""
    package = tmp_path / "package.zip"
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(script(tmp_path / "bootstrap", ANSWER + NEXT), "bootstrap")

    def python(folder: Path) -> Start:
        return Start((str(tmp_path / "bootstrap"),), folder.parent)

    for number, way in enumerate((python, no_python)):
        folder = tmp_path / str(number)
        folder.mkdir()
        seconds, other, why = rust_starts.measured([package, package], folder, 1, way)
        assert len(seconds) == 2
        assert min(seconds) > 0
        assert (other is None) == (way is no_python)
        assert why == ("no such runtime" if way is no_python else "")
    missing = replace(FOUND, python=None, no_python=why)
    assert "was not started: no such runtime" in rust_page.text(missing)


def test_no_cargo(tmp_path: Path, program_path: Path) -> None:
    """Without cargo nothing is measured, and the page says so."""
    assert program_path.is_dir()
    found = rust.measured(tmp_path / "rust", runs=1)
    assert rust_page.text(found) == "Not measured: no program cargo: https://rustup.rs.\n"
    assert not (tmp_path / "rust").exists()


@needs_cargo
def test_all_of_it(tmp_path: Path) -> None:
    """A crate without dependencies is built, and built again, by both, and it answers."""
    files = {
        "Cargo.toml": '[package]\nname = "hello"\nversion = "0.1.0"\nedition = "2021"\n\n'
        # Else each build has the standard library optimized anew, which takes four times as long.
        '[workspace]\n\n[profile.release]\nopt-level = "z"\nlto = false\nstrip = true\n',
        "Cargo.lock": 'version = 3\n\n[[package]]\nname = "hello"\nversion = "0.1.0"\n',
        "src/main.rs": MAIN,
        "hashzip.toml": (rust.CRATE / "hashzip.toml").read_text(encoding="utf-8"),
        "target/large": "",
    }
    crate = tmp_path / "crate"
    projects.write_files(crate, {path: text.encode() for path, text in files.items()})

    found = rust.measured(tmp_path / "out", runs=1, starts=1, crate=crate, python=no_python)

    cargo, _, own, theirs = found.packages
    assert cargo.program > own.program > 0
    assert theirs.program > 0
    assert min(each.start or 0 for each in found.packages[:-1]) > 0
    assert len(set(found.ours.zips)) == 1
    assert [work.runs for work in found.works] == [1, 1, 1, rust.FIRST_RUNS]
    touched, edited = found.works[1:3]
    assert (touched.compiles, edited.compiles) == (False, True)
    built = list((tmp_path / "out/hashzip-1/dist" / FUNCTION).glob("*.zip"))
    assert len(built) == 2, "the first build and the edit; nothing for a touch"
    assert set(found.versions or {}) > {"rustc", "zig", "cargo-lambda"}
    assert not (crate / "dist").exists()
    json.dumps(found.as_json())
