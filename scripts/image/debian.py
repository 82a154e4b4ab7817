"""Base images by `debootstrap`, from Debian's packages, where no image registry can be reached."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.image.engine import run

if TYPE_CHECKING:
    from scripts.image.engine import Engine

SUITE = "trixie"
_MIRROR = "http://deb.debian.org/debian"
_BASE = "hashzip-debian"
_DOCKERFILE = Path(__file__).parent / "data/debian.Dockerfile"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What Debian's own slim image leaves out as well.
_SLIM = ("usr/share/doc", "usr/share/info", "usr/share/locale", "usr/share/man", "var/cache/apt")


def base_images(engine: Engine) -> dict[str, dict[str, str]]:
    """Make what both handlers' images are built on, as root; it takes minutes, the first time.

    Args:
        engine: What builds.

    Returns:
        By handler, what its Dockerfile is to be given: `BUILD_IMAGE` and `RUNTIME_IMAGE`.

    Raises:
        ScriptError: `debootstrap` or Rust is not installed, or a build failed.
    """
    _bootstrap(engine)
    toolchain = Path(run(["rustc", "--print", "sysroot"]).strip())
    for target in ("python", "pip", "rust"):
        tag = f"{_BASE}-{target}"
        arguments = {"BASE": _name(engine, _BASE)}
        engine.build(toolchain, tag, dockerfile=_DOCKERFILE, target=target, arguments=arguments)
    return {
        "python": {
            "BUILD_IMAGE": _name(engine, f"{_BASE}-pip"),
            "RUNTIME_IMAGE": _name(engine, f"{_BASE}-python"),
        },
        "rust": {
            "BUILD_IMAGE": _name(engine, f"{_BASE}-rust"),
            "RUNTIME_IMAGE": _name(engine, _BASE),
        },
    }


def _bootstrap(engine: Engine) -> None:
    """Make the smallest Debian an image, unless that was done before."""
    if engine.has(_BASE):
        return
    with tempfile.TemporaryDirectory(prefix="hashzip-debian-") as folder:
        root = Path(folder) / "root"
        run(
            [
                *("debootstrap", "--variant=minbase", "--include=ca-certificates"),
                *(SUITE, str(root), _MIRROR),
            ]
        )
        for name in _SLIM:
            run(["rm", "-rf", str(root / name)])
        (Path(folder) / "Dockerfile").write_text(
            f"FROM scratch\nCOPY root /\nENV PATH={_PATH}\n", encoding="utf-8"
        )
        engine.build(Path(folder), _BASE, arguments={})


def _name(engine: Engine, tag: str) -> str:
    # Else buildah would ask registries for it.
    return tag if engine.name == "docker" else f"localhost/{tag}"
