"""The mint: its terms, sealed bids, and past resolutions with the scorer's reasons."""

import engine.kernel.entities as ent
from engine.kernel.state import State
from engine.view.types import MintResult, MintRoundRow, MintView
from engine.view.words import line
from engine.worldfile.schema import MintSection

BIDS = 500
ROUNDS = 50


def mint_view(state: State, settings: MintSection) -> MintView:
    """The mint as the operator may see it, sealed bids included."""
    clock = state.clocks.rows.get("mint")
    bids = [state.bids.rows[key] for key in sorted(state.bids.rows)[:BIDS]]
    counter = state.counters.rows.get("mint_round")
    last = counter.value if counter is not None else 0
    rounds = (state.mint_rounds.rows.get(key) for key in range(last, max(0, last - ROUNDS), -1))
    return MintView(
        next_at=clock.next_at if clock is not None else None,
        cron=line(settings.cron or ""),
        slots=settings.slots,
        ratio=settings.ratio,
        reserve=settings.reserve,
        losers=settings.losers,
        scorer=settings.scorer,
        bids=tuple((bid.id, bid.bidder, bid.artifact, bid.amount, bid.at) for bid in bids),
        rounds=tuple(_round(row) for row in rounds if row is not None),
    )


def _round(row: ent.MintRound) -> MintRoundRow:
    results = tuple(_result(result) for result in row.results)
    return MintRoundRow(row.id, row.at, row.bids, row.price, row.minted, row.redistributed, results)


def _result(result: ent.Json) -> MintResult:
    """What became of one of the best bids; of rounds of older versions the amount of the bid is not known."""
    return MintResult(
        bidder=line(str(result["bidder"])),
        artifact=line(str(result["artifact"])),
        amount=result.get("amount"),
        score=result["score"],
        minted=result["minted"],
        paid=result["paid"],
        reasons=tuple(line(str(reason)) for reason in result["reasons"]),
    )
