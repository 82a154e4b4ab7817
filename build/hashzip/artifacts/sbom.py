"""Writes what is in a package as a bill of materials: CycloneDX 1.6, in JSON.

https://cyclonedx.org/docs/1.6/json/

Equal manifests give equal bytes, on every machine. So there is no time in it; the serial number,
which others draw at random, is a digest of the rest; and what the library puts in by itself or
orders in its own way is taken out or ordered here, as another version of it may do otherwise.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from hashzip.artifacts.manifest import Manifest, Package
from hashzip.inputs.fingerprint import canonical_json
from hashzip.inputs.paths import normalized
from hashzip.project.targets import RUST

if TYPE_CHECKING:
    from cyclonedx.model import HashType
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

# Drawn once: serial numbers of hashzip meet no others.
_NAMESPACE = UUID("5f0c9a0e-6d2b-4f6e-9a35-1c2c2f0f7b58")
_CRATES_IO = "https://github.com/rust-lang/crates.io-index"  # as each Cargo.lock names it
_VERSION_DIGITS = 12  # of the fingerprint; as many as hashzip shows elsewhere


def document(manifest: Manifest) -> str:
    """Writes the bill of materials of a package.

    The function is what it is about, with the digest of its zip; it depends on each package that
    was installed, or on each crate that was compiled in. The digests of a package are those of all
    files that the lock lets it be installed from.

    Args:
        manifest: What was built from what.

    Returns:
        JSON: indented, keys and lists in order, a line feed at the end.
    """
    from cyclonedx.output.json import JsonV1Dot6  # noqa: PLC0415 - slow, and never at plan time

    written = json.loads(JsonV1Dot6(_bom(manifest)).output_as_string())
    del written["metadata"]["timestamp"], written["serialNumber"]
    written = _sorted(written)
    # Two documents share a number only if they say the same, of one fingerprint.
    written["serialNumber"] = uuid5(_NAMESPACE, canonical_json(written)).urn
    return json.dumps(written, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _bom(manifest: Manifest) -> "Bom":
    from cyclonedx.model import Property  # noqa: PLC0415 - as above
    from cyclonedx.model.bom import Bom, BomMetaData  # noqa: PLC0415
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415
    from cyclonedx.model.tool import ToolRepository  # noqa: PLC0415

    function = Component(
        type=ComponentType.APPLICATION,
        name=manifest.function,
        version=manifest.fingerprint[:_VERSION_DIGITS],
        bom_ref=f"function:{manifest.function}",
        hashes=_hashes([f"sha256:{manifest.artifact.sha256}"]),
        properties=[Property(name="hashzip:fingerprint", value=manifest.fingerprint)],
    )
    tool = Component(
        type=ComponentType.APPLICATION,
        name="hashzip",
        version=manifest.tools.get("hashzip"),
        bom_ref="tool:hashzip",
    )
    # By their name in it, since two components with one name would get a random one.
    make = _crate if manifest.recipe["builder"] == RUST else _component
    packages = {one.bom_ref.value: one for one in map(make, manifest.packages)}
    bom = Bom(
        metadata=BomMetaData(component=function, tools=ToolRepository(components=[tool])),
        components=packages.values(),
    )
    bom.register_dependency(function, packages.values())
    return bom


def _component(package: Package) -> "Component":
    from packageurl import PackageURL  # noqa: PLC0415 - as above

    name = normalized(package.name)
    return _library(package, PackageURL(type="pypi", name=name, version=package.version))


def _crate(package: Package) -> "Component":
    """Describes a crate; one that is not from crates.io says where it is from.

    https://github.com/package-url/purl-spec/blob/main/types-doc/cargo-definition.md
    """
    from packageurl import PackageURL  # noqa: PLC0415 - as above

    kind, _, url = (package.source or "").partition("+")
    place, _, commit = url.partition("#")
    more = {}
    if kind == "git":
        more["vcs_url"] = f"git+{place.partition('?')[0]}@{commit}"
    elif url and url != _CRATES_IO:
        more["repository_url"] = url
    purl = PackageURL(type="cargo", name=package.name, version=package.version, qualifiers=more)
    return _library(package, purl)


def _library(package: Package, purl: "PackageURL") -> "Component":
    from cyclonedx.model.component import Component, ComponentType  # noqa: PLC0415 - as above

    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        purl=purl,
        bom_ref=purl.to_string(),
        hashes=_hashes(package.hashes),
    )


def _hashes(hashes: Iterable[str]) -> "list[HashType]":
    """Reads `sha256:HEX`; an algorithm that the format has no name for is left out."""
    from cyclonedx.model import HashAlgorithm, HashType  # noqa: PLC0415 - as above

    known = {algorithm.value.replace("-", "").lower(): algorithm for algorithm in HashAlgorithm}
    parts = (text.split(":") for text in hashes)
    return [HashType(alg=known[name], content=digest) for name, digest in parts if name in known]


def _sorted(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Orders all lists, at any depth, by what is in them; none of these has an order of its own."""
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=canonical_json)
    return value
