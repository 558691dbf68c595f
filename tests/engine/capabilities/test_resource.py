"""Patterns of resources, against trying every name: with `*` alone it can be decided what lies within what."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capabilities.resource import MOST, covers, fits, meet, overlap

patterns = st.text("ab*", min_size=1, max_size=5)
NAMES = tuple("".join(chars) for size in range(8) for chars in product("abz", repeat=size))
"""Every name of some length; z stands in no pattern, so it tells a star from what else could stand there."""


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern holds for a name, by trying everything that a star can stand for."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(matches(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return name[:1] == pattern[0] and matches(pattern[1:], name[1:])


SETS: dict[str, frozenset[str]] = {}


def names(pattern: str) -> frozenset[str]:
    """Every name that a pattern holds for."""
    if pattern not in SETS:
        SETS[pattern] = frozenset(name for name in NAMES if matches(pattern, name))
    return SETS[pattern]


@given(patterns, st.sampled_from(NAMES))
def test_a_pattern_covers_the_names_that_it_holds_for(pattern: str, name: str) -> None:
    assert covers(pattern, name) == matches(pattern, name)


@given(patterns, patterns)
def test_a_pattern_covers_another_if_it_holds_for_all_that_the_other_holds_for(wide: str, narrow: str) -> None:
    assert covers(wide, narrow) == (names(narrow) <= names(wide))


@given(patterns, patterns)
def test_patterns_overlap_if_there_is_a_name_for_both_whichever_comes_first(a: str, b: str) -> None:
    # Two patterns of five characters that overlap have a name in common that is no longer than both without stars.
    shared = any(matches(b, name) for name in names(a)) or _joined(a, b)
    assert overlap(a, b) == overlap(b, a) == shared


def _joined(a: str, b: str) -> bool:
    """Whether one of the names in common is longer than those that are tried."""
    literal = a.replace("*", ""), b.replace("*", "")
    joined = (x + y for x, y in (literal, literal[::-1]))
    return any(matches(a, name) and matches(b, name) for name in joined)


@given(patterns, patterns)
def test_two_patterns_meet_in_the_one_that_lies_within_the_other(a: str, b: str) -> None:
    found = meet(a, b)
    if found is None:
        assert not names(a) <= names(b)
        assert not names(b) <= names(a)
    else:
        assert found in (a, b)
        assert names(found) == names(a) & names(b)


@pytest.mark.parametrize("name", ["*", "news", "a.b-c_d/e:f@g", "*.example.org", "x" * MOST, "größe"])
def test_what_can_be_a_pattern(name: str) -> None:
    assert fits(name)


@pytest.mark.parametrize("name", ["", "a b", "a\n", "?", "[ab]", "{a,b}", "x" * (MOST + 1), "a\x1bb", "a\u202eb", "\t"])
def test_what_cannot_be_a_pattern(name: str) -> None:
    assert not fits(name)


def test_no_pattern_of_a_stranger_takes_long() -> None:
    """A matcher that goes back would try more ways than there are atoms."""
    hostile, name = "*a" * 99 + "*b", "a" * MOST
    assert not covers(hostile, name)
    assert not covers(hostile, "*" + "a*" * 90)
    assert not overlap(hostile + "c", name)
    assert overlap(hostile, "*b")


def test_a_character_that_is_special_elsewhere_is_nothing_special() -> None:
    assert covers("a.c", "a.c")
    assert not covers("a.c", "abc")
    assert covers("a+*", "a+b")
    assert not covers("a+", "aa")
