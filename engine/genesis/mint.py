"""`genesis_mint`: sealed bids at any time, resolved by the engine's clock; the only source of new scrip.

Winners all pay one price, their artifacts are scored, and `score // ratio` scrip is minted to them. What they paid is
shared among all agents to the last unit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.capabilities import grants
from engine.capabilities.grants import Use
from engine.capabilities.policy import Policy
from engine.genesis.base import Args, Genesis, NoArgs, exactly, method
from engine.genesis.ledger import Amount, Id
from engine.genesis.scorer import Sketch, Work, score, sketch
from engine.kernel import auction, ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Artifact, Bid, Json, MintRound, Submission
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction
from engine.worldfile.schema import MintSection

ID = "genesis_mint"
CLOCK = "mint"
"""The id of the engine's clock whose next time is the next resolution."""
REMEMBERED = 256
"""Rounds that are kept, and works in them that a new work is compared with at most."""


class BidArgs(Args):
    """Arguments of `bid`."""

    artifact: Id
    amount: Amount


class WithdrawBidArgs(Args):
    """Arguments of `withdraw_bid`."""

    bid: int


# -- resolving -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Award:
    """What became of a winning bid: a line for the record, and what it brought about."""

    line: Json
    minted: int
    paid: int


def resolve(tx: Transaction, settings: MintSection) -> MintRound | None:
    """Resolve the auction over all bids there are; None if there are none, which only tells so."""
    bids = tx.all(tx.state.bids)
    if not bids:
        tx.emit("mint.resolved", ID, "", round=None, bids=0, winners=0, price=0, minted=0, redistributed=0)
        return None
    number = tx.next_id("mint_round")
    sealed = [auction.Bid(b.id, b.bidder, b.amount, b.at) for b in bids]
    outcome = auction.resolve(sealed, settings.slots, settings.losers, settings.reserve)
    by_id = {bid.id: bid for bid in bids}
    works = _remembered(tx, number)
    awards = [_award(tx, by_id[w.id], outcome.price, settings.ratio, number, works) for w in outcome.winners]
    for bid_id, amount in sorted(outcome.forfeits.items()):
        _paid(ledger.post(tx, by_id[bid_id].hold, ID, amount, "mint forfeit"))
    won = {winner.id for winner in outcome.winners}
    for bid in bids:
        if bid.id not in won and bid.id not in outcome.forfeits:
            _paid(ledger.void(tx, bid.hold))
        tx.delete(tx.state.bids, bid.id)
    minted = sum(a.minted for a in awards)
    taken = sum(a.paid for a in awards) + sum(outcome.forfeits.values())
    _redistribute(tx, number, taken)
    row = MintRound(number, tx.at, len(bids), outcome.price, minted, taken, tuple(a.line for a in awards))
    tx.put(tx.state.mint_rounds, row)
    if tx.get(tx.state.mint_rounds, number - REMEMBERED) is not None:
        tx.delete(tx.state.mint_rounds, number - REMEMBERED)
    tx.emit(
        "mint.resolved",
        ID,
        "",
        round=number,
        bids=len(bids),
        winners=len(awards),
        price=outcome.price,
        minted=minted,
        redistributed=taken,
    )
    return row


def _award(tx: Transaction, bid: Bid, price: int, ratio: int, number: int, works: list[Work]) -> _Award:
    """Score a winner's artifact, take the price and mint; where it cannot be scored, give everything back."""
    line: Json = {"bid": bid.id, "bidder": bid.bidder, "artifact": bid.artifact}
    row = tx.get(tx.state.artifacts, bid.artifact)
    if row is None or row.controller != bid.bidder:
        reason = "it is gone" if row is None else f"it is {row.controller}'s by now"
        _paid(ledger.void(tx, bid.hold))
        tx.emit("mint.failed", ID, bid.bidder, round=number, artifact=bid.artifact, reason=reason)
        return _Award({**line, "score": None, "minted": 0, "paid": 0, "reasons": [reason], "sketch": ""}, 0, 0)
    content = tx.get(tx.state.contents, row.id)
    text = content.text if content is not None else ""
    scored = score(row, text, works)
    works.append(Work(row.id, sketch(text)))
    if price:
        _paid(ledger.post(tx, bid.hold, ID, price, "mint price"))
    if bid.amount > price:
        _paid(ledger.void(tx, bid.hold))
    minted = scored.points // ratio
    reasons = list(scored.reasons)
    if minted and (refusal := ledger.issue(tx, SCRIP, bid.bidder, minted, "mint")) is not None:
        minted = 0
        reasons.append(refusal.message)
    tx.put(tx.state.submissions, Submission(row.id, row.version, number))
    facts: Json = {"score": scored.points, "minted": minted, "paid": price, "reasons": reasons}
    tx.emit("mint.won", ID, bid.bidder, round=number, artifact=row.id, **facts)
    return _Award({**line, **facts, "sketch": _packed(works[-1].sketch)}, minted, price)


def _redistribute(tx: Transaction, number: int, amount: int) -> None:
    """Share what was taken in among all agents, equally and to the last unit: the first in order get one more."""
    if not amount:
        return
    agents = tx.agent_ids()
    for agent, share in auction.share_equally(amount, agents).items():
        if share:
            _paid(ledger.transfer(tx, SCRIP, ID, agent, share, "ubi"))
    tx.emit("mint.ubi", ID, "", round=number, amount=amount, agents=len(agents), each=amount // len(agents))


def _remembered(tx: Transaction, before: int) -> list[Work]:
    """The works of the latest rounds, newest first."""
    works: list[Work] = []
    for number in range(before - 1, max(0, before - 1 - REMEMBERED), -1):
        row = tx.get(tx.state.mint_rounds, number)
        if row is not None:
            works.extend(Work(line["artifact"], _unpacked(line["sketch"])) for line in row.results if line["sketch"])
        if len(works) >= REMEMBERED:
            break
    return works


def _packed(values: Sketch) -> str:
    return "".join(f"{value:08x}" for value in values)


def _unpacked(text: str) -> Sketch:
    return tuple(int(text[at : at + 8], 16) for at in range(0, len(text), 8))


def _paid(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise InvariantBroken(f"the mint could not settle a bid whose funds are held: {refusal}")


# -- bidding -------------------------------------------------------------------------------------------------------


def _unfit(tx: Transaction, row: Artifact | None, bidder: str, args: BidArgs) -> Refusal | None:
    """Why the mint takes no bid of this bidder for this artifact."""
    if row is None:
        return Refusal("not_found", f"there is no artifact {args.artifact!r}")
    if row.controller != bidder:
        return Refusal("not_yours", f"{row.controller} controls {row.id}; bid for artifacts that you control")
    if row.has_standing:
        return Refusal("has_standing", f"{row.id} is a principal; the mint scores data and tools")
    scored = tx.get(tx.state.submissions, row.id)
    if scored is not None and scored.version == row.version:
        return Refusal("already_scored", f"version {row.version} of {row.id} has been scored; write another first")
    return None


def _withdraw(tx: Transaction, bid: Bid, reason: str) -> None:
    _paid(ledger.void(tx, bid.hold))
    tx.delete(tx.state.bids, bid.id)
    tx.emit("mint.withdrawn", bid.bidder, bid.artifact, bid=bid.id, artifact=bid.artifact, reason=reason)


def place_bid(call: Call, settings: MintSection, policy: Policy, args: BidArgs) -> Bid | Refusal:
    """Hold a sealed bid until the next resolution; one left by a former controller of the artifact is returned."""
    tx, bidder = call.tx, call.caller
    if settings.every is None:
        return Refusal("no_mint", "this world has no mint, so a bid would never be resolved")
    row = tx.get(tx.state.artifacts, args.artifact)
    if (refusal := _unfit(tx, row, bidder, args)) is not None or row is None:
        return refusal or Refusal("not_found", "")
    if args.amount < settings.reserve:
        return Refusal("below_reserve", f"a bid is {settings.reserve} scrip at least")
    for other in tx.scan(tx.state.bids_on, row.id):
        if other.bidder == bidder:
            return Refusal("already_bid", f"your bid {other.id} for {row.id} stands; withdraw it to bid anew")
        _withdraw(tx, other, f"{row.id} has changed hands")
    wanted = Use("mint.submit", row.id, {"scrip": args.amount}, exactly(args))
    if (refusal := grants.use(tx, policy, bidder, wanted, call.lent)) is not None:
        return refusal
    hold = ledger.reserve(tx, SCRIP, bidder, args.amount, f"bid {row.id}")
    if isinstance(hold, Refusal):
        return hold
    bid = Bid(tx.next_id("bid"), bidder, row.id, row.version, args.amount, hold.id, tx.at)
    tx.put(tx.state.bids, bid)
    tx.emit("mint.bid", bidder, row.id, bid=bid.id, artifact=row.id)
    return bid


def _status(tx: Transaction, settings: MintSection, caller: str) -> Json:
    clock = tx.get(tx.state.clocks, CLOCK)
    mine: Sequence[Bid] = tx.scan(tx.state.bids_of, caller)
    return {
        "next_at": clock.next_at if clock is not None else None,
        "slots": settings.slots,
        "ratio": settings.ratio,
        "reserve": settings.reserve,
        "losers": settings.losers,
        "bids": tx.count(tx.state.bids),
        "mine": [{"bid": b.id, "artifact": b.artifact, "amount": b.amount} for b in mine],
    }


def make(settings: MintSection, policy: Policy) -> Genesis:
    """The genesis artifact of a world's mint."""

    async def bid(call: Call, args: BidArgs) -> Json | Refusal:
        made = place_bid(call, settings, policy, args)
        return made if isinstance(made, Refusal) else {"bid": made.id, "artifact": made.artifact, "held": made.amount}

    async def withdraw_bid(call: Call, args: WithdrawBidArgs) -> Json | Refusal:
        found = call.tx.get(call.tx.state.bids, args.bid)
        if found is None or found.bidder != call.caller:
            return Refusal("not_found", f"you have no bid {args.bid} standing")
        _withdraw(call.tx, found, "asked")
        return {"bid": found.id, "released": found.amount}

    async def status(call: Call, args: NoArgs) -> Json | Refusal:
        return _status(call.tx, settings, call.caller)

    return Genesis(
        ID,
        "Mint",
        [
            method("bid", BidArgs, "Bid sealed for having an artifact of yours scored; one bid an artifact.", bid),
            method("withdraw_bid", WithdrawBidArgs, "Take back a bid of yours that is not resolved yet.", withdraw_bid),
            method("status", NoArgs, "When bids are resolved next, on which terms, and how many there are.", status),
        ],
    )
