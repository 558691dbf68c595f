"""The rows of a live table of which only a window is held: the source counts, sorts and filters."""

from collections.abc import Collection, Sequence

from ecosim_tui.widgets.table_rows import Column, Order, TableRow, WindowRequest, WindowSlice


def window_request(
    start: int, count: int, order: Order | None, filter_text: str, cursor_key: str | None
) -> WindowRequest:
    """The question whose answer fills ``count`` rows from ``start``, with as many to either side for scrolling."""
    return WindowRequest(max(0, start - count), 3 * count, order, filter_text, cursor_key)


class WindowModel:
    """A slice of the rows of a larger source, with the question that would complete it."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = {column.key for column in columns}
        self._rows: Sequence[TableRow] = ()
        self._start = 0
        self._index: dict[str, int] = {}
        self._answered: tuple[Order | None, str] | None = None
        self._cursor: tuple[str, int] | None = None
        self.total = 0
        self.count = 0
        self.order: Order | None = None
        self.filter = ""

    def row_at(self, index: int) -> TableRow | None:
        """The row at an index; ``None`` while it is not loaded."""
        place = index - self._start
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def row(self, key: str) -> TableRow | None:
        """The row of this key if it is loaded."""
        index = self._index.get(key)
        return None if index is None else self.row_at(index)

    def index_of(self, key: str, near: int = 0) -> int | None:
        """Where a key stands: in the window, or as the answer told; else ``near`` if that is outside the window.

        ``None`` when the window covers ``near`` and holds another row there: the row has moved or is gone.
        """
        if key in self._index:
            return self._index[key]
        if self._cursor is not None and self._cursor[0] == key:
            return self._cursor[1]
        return near if near < self.count and self.row_at(near) is None else None

    def living(self, keys: Collection[str]) -> set[str]:
        """All of them: rows outside the window may well exist."""
        return set(keys)

    def covers(self, start: int, count: int) -> bool:
        """Whether these rows are loaded, in the order and under the filter asked for last."""
        if self._answered != (self.order, self.filter):
            return False
        stop = min(start + count, self.count)
        return start >= stop or (start >= self._start and stop <= self._start + len(self._rows))

    def set_window(self, window: WindowSlice) -> bool:
        """Take an answer; false, with nothing changed, when it answers another order or filter than asked for now."""
        asked = window.answers
        if (asked.order, asked.filter) != (self.order, self.filter):
            return False
        self._answered = (self.order, self.filter)
        self._rows, self._start = window.rows, window.start
        self._index = {row.key: index for index, row in enumerate(window.rows, window.start)}
        self.total = window.total
        self.count = window.total if window.matching is None else window.matching
        key, index = asked.cursor_key, window.cursor_index
        self._cursor = None if key is None or index is None else (key, index)
        return True

    def set_order(self, order: Order | None) -> None:
        """Ask for another order; the rows shown stay until they are answered. Raises KeyError for an unknown column."""
        if order is not None and order.column not in self._columns:
            raise KeyError(order.column)
        self.order = order

    def set_filter(self, text: str) -> None:
        """Ask for another filter; the rows shown stay until they are answered."""
        self.filter = text.casefold()
