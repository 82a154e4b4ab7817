"""Add installed packages and bytecode to the sources of a package. Build time."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import source_from_cache
from pathlib import Path

from hashzip.artifacts.manifest import Package
from hashzip.builders import python
from hashzip.builders.base import BuildOutput, OutputFile
from hashzip.builders.build_plan import BuildPlan
from hashzip.builders.python import bytecode, install_cache, missing, uv
from hashzip.builders.python.names import normalized
from hashzip.builders.python.tree import NO_PACKAGE, Tree, TreeFile
from hashzip.errors import HashzipError
from hashzip.project import user_key


def build(plan: BuildPlan, folder: Path, *, fresh: bool) -> BuildOutput:
    """Install the packages that no layer has, and compile the sources if the target asks for it.

    Args:
        plan: The plan of the function or layer.
        folder: A folder to work in, which does not exist yet.
        fresh: Install again even if the packages are cached.

    Raises:
        HashzipError: A package cannot be installed, a source does not compile, or a layer has
            another version of a package.
    """
    files: list[OutputFile] = []
    packages: list[Package] = []
    owners: dict[str, str] = {}
    tools: dict[str, str] = {}
    has_own = _has_own_packages(plan)
    layers = _of_layers(plan, is_needed=has_own)
    if has_own:
        tree = install_cache.installed(plan, fresh=fresh)
        packages = _not_in_layers(plan, tree, layers)
        own = _in_both(plan, tree)
        files += [
            OutputFile(tree.source(file), file.entry)
            for file in _files_of(tree, packages)
            if file.entry.path not in own
        ]
        owners = {
            path: owner for path, owner in tree.owners("", packages).items() if path not in own
        }
        tools |= tree.tools
        layers = {**layers, "": tree}
    more = _of_functions(plan)
    if more is not None and not _is_in_a_function(plan):
        missing.report(plan, [*layers.values(), *more])
    if plan.target.options["bytecode"]:
        files += _compiled_sources(plan, folder, tools)
    return BuildOutput(files, tools, packages, owners)


def known_owners(plan: BuildPlan) -> Mapping[str, str]:
    """Map each installed file of a target to its package, if the installation is cached.

    Args:
        plan: The plan of the function or layer.

    Returns:
        `name version` by the file's path, below the target's prefix.
    """
    tree = _cached(plan) if python.lock_of(plan) else None
    return tree.owners("", tree.packages) if tree else {}


def _cached(plan: BuildPlan) -> Tree | None:
    """Return what is installed for a function or layer, if it is cached."""
    return install_cache.get(python.tree_key(plan), user_key.load(plan.project.root))


def _has_own_packages(plan: BuildPlan) -> bool:
    """Return whether there are requirements that are not exactly those of a layer."""
    if not python.lock_of(plan):
        return False
    in_layers = [python.tree_key(layer, at="") for layer in plan.layers if python.lock_of(layer)]
    return not in_layers or python.tree_key(plan, at="") not in in_layers


def _of_layers(plan: BuildPlan, *, is_needed: bool) -> dict[str, Tree]:
    """Return what is installed for each layer, by its name.

    Args:
        plan: The function or layer.
        is_needed: Whether to install what is not cached. If not, and something is not, the result
            is empty.
    """
    layers = [layer for layer in plan.layers if python.lock_of(layer)]
    if is_needed:
        return {layer.target.name: install_cache.installed(layer) for layer in layers}
    trees = {layer.target.name: _cached(layer) for layer in layers}
    cached = {name: tree for name, tree in trees.items() if tree}
    return cached if len(cached) == len(layers) else {}


def _of_functions(plan: BuildPlan) -> list[Tree] | None:
    """Return what the layers have that only single functions of a package have.

    None if that of one is not known yet, because it is not installed.
    """
    names = {layer.target.name for layer in plan.layers}
    layers = [layer for layer in plan.all_layers if layer.target.name not in names]
    trees = [_cached(layer) for layer in layers if python.lock_of(layer)]
    known = [tree for tree in trees if tree]
    return known if len(known) == len(trees) else None


def _is_in_a_function(plan: BuildPlan) -> bool:
    """Return whether this is a layer of a function, which may have what the layer lacks."""
    project = plan.project
    return any(plan.target in project.layers(each) for each in project.targets.values())


def _not_in_layers(plan: BuildPlan, tree: Tree, layers: Mapping[str, Tree]) -> list[Package]:
    """Return the packages that no layer has."""
    in_layers = {
        normalized(package.name): (package, name)
        for name, layer in layers.items()
        for package in layer.packages
    }
    own = []
    for package in tree.packages:
        other, layer = in_layers.get(normalized(package.name), (None, ""))
        if other is None:
            own.append(package)
        elif other.version != package.version:
            raise HashzipError(
                f"{plan.target.label} locks {package.name} {package.version}, but "
                f"[{layer}] locks {other.version}",
                "lock the same version in both, or remove the package from one",
            )
    return own


def _in_both(plan: BuildPlan, tree: Tree) -> set[str]:
    """Return the paths of installed files that are in the sources, too, and of their bytecode.

    The project itself may be installed beside its sources: then the sources are packed and
    compiled, and only its metadata is new.
    """
    if not plan.target.options["install_project"]:
        return set()
    sources = set(plan.packed_inputs)
    same = {file.entry.path for file in tree.files if file.entry in sources}
    return {
        entry.path
        for entry, _ in tree.files
        if entry.path in same
        or (entry.path.endswith(".pyc") and source_from_cache(entry.path) in same)
    }


def _files_of(tree: Tree, packages: Sequence[Package]) -> Iterator[TreeFile]:
    """Yield the files of some packages, and those that belong to none."""
    owners = {number for number, package in enumerate(tree.packages) if package in packages}
    owners.add(NO_PACKAGE)
    return (file for file in tree.files if file.owner in owners)


def _compiled_sources(plan: BuildPlan, folder: Path, tools: dict[str, str]) -> list[OutputFile]:
    """Compile the sources."""
    target = plan.target
    version = python.version(target)
    compiled = bytecode.compile_all(
        plan.packed_files,
        folder / "bytecode",
        version=version,
        uv=uv.program(),
        prefix=target.lambda_root,
    )
    if compiled.skipped:
        path, problem = next(iter(compiled.skipped.items()))
        raise HashzipError(
            f"{path} of {target.label} is not valid Python {version}: {problem}",
            "fix it, or name it in exclude",
        )
    if compiled.version:
        tools["bytecode"] = f"CPython {compiled.version}"
    return [OutputFile(file) for file in compiled.files]
