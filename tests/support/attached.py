"""Keep one AWS provider running for many Terraform or OpenTofu commands.

Terraform starts the AWS provider two or three times in each command, and each start takes at least
half a second. `TF_REATTACH_PROVIDERS` makes it use a provider that is running already. That is
still the real provider: the program that `init` installed, started with its own `-debug` option,
over the same protocol, and configured again by each command. Three things differ: its current
folder and environment stay those of its start, Terraform does not check the lock file for it, and
its schema has only the types that the configuration uses (see `schema_filter`).
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hashzip.emulator.supervisor import supervised
from scripts import golang
from scripts.errors import ScriptError
from tests.support import schema_filter

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

_ADDRESSES = ("registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws")
_START_SECONDS = 60.0  # a start takes 0.3 s once its 700 MB are in the page cache, longer before
_POLL_SECONDS = 0.02
# With `-debug`, its libraries log megabytes for each command.
_QUIET = dict.fromkeys(("TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER"), "ERROR")
_ANNOUNCEMENT = re.compile(rb"TF_REATTACH_PROVIDERS='(\{.*\})'")


def aws_provider(folder: Path) -> Path:
    """Return the AWS provider that `terraform init` installed for a configuration.

    Args:
        folder: The configuration's folder.

    Raises:
        ScriptError: `terraform init` has not run there.
    """
    platform = "_".join(golang.system())
    providers = folder.absolute() / ".terraform/providers"
    programs = list(providers.glob(f"*/hashicorp/aws/*/{platform}/terraform-provider-aws*"))
    if not programs:
        raise ScriptError(f"no AWS provider in {providers}", f"run `terraform init` in {folder}")
    return programs[0]


@contextmanager
def attached(
    program: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """Run an AWS provider while the block runs; it ends with this process at the latest.

    Use it for one command at a time, because each command configures it again.

    Args:
        program: The provider's executable; see `aws_provider`.
        folder: The configuration's folder. Terraform starts providers in its own current folder,
            and paths such as a function's `filename` are relative to that.
        environment: Variables to add to this process's environment: endpoint, region, keys.

    Yields:
        Variables to add to the environment of Terraform and OpenTofu, except for `init`.

    Raises:
        ScriptError: The provider did not start.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hashzip-aws-"))  # the supervisor removes it
    own = os.environ | dict(environment) | _QUIET | {"TMPDIR": str(scratch)}
    # With it, provider 5.100 can be configured only once ("unable to add custom RootCAs").
    own.pop("AWS_CA_BUNDLE", None)
    with (
        tempfile.TemporaryFile() as log,
        supervised(
            [sys.executable, "-P", schema_filter.__file__, program, *_types(folder)],
            folder=folder,
            environment=own,
            log=log,
            scratch=scratch,
        ) as process,
    ):
        announced = _wait_until_announced(process, program, log)
        handle = next(iter(announced.values()))
        yield {"TF_REATTACH_PROVIDERS": json.dumps(dict.fromkeys(_ADDRESSES, handle))}


def _types(folder: Path) -> list[str]:
    """Return the names of the AWS resources and data sources in a configuration.

    Its modules may be anywhere: `terraform init` lists their folders, if there are any.
    """
    listing = folder / ".terraform/modules/modules.json"
    modules = json.loads(listing.read_bytes())["Modules"] if listing.exists() else []
    folders = {folder, *(folder / module["Dir"] for module in modules)}
    files = (file for each in folders for file in each.rglob("*.tf"))
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    return sorted(set(re.findall(r'^(?:resource|data) "(aws_\w+)"', text, re.MULTILINE)))


def _wait_until_announced(
    process: subprocess.Popen[bytes], program: Path, log: IO[bytes]
) -> dict[str, object]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        text = os.pread(log.fileno(), 1 << 16, 0)  # does not move the offset, which is shared
        match = _ANNOUNCEMENT.search(text)
        if match:
            announced: dict[str, object] = json.loads(match[1])
            return announced
        time.sleep(_POLL_SECONDS)
    text = os.pread(log.fileno(), 1 << 16, 0)
    raise ScriptError(
        f"{program} did not start as a server:\n{text.decode(errors='replace').strip()}",
        "run without it: Terraform then starts the provider itself, which is slower",
    )
