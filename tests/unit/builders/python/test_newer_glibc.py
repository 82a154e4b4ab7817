"""Wheels for a C library between two platforms of uv's."""

import tomllib
from pathlib import Path

import pytest

from hashzip import planning
from hashzip.builders.python import newer_glibc
from tests.support import project as projects


@pytest.mark.parametrize(
    "runtime, newest", [("python3.11", 26), ("python3.12", None), ("python3.99", None)]
)
def test_glibc(project: Path, runtime: str, newest: int | None) -> None:
    """Only Amazon Linux 2 has a C library that uv has no platform for."""
    projects.configure(project, runtime=runtime)

    assert newer_glibc.glibc(planning.load_project(str(project)).target("hello")) == newest


@pytest.mark.parametrize(
    "platforms, remaining",
    [
        (["2_24", "2_28"], ["2_24"]),
        (["2_26", "2_27"], ["2_26"]),
        (["2_28"], ["2_28"]),
        (["2_17", "2_24"], ["2_17", "2_24"]),
    ],
)
def test_without_newer_wheels(tmp_path: Path, platforms: list[str], remaining: list[str]) -> None:
    """Wheels that cannot be loaded are removed, unless there are no others."""
    lock = tmp_path / "pylock.toml"
    names = [f"a-1-cp311-cp311-manylinux_{platform}_x86_64.whl" for platform in platforms]
    wheels = "".join(f'[[packages.wheels]]\nname = "{name}"\n' for name in names)
    lock.write_text(f'[[packages]]\nname = "a"\n{wheels}', encoding="utf-8")

    newer_glibc.without_newer_wheels(lock, 26)

    (package,) = tomllib.loads(lock.read_text(encoding="utf-8"))["packages"]
    left = [wheel["name"].split("manylinux_")[1][:4] for wheel in package["wheels"]]
    assert left == remaining
