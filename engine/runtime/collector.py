"""Python's cycle collector while a world runs: it looks at the whole world again and again and finds nothing there."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

THRESHOLDS = (50_000, 20, 100)
"""Objects made before the young are looked at, and how often that happens before the older ones and all are."""


@contextmanager
def relaxed() -> Iterator[None]:
    """Look for garbage cycles seldom, and never among what is there already; as it was before when the block ends.

    Rows, commits and observations form no cycles, so counting references frees them; a full collection of a million
    rows would stop world and screen for a quarter of a second.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
