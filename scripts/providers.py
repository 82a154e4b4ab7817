"""Make a mirror of the Terraform providers on a machine that cannot reach their registry.

Where the registry can be reached, `terraform init` is enough and this module changes nothing.
Elsewhere it makes a mirror in the cache folder with a link to the AWS provider that is on this
machine, and with the provider `external`, built from the Go module proxy.

Run `eval "$(python -m scripts.providers)"` before you run Terraform by hand.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

from hashzip.system import atomic
from scripts import cache, golang, progress
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
EXTERNAL = golang.Module(
    # HashiCorp's own module, at the only version that the proxy has under this name.
    "github.com/terraform-providers/terraform-provider-external",
    "v1.2.0",
    "h1:qyy0zZHLOh2nLOT71KYLu8wWEBhluGHmgg7TtJaZ3T8=",
)

_HOST = "registry.terraform.io"
_HOSTS = (_HOST, "registry.opentofu.org")
_REGISTRY_SECONDS = 3.0
_DEPTH = 6  # levels of folders below a root in which to look for a mirror


def environment(registry: str = REGISTRY, roots: Sequence[Path] | None = None) -> dict[str, str]:
    """Return the variables with which `terraform init` and `tofu init` work here.

    Args:
        registry: The URL to request, to see whether the registry can be reached.
        roots: The folders to search for the AWS provider; by default, the usual ones.

    Returns:
        Nothing if the registry can be reached. Otherwise `TF_CLI_CONFIG_FILE`, with the path of a
        configuration that names the mirror. The mirror is made if it does not exist.

    Raises:
        ScriptError: The AWS provider is not on this machine, or `external` does not build.
    """
    if _reachable(registry):
        return {}
    with cache.locked("providers") as root:
        mirror = root / "providers"
        _add_aws(mirror, _usual_roots() if roots is None else roots)
        _add_external(mirror)
        return {"TF_CLI_CONFIG_FILE": str(_configuration(root / "terraform.tfrc", mirror))}


def _reachable(registry: str) -> bool:
    """Return whether a registry responds, and not for example a hotel's login page."""
    try:
        with urllib.request.urlopen(registry, timeout=_REGISTRY_SECONDS) as response:  # noqa: S310 - our own URL
            return "providers.v1" in json.load(response)
    except (OSError, ValueError):
        return False


def _add_aws(mirror: Path, roots: Sequence[Path]) -> None:
    """Link the AWS provider that is in one of some folders into the mirror."""
    platform = "_".join(golang.system())
    # A dangling link does not match, so a provider that was moved is searched for again.
    if all(list(mirror.glob(f"{host}/hashicorp/aws/*/{platform}/*")) for host in _HOSTS):
        return
    pattern = f"hashicorp/aws/*/{platform}"
    versions = [version for folder in _mirrors(roots) for version in folder.glob(pattern)]
    if not versions:
        raise ScriptError(
            f"cannot reach {_HOST}, and the AWS provider for {platform} is not on this machine: "
            f"no {_HOST}/hashicorp/aws/VERSION/{platform} below {', '.join(map(str, roots))}",
            "connect to the internet; or run `terraform providers mirror` on a connected machine, "
            "copy its folder here and unzip the provider",
        )
    for version in versions:
        for host in _HOSTS:
            # Only the last folder may be a link: neither program follows links further up.
            _link(mirror / host / "hashicorp/aws" / version.parent.name / platform, version)


def _add_external(mirror: Path) -> None:
    """Build `external` into the mirror."""
    version, platform = EXTERNAL.version.removeprefix("v"), "_".join(golang.system())
    name = f"terraform-provider-external_{EXTERNAL.version}_x4"
    folders = [mirror / host / "hashicorp/external" / version / platform for host in _HOSTS]
    program = folders[0] / name
    if not program.exists():
        print("building the provider `external`, once: less than a minute", file=sys.stderr)
        with progress.shown("go", "building the provider `external`"):
            golang.build(EXTERNAL, ".", program)
    for folder in folders[1:]:
        _link(folder, folders[0])


def _link(link: Path, target: Path) -> None:
    if not link.exists():
        link.unlink(missing_ok=True)  # a dangling link
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target, target_is_directory=True)


def _configuration(file: Path, mirror: Path) -> Path:
    """Write the configuration that makes Terraform use the mirror and nothing else."""
    path = f"filesystem_mirror {{\n    path = {json.dumps(str(mirror))}\n  }}"
    text = f"provider_installation {{\n  {path}\n}}\ndisable_checkpoint = true\n"
    atomic.write_text(file, text)
    return file


def _usual_roots() -> list[Path]:
    """Return the folders in which providers are usually kept, Terraform's own first."""
    home = Path.home()
    usual = [
        home / ".terraform.d/plugins",
        home / ".terraform.d/plugin-cache",
        platformdirs.user_data_path("terraform") / "plugins",
        *map(Path, ("/opt", "/usr/share", "/usr/local/share")),
        home,
    ]
    return [root for root in usual if root.is_dir()]


def _mirrors(roots: Sequence[Path]) -> Iterator[Path]:
    """Yield the folders named after the registry; skip hidden and very deep folders."""
    for root in roots:
        for name, folders, _ in os.walk(root):
            folder = Path(name)
            is_deep = len(folder.relative_to(root).parts) >= _DEPTH
            if folder.name == _HOST:
                yield folder
            if folder.name == _HOST or is_deep:
                folders.clear()
            folders[:] = sorted(child for child in folders if not child.startswith("."))


def main() -> None:
    """Print the shell command that sets the variables."""
    for name, value in environment().items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(exit_code(main))
