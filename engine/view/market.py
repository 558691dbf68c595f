"""The market: books with their tapes."""

import engine.kernel.entities as ent
from engine.kernel.book import Side
from engine.kernel.state import State
from engine.view.ring import EventRing
from engine.view.types import InstrumentView, MarketView

LEVELS = 20
TAPE = 50


def market_view(state: State, ring: EventRing) -> MarketView:
    """All instruments in order of id."""
    rows = state.instruments.rows
    return MarketView(tuple(instrument_view(state, ring, rows[key]) for key in sorted(rows)))


def instrument_view(state: State, ring: EventRing, row: ent.Instrument) -> InstrumentView:
    """The book of one instrument to 20 levels, and the latest trades, newest first."""
    book = state.book(row.id)
    bids, asks = book.depth(Side.BUY, LEVELS), book.depth(Side.SELL, LEVELS)
    trades = [(place.at, place.event.data) for place in ring.trades.get(row.id, ())][-TAPE:]
    trades.reverse()
    asset = state.assets.rows.get(row.id)
    return InstrumentView(
        id=row.id,
        unit=asset.unit if asset is not None else "",
        halted=row.halted,
        last_price=row.last_price,
        volume=row.volume,
        turnover=row.turnover,
        spread=asks[0][0] - bids[0][0] if bids and asks else None,
        bids=tuple(bids),
        asks=tuple(asks),
        tape=tuple((at, d["price"], d["quantity"], d["buyer"], d["seller"]) for at, d in trades),
    )
