"""Escrow beside a naive model that works out who has what from what was asked: any sequence of sales, bids and ends."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from engine.genesis import escrow
from engine.kernel.actions import Action, Delete, Transfer, Write
from engine.kernel.entities import SCRIP, SECOND, Json
from engine.kernel.errors import Refusal
from tests.engine.genesis.clockwork import Clockwork
from tests.engine.genesis.tiny import AGENTS, Tiny

BYTES = 100
"""Of each artifact; of three agents with 10,000 bytes of disk each, two have little of it left."""
KINDS = ("fixed", "english", "dutch", "paid")
agents = st.sampled_from(AGENTS)
amounts = st.sampled_from([1, 2, 3, 5, 8, 20, 150, 400, 900, 1_001])
seconds = st.integers(1, 9)
mostly = st.integers(0, 9).map(bool)


@dataclass
class Sold:
    """A sale as the model has it."""

    kind: str
    seller: str
    lot: list[str]
    at: int
    terms: dict[str, Any]
    ends: int | None
    bidder: str | None = None
    amount: int = 0
    bids: list[tuple[str, int]] = field(default_factory=list)

    def price(self, now: int) -> int:
        """What it costs now: a loop over the steps that have passed, where the engine calculates."""
        if self.kind != "dutch":
            return int(self.terms["price"])
        price, at = self.terms["start"], self.at + self.terms["interval"]
        while at <= now and price > self.terms["floor"]:
            price = max(self.terms["floor"], price - self.terms["step"])
            at += self.terms["interval"]
        return int(price)


class EscrowBesideAModel(RuleBasedStateMachine):
    """The model holds no funds: what is free and held is worked out from the sales that are open, anew each time."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Tiny()
        self.clock = Clockwork(self.world)
        self.scrip = dict.fromkeys(AGENTS, 1_000)
        self.owner: dict[str, str] = {}
        self.bytes_of: dict[str, str] = {}
        self.sales: dict[int, Sold] = {}

    @initialize()
    def furnish(self) -> None:
        for agent, filling in zip(AGENTS, (0, 9_200, 9_550), strict=True):
            if filling:
                self.world.make(agent, "x" * filling)
            for _ in range(2):
                made = self.world.make(agent, "y" * BYTES, access=("genesis_public",))
                self.owner[made] = self.bytes_of[made] = agent

    # -- the model -------------------------------------------------------------------------------------------------

    def held(self, agent: str) -> int:
        """What an agent has held: its highest bids, and what it has paid that is not settled."""
        return sum(sale.amount for sale in self.sales.values() if sale.bidder == agent)

    def free(self, agent: str) -> int:
        """What an agent has free."""
        return self.scrip[agent] - self.held(agent)

    def room(self, agent: str, without: int | None = None) -> int:
        """Bytes of disk that an agent has left, room for what it may get set aside."""
        filled = {"alice": 0, "bob": 9_200, "carol": 9_550}[agent] + BYTES * list(self.bytes_of.values()).count(agent)
        waiting = [s for n, s in self.sales.items() if s.bidder == agent and n != without]
        return 10_000 - filled - sum(BYTES * self.foreign(agent, sale.lot) for sale in waiting)

    def foreign(self, agent: str, lot: list[str]) -> int:
        """How many of a lot lie on somebody else's disk."""
        return sum(self.bytes_of[one] != agent for one in lot)

    def fits(self, agent: str, sale: int) -> bool:
        return self.room(agent, sale) >= BYTES * self.foreign(agent, self.sales[sale].lot)

    def goes_to(self, sale: Sold, buyer: str | None) -> None:
        """A lot leaves escrow: to a buyer with its bytes, or back."""
        for one in sale.lot:
            self.owner[one] = buyer or sale.seller
            if buyer is not None:
                self.bytes_of[one] = buyer

    def pass_to(self, now: int) -> None:
        """End what is due, in the order of time, then of kind, then of number."""
        order = {"fixed": 0, "english": 1, "dutch": 1, "paid": 2}
        while True:
            due = [(s.ends, order[s.kind], n) for n, s in self.sales.items() if s.ends is not None and s.ends <= now]
            if not due:
                return
            self.end(self.sales.pop(min(due)[2]))

    def end(self, sale: Sold) -> None:
        buyer = sale.bidder
        if sale.kind == "paid" and sale.terms["on_silence"] == "refund":
            buyer = None
        if buyer is not None:
            self.scrip[buyer] -= sale.amount
            self.scrip[sale.seller] += sale.amount
        self.goes_to(sale, buyer)

    # -- what agents do --------------------------------------------------------------------------------------------

    def offer(self, method: str, kind: str, agent: str, lot: list[str], ends: int | None, **terms: Any) -> None:
        """Put a lot up for sale, and expect what ought to come of it."""
        result = self.world.call(agent, f"genesis_escrow.{method}", artifacts=lot, **terms)
        # Everything is public, so anybody may offer what is not in escrow; it goes back to who offered it.
        fits = len(set(lot)) == len(lot) and all(self.owner[one] != escrow.ID for one in lot)
        assert isinstance(result, Refusal) != fits, result
        if not isinstance(result, Refusal):
            now = self.world.now
            self.sales[result["sale"]] = Sold(kind, agent, lot, now, terms, None if ends is None else now + ends)
            for one in lot:
                self.owner[one] = escrow.ID

    def some(self, data: st.DataObject) -> list[str]:
        """A lot: nine times of ten of what can be offered."""
        free = sorted(one for one, who in self.owner.items() if who != escrow.ID)
        likely = data.draw(mostly)
        if free and likely:
            return data.draw(st.lists(st.sampled_from(free), min_size=1, max_size=2, unique=True))
        return data.draw(st.lists(st.sampled_from(sorted(self.owner)), min_size=1, max_size=3))

    def open(self, *kinds: str) -> list[int]:
        """The numbers of the sales of some kinds."""
        return sorted(number for number, sale in self.sales.items() if sale.kind in kinds)

    def one(self, data: st.DataObject, *kinds: str) -> tuple[int, Sold]:
        number = data.draw(st.sampled_from(self.open(*kinds)))
        return number, self.sales[number]

    @rule(agent=agents, price=amounts, last=seconds | st.none(), arbiter=agents, data=st.data())
    def deposit(self, agent: str, price: int, last: int | None, arbiter: str, data: st.DataObject) -> None:
        terms: dict[str, Any] = {"price": price}
        if last is not None:
            terms["duration"] = last * SECOND
        if arbiter != agent and price < 900:
            fee, silence = data.draw(st.integers(0, price)), data.draw(st.sampled_from(["release", "refund"]))
            terms |= {"arbiter": arbiter, "fee": fee, "on_silence": silence, "decide_within": 3 * SECOND}
        self.offer("deposit", "fixed", agent, self.some(data), None if last is None else last * SECOND, **terms)

    @rule(agent=agents, reserve=amounts, step=st.integers(1, 4), last=seconds, late=st.integers(0, 3), data=st.data())
    def auction(self, agent: str, reserve: int, step: int, last: int, late: int, data: st.DataObject) -> None:
        terms = {"reserve": reserve, "increment": step, "duration": last * SECOND, "extension": late * SECOND}
        self.offer("auction", "english", agent, self.some(data), last * SECOND, **terms)

    @rule(agent=agents, bounds=st.tuples(amounts, amounts), step=st.integers(1, 300), data=st.data())
    def dutch(self, agent: str, bounds: tuple[int, int], step: int, data: st.DataObject) -> None:
        floor, start = sorted(bounds)
        terms = {"start": start, "floor": floor, "step": step, "interval": SECOND, "linger": 2 * SECOND}
        falling = -(-(start - floor) // step) * SECOND
        self.offer("dutch_auction", "dutch", agent, self.some(data), falling + 2 * SECOND, **terms)

    @precondition(lambda self: self.sales)
    @rule(agent=agents, data=st.data())
    def purchase(self, agent: str, data: st.DataObject) -> None:
        likely = data.draw(mostly)
        kinds = ("fixed", "dutch") if self.open("fixed", "dutch") and likely else KINDS
        number, sale = self.one(data, *kinds)
        result = self.world.call(agent, "genesis_escrow.purchase", sale=number)
        if sale.kind in ("english", "paid"):
            assert isinstance(result, Refusal)
            return
        price, arbiter = sale.price(self.world.now), sale.terms.get("arbiter")
        fits = agent not in (sale.seller, arbiter) and self.free(agent) >= price and self.fits(agent, number)
        assert isinstance(result, Refusal) != fits, result
        if not fits:
            return
        if arbiter is not None:
            self.sales[number] = Sold("paid", sale.seller, sale.lot, sale.at, sale.terms, self.world.now + 3 * SECOND)
            self.sales[number].bidder, self.sales[number].amount = agent, price
            return
        del self.sales[number]
        self.scrip[agent] -= price
        self.scrip[sale.seller] += price
        self.goes_to(sale, agent)

    @precondition(lambda self: self.open("english"))
    @rule(bids=st.lists(st.tuples(agents, st.integers(-1, 9) | st.just(500)), min_size=1, max_size=5), data=st.data())
    def bid(self, bids: list[tuple[str, int]], data: st.DataObject) -> None:
        number, sale = self.one(data, "english")
        for agent, more in bids:
            least = sale.amount + sale.terms["increment"] if sale.bidder else sale.terms["reserve"]
            amount = max(1, least + more)
            result = self.world.call(agent, "genesis_escrow.bid", sale=number, amount=amount)
            own = sale.amount if sale.bidder == agent else 0
            covered = self.free(agent) + own >= amount and self.fits(agent, number)
            fits = agent != sale.seller and amount >= least and covered
            assert isinstance(result, Refusal) != fits, result
            if fits:
                sale.bidder, sale.amount = agent, amount
                sale.bids.append((agent, amount))
                sale.ends = max(sale.ends or 0, self.world.now + sale.terms["extension"])

    @precondition(lambda self: self.sales)
    @rule(agent=agents, data=st.data())
    def cancel(self, agent: str, data: st.DataObject) -> None:
        number, sale = self.one(data, *KINDS)
        result = self.world.call(agent, "genesis_escrow.cancel", sale=number)
        fits = agent == sale.seller and sale.bidder is None
        assert isinstance(result, Refusal) != fits
        if fits:
            self.goes_to(self.sales.pop(number), None)

    @precondition(lambda self: self.open("paid"))
    @rule(agent=agents, how=st.sampled_from(["release", "refund", "rule", "rule"]), data=st.data())
    def settle(self, agent: str, how: str, data: st.DataObject) -> None:
        number, sale = self.one(data, "paid")
        assert sale.bidder is not None
        fee = sale.terms["fee"] if how == "rule" else 0
        may = {"release": sale.bidder, "refund": sale.seller, "rule": sale.terms["arbiter"]}[how]
        args: Json = {"sale": number}
        to_seller, delivered = (sale.amount, True) if how == "release" else (0, False)
        if how == "rule":
            to_seller = data.draw(st.integers(0, sale.amount - fee))
            delivered = data.draw(st.booleans())
            args |= {"outcome": "split", "to_seller": to_seller, "artifacts_to": "buyer" if delivered else "seller"}
        result = self.world.call(agent, f"genesis_escrow.{how}", **args)
        assert isinstance(result, Refusal) != (agent == may), result
        if agent == may:
            del self.sales[number]
            self.scrip[sale.bidder] -= to_seller + fee
            self.scrip[sale.seller] += to_seller
            self.scrip[sale.terms["arbiter"]] += fee
            self.goes_to(sale, sale.bidder if delivered else None)

    @rule(agent=agents, to=agents, data=st.data())
    def meddle(self, agent: str, to: str, data: st.DataObject) -> None:
        """Everything is public, and yet nobody gets at what is in escrow."""
        one = data.draw(st.sampled_from(sorted(self.owner)))
        actions: list[Action] = [Transfer(one, to), Write("z" * BYTES, one), Delete(one)]
        action = data.draw(st.sampled_from(actions))
        if self.owner[one] != escrow.ID and not isinstance(action, Transfer):
            return
        result = self.world.act(agent, action)
        assert isinstance(result, Refusal) == (self.owner[one] == escrow.ID)
        if not isinstance(result, Refusal):
            self.owner[one] = to

    @rule(micros=st.sampled_from([1, SECOND // 2, SECOND, 2 * SECOND, 3 * SECOND]))
    def pass_time(self, micros: int) -> None:
        self.clock.until(self.world.now + micros)
        self.pass_to(self.world.now)

    # -- laws ------------------------------------------------------------------------------------------------------

    @invariant()
    def everybody_has_what_the_model_says(self) -> None:
        for agent in AGENTS:
            assert self.world.has(agent) == (self.free(agent), self.held(agent)), agent
            assert self.world.has(agent, "disk")[0] == self.room(agent), agent
        assert sum(self.scrip.values()) == 3_000
        assert self.world.has(escrow.ID) == (0, 0)

    @invariant()
    def every_artifact_has_the_one_controller_that_the_model_says(self) -> None:
        assert {one: self.world.controller(one) for one in self.owner} == self.owner
        listed = {one for sale in self.sales.values() for one in sale.lot}
        assert listed == set(self.world.state.escrowed.rows) == {o for o, who in self.owner.items() if who == escrow.ID}

    @invariant()
    def holds_are_live_bids_and_payments_and_nothing_else(self) -> None:
        state = self.world.state
        scrip = sorted(hold.amount for hold in state.holds.rows.values() if hold.asset == SCRIP)
        assert scrip == sorted(sale.amount for sale in self.sales.values() if sale.bidder is not None)
        open_ = {*state.listings.rows, *state.auctions.rows, *state.arbitrations.rows}
        assert open_ == set(self.sales)

    @invariant()
    def auctions_are_sold_to_the_highest_bid_at_what_it_bid(self) -> None:
        for sale in self.sales.values():
            if sale.kind == "english" and sale.bids:
                assert (sale.bidder, sale.amount) == max(sale.bids, key=lambda bid: bid[1])


TestEscrow = EscrowBesideAModel.TestCase
TestEscrow.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
