"""The cursor and the marks of a live table, which belong to rows and not to places."""

from typing import TypeAlias

from ecosim_tui.widgets.table_model import ListModel
from ecosim_tui.widgets.table_window import WindowModel

TableModel: TypeAlias = ListModel | WindowModel


class Cursor:
    """The row the operator looks at: its key, and its index for when the row is gone or not loaded yet."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.index = 0

    def follow(self, model: TableModel) -> bool:
        """Find the row again after the table changed; the nearest index where it is gone. True for another key."""
        before = self.key
        if model.count == 0:
            self.key, self.index = None, 0
            return before is not None
        found = None if before is None else model.index_of(before, self.index)
        self.index = min(self.index, model.count - 1) if found is None else found
        row = model.row_at(self.index)
        if row is not None:
            self.key = row.key
        elif found is None:
            self.key = None
        return self.key != before

    def move(self, model: TableModel, index: int) -> bool:
        """Go to an index, kept within the table. True for another key."""
        before = self.key
        self.index = max(0, min(index, model.count - 1))
        row = model.row_at(self.index)
        self.key = None if row is None else row.key
        return self.key != before


class Marks:
    """Keys chosen together for one command."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> frozenset[str]:
        """The marked keys."""
        return frozenset(self._keys)

    def toggle(self, key: str) -> bool:
        """Mark or unmark; true when it is marked now."""
        self._keys ^= {key}
        return key in self._keys

    def clear(self) -> bool:
        """Unmark all; true when there were any."""
        had = bool(self._keys)
        self._keys = set()
        return had

    def keep_living(self, model: TableModel) -> None:
        """Forget rows that no longer exist; a row that is only filtered away stays marked."""
        if self._keys:
            self._keys = model.living(self._keys)
