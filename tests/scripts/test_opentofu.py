"""OpenTofu: the installed program, or one that is built once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import golang, opentofu

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_installed_program_is_used(program_path: Path) -> None:
    """A `tofu` on the PATH is used."""
    tofu = program_path / "tofu"
    tofu.touch(mode=0o755)
    assert opentofu.executable() == tofu


def test_built_program_is_kept(
    own_cache: Path, program_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without `tofu` on the PATH it is built into the cache, once for two calls."""
    built: list[Path] = []

    def build(_module: golang.Module, _package: str, program: Path, *_: str) -> None:
        program.parent.mkdir(parents=True)
        program.touch()
        built.append(program)

    monkeypatch.setattr(golang, "build", build)
    assert not list(program_path.iterdir())
    assert opentofu.executable() == opentofu.executable()
    assert built == [own_cache / "opentofu" / opentofu.MODULE.version / "tofu"]
