"""The rules of open auctions: a price is a function of time alone, and a bid always leaves room for an answer."""

from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.bidding import falling_price, falls_for, least_bid, next_fall, put_off

AMOUNTS = st.integers(1, 10**6)
TERMS = st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 10**9)).map(lambda t: (max(t[:2]), min(t[:2]), *t[2:]))
Terms = tuple[int, int, int, int]


def test_a_price_falls_in_steps_and_stays_at_the_floor() -> None:
    prices = [falling_price(20, 5, 7, 10, at) for at in (0, 9, 10, 19, 20, 29, 30, 1_000)]
    assert prices == [20, 20, 13, 13, 6, 6, 5, 5]
    assert falls_for(20, 5, 7, 10) == 30
    assert [next_fall(20, 5, 7, 10, at) for at in (0, 9, 10, 29, 30)] == [10, 10, 20, 30, None]


def test_a_price_that_begins_at_its_floor_does_not_fall() -> None:
    assert falls_for(5, 5, 3, 10) == 0
    assert next_fall(5, 5, 3, 10, 0) is None


@given(TERMS, st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_price_never_rises_and_never_leaves_its_bounds(terms: Terms, at: int, later: int) -> None:
    start, floor, *_ = terms
    assert floor <= falling_price(*terms, at + later) <= falling_price(*terms, at) <= start


@given(TERMS)
def test_the_floor_is_reached_when_it_is_said_to_be_and_not_a_moment_before(terms: Terms) -> None:
    start, floor, *_ = terms
    reached = falls_for(*terms)
    assert falling_price(*terms, reached) == floor
    assert not reached or falling_price(*terms, reached - 1) > floor
    assert (reached == 0) == (start == floor)


@given(TERMS, st.integers(0, 10**12))
def test_the_next_fall_is_the_next_moment_at_which_the_price_is_another(terms: Terms, at: int) -> None:
    falls = next_fall(*terms, at)
    if falls is None:
        assert falling_price(*terms, at) == terms[1]
    else:
        assert falls > at
        assert falling_price(*terms, falls) < falling_price(*terms, falls - 1) == falling_price(*terms, at)


@given(AMOUNTS, AMOUNTS, st.lists(st.integers(0, 1_000), max_size=20))
def test_bids_rise_by_the_increment_from_the_reserve_on(reserve: int, increment: int, above: list[int]) -> None:
    highest = None
    for more in above:
        bid = least_bid(reserve, increment, highest) + more
        assert bid >= reserve if highest is None else bid >= highest + increment
        highest = bid


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**9))
def test_an_end_is_never_brought_forward_and_is_an_extension_away_at_least(ends: int, at: int, extension: int) -> None:
    later = put_off(ends, at, extension)
    assert later >= ends
    assert later - at >= extension
    assert later == ends or later == at + extension
