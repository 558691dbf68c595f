"""The live table on a screen: what it draws, what it repaints, what keys and mouse do."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot

from ecosim_tui.widgets.live_table import LiveTable
from ecosim_tui.widgets.table_layout import ColumnWidths
from ecosim_tui.widgets.table_palette import Palette
from ecosim_tui.widgets.table_render import RowLine, View, header_strip, row_strip, wrapped
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, Order, TableRow, Tone, WindowRequest, WindowSlice

T = TypeVar("T", bound=Message)

COLUMNS = (
    Column("name", "Name", min_width=6),
    Column("state", "State", min_width=6),
    Column("scrip", "Scrip", ColumnKind.NUMBER),
)


def row(number: int, scrip: int = 0, name: str | None = None) -> TableRow:
    key = f"a{number}"
    return TableRow(key, (name or key, Cell("● active", Tone.GOOD), f"{scrip:,}"), (number, None, scrip))


def rows(count: int) -> list[TableRow]:
    return [row(number, number * 10) for number in range(count)]


class TableApp(App[None]):
    """One table that fills the screen, and what it said."""

    def __init__(self, columns: tuple[Column, ...] = COLUMNS, given_rows: list[TableRow] | None = None) -> None:
        super().__init__()
        self.table = LiveTable(columns, empty_text="No agents yet. Press g to invite one.")
        self.said: list[Message] = []
        if given_rows is not None:
            self.table.set_rows(given_rows)

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.focus()

    def _note(self, message: Message) -> None:
        self.said.append(message)

    on_live_table_row_highlighted = _note
    on_live_table_row_selected = _note
    on_live_table_marks_changed = _note
    on_live_table_sort_changed = _note
    on_live_table_filter_changed = _note
    on_live_table_window_wanted = _note

    def heard(self, kind: type[T]) -> list[T]:
        return [message for message in self.said if isinstance(message, kind)]


def drawn(table: LiveTable) -> list[str]:
    """The text of every line of the table."""
    return [strip.text.rstrip() for strip in table.render_lines(table.size.region)]


def names(table: LiveTable) -> list[str]:
    """The first words of the drawn rows."""
    return [line[3:].split()[0] for line in drawn(table)[1:] if line[3:].strip()]


@contextmanager
def repaints(table: LiveTable, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Region, ...]]]:
    """Every repaint asked of the table, as its regions; no region is the whole widget."""
    asked: list[tuple[Region, ...]] = []

    def refresh(*regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> LiveTable:
        assert not layout
        asked.append(regions)
        return table

    with monkeypatch.context() as patch:
        patch.setattr(table, "refresh", refresh)
        yield asked


# Drawing


async def test_rows_given_before_the_screen_exists_are_drawn() -> None:
    app = TableApp(given_rows=rows(3))
    async with app.run_test(size=(40, 6)):
        assert drawn(app.table) == [
            "   Name    State       Scrip",
            "▸  a0      ● active        0",
            "   a1      ● active       10",
            "   a2      ● active       20",
            "",
            "",
        ]


async def test_unchanged_rows_repaint_nothing_and_changed_rows_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)):
        with repaints(app.table, monkeypatch) as asked:
            app.table.set_rows(rows(100))
            assert asked == []
            app.table.update_rows([row(2, 21), row(3, 31), row(6, 61), row(50, 1)])
        width = app.table.scrollable_content_region.width
        assert asked == [(Region(0, 3, width, 2),), (Region(0, 7, width, 1),)]
        assert drawn(app.table)[3].endswith("21")


async def test_only_visible_rows_are_formatted(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    original = TableRow.text

    def text(self: TableRow, column: int) -> str:
        asked.append(column)
        return original(self, column)

    app = TableApp()
    async with app.run_test(size=(40, 12)):
        monkeypatch.setattr(TableRow, "text", text)
        app.table.set_rows(rows(5000))
        drawn(app.table)
        assert 0 < len(asked) < 12 * 2 * len(COLUMNS)


async def test_more_rows_change_the_scrollbar_but_not_the_screen_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)):
        with repaints(app.table, monkeypatch) as asked:
            app.table.set_rows(rows(101))
        assert asked == []
        assert app.table.virtual_size.height == 102


HOSTILE = [
    "[/x]",
    "[bold]x[/bold]",
    "\x1b[2J\x1b[31mred",
    "a\u202eb",
    "x" * 10_000,
    "東京の市場" * 9,
    "e\u0301" * 40,
    "👩\u200d👧\n\r\t",
    "",
]


async def test_hostile_text_is_one_inert_line_of_the_right_width() -> None:
    app = TableApp(given_rows=[row(number, name=text) for number, text in enumerate(HOSTILE)])
    async with app.run_test(size=(44, 12)):
        strips = app.table.render_lines(app.table.size.region)
        assert {strip.cell_length for strip in strips} == {44}
        assert {cell_len(strip.text) for strip in strips} == {44}
        assert all(strip.text.isprintable() for strip in strips)
        texts = drawn(app.table)
        assert texts[1].startswith("▸  [/x] ")
        assert texts[2].startswith("   [bold]x[/bold] ")
        assert "␛[2J␛[31mred" in texts[3]
        assert all("● active" in text for text in texts[1:10])


async def test_a_hidden_table_is_right_at_the_moment_it_comes_back() -> None:
    app = TableApp(given_rows=rows(3))
    async with app.run_test(size=(40, 4)) as pilot:
        app.table.display = False
        await pilot.pause()
        app.table.set_rows([row(7, 70), *rows(3)])
        assert [app.table.render_line(y).text.split()[0] for y in range(1, 4)] == ["a7", "▹", "a1"]
        app.table.display = True
        await pilot.pause()
        assert names(app.table) == ["a7", "a0", "a1"]


_BOLD = {tone: Style(bold=True) for tone in Tone}
PLAIN = Palette({tone: Style() for tone in Tone}, _BOLD, _BOLD, *[Style()] * 4)


@given(
    st.lists(st.text(max_size=40), min_size=3, max_size=3),
    st.integers(0, 90),
    st.integers(0, 60),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=200)
def test_any_text_at_any_width_and_scroll_fills_its_line(
    texts: list[str], width: int, scroll_x: int, cursor: bool, marked: bool
) -> None:
    given_row = TableRow("k", tuple(texts))
    widths = ColumnWidths(COLUMNS)
    widths.observe([given_row])
    view = View(COLUMNS, widths.layout(width), width, scroll_x)
    for strip in (
        row_strip(view, PLAIN, RowLine(given_row, cursor, cursor, marked)),
        header_strip(view, PLAIN, Order("scrip", reverse=True)),
    ):
        assert strip.cell_length == cell_len(strip.text) == width


def test_a_number_that_does_not_fit_is_not_shown_as_another_number() -> None:
    columns = (Column("n", "N", ColumnKind.NUMBER, min_width=4, max_width=4),)
    widths = ColumnWidths(columns)
    widths.observe([TableRow("k", ("123456",))])
    view = View(columns, widths.layout(7), 7, 0)
    assert row_strip(view, PLAIN, RowLine(TableRow("k", ("123456",)))).text == "      …"


def test_empty_text_wraps_at_words() -> None:
    assert wrapped("No agents yet", 9) == ["No agents", "yet"]
    assert wrapped("Extraordinarily", 6) == ["Extra…"]


async def test_an_empty_table_says_what_to_do() -> None:
    app = TableApp()
    async with app.run_test(size=(30, 8)) as pilot:
        assert "No agents yet. Press g to" in "\n".join(drawn(app.table))
        await pilot.press("down", "enter", "pageup", "end")
        app.table.toggle_mark()
        assert app.table.copy_cursor_row() is None
        assert app.said == []
        app.table.set_rows(rows(2))
        app.table.set_filter("zzz")
        assert any("Nothing matches “zzz”." in line for line in drawn(app.table))
        assert drawn(app.table)[-1] == "/zzz  0/2"


@pytest.mark.parametrize("size", [(5, 1), (1, 1), (5, 2), (2, 3), (80, 1)])
@pytest.mark.parametrize("count", [0, 1, 50])
async def test_the_smallest_places_are_drawn_and_work(size: tuple[int, int], count: int) -> None:
    app = TableApp(given_rows=rows(count))
    async with app.run_test(size=size) as pilot:
        await pilot.press("down", "l", "end", "h", "up")
        app.table.toggle_mark()
        app.table.set_filter("a")
        lines = app.table.render_lines(app.table.size.region)
        assert len(lines) == size[1]


# The cursor


async def test_keys_move_the_cursor_and_enter_opens_its_row() -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.table
        for keys, index in (
            (["down", "j"], 2),
            (["up", "k", "k"], 0),
            (["pagedown"], 10),
            (["end"], 99),
            (["pageup"], 89),
            (["home"], 0),
        ):
            await pilot.press(*keys)
            assert table.cursor_index == index
            assert any(line.startswith("▸") and f"a{index} " in line for line in drawn(table))
        await pilot.press("j", "enter")
        assert [message.key for message in app.heard(LiveTable.RowSelected)] == ["a1"]
        assert [message.key for message in app.heard(LiveTable.RowHighlighted)][:3] == ["a0", "a1", "a2"]


async def test_letters_of_the_console_are_left_to_it() -> None:
    bound = {key for binding in LiveTable.BINDINGS for key in binding.key.split(",")}  # type: ignore[union-attr]
    assert bound == {"up", "down", "left", "right", "pageup", "pagedown", "home", "end", "h", "j", "k", "l", "enter"}
    assert set(TableApp().table._bindings.key_to_bindings) == bound


async def test_the_cursor_stays_with_its_row_and_the_view_where_it_is() -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)):
        table = app.table
        table.sort_by(Order("scrip", reverse=True))
        table.move_cursor(50)
        table.scroll_to(y=45, animate=False)
        key = table.cursor_key
        table.update_rows([row(number, 5000 + number) for number in range(20)])
        assert (table.cursor_key, table.cursor_index, table.scroll_offset.y) == (key, 70, 45)
        table.update_rows([], [key or ""])
        assert (table.cursor_index, table.scroll_offset.y) == (70, 45)
        assert table.cursor_key == "a48"


async def test_the_cursor_is_told_by_its_shape_with_and_without_focus() -> None:
    app = TableApp(given_rows=rows(2))
    async with app.run_test(size=(40, 5)) as pilot:
        assert drawn(app.table)[1].startswith("▸")
        app.set_focus(None)
        await pilot.pause()
        assert drawn(app.table)[1].startswith("▹")


async def test_the_last_row_stays_visible_when_rows_go() -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)) as pilot:
        await pilot.press("end")
        app.table.set_rows(rows(20))
        await pilot.pause()
        assert app.table.cursor_key == "a19"
        assert names(app.table)[-1] == "a19"


async def test_the_cursor_can_be_put_on_a_key() -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)):
        assert app.table.move_cursor_to("a77")
        assert "a77" in names(app.table)
        assert not app.table.move_cursor_to("nobody")
        assert app.table.cursor_key == "a77"


# Orders, filters, marks, copying


async def test_cycling_goes_through_every_column_both_ways_and_off() -> None:
    app = TableApp(given_rows=rows(3))
    async with app.run_test(size=(40, 6)):
        table, seen = app.table, []
        for _ in range(7):
            table.cycle_sort()
            seen.append(table.order)
        assert seen == [
            Order("name"),
            Order("name", True),
            Order("state"),
            Order("state", True),
            Order("scrip", True),
            Order("scrip"),
            None,
        ]
        table.cycle_sort("scrip")
        assert names(table) == ["a2", "a1", "a0"]
        assert drawn(table)[0] == "   Name    State     Scrip ▼"
        with pytest.raises(KeyError):
            table.cycle_sort("nonsense")


async def test_a_filter_shows_how_many_of_how_many() -> None:
    app = TableApp(given_rows=rows(1000))
    async with app.run_test(size=(40, 12)) as pilot:
        app.table.set_filter("A99")
        await pilot.pause()
        assert app.table.status == "/A99  11/1,000"
        assert drawn(app.table)[-1] == "/A99  11/1,000"
        (message,) = app.heard(LiveTable.FilterChanged)
        assert (message.text, message.matching, message.total) == ("A99", 11, 1000)
        app.table.set_filter("")
        assert (app.table.row_count, app.table.total_rows) == (1000, 1000)
        assert "/" not in drawn(app.table)[-1]


async def test_marks_belong_to_rows() -> None:
    app = TableApp(given_rows=rows(5))
    async with app.run_test(size=(40, 9)) as pilot:
        table = app.table
        table.toggle_mark()
        table.toggle_mark("a3")
        table.sort_by(Order("scrip", reverse=True))
        assert [line[1] for line in drawn(table)[1:6]] == [" ", "✓", " ", " ", "✓"]
        assert drawn(table)[-1] == "✓ 2 marked"
        table.update_rows([], ["a3"])
        assert table.marked == {"a0"}
        table.clear_marks()
        await pilot.pause()
        assert [len(message.keys) for message in app.heard(LiveTable.MarksChanged)] == [1, 2, 1, 0]


async def test_copying_gives_the_whole_row_safely() -> None:
    app = TableApp(given_rows=[row(1, 12345, name="a\tb\x1b" + "x" * 500)])
    async with app.run_test(size=(40, 9)):
        assert app.table.copy_cursor_row() == "a␉b␛" + "x" * 500 + "\t● active\t12,345"


# Mouse


async def click(pilot: Pilot[None], x: int, y: int, times: int = 1) -> None:
    await pilot.click(LiveTable, offset=(x, y), times=times)
    await pilot.pause()


async def test_a_click_moves_and_a_second_opens() -> None:
    app = TableApp(given_rows=rows(5))
    async with app.run_test(size=(40, 9)) as pilot:
        await click(pilot, 5, 3)
        assert app.table.cursor_key == "a2"
        assert app.heard(LiveTable.RowSelected) == []
        app.table.update_rows([row(9)])
        await click(pilot, 12, 3)
        assert [message.key for message in app.heard(LiveTable.RowSelected)] == ["a2"]
        await click(pilot, 5, 8)
        assert app.table.cursor_key == "a2"


async def test_a_double_click_opens_once() -> None:
    app = TableApp(given_rows=rows(5))
    async with app.run_test(size=(40, 9)) as pilot:
        await click(pilot, 5, 4, times=2)
        assert [message.key for message in app.heard(LiveTable.RowSelected)] == ["a3"]
        await click(pilot, 6, 4, times=2)
        assert [message.key for message in app.heard(LiveTable.RowSelected)] == ["a3", "a3"]


async def test_a_click_on_a_title_sorts_by_it() -> None:
    app = TableApp(given_rows=rows(5))
    async with app.run_test(size=(40, 9)) as pilot:
        for order in (Order("scrip", reverse=True), Order("scrip"), None):
            await click(pilot, 23, 0)
            assert app.table.order == order
        assert [message.order for message in app.heard(LiveTable.SortChanged)] == [
            Order("scrip", reverse=True),
            Order("scrip"),
            None,
        ]


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = TableApp(given_rows=rows(100))
    async with app.run_test(size=(40, 12)) as pilot:
        app.table._scroll_down_for_pointer(animate=False)
        await pilot.pause()
        assert app.table.scroll_offset.y > 0
        assert app.table.cursor_index == 0
        assert names(app.table)[0] == f"a{app.table.scroll_offset.y}"


# Narrow places


async def test_a_table_too_narrow_scrolls_by_columns_and_keeps_the_gutter() -> None:
    columns = tuple(Column(f"c{number}", f"Col{number}", min_width=8) for number in range(8))
    app = TableApp(columns, [TableRow("k", tuple(f"value-{number}" for number in range(8)))])
    async with app.run_test(size=(40, 6)) as pilot:
        table = app.table
        assert drawn(table)[1].startswith("▸  value-0")
        await pilot.press("l", "l")
        assert drawn(table)[0].startswith("   Col0      Col3")
        assert drawn(table)[1].startswith("▸  value-0   value-3")
        await pilot.press("l", "l", "l", "l", "l", "l", "l")
        assert drawn(table)[1].rstrip().endswith("value-7")
        await pilot.press(*"hhhhhhhh")
        assert drawn(table)[1].startswith("▸  value-0   value-1")


async def test_a_resize_fits_the_columns_again() -> None:
    columns = (Column("a", "A", min_width=6), Column("b", "B", drop=1), Column("c", "C", min_width=6))
    app = TableApp(columns, [TableRow("k", ("first" * 4, "optional", "third" * 4))])
    async with app.run_test(size=(26, 6)) as pilot:
        assert drawn(app.table)[0].endswith("+1")
        assert "optional" not in drawn(app.table)[1]
        await pilot.resize_terminal(80, 6)
        await pilot.pause()
        assert drawn(app.table)[1] == f"▸  {'first' * 4}  optional  {'third' * 4}"


# Windows


class Source:
    """A source of ``count`` rows that sorts and filters on request and counts how many rows it built."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.built = 0

    def answer(self, asked: WindowRequest) -> WindowSlice:
        numbers = [n for n in range(self.count) if asked.filter in f"a{n}"] if asked.filter else range(self.count)
        if asked.order is not None and asked.order.reverse:
            numbers = numbers[::-1]
        chosen = numbers[asked.start : asked.start + asked.count]
        self.built += len(chosen)
        cursor = None
        if asked.cursor_key is not None and int(asked.cursor_key[1:]) in numbers:
            cursor = numbers.index(int(asked.cursor_key[1:]))
        return WindowSlice(asked, self.count, [row(n, n) for n in chosen], asked.start, len(numbers), cursor)


async def test_a_window_is_asked_for_when_rows_come_into_view() -> None:
    app, source = TableApp(), Source(100_000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.table
        table.set_window(source.answer(table.wanted))
        await pilot.press("end")
        await pilot.pause()
        assert names(table) == ["…"] * 11
        request = app.heard(LiveTable.WindowWanted)[-1].request
        assert request.start <= 99_989
        assert request.start + request.count >= 100_000
        table.set_window(source.answer(request))
        assert names(table)[-1] == "a99999"
        assert table.cursor_key == "a99999"
        assert source.built < 100


async def test_a_windowed_table_keeps_its_cursor_row_through_another_order() -> None:
    app, source = TableApp(), Source(1000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.table
        table.set_window(source.answer(table.wanted))
        await pilot.press("j", "j")
        old = table.wanted
        table.sort_by(Order("scrip", reverse=True))
        await pilot.pause()
        assert app.heard(LiveTable.WindowWanted)[-1].request.order == Order("scrip", reverse=True)
        assert not table.set_window(source.answer(old))
        assert table.set_window(source.answer(table.wanted))
        assert (table.cursor_key, table.cursor_index) == ("a2", 997)
        assert names(table)[0] == "a999"


async def test_a_windowed_table_filters_at_its_source() -> None:
    app, source = TableApp(), Source(1000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.table
        table.set_window(source.answer(table.wanted))
        table.set_filter("A99")
        await pilot.pause()
        table.set_window(source.answer(app.heard(LiveTable.WindowWanted)[-1].request))
        assert drawn(table)[-1] == "/A99  11/1,000"
        assert names(table)[0] == "a99"


async def test_a_source_that_answers_short_is_not_asked_again_and_again() -> None:
    app, source = TableApp(), Source(1000)
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.table
        short = WindowSlice(table.wanted, 1000, [row(0)])
        table.set_window(short)
        await pilot.pause()
        asked = app.heard(LiveTable.WindowWanted)
        table.set_window(WindowSlice(asked[-1].request, 1000, [row(0)]))
        await pilot.pause()
        assert app.heard(LiveTable.WindowWanted) == asked
        table.set_window(source.answer(table.wanted))
        assert names(table)[-1] == "a10"
