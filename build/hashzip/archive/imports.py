"""Warn of modules that a function imports and that nothing in Lambda has. Build time."""

import re
from collections.abc import Iterable, Mapping, Sequence

from hashzip.archive import missing_modules
from hashzip.archive.missing_modules import Missing, Read
from hashzip.builders.build_plan import BuildPlan, Use
from hashzip.errors import HashzipError, some, warn
from hashzip.project.targets import Function


def report(plan: BuildPlan, paths: Iterable[str], read: Read) -> None:
    """Warn of what the functions that run a package import, and nothing has.

    Args:
        plan: The package.
        paths: The paths in it, of files and links.
        read: Returns the content of a file in it, by its path.
    """
    files = list(paths)
    by_result: dict[tuple[Missing, ...], list[Use]] = {}
    for use in plan.uses:
        missing = missing_modules.find(use, files, read)
        if missing:
            by_result.setdefault(tuple(missing), []).append(use)
    for modules, uses in by_result.items():
        _warn(plan, modules, uses)


def report_built(plan: BuildPlan) -> None:
    """Warn of the same for a package that the store has.

    Raises:
        HashzipError: Its zip cannot be read.
    """
    import zipfile  # noqa: PLC0415 - slow, and seldom needed

    try:
        with plan.store.open_zip(plan.fingerprint) as file, zipfile.ZipFile(file) as archive:
            report(plan, archive.namelist(), archive.read)
    except (OSError, zipfile.BadZipFile) as error:
        raise HashzipError(
            f"the zip of {plan.target.name} cannot be read: {error}",
            f"run: hashzip build {plan.target.name} --force",
        ) from error


def _warn(plan: BuildPlan, missing: Sequence[Missing], uses: Sequence[Use]) -> None:
    functions = [use.function for use in uses]
    names = some([function.name for function in functions])
    locations = _locations(plan)
    verb = "imports" if len(functions) == 1 else "import"

    def listed(modules: Iterable[Missing]) -> str:
        return some(
            [
                f"{each.module} ({locations.get(each.path, each.path)}:{each.line})"
                for each in modules
            ]
        )

    relative = [each for each in missing if each.module.startswith(".")]
    if relative:
        warn(
            f"{names} {verb} {listed(relative)}, which fails in Lambda, because it leads out of "
            "all packages in the zip",
            "import it without the dot; or set source to the folder above, and write that folder's "
            f"name before the handler: FOLDER.{functions[0].handler}",
        )
    missing = [each for each in missing if each not in relative]
    if not missing:
        return
    listing = listed(missing)
    are = "is" if len(missing) == 1 else "are"
    layers = ", its layers," if any(use.layers for use in uses) else ""
    runtime = functions[0].runtime
    language = re.sub(r"nodejs(\d+).*", r"Node.js \1", runtime.replace("python", "Python "))
    warn(
        f"{names} {verb} {listing}, which {are} neither in the package{layers} nor in Lambda's "
        f"{language}",
        _hint(plan, missing, functions[0]),
    )


def _hint(plan: BuildPlan, missing: Sequence[Missing], function: Function) -> str:
    modules = ", ".join(f'"{each.module}"' for each in missing)
    elsewhere = (
        "or, if a layer that hashzip does not build has what is missing, set modules_in_layer = "
        f"[{modules}] in {function.label}"
    )
    if function.runtime.startswith("nodejs"):
        if any(each.module == "aws-sdk" for each in missing):
            return (
                "Node.js 18 and later have version 3 of the AWS SDK instead: import "
                f"@aws-sdk/client-NAME, or pack aws-sdk; {elsewhere}"
            )
        return f"pack node_modules with it, or bundle it; {elsewhere}"
    lock = plan.target.options.get("requirements")
    if plan.target.builder == "python":
        add = f"add its package to {lock}" if lock else "lock its package, and set requirements"
        return f"{add}; {elsewhere}"
    return f"have the program that makes the package add it; {elsewhere}"


def _locations(plan: BuildPlan) -> Mapping[str, str]:
    """Return the path in the project of each packed source, by its path in the package."""
    root = plan.project.root.rstrip("/") + "/"
    return {
        file.path: file.location.decode("utf-8", "backslashreplace").removeprefix(root)
        for file in plan.packed_files
    }
