"""Windows onto tables: what is kept up to date bit by bit is what sorting everything anew would give."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.tables import Ordered, Table
from engine.operator import Query
from engine.view.changes import Dependence, itself
from engine.view.pages import SHARE, Pager, Seldom
from engine.view.types import Topic
from tests.engine.view.view_kit import Seconds


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the table under test."""

    id: str
    weight: int
    word: str


class Items:
    """The table under test as a listing."""

    def __init__(self) -> None:
        self.table: Table[str, Item] = Table("items", Item, lambda row: row.id)
        self._ids: Ordered[str, Item] = Ordered(self.table)
        self.formatted = 0

    def put(self, id_: str, weight: int, word: str = "") -> None:
        """Put a row, or another one in its place."""
        self.table.apply(id_, Item(id_, weight, word))

    def all_keys(self) -> Sequence[str]:
        return self._ids.sorted_keys

    def depends(self, field: str, filtered: bool) -> list[Dependence[str]]:
        return [Dependence(self.table, itself)]

    def value(self, field: str) -> Callable[[str], Any] | None:
        return (lambda key: self.table.rows[key].weight) if field == "weight" else None

    def text(self, key: str) -> str:
        return self.table.rows[key].word

    def has(self, key: str) -> bool:
        return key in self.table.rows

    def row(self, key: str) -> Item | None:
        self.formatted += 1
        return self.table.rows.get(key)

    def key(self, text: str) -> str | None:
        return text or None


def _query(**fields: Any) -> Query:
    return Query(Topic.AGENTS, **fields)


def _ids(pager: Pager[str], **fields: Any) -> list[str]:
    return [row.id for row in pager.page(_query(**fields)).rows]


def _some(count: int) -> tuple[Items, Pager[str]]:
    items = Items()
    for n in range(count):
        items.put(f"i{n:02}", n % 3, "even" if n % 2 == 0 else "odd")
    return items, Pager(items, Seconds())


CHANGE = st.tuples(st.sampled_from("abcdefgh"), st.one_of(st.none(), st.integers(0, 3)), st.sampled_from(("x", "y")))
ASKED = st.tuples(st.sampled_from(("", "weight")), st.booleans(), st.sampled_from(("", "x", "Y")))


@given(st.lists(st.tuples(st.lists(CHANGE, max_size=6), ASKED), max_size=12))
def test_an_order_that_is_kept_up_is_the_order_made_anew(rounds: list[tuple[list[Any], Any]]) -> None:
    items, pager = Items(), None
    pager = Pager(items, Seconds())
    for changes, (sort, reverse, needle) in rounds:
        for id_, weight, word in changes:
            if weight is not None:
                items.put(id_, weight, word)
            elif id_ in items.table.rows:
                items.table.apply(id_, None)
        rows = [row for row in items.table.rows.values() if needle.casefold() in row.word]
        rows.sort(key=lambda row: (row.weight if sort else 0, row.id), reverse=reverse)
        page = pager.page(_query(sort=sort, reverse=reverse, filter=needle))
        assert page.rows == tuple(rows)
        assert (page.matching, page.total) == (len(rows), len(items.table.rows))


def test_only_the_rows_of_the_window_are_formatted() -> None:
    items, pager = _some(90)
    page = pager.page(_query(start=40, count=5, sort="weight"))
    assert len(page.rows) == 5
    assert items.formatted == 5
    assert (page.start, page.matching, page.total) == (40, 90, 90)


def test_a_window_beyond_the_end_is_the_last_full_one() -> None:
    _, pager = _some(10)
    page = pager.page(_query(start=500, count=4))
    assert (page.start, [row.id for row in page.rows]) == (6, ["i06", "i07", "i08", "i09"])
    assert pager.page(_query(start=-3, count=2)).start == 0
    assert pager.page(_query(filter="nobody")).rows == ()


def test_a_window_that_sticks_out_at_the_end_shows_what_there_is() -> None:
    _, pager = _some(10)
    assert _ids(pager, start=8, count=4) == ["i08", "i09"]


def test_a_row_is_found_by_its_key_among_the_matching_ones() -> None:
    _, pager = _some(10)
    assert pager.page(_query(find="i04", count=1)).found == 4
    assert pager.page(_query(find="i04", filter="even")).found == 2
    assert pager.page(_query(find="i04", reverse=True)).found == 5
    assert pager.page(_query(find="i05", filter="even")).found is None
    assert pager.page(_query(find="nobody")).found is None
    assert pager.page(_query()).found is None


def test_the_filter_takes_no_notice_of_case() -> None:
    _, pager = _some(4)
    assert _ids(pager, filter="EVEN") == ["i00", "i02"]


def test_an_unknown_field_leaves_the_natural_order() -> None:
    _, pager = _some(4)
    assert _ids(pager, sort="colour") == ["i00", "i01", "i02", "i03"]
    assert _ids(pager, sort="colour", reverse=True) == ["i03", "i02", "i01", "i00"]


@pytest.mark.parametrize("query", [{"sort": "weight"}, {"filter": "e"}])
def test_a_new_order_of_a_large_table_grows_from_one_snapshot_to_the_next(query: dict[str, str]) -> None:
    items, _ = _some(8)
    for n in range(8):
        items.put(f"i{n:02}", n, "even")
    pager = Pager(items, Seconds(), at_once=3)
    assert [pager.page(_query(**query)).matching for _ in range(4)] == [3, 6, 8, 8]
    assert _ids(pager, **query) == [f"i{n:02}" for n in range(8)]
    items.put("i00", 9, "even")
    assert pager.page(_query(**query)).matching == 8  # what is known already stays while changes are worked in


def test_ordering_takes_no_more_than_a_twentieth_of_the_time() -> None:
    seconds = Seconds()
    items = Items()
    items.put("a", 1)
    items.put("b", 2)
    pager = Pager(items, seconds)

    def weigh(key: str) -> int:
        seconds.go(0.1)
        return items.table.rows[key].weight

    items.value = lambda field: weigh  # type: ignore[method-assign]
    assert _ids(pager, sort="weight") == ["a", "b"]  # took two tenths of a second
    items.put("a", 3)
    seconds.go(SHARE * 0.2 - 0.1)
    page = pager.page(_query(sort="weight"))
    assert [(row.id, row.weight) for row in page.rows] == [("a", 3), ("b", 2)]  # an old order, but the rows of now
    before = pager.stamp(_query(sort="weight"))
    seconds.go(0.2)
    assert pager.stamp(_query(sort="weight")) != before
    assert _ids(pager, sort="weight") == ["b", "a"]


def test_rows_that_are_gone_since_the_order_was_made_are_left_out() -> None:
    seconds = Seconds()
    items = Items()
    items.put("a", 1)
    items.put("b", 2)
    times = iter((0.0, 9.0, 9.0))
    pager = Pager(items, lambda: next(times, 9.0) + seconds())
    assert _ids(pager, sort="weight") == ["a", "b"]
    items.table.apply("a", None)
    assert _ids(pager, sort="weight") == ["b"]


def test_what_looks_at_all_rows_of_a_large_table_is_done_once_a_second() -> None:
    seconds = Seconds()
    seldom: Seldom[int] = Seldom(seconds)
    assert seldom.get(1, 5_000, lambda: 1) == 1
    assert seldom.get(2, 5_000, lambda: 2) == 1
    seconds.go(1.0)
    assert seldom.get(2, 5_000, lambda: 2) == 2
    assert seldom.get(2, 5_000, lambda: 3) == 2  # nothing has changed
    assert seldom.stamp == 2


def test_what_looks_at_all_rows_of_a_small_table_is_done_whenever_it_has_changed() -> None:
    seldom: Seldom[int] = Seldom(Seconds())
    assert [seldom.get(n, 100, lambda n=n: n) for n in (1, 2, 2)] == [1, 2, 2]  # type: ignore[misc]
