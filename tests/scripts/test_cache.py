"""The cache folder: what is made there is made once."""

import threading
from pathlib import Path

from scripts import cache


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
