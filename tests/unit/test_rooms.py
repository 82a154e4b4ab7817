"""The rooms of `build/hashzip`, and the layers in which they may import each other."""

import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PACKAGE = REPOSITORY / "build/hashzip"


def contract() -> dict[str, object]:
    """Return import-linter's contract of the layers."""
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    return dict(layers)


def rooms() -> set[str]:
    """Return the modules and packages of hashzip, but for `__init__` and `__main__`."""
    modules = {path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")}
    return modules | {path.parent.name for path in PACKAGE.glob("*/*.py")}


def listed(layers: object) -> list[str]:
    """Return the names in some layers."""
    assert isinstance(layers, list)
    return [name.strip() for layer in layers for name in layer.split("|")]


def test_every_room_has_its_layer() -> None:
    """Each module and package of hashzip is in one layer, and no layer has one that is gone."""
    names = listed(contract()["layers"])

    assert sorted(names) == sorted(rooms())
    assert "inputs" in names  # the control: the rooms were found
