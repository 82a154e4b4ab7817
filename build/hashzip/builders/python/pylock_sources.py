"""Check where a `pylock.toml` has its packages from. Plan time; standard library only."""

from hashzip.builders.python import plain_locks, requirements_txt
from hashzip.errors import HashzipError
from hashzip.project import schema
from hashzip.project.schema import Fields
from hashzip.project.targets import Target


def check(text: str, path: str, target: Target, relock: str) -> str:
    """Check that no package of a lock is from a folder, whose files are no inputs.

    Args:
        text: The lock's content.
        path: The lock, for errors.
        target: The function or layer.
        relock: The command that locks again, for hints.

    Returns:
        The lock's `requires-python`, or "".

    Raises:
        HashzipError: A package is from a folder, or from a repository, whose code the target does
            not allow to run; or the lock has another shape than a `pylock.toml`.
    """
    plain = plain_locks.pylock(text)
    if plain is not None:
        return plain
    with schema.reported(f"{path} is not a valid pylock.toml", f"lock again: {relock}"):
        document = Fields(schema.toml(text))
        for package in document.tables("packages"):
            name = package.string("name")
            if "directory" in package:
                raise HashzipError(
                    f"{path} has {name}, a package from a directory, whose files are not inputs",
                    "lock with uv.lock, which names them, or put the package into source",
                )
            if "vcs" in package and not target.options["build_sdists"]:
                raise requirements_txt.building_refused(path, name, target)
        return document.string("requires-python", "")
