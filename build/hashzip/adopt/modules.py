"""Where the Terraform that `init` writes takes hashzip's modules from, and copies of them."""

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

from hashzip.adopt.proposal import Change
from hashzip.errors import HashzipError, warn

COPY = "hashzip"  # the folder of copied modules, beside the configuration

# Without `..`, which the path of a module has where `python3 ../hashzip/build` runs.
_PACKAGE = Path(os.path.realpath(__file__)).parents[1]
_CHECKOUT = _PACKAGE.parents[1]
_IN_CHECKOUT = _CHECKOUT / "infra" / "modules"
_IN_WHEEL = _PACKAGE / "terraform"
_SCP = re.compile(r"(?:([\w.-]+)@)?([\w.-]+):(?!//)(.+)")  # git@github.com:me/it.git


class Source(NamedTuple):
    """Where modules come from.

    Attributes:
        before: The source of a module up to its name.
        after: The rest of it.
        is_copied: Whether they have to be copied beside the configuration.
    """

    before: str
    after: str = ""
    is_copied: bool = False

    def of(self, module: str) -> str:
        """Return the source of a module: `function`, `layer` or `package`."""
        return f"{self.before}{module}{self.after}"


@cache
def source(root: str, infra: str) -> Source:
    """Return where a configuration takes the modules from.

    It is the remote and the commit of the checkout that runs; or that checkout itself, where it is
    in the project or has no remote. An installed hashzip has the modules, and they are copied.

    Args:
        root: The project's folder.
        infra: The folder of the configuration, relative to the project.
    """
    if not _IN_CHECKOUT.is_dir():
        return Source(f"./{COPY}/", is_copied=True)
    folder = os.path.relpath(_IN_CHECKOUT, os.path.join(root, infra)).replace(os.sep, "/")
    here = Source(f"{folder}/" if folder.startswith("../") else f"./{folder}/")
    if _CHECKOUT.is_relative_to(root):
        return here
    url, commit = _git("remote", "get-url", "origin"), _git("rev-parse", "HEAD")
    if not url or not commit or _git("rev-parse", "--show-prefix"):
        return here
    if not _git("branch", "--remotes", "--contains", commit):
        warn(
            f"the commit {commit[:12]} of {_CHECKOUT} is not known to be in {_shown(url)}",
            "push it before you run terraform init",
        )
    return Source(f"git::{_shown(url)}//infra/modules/", f"?ref={commit}")


def copies(folder: str) -> list[Change]:
    """Return the files of the modules, as they are written into a folder.

    Args:
        folder: The folder, as the changes name it.

    Raises:
        HashzipError: This hashzip has no modules.
    """
    origin = _IN_CHECKOUT if _IN_CHECKOUT.is_dir() else _IN_WHEEL
    changes = [
        Change(f"{folder}/{path.relative_to(origin).as_posix()}", None, text)
        for path, text in _files(origin)
    ]
    if not changes:
        raise HashzipError(f"there are no Terraform modules in {_PACKAGE}", "install hashzip again")
    return changes


def _files(origin: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(origin.glob("*/*")):
        if path.suffix in (".tf", ".md"):
            yield path, path.read_text(encoding="utf-8")


def _git(*arguments: str) -> str:
    """Return the output of git in the checkout, or "" where it fails."""
    try:
        finished = subprocess.run(
            ["git", "-C", str(_CHECKOUT), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return finished.stdout.strip() if finished.returncode == 0 else ""


def _shown(url: str) -> str:
    """Return the URL of a remote as Terraform takes it, without credentials."""
    if "://" not in url:
        match = _SCP.fullmatch(url)
        if match is None:
            return f"file://{os.path.join(_CHECKOUT, url)}"
        return f"ssh://{match[1] or 'git'}@{match[2]}/{match[3].lstrip('/')}"
    parts = urlsplit(url)
    is_secret = parts.scheme in ("http", "https") and "@" in parts.netloc
    host = parts.netloc.rpartition("@")[2] if is_secret else parts.netloc
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
