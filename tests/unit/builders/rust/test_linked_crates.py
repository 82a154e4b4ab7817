"""The crates in a program, from cargo's messages, without cargo."""

import json
import os
import sys
from pathlib import Path

import pytest

from hashzip.artifacts.manifest import Package
from hashzip.builders.process import ProcessFailed
from hashzip.builders.rust import linked_crates
from hashzip.builders.rust.linked_crates import CrateId, Message
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
    """Return a toolchain with a target folder."""
    return Toolchain(
        cargo="",
        cargo_lambda="",
        zig="",
        cpu="",
        triple=MACHINE.triple,
        crate_dir="",
        environment={"CARGO_TARGET_DIR": target},
    )


def artifact(
    identity: str, kind: str = "lib", *, target: str = "/target", is_for_host: bool = False
) -> Message:
    """Return cargo's message about a crate that it has compiled."""
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
    """Return the crates of a program; the messages about the program itself are added."""
    path = folder / "Cargo.lock"
    path.write_text(lock, encoding="utf-8")
    end = (artifact(OWN, "bin"), {"reason": "build-finished", "success": True})
    return linked_crates.packages([*messages, *end], str(folder), path.name, tools(target))


class TestPackages:
    """The crates that are listed."""

    @pytest.mark.parametrize("kind", ["lib", "rlib", "dylib", "cdylib", "staticlib"])
    def test_libraries(self, tmp_path: Path, kind: str) -> None:
        """A library for the target is listed."""
        (package,) = listed(tmp_path, artifact(f"{REGISTRY}#a@1.0.0", kind))

        assert (package.name, package.version) == ("a", "1.0.0")

    @pytest.mark.parametrize("kind", ["proc-macro", "custom-build", "example"])
    def test_others(self, tmp_path: Path, kind: str) -> None:
        """A target that is no library is not listed, but the library of the same crate is."""
        other = artifact(f"{REGISTRY}#a@1.0.0", kind)

        assert listed(tmp_path, other) == []
        assert len(listed(tmp_path, other, artifact(f"{REGISTRY}#a@1.0.0"))) == 1

    def test_host(self, tmp_path: Path) -> None:
        """A crate that only build scripts and macros need is not listed; a shared one is, once."""
        for_host = artifact(f"{REGISTRY}#a@1.0.0", is_for_host=True)

        assert listed(tmp_path, for_host) == []
        assert len(listed(tmp_path, for_host, artifact(f"{REGISTRY}#a@1.0.0"))) == 1

    def test_name_of_a_folder_above(self, tmp_path: Path) -> None:
        """A folder above with the name of the target makes no difference."""
        target = os.sep.join(["", MACHINE.triple, "target"])
        for_host = artifact(f"{REGISTRY}#a@1.0.0", target=target, is_for_host=True)
        for_target = artifact(f"{REGISTRY}#a@2.0.0", target=target)

        packages = listed(tmp_path, for_host, for_target, target=target)

        assert [package.version for package in packages] == ["2.0.0"]

    def test_own(self, tmp_path: Path) -> None:
        """The program's own crate is not listed, even if it has a library; a local one is."""
        near = artifact("path+file:///home/me/near#0.3.0")

        assert listed(tmp_path, artifact(OWN), near) == [Package("near", "0.3.0")]

    def test_order(self, tmp_path: Path) -> None:
        """They are sorted by name and version, whatever cargo's order, fresh or not."""
        messages = [
            artifact(f"{REGISTRY}#a@2.0.0"),
            artifact(f"{GIT}#b@0.1.0"),
            artifact(f"{REGISTRY}#a@1.0.0"),
        ]
        packages = listed(tmp_path, *messages)

        assert [(package.name, package.version) for package in packages] == [
            ("a", "1.0.0"),
            ("a", "2.0.0"),
            ("b", "0.1.0"),
        ]
        assert (
            listed(tmp_path, *({**message, "fresh": True} for message in reversed(messages)))
            == packages
        )


class TestLock:
    """What the lock adds."""

    def test_registry(self, tmp_path: Path) -> None:
        """A crate of a registry has the digest of its version."""
        assert listed(tmp_path, artifact(f"{REGISTRY}#a@2.0.0")) == [
            Package("a", "2.0.0", ("sha256:" + "22" * 32,), REGISTRY)
        ]

    def test_byte_order_mark(self, tmp_path: Path) -> None:
        """The lock may begin with a byte order mark."""
        lock = artifact(f"{REGISTRY}#a@2.0.0")

        assert listed(tmp_path, lock, lock="\ufeff" + LOCK) == listed(tmp_path, lock)
        assert listed(tmp_path, lock, lock="\ufeff") != listed(tmp_path, lock)

    def test_git(self, tmp_path: Path) -> None:
        """A crate from git has its commit, and no digest."""
        assert listed(tmp_path, artifact(f"{GIT}#b@0.1.0")) == [
            Package("b", "0.1.0", (), f"{GIT}#{COMMIT}")
        ]

    def test_path(self, tmp_path: Path) -> None:
        """A crate with a path has no source, even if the lock has another one of that name."""
        packages = listed(tmp_path, artifact("path+file:///home/me/a#1.0.0"))

        assert packages == [Package("a", "1.0.0")]

    def test_same_version(self, tmp_path: Path) -> None:
        """Two crates with the same name and version each have their own source."""
        row = f'[[package]]\nname = "a"\nversion = "1.0.0"\nsource = "{GIT}#{COMMIT}"\n'
        messages = [artifact(f"{REGISTRY}#a@1.0.0"), artifact(f"{GIT}#a@1.0.0")]

        packages = listed(tmp_path, *messages, lock=f"{LOCK}\n{row}")

        assert packages == [
            Package("a", "1.0.0", (), f"{GIT}#{COMMIT}"),
            Package("a", "1.0.0", ("sha256:" + "11" * 32,), REGISTRY),
        ]

    def test_encoded(self, tmp_path: Path) -> None:
        """A branch may be percent-encoded or not."""
        lock = LOCK.replace("branch=main", "branch=my%2Fown")
        url = GIT.replace("branch=main", "branch=my/own")

        (package,) = listed(tmp_path, artifact(f"{url}#b@0.1.0"), lock=lock)

        assert package.source == f"{GIT.replace('branch=main', 'branch=my%2Fown')}#{COMMIT}"

    def test_oldest_form(self, tmp_path: Path) -> None:
        """The digests of the oldest form, in a table of their own, are read too."""
        digest = f'checksum = "{"11" * 32}"\n'
        table = f'\n[metadata]\n"checksum a 1.0.0 ({REGISTRY})" = "{"33" * 32}"\n'
        messages = artifact(f"{REGISTRY}#a@1.0.0")

        (package,) = listed(tmp_path, messages, lock=LOCK.replace(digest, "") + table)
        (control,) = listed(tmp_path, messages, lock=LOCK.replace(digest, ""))

        assert package.hashes == ("sha256:" + "33" * 32,)
        assert control.hashes == ()


class TestId:
    """Ids of crates."""

    @pytest.mark.parametrize(
        "identity, expected",
        [
            (f"{REGISTRY}#a@1.0.0", CrateId("a", "1.0.0", REGISTRY)),
            (f"{REGISTRY}#a@1.0.0-rc.1+b.2", CrateId("a", "1.0.0-rc.1+b.2", REGISTRY)),
            (
                "sparse+https://example.com/index/#a@1.0.0",
                CrateId("a", "1.0.0", "sparse+https://example.com/index/"),
            ),
            ("path+file:///p/near#0.1.0", CrateId("near", "0.1.0", "path+file:///p/near")),
            ("path+file:///p/x@y#near@0.1.0", CrateId("near", "0.1.0", "path+file:///p/x@y")),
            (
                "git+https://example.com/b?rev=1#0.1.0",
                CrateId("b", "0.1.0", "git+https://example.com/b?rev=1"),
            ),
            (f"a 1.0.0 ({REGISTRY})", CrateId("a", "1.0.0", REGISTRY)),
            (f"b 0.1.0 ({GIT}#{COMMIT})", CrateId("b", "0.1.0", GIT)),
        ],
    )
    def test_forms(self, identity: str, expected: CrateId) -> None:
        """The documented form is parsed, and the older one."""
        assert linked_crates.parse_id(identity) == expected

    @pytest.mark.parametrize("identity", ["", "a", "#", "a@1.0.0", f"{REGISTRY}#", "x:///#1.0.0"])
    def test_invalid(self, identity: str) -> None:
        """An id without name or version is an error that quotes it."""
        with pytest.raises(HashzipError, match="has no name") as caught:
            linked_crates.parse_id(identity)
        assert f"crate {identity}," in caught.value.message


class TestRun:
    """Cargo's output."""

    @pytest.mark.parametrize("code", [0, 1])
    def test_lines(self, capfd: pytest.CaptureFixture[str], tmp_path: Path, code: int) -> None:
        """Messages are returned; the user sees all other lines, even if cargo fails."""
        lines = [
            json.dumps(artifact(OWN)),
            "a macro says é",
            "{ so does this }",
            '{"one": "more"}',
            "[]",
            '{"reason": "compiler-artifact", "package_id": 5}',
            '{"reason": ' + "[" * 5000,
            json.dumps({"reason": "build-finished"}),
        ]
        text = "".join(f"{line}\n" for line in lines).encode()
        program = f"import sys; sys.stdout.buffer.write({text!r}); sys.exit({code})"
        words = [sys.executable, "-c", program]
        returned: list[Message] = []

        if code:
            with pytest.raises(ProcessFailed):
                linked_crates.run(words, cwd=str(tmp_path), environment=os.environ)
        else:
            returned = linked_crates.run(words, cwd=str(tmp_path), environment=os.environ)

        assert capfd.readouterr() == ("", "".join(f"{line}\n" for line in lines[1:7]))
        assert returned == ([] if code else [artifact(OWN), {"reason": "build-finished"}])
