"""What the mint's clock does: all bids are resolved at once; the only source of new scrip.

Winners all pay one price, their artifacts are scored, and `score // ratio` scrip is minted to them. What they paid is
shared among all agents to the last unit.
"""

from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, replace

from engine.genesis.hearing import Answers, Hearing
from engine.genesis.scorer import Score, Scorer, ScoringFailed, Sketch, Work, sketch
from engine.kernel import auction, ledger
from engine.kernel.ask import ModelQuestion
from engine.kernel.consult import consult, forget
from engine.kernel.entities import SCRIP, Artifact, Bid, Json, MintRound, Submission
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.models import ModelReply
from engine.kernel.transaction import Transaction
from engine.worldfile.schema import MintSection

ID = "genesis_mint"
CLOCK = "mint"
"""The id of the engine's clock whose next time is the next resolution."""
ASKED = 4
"""Questions to a model about one work, at most."""
REMEMBERED = 256
"""Rounds that are kept, and works in them that a new work is compared with at most."""


@dataclass(frozen=True, slots=True)
class _Award:
    """What became of a winning bid: a line for the record, and what it brought about."""

    line: Json
    minted: int
    paid: int


async def resolve(
    tx: Transaction, settings: MintSection, scorer: Scorer, known: Answers | None = None
) -> MintRound | None:
    """Resolve the auction over all bids there are; None if there are none, which only tells so.

    Where the scorer asks outside, this waits for the answers with the transaction open. `known` are those of a recorded
    run; then nobody is asked.
    """
    bids = tx.all(tx.state.bids)
    if not bids:
        tx.emit("mint.resolved", ID, "", round=None, bids=0, winners=0, price=0, minted=0, redistributed=0)
        return None
    number = tx.next_id("mint_round")
    sealed = [auction.Bid(b.id, b.bidder, b.amount, b.at) for b in bids]
    outcome = auction.resolve(sealed, settings.slots, settings.losers, settings.reserve)
    by_id = {bid.id: bid for bid in bids}
    works = _remembered(tx, number)
    desk = _Desk(tx, scorer, number, outcome.price, settings.ratio, works, known)
    awards = [await desk.award(by_id[winner.id]) for winner in outcome.winners]
    if tx.called:
        forget(tx, ID, number)
    won = {winner.id for winner in outcome.winners}
    _losers(tx, number, [bid for bid in bids if bid.id not in won], outcome.forfeits)
    for bid in bids:
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


def _losers(tx: Transaction, number: int, losers: Iterable[Bid], forfeits: dict[int, int]) -> None:
    """Return what losers have bid, or take what they forfeit; either way they are told."""
    for bid in losers:
        forfeited = bid.id in forfeits
        if forfeited:
            settled(ledger.post(tx, bid.hold, ID, forfeits[bid.id], "mint forfeit"))
        else:
            settled(ledger.void(tx, bid.hold))
        facts: Json = {"bid": bid.id, "artifact": bid.artifact, "amount": bid.amount, "forfeited": forfeited}
        tx.emit("mint.lost", ID, bid.bidder, round=number, **facts)


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the winners of one resolution are scored and paid, best bid first."""

    tx: Transaction
    scorer: Scorer
    number: int
    price: int
    ratio: int
    works: list[Work]
    known: Answers | None

    async def award(self, bid: Bid) -> _Award:
        """Score a winner's artifact, take the price and mint; where it cannot be scored, give everything back."""
        tx = self.tx
        row = tx.get(tx.state.artifacts, bid.artifact)
        if row is None:
            return self._failed(bid, "it is gone")
        if row.controller != bid.bidder:
            return self._failed(bid, f"it is {row.controller}'s by now")
        content = tx.get(tx.state.contents, row.id)
        text = content.text if content is not None else ""
        try:
            scored = await self._heard(bid, row, text)
        except ScoringFailed as failed:
            return self._failed(bid, f"it could not be scored: {failed}"[:300])
        self.works.append(Work(row.id, sketch(text)))
        if self.price:
            settled(ledger.post(tx, bid.hold, ID, self.price, "mint price"))
        if bid.amount > self.price:
            settled(ledger.void(tx, bid.hold))
        minted, reasons = scored.points // self.ratio, list(scored.reasons)
        if minted and (refusal := ledger.issue(tx, SCRIP, bid.bidder, minted, "mint")) is not None:
            minted = 0
            reasons.append(refusal.message)
        tx.put(tx.state.submissions, Submission(row.id, row.version, self.number))
        facts: Json = {"score": scored.points, "minted": minted, "paid": self.price, "reasons": reasons}
        tx.emit("mint.won", ID, bid.bidder, round=self.number, **_offer(bid), **facts)
        packed = _packed(self.works[-1].sketch)
        return _Award({**_offer(bid), "bidder": bid.bidder, **facts, "sketch": packed}, minted, self.price)

    def _heard(self, bid: Bid, row: Artifact, text: str) -> Awaitable[Score]:
        """The scorer at work on an artifact; what it is answered from outside is told."""

        def tell(told: Json) -> None:
            facts: Json = {"round": self.number, "bid": bid.id, "artifact": bid.artifact, **told}
            self.tx.emit("mint.answered", ID, bid.bidder, **facts)

        place: Json = {"at": self.tx.at, "round": self.number, "bid": bid.id}

        async def ask(question: ModelQuestion, count: int) -> ModelReply | Refusal:
            # The mint itself pays.
            own = replace(question, payer=ID, asker=ID, step=self.number, number=ASKED * bid.id + count)
            return await consult(self.tx, own)

        return Hearing(self.scorer.score(row, text, self.works), place, tell, self.known, ask)

    def _failed(self, bid: Bid, reason: str) -> _Award:
        """Return a winning bid whose artifact could not be scored; it may bid again."""
        settled(ledger.void(self.tx, bid.hold))
        self.tx.emit("mint.failed", ID, bid.bidder, round=self.number, **_offer(bid), reason=reason)
        facts: Json = {"score": None, "minted": 0, "paid": 0, "reasons": [reason], "sketch": ""}
        return _Award({**_offer(bid), "bidder": bid.bidder, **facts}, 0, 0)


def _offer(bid: Bid) -> Json:
    return {"bid": bid.id, "artifact": bid.artifact, "amount": bid.amount}


def _redistribute(tx: Transaction, number: int, amount: int) -> None:
    """Share what was taken in among all agents, equally and to the last unit: the first in order get one more."""
    if not amount:
        return
    agents = tx.agent_ids()
    for agent, share in auction.share_equally(amount, agents).items():
        if share:
            settled(ledger.transfer(tx, SCRIP, ID, agent, share, "ubi"))
    each, remainder = divmod(amount, len(agents))
    tx.emit("mint.ubi", ID, "", round=number, amount=amount, agents=len(agents), each=each, remainder=remainder)


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


def settled(refusal: Refusal | None) -> None:
    """Nothing can be refused of what is held: raises `InvariantBroken` if something is."""
    if refusal is not None:
        raise InvariantBroken(f"the mint could not settle a bid whose funds are held: {refusal}")
