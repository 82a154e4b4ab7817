"""Checks a package against Lambda's limits of size, before anything is uploaded.

Pure; standard library only. The limits are AWS's, which no account can raise:
https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
and in bytes, as `aws lambda get-account-settings` answers them:
https://docs.aws.amazon.com/lambda/latest/dg/example_lambda_GetAccountSettings_section.html
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from hashzip.artifacts.manifest import Artifact
from hashzip.errors import HashzipError

# AWS's own errors say "must be smaller than"; what is as large as this is left to AWS to judge.
UNPACKED = 262_144_000  # bytes of a function and its layers together: 250 MB
ZIP = 52_428_800  # bytes of one zip in a request; through S3 there is no such limit: 50 MB

SOURCES = "your sources"
_ROWS = 10


def check_unpacked(
    where: str,
    artifact: Artifact,
    layers: Mapping[str, Artifact],
    owners: Mapping[str, str],
) -> None:
    """Refuses a function that Lambda could not unpack.

    Args:
        where: Its table in `hashzip.toml`.
        artifact: Its package.
        layers: By name, the packages of its layers.
        owners: Which package a file was installed from, as `name version`, by the file's path in
            the function's package or in that of a layer. Whatever is not there is a source.

    Raises:
        HashzipError: It is too large with its layers. The largest packages are named.
    """
    size = sum(part.unpacked_size for part in (artifact, *layers.values()))
    if size <= UNPACKED:
        return
    with_layers = f" with its layers ({', '.join(layers)})" if layers else ""
    raise HashzipError(
        f"{where}{with_layers} is {_bytes(size)} unpacked, and Lambda takes {_bytes(UNPACKED)}:"
        f"\n{_table(artifact, layers, owners)}",
        f"in {where} of hashzip.toml, name in exclude_packages what the function "
        "does not import or Lambda has already (boto3), set strip = true, or exclude files; a "
        "layer counts too, so that moving packages into one helps only where it replaces copies",
    )


def check_zip(where: str, artifact: Artifact, owners: Mapping[str, str]) -> None:
    """Refuses a zip that is too large to be uploaded in a request. S3 takes any size.

    Args:
        where: Its table in `hashzip.toml`.
        artifact: Its package.
        owners: As for `check_unpacked`.

    Raises:
        HashzipError: The zip is too large. The largest packages are named.
    """
    if artifact.size <= ZIP:
        return
    raise HashzipError(
        f"the zip of {where} is {_bytes(artifact.size)}, and Lambda takes {_bytes(ZIP)} in a "
        f"direct upload; unpacked, it holds:\n{_table(artifact, {}, owners)}",
        "upload it through S3, which has no such limit; or make it smaller: exclude_packages, "
        f"strip = true or a layer, in {where} of hashzip.toml",
    )


def _table(artifact: Artifact, layers: Mapping[str, Artifact], owners: Mapping[str, str]) -> str:
    """Writes the largest packages, one a line, and the rest as one."""
    sizes: Counter[str] = Counter()
    for owner, size in _owned(artifact, layers, owners):
        sizes[owner] += size
    largest = sorted(sizes.items(), key=lambda row: (-row[1], row[0]))
    rows = [(owner, f"{size:,}") for owner, size in largest[:_ROWS]]
    rest = largest[_ROWS:]
    if rest:
        rows.append((f"{len(rest)} more", f"{sum(size for _, size in rest):,}"))
    wide = max((len(owner) for owner, _ in rows), default=0)
    digits = max((len(size) for _, size in rows), default=0)
    return "\n".join(f"  {owner:<{wide}}  {size:>{digits}}" for owner, size in rows)


def _owned(
    artifact: Artifact, layers: Mapping[str, Artifact], owners: Mapping[str, str]
) -> Iterator[tuple[str, int]]:
    for entry in artifact.entries:
        yield owners.get(entry.path, SOURCES), entry.size
    for name, layer in layers.items():
        for entry in layer.entries:
            owner = owners.get(entry.path, SOURCES)
            yield f"{owner} (layer {name})", entry.size


def _bytes(size: int) -> str:
    return f"{size:,} bytes"
