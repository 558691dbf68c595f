"""Inequality, median, shares and histogram, kept up amount by amount, are what a walk over all amounts gives."""

from collections.abc import Sequence
from statistics import median_low

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.health import distribution
from engine.health.distribution import Distribution

AMOUNTS = st.lists(st.integers(0, 50) | st.integers(0, 2**53), max_size=80)
CHANGES = st.lists(st.tuples(st.booleans(), st.integers(0, 30) | st.integers(0, 2**53)), max_size=200)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "_FULL", 6)


def naive_gini(amounts: Sequence[int]) -> float | None:
    """The mean difference of all pairs over twice the mean."""
    total = sum(amounts)
    if not total:
        return None
    return sum(abs(a - b) for a in amounts for b in amounts) / (2 * len(amounts) * total)


def agree(kept: Distribution, amounts: list[int]) -> None:
    amounts = sorted(amounts)
    n, total = len(amounts), sum(amounts)
    assert (kept.count, kept.total) == (n, total)
    assert kept.weighted == sum(rank * amount for rank, amount in enumerate(amounts, 1))
    assert kept.median() == (median_low(amounts) if amounts else None)
    gini = kept.gini()
    assert gini == (naive_gini(amounts) if gini is None else pytest.approx(naive_gini(amounts), abs=1e-9))
    assert [kept.at(place) for place in range(n)] == amounts
    assert [kept.lowest(count) for count in range(n + 1)] == [sum(amounts[:count]) for count in range(n + 1)]
    curve = kept.lorenz(7)
    assert curve == (tuple(sum(amounts[: n * i // min(7, n)]) / total for i in range(min(7, n) + 1)) if total else ())
    assert sum(count for _, _, count in kept.histogram(5)) == n
    assert len(kept.histogram(5)) <= 5
    for low, high, count in kept.histogram(5):
        assert count == sum(low <= amount <= high for amount in amounts)


@given(AMOUNTS, CHANGES)
def test_kept_up_is_the_same_as_counted_anew(start: list[int], changes: list[tuple[bool, int]]) -> None:
    kept, naive = Distribution(start), list(start)
    for enters, amount in changes:
        if enters or amount not in naive:
            kept.add(amount)
            naive.append(amount)
        else:
            kept.remove(amount)
            naive.remove(amount)
    agree(kept, naive)
    rebuilt = Distribution(naive)
    assert (rebuilt.gini(), rebuilt.lorenz(9), rebuilt.top_share(10)) == (
        kept.gini(),
        kept.lorenz(9),
        kept.top_share(10),
    )


@given(st.lists(st.integers(0, 9), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_all_can_be_taken_out_in_any_order(amounts: list[int], draw: "object") -> None:
    kept = Distribution(amounts)
    order = list(amounts)
    draw.shuffle(order)  # type: ignore[attr-defined]
    for amount in order:
        kept.remove(amount)
    agree(kept, [])
    kept.add(3)
    agree(kept, [3])


def test_what_is_not_there_cannot_be_taken_out() -> None:
    with pytest.raises(KeyError):
        Distribution((1, 3)).remove(2)
    with pytest.raises(KeyError):
        Distribution().remove(0)


def test_equal_amounts_are_no_inequality_and_one_who_has_all_is_nearly_one() -> None:
    assert Distribution([5] * 100).gini() == 0
    assert Distribution([0] * 99 + [7]).gini() == pytest.approx(0.99)
    assert Distribution([0] * 9 + [7]).top_share(10) == 1
    assert Distribution([1] * 10).top_share(10) == pytest.approx(0.1)
    assert Distribution([0, 0]).gini() is None


@given(AMOUNTS)
def test_a_lorenz_curve_rises_from_nothing_to_all_below_equality(amounts: list[int]) -> None:
    curve = Distribution(amounts).lorenz(10)
    if curve:
        assert (curve[0], curve[-1]) == (0, 1)
        assert list(curve) == sorted(curve)
        n = len(curve) - 1
        if len(amounts) % n == 0:
            assert all(share <= place / n + 1e-12 for place, share in enumerate(curve))
