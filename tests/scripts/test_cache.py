"""The cache folder: what is made there is complete, and made once."""

import threading
from pathlib import Path

import pytest

from scripts import cache


def test_written_in_one_step(tmp_path: Path) -> None:
    """A file appears when the block succeeds; a failure leaves nothing, and keeps an older file."""
    target = tmp_path / "folder" / "file"
    with cache.written(target) as draft:
        draft.write_text("old", encoding="utf-8")
        assert not target.exists()
    with pytest.raises(UnicodeEncodeError), cache.written(target) as draft:
        draft.write_text("half a name: \udcff", encoding="utf-8")
    assert target.read_text(encoding="utf-8") == "old"
    assert list(target.parent.iterdir()) == [target]


def test_lock(own_cache: Path) -> None:
    """A second holder of the same lock waits; the holder of another one does not."""
    order: list[str] = []

    def hold(name: str) -> None:
        with cache.locked(name) as folder:
            assert folder == own_cache
            order.append(name)

    threads = [threading.Thread(target=hold, args=(name,)) for name in ("same", "other")]
    with cache.locked("same"):
        for thread in threads:
            thread.start()
        threads[1].join(30)
        order.append("end")
    threads[0].join(30)
    assert order == ["other", "end", "same"]
