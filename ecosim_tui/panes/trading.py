"""One market beyond its book: the chart of its prices, who waits in it, and who has gained."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult

from ecosim_tui import format as fmt
from ecosim_tui.panes.base import Hungry, Pane, Subject, TablePane
from ecosim_tui.widgets.chart import Candle, Chart, Plot
from ecosim_tui.widgets.table_rows import Cell, Column, ColumnKind, TableRow, Tone
from engine.operator import Query
from engine.view.trading_types import CandleRow, CandleSeries, OpenOrder, PositionRow, TradingView
from engine.view.types import Snapshot, Topic

_NUMBER = ColumnKind.NUMBER
_NOTHING = "No trades yet, so no prices to draw."
MOST = 120
"""Candles that are drawn, those of spans without a trade counted."""


def trading_view(data: object) -> TradingView:
    """The data of a snapshot about one market."""
    assert isinstance(data, TradingView), "the trading topic shows a TradingView"
    return data


class MarketPart:
    """Which instrument a pane shows a part of."""

    instrument: str = ""

    def wants(self) -> Query | None:
        """The one market."""
        return Query(Topic.TRADING, key=self.instrument) if self.instrument else None

    def choose(self, instrument: str) -> None:
        """Show this instrument."""
        if instrument != self.instrument:
            self.instrument = instrument
            if isinstance(self, Pane):
                self.post_message(Hungry())

    @property
    def subject(self) -> Subject:
        """The instrument."""
        return Subject(instrument=self.instrument)


class PricePane(MarketPart, Pane):
    """Price as candles, volume as bars below them; of a width that shows some history, or the one that was chosen."""

    TITLE = "Price and volume"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._chart = Chart()
        self._view: TradingView | None = None
        self._place: int | None = None

    def compose(self) -> ComposeResult:
        yield self._chart

    def show(self, snapshot: Snapshot) -> None:
        """Draw the candles."""
        self._view = trading_view(snapshot.data)
        self._draw()

    def pass_time(self, now: int) -> None:
        """The last candle has come to its end."""
        before = self.now
        super().pass_time(now)
        if now // fmt.SECOND != before // fmt.SECOND:
            self._draw()

    def wider(self) -> None:
        """Candles of the next width; after the widest the narrowest."""
        if self._view is not None and self._view.candles:
            self._place = (self._chosen(self._view.candles) + 1) % len(self._view.candles)
            self._draw()

    def copied(self) -> str | None:
        """The candles as lines of text."""
        if self._view is None or not self._view.candles:
            return None
        series = self._view.candles[self._chosen(self._view.candles)]
        lines = [f"{c.at} {c.open} {c.high} {c.low} {c.close} {c.volume}" for c in series.candles]
        return "\n".join(["at open high low close volume", *lines])

    def _chosen(self, series: Sequence[CandleSeries]) -> int:
        """The width that the operator has chosen; else the widest that has some candles to show."""
        if self._place is not None:
            return self._place
        fit = [place for place, one in enumerate(series) if len(one.candles) >= 20]
        return fit[-1] if fit else 0

    def _draw(self) -> None:
        view = self._view
        if view is None or view.instrument != self.instrument or not view.candles:
            return
        series = view.candles[self._chosen(view.candles)]
        self.put_title(f"Price and volume: {view.instrument}")
        self.put_aside(f"candles of {fmt.duration(series.width)}" if series.candles else "")
        spans = spread(series, self.now)
        drawn = tuple(None if one is None else Candle(one.open, one.high, one.low, one.close) for one in spans)
        begin = self.now // series.width * series.width - (len(spans) - 1) * series.width
        self._chart.put(
            Plot(
                candles=drawn,
                bars=tuple(0 if one is None else one.volume for one in spans),
                bars_name="volume",
                span=(begin, begin + (len(spans) - 1) * series.width) if spans else None,
                empty=_NOTHING,
            )
        )


def spread(series: CandleSeries, now: int) -> tuple[CandleRow | None, ...]:
    """The candles at their places in time up to now, None for spans without a trade; the latest, if they are many."""
    if not series.candles:
        return ()
    last = max(now // series.width, series.candles[-1].at // series.width)
    first = max(series.candles[0].at // series.width, last - MOST + 1)
    by_place = {one.at // series.width: one for one in series.candles}
    return tuple(by_place.get(place) for place in range(first, last + 1))


class OrdersPane(MarketPart, TablePane[OpenOrder]):
    """The orders that rest in one market, the best of each side."""

    TITLE = "Open orders"
    TOPIC = Topic.TRADING
    EMPTY = "No order rests in this market."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("side", "side", min_width=6, max_width=6),
        Column("price", "price", _NUMBER, min_width=4, max_width=10),
        Column("left", "left", _NUMBER, min_width=4, max_width=12),
        Column("principal", "whose", min_width=6, max_width=20, names=True),
        Column("ends", "ends", min_width=8, max_width=12, drop=2),
        Column("placed", "since", min_width=8, max_width=12, drop=3),
        Column("id", "#", _NUMBER, min_width=2, max_width=8, drop=1),
    )

    def items(self, data: object) -> tuple[OpenOrder, ...]:
        """The orders."""
        view = trading_view(data)
        if view.instrument != self.instrument:
            return ()
        self.put_title(f"Open orders: {view.instrument}")
        self._resting = view.resting
        return view.orders

    def aside(self, count: int) -> str:
        """How many there are, if they are not all shown."""
        return f"{count} of {fmt.count(self._resting)}" if count < self._resting else ""

    _resting = 0

    def key_of(self, item: OpenOrder) -> str:
        """Its number."""
        return f"{item.id}"

    def row_of(self, item: OpenOrder) -> TableRow:
        """One order as a row."""
        side = Cell("▲ buy", Tone.GOOD) if item.side == "buy" else Cell("▼ sell", Tone.WARN)
        ends = "–" if item.expires_at is None else fmt.clock(item.expires_at)
        cells = (
            side,
            fmt.count(item.price),
            fmt.count(item.remaining),
            item.principal,
            ends,
            Cell(fmt.clock(item.placed_at), Tone.MUTED),
            f"{item.id}",
        )
        sort = (item.side, item.price, item.remaining, item.principal.casefold(), item.expires_at or 2**63,
                item.placed_at, item.id)  # fmt: skip
        return TableRow(self.key_of(item), cells, sort)

    @property
    def subject(self) -> Subject:
        """The instrument, and whose order it is."""
        return Subject(instrument=self.instrument, agent="" if self.current is None else self.current.principal)


class PositionsPane(MarketPart, TablePane[PositionRow]):
    """Who has gained and who has lost by trading in one market."""

    TITLE = "Positions and gains"
    TOPIC = Topic.TRADING
    EMPTY = "Nobody has traded here yet."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("principal", "whose", min_width=6, max_width=20, names=True),
        Column("quantity", "position", _NUMBER, min_width=5, max_width=12),
        Column("average", "average", _NUMBER, min_width=5, max_width=10, drop=2),
        Column("realised", "realised", _NUMBER, min_width=5, max_width=12),
        Column("unrealised", "open gain", _NUMBER, min_width=5, max_width=12, drop=1),
        Column("fees", "fees", _NUMBER, min_width=3, max_width=10, drop=3),
    )

    def items(self, data: object) -> tuple[PositionRow, ...]:
        """The positions."""
        view = trading_view(data)
        if view.instrument != self.instrument:
            return ()
        self.put_title(f"Positions and gains: {view.instrument}")
        self._holders = view.holders
        return view.positions

    def aside(self, count: int) -> str:
        """How many there are, if they are not all shown."""
        return f"{count} of {fmt.count(self._holders)}" if count < self._holders else ""

    _holders = 0

    def key_of(self, item: PositionRow) -> str:
        """A principal has one position."""
        return item.principal

    def row_of(self, item: PositionRow) -> TableRow:
        """One position as a row."""
        average = None if not item.quantity else item.cost / item.quantity
        cells = (
            item.principal,
            f"{item.quantity:+,}" if item.quantity else "flat",
            "–" if average is None else f"{average:,.1f}",
            gained(item.realised),
            Cell("–", Tone.MUTED) if item.unrealised is None else gained(item.unrealised),
            fmt.count(item.fees),
        )
        sort = (item.principal.casefold(), item.quantity, average or 0, item.realised, item.unrealised or 0, item.fees)
        return TableRow(self.key_of(item), cells, sort)

    @property
    def subject(self) -> Subject:
        """The instrument, and whose position it is."""
        return Subject(instrument=self.instrument, agent="" if self.current is None else self.current.principal)


def gained(amount: int) -> Cell:
    """A gain or a loss, with its sign."""
    return Cell(f"{amount:+,}" if amount else "0", Tone.GOOD if amount > 0 else Tone.BAD if amount < 0 else Tone.MUTED)
