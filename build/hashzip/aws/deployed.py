"""Compares the zip that a function runs with one that was built."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from packaging.utils import canonicalize_name

from hashzip.artifacts.manifest import Package
from hashzip.aws import errors
from hashzip.errors import HashzipError
from hashzip.inputs.files import FileEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hashzip.aws.client import Place
    from hashzip.builders.build_plan import BuildPlan

_CHUNK = 1 << 20  # bytes
_DIST_INFO = re.compile(r"(?:.*/)?([^/]+)-([^/-]+)\.dist-info/METADATA")
_MODE = 0o644  # of an entry whose maker has no modes


class Deployed(NamedTuple):
    """A function as AWS has it.

    Attributes:
        configuration: As Lambda's API answers.
        location: The URL of its zip, for the next few minutes.
    """

    configuration: Mapping[str, Any]
    location: str


def find(place: Place, function: str) -> Deployed:
    """Finds a function.

    Args:
        place: Where it is.
        function: Its name in AWS.

    Raises:
        HashzipError: It is not there, cannot be asked for, or runs no zip.
    """
    with errors.explained(place, function):
        found = place.client("lambda").get_function(FunctionName=function)
    configuration = found["Configuration"]
    if configuration.get("PackageType", "Zip") != "Zip":
        raise HashzipError(
            f"{function} in {place} runs a container image, not a zip",
            "there is nothing to compare",
        )
    return Deployed(configuration, found["Code"]["Location"])


@contextmanager
def opened(place: Place, function: str, location: str) -> Iterator[zipfile.ZipFile]:
    """Downloads the zip of a function, for as long as the block lasts.

    Raises:
        HashzipError: It cannot be had, or is no zip.
    """
    with tempfile.TemporaryFile() as file:
        with errors.explained(place, function):
            _download(place, location, file)
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise HashzipError(
                f"what {place} has for {function} is damaged: {error}", "deploy it again"
            ) from error


def entries(archive: zipfile.ZipFile) -> list[FileEntry]:
    """Answers what is in a zip, by the rules of hashzip's manifests."""
    found = []
    for info in archive.infolist():
        if not info.is_dir():
            mode = stat.S_IMODE(info.external_attr >> 16) or _MODE
            with archive.open(info) as content:
                file = cast("zipfile.ZipExtFile", content)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found.append(FileEntry(info.filename, mode, info.file_size, digest))
    return found


def packages(files: Sequence[FileEntry]) -> list[Package]:
    """Answers which Python packages are among files, by their metadata."""
    found = (_DIST_INFO.fullmatch(file.path) for file in files)
    return [Package(canonicalize_name(match[1]), match[2]) for match in found if match]


def settings(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Answers what `hashzip.toml` says of a function too, as AWS has it."""
    return {
        "architecture": ", ".join(configuration.get("Architectures", ["x86_64"])),
        "handler": configuration.get("Handler", ""),
        "runtime": configuration.get("Runtime", ""),
    }


def wanted(plan: BuildPlan) -> dict[str, str]:
    """Answers the same as `hashzip.toml` says it."""
    target = plan.target
    return {
        "architecture": target.architecture,
        "handler": getattr(target, "handler", ""),
        "runtime": target.runtime,
    }


def _download(place: Place, location: str, file: IO[bytes]) -> None:
    """Downloads by botocore, which has the user's proxies and certificates."""
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415 - an extra
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415
    from botocore.utils import get_environ_proxies  # noqa: PLC0415

    session = URLLib3Session(
        proxies={} if place.endpoint else get_environ_proxies(location),
        verify=os.environ.get("AWS_CA_BUNDLE") or True,
    )
    request = AWSRequest("GET", location, stream_output=True).prepare()
    response = session.send(request)
    if response.status_code != 200:  # noqa: PLR2004 - HTTP's OK
        raise HashzipError(
            f"{place} did not hand out the zip: HTTP {response.status_code}", "try again"
        )
    for chunk in response.raw.stream(_CHUNK):
        file.write(chunk)
