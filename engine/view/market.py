"""The market and the mint: books with their tapes, sealed bids and past resolutions."""

import engine.kernel.entities as ent
from engine.kernel.book import Side
from engine.kernel.state import State
from engine.view.ring import EventRing
from engine.view.types import InstrumentView, MarketView, MintView
from engine.view.words import line, plain
from engine.worldfile.schema import MintSection

LEVELS = 20
TAPE = 50
BIDS = 500
ROUNDS = 50


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


def mint_view(state: State, settings: MintSection) -> MintView:
    """The mint as the operator may see it, sealed bids included."""
    clock = state.clocks.rows.get("mint")
    bids = [state.bids.rows[key] for key in sorted(state.bids.rows)[:BIDS]]
    counter = state.counters.rows.get("mint_round")
    last = counter.value if counter is not None else 0
    rounds = (state.mint_rounds.rows.get(key) for key in range(last, max(0, last - ROUNDS), -1))
    return MintView(
        next_at=clock.next_at if clock is not None else None,
        slots=settings.slots,
        ratio=settings.ratio,
        bids=tuple((bid.id, bid.bidder, bid.artifact, bid.amount, bid.at) for bid in bids),
        rounds=tuple(_round(row) for row in rounds if row is not None),
    )


def _round(row: ent.MintRound) -> tuple[int, int, int, int, int, int, tuple[str, ...]]:
    lines = tuple(result_line(result) for result in row.results)
    return (row.id, row.at, row.bids, row.price, row.minted, row.redistributed, lines)


def result_line(result: ent.Json) -> str:
    """What became of one winning bid, with the scorer's reasons."""
    score = result.get("score")
    won = f"score {plain(score)}, {plain(result['minted'])} minted, {plain(result['paid'])} paid"
    reasons = "; ".join(str(reason) for reason in result.get("reasons", ()))
    outcome = won if score is not None else "not scored"
    return line(f"{result['artifact']} of {result['bidder']}: {outcome}" + (f" ({reasons})" if reasons else ""))
