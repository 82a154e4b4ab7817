"""What decides a package in Python, beside its inputs. Plan time; standard library only.

The packages are installed for the runtime and architecture that the function runs on, whatever
machine builds: `install`, at build time.
"""

from collections.abc import Iterable, Mapping

from hashzip.errors import HashzipError, did_you_mean
from hashzip.inputs.files import FileEntry
from hashzip.inputs.fingerprint import Recipe, fingerprint
from hashzip.project.targets import Target

# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
RUNTIMES = tuple(f"python3.{minor}" for minor in range(9, 15))

# The newest wheels that the runtime's C library can load. Amazon Linux 2023 (Python 3.12 and
# later) has glibc 2.34; Amazon Linux 2 has 2.26, for which uv's nearest platform is 2.17.
_FIRST_ON_AMAZON_LINUX_2023 = 12
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}

_OPTIONS = (
    "extras",
    "groups",
    "package",
    "exclude_packages",
    "build_sdists",
    "bytecode",
    "strip",
)


def recipe(target: Target, layers: Mapping[str, str]) -> Recipe:
    """Answers what, beside the inputs, decides the bytes of the package. Options are in it if set.

    Args:
        target: The function or layer.
        layers: By name, what is installed in its layers, as `tree_key` has it.

    Raises:
        HashzipError: Lambda has no such Python runtime.
    """
    if target.runtime not in RUNTIMES:
        raise HashzipError(
            f'{target.where} has runtime "{target.runtime}", for which hashzip has no builder',
            did_you_mean(target.runtime, RUNTIMES),
        )
    more = {"prefix": target.prefix, "layers": dict(layers)}
    return {
        "builder": "python",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "requirements": target.requirements and f"//{target.requirements}",
        **_options(target),
        **{key: value for key, value in more.items() if value},
    }


def tree_key(target: Target, locked: Iterable[FileEntry], home: str) -> str:
    """Computes the digest of all that decides what is installed.

    Args:
        target: The function or layer.
        locked: Its lock, and all that this reads.
        home: The folder that it is going to lie in.

    Returns:
        A SHA-256, as 64 hex digits.
    """
    # A module that is compiled knows the path that it will have.
    place = {"home": home} if target.bytecode else {}
    where = {"runtime": target.runtime, "architecture": target.architecture}
    if target.glibc:
        where["glibc"] = target.glibc
    return fingerprint({**where, **_options(target), **place}, locked)


def version(target: Target) -> str:
    """Answers the version of Python that runs it: `3.13`."""
    return target.runtime.removeprefix("python")


def platform(target: Target) -> str:
    """Answers uv's name of the platform that it runs on."""
    minor = int(version(target).partition(".")[2])
    of_runtime = "2_34" if minor >= _FIRST_ON_AMAZON_LINUX_2023 else "2_17"
    return f"{machine(target)}-manylinux_{target.glibc or of_runtime}"


def machine(target: Target) -> str:
    """Answers the machine's name as Python says it there: `platform.machine()`."""
    return _MACHINES[target.architecture]


def _options(target: Target) -> dict[str, object]:
    """Answers the options that are set."""
    found = {key: getattr(target, key) for key in _OPTIONS}
    return {key: list(v) if isinstance(v, tuple) else v for key, v in found.items() if v}
