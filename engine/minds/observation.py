"""What an agent sees when it decides: its own things and what is public, of the present only."""

from collections.abc import Mapping, Sequence

import engine.kernel.entities as ent
from engine.genesis.contracts import CONTRACTS
from engine.genesis.full_text import FullText, available
from engine.genesis.memories import own
from engine.genesis.resolution import CLOCK
from engine.kernel.book import Side
from engine.kernel.loans import Loan, LoanOffer, accrued
from engine.kernel.transaction import Transaction

RECENT = 200
"""Sales and offers by number, the latest, of which it is looked whether they are open still."""
MOST_SHOWN = 200
"""Artifacts of its own that a mind outside the engine, or a program, is shown; the store's list has them all."""


class Observation:
    """A live look at the world through the agent's own transaction; everything is computed when it is asked for."""

    __slots__ = ("_tx", "agent", "messages", "now", "prompt", "result", "step", "tariff")

    def __init__(
        self,
        tx: Transaction,
        agent: str,
        step: int,
        prompt: str,
        result: ent.Json,
        messages: Sequence[ent.Message],
        tariff: Mapping[str, int] | None = None,
    ) -> None:
        self._tx = tx
        self.agent = agent
        self.now = tx.at
        self.step = step
        self.prompt = prompt
        self.result = result
        """The outcome of the last action: its result under `ok`, or its refusal under `refused`; empty at first."""
        self.messages = messages
        self.tariff = tariff or {}
        """What each action costs in CPU-µs, by its name."""

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

    def balances(self) -> list[ent.Balance]:
        """All that the agent has, by asset."""
        return self._tx.scan(self._tx.state.balances_of, self.agent)

    def spending(self, asset: str) -> ent.Spending:
        """What the agent has spent of a depletable asset so far, and in how many calls."""
        return self._tx.get(self._tx.state.spending, (self.agent, asset)) or ent.Spending(self.agent, asset, 0, 0)

    def all_grants(self) -> list[ent.Grant]:
        """The agent's active grants of all capabilities."""
        return self._tx.scan(self._tx.state.active_grants, self.agent)

    def newest_artifacts(self, most: int) -> tuple[list[ent.Artifact], int]:
        """The artifacts that the agent controls, those changed last first, and how many there are; not itself."""
        mine = [row for row in self.artifacts() if row.id != self.agent]
        mine.sort(key=lambda row: (-row.updated_at, row.id))
        return mine[:most], len(mine)

    def recall(self, query: str, most: int) -> list[ent.MemoryEntry]:
        """Entries of the agent's own memory in which words of the query occur, the best first.

        None where the memory is for sale or governed by code of agents, which would have to be asked.
        """
        tx, state = self._tx, self._tx.state
        memory = own(tx, self.agent)
        if most < 1 or not isinstance(memory, ent.Artifact) or not available():
            return []
        if not set(memory.access) <= CONTRACTS.keys() or tx.get(state.escrowed, memory.id) is not None:
            return []
        found = FullText.of(state).search(tx, memory.id, query)[:most]
        rows = (tx.get(state.memory_entries, (memory.id, number)) for number, _ in found)
        return [row for row in rows if row is not None]

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

    def newest_listings(self, most: int) -> list[ent.Listing]:
        """The fixed-price sales of the latest numbers that are open, the newest first."""
        return self._tx.page(self._tx.state.listing_ids, self._since("sale"), RECENT)[::-1][:most]

    def newest_auctions(self, most: int) -> list[ent.Auction]:
        """The auctions of the latest numbers that are open, the newest first."""
        return self._tx.page(self._tx.state.auction_ids, self._since("sale"), RECENT)[::-1][:most]

    def newest_loan_offers(self, most: int) -> list[LoanOffer]:
        """The offers and asks of the latest numbers that the agent may take, the newest first."""
        rows = self._tx.page(self._tx.state.loan_offer_ids, self._since("loan_offer"), RECENT)[::-1]
        return [row for row in rows if row.only in ("", self.agent) and row.maker != self.agent][:most]

    def _since(self, counter: str) -> int:
        row = self._tx.get(self._tx.state.counters, counter)
        return max(0, row.value - RECENT) if row is not None else 0

    def cases(self) -> list[ent.Arbitration]:
        """Sales that are paid and not settled, of which the agent is seller, buyer or arbiter, in order of number."""
        return self._tx.scan(self._tx.state.arbitrations_of, self.agent)

    def artifact(self, artifact: str) -> ent.Artifact | None:
        """The public facts of an artifact: anything but its content."""
        return self._tx.get(self._tx.state.artifacts, artifact)

    def assets(self) -> list[ent.Asset]:
        """Scrip and the resources of this world, in order of id."""
        return self._tx.scan(self._tx.state.assets_of_the_world, True)

    def instruments(self) -> list[ent.Instrument]:
        """What trades against scrip, in order of id."""
        return self._tx.all(self._tx.state.instruments)

    def interface(self, artifact: str) -> ent.Json:
        """The interface of an artifact; empty if it has none."""
        row = self._tx.get(self._tx.state.artifacts, artifact)
        return (row.interface or {}) if row is not None else {}

    def page(self, name: str) -> str:
        """A page of the handbook; empty if there is none of that name."""
        row = self._tx.get(self._tx.state.artifacts, name)
        if row is None or row.type != "handbook" or not name.startswith("handbook_"):
            return ""
        content = self._tx.get(self._tx.state.contents, name)
        return content.text if content is not None else ""

    def mint(self) -> ent.Clock | None:
        """The clock of the mint; None where there is no mint."""
        return self._tx.get(self._tx.state.clocks, CLOCK)

    def last_round(self) -> ent.MintRound | None:
        """The last resolution of the mint."""
        count = self._tx.get(self._tx.state.counters, "mint_round")
        return self._tx.get(self._tx.state.mint_rounds, count.value) if count is not None else None

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
