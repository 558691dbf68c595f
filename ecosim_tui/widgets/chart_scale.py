"""From figures to places: the range that a chart shows, round marks on its axis, samples fitted to columns."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ecosim_tui.format import SECOND

Value = float | None


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of an axis, both ends included; ``high`` is above ``low``."""

    low: float
    high: float

    def level(self, value: float, steps: int) -> int:
        """The place of a value among ``steps`` places, 0 the lowest; values beyond the range lie at its ends."""
        share = (value - self.low) / (self.high - self.low)
        return min(steps - 1, max(0, round(share * (steps - 1))))


def known(values: Iterable[Value]) -> list[float]:
    """The values that can be drawn: present and finite."""
    return [float(value) for value in values if value is not None and math.isfinite(value)]


def scale_of(values: Iterable[Value], marks: Sequence[float], low: Value = None, high: Value = None) -> Scale:
    """The range of the values, with those marks that lie within one more span of it, and the given ends.

    A far mark would press the line flat; it is told of at the edge instead. A flat line lies in the middle.
    """
    found = known(values) or known(marks) or [0.0]
    bottom, top = min(found), max(found)
    span = top - bottom or abs(top) or 1.0
    near = [mark for mark in known(marks) if bottom - span <= mark <= top + span]
    bottom, top = min([bottom, *near]), max([top, *near])
    if top == bottom:
        bottom, top = bottom - span / 2, top + span / 2
    bottom, top = bottom if low is None else low, top if high is None else high
    if not top > bottom:
        top = bottom + (abs(bottom) or 1.0)
    return Scale(bottom, top)


def round_marks(scale: Scale, most: int) -> tuple[list[float], float]:
    """At most ``most`` round values within a range, and the step between them; if no two are within, those around it.

    Steps are 1, 2 or 5 times a power of ten.
    """
    span = scale.high - scale.low
    power = 10.0 ** math.floor(math.log10(span / max(1, most)))
    for step in (power * factor for factor in (1, 2, 5, 10, 20, 50)):
        first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
        if last - first + 1 <= most:
            if last > first:
                return [number * step for number in range(first, last + 1)], step
            break
    return _around(scale, power)


def _around(scale: Scale, power: float) -> tuple[list[float], float]:
    """Two round values next to each other that hold a range, and zero where it lies between, with the least step."""
    most = 2 if scale.low < 0 < scale.high else 1
    for step in (power * 10**tens * factor for tens in range(40) for factor in (1, 2, 5)):
        first, last = math.floor(scale.low / step + 1e-9), math.ceil(scale.high / step - 1e-9)
        if last - first <= most:
            return [number * step for number in range(first, max(last, first + 1) + 1)], step
    return [scale.low, scale.high], scale.high - scale.low


def round_top(value: float) -> float:
    """The least round number from a value on: where bars end."""
    if not 1e-300 < value < 1e300:
        return value  # beyond what can be rounded
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * one for one in (1, 2, 3, 4, 5, 6, 8, 10) if power * one >= value * (1 - 1e-9))


ROUND_TIMES = (*(n * SECOND for n in (1, 2, 5, 10, 15, 30)), *(n * 60 * SECOND for n in (1, 2, 5, 10, 15, 30)),
               *(n * 3600 * SECOND for n in (1, 2, 3, 6, 12)), *(n * 86400 * SECOND for n in (1, 2, 5)))  # fmt: skip
"""Steps between times on an axis; from the last on, ten times the one three before."""


def round_times(begin: int, end: int, most: int) -> list[int]:
    """At most ``most`` round world times from ``begin`` to ``end``, both in µs, at equal distances."""
    steps = list(ROUND_TIMES)
    while steps[-1] * max(1, most) < end - begin:
        steps.append(steps[-3] * 10)
    for step in steps:
        found = range(-(-begin // step) * step, end + 1, step)
        if len(found) <= most:
            return list(found)
    return []


def mark_text(value: float, step: float) -> str:
    """A value on an axis, with as many digits as tell it from its neighbours."""
    size = max(abs(value), step)
    limits = ((1e5, 1.0, ""), (1e8, 1e3, "k"), (1e11, 1e6, "M"), (1e14, 1e9, "G"), (math.inf, 1e12, "T"))
    divisor, suffix = next((divisor, suffix) for limit, divisor, suffix in limits if size < limit)
    places = min(6, max(0, -math.floor(math.log10(step / divisor) + 1e-9)))
    text = f"{value / divisor:,.{places}f}"
    return (text.removeprefix("-") if float(text.replace(",", "")) == 0 else text) + suffix


def extremes(values: Sequence[Value], columns: int) -> list[tuple[float, float] | None]:
    """The lowest and highest value in each of ``columns`` equal parts: no peak is lost. None where nothing is known."""
    found: list[tuple[float, float] | None] = []
    for part in parts(len(values), columns):
        there = known(values[place] for place in part)
        found.append((min(there), max(there)) if there else None)
    return found


def parts(count: int, columns: int) -> list[range]:
    """``count`` places in order cut into at most ``columns`` parts, as equal as can be."""
    columns = min(count, columns)
    return [range(count * part // columns, count * (part + 1) // columns) for part in range(columns)]
