"""The one table of the console for everything that lives: rows by key, only what changed on screen is drawn."""

from collections.abc import Collection, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from ecosim_tui.widgets import table_messages
from ecosim_tui.widgets.table_model import ListModel
from ecosim_tui.widgets.table_rows import Column, ColumnKind, Order, TableRow, WindowRequest, WindowSlice
from ecosim_tui.widgets.table_surface import TableSurface
from ecosim_tui.widgets.table_window import WindowModel, window_request
from ecosim_tui.widgets.text import clean


class LiveTable(TableSurface, can_focus=True, inherit_bindings=False):
    """A table of live rows, given in full (``set_rows``, ``update_rows``) or window by window (``set_window``).

    The cursor and the marks belong to keys: they stay with their rows through updates, orders and filters, while the
    scroll position stays where it is. Texts are data and are drawn inert, one line a row.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    LiveTable {
        background: $surface;
        color: $foreground;
        scrollbar-size: 1 1;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "cursor_by(-1)", "Up", show=False, id="table.up"),
        Binding("down,j", "cursor_by(1)", "Down", show=False, id="table.down"),
        Binding("pageup", "cursor_page(-1)", "Page up", show=False, id="table.page_up"),
        Binding("pagedown", "cursor_page(1)", "Page down", show=False, id="table.page_down"),
        Binding("home", "cursor_to(0)", "First row", show=False, id="table.first"),
        Binding("end", "cursor_to(-1)", "Last row", show=False, id="table.last"),
        Binding("left,h", "scroll_sideways(-1)", "Left", show=False, id="table.left"),
        Binding("right,l", "scroll_sideways(1)", "Right", show=False, id="table.right"),
        Binding("enter", "select", "Open", show=False, id="table.open"),
    ]

    RowHighlighted = table_messages.RowHighlighted
    RowSelected = table_messages.RowSelected
    MarksChanged = table_messages.MarksChanged
    SortChanged = table_messages.SortChanged
    FilterChanged = table_messages.FilterChanged
    WindowWanted = table_messages.WindowWanted

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty_text: str = "Nothing here yet.",
        order: Order | None = None,
        name: str | None = None,
        id: str | None = None,
        classes: str | None = None,
        disabled: bool = False,
    ) -> None:
        super().__init__(columns, empty_text=empty_text, name=name, id=id, classes=classes, disabled=disabled)
        self._model.set_order(order)
        self._asked: WindowRequest | None = None
        self._opened_by_click = False
        self._to_reveal = False

    # What it is given

    def set_rows(self, rows: Sequence[TableRow]) -> None:
        """Show exactly these rows, in this source order. Raises ValueError when two have the same key."""
        self._list_model().set_rows(rows)
        self._rows_changed()

    def update_rows(self, changed: Iterable[TableRow], removed: Collection[str] = ()) -> None:
        """Put in new and changed rows, new ones at the end of the source order, and take out ``removed`` keys."""
        self._list_model().update_rows(changed, removed)
        self._rows_changed()

    def set_window(self, window: WindowSlice) -> bool:
        """Show a window of a larger source; false when it answers an order or filter that no longer holds."""
        model = self._window_model()
        if not model.set_window(window):
            return False
        # A source that answers less than was asked is not asked the same again at once.
        self._asked = window.answers
        self._rows_changed()
        if self._to_reveal:
            self._to_reveal = False
            self._reveal_cursor()
        return True

    @property
    def wanted(self) -> WindowRequest:
        """The window to be given next: the visible rows and a page to either side."""
        return self._request(self.scroll_offset.y, max(1, self._body))

    def _request(self, first: int, count: int) -> WindowRequest:
        return window_request(first, count, self._model.order, self._model.filter, self._cursor.key)

    def _rows_changed(self) -> None:
        before = len(self._marks)
        self._marks.keep_living(self._model)
        self._sync()
        if len(self._marks) != before:
            self.post_message(self.MarksChanged(self, self._marks.keys))

    def _list_model(self) -> ListModel:
        if not isinstance(self._model, ListModel):
            model = ListModel(self.columns)
            model.set_order(self._model.order)
            model.set_filter(self._filter_text)
            self._model = model
        return self._model

    def _window_model(self) -> WindowModel:
        if not isinstance(self._model, WindowModel):
            model = WindowModel(self.columns)
            model.set_order(self._model.order)
            model.set_filter(self._filter_text)
            self._model = model
        return self._model

    # What it tells

    @property
    def row_count(self) -> int:
        """Rows that pass the filter."""
        return self._model.count

    @property
    def total_rows(self) -> int:
        """All rows."""
        return self._model.total

    @property
    def order(self) -> Order | None:
        """The order of the rows; ``None`` is the source's own."""
        return self._model.order

    @property
    def filter_text(self) -> str:
        """The filter as it was given; empty when there is none."""
        return self._filter_text

    @property
    def cursor_key(self) -> str | None:
        """The key of the cursor row; ``None`` when there is no row, or it is not loaded yet."""
        return self._cursor.key

    @property
    def cursor_index(self) -> int:
        """The index of the cursor row among those that pass the filter."""
        return self._cursor.index

    @property
    def marked(self) -> frozenset[str]:
        """The keys of marked rows, filtered away or not."""
        return self._marks.keys

    @property
    def empty_text(self) -> str:
        """What an empty table says, better with what to do about it."""
        return self._empty_text

    @empty_text.setter
    def empty_text(self, text: str) -> None:
        self._empty_text = text
        self._sync()

    def copy_cursor_row(self) -> str | None:
        """All cells of the cursor row, safe and uncut, separated by tabs; ``None`` without a row."""
        row = None if self._cursor.key is None else self._model.row(self._cursor.key)
        return None if row is None else "\t".join(clean(row.text(column)) for column in range(len(row.cells)))

    # What it can be told

    def sort_by(self, order: Order | None) -> None:
        """Sort by a column, or go back to the source's order. Raises KeyError for an unknown column."""
        if order == self._model.order:
            return
        self._model.set_order(order)
        self._sync()
        self._reveal_cursor()
        self.post_message(self.SortChanged(self, order))

    def cycle_sort(self, column: str | None = None) -> None:
        """Turn the order on: through both directions of ``column`` and off, or without one through all columns.

        Numbers begin downwards, texts upwards. Raises KeyError for an unknown column.
        """
        ring = [step for one in self.columns if column in (None, one.key) for step in _directions(one)]
        if not ring:
            raise KeyError(column)
        present = self._model.order
        place = ring.index(present) + 1 if present in ring else 0
        self.sort_by(ring[place] if place < len(ring) else None)

    def set_filter(self, text: str) -> None:
        """Show only rows with a cell that contains ``text``, whatever the case; empty shows all."""
        if text == self._filter_text:
            return
        self._filter_text = text
        self._model.set_filter(text)
        # Where the cursor's row stands now is known when the next window is there.
        self._to_reveal = isinstance(self._model, WindowModel)
        self._sync()
        self._reveal_cursor()
        self.post_message(self.FilterChanged(self, text, self._model.count, self._model.total))

    def toggle_mark(self, key: str | None = None) -> None:
        """Mark or unmark a row, the cursor row by default; nothing happens without a row."""
        chosen = self._cursor.key if key is None else key
        if chosen is None:
            return
        self._marks.toggle(chosen)
        self._sync()
        if chosen == self._cursor.key:
            self._reveal_cursor()
        self.post_message(self.MarksChanged(self, self._marks.keys))

    def clear_marks(self) -> None:
        """Unmark all rows."""
        if self._marks.clear():
            self._sync()
            self.post_message(self.MarksChanged(self, self._marks.keys))

    def move_cursor(self, index: int) -> None:
        """Put the cursor on the row at an index, or the nearest there is, and scroll it into view."""
        moved = self._cursor.move(self._model, index)
        self._reveal_cursor()
        self._sync()
        if moved:
            self._cursor_moved()

    def move_cursor_to(self, key: str) -> bool:
        """Put the cursor on the row of a key; false when it is not shown here."""
        index = self._model.index_of(key, -1)
        if index is None or index < 0:
            return False
        self.move_cursor(index)
        return True

    def seek(self, key: str) -> None:
        """Put the cursor on the row of a key, loaded or not: the next window is asked where it stands."""
        if not self.move_cursor_to(key):
            self._cursor.key = key
            self._to_reveal = True

    # Keys and mouse

    def action_cursor_by(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.move_cursor(self._cursor.index + rows)

    def action_cursor_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.move_cursor(self._cursor.index + pages * max(1, self._body - 1))

    def action_cursor_to(self, index: int) -> None:
        """Move the cursor to a row; negative counts from the end."""
        self.move_cursor(index if index >= 0 else self._model.count + index)

    def action_scroll_sideways(self, steps: int) -> None:
        """Scroll by columns."""
        self.scroll_to(x=self._view.layout.next_stop(self.scroll_offset.x, steps), animate=False, force=True)

    def action_select(self) -> None:
        """Open the cursor row."""
        if self._cursor.key is not None:
            self.post_message(self.RowSelected(self, self._cursor.key))

    def on_click(self, event: events.Click) -> None:
        """Sort by a clicked title; move the cursor to a clicked row; open it on the second click."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        event.stop()
        if self._head and offset.y == 0:
            column = self._view.layout.column_at(offset.x, self.scroll_offset.x)
            if column is not None:
                self.cycle_sort(self.columns[column].key)
        elif event.chain > 1:
            # The rows may have changed places since the first click: it chose the row.
            if not self._opened_by_click:
                self.action_select()
            self._opened_by_click = True
        elif (index := self._index_at(offset.y)) is not None:
            self._opened_by_click = index == self._cursor.index
            self.move_cursor(index)
            if self._opened_by_click:
                self.action_select()

    def _cursor_moved(self) -> None:
        self.post_message(self.RowHighlighted(self, self._cursor.key))

    def _rows_shown(self, first: int, count: int) -> None:
        if self._model.covers(first, count):
            return
        request = self._request(first, count)
        if request != self._asked:
            self._asked = request
            self.post_message(self.WindowWanted(self, request))


def _directions(column: Column) -> tuple[Order, Order]:
    """Both orders of a column, the more useful first."""
    down_first = column.kind is ColumnKind.NUMBER
    return Order(column.key, down_first), Order(column.key, not down_first)
