"""The shape of manifests and configurations of cargo; their readers test more of it."""

import pytest

from hashzip.builders.rust import cargo_schema
from hashzip.project.schema import ShapeError

MANIFEST = b"""\
[package]
name = "app"
version.workspace = true
build = ["a.rs", "b.rs"]
autobins = false
[lib]
path = "lib.rs"
[[bin]]
name = "app"
required-features = ["x"]
[dependencies]
a = "1"
b = { path = "b", package = "c" }
d.workspace = true
[target.'cfg(unix)'.dev-dependencies]
e = { git = "https://x", features = ["y"] }
[patch.crates-io]
a = { path = "a" }
[workspace]
members = ["lib/*"]
[profile.release]
lto = "fat"
"""
CONFIG = b"""\
include = ["a.toml", { path = "b.toml", optional = true }]
paths = ["a"]
[build]
rustflags = "-a"
[target.x]
rustflags = ["-b"]
linker = 5
[env]
A = { value = "b", force = true }
"""


def test_manifest() -> None:
    """A manifest that cargo takes is parsed, and nothing of it is lost."""
    document = cargo_schema.manifest(MANIFEST)

    assert document["target"]["cfg(unix)"]["dev-dependencies"]["e"]["git"] == "https://x"
    assert document["profile"] == {"release": {"lto": "fat"}}


def test_config() -> None:
    """So is a configuration; keys that hashzip does not read may have any value."""
    assert cargo_schema.config(CONFIG)["target"]["x"]["linker"] == 5


@pytest.mark.parametrize(
    "old, new",
    [
        (b'"app"', b"5"),
        (b"version.workspace", b"workspace"),
        (b'["a.rs", "b.rs"]', b"5"),
        (b'"1"', b"1"),
        (b'{ path = "b"', b'{ path = ["b"]'),
        (b'["x"]', b'"x"'),
        (b'["lib/*"]', b"{}"),
        (b'{ path = "a" }', b"[]"),
    ],
)
def test_other_type(old: bytes, new: bytes) -> None:
    """A value of another type is refused."""
    with pytest.raises(ShapeError, match="must be a"):
        cargo_schema.manifest(MANIFEST.replace(old, new, 1))
