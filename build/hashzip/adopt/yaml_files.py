"""Read YAML that other tools own, with the tags of CloudFormation."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from hashzip.adopt.repository import Repository
from hashzip.project import installation

_TOO_DEEP = "it is nested too deep"
_NESTED = re.compile(r"[\[{]{200}")


class Tagged(dict[str, Any]):
    """A value with a tag, `!Sub x`, in its long form: `{"Fn::Sub": x}`."""


def read(repository: Repository, path: str) -> Mapping[str, Any] | None:
    """Read a file with one document; None, after a warning, if it is not one.

    Raises:
        HashzipError: PyYAML is not installed.
    """
    text = repository.text(path)
    if text is None:
        return None
    yaml, loader = _loader()
    if _NESTED.search(text):
        repository.skip(path, _TOO_DEEP)
        return None
    try:
        document = yaml.load(text, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        repository.skip(path, " ".join(str(error).split()) or _TOO_DEEP)
        return None
    return document if isinstance(document, dict) else None


@cache
def _loader() -> tuple[Any, Any]:
    """Make a loader of plain values that knows tags."""
    try:
        import yaml  # noqa: PLC0415 - only where YAML is
    except ModuleNotFoundError as error:
        raise installation.missing("PyYAML, which reads YAML,", "init") from error

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """A loader of plain values."""

    def tagged(loader: Any, suffix: str, node: Any) -> Tagged:
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        return Tagged({suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value})

    Loader.add_multi_constructor("!", tagged)
    return yaml, Loader
