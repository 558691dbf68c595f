"""One market beyond its book: rules, candles, resting orders, positions."""

from heapq import nlargest, nsmallest
from itertools import islice

import engine.kernel.entities as ent
from engine.kernel.book import Side
from engine.kernel.state import State
from engine.view.ring import EventRing
from engine.view.trading_types import CandleRow, CandleSeries, OpenOrder, PositionRow, TradingView

ORDERS = 100
"""Resting orders of each side that are shown, the best."""
POSITIONS = 100
"""Positions that are shown of each end: the largest gains, and the largest losses."""


def trading_view(state: State, ring: EventRing, instrument: str) -> TradingView:
    """A market as it is now; empty for an instrument that is not there."""
    market = state.markets.rows.get(instrument) or ent.Market(instrument)
    rows = [row for key in state.positions_in.keys(instrument) if (row := _position(state, key)) is not None]
    rows.sort(key=lambda row: (row.principal, row.instrument))
    series = ring.candles.of(instrument)
    return TradingView(
        instrument=instrument,
        tick=market.tick,
        lot=market.lot,
        maker_fee=market.maker_fee,
        taker_fee=market.taker_fee,
        fee_to=market.fee_to,
        self_trade=market.self_trade,
        listed_by=market.listed_by,
        candles=tuple(CandleSeries(width, tuple(CandleRow(*one) for one in candles)) for width, candles in series),
        orders=(*_orders(state, instrument, Side.BUY), *_orders(state, instrument, Side.SELL)),
        resting=len(state.book(instrument)),
        positions=_extremes(rows),
        holders=len(rows),
    )


def positions_of(state: State, principal: str) -> tuple[PositionRow, ...]:
    """The positions of a principal, in order of instrument."""
    found = (_position(state, key) for key in sorted(state.positions_of.keys(principal)))
    return tuple(row for row in found if row is not None)


def _position(state: State, key: tuple[str, str]) -> PositionRow | None:
    row = state.positions.rows.get(key)
    if row is None:
        return None
    instrument = state.instruments.rows.get(row.instrument)
    last = instrument.last_price if instrument is not None else None
    unrealised = None if last is None else row.quantity * last - row.cost
    return PositionRow(row.principal, row.instrument, row.quantity, row.cost, row.realised, row.fees, unrealised)


def _extremes(rows: list[PositionRow]) -> tuple[PositionRow, ...]:
    if len(rows) <= 2 * POSITIONS:
        return tuple(sorted(rows, key=lambda row: -row.gain))
    best = nlargest(POSITIONS, rows, key=lambda row: row.gain)
    worst = nsmallest(POSITIONS, rows, key=lambda row: row.gain)
    return (*best, *reversed(worst))


def _orders(state: State, instrument: str, side: Side) -> list[OpenOrder]:
    found = []
    for resting in islice(state.book(instrument).orders(side), ORDERS):
        row = state.orders.rows[resting.id]
        found.append(
            OpenOrder(
                row.id, row.principal, row.side, row.price, row.quantity, row.remaining, row.placed_at, row.expires_at
            )
        )
    return found
