"""The values that go into a live table and the questions it asks: rows, cells, columns, order, windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from ecosim_tui.widgets.text import Align

SortValue: TypeAlias = int | float | str | None
"""What a column is ordered by; ``None`` means the row has no value there and comes last in both directions."""


class Tone(Enum):
    """How a cell is coloured; the caller says the same in words or signs, since colour may be absent."""

    NORMAL = "normal"
    MUTED = "muted"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    ACCENT = "accent"


class Cell(NamedTuple):
    """One cell with a tone; a plain ``str`` stands for a cell of normal tone."""

    text: str
    tone: Tone = Tone.NORMAL


class TableRow(NamedTuple):
    """One row by its key: ``cells`` in the order of the columns, and what each column is ordered by.

    A column without an entry in ``sort`` is ordered by its text. A named tuple rather than a dataclass because a view
    may build tens of thousands of them for one frame.
    """

    key: str
    cells: tuple[str | Cell, ...]
    sort: tuple[SortValue, ...] = ()

    def text(self, column: int) -> str:
        """The plain text of one cell, empty where the row is shorter than the table."""
        if column >= len(self.cells):
            return ""
        cell = self.cells[column]
        return cell if isinstance(cell, str) else cell.text

    def sort_value(self, column: int) -> SortValue:
        """What this row is ordered by in one column."""
        if column < len(self.sort):
            return self.sort[column]
        return self.text(column).casefold()


class ColumnKind(Enum):
    """What a column holds: text stands left and sorts upwards first, numbers stand right and sort downwards first."""

    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its widths in cells are limits, between which it follows the rows seen so far.

    Where space is short, text columns shrink towards ``min_width``, and those with a ``drop`` above zero disappear, the
    highest first, then names (``names``) shrink too;
    only then does the table scroll sideways. Numbers are never shortened: one wider than ``max_width``
    shows as ``…``. Where space is left, columns grow past ``max_width``.
    """

    key: str
    title: str
    kind: ColumnKind = ColumnKind.TEXT
    align: Align | None = None
    min_width: int = 4
    max_width: int = 32
    drop: int = 0
    names: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.min_width <= self.max_width:
            raise ValueError(f"column {self.key!r}: needs 1 <= min_width <= max_width")

    @property
    def side(self) -> Align:
        """The side on which its text stands."""
        if self.align is not None:
            return self.align
        return Align.RIGHT if self.kind is ColumnKind.NUMBER else Align.LEFT


@dataclass(frozen=True, slots=True)
class Order:
    """Sorted by one column, upwards or downwards."""

    column: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """The rows a table wants to be given: ``count`` from index ``start`` of what matches, in this order.

    ``order`` is ``None`` for the source's own order, ``filter`` a case-insensitive part of any cell, ``cursor_key`` the
    row whose index the answer may tell so that the cursor can follow it.
    """

    start: int
    count: int
    order: Order | None = None
    filter: str = ""
    cursor_key: str | None = None


@dataclass(frozen=True, slots=True)
class WindowSlice:
    """The answer to a :class:`WindowRequest`: ``rows`` from index ``start`` on.

    ``total`` counts all rows, ``matching`` those that pass the filter (``None``: all of them), ``cursor_index`` is
    where the row of the request's ``cursor_key`` stands now, or ``None`` when it is unknown or gone.
    """

    answers: WindowRequest
    total: int
    rows: Sequence[TableRow]
    start: int = 0
    matching: int | None = None
    cursor_index: int | None = None
