"""What `terraform init` leaves in a folder, for other folders with the same configuration."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scripts.terraform import Terraform

_LOCK = ".terraform.lock.hcl"
_MODULES = Path(".terraform/modules/modules.json")
_PROVIDERS = Path(".terraform/providers")
_DEPTH = "*/*/*/*/*"  # registry, owner, name, version, platform
# Where they are in the lock file, each command reads the providers to compare: 700 MB.
_HASHES = re.compile(r"^  hashes = \[\n[^\]]*\]\n", re.MULTILINE)


@dataclass(frozen=True)
class _Left:
    """What one run has left.

    Attributes:
        lock: The lock file, without hashes.
        modules: Where the modules are, relative to the configuration.
        providers: The folder of each provider, by its place in `.terraform/providers`.
    """

    lock: str
    modules: bytes
    providers: dict[Path, Path]


_left: dict[str, _Left] = {}  # in this process, by all that decides it


def prepare(terraform: Terraform, executable: str) -> None:
    """Runs `terraform init` in a folder, or leaves there what a run in another one has left.

    Args:
        terraform: In the folder.
        executable: What is run.
    """
    folder = terraform.folder
    key = _key(folder, executable, terraform.environment.get("TF_CLI_CONFIG_FILE", ""))
    if key not in _left:
        terraform.init()
        _left[key] = _read(folder)
    _write(folder, _left[key])


def _key(folder: Path, *words: str) -> str:
    """Answers a digest of a configuration with its modules, and of other words."""
    digest = sha256(repr(words).encode())
    for file in sorted(folder.rglob("*.tf")):
        record = (str(file.relative_to(folder)), file.read_text(encoding="utf-8"))
        digest.update(repr(record).encode())
    return digest.hexdigest()


def _read(folder: Path) -> _Left:
    lock = (folder / _LOCK).read_text(encoding="utf-8")
    providers = folder / _PROVIDERS
    return _Left(
        lock=_HASHES.sub("", lock),
        modules=(folder / _MODULES).read_bytes(),
        providers={
            place.relative_to(providers): place.resolve() for place in providers.glob(_DEPTH)
        },
    )


def _write(folder: Path, left: _Left) -> None:
    (folder / _LOCK).write_text(left.lock, encoding="utf-8")
    (folder / _MODULES).parent.mkdir(parents=True, exist_ok=True)
    (folder / _MODULES).write_bytes(left.modules)
    for place, provider in left.providers.items():
        link = folder / _PROVIDERS / place
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(provider, target_is_directory=True)
