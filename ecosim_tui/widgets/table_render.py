"""Lines of a live table as strips: pure from rows, layout and styles to segments of an exact width."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from ecosim_tui.widgets.table_layout import GAP, GUTTER, Layout
from ecosim_tui.widgets.table_palette import Palette
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, Order, TableRow, Tone
from ecosim_tui.widgets.text import ELLIPSIS, Align, fit, needed_width, pad

UPWARDS, DOWNWARDS = "▲", "▼"
MARKED = "✓"
CURSOR_FOCUSED, CURSOR_BLURRED = "▸", "▹"
_WAITING = TableRow("", (Cell("…", Tone.MUTED),))
_CACHED_STRIPS = 512

Piece = tuple[str, Style]
"""A text of known width and its style."""


@dataclass(frozen=True, slots=True)
class RowLine:
    """What one line shows of a row: all that its picture depends on besides layout and styles."""

    row: TableRow | None
    cursor: bool = False
    focused: bool = False
    marked: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """What every line depends on: the columns in their places, the width of the widget, how far it is scrolled."""

    columns: tuple[Column, ...]
    layout: Layout
    width: int
    scroll_x: int


def _merged(pieces: Iterable[Piece]) -> list[Segment]:
    """Segments of the pieces, neighbours of one style joined: the fewer segments, the cheaper each paint."""
    segments: list[Segment] = []
    text, style = "", None
    for piece, own in pieces:
        if own is style:
            text += piece
            continue
        if text:
            segments.append(Segment(text, style))
        text, style = piece, own
    if text:
        segments.append(Segment(text, style))
    return segments


def _line(view: View, gutter: str, cells: Sequence[Piece], base: Style) -> Strip:
    """Gutter and padded cells in their places, cut to what the scroll position shows, filled to the width."""
    pieces: list[Piece] = [(gutter, base)]
    gap = " " * GAP
    for number, cell in enumerate(cells):
        if number:
            pieces.append((gap, base))
        pieces.append(cell)
    layout, width = view.layout, view.width
    length = layout.width if cells else GUTTER
    if not view.scroll_x and length <= width:
        pieces.append((" " * (width - length), base))
        return Strip(_merged(pieces), width)
    whole = Strip(_merged(pieces), length)
    held = min(layout.frozen, width)
    moving = whole.crop(held + view.scroll_x, view.scroll_x + width)
    return Strip.join([whole.crop(0, held), moving]).adjust_cell_length(width, base)


def row_strip(view: View, palette: Palette, line: RowLine) -> Strip:
    """One row: cursor sign and mark in the gutter, then its cells."""
    styles = palette.plain if not line.cursor else palette.cursor if line.focused else palette.cursor_blurred
    row = _WAITING if line.row is None else line.row
    sign = (CURSOR_FOCUSED if line.focused else CURSOR_BLURRED) if line.cursor else " "
    cells: list[Piece] = []
    for slot in view.layout.slots:
        cell: str | Cell = row.cells[slot.index] if slot.index < len(row.cells) else ""
        text, tone = (cell, Tone.NORMAL) if isinstance(cell, str) else cell
        column = view.columns[slot.index]
        if column.kind is ColumnKind.NUMBER and needed_width(text, slot.width + 1) > slot.width:
            text = ELLIPSIS  # a number cut short would be another number
        cells.append((pad(text, slot.width, column.side), styles[tone]))
    return _line(view, f"{sign}{MARKED if line.marked else ' '} ", cells, styles[Tone.NORMAL])


def header_strip(view: View, palette: Palette, order: Order | None) -> Strip:
    """The titles, the sorted one with its direction, and how many columns found no room."""
    cells: list[Piece] = []
    for slot in view.layout.slots:
        column = view.columns[slot.index]
        if order is not None and order.column == column.key:
            arrow = DOWNWARDS if order.reverse else UPWARDS
            title = fit(column.title, slot.width - 2)
            text = f"{title} {arrow}" if title else arrow
            cells.append((pad(text, slot.width, column.side), palette.header_sorted))
        else:
            cells.append((pad(column.title, slot.width, column.side), palette.header))
    strip = _line(view, " " * GUTTER, cells, palette.header)
    note = f" +{view.layout.hidden}"
    if view.layout.hidden and strip.text.endswith(" " * len(note)):
        return Strip.join([strip.crop(0, view.width - len(note)), Strip([Segment(note, palette.header)], len(note))])
    return strip


def text_strip(text: str, width: int, style: Style) -> Strip:
    """One line of plain text over the whole width."""
    return Strip([Segment(pad(text, width, Align.LEFT), style)], width)


def wrapped(text: str, width: int) -> list[str]:
    """Safe text broken at spaces into lines of at most ``width`` cells; long words are cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and fit(joined, width) == fit(joined, width + 1):
            lines[-1] = fit(joined, width)
        else:
            lines.append(fit(word, width))
    return lines


class StripCache:
    """Rows already drawn, so that scrolling and new orders draw only what was not there before."""

    def __init__(self) -> None:
        self._strips: dict[str, tuple[RowLine, Strip]] = {}
        self._dressed: tuple[View, Palette] | None = None

    def dress(self, view: View, palette: Palette) -> bool:
        """Set what all rows depend on; true when that changed, and with it every line."""
        if self._dressed == (view, palette):
            return False
        self._strips.clear()
        self._dressed = (view, palette)
        return True

    def strip(self, line: RowLine) -> Strip:
        """The strip of a row, drawn anew when the row changed."""
        assert self._dressed is not None, "a table draws after it was synchronised"
        if line.row is None:
            return row_strip(*self._dressed, line)
        key = line.row.key
        kept = self._strips.get(key)
        if kept is not None and kept[0] == line:
            return kept[1]
        strip = row_strip(*self._dressed, line)
        if len(self._strips) >= _CACHED_STRIPS:
            self._strips.clear()
        self._strips[key] = (line, strip)
        return strip
