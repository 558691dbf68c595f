"""Garbage collection beside a world: brief, and nothing is kept for ever."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from ecosim_tui.collecting import Collecting

ALL_EVERY = 3


class Ring:
    """Something that only a collection can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    brief = Collecting(ALL_EVERY)
    brief.begin()
    yield
    brief.end()
    assert gc.get_freeze_count() == 0


def test_what_survived_a_full_collection_is_not_looked_at_again() -> None:
    gc.collect()
    before = gc.get_freeze_count()
    kept = [Ring() for _ in range(100)]
    gc.collect()
    assert gc.get_freeze_count() >= before + len(kept)
    assert len(gc.get_objects()) < before


def test_what_is_garbage_at_once_is_freed_at_once() -> None:
    gc.collect()
    gone = weakref.ref(Ring())
    gc.collect()
    assert gone() is None


def test_what_was_set_aside_and_became_garbage_is_freed_when_all_is_looked_at() -> None:
    ring = Ring()
    gc.collect()
    gone = weakref.ref(ring)
    del ring
    gc.collect()
    assert gone() is not None
    for _ in range(ALL_EVERY):
        gc.collect()
    assert gone() is None
