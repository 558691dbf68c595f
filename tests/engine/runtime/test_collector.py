"""The cycle collector is left alone while a world runs, and is as before afterwards."""

import gc

import pytest

from engine.runtime.collector import THRESHOLDS, relaxed


def test_the_collector_is_relaxed_inside_and_as_before_after() -> None:
    before = gc.get_threshold()
    with relaxed():
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_it_is_as_before_after_a_failure_too() -> None:
    before = gc.get_threshold()
    with pytest.raises(RuntimeError, match="the store"), relaxed():
        raise RuntimeError("the store")
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
