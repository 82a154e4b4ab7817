"""Which crates are in a program, by what cargo says. Without cargo."""

import json
import os
import sys
from pathlib import Path

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.builders.process import ProcessFailed
from hashzip.builders.rust import linked_crates
from hashzip.builders.rust.linked_crates import Crate, Message
from hashzip.builders.rust.toolchain import MACHINES, Toolchain
from hashzip.errors import HashzipError

REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
GIT = "git+https://example.com/b.git?branch=main"
COMMIT = "c0" * 20
OWN = "path+file:///home/me/app#hello@0.1.0"
MACHINE = MACHINES["x86_64"]
LOCK = f"""\
version = 4

[[package]]
name = "a"
version = "1.0.0"
source = "{REGISTRY}"
checksum = "{"11" * 32}"

[[package]]
name = "a"
version = "2.0.0"
source = "{REGISTRY}"
checksum = "{"22" * 32}"

[[package]]
name = "b"
version = "0.1.0"
source = "{GIT}#{COMMIT}"

[[package]]
name = "hello"
version = "0.1.0"
"""


def tools(target: str = "/target") -> Toolchain:
    """Answers what compiles into a folder."""
    return Toolchain(
        cargo="",
        cargo_lambda="",
        zig="",
        processor="",
        triple=MACHINE.triple,
        home="",
        environment={"CARGO_TARGET_DIR": target},
    )


def artifact(
    identity: str, kind: str = "lib", *, target: str = "/target", is_for_host: bool = False
) -> Message:
    """Answers what cargo says of a crate that it compiled."""
    folder = [target] if is_for_host else [target, MACHINE.triple]
    return {
        "reason": "compiler-artifact",
        "package_id": identity,
        "target": {"kind": [kind], "name": "any"},
        "filenames": [os.sep.join([*folder, "release", "deps", "libany.rlib"])],
        "fresh": False,
    }


def listed(
    folder: Path, *messages: Message, lock: str = LOCK, target: str = "/target"
) -> list[Package]:
    """Answers the crates of a program, with what cargo says of the program itself."""
    path = folder / "Cargo.lock"
    path.write_text(lock, encoding="utf-8")
    said = [*messages, artifact(OWN, "bin"), {"reason": "build-finished", "success": True}]
    return linked_crates.packages(said, path, tools(target))


class TestPackages:
    """Which crates."""

    @pytest.mark.parametrize("kind", ["lib", "rlib", "dylib", "cdylib", "staticlib"])
    def test_libraries(self, tmp_path: Path, kind: str) -> None:
        """A library for the program's machine is in it."""
        (found,) = listed(tmp_path, artifact(f"{REGISTRY}#a@1.0.0", kind))

        assert (found.name, found.version) == ("a", "1.0.0")

    @pytest.mark.parametrize("kind", ["proc-macro", "custom-build", "example"])
    def test_others(self, tmp_path: Path, kind: str) -> None:
        """What is no library is not, wherever it is; the library of the same crate is."""
        other = artifact(f"{REGISTRY}#a@1.0.0", kind)

        assert listed(tmp_path, other) == []
        assert len(listed(tmp_path, other, artifact(f"{REGISTRY}#a@1.0.0"))) == 1

    def test_host(self, tmp_path: Path) -> None:
        """What only build scripts and macros need is not; what the program needs too is, once."""
        for_host = artifact(f"{REGISTRY}#a@1.0.0", is_for_host=True)

        assert listed(tmp_path, for_host) == []
        assert len(listed(tmp_path, for_host, artifact(f"{REGISTRY}#a@1.0.0"))) == 1

    def test_name_of_the_folder(self, tmp_path: Path) -> None:
        """A folder above, which has the name of the machine, tells nothing."""
        target = os.sep.join(["", MACHINE.triple, "target"])
        for_host = artifact(f"{REGISTRY}#a@1.0.0", target=target, is_for_host=True)
        for_target = artifact(f"{REGISTRY}#a@2.0.0", target=target)

        found = listed(tmp_path, for_host, for_target, target=target)

        assert [one.version for one in found] == ["2.0.0"]

    def test_own(self, tmp_path: Path) -> None:
        """The program's own crate is none of them, though it has a library; others here are."""
        near = artifact("path+file:///home/me/near#0.3.0")

        assert listed(tmp_path, artifact(OWN), near) == [Package("near", "0.3.0")]

    def test_order(self, tmp_path: Path) -> None:
        """They are sorted, two versions of one too, however cargo came to them, fresh or not."""
        said = [
            artifact(f"{REGISTRY}#a@2.0.0"),
            artifact(f"{GIT}#b@0.1.0"),
            artifact(f"{REGISTRY}#a@1.0.0"),
        ]
        found = listed(tmp_path, *said)

        assert [(one.name, one.version) for one in found] == [
            ("a", "1.0.0"),
            ("a", "2.0.0"),
            ("b", "0.1.0"),
        ]
        assert listed(tmp_path, *({**one, "fresh": True} for one in reversed(said))) == found


class TestLock:
    """What the lock says of them."""

    def test_registry(self, tmp_path: Path) -> None:
        """A crate of a registry has the digest of its own version."""
        assert listed(tmp_path, artifact(f"{REGISTRY}#a@2.0.0")) == [
            Package("a", "2.0.0", ("sha256:" + "22" * 32,), REGISTRY)
        ]

    def test_git(self, tmp_path: Path) -> None:
        """One from git has its commit, and no digest."""
        assert listed(tmp_path, artifact(f"{GIT}#b@0.1.0")) == [
            Package("b", "0.1.0", (), f"{GIT}#{COMMIT}")
        ]

    def test_path(self, tmp_path: Path) -> None:
        """One of a path has neither, nor that path, though the lock has another of that name."""
        found = listed(tmp_path, artifact("path+file:///home/me/a#1.0.0"))

        assert found == [Package("a", "1.0.0")]

    def test_same_version(self, tmp_path: Path) -> None:
        """Of two with one name and version, each has what is its own."""
        row = f'[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "{GIT}#{COMMIT}"\n'
        said = [artifact(f"{REGISTRY}#a@1.0.0"), artifact(f"{GIT}#a@1.0.0")]

        found = listed(tmp_path, *said, lock=f"{LOCK}\n{row}")

        assert found == [
            Package("a", "1.0.0", (), f"{GIT}#{COMMIT}"),
            Package("a", "1.0.0", ("sha256:" + "11" * 32,), REGISTRY),
        ]

    def test_encoded(self, tmp_path: Path) -> None:
        """A branch is the same, however it is encoded."""
        lock = LOCK.replace("branch=main", "branch=my%2Fown")
        url = GIT.replace("branch=main", "branch=my/own")

        (found,) = listed(tmp_path, artifact(f"{url}#b@0.1.0"), lock=lock)

        assert found.source == f"{GIT.replace('branch=main', 'branch=my%2Fown')}#{COMMIT}"

    def test_oldest_form(self, tmp_path: Path) -> None:
        """Where digests are in a table of their own, they are found there."""
        digest = f'checksum = "{"11" * 32}"\n'
        table = f'\n[metadata]\n"checksum a 1.0.0 ({REGISTRY})" = "{"33" * 32}"\n'
        said = artifact(f"{REGISTRY}#a@1.0.0")

        (found,) = listed(tmp_path, said, lock=LOCK.replace(digest, "") + table)
        (control,) = listed(tmp_path, said, lock=LOCK.replace(digest, ""))

        assert found.hashes == ("sha256:" + "33" * 32,)
        assert control.hashes == ()


class TestIdentity:
    """How cargo names a crate."""

    @pytest.mark.parametrize(
        "identity, expected",
        [
            (f"{REGISTRY}#a@1.0.0", Crate("a", "1.0.0", REGISTRY)),
            (f"{REGISTRY}#a@1.0.0-rc.1+b.2", Crate("a", "1.0.0-rc.1+b.2", REGISTRY)),
            (
                "sparse+https://example.com/index/#a@1.0.0",
                Crate("a", "1.0.0", "sparse+https://example.com/index/"),
            ),
            ("path+file:///p/near#0.1.0", Crate("near", "0.1.0", "path+file:///p/near")),
            ("path+file:///p/x@y#near@0.1.0", Crate("near", "0.1.0", "path+file:///p/x@y")),
            (
                "git+https://example.com/b?rev=1#0.1.0",
                Crate("b", "0.1.0", "git+https://example.com/b?rev=1"),
            ),
            (f"a 1.0.0 ({REGISTRY})", Crate("a", "1.0.0", REGISTRY)),
            (f"b 0.1.0 ({GIT}#{COMMIT})", Crate("b", "0.1.0", GIT)),
        ],
    )
    def test_forms(self, identity: str, expected: Crate) -> None:
        """It is read as it is documented, and as cargo wrote it before."""
        assert linked_crates.crate(identity) == expected

    @pytest.mark.parametrize("identity", ["", "a", "#", "a@1.0.0", f"{REGISTRY}#", "x:///#1.0.0"])
    def test_none(self, identity: str) -> None:
        """What does not say name and version is an error that quotes it."""
        with pytest.raises(HashzipError, match="does not say its name") as caught:
            linked_crates.crate(identity)
        assert f"crate {identity}," in caught.value.message


class TestRun:
    """What cargo says, and who hears it."""

    @pytest.mark.parametrize("code", [0, 1])
    def test_lines(self, capsys: pytest.CaptureFixture[str], tmp_path: Path, code: int) -> None:
        """Messages are answered; the user sees all else, also of cargo that fails."""
        said = [
            json.dumps(artifact(OWN)),
            "a macro says é",
            "{ so does this }",
            '{"one": "more"}',
            "[]",
            json.dumps({"reason": "build-finished"}),
        ]
        text = "".join(f"{line}\n" for line in said).encode()
        program = f"import sys; sys.stdout.buffer.write({text!r}); sys.exit({code})"
        words = [sys.executable, "-c", program]
        found: list[Message] = []

        if code:
            with pytest.raises(ProcessFailed):
                linked_crates.run(words, cwd=str(tmp_path), environment=os.environ)
        else:
            found = linked_crates.run(words, cwd=str(tmp_path), environment=os.environ)

        assert capsys.readouterr() == ("", "".join(f"{line}\n" for line in said[1:5]))
        assert found == ([] if code else [artifact(OWN), {"reason": "build-finished"}])
