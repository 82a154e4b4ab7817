"""Run `terraform init` once for all folders with the same configuration."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scripts.terraform import Terraform

_LOCK = ".terraform.lock.hcl"
_MODULES = Path(".terraform/modules/modules.json")
_PROVIDERS = Path(".terraform/providers")
_DEPTH = "*/*/*/*/*"  # registry, owner, name, version, platform
# With them in the lock file, each command reads all providers, 700 MB, to compare their hashes.
_HASHES = re.compile(r"^  hashes = \[\n[^\]]*\]\n", re.MULTILINE)


@dataclass(frozen=True)
class _Result:
    """The files that a run of `terraform init` made.

    Attributes:
        lock: The lock file, without hashes.
        modules: `modules.json`, whose paths are relative to the configuration.
        providers: The folder of each provider, by its path in `.terraform/providers`.
    """

    lock: str
    modules: bytes
    providers: dict[Path, Path]


_results: dict[str, _Result] = {}  # of this process, by a digest of the inputs


def prepare(terraform: Terraform, executable: str) -> None:
    """Run `terraform init` in a folder, or copy the result of a run with the same configuration.

    Args:
        terraform: Terraform in the folder.
        executable: The program that it runs.
    """
    folder = terraform.folder
    key = _key(folder, executable, terraform.environment.get("TF_CLI_CONFIG_FILE", ""))
    if key not in _results:
        terraform.init()
        _results[key] = _read(folder)
    _write(folder, _results[key])


def _key(folder: Path, *words: str) -> str:
    """Return a digest of a configuration with its modules, and of more words."""
    digest = sha256(repr(words).encode())
    for file in sorted(folder.rglob("*.tf")):
        record = (str(file.relative_to(folder)), file.read_text(encoding="utf-8"))
        digest.update(repr(record).encode())
    return digest.hexdigest()


def _read(folder: Path) -> _Result:
    lock = (folder / _LOCK).read_text(encoding="utf-8")
    providers = folder / _PROVIDERS
    return _Result(
        lock=_HASHES.sub("", lock),
        modules=(folder / _MODULES).read_bytes(),
        providers={
            place.relative_to(providers): place.resolve() for place in providers.glob(_DEPTH)
        },
    )


def _write(folder: Path, result: _Result) -> None:
    (folder / _LOCK).write_text(result.lock, encoding="utf-8")
    (folder / _MODULES).parent.mkdir(parents=True, exist_ok=True)
    (folder / _MODULES).write_bytes(result.modules)
    for place, provider in result.providers.items():
        link = folder / _PROVIDERS / place
        if not link.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(provider, target_is_directory=True)
