"""Keep one process of the AWS provider for many runs of Terraform or OpenTofu.

Terraform starts the AWS provider two or three times in each command, and each start takes half a
second and more. It can use one that runs already, by `TF_REATTACH_PROVIDERS`. It is still the real
provider: the same program that `init` has installed, started by its own `-debug` option, over the
same protocol, and configured anew by each command. What differs: current folder and environment are
those of its start, and the lock file is not checked for it.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hashzip.local.supervisor import supervised
from scripts import golang
from scripts.errors import ScriptError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping

_ADDRESSES = ("registry.terraform.io/hashicorp/aws", "registry.opentofu.org/hashicorp/aws")
_START_SECONDS = 60.0  # it takes 0.3 s once its 700 MB have been read, and more before
_POLL_SECONDS = 0.02
# With `-debug`, the libraries in it write megabytes for each command.
_QUIET = dict.fromkeys(("TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_PROVIDER"), "ERROR")
_ANNOUNCEMENT = re.compile(rb"TF_REATTACH_PROVIDERS='(\{.*\})'")


def aws_provider(folder: Path) -> Path:
    """Return the AWS provider that `init` has installed for a configuration.

    Args:
        folder: The configuration's folder.

    Raises:
        ScriptError: `init` has not run there.
    """
    platform = "_".join(golang.system())
    providers = folder.absolute() / ".terraform/providers"
    found = list(providers.glob(f"*/hashicorp/aws/*/{platform}/terraform-provider-aws*"))
    if not found:
        raise ScriptError(f"no AWS provider in {providers}", f"run `terraform init` in {folder}")
    return found[0]


@contextmanager
def attached(
    program: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """Run an AWS provider for as long as the block lasts, and no longer than this process.

    It is for one command at a time, since each configures it anew.

    Args:
        program: The provider; see `aws_provider`.
        folder: The configuration's folder. Terraform starts providers in its own current folder,
            and paths such as a function's `filename` are relative to it.
        environment: What to add to this process's environment for it: endpoint, region, keys.

    Yields:
        What to add to the environment of Terraform and OpenTofu, but for `init`.

    Raises:
        ScriptError: It did not start.
    """
    scratch = Path(tempfile.mkdtemp(prefix="hashzip-aws-"))  # the supervisor removes it
    own = os.environ | dict(environment) | _QUIET | {"TMPDIR": str(scratch)}
    # With it, provider 5.100 can be configured only once ("unable to add custom RootCAs").
    own.pop("AWS_CA_BUNDLE", None)
    with (
        tempfile.TemporaryFile() as log,
        supervised(
            [program, "-debug"], folder=folder, environment=own, log=log, scratch=scratch
        ) as process,
    ):
        announced = _wait_until_announced(process, program, log)
        handle = next(iter(announced.values()))
        yield {"TF_REATTACH_PROVIDERS": json.dumps(dict.fromkeys(_ADDRESSES, handle))}


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
        "leave it out: Terraform starts the provider by itself, more slowly",
    )
