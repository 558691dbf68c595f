"""Candles of each instrument at four widths: the latest, bounded, kept up with every trade."""

from collections import deque
from collections.abc import Iterable

from engine.kernel.entities import SECOND, SimTime

WIDTHS: tuple[SimTime, ...] = (10 * SECOND, 60 * SECOND, 600 * SECOND, 3_600 * SECOND)
KEPT = 120
"""Candles of each width that are kept, the latest."""
Trade = tuple[str, SimTime, int, int]
"""Instrument, time, price, quantity."""
Candle = tuple[SimTime, int, int, int, int, int]
"""Where it begins, open, high, low, close, volume."""


class Candles:
    """The candles of all instruments; spans without a trade have none."""

    def __init__(self) -> None:
        self._series: dict[str, tuple[deque[Candle], ...]] = {}

    def note(self, instrument: str, at: SimTime, price: int, quantity: int) -> None:
        """Take note of a trade, which is later than those before."""
        found = self._series.get(instrument)
        if found is None:
            found = self._series[instrument] = tuple(deque(maxlen=KEPT) for _ in WIDTHS)
        for width, candles in zip(WIDTHS, found, strict=True):
            begin = at - at % width
            if candles and candles[-1][0] == begin:
                _, opened, high, low, _, volume = candles[-1]
                candles[-1] = (begin, opened, max(high, price), min(low, price), price, volume + quantity)
            else:
                candles.append((begin, price, price, price, price, quantity))

    def prime(self, trades: Iterable[Trade], whole: bool) -> None:
        """Put trades in front that came before all that were noted, oldest first.

        Unless they are `whole` there were others before them: of the first candle of each width a part is missing then.
        """
        before = Candles()
        for trade in trades:
            before.note(*trade)
        for instrument, older in before._series.items():
            mine = self._series.get(instrument)
            if mine is None:
                mine = self._series[instrument] = tuple(deque(maxlen=KEPT) for _ in WIDTHS)
            for own, old in zip(mine, older, strict=True):
                if not whole:
                    old.popleft()
                if own and old and own[0][0] == old[-1][0]:
                    own[0] = _joined(old.pop(), own[0])
                for candle in reversed(old):
                    if len(own) < KEPT:
                        own.appendleft(candle)

    def of(self, instrument: str) -> tuple[tuple[SimTime, tuple[Candle, ...]], ...]:
        """For each width the candles of an instrument, oldest first."""
        found = self._series.get(instrument) or tuple(deque[Candle]() for _ in WIDTHS)
        return tuple((width, tuple(candles)) for width, candles in zip(WIDTHS, found, strict=True))


def _joined(first: Candle, second: Candle) -> Candle:
    """Two parts of one candle."""
    high, low = max(first[2], second[2]), min(first[3], second[3])
    return (first[0], first[1], high, low, second[4], first[5] + second[5])
