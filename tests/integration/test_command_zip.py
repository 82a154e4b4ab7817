"""Zips and jars that programs make: unpacked, and packed again like a folder."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from hashzip.aws.client import Endpoint
from hashzip.emulator import server, session
from hashzip.errors import HashzipError
from hashzip.watch import host_package
from tests.support import aws_project, commands, program
from tests.support import project as projects
from tests.support.aws_project import Running

if TYPE_CHECKING:
    from pathlib import Path

# Files of each kind, written to the folder of the first argument.
TREE = """
mkdir -p "$1/lib" "$1/empty"
echo 'def handler(event, context): return "packed"' > "$1/app.py"
printf '#!/bin/sh\\n' > "$1/run"
chmod 600 "$1/run"
yes text | head -c 9000 > "$1/lib/é.txt"
ln -s lib/é.txt "$1/link"
mkdir "$1/.git" && echo 1 > "$1/.git/HEAD"
"""
# Packs a folder as tools do that care for nothing.
PACK = """
import os, pathlib, random, sys, zipfile
archive, folder, method = sys.argv[1:]
os.makedirs(os.path.dirname(archive), exist_ok=True)
with zipfile.ZipFile(archive, "w", int(method), strict_timestamps=False) as zf:
    zf.comment = os.urandom(5)
    paths = list(pathlib.Path(folder).rglob("*"))
    random.shuffle(paths)
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            link = zipfile.ZipInfo(name, (random.randint(1990, 2020), 1, 1, 0, 0, 0))
            link.external_attr = 0o120777 << 16
            link.create_system = 3
            zf.writestr(link, os.readlink(path))
        else:
            os.chmod(path, 0o777 if path.is_dir() else random.choice([0o600, 0o777]))
            zf.write(path, name)
"""


def pack(archive: str, method: int = zipfile.ZIP_DEFLATED) -> str:
    """Return the lines of a script that pack the folder `target` into a zip."""
    return f'"{sys.executable}" pack.py "{archive}" target {method}\n'


def make(root: Path, script: str, **changes: object) -> Path:
    """Make a project whose command makes the folder `target`, and then runs a script."""
    commands.make(root, f"rm -rf target; sh tree.sh target\n{script}", **changes)
    projects.write_files(root / "src", {"pack.py": PACK.encode(), "tree.sh": TREE.encode()})
    return root


class TestUnpacked:
    """A zip that is the only file."""

    @pytest.mark.parametrize("output", ["out/function.zip", "out/app.jar", "made/App.ZIP", None])
    def test_same_as_a_folder(self, tmp_path: Path, output: str | None) -> None:
        """The bytes are those of a folder with the same files, whatever the tool has written."""
        expected = projects.make_zip(make(tmp_path / "folder", "mv target out")).read_bytes()
        zips = []
        for number, method in enumerate((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)):
            root = make(tmp_path / f"zip{number}", pack(output or "$HASHZIP_OUTPUT/a.zip", method))
            hello = {**commands.HELLO, "output": output}
            projects.write_config(root, hello={k: v for k, v in hello.items() if v is not None})
            zips.append(projects.make_zip(root))

        assert [path.read_bytes() for path in zips] == [expected, expected]
        with zipfile.ZipFile(zips[0]) as archive:
            modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert modes == {
            "app.py": stat.S_IFREG | 0o644,
            "lib/é.txt": stat.S_IFREG | 0o644,
            "link": stat.S_IFLNK | 0o777,
            "run": stat.S_IFREG | 0o755,
        }

    @pytest.mark.parametrize(
        "words",
        [
            ["zip", "-q", "-r", "-y", "../out/function.zip", "."],
            ["jar", "--create", "--no-manifest", "--file", "../out/function.zip", "."],
        ],
        ids=["zip", "jar"],
    )
    def test_tools(self, tmp_path: Path, words: list[str]) -> None:
        """So it is with the tools that people have."""
        if shutil.which(words[0]) is None:
            pytest.skip(f"{words[0]} is not on the PATH")
        # `jar` follows links, and drops what leads nowhere.
        script = "rm -r target/link target/empty\n"
        expected = projects.make_zip(make(tmp_path / "folder", f"{script}mv target out"))
        script += f"mkdir -p out && cd target && {' '.join(words)}"
        root = make(tmp_path / "tool", script, output="out/function.zip")

        assert projects.make_zip(root).read_bytes() == expected.read_bytes()

    def test_check(self, tmp_path: Path) -> None:
        """`build --check` finds such a package reproducible, though the zip never is."""
        root = make(tmp_path / "project", pack("out/f.zip"), output="out/f.zip")
        made = []
        for _ in range(2):
            projects.make_zip(root, force=True)
            made.append((root / "src/out/f.zip").read_bytes())
        assert made[0] != made[1]

        finished = program.run("build", "--check", "hello", cwd=root)

        assert (finished.code, finished.out) == (0, "hello: reproducible\n"), finished.err

    def test_executable(self, tmp_path: Path) -> None:
        """The patterns of `executable` match paths in the zip."""
        root = make(
            tmp_path / "project", pack("out/f.zip"), output="out/f.zip", executable=["/lib/*"]
        )

        with zipfile.ZipFile(projects.make_zip(root)) as archive:
            modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert modes["lib/é.txt"] == stat.S_IFREG | 0o755
        assert modes["app.py"] == stat.S_IFREG | 0o644

    def test_paths_of_a_jar(self, tmp_path: Path) -> None:
        """Paths in a jar may differ in case alone, which a folder's may not."""
        names = (
            "mkdir -p target/META-INF && touch target/META-INF/LICENSE target/META-INF/license\n"
        )
        root = make(tmp_path / "jar", names + pack("out/a.jar"), output="out/a.jar")
        assert {"META-INF/LICENSE", "META-INF/license"} < set(
            projects.names(projects.make_zip(root))
        )

        with pytest.raises(HashzipError, match="differ in case or kind alone"):
            projects.make_zip(make(tmp_path / "folder", names + "mv target out"))

    def test_local_aws(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The function answers in the local AWS; `watch` packs it in the same way."""
        aws_project.hide_account(monkeypatch)
        root = make(
            tmp_path / "project",
            pack("out/f.zip"),
            output="out/f.zip",
            runtime="python3.13",
            handler="app.handler",
        )
        with server.running() as local, session.announce(root, local):
            running = Running(root, Endpoint(local.endpoint, secret=local.secret))
            running.deploy("hello")
            assert json.loads(running.run("invoke", "hello").out) == "packed"

        packed = host_package.pack(projects.examine(root), tmp_path / "watch", None)
        with zipfile.ZipFile(packed.path) as archive:
            assert archive.namelist() == projects.names(projects.make_zip(root))


class TestPackedAsItIs:
    """Zips that stay zips."""

    @pytest.mark.parametrize(
        "script, changes, names",
        [
            (pack("out/bootstrap"), {"output": "out/bootstrap"}, ["bootstrap"]),
            (pack("out/app.whl"), {"output": "out/app.whl"}, ["app.whl"]),
            (pack("out/lib/app.jar"), {}, ["lib/app.jar"]),
            (pack("out/a.zip") + "touch out/b", {}, ["a.zip", "b"]),
            (pack("out/a.zip") + "ln -s a.zip out/b", {}, ["a.zip", "b"]),
        ],
    )
    def test_not_alone(
        self, tmp_path: Path, script: str, changes: dict[str, object], names: list[str]
    ) -> None:
        """A zip of another name, in a folder, or beside other files is packed as a file."""
        assert (
            projects.names(projects.make_zip(make(tmp_path / "project", script, **changes)))
            == names
        )


class TestRefused:
    """Zips that stop a build."""

    @pytest.mark.parametrize(
        "code, message, hint",
        [
            ("writestr('../a', '')", "the entry ../a of", "store paths that are relative"),
            ("writestr('/a', '')", "the entry /a of", "store paths that are relative"),
            ("mkdir('empty')", "f.zip is empty after the programs", "change the program"),
            (
                "writestr('.git/HEAD', '')",
                "f.zip is empty after the programs",
                "change the program",
            ),
            ("writestr('.env', 'A=1')", "looks like a secret", 'allow = ["/.env"]'),
            (
                "writestr('b', b'\\x7fELF\\2\\1\\1' + bytes(9) + b'\\2\\0\\xb7\\0' + bytes(44))",
                "b is for arm64, and the function runs on x86_64",
                "build it for x86_64",
            ),
        ],
    )
    def test_entry(self, tmp_path: Path, code: str, message: str, hint: str) -> None:
        """An entry that cannot be packed is an error that names it, and says what to do."""
        words = f"import zipfile; zipfile.ZipFile('out/f.zip', 'w').{code}"
        script = f'mkdir -p out && "{sys.executable}" -c "{words}"'
        root = make(tmp_path / "project", script)

        error, advice = projects.complaint(program.run("build", cwd=root))

        assert message in error
        assert hint in advice

    @pytest.mark.parametrize(
        "target, message",
        [
            ("../a", "the link tree/link in {zip} leads out of it, to ../../a"),
            ("/etc/hosts", "the link tree/link in {zip} leads out of it, to /etc/hosts"),
            (".git/HEAD", "the link tree/link in {zip} leads to nothing that is packed: .git/HEAD"),
            ("link", "the link tree/link in {zip} loops: link"),
        ],
    )
    def test_link(self, tmp_path: Path, target: str, message: str) -> None:
        """A link out of the zip, to nothing or to itself is an error that names it."""
        target = "../../a" if target == "../a" else target
        script = f"ln -sfn {target} target/link; mkdir up && mv target up/tree && mv up target\n"
        root = make(tmp_path / "project", script + pack("out/f.zip"), output="out/f.zip")

        error, _ = projects.complaint(program.run("build", cwd=root))

        assert error == "error: " + message.format(zip=root / "src/out/f.zip")

    @pytest.mark.parametrize("name", ["f.zip", "f.jar"])
    def test_no_zip(self, tmp_path: Path, name: str) -> None:
        """A file that only has the name of a zip is an error; of another name it is packed."""
        root = make(tmp_path / "project", f"mkdir -p out && echo 1 > out/{name}")

        error, _ = projects.complaint(program.run("build", cwd=root))

        assert f"src/out/{name} is not a zip, or is damaged" in error
        commands.write_script(root, "mkdir -p out && echo 1 > out/f.txt")
        assert projects.names(projects.make_zip(root)) == ["f.txt"]


@pytest.mark.slow
def test_java(tmp_path: Path) -> None:
    """Classes of a jar are where Java finds them in Lambda: the handler runs from there."""
    if any(shutil.which(name) is None for name in ("javac", "jar", "java")):
        pytest.skip("javac, jar and java are not on the PATH")
    source = """package example;
public class Handler {
    public String handleRequest(String event) { return "Hello, " + event; }
    public static void main(String[] words) {
        System.out.println(new Handler().handleRequest("x"));
    }
}
"""
    root = commands.make(
        tmp_path / "project",
        "mkdir -p target/classes && javac -d target/classes Handler.java\n"
        "jar --create --file target/app.jar --main-class example.Handler -C target/classes .",
        output="target/app.jar",
        runtime="java21",
        handler="example.Handler::handleRequest",
    )
    projects.write_files(root / "src", {"Handler.java": source.encode()})

    zip_file = projects.make_zip(root)

    assert projects.names(zip_file) == ["META-INF/MANIFEST.MF", "example/Handler.class"]
    with zipfile.ZipFile(zip_file) as archive:
        archive.extractall(tmp_path / "task")  # where Lambda has it as /var/task
    words = ["java", "-cp", str(tmp_path / "task"), "example.Handler"]
    assert subprocess.run(words, check=True, capture_output=True, text=True).stdout == "Hello, x\n"
    again = program.run("build", "--check", "hello", cwd=root)
    assert again.out == "hello: reproducible\n", again.err
