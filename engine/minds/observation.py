"""What an agent sees when it decides: its own things and what is public, of the present only."""

from collections.abc import Sequence

import engine.kernel.entities as ent
from engine.kernel.book import Side
from engine.kernel.loans import Loan, LoanOffer, accrued
from engine.kernel.transaction import Transaction

MOST_SHOWN = 200
"""Artifacts of its own that a mind outside the engine, or a program, is shown; the store's list has them all."""


class Observation:
    """A live look at the world through the agent's own transaction; everything is computed when it is asked for."""

    __slots__ = ("_tx", "agent", "messages", "now", "prompt", "result", "step")

    def __init__(
        self, tx: Transaction, agent: str, step: int, prompt: str, result: ent.Json, messages: Sequence[ent.Message]
    ) -> None:
        self._tx = tx
        self.agent = agent
        self.now = tx.at
        self.step = step
        self.prompt = prompt
        self.result = result
        """The outcome of the last action: its result under `ok`, or its refusal under `refused`; empty at first."""
        self.messages = messages

    # -- itself ----------------------------------------------------------------------------------------------------

    def balance(self, asset: str = ent.SCRIP) -> int:
        """What the agent has free of an asset."""
        row = self._tx.get(self._tx.state.balances, (self.agent, asset))
        return row.available if row is not None else 0

    def held(self, asset: str = ent.SCRIP) -> int:
        """What the agent has held of an asset: in orders, bids, stored bytes."""
        row = self._tx.get(self._tx.state.balances, (self.agent, asset))
        return row.held if row is not None else 0

    def grants(self, verb: str) -> list[ent.Grant]:
        """The agent's active grants of a capability."""
        return self._tx.scan(self._tx.state.active_grants, (self.agent, verb))

    def last_request(self, verb: str) -> ent.Request | None:
        """The agent's latest request for a capability, decided or not."""
        return self._tx.latest(self._tx.state.last_requests, (self.agent, verb))

    def pending_requests(self) -> list[ent.Request]:
        """The agent's requests that nobody has answered yet, oldest first."""
        return self._tx.scan(self._tx.state.pending_requests, ("of", self.agent))

    def artifacts(self, type_: str | None = None) -> list[ent.Artifact]:
        """The artifacts that the agent controls, in order of id."""
        mine = self._tx.scan(self._tx.state.by_controller, self.agent)
        return [row for row in mine if type_ is None or row.type == type_]

    def content(self, artifact: str) -> str:
        """The content of an artifact that the agent controls; empty for any other."""
        row = self._tx.get(self._tx.state.artifacts, artifact)
        if row is None or row.controller != self.agent:
            return ""
        content = self._tx.get(self._tx.state.contents, artifact)
        return content.text if content is not None else ""

    def orders(self, instrument: str | None = None) -> list[ent.Order]:
        """The agent's resting orders, oldest first."""
        mine = self._tx.scan(self._tx.state.orders_of, self.agent)
        return [row for row in mine if instrument is None or row.instrument == instrument]

    def bids(self) -> list[ent.Bid]:
        """The agent's sealed bids at the mint."""
        return self._tx.scan(self._tx.state.bids_of, self.agent)

    def debts(self) -> list[Loan]:
        """The loans on which the agent owes, as of now."""
        return [accrued(row, self.now) for row in self._tx.scan(self._tx.state.loans_of, self.agent)]

    def claims(self) -> list[Loan]:
        """The loans whose artifacts the agent controls and on which something is owed, as of now."""
        held = self._tx.scan(self._tx.state.claims_of, self.agent)
        rows = (self._tx.get(self._tx.state.loans, artifact.id) for artifact in held)
        return [accrued(row, self.now) for row in rows if row is not None]

    def loan_offers(self) -> list[LoanOffer]:
        """The agent's own offers and asks that stand."""
        return self._tx.scan(self._tx.state.loan_offers_of, self.agent)

    def loan_offers_to(self, taker: str = "") -> list[LoanOffer]:
        """The offers and asks that only `taker` may take; those that anybody may take if it is empty."""
        return self._tx.scan(self._tx.state.loan_offers_for, taker)

    # -- what is public --------------------------------------------------------------------------------------------

    def agents(self) -> Sequence[str]:
        """The ids of all agents, in order; the agent itself among them. Read it, do not change it."""
        return self._tx.agent_ids()

    def wealth_of(self, agent: str) -> int:
        """The scrip that an agent has free: balances are public here."""
        row = self._tx.get(self._tx.state.balances, (agent, ent.SCRIP))
        return row.available if row is not None else 0

    def is_paused_or_dormant(self, agent: str) -> bool:
        """Whether an agent does nothing at present."""
        row = self._tx.get(self._tx.state.agents, agent)
        return row is None or row.paused or row.state is ent.AgentState.DORMANT

    def best(self, instrument: str, side: Side) -> int | None:
        """The best resting price on a side of the book."""
        return self._tx.book(instrument).best(side)

    def depth(self, instrument: str, side: Side, levels: int = 5) -> list[tuple[int, int, int]]:
        """(price, quantity, orders) of the best levels."""
        return self._tx.book(instrument).depth(side, levels)

    def last_price(self, instrument: str) -> int | None:
        """The price of the last trade."""
        row = self._tx.get(self._tx.state.instruments, instrument)
        return row.last_price if row is not None else None

    def listings(self) -> list[ent.Listing]:
        """What is for sale in escrow at a fixed price, in order of number."""
        return self._tx.all(self._tx.state.listings)

    def auctions(self) -> list[ent.Auction]:
        """The auctions that are open, in order of number."""
        return self._tx.all(self._tx.state.auctions)

    def cases(self) -> list[ent.Arbitration]:
        """Sales that are paid and not settled, of which the agent is seller, buyer or arbiter, in order of number."""
        return self._tx.scan(self._tx.state.arbitrations_of, self.agent)

    def artifact(self, artifact: str) -> ent.Artifact | None:
        """The public facts of an artifact: anything but its content."""
        return self._tx.get(self._tx.state.artifacts, artifact)

    def used(self, asset: str) -> int:
        """What the agent has used of a renewable asset in the window that ends now."""
        row = self._tx.get(self._tx.state.assets, asset)
        return self._tx.used(self.agent, asset, row.window) if row is not None and row.window else 0

    def to_json(self) -> ent.Json:
        """What a mind outside the engine is shown: the agent's own things as plain data."""
        balances = self._tx.scan(self._tx.state.balances_of, self.agent)
        return {
            "agent": self.agent,
            "now": self.now,
            "step": self.step,
            "prompt": self.prompt,
            "result": self.result,
            "messages": [_shown(message) for message in self.messages],
            "balances": {row.asset: {"available": row.available, "held": row.held} for row in balances},
            "requests": [
                {"request": r.id, "verb": r.verb, "resource": r.resource, "decide_by": r.decide_by}
                for r in self.pending_requests()
            ],
            "grants": [
                {"grant": g.id, "verb": g.verb, "resource": g.resource, "uses_left": g.uses_left}
                for g in self._tx.scan(self._tx.state.active_grants, self.agent)
            ],
            "artifacts": [row.id for row in self.artifacts()[:MOST_SHOWN]],
        }


def _shown(message: ent.Message) -> ent.Json:
    """A message as a mind outside the engine sees it; one that puts or answers a request says which."""
    told: ent.Json = {"from": message.sender, "topic": message.topic, "body": message.body, "at": message.at}
    if message.request is not None:
        told[message.kind] = message.request
    return told
