"""The drawn side of a live table: what each line shows, which lines changed, where things are."""

from collections.abc import Sequence
from typing import TypeAlias

from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from ecosim_tui.widgets.table_cursor import Cursor, Marks, TableModel
from ecosim_tui.widgets.table_layout import ColumnWidths, Layout
from ecosim_tui.widgets.table_model import ListModel
from ecosim_tui.widgets.table_palette import Palette, themed
from ecosim_tui.widgets.table_render import RowLine, StripCache, View, header_strip, text_strip, wrapped
from ecosim_tui.widgets.table_rows import Column, Order
from ecosim_tui.widgets.text import clean

_Header: TypeAlias = Order | None
_Line: TypeAlias = RowLine | str | tuple[_Header]
"""What a line shows: a row, a line of the empty text or the footer, or the header under an order."""


class TableSurface(ScrollView):
    """Draws a table model by lines; compares what lines should show with what they showed and repaints the difference.

    Whoever changes the model, the cursor or the marks calls ``_sync`` afterwards: it costs as much as there are
    visible lines, whatever the number of rows.
    """

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty_text: str,
        name: str | None,
        id: str | None,
        classes: str | None,
        disabled: bool,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes, disabled=disabled)
        self.columns = tuple(columns)
        self._empty_text = empty_text
        self._filter_text = ""
        self._model: TableModel = ListModel(self.columns)
        self._cursor = Cursor()
        self._marks = Marks()
        self._widths = ColumnWidths(self.columns)
        self._view = View(self.columns, self._widths.layout(0), 0, 0)
        self._space = 0
        self._palette: Palette | None = None
        self._theme = ""
        self._seen = self._seen_area = self._fitted = Size(0, 0)
        self._strips = StripCache()
        self._lines: list[_Line] = []

    def _cursor_moved(self) -> None:
        """Called when the cursor is on another row."""

    def _rows_shown(self, first: int, count: int) -> None:
        """Called with the visible rows after each synchronisation."""

    # Places

    @property
    def _room(self) -> Size:
        """The cells of the widget; of a hidden one those it had, so that it is right at once when it comes back."""
        return self.size or self._seen

    @property
    def _area(self) -> Size:
        """The cells to draw on: without border, padding and scrollbars."""
        return self.scrollable_content_region.size or self._seen_area

    @property
    def _head(self) -> int:
        """Lines of the header: none when there is a single line, which is better used for a row."""
        return 1 if self._room.height > 1 else 0

    @property
    def _foot(self) -> int:
        """Lines of the footer, which is there while a filter or marks are."""
        return 1 if (self._filter_text or self._marks) and self._room.height > 2 else 0

    @property
    def _body(self) -> int:
        """Lines for rows."""
        return max(0, self._area.height - self._head - self._foot)

    def _index_at(self, y: int) -> int | None:
        """The index of the row on line ``y``; ``None`` where there is none."""
        place = y - self._head
        index = self.scroll_offset.y + place
        return index if 0 <= place < self._body and index < self._model.count else None

    def _reveal_cursor(self) -> None:
        """Scroll the least that shows the cursor row."""
        index, top, body = self._cursor.index, self.scroll_offset.y, self._body
        if index < top or not body:
            target = index
        elif index >= top + body:
            target = index - body + 1
        else:
            return
        self.scroll_to(y=target, animate=False, force=True)

    # Synchronising

    def _sync(self) -> None:
        """Bring cursor, widths, virtual size and lines up to date with the model and repaint the lines that differ."""
        moved = self._cursor.follow(self._model)
        if self._room:
            self._fit()
            top, body = self.scroll_offset.y, self._body
            visible = range(top, min(top + body, self._model.count))
            if self._widths.observe([row for index in visible if (row := self._model.row_at(index)) is not None]):
                self._fit(again=True)
            self._repaint()
            self._rows_shown(top, body)
        if moved:
            self._cursor_moved()

    def _fit(self, *, again: bool = False) -> None:
        """Fit the columns and the virtual size; the columns only when their space changed, or ``again``."""
        count = self._model.count
        height = count + self._head + self._foot if count else 0
        # The scrollbar is counted before it is there: no second fit when it comes.
        bar = self.styles.scrollbar_size_vertical if height > self._room.height else 0
        space = self._room.width - bar
        layout = self._view.layout
        if again or space != self._space:
            self._space = space
            layout = self._widths.layout(space)
        size = Size(layout.width, height) if count else Size(0, 0)
        if size != self.virtual_size:
            # A table never takes its size from its rows, so only its scrollbars follow; the screen keeps its layout.
            self.set_reactive(Widget.virtual_size, size)
            self._scroll_update(size)
        self._place(layout)

    def _place(self, layout: Layout) -> None:
        """Note the columns, the width and the scroll position that lines are drawn for."""
        view = View(self.columns, layout, self._area.width, self.scroll_offset.x)
        if view != self._view:
            self._view = view

    def _repaint(self) -> None:
        """Compare what the lines should show with what they showed; all lines when style or columns changed."""
        if self.size:
            self._seen, self._seen_area = self.size, self.scrollable_content_region.size
        self._place(self._view.layout)
        view = self._view
        old, self._lines = self._lines, self._lines_now()
        lines = self._lines
        if self._strips.dress(view, self._current_palette()) or len(old) != len(lines):
            self.refresh()
            return
        start = None
        for y, (before, now) in enumerate(zip(old, lines, strict=True)):
            if before != now:
                start = y if start is None else start
            elif start is not None:
                self.refresh(Region(0, start, view.width, y - start))
                start = None
        if start is not None:
            self.refresh(Region(0, start, view.width, len(lines) - start))

    def _lines_now(self) -> list[_Line]:
        """What every line of the widget should show."""
        lines: list[_Line] = []
        if self._head:
            lines.append((self._model.order,))
        if self._model.count:
            lines.extend(self._row_line(self.scroll_offset.y + place) for place in range(self._body))
        else:
            lines.extend(self._empty_lines())
        if self._foot:
            lines.append(self.status)
        return lines

    def _row_line(self, index: int) -> _Line:
        if index >= self._model.count:
            return ""
        row = self._model.row_at(index)
        cursor = index == self._cursor.index
        marked = row is not None and row.key in self._marks
        return RowLine(row, cursor, cursor and self.has_focus, marked)

    def _empty_lines(self) -> list[str]:
        text = self._empty_text
        if self._filter_text and self._model.total:
            text = f"Nothing matches “{clean(self._filter_text)}”."
        body, width = self._body, self._view.width
        indent = 2 if width >= 20 else 0
        lines = [" " * indent + line for line in wrapped(text, width - 2 * indent)[:body]]
        above = max(0, (body - len(lines)) // 3)
        return [""] * above + lines + [""] * (body - len(lines) - above)

    @property
    def status(self) -> str:
        """What the footer says: the filter, ``12/1,000`` matching, how many are marked."""
        parts = []
        if self._filter_text:
            parts.append(f"/{clean(self._filter_text)}  {self._model.count:,}/{self._model.total:,}")
        if self._marks:
            parts.append(f"✓ {len(self._marks):,} marked")
        return "  ".join(parts)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """The strip of one line of the widget."""
        palette, view = self._current_palette(), self._view
        line: _Line = self._lines[y] if y < len(self._lines) else ""
        if isinstance(line, RowLine):
            return self._strips.strip(line)
        if isinstance(line, tuple):
            return header_strip(view, palette, line[0])
        style = palette.footer if self._foot and y == len(self._lines) - 1 else palette.empty
        return text_strip(line, view.width, style)

    def _current_palette(self) -> Palette:
        if self._palette is None or self._theme != self.app.theme:
            self._palette, self._theme = themed(), self.app.theme
        return self._palette

    def notify_style_update(self) -> None:
        """Draw in the colours of another theme, and in the room that another style leaves."""
        super().notify_style_update()
        if self._lines:
            self._repaint()

    # Events that move the window on the rows

    def on_resize(self, _event: events.Resize) -> None:
        """Fit the columns anew from the rows now visible; one that comes back as it was has nothing to fit."""
        if self._fitted != self.size:
            self._fitted = self.size
            self._widths.forget()
            self._space = -1
        self._sync()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Draw the columns that came into view."""
        super().watch_scroll_x(old_value, new_value)
        if round(old_value) != round(new_value):
            self._sync()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the rows that came into view."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._sync()

    def watch_has_focus(self, has_focus: bool) -> None:
        """Redraw the cursor's sign, which tells focus by its shape."""
        super().watch_has_focus(has_focus)
        if self._room:
            self._repaint()
