"""Terms: what lies within what, how bounds cut, and what can be granted at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capabilities.terms import DEEPEST, MOST, Bounds, Terms, differences, least, narrowed, senseless, wider
from tests.engine.capabilities.model import PATTERNS, within

resources = st.sampled_from(PATTERNS)
numbers = st.integers(1, 4)
quotas = st.dictionaries(st.sampled_from(["scrip", "bytes"]), numbers)
terms = st.builds(Terms, resources, numbers, numbers, quotas, st.integers(0, 3))
maybe = st.none() | numbers
bounds = st.builds(Bounds, st.none() | resources, maybe, maybe, quotas, st.none() | st.integers(0, 3))


@given(terms, terms)
def test_terms_are_wider_in_something_or_lie_within(a: Terms, b: Terms) -> None:
    assert (wider(a, b) is None) == within(a, b)


@given(terms, terms, terms)
def test_lying_within_is_an_order(a: Terms, b: Terms, c: Terms) -> None:
    assert wider(a, a) is None
    if wider(a, b) is None and wider(b, a) is None:
        assert a == b
    if wider(a, b) is None and wider(b, c) is None:
        assert wider(a, c) is None


@given(terms, bounds)
def test_bounds_cut_and_never_widen_and_cutting_twice_is_cutting_once(asked: Terms, bound: Bounds) -> None:
    cut = bound.bind(asked)
    if cut is None:
        assert bound.resource is not None
        return
    assert wider(cut, asked) is None
    assert bound.bind(cut) == cut
    assert bound.uses is None or cut.uses <= bound.uses
    assert bound.ttl is None or cut.ttl <= bound.ttl
    assert bound.depth is None or cut.depth <= bound.depth
    assert all(cut.quota[name] <= most for name, most in bound.quota.items())


@given(terms)
def test_bounds_that_say_nothing_cut_nothing(asked: Terms) -> None:
    assert Bounds().bind(asked) == asked


@given(quotas, quotas)
def test_two_quotas_at_once_are_the_smaller_of_each_measure(a: dict[str, int], b: dict[str, int]) -> None:
    both = least(a, b)
    assert both == least(b, a)
    assert both.keys() == a.keys() | b.keys()
    assert all(most == min(q[name] for q in (a, b) if name in q) for name, most in both.items())


@given(terms, terms)
def test_the_differences_are_all_that_is_not_as_asked(asked: Terms, given_: Terms) -> None:
    told = differences(asked, given_)
    assert (told == {}) == (asked == given_)
    again = narrowed(
        asked,
        **{name: after for name, (_, after) in told.items() if "." not in name},
        quota={name[6:]: pair[1] for name, pair in told.items() if "." in name and pair[1] is not None},
    )
    kept = {name: most for name, most in again.quota.items() if name in given_.quota}
    assert (again.resource, again.uses, again.ttl, again.depth) == (
        given_.resource,
        given_.uses,
        given_.ttl,
        given_.depth,
    )
    assert kept == given_.quota


def test_a_measure_without_a_limit_is_wider_than_any_limit() -> None:
    assert wider(Terms(), Terms(quota={"scrip": 5})) == "a quota of no limit for scrip is more than 5"
    assert wider(Terms(quota={"scrip": 5}), Terms()) is None


def test_narrowing_says_only_what_is_to_be_otherwise() -> None:
    asked = Terms("x*", 3, 90, {"scrip": 5, "bytes": 7}, 1)
    assert narrowed(asked) == asked
    assert narrowed(asked, quota={"scrip": 2}).quota == {"scrip": 2, "bytes": 7}
    assert narrowed(asked, depth=0, uses=1) == Terms("x*", 1, 90, {"scrip": 5, "bytes": 7}, 0)


@pytest.mark.parametrize(
    ("given_", "code"),
    [
        (Terms(), None),
        (Terms("x*", MOST, MOST, {"scrip": MOST}, DEEPEST), None),
        (Terms(""), "bad_resource"),
        (Terms("a b"), "bad_resource"),
        (Terms(uses=0), "bad_terms"),
        (Terms(uses=-1), "bad_terms"),
        (Terms(uses=MOST + 1), "bad_terms"),
        (Terms(ttl=0), "bad_terms"),
        (Terms(ttl=MOST + 1), "bad_terms"),
        (Terms(depth=-1), "bad_terms"),
        (Terms(depth=DEEPEST + 1), "bad_terms"),
        (Terms(quota={"scrip": 0}), "bad_quota"),
        (Terms(quota={"scrip": -3}), "bad_quota"),
        (Terms(quota={"scrip": MOST + 1}), "bad_quota"),
        (Terms(quota={"bytes": 1}), "bad_quota"),
    ],
)
def test_what_can_be_granted_at_all(given_: Terms, code: str | None) -> None:
    found = senseless(given_, ("scrip",))
    assert (found.code if found is not None else None) == code
