"""The builder for Python: sources, the packages that they require, and bytecode.

Packages are installed for the runtime and architecture that the function runs on, whatever machine
builds. `package` is its build time.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hashzip.builders.build_plan import BuilderPlan, BuildPlan, InputFolder
from hashzip.builders.python import locks
from hashzip.builders.python.locks import Lock
from hashzip.errors import HashzipError
from hashzip.inputs.fingerprint import Recipe, fingerprint
from hashzip.inputs.paths import IN_PROJECT
from hashzip.project import keys, runtimes
from hashzip.project.config import Project
from hashzip.project.keys import Key
from hashzip.project.targets import Target

if TYPE_CHECKING:
    from pathlib import Path

    from hashzip.builders.base import BuildOutput, Discovered

KEYS = {
    **keys.SOURCE_FILES,
    "requirements": Key(
        keys.PATH, "a lock: `requirements.txt` with hashes, `pylock.toml` or `uv.lock`"
    ),
    "package": Key(
        keys.STRING,
        "the member of a `uv.lock`'s workspace",
        default_help="the project in the lock's folder",
    ),
    "extras": Key(keys.STRINGS, "optional dependencies of that project", ()),
    "groups": Key(keys.STRINGS, "dependency groups of that project", ()),
    "install_project": Key(
        keys.BOOLEAN,
        "install that project itself, with its metadata, as a package",
        default=False,
    ),
    "exclude_packages": Key(
        keys.STRINGS, 'packages, files of packages, or `"@runtime"`, to leave out', ()
    ),
    "build_sdists": Key(
        keys.BOOLEAN, "let uv run the code of packages that have no wheel", default=False
    ),
    "build_env": Key(
        keys.PROGRAM_VARIABLES,
        "variables for the build backends of the project's own packages, such as "
        "`SETUPTOOLS_SCM_PRETEND_VERSION`",
        {},
    ),
    "bytecode": Key(keys.BOOLEAN, "compile all modules in advance", default=False),
    "strip": Key(keys.BOOLEAN, "remove debug symbols from shared libraries", default=False),
    **keys.LAYERS,
}
# uv installs for no older Python than 3.9.
RUNTIMES = tuple(name for name in runtimes.of_family("python") if name != "python3.8")
PURL_TYPE = "pypi"

# The options that decide the bytes; they are in the recipe where they are set.
_OPTIONS = (
    "extras",
    "groups",
    "package",
    "install_project",
    "exclude_packages",
    "build_sdists",
    "build_env",
    "bytecode",
    "strip",
)
_MACHINES = {"arm64": "aarch64", "x86_64": "x86_64"}


def plan(project: Project, target: Target, layers: Sequence[BuildPlan]) -> BuilderPlan:
    """Say what decides the bytes of the package, beside its sources.

    Raises:
        HashzipError: Lambda has no such Python runtime; the lock is missing, is of no kind that
            hashzip installs, or does not lock everything.
    """
    lock = locks.find(project, target)
    _check_build_env(target, lock)
    # What a layer has is left out of the function, so a layer's packages decide too.
    in_layers = {layer.target.name: tree_key(layer) for layer in layers} if lock else {}
    folders = _local_folders(project, lock.folders) if lock and lock.folders else []
    return BuilderPlan(
        _recipe(target, in_layers),
        lock.files if lock else [],
        folders,
        packs_sources=True,
        detail=lock,
        only_sources=lock is None and not target.options["bytecode"],
    )


def build(plan: BuildPlan, folder: "Path", *, fresh: bool) -> "BuildOutput":
    """Install the packages and compile the sources, as far as the target asks for it.

    Raises:
        HashzipError: It cannot be installed or compiled; a layer has another version of a package.
    """
    has_packages = any(map(lock_of, (plan, *plan.layers)))
    if not has_packages and not plan.target.options["bytecode"]:
        from hashzip.builders.base import BuildOutput

        return BuildOutput(())
    from hashzip.builders.python import package

    return package.build(plan, folder, fresh=fresh)


def build_for_host(plan: BuildPlan, folder: "Path") -> "BuildOutput":
    """Return nothing: `watch` finds the packages where they are installed, by `PYTHONPATH`."""
    from hashzip.builders.base import BuildOutput

    del plan, folder
    return BuildOutput(())


def host_note() -> str:
    """Return "": `watch` itself says how Python differs."""
    return ""


def discover(folder: "Path", root: "Path") -> Iterable["Discovered"]:
    """Return nothing: `adopt` reads the modules of a repository together, by their imports."""
    del folder, root
    return ()


def lock_of(plan: BuildPlan) -> Lock | None:
    """Return the locked requirements of a function or layer."""
    lock: Lock | None = plan.builder_plan.detail
    return lock


def tree_key(plan: BuildPlan, *, at: str | None = None) -> str:
    """Compute the digest of everything that decides what is installed.

    Args:
        plan: The function or layer.
        at: The folder that the packages are going to be in; by default, the one in Lambda. "" means
            that the folder does not count.

    Returns:
        A SHA-256, as 64 hex digits.
    """
    target = plan.target
    root = target.lambda_root if at is None else at
    # A module that is compiled has its path inside.
    compiled_at = {"home": root} if target.options["bytecode"] else {}
    machine = {"runtime": target.runtime, "architecture": target.architecture}
    if target.glibc:
        machine["glibc"] = target.glibc
    return fingerprint({**machine, **_options(target), **compiled_at}, plan.deciding_inputs)


def version(target: Target) -> str:
    """Return the version of Python that runs a target: `3.13`."""
    return target.runtime.removeprefix("python")


def platform(target: Target, glibc: str = "") -> str:
    """Return uv's name of the platform that a target runs on.

    It has the newest wheels that the C library can load. uv's nearest platform to the 2.26 of
    Amazon Linux 2 is 2.17.
    """
    runtime = runtimes.find(target.runtime)
    of_runtime = "2_17" if runtime and runtime.system == "AL2" else "2_34"
    return f"{machine(target)}-manylinux_{glibc or target.glibc or of_runtime}"


def machine(target: Target) -> str:
    """Return the machine that a target runs on, as Python's `platform.machine()` has it there."""
    return _MACHINES[target.architecture]


def _local_folders(project: Project, folders: Iterable[str]) -> list[InputFolder]:
    """Return the inputs of the packages of the project that a lock names."""
    from hashzip.builders.python import local_sources

    return [
        InputFolder(path, ("**",), local_sources.left_out(project.root, path)) for path in folders
    ]


def _recipe(target: Target, layers: dict[str, str]) -> Recipe:
    runtimes.check(target.runtime, RUNTIMES, target.label)
    requirements = target.options["requirements"]
    more = {"prefix": target.prefix, "layers": layers}
    return {
        "builder": "python",
        "runtime": target.runtime,
        "architecture": target.architecture,
        "requirements": requirements and f"{IN_PROJECT}{requirements}",
        **_options(target),
        **{key: value for key, value in more.items() if value},
    }


def _check_build_env(target: Target, lock: Lock | None) -> None:
    """Refuse variables that no build backend gets."""
    variables = target.options["build_env"]
    for name in variables:
        if name.startswith("UV_"):
            raise HashzipError(
                f"{target.label} has {name} in build_env, which is for uv and no build backend",
                f"remove {name}",
            )
    if variables and not (lock and lock.folders):
        raise HashzipError(
            f"{target.label} has build_env, but installs no package of the project",
            "remove build_env; or set requirements to the uv.lock that names the package",
        )


def _options(target: Target) -> dict[str, object]:
    """Return the options that are set."""
    options = {key: target.options[key] for key in _OPTIONS}
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in options.items()
        if value
    }
