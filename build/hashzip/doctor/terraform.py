"""Check Terraform or OpenTofu, and the providers."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hashzip.doctor.check import Finding, State, needed, output
from hashzip.errors import HashzipError
from hashzip.project import files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hashzip.doctor.check import Patient

_PROGRAMS = {"terraform": "Terraform", "tofu": "OpenTofu"}
_OLDEST = (1, 5)  # as in versions.tf of the modules
# By its source: the oldest version that the modules take, and why.
_PROVIDERS = {
    "hashicorp/aws": ((5, 51), "which keeps the source_code_hash that it is given"),
    "hashicorp/external": ((1, 2), "which the modules ask at plan time"),
}
_LOCK = ".terraform.lock.hcl"
_LOCKED = re.compile(r'provider\s+"[^"/]+/([^"]+)"\s*\{\s*version\s*=\s*"([^"]+)"')
_MIRROR = re.compile(r'filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"((?:[^"\\]|\\.)*)"', re.DOTALL)
_DIRECT = re.compile(r"\b(direct|network_mirror)\s*\{")
_CONFIGURATION_VARIABLE = "TF_CLI_CONFIG_FILE"
_INSTALL = "see https://developer.hashicorp.com/terraform/install or https://opentofu.org"
_NAME = "Terraform"
_MAX_BYTES = 1_000_000


def program(patient: Patient) -> Iterator[Finding]:
    """Check that there is Terraform or OpenTofu, and that it is new enough."""
    is_needed = bool(patient.configurations)
    versions = {}
    for name, title in _PROGRAMS.items():
        version = _version(output(name, "version", "-json"))
        if version:
            versions[title] = version
    if not versions:
        text = "neither terraform nor tofu runs" + ("" if is_needed else "; no .tf file needs it")
        yield needed(_NAME, text, _INSTALL, is_needed=is_needed)
        return
    text = ", ".join(f"{title} {version}" for title, version in versions.items())
    if all(_numbers(version) < _OLDEST for version in versions.values()):
        oldest = ".".join(map(str, _OLDEST))
        yield needed(_NAME, f"{text}; the modules need {oldest}", _INSTALL, is_needed=is_needed)
        return
    yield Finding(_NAME, State.GOOD, text)


def providers(patient: Patient) -> Iterator[Finding]:
    """Check the versions of the providers that each configuration has locked."""
    root = patient.root or os.curdir
    for folder in patient.configurations:
        relative = os.path.relpath(folder, root)
        try:
            text = files.read_text(root, os.path.join(relative, _LOCK), limit=_MAX_BYTES)
        except (HashzipError, OSError, UnicodeDecodeError):  # it is not initialised here
            continue
        locked = dict(_LOCKED.findall(text))
        known = {source: locked[source] for source in _PROVIDERS if source in locked}
        shown = ", ".join(f"{source} {version}" for source, version in known.items())
        old = [source for source, version in known.items() if _is_too_old(source, version)]
        if old:
            oldest, reason = _PROVIDERS[old[0]]
            numbers = ".".join(map(str, oldest))
            yield needed(
                "providers",
                f"{relative} has {old[0]} {known[old[0]]}, and needs {numbers}, {reason}",
                f"run: terraform -chdir={relative} init -upgrade",
                is_needed=True,
            )
        elif known:
            yield Finding("providers", State.GOOD, f"{shown}, in {relative}")


def mirror(_patient: Patient) -> Iterator[Finding]:
    """Check the mirror that the user's configuration of Terraform names, if it does."""
    file = _configuration()
    custom = os.environ.get(_CONFIGURATION_VARIABLE)
    text = _read(file)
    if text is None:
        if custom:
            yield Finding(
                "mirror",
                State.NOTE,
                f"{_CONFIGURATION_VARIABLE} names {custom}, which cannot be read",
                f"unset {_CONFIGURATION_VARIABLE}, or write that file",
            )
        return
    paths = [_unescaped(path) for path in _MIRROR.findall(text)]
    for path in paths:
        missing = [] if not os.path.isdir(path) else _missing(Path(path))
        if not os.path.isdir(path):
            text, fix = f"{path} does not exist", f"correct the path in {file}"
        elif missing and not _DIRECT.search(text):
            text = f"{path} lacks {', '.join(missing)}, and {file} allows no other source"
            fix = f"run: terraform providers mirror {path}, where there is a network"
        else:
            yield Finding("mirror", State.GOOD, path)
            continue
        yield Finding("mirror", State.NOTE, text, fix)


def _missing(mirror: Path) -> list[str]:
    """Return the providers of which a mirror has no version that fits."""
    missing = []
    for source, (oldest, _) in _PROVIDERS.items():
        names = [path.name for path in mirror.glob(f"*/{source}/*")]
        versions = [
            re.sub(r"\.zip$|_[a-z0-9]+_[a-z0-9]+$", "", name.removeprefix(_zip_prefix(source)))
            for name in names
        ]
        if not any(_numbers(version) >= oldest for version in versions):
            missing.append(f"{source} >= {'.'.join(map(str, oldest))}")
    return missing


def _zip_prefix(source: str) -> str:
    """Return how the name of a zip in a packed mirror begins."""
    return f"terraform-provider-{source.partition('/')[2]}_"


def _is_too_old(source: str, version: str) -> bool:
    return _numbers(version) < _PROVIDERS[source][0]


def _configuration() -> Path:
    """Return the path of the configuration file of Terraform's command line.

    https://developer.hashicorp.com/terraform/cli/config/config-file
    """
    custom = os.environ.get(_CONFIGURATION_VARIABLE)
    if custom:
        return Path(custom)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", os.curdir), "terraform.rc")
    return Path(os.path.expanduser("~/.terraformrc"))


def _read(path: Path) -> str | None:
    """Read a small text file; None if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES).decode(errors="replace")
    except OSError:
        return None


def _unescaped(text: str) -> str:
    """Return what is between the quotes of a string; as it is, if Terraform would refuse it."""
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text


def _version(text: str | None) -> str:
    """Return the version in what `version -json` prints; "" if it prints something else."""
    try:
        document = json.loads(text or "")
    except (ValueError, RecursionError):
        return ""
    return str(document.get("terraform_version", "")) if isinstance(document, dict) else ""


def _numbers(version: str) -> tuple[int, ...]:
    """Return the numbers of a version to compare it by."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("-")[0])[:3])
