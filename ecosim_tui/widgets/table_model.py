"""The rows of a live table held in full: differences by key, a stable order, a filter."""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from itertools import compress, count
from math import isnan
from operator import is_not

from ecosim_tui.widgets.table_rows import Column, Order, SortValue, TableRow

_SortKey = tuple[int, SortValue, int]
_NUMBER, _TEXT = 0, 1


def sort_key(value: SortValue, seq: int, reverse: bool) -> _SortKey:
    """A key under which any two values compare: numbers before texts, missing last in both directions.

    ``seq`` is the row's place in the source order, which decides between equals. It is turned round with the direction:
    a downward order is the upward one read backwards, and equals keep the source order in it.
    """
    place = -seq if reverse else seq
    if value is None or (isinstance(value, float) and isnan(value)):
        return (-1 if reverse else 2, 0, place)
    return (_TEXT if isinstance(value, str) else _NUMBER, value, place)


def haystack(row: TableRow) -> str:
    """The text of a row that a filter is looked for in; cells are kept apart so that no match spans two."""
    return "\x00".join([row.text(column) for column in range(len(row.cells))]).casefold()


class ListModel:
    """All rows of a table, in memory, by key.

    ``set_rows`` costs one pass of identity tests over the rows, ``update_rows`` only what changed; the visible order is
    rebuilt when a sort value or a match changed, never because a cell did. Past some ten thousand rows that are sorted
    and change all the time, a window of the source (``WindowModel``) is the cheaper way.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._column_index = {column.key: index for index, column in enumerate(columns)}
        self._rows: dict[str, TableRow] = {}
        self._seq: dict[str, int] = {}
        self._next_seq = 0
        self._view: list[str] = []
        self.order: Order | None = None
        self.filter = ""
        # Always upwards; the view reads it backwards for a downward order.
        self._sorted: list[str] | None = None
        self._keys: dict[str, _SortKey] = {}
        self._haystacks: dict[str, str] | None = None
        self._matches: set[str] = set()

    @property
    def total(self) -> int:
        """All rows."""
        return len(self._rows)

    @property
    def count(self) -> int:
        """Rows that pass the filter."""
        return len(self._view)

    def row_at(self, index: int) -> TableRow | None:
        """The row at a visible index; ``None`` outside."""
        return self._rows[self._view[index]] if 0 <= index < len(self._view) else None

    def row(self, key: str) -> TableRow | None:
        """The row of this key, filtered away or not."""
        return self._rows.get(key)

    def index_of(self, key: str, near: int = 0) -> int | None:
        """The visible index of a key, looked for at ``near`` first; ``None`` when gone or filtered away."""
        if 0 <= near < len(self._view) and self._view[near] == key:
            return near
        if key not in self._rows or (self.filter and key not in self._matches):
            return None
        return self._view.index(key)

    def living(self, keys: Collection[str]) -> set[str]:
        """Those of the keys that still have a row."""
        return {key for key in keys if key in self._rows}

    def covers(self, _start: int, _count: int) -> bool:
        """Nothing is ever missing here."""
        return True

    def set_rows(self, rows: Sequence[TableRow]) -> None:
        """Make the table hold exactly these rows, in this source order.

        Raises ValueError when two rows have the same key.
        """
        if list(self._rows.values()) == rows:
            return
        if len(rows) >= len(self._rows):
            old = self._rows.values()
            differs = list(map(is_not, old, rows))
            changed = list(compress(rows, differs))
            if all(a.key == b.key for a, b in zip(compress(old, differs), changed, strict=True)):
                added = rows[len(self._rows) :]
                self._refuse_duplicates(added)
                self._upsert([*changed, *added])
                return
        self._replace(rows)

    def update_rows(self, changed: Iterable[TableRow], removed: Collection[str] = ()) -> None:
        """Put in rows that are new or different, new ones at the end, and take out keys."""
        gone = [key for key in removed if self._rows.pop(key, None) is not None]
        if gone:
            for key in gone:
                del self._seq[key]
                self._keys.pop(key, None)
                self._matches.discard(key)
                if self._haystacks is not None:
                    self._haystacks.pop(key, None)
            dropped = set(gone)
            if self._sorted is not None:
                self._sorted = [key for key in self._sorted if key not in dropped]
            self._rebuild_view()
        self._upsert(list(changed))

    def set_order(self, order: Order | None) -> None:
        """Sort by a column, or go back to the source order. Raises KeyError for an unknown column."""
        if order is not None and order.column not in self._column_index:
            raise KeyError(order.column)
        self.order = order
        self._resort()
        self._rebuild_view()

    def set_filter(self, text: str) -> None:
        """Show only rows in which some cell contains ``text``, whatever the case; empty shows all."""
        self.filter = text.casefold()
        self._match_all()
        self._rebuild_view()

    def _refuse_duplicates(self, added: Sequence[TableRow]) -> None:
        keys = {row.key for row in added}
        if len(keys) != len(added) or not keys.isdisjoint(self._rows):
            raise ValueError("two rows of a table have the same key")

    def _replace(self, rows: Sequence[TableRow]) -> None:
        by_key = {row.key: row for row in rows}
        if len(by_key) != len(rows):
            raise ValueError("two rows of a table have the same key")
        self._rows = by_key
        self._seq = dict(zip(by_key, count()))
        self._next_seq = len(by_key)
        self._haystacks = None
        self._resort()
        self._match_all()
        self._rebuild_view()

    def _upsert(self, rows: list[TableRow]) -> None:
        column = self._column_index[self.order.column] if self.order is not None else None
        added: list[str] = []
        moved: set[str] = set()
        rematch = False
        for row in rows:
            key = row.key
            old = self._rows.get(key)
            if old == row:
                continue
            self._rows[key] = row
            if old is None:
                self._seq[key] = self._next_seq
                self._next_seq += 1
                added.append(key)
            if column is not None and (old is None or old.sort_value(column) != row.sort_value(column)):
                moved.add(key)
            rematch = self._match(row) or rematch
        if moved:
            self._move(moved)
        if moved or rematch:
            self._rebuild_view()
        elif added and not self.filter:
            self._view.extend(added)

    def _move(self, moved: set[str]) -> None:
        """Put rows with new sort values in their places: one pass over the keys, and a search for each moved row."""
        assert self.order is not None
        assert self._sorted is not None
        column, reverse = self._column_index[self.order.column], self.order.reverse
        for key in moved:
            self._keys[key] = sort_key(self._rows[key].sort_value(column), self._seq[key], reverse)
        key_of = self._keys.__getitem__
        kept = [key for key in self._sorted if key not in moved]
        merged: list[str] = []
        start = 0
        for key in sorted(moved, key=key_of):
            stop = bisect_left(kept, key_of(key), start, key=key_of)
            merged.extend(kept[start:stop])
            merged.append(key)
            start = stop
        merged.extend(kept[start:])
        self._sorted = merged

    def _resort(self) -> None:
        if self.order is None:
            self._sorted, self._keys = None, {}
            return
        column, reverse = self._column_index[self.order.column], self.order.reverse
        seq = self._seq
        self._keys = {key: sort_key(row.sort_value(column), seq[key], reverse) for key, row in self._rows.items()}
        self._sorted = sorted(self._rows, key=self._keys.__getitem__)

    def _match_all(self) -> None:
        if not self.filter:
            self._haystacks, self._matches = None, set()
            return
        if self._haystacks is None:
            self._haystacks = {key: haystack(row) for key, row in self._rows.items()}
        text = self.filter
        self._matches = {key for key, hay in self._haystacks.items() if text in hay}

    def _match(self, row: TableRow) -> bool:
        """Note whether a changed row passes the filter; true when that changed."""
        if self._haystacks is None:
            return False
        hay = self._haystacks[row.key] = haystack(row)
        was, matches = row.key in self._matches, self.filter in hay
        if matches:
            self._matches.add(row.key)
        else:
            self._matches.discard(row.key)
        return was != matches

    def _rebuild_view(self) -> None:
        keys: list[str] = list(self._rows) if self._sorted is None else self._sorted
        if self.filter:
            keys = [key for key in keys if key in self._matches]
        upwards = self.order is None or not self.order.reverse
        self._view = keys if upwards else keys[::-1]
