"""Check a package against Lambda's limits of size, before anything is uploaded.

Standard library only. No account can raise these limits:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
In bytes, they are in the output of `aws lambda get-account-settings`:
https://docs.aws.amazon.com/lambda/latest/dg/example_lambda_GetAccountSettings_section.html
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from hashzip.errors import HashzipError, warn
from hashzip.inputs.files import DATA, FileEntry
from hashzip.project import runtimes

if TYPE_CHECKING:
    from hashzip.artifacts.manifest import Artifact

UNPACKED = runtimes.MOST_UNPACKED
ZIP = 52_428_800  # bytes: 50 MiB, of a zip in a request; a zip from S3 has no such limit

SOURCES = "your sources"
_ROWS = 10
_NEAR_PERCENT = 80


def expected(sizes: Iterable[tuple[str, int]]) -> "Artifact":
    """Return what is known of a package before it is built.

    Args:
        sizes: The paths of its files, and their sizes in bytes.
    """
    from hashzip.artifacts.manifest import Artifact

    entries = [FileEntry(path, DATA, size, "") for path, size in sizes]
    unpacked_size = sum(entry.size for entry in entries)
    return Artifact("", 0, unpacked_size, "", "", entries)


def check_unpacked(
    where: str,
    artifact: "Artifact",
    layers: "Mapping[str, Artifact]",
    owners: Mapping[str, str],
    table: str = "",
) -> None:
    """Check that Lambda can unpack a function together with its layers.

    Args:
        where: The function's table in `hashzip.toml`.
        artifact: The function's package.
        layers: The packages of its layers, by name.
        owners: The installed package that a file is from, as `name version`, by the file's path in
            the function's package or in that of a layer. All other files are sources.
        table: The table of the function's package; by default, the function's own.

    Raises:
        HashzipError: They are too large. The message lists the largest packages.
    """
    size = sum(part.unpacked_size for part in (artifact, *layers.values()))
    with_layers = f" with its layers ({', '.join(layers)})" if layers else ""
    if size <= UNPACKED:
        _warn_near(size, UNPACKED, f"{where}{with_layers} is", "unpacked", "")
        return
    raise HashzipError(
        f"{where}{with_layers} is {_bytes(size)} unpacked; Lambda's limit is {_bytes(UNPACKED)}:",
        f"in {table or where} of hashzip.toml, list packages in exclude_packages that the function "
        "does not import or that Lambda has already (boto3), set strip = true, or exclude files; "
        "layers count too, so moving packages into a layer helps only if it replaces copies",
        lines=_table(artifact, layers, owners),
    )


def check_zip(where: str, artifact: "Artifact", owners: Mapping[str, str]) -> None:
    """Check that a zip can be uploaded in a request, and not only through S3.

    Args:
        where: The function's table in `hashzip.toml`.
        artifact: The function's package.
        owners: As for `check_unpacked`.

    Raises:
        HashzipError: The zip is too large. The message lists the largest packages.
    """
    if artifact.size <= ZIP:
        _warn_near(artifact.size, ZIP, f"the zip of {where} is", "", " in a direct upload")
        return
    raise HashzipError(
        f"the zip of {where} is {_bytes(artifact.size)}; Lambda's limit is {_bytes(ZIP)} in a "
        "direct upload. Unpacked:",
        f"deploy it through S3, which has no such limit: set a store (docs/store.md); or make it "
        f"smaller in {where} of hashzip.toml: exclude_packages, strip = true or a layer",
        lines=_table(artifact, {}, owners),
    )


def _warn_near(size: int, limit: int, subject: str, state: str, condition: str) -> None:
    """Warn of a size that is near a limit: the next dependency may be too much."""
    if size * 100 < limit * _NEAR_PERCENT:
        return
    words = " ".join(filter(None, (subject, _bytes(size), state)))
    warn(
        f"{words}, {size * 100 // limit} % of Lambda's limit of {_bytes(limit)}{condition}",
        "exclude_packages, strip = true and exclude make it smaller",
    )


def _table(
    artifact: "Artifact", layers: "Mapping[str, Artifact]", owners: Mapping[str, str]
) -> list[str]:
    """Format the largest packages, one a line, and the number of the others."""
    sizes: Counter[str] = Counter()
    for owner, size in _owned(artifact, layers, owners):
        sizes[owner] += size
    largest = sorted(sizes.items(), key=lambda row: (-row[1], row[0]))
    rows = [(owner, f"{size:,}") for owner, size in largest[:_ROWS]]
    rest = largest[_ROWS:]
    if rest:
        rows.append((f"{len(rest)} more", f"{sum(size for _, size in rest):,}"))
    width = max((len(owner) for owner, _ in rows), default=0)
    digits = max((len(size) for _, size in rows), default=0)
    return [f"{owner:<{width}}  {size:>{digits}}" for owner, size in rows]


def _owned(
    artifact: "Artifact", layers: "Mapping[str, Artifact]", owners: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    for entry in artifact.entries:
        yield owners.get(entry.path, SOURCES), entry.size
    for name, layer in layers.items():
        for entry in layer.entries:
            owner = owners.get(entry.path, SOURCES)
            yield f"{owner} (layer {name})", entry.size


def _bytes(size: int) -> str:
    return f"{size:,} bytes"
