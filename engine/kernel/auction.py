"""A sealed-bid auction of N slots at one price, and the equal division of what it takes in.

Every winner pays the N+1-th bid: the price a winner pays never depends on its own bid, so with losers refunded and one
bid per bidder, bidding what a slot is worth to you is optimal whatever the others do (Vickrey 1961).
Amounts are whole scrip.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Losers = Literal["refund", "forfeit"]


@dataclass(frozen=True, slots=True)
class Bid:
    """A sealed offer of `amount` scrip for one slot, made at world time `at` (µs)."""

    id: int
    bidder: str
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an auction decides; the dicts map bid id to scrip.

    `winners`, best bid first, pay `price` each: `payments`. `refunds` has what each winner gets back (its bid less the
    price, maybe 0) and, under `refund`, each loser's whole bid; under `forfeit` those are in `forfeits` instead.
    `redistributed` is the sum of payments and forfeits; with the refunds it adds up to the sum of all bids.
    """

    winners: tuple[Bid, ...]
    price: int
    payments: dict[int, int]
    refunds: dict[int, int]
    forfeits: dict[int, int]
    redistributed: int


def resolve(bids: Iterable[Bid], slots: int, losers: Losers = "refund", reserve: int = 0) -> Outcome:
    """Give the slots to the highest bids, ties to the earlier and then to the lower id, all at one price.

    The price is the highest bid that did not win, and never less than the reserve. Bids below the reserve lose. Raises
    ValueError for fewer than one slot, an unknown rule for losers, negative amounts or a bid id used twice.
    """
    if slots < 1 or reserve < 0:
        raise ValueError(f"an auction needs slots >= 1 and a reserve >= 0, not {slots} and {reserve}")
    if losers not in ("refund", "forfeit"):
        raise ValueError(f"losers must be 'refund' or 'forfeit', not {losers!r}")
    ranked = sorted(bids, key=lambda bid: (-bid.amount, bid.at, bid.id))
    if ranked and ranked[-1].amount < 0:
        raise ValueError(f"bid {ranked[-1].id} is negative: {ranked[-1].amount}")
    if len({bid.id for bid in ranked}) != len(ranked):
        raise ValueError("two bids have the same id")
    winners = tuple(bid for bid in ranked[:slots] if bid.amount >= reserve)
    beaten = ranked[len(winners) :]
    price = max(reserve, beaten[0].amount) if beaten else reserve
    payments = {bid.id: price for bid in winners}
    refunds = {bid.id: bid.amount - price for bid in winners}
    forfeits: dict[int, int] = {}
    (refunds if losers == "refund" else forfeits).update((bid.id, bid.amount) for bid in beaten)
    redistributed = sum(payments.values()) + sum(forfeits.values())
    return Outcome(winners, price, payments, refunds, forfeits, redistributed)


def share_equally(amount: int, recipients: Sequence[str]) -> dict[str, int]:
    """Divide an amount to the last unit: in sorted order each gets the floor, the first `amount % n` one unit more.

    Raises ValueError for a negative amount, a recipient named twice, or scrip to share and nobody to take it.
    """
    if amount < 0:
        raise ValueError(f"cannot share {amount}")
    if not recipients:
        if amount:
            raise ValueError(f"nobody to share {amount} among")
        return {}
    names = sorted(recipients)
    if len(set(names)) != len(names):
        raise ValueError("a recipient is named twice")
    floor, remainder = divmod(amount, len(names))
    return {name: floor + (place < remainder) for place, name in enumerate(names)}
