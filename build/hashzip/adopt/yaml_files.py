"""Read YAML that other tools own, with the tags of CloudFormation."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from hashzip.adopt.repository import Repository
from hashzip.project import installation

_MAX_PAIRS = 20_000  # that `<<` may merge: a few aliases of aliases make millions
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
    try:
        if _NESTED.search(text):
            raise ValueError("it is nested too deep")
        document = yaml.load(text, Loader=loader)  # noqa: S506 - a loader of plain values
    except (yaml.YAMLError, ValueError, RecursionError, TypeError) as error:
        repository.skip(path, " ".join(str(error).split()) or "it is nested too deep")
        return None
    return document if isinstance(document, dict) else None


@cache
def _loader() -> tuple[Any, Any]:
    """Make a loader of plain values that knows tags, and is safe from bombs of aliases."""
    try:
        import yaml
    except ModuleNotFoundError as error:
        raise installation.missing("PyYAML, which reads YAML,", "init") from error

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        merged = 0

        def flatten_mapping(self, node: Any) -> None:  # noqa: ANN401 - PyYAML has no types
            super().flatten_mapping(node)
            self.merged += len(node.value)
            if self.merged > _MAX_PAIRS:
                raise ValueError("its aliases expand to too many values")

    def tagged(loader: Any, suffix: str, node: Any) -> Tagged:  # noqa: ANN401 - as above
        if isinstance(node, yaml.ScalarNode):
            value = loader.construct_scalar(node)
        elif isinstance(node, yaml.SequenceNode):
            value = loader.construct_sequence(node, deep=True)
        else:
            value = loader.construct_mapping(node, deep=True)
        return Tagged({suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value})

    Loader.add_multi_constructor("!", tagged)
    return yaml, Loader
