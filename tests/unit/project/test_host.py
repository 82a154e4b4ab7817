"""The machine that hashzip runs on."""

import platform

import pytest

from hashzip.project import host


@pytest.mark.parametrize(
    "machine, architecture",
    [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64"), ("arm64", "arm64")],
)
def test_architecture(monkeypatch: pytest.MonkeyPatch, machine: str, architecture: str) -> None:
    """It has Lambda's name, whatever the system calls it."""
    monkeypatch.setattr(platform, "machine", lambda: machine)

    assert host.architecture() == architecture
