"""What uv is to install, by name."""

from hashzip.builders.python.requirements import Requirements, pin


def test_hashes() -> None:
    """The hashes of a package are those of its version, or of its name if no version is locked."""
    hashes = {pin("Able_Baker", "1.0"): ("a",), pin("greet", ""): ("b",)}
    requirements = Requirements([], {}, hashes)

    assert requirements.hashes_of("able.baker", "1") == ("a",)
    assert requirements.hashes_of("able-baker", "2") == ()
    assert requirements.hashes_of("greet", "7") == ("b",)


def test_source() -> None:
    """The repository of a package is known by its name in any spelling."""
    requirements = Requirements([], {}, {}, sources={"able-baker": "git+https://host/x#0"})

    assert requirements.source_of("Able_Baker") == "git+https://host/x#0"
    assert requirements.source_of("greet") is None
