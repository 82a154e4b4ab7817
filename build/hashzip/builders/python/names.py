"""Names of Python packages."""

import re


def normalized(name: str) -> str:
    """Return the one spelling of a package's name that counts: `Ruamel.YAML` is `ruamel-yaml`.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()
