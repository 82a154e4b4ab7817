"""The bill of materials of a package."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashzip.artifacts import sbom
from hashzip.artifacts.manifest import Artifact, Manifest, Package
from hashzip.inputs.files import FileEntry
from hashzip.inputs.fingerprint import fingerprint
from tests.support import program

RECIPE = {"builder": "python", "runtime": "python3.13", "architecture": "arm64"}
INPUTS = [FileEntry("app.py", 0o644, 9, "22" * 32)]
PACKAGES = (
    Package("Zope.Interface", "7.0", ("sha256:" + "66" * 32, "sha256:" + "55" * 32)),
    Package("torch", "2.4.0+cpu", ("sha512:" + "77" * 64,)),
    Package("greet_it", "1.0"),
)
MANIFEST = Manifest(
    function="hello",
    fingerprint=fingerprint(RECIPE, INPUTS),
    recipe=RECIPE,
    inputs=INPUTS,
    packages=PACKAGES,
    artifact=Artifact("x.zip", 10, 20, "33" * 32, "base64=", INPUTS),
    tools={"hashzip": "0.1.0", "deflate": "libdeflate 1.25"},
)

REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
GIT = f"git+https://example.com/x.git?branch=main#{'c0' * 20}"
CRATES = (
    Package("serde_json", "1.0.1", ("sha256:" + "66" * 32,), REGISTRY),
    Package("syn", "1.0.0", ("sha256:" + "55" * 32,), REGISTRY),
    Package("syn", "2.0.0+a", ("sha256:" + "77" * 32,), REGISTRY),
    Package("syn", "2.0.0+a", (), GIT),
    Package("theirs", "1.0.0", ("sha256:" + "88" * 32,), "sparse+https://example.com/index/"),
    Package("near", "0.1.0"),
)
_OF_RUST = {"builder": "rust", "runtime": "provided.al2023", "architecture": "arm64"}
PROGRAM = MANIFEST._replace(
    recipe=_OF_RUST,
    fingerprint=fingerprint(_OF_RUST, INPUTS),
    packages=CRATES,
)

# A release of the library must not change it, nor anything else that is not meant.
GOLDEN = """\
{
  "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
  "bomFormat": "CycloneDX",
  "components": [
    {
      "bom-ref": "pkg:pypi/greet@1.0",
      "hashes": [
        {
          "alg": "SHA-256",
          "content": "5555555555555555555555555555555555555555555555555555555555555555"
        }
      ],
      "name": "greet",
      "purl": "pkg:pypi/greet@1.0",
      "type": "library",
      "version": "1.0"
    }
  ],
  "dependencies": [
    {
      "dependsOn": [
        "pkg:pypi/greet@1.0"
      ],
      "ref": "function:hello"
    },
    {
      "ref": "pkg:pypi/greet@1.0"
    }
  ],
  "metadata": {
    "component": {
      "bom-ref": "function:hello",
      "hashes": [
        {
          "alg": "SHA-256",
          "content": "3333333333333333333333333333333333333333333333333333333333333333"
        }
      ],
      "name": "hello",
      "properties": [
        {
          "name": "hashzip:fingerprint",
          "value": "FINGERPRINT"
        }
      ],
      "type": "application",
      "version": "VERSION"
    },
    "tools": {
      "components": [
        {
          "bom-ref": "tool:hashzip",
          "name": "hashzip",
          "type": "application",
          "version": "0.1.0"
        }
      ]
    }
  },
  "serialNumber": "SERIAL",
  "specVersion": "1.6",
  "version": 1
}
"""


def document(manifest: Manifest = MANIFEST, purl_type: str = "pypi") -> Any:  # noqa: ANN401 - any JSON
    """Write a bill of materials, and parse it."""
    return json.loads(sbom.document(manifest, purl_type))


def sha256(pair: str) -> dict[str, str]:
    """Return a digest as the format has it."""
    return {"alg": "SHA-256", "content": pair * 32}


def refusal(text: str) -> object:
    """Return the published schema's complaint about a bill of materials, or None."""
    # Takes two seconds to import, which no run of other tests should wait for.
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)


class TestValid:
    """The published schema."""

    @pytest.mark.parametrize("packages", [PACKAGES, ()], ids=["packages", "no packages"])
    def test_valid(self, packages: tuple[Package, ...]) -> None:
        """It keeps to CycloneDX 1.6, without a key that the schema does not know."""
        text = sbom.document(MANIFEST._replace(packages=packages), "pypi")

        assert refusal(text) is None

    def test_crates(self) -> None:
        """So does that of a program in Rust, whose crates may have several versions."""
        text = sbom.document(PROGRAM, "cargo")

        assert refusal(text) is None
        assert len(json.loads(text)["components"]) == len(CRATES)
        spoiled = text.replace('"pkg:cargo/near@0.1.0"', '"pkg:cargo/syn@1.0.0"')
        assert refusal(spoiled) is not None

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda text: text.replace('"urn:uuid:', '"'),
            lambda text: text.replace('"SHA-256"', '"sha256"'),
            lambda text: text.replace('"library"', '"package"'),
            lambda text: text.replace('"purl"', '"puerl"'),
            lambda text: text.replace("66" * 32, "66"),
        ],
        ids=["serial number", "algorithm", "type", "unknown key", "digest"],
    )
    def test_validator_refuses(self, spoil: Callable[[str], str]) -> None:
        """The control: a document with one error is refused."""
        spoiled = spoil(sbom.document(MANIFEST, "pypi"))

        assert spoiled != sbom.document(MANIFEST, "pypi")
        assert refusal(spoiled) is not None

    @settings(deadline=None, max_examples=30)
    @given(
        names=st.lists(
            st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,9}[A-Za-z0-9])?", fullmatch=True),
            max_size=6,
        )
    )
    def test_any_names(self, names: list[str]) -> None:
        """With any names, even equal ones, it is valid, and sorted."""
        packages = [Package(name, "1!2.0+local.1") for name in names]
        text = sbom.document(MANIFEST._replace(packages=packages), "pypi")
        references = [component["bom-ref"] for component in json.loads(text).get("components", [])]

        assert refusal(text) is None
        assert references == sorted(set(references))
        assert len(references) == len({re.sub(r"[-_.]+", "-", name).lower() for name in names})


class TestSame:
    """Equal manifests, equal bytes."""

    def test_golden(self) -> None:
        """The text is this, to the byte."""
        package = PACKAGES[0]._replace(name="greet", version="1.0", hashes=PACKAGES[0].hashes[1:])
        manifest = MANIFEST._replace(packages=(package,))
        expected = (
            GOLDEN.replace("FINGERPRINT", MANIFEST.fingerprint)
            .replace("VERSION", MANIFEST.fingerprint[:12])
            .replace("SERIAL", "urn:uuid:7ffde8d3-84c0-5b87-aa6b-dbe5589a13c7")
        )

        assert sbom.document(manifest, "pypi") == expected

    def test_another_process(self) -> None:
        """Another process, with another hash seed, locale and time zone, writes the same."""
        code = (
            "import sys; from hashzip.artifacts import manifest, sbom; "
            "text = sbom.document(manifest.from_json(sys.stdin.read()), 'pypi'); "
            "sys.stdout.buffer.write(text.encode())"
        )
        documents = {sbom.document(MANIFEST, "pypi")}
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo")):
            environment = os.environ | {
                "PYTHONHASHSEED": seed,
                "TZ": zone,
                "LC_ALL": "C",
                "PYTHONPATH": str(program.BUILD),
            }
            finished = subprocess.run(
                [sys.executable, "-c", code],
                env=environment,
                input=MANIFEST.to_json().encode(),
                capture_output=True,
                check=True,
            )
            documents.add(finished.stdout.decode())

        assert len(documents) == 1

    def test_order_of_packages(self) -> None:
        """The order of packages and of their hashes does not matter."""
        turned = [package._replace(hashes=package.hashes[::-1]) for package in PACKAGES[::-1]]
        crates = PROGRAM._replace(packages=CRATES[::-1])
        other = [package._replace(version="9") for package in PACKAGES]

        assert document(MANIFEST._replace(packages=turned)) == document()
        assert sbom.document(crates, "cargo") == sbom.document(PROGRAM, "cargo")
        assert document(MANIFEST._replace(packages=other)) != document()

    @pytest.mark.parametrize(
        "change",
        [
            {"function": "other"},
            {"fingerprint": "44" * 32},
            {"packages": PACKAGES[1:]},
            {"artifact": MANIFEST.artifact._replace(sha256="44" * 32)},
            {"tools": {"hashzip": "0.2.0"}},
        ],
        ids=lambda change: next(iter(change)),
    )
    def test_serial_number(self, change: dict[str, Any]) -> None:
        """Documents have the same serial number only if they are equal."""
        serial = document()["serialNumber"]

        assert document(MANIFEST._replace())["serialNumber"] == serial
        assert document(MANIFEST._replace(**change))["serialNumber"] != serial

    def test_no_time(self) -> None:
        """No time is in it, and the library does not name itself."""
        text = sbom.document(MANIFEST, "pypi")

        assert "timestamp" not in text
        assert "cyclonedx-python" not in text
        assert '"hashzip"' in text


class TestContent:
    """The content."""

    def test_function(self) -> None:
        """It is about the function: its fingerprint, and the digest of its zip."""
        component = document()["metadata"]["component"]

        assert (component["type"], component["name"]) == ("application", "hello")
        assert component["version"] == MANIFEST.fingerprint[:12]
        assert component["hashes"] == [{"alg": "SHA-256", "content": "33" * 32}]
        assert component["properties"][0]["value"] == MANIFEST.fingerprint

    def test_packages(self) -> None:
        """Each package has its own name and version, and both in a URL as PyPI writes them."""
        components = {c["name"]: (c["version"], c["purl"]) for c in document()["components"]}

        assert components == {
            "Zope.Interface": ("7.0", "pkg:pypi/zope-interface@7.0"),
            "torch": ("2.4.0+cpu", "pkg:pypi/torch@2.4.0%2Bcpu"),
            "greet_it": ("1.0", "pkg:pypi/greet-it@1.0"),
        }

    def test_crates(self) -> None:
        """A crate has its URL as crates.io has it, and with where else it is from, if it is."""
        components = {
            c["purl"]: (c["name"], c.get("hashes"))
            for c in document(PROGRAM, "cargo")["components"]
        }

        assert components == {
            "pkg:cargo/serde_json@1.0.1": ("serde_json", [sha256("66")]),
            "pkg:cargo/syn@1.0.0": ("syn", [sha256("55")]),
            "pkg:cargo/syn@2.0.0%2Ba": ("syn", [sha256("77")]),
            f"pkg:cargo/syn@2.0.0%2Ba?vcs_url=git%2Bhttps://example.com/x.git%40{'c0' * 20}": (
                "syn",
                None,
            ),
            "pkg:cargo/theirs@1.0.0?repository_url=https://example.com/index/": (
                "theirs",
                [sha256("88")],
            ),
            "pkg:cargo/near@0.1.0": ("near", None),
        }

    def test_hashes(self) -> None:
        """A package has the hashes of the lock, of those kinds that the format has names for."""
        known = [f"{name}:{'ab' * (bits // 8)}" for name, bits in (("sha384", 384), ("md5", 128))]
        package = Package("a", "1", (*known, "blake2b:" + "cd" * 32))

        (component,) = document(MANIFEST._replace(packages=(package,)))["components"]

        assert {entry["alg"] for entry in component["hashes"]} == {"SHA-384", "MD5"}
        assert "hashes" not in next(c for c in document()["components"] if c["name"] == "greet_it")

    def test_dependencies(self) -> None:
        """The function depends on all packages, which depend on nothing that is known."""
        written = document()
        packages = [component["bom-ref"] for component in written["components"]]
        depends = {row["ref"]: row.get("dependsOn", []) for row in written["dependencies"]}

        assert depends.pop("function:hello") == packages
        assert depends == {package: [] for package in packages}
        assert len(packages) == 3
