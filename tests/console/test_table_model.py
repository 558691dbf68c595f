"""The rows of a live table: differences by key, orders, filters, windows, widths, the cursor."""

from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosim_tui.widgets.table_cursor import Cursor, Marks
from ecosim_tui.widgets.table_layout import GAP, GUTTER, ColumnWidths
from ecosim_tui.widgets.table_model import ListModel, haystack, sort_key
from ecosim_tui.widgets.table_rows import (
    Cell,
    Column,
    ColumnKind,
    Order,
    SortValue,
    TableRow,
    Tone,
    WindowRequest,
    WindowSlice,
)
from ecosim_tui.widgets.table_window import WindowModel, window_request

COLUMNS = (Column("name", "Name"), Column("scrip", "Scrip", ColumnKind.NUMBER))


def row(key: str, scrip: SortValue = 0, name: str | None = None) -> TableRow:
    return TableRow(key, (name or key, Cell(f"{scrip}", Tone.MUTED)), (name or key, scrip))


def shown(model: ListModel | WindowModel) -> list[str]:
    return [found.key for index in range(model.count) if (found := model.row_at(index)) is not None]


def model_of(*rows: TableRow) -> ListModel:
    model = ListModel(COLUMNS)
    model.set_rows(rows)
    return model


# Orders and filters


def test_numbers_sort_as_numbers_and_missing_values_come_last_both_ways() -> None:
    model = model_of(row("a", 10), row("b", None), row("c", 9), row("d", nan), row("e", 100.5))
    model.set_order(Order("scrip"))
    assert shown(model) == ["c", "a", "e", "b", "d"]
    model.set_order(Order("scrip", reverse=True))
    assert shown(model) == ["e", "a", "c", "b", "d"]
    model.set_order(None)
    assert shown(model) == ["a", "b", "c", "d", "e"]


def test_equal_rows_keep_the_source_order_both_ways() -> None:
    model = model_of(row("x", 1), row("y", 2), row("z", 1))
    model.set_order(Order("scrip"))
    assert shown(model) == ["x", "z", "y"]
    model.set_order(Order("scrip", reverse=True))
    assert shown(model) == ["y", "x", "z"]


def test_numbers_and_texts_in_one_column_still_have_an_order() -> None:
    model = model_of(row("a", "many"), row("b", 3))
    model.set_order(Order("scrip"))
    assert shown(model) == ["b", "a"]


def test_without_sort_values_the_text_decides_whatever_its_case() -> None:
    model = model_of(TableRow("1", ("Zoe",)), TableRow("2", ("adam",)), TableRow("3", ()))
    model.set_order(Order("name"))
    assert shown(model) == ["3", "2", "1"]


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(KeyError):
        model_of().set_order(Order("nonsense"))


def test_the_filter_looks_into_every_cell_whatever_the_case() -> None:
    model = model_of(row("ALICE", 7), row("bob", 17), row("carol", 3))
    model.set_filter("aLi")
    assert shown(model) == ["ALICE"]
    model.set_filter("7")
    assert (shown(model), model.count, model.total) == (["ALICE", "bob"], 2, 3)
    model.set_filter("")
    assert model.count == 3


def test_a_match_never_spans_two_cells() -> None:
    model = model_of(TableRow("k", ("ab", "cd")))
    model.set_filter("bc")
    assert model.count == 0


def test_a_row_that_changes_enters_and_leaves_the_filter() -> None:
    model = model_of(row("a", 1), row("b", 2))
    model.set_filter("9")
    model.update_rows([row("b", 9)])
    assert shown(model) == ["b"]
    model.update_rows([row("b", 2)])
    assert shown(model) == []


def test_two_rows_of_one_key_are_refused() -> None:
    with pytest.raises(ValueError, match="same key"):
        model_of(row("a"), row("a"))
    model = model_of(row("a"))
    with pytest.raises(ValueError, match="same key"):
        model.set_rows([row("a"), row("b"), row("b")])


# Differences: whatever the steps, the end is what the last rows say

KEYS = st.sampled_from([f"k{number}" for number in range(12)])
VALUES = st.one_of(st.none(), st.integers(-3, 3), st.floats(allow_nan=True), st.sampled_from(["a", "b"]))
ROWS = st.lists(st.tuples(KEYS, VALUES), max_size=12, unique_by=lambda pair: pair[0]).map(
    lambda pairs: [row(key, value) for key, value in pairs]
)
ORDERS = st.sampled_from(
    [None, Order("scrip"), Order("scrip", reverse=True), Order("name"), Order("name", reverse=True)]
)
FILTERS = st.sampled_from(["", "k1", "1", "none", "A"])


def naive(rows: list[TableRow], order: Order | None, text: str) -> list[str]:
    kept = [one for one in rows if text.casefold() in haystack(one)]
    if order is not None:
        column = [one.key for one in COLUMNS].index(order.column)
        kept = sorted(kept, key=lambda one: sort_key(one.sort_value(column), 0, order.reverse), reverse=order.reverse)
    return [one.key for one in kept]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("rows"), ROWS),
        st.tuples(st.just("update"), ROWS),
        st.tuples(st.just("remove"), st.lists(KEYS, max_size=4)),
        st.tuples(st.just("order"), ORDERS),
        st.tuples(st.just("filter"), FILTERS),
    ),
    max_size=10,
)


@given(STEPS)
def test_any_steps_end_like_the_naive_table(steps: list[tuple[str, object]]) -> None:
    model = ListModel(COLUMNS)
    rows: dict[str, TableRow] = {}
    order: Order | None = None
    text = ""
    for kind, what in steps:
        if kind == "rows":
            assert isinstance(what, list)
            rows = {one.key: one for one in what}
            model.set_rows(what)
        elif kind == "update":
            assert isinstance(what, list)
            rows.update({one.key: one for one in what})
            model.update_rows(what)
        elif kind == "remove":
            assert isinstance(what, list)
            rows = {key: one for key, one in rows.items() if key not in what}
            model.update_rows([], what)
        elif kind == "order":
            assert what is None or isinstance(what, Order)
            order = what
            model.set_order(order)
        else:
            assert isinstance(what, str)
            text = what
            model.set_filter(text)
        expected = naive(list(rows.values()), order, text)
        assert shown(model) == expected
        assert [model.index_of(key) for key in expected] == list(range(len(expected)))
        assert model.total == len(rows)


# Windows


def wanted(model: WindowModel, start: int, count: int, cursor_key: str | None) -> WindowRequest:
    return window_request(start, count, model.order, model.filter, cursor_key)


def window_model(**answer: int) -> tuple[WindowModel, WindowRequest]:
    model = WindowModel(COLUMNS)
    request = wanted(model, 40, 10, "k45")
    given_rows = [row(f"k{number}") for number in range(request.start, request.start + request.count)]
    assert model.set_window(WindowSlice(request, 1000, given_rows, request.start, **answer))
    return model, request


def test_a_window_asks_for_a_page_to_either_side() -> None:
    model, request = window_model()
    assert (request.start, request.count, request.cursor_key) == (30, 30, "k45")
    assert model.count == 1000
    assert model.covers(30, 30)
    assert not model.covers(29, 5)
    assert not model.covers(55, 6)
    assert model.row_at(29) is None
    found = model.row_at(30)
    assert found is not None
    assert found.key == "k30"


def test_an_answer_to_another_order_or_filter_is_not_taken() -> None:
    model, request = window_model()
    model.set_order(Order("name"))
    assert not model.covers(30, 10)
    assert not model.set_window(WindowSlice(request, 5, [], 0))
    assert model.count == 1000
    model.set_filter("K4")
    answer = wanted(model, 0, 10, None)
    assert (answer.order, answer.filter) == (Order("name"), "k4")
    assert model.set_window(WindowSlice(answer, 1000, [row("k4")], 0, matching=1))
    assert (model.count, model.total) == (1, 1000)


def test_a_row_outside_the_window_is_where_the_answer_says_or_where_it_was() -> None:
    model, _ = window_model(cursor_index=700)
    assert model.index_of("k45") == 45
    assert model.index_of("k900", near=900) == 900
    assert model.index_of("k900", near=45) is None
    request = wanted(model, 0, 10, "k900")
    assert model.set_window(WindowSlice(request, 1000, [row("k1")], 0, cursor_index=700))
    assert model.index_of("k900", near=900) == 700


# Cursor and marks


def test_the_cursor_follows_its_row_and_takes_the_nearest_when_it_is_gone() -> None:
    model = model_of(row("a", 1), row("b", 2), row("c", 3))
    cursor = Cursor()
    assert cursor.follow(model)
    assert cursor.key == "a"
    cursor.move(model, 1)
    model.set_order(Order("scrip", reverse=True))
    model.update_rows([row("b", 9)])
    assert not cursor.follow(model)
    assert (cursor.key, cursor.index) == ("b", 0)
    model.update_rows([], ["b"])
    assert cursor.follow(model)
    assert (cursor.key, cursor.index) == ("c", 0)
    cursor.move(model, 99)
    assert (cursor.key, cursor.index) == ("a", 1)
    model.update_rows([], ["a"])
    cursor.follow(model)
    assert (cursor.key, cursor.index) == ("c", 0)
    model.set_rows([])
    assert cursor.follow(model)
    assert cursor.key is None


def test_the_cursor_waits_at_an_index_for_rows_not_loaded_yet() -> None:
    model, _ = window_model()
    cursor = Cursor()
    cursor.move(model, 999)
    assert (cursor.key, cursor.index) == (None, 999)
    request = wanted(model, 990, 10, None)
    model.set_window(WindowSlice(request, 1000, [row(f"k{n}") for n in range(980, 1000)], 980))
    assert cursor.follow(model)
    assert cursor.key == "k999"


def test_marks_outlive_a_filter_but_not_their_row() -> None:
    model = model_of(row("a"), row("b"))
    marks = Marks()
    assert marks.toggle("a")
    assert marks.toggle("b")
    model.set_filter("b")
    marks.keep_living(model)
    assert marks.keys == {"a", "b"}
    model.update_rows([], ["a"])
    marks.keep_living(model)
    assert marks.keys == {"b"}
    assert not marks.toggle("b")
    assert not marks.clear()


# Widths


def widths(*columns: Column) -> ColumnWidths:
    return ColumnWidths(columns)


def test_columns_follow_what_was_seen_within_their_limits() -> None:
    fitted = widths(Column("a", "A", min_width=5, max_width=10), Column("b", "B", min_width=2, max_width=10))
    assert [slot.width for slot in fitted.layout(40).slots] == [5, 3]
    assert fitted.observe([TableRow("k", ("東京" * 4, "x" * 30))])
    assert not fitted.observe([TableRow("k", ("東京" * 4, "x" * 29))])
    assert [slot.width for slot in fitted.layout(GUTTER + GAP + 20).slots] == [10, 10]
    fitted.forget()
    assert [slot.width for slot in fitted.layout(40).slots] == [5, 3]


def test_space_that_is_left_goes_to_capped_columns() -> None:
    fitted = widths(Column("a", "A", max_width=10), Column("b", "B", max_width=10))
    fitted.observe([TableRow("k", ("x" * 12, "x" * 300))])
    layout = fitted.layout(GUTTER + GAP + 40)
    assert [slot.width for slot in layout.slots] == [12, 28]
    assert layout.width == GUTTER + GAP + 40


def test_short_of_space_texts_shrink_then_columns_drop_then_the_table_is_wider_than_its_place() -> None:
    fitted = widths(
        Column("a", "A", min_width=6, max_width=20),
        Column("b", "B", ColumnKind.NUMBER, min_width=2),
        Column("c", "C", min_width=4, drop=1),
    )
    fitted.observe([TableRow("k", ("x" * 20, "1,234,567", "x" * 8))])
    assert [(slot.index, slot.width) for slot in fitted.layout(60).slots] == [(0, 20), (1, 9), (2, 8)]
    assert [(slot.index, slot.width) for slot in fitted.layout(34).slots] == [(0, 10), (1, 9), (2, 8)]
    narrow = fitted.layout(24)
    assert [(slot.index, slot.width) for slot in narrow.slots] == [(0, 10), (1, 9)]
    assert narrow.hidden == 1
    tight = fitted.layout(12)
    assert [(slot.index, slot.width) for slot in tight.slots] == [(0, 6), (1, 9)]
    assert tight.width == GUTTER + 6 + GAP + 9


def test_a_column_must_have_sane_limits() -> None:
    with pytest.raises(ValueError, match="min_width"):
        Column("a", "A", min_width=5, max_width=4)


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 60), st.integers(0, 2)), min_size=1, max_size=6),
    st.integers(0, 120),
)
def test_columns_never_overlap_and_fill_no_more_than_there_is_unless_at_their_floor(
    specs: list[tuple[int, int, int]], available: int
) -> None:
    columns = [
        Column(str(i), "T", min_width=least, max_width=least + 9, drop=drop) for i, (least, _, drop) in enumerate(specs)
    ]
    fitted = ColumnWidths(columns)
    fitted.observe([TableRow("k", tuple("x" * need for _, need, _ in specs))])
    layout = fitted.layout(available)
    edge = GUTTER
    for slot in layout.slots:
        assert slot.x == edge
        assert slot.width >= columns[slot.index].min_width
        edge += slot.width + GAP
    assert len(layout.slots) + layout.hidden == len(columns)
    if layout.width > available:
        assert all(columns[slot.index].drop == 0 for slot in layout.slots)
        assert all(slot.width == columns[slot.index].min_width for slot in layout.slots)
