"""Widths of the columns of a live table: what rows have needed so far, fitted into the space there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecosim_tui.widgets.table_rows import Column, ColumnKind, TableRow
from ecosim_tui.widgets.text import needed_width

GUTTER = 3
"""Cells left of the first column: the cursor's sign, the mark, a space."""
GAP = 2
"""Cells between two columns."""
WIDEST = 400
"""No text is measured past this; a column has no use for more on any screen."""
_ARROW = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """One shown column: its index in the table, where it begins and how wide it is, in cells."""

    index: int
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The shown columns from left to right, the width of all, the cells that stay while the rest scrolls sideways."""

    slots: tuple[Slot, ...]
    width: int
    frozen: int
    hidden: int

    def column_at(self, x: int, scroll_x: int) -> int | None:
        """The index of the column drawn at cell ``x`` of the widget when scrolled sideways by ``scroll_x``."""
        at = x if x < self.frozen else x + scroll_x
        for slot in self.slots:
            if slot.x <= at < slot.x + slot.width + GAP:
                return slot.index
        return None

    def next_stop(self, scroll_x: int, steps: int) -> int:
        """The sideways scroll position ``steps`` columns on, at which a column begins right of what stays."""
        stops = sorted({0, *(slot.x - self.frozen for slot in self.slots if slot.x > self.frozen)})
        if steps > 0:
            ahead = [stop for stop in stops if stop > scroll_x]
            return ahead[min(steps, len(ahead)) - 1] if ahead else scroll_x
        behind = [stop for stop in stops if stop < scroll_x]
        return behind[max(steps, -len(behind))] if behind else 0


class ColumnWidths:
    """What each column has needed in the rows seen since the last fit; it only grows in between."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._titles = [min(WIDEST, needed_width(column.title, WIDEST) + _ARROW) for column in columns]
        self._needed = list(self._titles)

    def forget(self) -> None:
        """Start again from the titles, as after a resize."""
        self._needed = list(self._titles)

    def observe(self, rows: Iterable[TableRow]) -> bool:
        """Look at rows about to be shown; true when a column needs more than before."""
        grown = False
        needed = self._needed
        for row in rows:
            for column in range(min(len(needed), len(row.cells))):
                text = row.text(column)
                # A character takes at most two cells: most texts need no measuring.
                if len(text) * 2 <= needed[column]:
                    continue
                width = needed_width(text, WIDEST)
                if width > needed[column]:
                    needed[column] = width
                    grown = True
        return grown

    def layout(self, available: int) -> Layout:
        """The columns fitted into ``available`` cells: shrunk, then dropped, then left to scroll sideways."""
        columns = self._columns
        shown = list(range(len(columns)))
        floors = [self._floor(i) for i in range(len(columns))]
        while _span([floors[i] for i in shown]) > available:
            droppable = [i for i in shown if columns[i].drop > 0]
            if not droppable:
                # Only now are names cut: rows that cannot be told apart are of no use.
                floors = [min(floors[i], one.min_width) if one.names else floors[i] for i, one in enumerate(columns)]
                break
            shown.remove(max(droppable, key=lambda i: (columns[i].drop, i)))
        wishes = [self._wish(i) for i in shown]
        widths = _shrink(wishes, [floors[i] for i in shown], available)
        widths = _grow(widths, [self._needed[i] for i in shown], available)
        return _place(shown, widths, available, hidden=len(columns) - len(shown))

    def _wish(self, index: int) -> int:
        column = self._columns[index]
        return max(column.min_width, min(self._needed[index], column.max_width))

    def _floor(self, index: int) -> int:
        """Numbers and names are not cut to fit, and a column that may be dropped is shown whole or not at all."""
        column = self._columns[index]
        whole = column.drop > 0 or column.names or column.kind is ColumnKind.NUMBER
        return self._wish(index) if whole else column.min_width


def _span(widths: Sequence[int]) -> int:
    """Cells taken by columns of these widths with gutter and gaps."""
    return GUTTER + sum(widths) + GAP * max(0, len(widths) - 1)


def _shrink(wishes: list[int], floors: list[int], available: int) -> list[int]:
    """Take the excess from the widest columns first, cell by cell, none below its floor."""
    widths = list(wishes)
    excess = _span(widths) - available
    while excess > 0:
        widest = max(range(len(widths)), key=lambda i: (widths[i] > floors[i], widths[i]), default=None)
        if widest is None or widths[widest] <= floors[widest]:
            break
        widths[widest] -= 1
        excess -= 1
    return widths


def _grow(widths: list[int], needed: list[int], available: int) -> list[int]:
    """Give space that is left to columns that were capped, a cell to each in turn."""
    widths = list(widths)
    spare = available - _span(widths)
    while spare > 0:
        hungry = [i for i, need in enumerate(needed) if widths[i] < need][:spare]
        if not hungry:
            break
        for i in hungry:
            widths[i] += 1
        spare -= len(hungry)
    return widths


def _place(shown: list[int], widths: list[int], available: int, hidden: int) -> Layout:
    slots: list[Slot] = []
    x = GUTTER
    for index, width in zip(shown, widths, strict=True):
        slots.append(Slot(index, x, width))
        x += width + GAP
    total = _span(widths)
    frozen = GUTTER if available > GUTTER else 0
    # The first column names the row, so it stays too, unless it would take most of the room.
    if slots and (named := slots[0].x + slots[0].width + GAP) * 2 <= available:
        frozen = named
    return Layout(tuple(slots), total, frozen, hidden)
