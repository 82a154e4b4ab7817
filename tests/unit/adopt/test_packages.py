"""One package for functions with one content."""

import tomllib

from hashzip.adopt import packages, toml_text
from hashzip.adopt.proposal import Adopted

TABLE = {"source": "svc/api", "runtime": "python3.13", "architecture": "arm64"}


def function(name: str, **changes: object) -> Adopted:
    """Return a function with some other keys."""
    return Adopted(name, {**TABLE, "handler": f"{name}.run", **changes}, "")


def test_shared() -> None:
    """Functions that differ in nothing but their handlers share a package; others have none."""
    new = [
        function("read"),
        function("write"),
        function("old", runtime="python3.12"),
        function("r1", builder="rust", handler=""),
        function("r2", builder="rust", handler=""),
    ]

    shared, members = packages.shared(new)

    assert shared == [packages.Package("api", TABLE)]
    assert members == {"read": "api", "write": "api"}


def test_names() -> None:
    """The name of a package is no function's, and none that is there."""
    new = [function("api"), function("b")]
    assert packages.shared(new)[0][0].name == "svc-api"
    assert packages.shared(new, ["svc-api"])[0][0].name == "code"

    new = [function("a", source="."), function("b", source=".")]
    assert packages.shared(new)[0][0].name == "code"


def test_text() -> None:
    """The package has the content, and each function its handler."""
    text = toml_text.added("# mine\n", [function("read"), function("write"), function("x", a=1)])

    document = tomllib.loads(text)
    assert document["package"] == {"api": TABLE}
    assert document["function"]["read"] == {"package": "api", "handler": "read.run"}
    assert document["function"]["x"]["source"] == "svc/api"
