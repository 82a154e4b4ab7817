"""The zip of a function as it is deployed: its files, packages and settings.

It imports botocore, an extra: call `client.require_boto3` before you import it.
"""

from __future__ import annotations

import hashlib
import http
import os
import re
import stat
import tempfile
import zipfile
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from packaging.utils import canonicalize_name

from hashzip.artifacts.manifest import Package
from hashzip.aws import errors
from hashzip.errors import HashzipError
from hashzip.inputs.files import LINK, FileEntry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hashzip.aws.client import Endpoint

_CHUNK = 1 << 20  # bytes
_DIST_INFO = re.compile(r"(?:.*/)?([^/]+)-([^/-]+)\.dist-info/METADATA")
_MODE = 0o644  # of an entry whose maker has no modes


class DeployedFunction(NamedTuple):
    """A function as AWS has it.

    Attributes:
        configuration: As Lambda's API returns it.
        location: The URL of its zip, which is valid for a few minutes.
    """

    configuration: Mapping[str, Any]
    location: str


def find(endpoint: Endpoint, function: str) -> DeployedFunction:
    """Find a function.

    Args:
        endpoint: Where it is.
        function: Its name in AWS.

    Raises:
        HashzipError: It does not exist, cannot be read, or runs a container image.
    """
    with errors.translated(endpoint, function):
        response = endpoint.client("lambda").get_function(FunctionName=function)
    configuration = response["Configuration"]
    if configuration.get("PackageType", "Zip") != "Zip":
        raise HashzipError(
            f"{function} in {endpoint} runs a container image, not a zip",
            "name a function that runs a zip, with --function-name",
        )
    return DeployedFunction(configuration, response["Code"]["Location"])


@contextmanager
def opened(endpoint: Endpoint, function: str, location: str) -> Iterator[zipfile.ZipFile]:
    """Download the zip of a function, and keep it open until the block ends.

    Raises:
        HashzipError: It cannot be downloaded, or is not a zip.
    """
    with tempfile.TemporaryFile() as file:
        with errors.translated(endpoint, function):
            _download(endpoint, location, file)
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except zipfile.BadZipFile as error:
            raise HashzipError(
                f"the zip of {function} in {endpoint} is damaged: {error}", "deploy it again"
            ) from error


def entries(archive: zipfile.ZipFile) -> list[FileEntry]:
    """List the files and links of a zip, as hashzip's manifests do."""
    files = []
    for info in archive.infolist():
        if not info.is_dir():
            mode = info.external_attr >> 16
            mode = LINK if stat.S_ISLNK(mode) else stat.S_IMODE(mode) or _MODE
            with archive.open(info) as stream:
                content = cast("zipfile.ZipExtFile", stream)
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            files.append(FileEntry(info.filename, mode, info.file_size, digest))
    return files


def packages(files: Sequence[FileEntry]) -> list[Package]:
    """List the Python packages among files, which their metadata show."""
    matches = (_DIST_INFO.fullmatch(file.path) for file in files)
    return [Package(canonicalize_name(match[1]), match[2]) for match in matches if match]


def settings(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings of a function that `hashzip.toml` has, too."""
    return {
        "architecture": ", ".join(configuration.get("Architectures", ["x86_64"])),
        "handler": configuration.get("Handler", ""),
        "runtime": configuration.get("Runtime", ""),
    }


def _download(endpoint: Endpoint, location: str, file: IO[bytes]) -> None:
    """Download a zip with botocore, which uses the user's proxies and certificates."""
    session = URLLib3Session(
        proxies={} if endpoint.url else get_environ_proxies(location),
        verify=os.environ.get("AWS_CA_BUNDLE") or True,
    )
    request = AWSRequest("GET", location, stream_output=True).prepare()
    response = session.send(request)
    if response.status_code != http.HTTPStatus.OK:
        raise HashzipError(
            f"{endpoint} refused to send the zip: HTTP {response.status_code}", "try again"
        )
    for chunk in response.raw.stream(_CHUNK):
        file.write(chunk)
