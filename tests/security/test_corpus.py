"""The corpus itself: it is large, nothing is in it twice, and what is meant to be Python is Python."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterable

from engine.sandbox.types import MAX_SOURCE
from tests.security.bombs.all import BOMBS
from tests.security.bombs.model import Bomb
from tests.security.sightings import AFTER_A_WAIT, SIGHTINGS
from tests.security.tricks.all import FAMILIES, TRICKS
from tests.security.tricks.model import Trick

LEAST_TRICKS = 150
LEAST_BOMBS = 60
LEAST_OF_A_FAMILY = 10


def parses(source: str) -> bool:
    """Whether plain Python can read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def doubles(names: Iterable[str]) -> list[str]:
    """The names that are there more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def test_there_are_many_tricks_and_bombs() -> None:
    assert len(TRICKS) >= LEAST_TRICKS
    assert len(BOMBS) >= LEAST_BOMBS
    assert min(len(family.TRICKS) for family in FAMILIES) >= LEAST_OF_A_FAMILY


def test_no_name_is_given_twice() -> None:
    assert doubles(trick.name for trick in TRICKS) == []
    assert doubles(bomb.name for bomb in BOMBS) == []
    assert doubles(sight.name for sight in SIGHTINGS) == []


def test_no_source_is_there_twice() -> None:
    assert doubles(f"{trick.kind}{trick.source}" for trick in TRICKS) == []
    assert doubles(f"{bomb.kind}{bomb.source}" for bomb in BOMBS) == []


def test_a_source_is_python_unless_it_is_meant_not_to_be() -> None:
    all_of_them: list[Trick | Bomb] = [*TRICKS, *BOMBS, *SIGHTINGS, *AFTER_A_WAIT]
    assert [one.name for one in all_of_them if one.parses is not None and parses(one.source) != one.parses] == []


def test_the_sources_are_no_longer_than_the_engine_takes() -> None:
    all_of_them: list[Trick | Bomb] = [*TRICKS, *BOMBS]
    assert [one.name for one in all_of_them if len(one.source) > MAX_SOURCE] == []


def test_leaks_are_looked_for_where_they_were_planted() -> None:
    assert sum(trick.planted for trick in TRICKS) >= LEAST_OF_A_FAMILY
