"""Check that the functions that run a package find their handlers in it. Build time.

The handler is not part of the fingerprint. So a package that is built already is checked, too.
"""

import os
from collections.abc import Collection, Mapping

from hashzip.archive import handler
from hashzip.builders.build_plan import BuildPlan
from hashzip.inputs.files import LINK


def check_handlers(plan: BuildPlan, paths: Collection[str], links: Mapping[str, str]) -> None:
    """Check that Lambda finds the handler of each function that runs a package.

    A layer that is not built yet may have it.

    Args:
        plan: The package.
        paths: The paths of its files.
        links: The paths that its links lead to, by their own.

    Raises:
        HashzipError: A handler is neither in the package nor in the function's layers.
    """
    for function, layers in plan.uses:
        if function.handler_in_layer:
            continue
        manifests = [layer.store.manifest(layer.fingerprint) for layer in layers]
        built = [manifest for manifest in manifests if manifest]
        if len(built) == len(layers):
            in_layers = (entry.path for manifest in built for entry in manifest.artifact.entries)
            handler.check(
                function.label, function.runtime, function.handler, paths, in_layers, links
            )


def check_built(plan: BuildPlan) -> None:
    """Check the handlers of a package that the store has.

    Raises:
        HashzipError: As for `check_handlers`.
    """
    if _are_in_sources(plan):
        return
    manifest = plan.store.manifest(plan.fingerprint)
    entries = manifest.artifact.entries if manifest else []
    # A manifest does not say where links lead, so a package with links was checked when it was
    # built, and not again.
    if entries and not any(entry.mode == LINK for entry in entries):
        check_handlers(plan, [entry.path for entry in entries], {})


def _are_in_sources(plan: BuildPlan) -> bool:
    """Return whether all handlers are among the packed sources, which is fast to see."""
    sources = [(listing.folder, set(listing.files)) for listing in plan.listings]
    for function, _ in plan.uses:
        paths = handler.expected_paths(function.runtime, function.handler)
        # The name of `bootstrap` never changes.
        if function.handler_in_layer or not paths or function.runtime.startswith("provided."):
            continue
        files = (os.fsencode(path) for path in paths)
        if not any(
            os.path.join(folder, path) in known for path in files for folder, known in sources
        ):
            return False
    return True
