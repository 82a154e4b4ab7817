"""A manifest and its JSON."""

import json
import re
from collections.abc import Callable

import pytest

from hashzip.artifacts import manifest as manifests
from hashzip.artifacts.manifest import Artifact, Manifest, Package
from hashzip.inputs.files import FileEntry
from hashzip.inputs.fingerprint import fingerprint

RECIPE = {"builder": "python", "runtime": "python3.13", "architecture": "arm64"}
INPUTS = [FileEntry("//lock.txt", 0o644, 3, "11" * 32), FileEntry("é/run.sh", 0o755, 9, "22" * 32)]
SOUND = Manifest(
    function="hello",
    fingerprint=fingerprint(RECIPE, INPUTS),
    recipe=RECIPE,
    inputs=INPUTS,
    packages=[Package("greet", "1.0", ("sha256:" + "55" * 32, "sha256:" + "66" * 32))],
    artifact=Artifact("x.zip", 10, 20, "33" * 32, "base64=", [FileEntry("a", 0o644, 1, "44" * 32)]),
    tools={"hashzip": "0.1.0"},
)


class TestJson:
    """Out and in."""

    def test_round_trip(self) -> None:
        """A manifest that is written and read again is equal."""
        assert manifests.from_json(SOUND.to_json()) == SOUND

    def test_link(self) -> None:
        """A link may be in the zip; a manifest with one among its inputs is refused."""
        link = FileEntry("l", 0o120777, 1, "77" * 32)
        entries = [*SOUND.artifact.entries, link]
        linked = SOUND._replace(artifact=SOUND.artifact._replace(entries=entries))
        assert '"path": "l", "mode": "120777"' in linked.to_json()
        assert manifests.from_json(linked.to_json()) == linked

        inputs = [*INPUTS, link]
        among_inputs = linked._replace(inputs=inputs, fingerprint=fingerprint(RECIPE, inputs))
        with pytest.raises(ValueError, match="120777"):
            manifests.from_json(among_inputs.to_json())

    def test_package_without_hashes(self) -> None:
        """A manifest of an earlier version, without hashes of packages, is read."""
        document = json.loads(SOUND.to_json())
        assert document["packages"][0].pop("hashes") == list(SOUND.packages[0].hashes)

        assert manifests.from_json(json.dumps(document)).packages == [Package("greet", "1.0")]

    def test_source(self) -> None:
        """The source of a crate is written and read; other packages have no such key."""
        crate = Package("a", "1.0", (), "registry+https://example.com")
        text = SOUND._replace(packages=[*SOUND.packages, crate]).to_json()

        assert [list(row) for row in json.loads(text)["packages"]] == [
            ["name", "version", "hashes"],
            ["name", "version", "hashes", "source"],
        ]
        assert manifests.from_json(text).packages == [*SOUND.packages, crate]

    def test_text(self) -> None:
        """It is JSON with its keys in this order, for people and other programs to read."""
        document = json.loads(SOUND.to_json())

        assert list(document) == [
            *("format", "function", "fingerprint", "recipe"),
            *("inputs", "packages", "artifact", "tools"),
        ]
        assert document["format"] == "hashzip/3"
        assert document["inputs"][1] == {
            "path": "é/run.sh",
            "mode": "0755",
            "size": 9,
            "sha256": "22" * 32,
        }
        assert "é/run.sh" in SOUND.to_json()
        assert SOUND.to_json().endswith("}\n")


DAMAGE: dict[str, Callable[[str], str]] = {
    "empty": lambda _text: "",
    "cut short": lambda text: text[: len(text) // 2],
    "no object": lambda _text: "[]",
    "null": lambda _text: "null",
    "another format": lambda text: text.replace("hashzip/3", "hashzip/2"),
    "a missing key": lambda text: text.replace('"tools"', '"tool"'),
    "an unknown key": lambda text: text.replace('"unpacked_size"', '"unpacked"'),
    "another recipe": lambda text: text.replace("arm64", "x86_64"),
    "another input": lambda text: text.replace("22" * 32, "23" * 32),
    "another mode": lambda text: text.replace("0755", "0644"),
    "a mode that is none": lambda text: text.replace("0755", "rwx"),
    "another fingerprint": lambda text: text.replace(SOUND.fingerprint, "00" * 32),
    "text for a size": lambda text: text.replace('"size": 9', '"size": "9"'),
    "null for hashes": lambda text: re.sub(r'"hashes": \[[^\]]*\]', '"hashes": null', text),
    "infinity for a size": lambda text: text.replace('"size": 9', '"size": Infinity'),
    "too much for a size": lambda text: text.replace('"size": 9', '"size": 1e400'),
    "a long number for a size": lambda text: text.replace('"size": 9', f'"size": {10**30}'),
    "a negative size": lambda text: text.replace('"size": 10', '"size": -10'),
    "true for a size": lambda text: text.replace('"size": 10', '"size": true'),
    "a key twice": lambda text: text.replace('"size": 10', '"size": 10, "size": 10'),
    "a list for a version": lambda text: text.replace('"0.1.0"', '["0.1.0"]'),
    "null for a source": lambda text: text.replace(
        '"version": "1.0"', '"version": "1.0", "source": null'
    ),
    "null for a digest": lambda text: text.replace(f'"{"22" * 32}"', "null"),
    "a number for a path": lambda text: text.replace('"é/run.sh"', "7"),
    "half a character": lambda text: text.replace("é", "\\ud800"),
    "nested too deep": lambda _text: "[" * 100_000,
}


class TestDamage:
    """Manifests that are damaged."""

    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
    def test_refused(self, damage: Callable[[str], str]) -> None:
        """It is a `ValueError`, whatever is wrong, and nothing else."""
        text = damage(SOUND.to_json())
        assert text != SOUND.to_json()

        with pytest.raises(ValueError, match=r"."):
            manifests.from_json(text)

    def test_not_utf8(self) -> None:
        """Bytes that are not text are an error too."""
        with pytest.raises(ValueError, match="UTF-8"):
            manifests.from_json(b"\xff")
