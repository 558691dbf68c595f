"""Charts in cells of a terminal: lines, candles, bars, thresholds, axes; legible without colour at any size.

Several lines differ in their strokes as well as in colour, rising and falling candles in shape as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from ecosim_tui.format import clock
from ecosim_tui.widgets.chart_canvas import Canvas
from ecosim_tui.widgets.chart_scale import (
    Scale,
    Value,
    extremes,
    known,
    mark_text,
    parts,
    round_marks,
    round_times,
    round_top,
    scale_of,
)
from ecosim_tui.widgets.text import Align, cell_width, clean, fit, pad

LINE_STYLES = ("$text-primary", "$text-warning", "$text-success", "$text-secondary")
RISING, FALLING = "$text-primary", "$text-warning"
_STROKES = ((1, 0, "──"), (3, 3, "╌╌"), (1, 2, "┈┈"), (6, 2, "─╌"))
"""Columns of dots drawn and left out in turn, and how the legend shows it."""
_QUIET = "$foreground-muted"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
_DASH = "╌"


@dataclass(frozen=True, slots=True)
class Line:
    """A named series of values at equal distances, oldest first; None where there was nothing to measure."""

    name: str
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value that matters, drawn as a dashed line with its label."""

    value: float
    label: str
    style: str = "$text-error"


@dataclass(frozen=True, slots=True)
class Candle:
    """Prices of one span of time."""

    open: float
    high: float
    low: float
    close: float


@dataclass(frozen=True, slots=True)
class Plot:
    """What a chart shows: lines or candles over one axis, bars below them (bars alone take all the room)."""

    lines: tuple[Line, ...] = ()
    candles: tuple[Candle | None, ...] = ()
    bars: tuple[Value, ...] = ()
    bars_name: str = ""
    thresholds: tuple[Threshold, ...] = ()
    start: str = ""
    """What stands below the left end of the axis, or below the first of few candles, such as a time."""
    end: str = ""
    span: tuple[int, int] | None = None
    """World times of the first and the last value (of candles: when they begin), for round times along the axis."""
    low: Value = None
    """The lower end of the axis; None for the lowest value."""
    high: Value = None
    empty: str = "Nothing to draw yet."

    @property
    def is_empty(self) -> bool:
        """Whether there is no value at all."""
        return not (any(known(line.values) for line in self.lines) or any(self.candles) or known(self.bars))


class Chart(Widget, can_focus=True):
    """Shows a plot in all the room it has; it takes the keys, so that its pane can be zoomed."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._plot = Plot()

    @property
    def plot(self) -> Plot:
        """What is shown."""
        return self._plot

    def put(self, plot: Plot) -> None:
        """Show this; nothing is drawn if nothing changed."""
        if plot != self._plot:
            self._plot = plot
            self.refresh()

    def render(self) -> Content:
        """The plot for the present size."""
        return draw(self._plot, *self.size)


def sparkline(values: Sequence[Value], width: int) -> str:
    """All values as one line of blocks, the newest at the right; the highest of those that share a cell is shown.

    A flat line lies in the middle, at the bottom for zero.
    """
    pairs = extremes(values, max(0, width)) if width > 0 else []
    tops = [None if pair is None else pair[1] for pair in pairs]
    scale = scale_of(tops, (), low=0.0 if not any(tops) else None)
    marks = (" " if top is None else _EIGHTHS[1 + scale.level(top, 8)] for top in tops)
    return "".join(marks).rjust(max(0, width))


def draw(plot: Plot, width: int, height: int) -> Content:
    """A plot in exactly ``width`` by ``height`` cells (at least one of each is needed to see anything)."""
    if width < 1 or height < 1:
        return Content("")
    if plot.is_empty:
        return Content.styled(fit(plot.empty, width), _QUIET)
    rows: list[Content] = []
    legend = _legend(plot, width) if height >= 5 else None
    footer = height >= 4 and bool(plot.start or plot.end or plot.span)
    room = height - (legend is not None) - footer
    above = bool(plot.lines or plot.candles)
    below = 0 if not known(plot.bars) else room if not above else 0 if room < 4 else max(1, room // 4)
    scale = scale_of(_drawn(plot), [one.value for one in plot.thresholds], plot.low, plot.high)
    bars_top = round_top(max([0.0, *known(plot.bars)]) or 1.0)
    marks, step = round_marks(scale, max(1, (room - below + 1) // 2) if room - below < 6 else (room - below) // 3)
    scale = Scale(min(scale.low, marks[0]), max(scale.high, marks[-1]))
    labels = {mark: mark_text(mark, step) for mark in marks} if above else {}
    edge = max(map(len, [*labels.values(), *([mark_text(bars_top, bars_top)] if below else [])]), default=0)
    edge = edge if edge + 12 <= width else 0
    inner = width - edge - 1 if edge else width
    if legend is not None:
        rows.append(legend)
    if above:
        axis = {scale_row(scale, mark, room - below): text for mark, text in labels.items()}
        rows += _beside(axis, edge, _upper(plot, scale, inner, room - below))
    if below:
        rows += _beside({0: mark_text(bars_top, bars_top)}, edge, _bars(plot, bars_top, inner, below))
    if footer:
        axis_line = _ends(plot, inner) if plot.span is None else _times(plot, plot.span, inner)
        rows.append(Content.styled(" " * edge + ("└" if edge else "") + axis_line, _QUIET))
    return Content("\n").join(rows)


def scale_row(scale: Scale, value: float, height: int) -> int:
    """The row from above, of ``height``, that a value lies in."""
    return height - 1 - scale.level(value, height * 4) // 4


def _drawn(plot: Plot) -> list[Value]:
    values = [value for line in plot.lines for value in line.values]
    return values + [price for one in plot.candles if one is not None for price in (one.high, one.low)]


def _legend(plot: Plot, width: int) -> Content | None:
    """The names of the lines with their strokes, or of the shapes of candles; none if one line says it all."""
    pieces: list[tuple[str, str]] = []
    if len(plot.lines) > 1:
        for number, line in enumerate(plot.lines):
            stroke = _STROKES[number % len(_STROKES)][2]
            pieces.append((f"{stroke} {clean(line.name)}  ", LINE_STYLES[number % len(LINE_STYLES)]))
    if plot.candles:
        pieces += [("█ rising  ", RISING), ("┃ falling  ", FALLING)]
    if plot.bars_name and plot.bars:
        pieces.append((f"▂▅ {clean(plot.bars_name)}", _QUIET))
    room, kept = width, []
    for text, style in pieces:
        shown = text if cell_width(text) <= room else fit(text.rstrip(), room)
        kept.append((shown, style))
        room -= cell_width(shown)
    return Content.assemble(*kept) if kept else None


def _beside(labels: dict[int, str], edge: int, rows: list[Content]) -> list[Content]:
    """Rows with the axis at their left."""
    if not edge:
        return rows
    return [
        Content.assemble((pad(labels.get(number, ""), edge, Align.RIGHT) + ("┤" if number in labels else "│"), _QUIET))
        + row
        for number, row in enumerate(rows)
    ]


def _ends(plot: Plot, inner: int) -> str:
    """The line of the axis with what lies at its ends."""
    end = fit(plot.end, inner)
    start = fit(plot.start, max(0, inner - cell_width(end) - 2))
    room = inner - cell_width(start) - cell_width(end)
    before = max(0, min(_first_column(plot, inner), room - 2))
    return "─" * before + start + "─" * (room - before) + end


def _times(plot: Plot, span: tuple[int, int], inner: int) -> str:
    """The line of the axis with round times below what was then; the ends where no round time lies between them."""
    begin, end = span
    first = _first_column(plot, inner)
    axis, free = "─" * inner, 0
    for time in round_times(begin, end, max(1, inner // 15)) or [begin, end]:
        text = clock(time)
        column = first + (inner - 1 - first) * (time - begin) // max(1, end - begin)
        shown = f"┴{text}" if column + len(text) < inner else f"{text}┴"
        at = column if shown[0] == "┴" else column - len(text)
        if at >= free:
            axis = axis[:at] + shown + axis[at + len(shown) :]
            free = at + len(shown) + 1
    return axis


def _first_column(plot: Plot, width: int) -> int:
    """The cell in which the oldest candle stands: the newest is at the right; 0 without candles."""
    count = min(len(plot.candles), width)
    return width - 1 - (count - 1) * _pitch(count, width) if count else 0


def _upper(plot: Plot, scale: Scale, width: int, height: int) -> list[Content]:
    canvas = Canvas(width, height)
    labels = [_threshold(canvas, one, scale) for one in plot.thresholds]
    if plot.candles:
        _candles(canvas, plot.candles, scale)
    for number, line in reversed(list(enumerate(plot.lines))):
        _line(canvas, line.values, scale, number)
    for row, text, style in labels:  # at the left: the newest values are at the right
        canvas.put(0, row, text, style)
    return canvas.lines()


def _threshold(canvas: Canvas, one: Threshold, scale: Scale) -> tuple[int, str, str]:
    """Draw the dashes of a threshold; its label (row, text, style), at the edge with an arrow if it lies beyond."""
    room = max(4, canvas.width // 2)
    if scale.low <= one.value <= scale.high:
        row = scale_row(scale, one.value, canvas.height)
        canvas.put(0, row, _DASH * canvas.width, one.style)
        return row, _narrow(fit(f"{one.label} ", room)), one.style
    above = one.value > scale.high
    return 0 if above else canvas.height - 1, _narrow(fit(f"{'↑' if above else '↓'} {one.label} ", room)), one.style


def _narrow(text: str) -> str:
    """A label whose characters take a cell each, as the canvas needs them."""
    return "".join(character if cell_width(character) == 1 else "?" for character in text)


def _line(canvas: Canvas, values: Sequence[Value], scale: Scale, number: int) -> None:
    """A line through all values; where several share a column of dots, from the lowest to the highest of them."""
    drawn, skipped, _ = _STROKES[number % len(_STROKES)]
    style = LINE_STYLES[number % len(LINE_STYLES)]
    across, up = canvas.width * 2, canvas.height * 4
    pairs = extremes(values, across)
    last = max(1, len(pairs) - 1)
    before: tuple[int, int] | None = None
    for place, pair in enumerate(pairs):
        if pair is None:
            before = None
            continue
        x = place * (across - 1) // last if len(pairs) > 1 else across - 1
        low, high = scale.level(pair[0], up), scale.level(pair[1], up)
        near, far = (low, high) if before is None or abs(low - before[1]) <= abs(high - before[1]) else (high, low)
        canvas.line(before or (x, near), (x, near), style, drawn, skipped)
        canvas.line((x, near), (x, far), style, drawn, skipped)
        before = (x, far)


def _candles(canvas: Canvas, candles: Sequence[Candle | None], scale: Scale) -> None:
    merged = [_merge([candles[place] for place in part]) for part in parts(len(candles), canvas.width)]
    pitch = _pitch(len(merged), canvas.width)
    for place, one in enumerate(reversed(merged)):
        if one is not None:
            _candle(canvas, canvas.width - 1 - place * pitch, one, scale)


def _pitch(count: int, width: int) -> int:
    """Cells from one candle to the next: one between them where there is room."""
    return 2 if count * 2 <= width else 1


def _merge(candles: Sequence[Candle | None]) -> Candle | None:
    """Several candles in a row as one."""
    there = [one for one in candles if one is not None]
    if not there:
        return None
    return Candle(there[0].open, max(one.high for one in there), min(one.low for one in there), there[-1].close)


_RISING_BODY = {(True, True): "█", (True, False): "▀", (False, True): "▄"}
_FALLING_BODY = {(True, True): "┃", (True, False): "╹", (False, True): "╻"}
_WICK = {(True, True): "│", (True, False): "╵", (False, True): "╷"}
_BODY_AND_WICK = {(True, False): "╿", (False, True): "╽"}


def _candle(canvas: Canvas, x: int, one: Candle, scale: Scale) -> None:
    """A candle in one column, two halves to a cell."""
    halves = canvas.height * 2
    low, high = scale.level(one.low, halves), scale.level(one.high, halves)
    ends = sorted((scale.level(one.open, halves), scale.level(one.close, halves)))
    rising = one.close >= one.open
    body, style = (_RISING_BODY, RISING) if rising else (_FALLING_BODY, FALLING)
    for row in range(high // 2, low // 2 - 1, -1):
        filled = (ends[0] <= row * 2 + 1 <= ends[1], ends[0] <= row * 2 <= ends[1])
        drawn = (low <= row * 2 + 1 <= high, low <= row * 2 <= high)
        if not any(filled):
            shape = _WICK[drawn]
        elif rising or filled == drawn:
            shape = body[filled]
        else:
            shape = _BODY_AND_WICK[filled]
        canvas.put(x, canvas.height - 1 - row, shape, style)


def _bars(plot: Plot, top: float, width: int, height: int) -> list[Content]:
    """Columns from zero up; where several share a cell, the highest of them is shown."""
    canvas = Canvas(width, height)
    pairs = extremes(plot.bars, width)
    amounts = [0.0 if pair is None else max(0.0, pair[1]) for pair in pairs]
    beside_candles = bool(plot.candles)
    for place, amount in enumerate(amounts):
        if beside_candles:
            pitch = _pitch(len(amounts), width)
            first, cells = width - 1 - (len(amounts) - 1 - place) * pitch, 1
        else:
            first = place * width // len(amounts)
            cells = (place + 1) * width // len(amounts) - first
        eighths = max(0, round(amount / top * height * 8)) or int(amount > 0)
        for row in range(height):
            mark = _EIGHTHS[min(8, max(0, eighths - row * 8))]
            canvas.put(first, height - 1 - row, mark * cells, RISING if not plot.lines else _QUIET)
    return canvas.lines()
