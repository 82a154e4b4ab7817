"""Names of Python packages."""

import pytest

from hashzip.builders.python.names import normalized


class TestNormalized:
    """The spelling by which names are compared."""

    @pytest.mark.parametrize("name", ["ruamel-yaml", "Ruamel.YAML", "ruamel_yaml", "ruamel-._yaml"])
    def test_spellings(self, name: str) -> None:
        """Case does not count, and `-`, `_` and `.` are the same, however many."""
        assert normalized(name) == "ruamel-yaml"

    def test_other(self) -> None:
        """The control: another name is another."""
        assert normalized("ruamelyaml") != normalized("ruamel-yaml")
