"""Charts as inline SVG: nothing from elsewhere, no script, readable in print, in grey and aloud (`title`, `desc`)."""

from collections.abc import Sequence
from html import escape

from engine.report.words import number, time

WIDTH, HEIGHT = 420, 160
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 8, 12, 24
Point = tuple[float, float | None]
Mark = tuple[float, str, str]
"""A threshold: value, label, class."""


def line_chart(
    title: str, points: Sequence[Point], marks: Sequence[Mark] = (), ends: tuple[float, float] | None = None
) -> str:
    """A series over world time with its thresholds as dashed lines; gaps where nothing was measured.

    `ends` are those of the axis of values, those of what was measured if None.
    """
    known = [(at, value) for at, value in points if value is not None]
    if not known:
        return ""
    low, high = ends or _range([value for _, value in known], [value for value, _, _ in marks])
    start, end = points[0][0], points[-1][0]
    near = [mark for mark in marks if low <= mark[0] <= high]
    parts = [_axis(low, high), _times(start, end), *(_threshold(mark, low, high) for mark in near)]
    for run in _unbroken(points):
        places = " ".join(f"{_x(at, start, end):.1f},{_y(value, low, high):.1f}" for at, value in run)
        if len(run) == 1:
            x, y = places.split(",")
            parts.append(f'<circle class="line" cx="{x}" cy="{y}" r="1.5"/>')
        else:
            parts.append(f'<polyline class="line" points="{places}"/>')
    values = [value for _, value in known]
    told = f"From {number(values[0])} to {number(values[-1])}, between {number(min(values))} and {number(max(values))}."
    return _svg(title, told, parts)


def lorenz_chart(curve: Sequence[float]) -> str:
    """The Lorenz curve below the line of equal shares."""
    if not curve:
        return ""
    last = len(curve) - 1
    places = " ".join(f"{_x(place, 0, last):.1f},{_y(share, 0, 1):.1f}" for place, share in enumerate(curve))
    even = f"{_x(0, 0, 1):.1f},{_y(0, 0, 1):.1f} {_x(1, 0, 1):.1f},{_y(1, 0, 1):.1f}"
    parts = [
        _axis(0, 1),
        _ends("poorest agents", "all agents"),
        f'<polyline class="even" points="{even}"/>',
        f'<polyline class="line" points="{places}"/>',
    ]
    half = curve[last // 2]
    return _svg("Lorenz curve", f"The poorer half of agents has {100 * half:.1f} % of all scrip of agents.", parts)


def histogram(bins: Sequence[Sequence[int]]) -> str:
    """How many agents have how much."""
    if not bins:
        return ""
    most = max(count for _, _, count in bins)
    each = (WIDTH - _LEFT - _RIGHT) / len(bins)
    parts = [_axis(0, most), _ends(f"{bins[0][0]:,} scrip", f"{bins[-1][1]:,} scrip")]
    for place, (low, high, count) in enumerate(bins):
        top = _y(count, 0, most)
        parts.append(
            f'<rect class="bar" x="{_LEFT + place * each + 1:.1f}" y="{top:.1f}" width="{max(1.0, each - 2):.1f}"'
            f' height="{HEIGHT - _BOTTOM - top:.1f}"><title>{low:,} to {high:,} scrip: {count:,} agents</title></rect>'
        )
    return _svg("Agents by scrip", f"{sum(count for _, _, count in bins):,} agents in {len(bins)} spans.", parts)


def _svg(title: str, told: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}. {escape(told)}">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{''.join(parts)}</svg>"
    )


def _range(values: Sequence[float], marks: Sequence[float]) -> tuple[float, float]:
    """The range of values, one value if it never changes, with those thresholds that lie within one more span of it."""
    low, high = min(values), max(values)
    span = high - low or abs(high) or 1.0
    near = [mark for mark in marks if low - span <= mark <= high + span]
    low, high = min([low, *near]), max([high, *near])
    return low, high


def _x(at: float, start: float, end: float) -> float:
    room = WIDTH - _LEFT - _RIGHT
    return _LEFT + (room * (at - start) / (end - start) if end > start else room)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * ((value - low) / (high - low) if high > low else 0.5)


def _axis(low: float, high: float) -> str:
    """Horizontal lines at four values, with them; one line where there is but one value."""
    parts = []
    for value in [low + (high - low) * step / 3 for step in range(4)] if high > low else [low]:
        y = _y(value, low, high)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{number(value)}</text>')
    return "".join(parts)


def _times(start: float, end: float) -> str:
    return _ends(time(start), time(end))


def _ends(left: str, right: str) -> str:
    """What stands below both ends of the axis."""
    y = HEIGHT - 6
    return (
        f'<text class="tick" x="{_LEFT}" y="{y}">{escape(left)}</text>'
        f'<text class="tick" x="{WIDTH - _RIGHT}" y="{y}" text-anchor="end">{escape(right)}</text>'
    )


def _threshold(mark: Mark, low: float, high: float) -> str:
    value, label, kind = mark
    y = _y(value, low, high)
    return (
        f'<line class="{kind}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="{kind}" x="{_LEFT + 4}" y="{y - 3:.1f}">{escape(label)}</text>'
    )


def _unbroken(points: Sequence[Point]) -> list[list[tuple[float, float]]]:
    """The stretches of a series in which everything was measured."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if run]
