"""Write the bill of materials of a package: CycloneDX 1.6, in JSON.

https://cyclonedx.org/docs/1.6/json/

Equal manifests give equal bytes, on every machine. So there is no time in it, and the serial
number, which is usually random, is a digest of the rest. The library's own serial number is removed
and its lists are sorted here, since another version of it may order them differently.

Slow to load; nothing at plan time needs it.
"""

import json
from collections.abc import Iterable
from uuid import UUID, uuid5

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.utils import canonicalize_name

from hashzip.artifacts.manifest import Manifest, Package
from hashzip.inputs.fingerprint import canonical_json

# A random UUID of hashzip's own, so that its serial numbers differ from those of other tools.
_NAMESPACE = UUID("5f0c9a0e-6d2b-4f6e-9a35-1c2c2f0f7b58")
_CRATES_IO = "https://github.com/rust-lang/crates.io-index"  # as each Cargo.lock names it
_VERSION_DIGITS = 12  # of the fingerprint; as many as hashzip shows elsewhere
_ALGORITHMS = {algorithm.value.replace("-", "").lower(): algorithm for algorithm in HashAlgorithm}


def document(manifest: Manifest, purl_type: str) -> str:
    """Return the bill of materials of a package.

    Its subject is the function, with the digest of the zip. The function depends on each package
    that was installed, or on each crate that was compiled in. The digests of a package are those of
    all files that the lock allows it to be installed from.

    Args:
        manifest: The manifest of the package.
        purl_type: The type of the packages in it, such as `pypi`:
            https://github.com/package-url/purl-spec/blob/main/purl-types-index.json

    Returns:
        JSON: indented, with sorted keys and lists, and a line feed at the end.
    """
    written = json.loads(JsonV1Dot6(_bom(manifest, purl_type)).output_as_string())
    del written["metadata"]["timestamp"], written["serialNumber"]
    bom = {key: _sorted(value) for key, value in written.items()}
    # Two documents share a number only if they are equal, down to the fingerprint.
    bom["serialNumber"] = uuid5(_NAMESPACE, canonical_json(bom)).urn
    return json.dumps(bom, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _bom(manifest: Manifest, purl_type: str) -> Bom:
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
    # One for each name: of two components with one name, the library would rename one at random.
    libraries = {
        url.to_string(): _library(package, url)
        for package in manifest.packages
        for url in [_url(package, purl_type)]
    }
    bom = Bom(
        metadata=BomMetaData(component=function, tools=ToolRepository(components=[tool])),
        components=libraries.values(),
    )
    bom.register_dependency(function, libraries.values())
    return bom


def _url(package: Package, purl_type: str) -> PackageURL:
    """Return the URL of a package, with its source unless that is the usual registry.

    https://github.com/package-url/purl-spec/blob/main/purl-specification.md
    """
    kind, _, url = (package.source or "").partition("+")
    address, _, commit = url.partition("#")
    repository, _, query = address.partition("?")
    _, _, folder = query.partition("subdirectory=")
    qualifiers = {}
    if kind == "git":
        qualifiers["vcs_url"] = f"git+{repository}@{commit}" + (f"#{folder}" if folder else "")
    elif url and url != _CRATES_IO:
        qualifiers["repository_url"] = url
    name = canonicalize_name(package.name) if purl_type == "pypi" else package.name
    return PackageURL(type=purl_type, name=name, version=package.version, qualifiers=qualifiers)


def _library(package: Package, url: PackageURL) -> Component:
    return Component(
        type=ComponentType.LIBRARY,
        name=package.name,
        version=package.version,
        purl=url,
        bom_ref=url.to_string(),
        hashes=_hashes(package.hashes),
    )


def _hashes(hashes: Iterable[str]) -> list[HashType]:
    """Parse `sha256:HEX`; leave out algorithms that the format has no name for."""
    pairs = (text.split(":") for text in hashes)
    return [
        HashType(alg=_ALGORITHMS[name], content=digest)
        for name, digest in pairs
        if name in _ALGORITHMS
    ]


def _sorted(value: object) -> object:
    """Sort all lists, at any depth; in this format, their order means nothing."""
    if isinstance(value, dict):
        return {key: _sorted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=canonical_json)
    return value
