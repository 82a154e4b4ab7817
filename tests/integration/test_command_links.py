"""Symbolic links in what programs make: in the zip, in the local AWS, and in each command."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import zipfile
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from hashzip.aws.client import Endpoint
from hashzip.emulator import server, session
from hashzip.errors import HashzipError
from hashzip.project import host
from tests.support import aws_project, commands, program, watch_process
from tests.support import project as projects
from tests.support.aws_project import Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PYTHON: dict[str, object] = {
    "handler": "app.handler",
    "runtime": "python3.13",
    "architecture": host.architecture(),
}
# As package managers do it: one folder holds each package, and links lead to those in use.
SCRIPT = """
mkdir -p out/store/words-1 out/code
echo "WORD = '$(cat words.txt)'" > out/store/words-1/__init__.py
ln -s store/words-1 out/words
printf 'import words\\ndef handler(event, context):\\n    return words.WORD\\n' > out/code/main.py
ln -s code/main.py out/app.py
"""
LINKS = {"app.py": "code/main.py", "words": "store/words-1"}


def zip_links(zip_file: Path) -> dict[str, str]:
    """Return the targets of the links in a zip, by their paths."""
    with zipfile.ZipFile(zip_file) as archive:
        return {
            info.filename: archive.read(info).decode()
            for info in archive.infolist()
            if stat.S_ISLNK(info.external_attr >> 16)
        }


class TestZip:
    """Links in a zip."""

    def test_kept(self, tmp_path: Path) -> None:
        """Each link is an entry, and what it leads to is packed once."""
        root = commands.make(tmp_path / "project", SCRIPT, **PYTHON)

        zip_file = projects.make_zip(root)

        assert zip_links(zip_file) == LINKS
        files = ["code/main.py", "store/words-1/__init__.py"]
        assert projects.names(zip_file) == sorted([*files, *LINKS])
        document = json.loads(zip_file.with_suffix(".json").read_bytes())
        modes = {entry["path"]: entry["mode"] for entry in document["artifact"]["entries"]}
        assert modes == dict.fromkeys(files, "0644") | dict.fromkeys(LINKS, "120777")
        sizes = (entry["size"] for entry in document["artifact"]["entries"])
        assert document["artifact"]["unpacked_size"] == sum(sizes)

    def test_two_machines(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Folder, umask, order, times and absolute paths make no difference; a target does."""
        zips = []
        for folder, mask, order, target in (
            ("one", "022", "a b", "$PWD/out/deep/x"),
            ("two/deeper", "077", "b a", "deep/x"),
            ("three", "022", "a b", "deep/y"),
        ):
            script = f"""
            umask {mask}
            mkdir -p out/deep && echo 1 > out/deep/x && echo 2 > out/deep/y
            for name in $ORDER; do ln -s "{target}" "out/$name"; done
            touch -h -d 2001-01-0{len(folder)} out/a
            """
            root = tmp_path / folder / "project"
            root.parent.mkdir(parents=True)
            monkeypatch.setenv("ORDER", order)
            zips.append(projects.make_zip(commands.make(root, script)))

        first, second, other = (path.read_bytes() for path in zips)
        assert zip_links(zips[0]) == zip_links(zips[1]) == {"a": "deep/x", "b": "deep/x"}
        assert first == second
        assert zip_links(zips[2]) == {"a": "deep/y", "b": "deep/y"}
        assert first != other

    def test_built_again(self, tmp_path: Path) -> None:
        """With the zip of the last build to copy from, the bytes are those of a new build."""
        root = commands.make(tmp_path / "project", SCRIPT, **PYTHON)
        first = projects.make_zip(root).read_bytes()
        commands.write_script(root, f"{SCRIPT}\nln -s app.py out/more.py")
        warm = projects.make_zip(root).read_bytes()

        cold = projects.make_zip(root, force=True)

        assert warm == cold.read_bytes() != first
        assert zip_links(cold) == {**LINKS, "more.py": "app.py"}

    def test_check(self, tmp_path: Path) -> None:
        """`build --check` compares links: by their targets, and with files."""
        root = commands.make(tmp_path / "project", SCRIPT, **PYTHON)
        finished = program.run("build", "--check", "hello", cwd=root)
        assert (finished.code, finished.out) == (0, "hello: reproducible\n"), finished.err

        commands.write_script(
            root,
            f"{SCRIPT}\ntouch out/022 out/002; ln -s $(umask | tail -c 4) out/target\n"
            "if [ $(umask) = 0022 ]; then ln -s app.py out/kind; else cp out/app.py out/kind; fi",
        )
        finished = program.run("build", "--check", "hello", cwd=root)
        assert finished.code == 1, finished
        kind, target = finished.out.splitlines()[1:3]
        assert kind.startswith("~ kind (")
        assert "a link and a file" in kind
        assert target.startswith("~ target (3 bytes): from byte 1, line 1: '022' and '002'")
        finished = program.run("build", "--check", "hello", "--json", cwd=root)
        (result,) = json.loads(finished.out)
        assert [each["modes"] for each in result["differences"]] == [
            ["120777", "0644"],
            ["120777", "120777"],
        ]


class TestRefused:
    """Links that cannot be packed."""

    @pytest.mark.parametrize("output", ["out", None])
    def test_hint(self, tmp_path: Path, output: str | None) -> None:
        """A link out of the output is refused, until the hint is followed."""
        root = commands.make(tmp_path / "project")
        hello: dict[str, Any] = {**commands.HELLO, "output": output}
        if output is None:
            del hello["output"]
        folder = output or "$HASHZIP_OUTPUT"
        link = ["sh", "-c", f'mkdir -p "{folder}" && cd "{folder}" && touch a && ln -s .. parent']
        projects.write_config(root, hello={**hello, "command": [link]})

        with pytest.raises(
            HashzipError, match=r"parent leads out of the output, to \.\."
        ) as caught:
            projects.make_zip(root)

        start, _, program_to_add = caught.value.hint.partition("[[…], ")
        assert "end command with another program" in start
        remove = json.loads(program_to_add.removesuffix("]"))
        projects.write_config(root, hello={**hello, "command": [link, remove]})
        assert projects.names(projects.make_zip(root)) == ["a"]

    def test_many(self, tmp_path: Path) -> None:
        """Each of several links is named, and those that are good are not."""
        script = "mkdir out && cd out && touch a && ln -s a good && ln -s x b && ln -s /tmp c"
        root = commands.make(tmp_path / "project", script)

        error, _ = projects.complaint(program.run("build", cwd=root))

        first, *rows = error.splitlines()
        assert first == "error: 2 links cannot be packed:"
        assert [row.partition("/src/out/")[2] for row in rows] == [
            "b leads to nothing (x)",
            "c leads out of the output, to /tmp",
        ]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Make a project whose output has links, and run a local AWS."""
    with pytest.MonkeyPatch.context() as patch:
        aws_project.hide_account(patch)
        root = commands.make(tmp_path_factory.mktemp("links") / "project", SCRIPT, **PYTHON)
        with server.running() as local, session.announce(root, local):
            yield Running(root, Endpoint(local.endpoint, secret=local.secret))


class TestLocalAws:
    """What is deployed to a local AWS."""

    def test_invoke_and_diff(self, running: Running) -> None:
        """The function runs through its links, and `diff` compares them."""
        root = running.root
        running.deploy("hello")

        assert json.loads(running.run("invoke", "hello").out) == "first"
        assert running.run("diff", "hello", "--against", "deployed").out == ""

        script = SCRIPT.replace("words-1", "words-2")
        commands.write_script(root, f"{script}\nrm out/app.py && cp out/code/main.py out/app.py")
        projects.built(root)
        lines = running.run("diff", "hello", "--against", "deployed", "--text").out.splitlines()
        size = (root / "src/out/app.py").stat().st_size
        assert lines[:4] == [
            "+ store/words-2/__init__.py (15 bytes)",
            f"~ app.py (a link -> {size} bytes)",
            "~ words (a link)",
            "- store/words-1/__init__.py (15 bytes)",
        ]
        at = lines.index("--- a/words")
        assert lines[at + 3 : at + 5] == ["-store/words-1", "+store/words-2"]
        commands.write_script(root, SCRIPT)

    def test_custom_runtime(self, running: Running) -> None:
        """A `bootstrap` that is a link runs, too: such functions are unpacked elsewhere."""
        with closing(running.client("lambda")) as functions:
            zip_file = custom_runtime(running.root.with_name("custom"))
            functions.create_function(
                FunctionName="custom",
                Role=aws_project.ROLE,
                Runtime="provided.al2023",
                Handler="bootstrap",
                Code={"ZipFile": zip_file.read_bytes()},
            )
            answer = functions.invoke(FunctionName="custom")

        assert json.loads(answer["Payload"].read()) == "by a link"


def custom_runtime(root: Path) -> Path:
    """Build a function whose `bootstrap` is a link to a script that answers one invocation."""
    script = r"""
    mkdir -p out/bin
    cat > out/bin/run <<'END'
#!/usr/bin/env python3
import os, urllib.request
api = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as event:
        id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    urllib.request.urlopen(api + id + "/response", b'"by a link"').close()
END
    ln -s bin/run out/bootstrap
    """
    zip_file = projects.make_zip(commands.make(root, script, architecture=host.architecture()))
    assert zip_links(zip_file) == {"bootstrap": "bin/run"}
    return zip_file


def test_watch(tmp_path: Path) -> None:
    """`watch` runs a function through its links, before and after a save that changes one."""
    root = commands.make(tmp_path / "project", SCRIPT, **PYTHON)
    with watch_process.watching(root) as watch:
        watch.wait_for("watching for changes")
        assert watch_process.answer(watch.url()) == "first"

        start = len(watch.text)
        script = SCRIPT.replace("words-1", "words-2").replace("$(cat words.txt)", "second")
        commands.write_script(root, script)
        watch.wait_for(r"hello: .* live in ", start)
        assert watch_process.answer(watch.url()) == "second"


@pytest.fixture(scope="module")
def pnpm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Install pnpm and return its path; skip without npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on the PATH")
    folder = tmp_path_factory.mktemp("pnpm")
    words = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), "pnpm@10.34.9"]
    subprocess.run(words, check=True, capture_output=True)
    return str(folder / "node_modules/.bin/pnpm")


@pytest.mark.registry
@pytest.mark.slow
class TestPnpm:
    """A real package manager that makes links."""

    def test_answers(self, tmp_path: Path, pnpm: str, running: Running) -> None:
        """The package is reproducible, and answers in the local AWS with its dependencies."""
        home = tmp_path / "home"
        root = commands.make(
            tmp_path / "project",
            "mkdir -p out && cp index.js package.json pnpm-lock.yaml .npmrc out && cd out &&\n"
            "$PNPM install --frozen-lockfile --prod --ignore-scripts\n",
            handler="index.handler",
            runtime="nodejs22.x",
            env={"PNPM": pnpm, "XDG_DATA_HOME": str(home), "CI": "1"},
        )
        # is-odd needs is-number, and finds it through the links of pnpm alone.
        packages = {"private": True, "dependencies": {"is-odd": "3.0.1", "semver": "7.7.2"}}
        values = "require('is-odd')(n), require('semver').major('7.1.0')"
        projects.write_files(
            root / "src",
            {
                "index.js": f"exports.handler = async (n) => [{values}]\n".encode(),
                "package.json": json.dumps(packages).encode(),
                ".npmrc": b"extend-node-path=false\n",
            },
        )
        subprocess.run(
            [pnpm, "install", "--lockfile-only"],
            cwd=root / "src",
            check=True,
            capture_output=True,
            env={**os.environ, "XDG_DATA_HOME": str(home), "CI": "1"},
        )

        finished = program.run("build", "--check", "hello", cwd=root)
        assert finished.out == "hello: reproducible\n", finished.err

        zip_file = projects.make_zip(root)
        links = zip_links(zip_file)
        assert links["node_modules/is-odd"] == ".pnpm/is-odd@3.0.1/node_modules/is-odd"
        with closing(running.client("lambda")) as functions:
            functions.create_function(
                FunctionName="pnpm",
                Role=aws_project.ROLE,
                Runtime="nodejs22.x",
                Handler="index.handler",
                Code={"ZipFile": zip_file.read_bytes()},
            )
            answer = functions.invoke(FunctionName="pnpm", Payload=b"3")
        assert json.loads(answer["Payload"].read()) == [True, 7]
