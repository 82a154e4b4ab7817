"""Providers for Terraform and OpenTofu on a machine that cannot reach their registry.

With the registry in reach, `terraform init` is all it takes, and nothing here does anything.
Without it, the providers that this project uses are gathered in a mirror in the cache folder: the
AWS provider as found on this machine, by a link, and `external` as built by the Go module proxy.

Run `eval "$(python -m scripts.providers)"` before running Terraform by hand.
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

from scripts import cache, golang
from scripts.errors import ScriptError, exit_code

if TYPE_CHECKING:
    from collections.abc import Iterator

REGISTRY = "https://registry.terraform.io/.well-known/terraform.json"
EXTERNAL = golang.Module(
    # HashiCorp's own, at the one version that the proxy has under this name.
    "github.com/terraform-providers/terraform-provider-external",
    "v1.2.0",
    "h1:qyy0zZHLOh2nLOT71KYLu8wWEBhluGHmgg7TtJaZ3T8=",
)

_HOST = "registry.terraform.io"
_HOSTS = (_HOST, "registry.opentofu.org")
_REGISTRY_SECONDS = 3.0
_DEPTH = 6  # folders below a root in which a mirror is looked for


def environment(registry: str = REGISTRY) -> dict[str, str]:
    """Return what to add to the environment for `terraform init` and `tofu init` to work.

    Args:
        registry: The URL that shows whether the registry can be reached.

    Returns:
        Nothing where it can; otherwise `TF_CLI_CONFIG_FILE`, with the path of a configuration that
        names the mirror, which is made if it is not there.

    Raises:
        ScriptError: The AWS provider is not on this machine, or `external` cannot be built.
    """
    if _reachable(registry):
        return {}
    with cache.locked("providers") as root:
        mirror = root / "providers"
        _add_aws(mirror)
        _add_external(mirror)
        return {"TF_CLI_CONFIG_FILE": str(_configuration(root / "terraform.tfrc", mirror))}


def _reachable(registry: str) -> bool:
    """Whether a registry answers, and with what a registry says: not a hotel's login page."""
    try:
        with urllib.request.urlopen(registry, timeout=_REGISTRY_SECONDS) as answer:  # noqa: S310 - our own URL
            return "providers.v1" in json.load(answer)
    except (OSError, ValueError):
        return False


def _add_aws(mirror: Path) -> None:
    """Link the AWS provider of this machine into the mirror."""
    platform = "_".join(golang.system())
    # A link that dangles does not exist, so a provider that has moved is looked for again.
    if all(list(mirror.glob(f"{host}/hashicorp/aws/*/{platform}/*")) for host in _HOSTS):
        return
    found = [
        version
        for registry in _mirrors(_roots())
        for version in registry.glob(f"hashicorp/aws/*/{platform}")
    ]
    if not found:
        raise ScriptError(
            f"the AWS provider for {platform} is not on this machine, and {_HOST} cannot be "
            f"reached; looked for {_HOST}/hashicorp/aws/VERSION/{platform} "
            f"below {', '.join(map(str, _roots()))}",
            "connect to the internet, or put the provider there by "
            "`terraform providers mirror` on a machine that is connected, and unzip it",
        )
    for version in found:
        for host in _HOSTS:
            # Only the last folder can be a link: neither program follows one further up.
            _link(mirror / host / "hashicorp/aws" / version.parent.name / platform, version)


def _add_external(mirror: Path) -> None:
    """Build `external` into the mirror."""
    version, platform = EXTERNAL.version.removeprefix("v"), "_".join(golang.system())
    name = f"terraform-provider-external_{EXTERNAL.version}_x4"
    folders = [mirror / host / "hashicorp/external" / version / platform for host in _HOSTS]
    program = folders[0] / name
    if not program.exists():
        print("building the provider `external`: less than a minute, once", file=sys.stderr)
        golang.build(EXTERNAL, ".", program)
    for folder in folders[1:]:
        _link(folder, folders[0])


def _link(link: Path, target: Path) -> None:
    if not link.exists():
        link.unlink(missing_ok=True)  # it dangles
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target, target_is_directory=True)


def _configuration(file: Path, mirror: Path) -> Path:
    """Write the configuration that sends Terraform to the mirror, and nowhere else."""
    text = (
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f"    path = {json.dumps(str(mirror))}\n"
        "  }\n"
        "}\n"
        "disable_checkpoint = true\n"
    )
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        with cache.written(file) as draft:
            draft.write_text(text, encoding="utf-8")
    return file


def _roots() -> list[Path]:
    """Return where people and images put providers, Terraform's own places first."""
    home = Path.home()
    usual = [
        home / ".terraform.d/plugins",
        home / ".terraform.d/plugin-cache",
        platformdirs.user_data_path("terraform") / "plugins",
        *(Path(root) for root in ("/opt", "/usr/share", "/usr/local/share")),
        home,
    ]
    return [root for root in usual if root.is_dir()]


def _mirrors(roots: list[Path]) -> Iterator[Path]:
    """Find folders named after the registry, without going into hidden folders or too deep."""
    for root in roots:
        for name, folders, _ in os.walk(root):
            folder = Path(name)
            if folder.name == _HOST:
                yield folder
                folders.clear()
            elif len(folder.relative_to(root).parts) >= _DEPTH:
                folders.clear()
            else:
                folders[:] = sorted(each for each in folders if not each.startswith("."))


def main() -> None:
    """Print the line that a shell has to run."""
    for name, value in environment().items():
        print(f"export {name}={shlex.quote(value)}")


if __name__ == "__main__":
    sys.exit(exit_code(main))
