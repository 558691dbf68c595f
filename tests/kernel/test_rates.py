"""The rolling window: what counts when, exact waiting times, and agreement with a naive tracker."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.rates import Window

WINDOW = 100


def used(*amounts: tuple[int, int]) -> Window:
    """Return a window in which these (time, amount) were used."""
    window = Window()
    for at, amount in amounts:
        window.use(at, amount)
    return window


def test_an_amount_counts_at_its_own_time_and_is_free_again_one_window_later_exactly() -> None:
    window = used((1000, 7))
    assert window.usage(1000, WINDOW) == 7
    assert window.usage(1099, WINDOW) == 7
    assert window.usage(1100, WINDOW) == 0


def test_the_allocation_can_be_used_up_to_the_last_unit_and_not_beyond() -> None:
    window = used((0, 6), (10, 3))
    assert window.can_use(10, 1, 10, WINDOW)
    assert not window.can_use(10, 2, 10, WINDOW)
    assert not window.can_use(99, 2, 10, WINDOW)
    assert window.can_use(100, 7, 10, WINDOW)
    assert not window.can_use(100, 8, 10, WINDOW)


def test_waiting_ends_when_enough_of_the_oldest_use_is_free() -> None:
    window = used((0, 2), (10, 3), (20, 5))
    assert window.wait_until(30, 2, 10, WINDOW) == 100
    assert window.wait_until(30, 3, 10, WINDOW) == 110
    assert window.wait_until(30, 10, 10, WINDOW) == 120
    assert window.wait_until(100, 2, 10, WINDOW) == 100


def test_more_than_the_allocation_never_fits() -> None:
    assert Window().wait_until(0, 11, 10, WINDOW) is None
    assert Window().wait_until(0, 1, 0, WINDOW) is None
    assert not Window().can_use(0, 11, 10, WINDOW)


def test_nothing_always_fits_and_leaves_no_entry() -> None:
    window = used((0, 10))
    window.use(5, 0)
    assert window.can_use(5, 0, 1, WINDOW)
    assert window.wait_until(5, 0, 1, WINDOW) == 5
    assert window.usage(5, WINDOW) == 10


def test_a_smaller_allocation_makes_wait_and_never_goes_into_debt() -> None:
    window = used((0, 4), (50, 4))
    assert not window.can_use(60, 1, 4, WINDOW)
    assert window.wait_until(60, 1, 4, WINDOW) == 150
    assert window.wait_until(60, 1, 5, WINDOW) == 100
    assert window.usage(150, WINDOW) == 0


def test_uses_at_one_time_take_the_room_of_one() -> None:
    window = used((5, 1), (5, 2), (6, 4))
    assert (window.usage(104, WINDOW), window.usage(105, WINDOW)) == (7, 4)
    assert len(window._times) == 2


def test_negative_amounts_are_refused() -> None:
    window = used((0, 8))
    with pytest.raises(ValueError, match="amount"):
        window.use(0, -1)
    with pytest.raises(ValueError, match="amount"):
        window.can_use(0, -1, 10, WINDOW)
    assert window.usage(0, WINDOW) == 8


def test_time_does_not_run_backwards() -> None:
    window = used((0, 1), (50, 1))
    with pytest.raises(ValueError, match="monotone"):
        window.use(49, 1)
    with pytest.raises(ValueError, match="monotone"):
        window.usage(49, WINDOW)
    assert window.usage(100, WINDOW) == 1
    with pytest.raises(ValueError, match="monotone"):
        window.usage(99, WINDOW)


def test_asking_at_a_later_time_does_not_change_what_may_be_written() -> None:
    window = used((0, 1))
    assert window.usage(1000, WINDOW) == 0
    window.use(60, 5)
    assert window.usage(159, WINDOW) == 5


def test_each_change_raises_the_version_by_one_and_no_question_does() -> None:
    window = Window()
    window.use(0, 1)
    window.use(0, 2)
    assert window.version == 2
    window.usage(500, WINDOW)
    window.can_use(500, 1, 10, WINDOW)
    window.wait_until(500, 1, 10, WINDOW)
    assert window.version == 2


def test_what_no_window_reaches_takes_no_room() -> None:
    window = Window()
    for at in range(0, 100_000, 10):
        window.use(at, 1)
        assert window.usage(at, WINDOW) == min(10, at // 10 + 1)
    assert len(window._times) < 200


@dataclass
class Naive:
    """Everything ever used, kept forever and added up at each question."""

    uses: list[tuple[int, int]] = field(default_factory=list)

    def usage(self, now: int, extra: int = 0) -> int:
        return sum(amount for at, amount in self.uses if now - WINDOW < at <= now) + extra


STEP = st.tuples(
    st.integers(0, 60) | st.integers(0, 3), st.sampled_from(["use", "use", "use", "ask"]), st.integers(0, 12)
)
# The length is drawn first, because lists left to themselves are nearly always short.
STEPS = st.integers(0, 100).flatmap(lambda size: st.lists(STEP, min_size=size, max_size=size))


@given(STEPS, st.integers(1, 20))
def test_it_agrees_with_the_naive_tracker_and_never_lets_a_burst_through(
    steps: list[tuple[int, str, int]], allocation: int
) -> None:
    window, naive, now = Window(), Naive(), 0
    for later, what, amount in steps:
        now += later
        fits = amount == 0 or naive.usage(now, amount) <= allocation
        assert window.can_use(now, amount, allocation, WINDOW) == fits
        if what == "use" and fits:
            window.use(now, amount)
            naive.uses.append((now, amount))
        assert window.usage(now, WINDOW) == naive.usage(now) <= allocation
    ends = sorted({at for at, _ in naive.uses})
    assert all(sum(amount for at, amount in naive.uses if end - WINDOW < at <= end) <= allocation for end in ends)


@given(STEPS, st.integers(1, 20), st.integers(1, 20))
def test_the_waiting_time_is_the_first_microsecond_at_which_it_fits(
    steps: list[tuple[int, str, int]], allocation: int, wanted: int
) -> None:
    window, naive, now = Window(), Naive(), 0
    for later, _, amount in steps:
        now += later
        window.use(now, amount)
        naive.uses.append((now, amount))
    times = range(now, now + WINDOW + 1)
    first = next((time for time in times if naive.usage(time, wanted) <= allocation), None)
    assert window.wait_until(now, wanted, allocation, WINDOW) == first
    if first is not None and first > now:
        assert not window.can_use(first - 1, wanted, allocation, WINDOW)
        assert window.can_use(first, wanted, allocation, WINDOW)


@given(STEPS, st.lists(st.integers(0, 50), max_size=20))
def test_asking_in_between_changes_no_later_answer(steps: list[tuple[int, str, int]], asked: list[int]) -> None:
    quiet, curious, now = Window(), Window(), 0
    for number, (later, _, amount) in enumerate(steps):
        now += later
        for window in (quiet, curious):
            window.use(now, amount)
        if number < len(asked):
            curious.wait_until(now, asked[number], 30, WINDOW)
            curious.prune(now, WINDOW)
    assert [quiet.usage(now + later, WINDOW) for later in range(0, WINDOW + 2, 7)] == [
        curious.usage(now + later, WINDOW) for later in range(0, WINDOW + 2, 7)
    ]
    assert quiet.version == curious.version
