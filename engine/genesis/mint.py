"""`genesis_mint`: sealed bids at any time, resolved by the engine's clock (see `resolution`)."""

from collections.abc import Sequence

from engine.capabilities import grants
from engine.capabilities.grants import Use
from engine.capabilities.policy import Policy
from engine.genesis.base import Args, Genesis, NoArgs, exactly, method
from engine.genesis.ledger import Amount, Id
from engine.genesis.resolution import CLOCK, ID, settled
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Artifact, Bid, Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from engine.worldfile.schema import MintSection


class BidArgs(Args):
    """Arguments of `bid`."""

    artifact: Id
    amount: Amount


class WithdrawBidArgs(Args):
    """Arguments of `withdraw_bid`."""

    bid: int


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
    settled(ledger.void(tx, bid.hold))
    tx.delete(tx.state.bids, bid.id)
    tx.emit("mint.withdrawn", bid.bidder, bid.artifact, bid=bid.id, artifact=bid.artifact, reason=reason)


def place_bid(call: Call, settings: MintSection, policy: Policy, args: BidArgs) -> Bid | Refusal:
    """Hold a sealed bid until the next resolution; one left by a former controller of the artifact is returned."""
    tx, bidder = call.tx, call.caller
    if not settings.open:
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
        "cron": settings.cron,
        "scorer": settings.scorer,
        **({"criteria": settings.llm.criteria} if settings.llm is not None else {}),
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
