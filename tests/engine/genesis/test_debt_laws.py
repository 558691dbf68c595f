"""The laws of debt, whatever agents and time do: nothing is made or lost, nobody is below zero, collateral is held."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine.genesis import debt, lending
from engine.kernel import ledger
from engine.kernel.actions import Delete, Transfer, Write
from engine.kernel.entities import ISSUANCE, SCRIP, Json
from engine.kernel.errors import Refusal
from engine.kernel.loans import IN_DEFAULT, OUTSTANDING, LoanSide, LoanState, Schedule
from tests.engine.genesis.tiny import AGENTS, Tiny

HOUR = 3_600_000_000
agents = st.sampled_from(AGENTS)
options = st.fixed_dictionaries(
    {},
    optional={
        "compound": st.booleans(),
        "grace": st.integers(0, 30 * HOUR),
        "late_rate": st.integers(0, 3_000),
        "early_fee": st.integers(0, 1_000),
        "recourse": st.booleans(),
    },
)
terms = st.fixed_dictionaries(
    {"principal": st.integers(1, 300), "rate": st.integers(0, 2_000), "period": st.integers(1, 24 * HOUR)},
    optional={
        "periods": st.integers(1, 6),
        "schedule": st.sampled_from([one.value for one in Schedule]),
        "options": options,
        "only": agents,
        "expires_in": st.integers(1, 48 * HOUR),
    },
)
values = st.none() | st.integers(1, 20)


class Debts(RuleBasedStateMachine):
    """Three agents lend, borrow, pay, sell claims and go broke; time passes as the engine's timers have it."""

    @initialize()
    def begin(self) -> None:
        self.world = Tiny()
        self.notes = [self.world.make(agent, f"a tale of {agent}", access=("genesis_private",)) for agent in AGENTS]
        self.scrip = ledger.issued(self.world.begin(), SCRIP)
        self.owed: dict[str, int] = {}

    def items(self, data: st.DataObject) -> list[Json]:
        pledge: list[Json] = []
        if data.draw(st.booleans()):
            pledge.append({"asset": data.draw(st.sampled_from(["disk", "cpu_rate", "scrip"]))})
            pledge[0] |= {"amount": data.draw(st.integers(1, 400)), "value": data.draw(values)}
        if data.draw(st.booleans()):
            claims = sorted(self.world.state.loans.rows)
            pledge.append({"artifact": data.draw(st.sampled_from([*self.notes, *claims])), "value": data.draw(values)})
        return [{name: value for name, value in item.items() if value is not None} for item in pledge]

    @rule(data=st.data(), agent=agents, wanted=terms, ask=st.booleans())
    def offer(self, data: st.DataObject, agent: str, wanted: Json, ask: bool) -> None:
        more = {"auto_pay": data.draw(st.booleans())} if ask else {}
        self.world.call(
            agent, f"genesis_debt.{'ask' if ask else 'offer'}", **wanted, collateral=self.items(data), **more
        )

    @rule(data=st.data(), agent=agents, auto_pay=st.booleans())
    def accept(self, data: st.DataObject, agent: str, auto_pay: bool) -> None:
        standing = sorted(self.world.state.loan_offers.rows)
        if standing:
            offer = data.draw(st.sampled_from(standing))
            self.world.call(agent, "genesis_debt.accept", offer=offer, auto_pay=auto_pay)

    @rule(data=st.data(), lender=agents, borrower=agents, wanted=terms)
    def deal(self, data: st.DataObject, lender: str, borrower: str, wanted: Json) -> None:
        plain = {name: value for name, value in wanted.items() if name not in ("only", "expires_in")}
        made = self.world.call(
            lender, "genesis_debt.offer", **plain, collateral=self.items(data) if data.draw(st.booleans()) else []
        )
        if not isinstance(made, Refusal):
            self.world.call(borrower, "genesis_debt.accept", offer=made["offer"], auto_pay=data.draw(st.booleans()))

    @rule(agent=agents, to=agents)
    def go_broke(self, agent: str, to: str) -> None:
        if free := self.world.has(agent)[0]:
            self.world.ok(agent, "genesis_ledger.transfer", to=to, amount=free)

    @rule(data=st.data(), agent=agents)
    def withdraw(self, data: st.DataObject, agent: str) -> None:
        standing = sorted(self.world.state.loan_offers.rows)
        if standing:
            self.world.call(agent, "genesis_debt.withdraw", offer=data.draw(st.sampled_from(standing)))

    @rule(data=st.data(), agent=agents, method=st.sampled_from(["pay", "pay", "repay", "collect", "forgive"]))
    def settle(self, data: st.DataObject, agent: str, method: str) -> None:
        loans = sorted(self.world.state.loans.rows)
        if loans:
            amount = data.draw(st.none() | st.integers(1, 800)) if method == "pay" else None
            more = {} if amount is None else {"amount": amount}
            self.world.call(agent, f"genesis_debt.{method}", loan=data.draw(st.sampled_from(loans)), **more)

    @rule(data=st.data(), agent=agents, to=st.sampled_from([*AGENTS, "genesis_store"]))
    def move(self, data: st.DataObject, agent: str, to: str) -> None:
        things = [*self.notes, *sorted(self.world.state.loans.rows)]
        thing = data.draw(st.sampled_from(things))
        made: Any = data.draw(st.sampled_from([Transfer(thing, to), Delete(thing), Write("other", thing)]))
        if thing in self.notes and isinstance(made, Delete):
            return
        done = self.world.act(agent, made)
        assert isinstance(done, Refusal) or thing in self.notes or isinstance(made, Transfer)

    @rule(data=st.data(), agent=agents)
    def sell(self, data: st.DataObject, agent: str) -> None:
        thing = data.draw(st.sampled_from([*self.notes, *sorted(self.world.state.loans.rows)]))
        self.world.call(agent, "genesis_escrow.deposit", artifact=thing, price=data.draw(st.integers(1, 50)))
        self.world.call(data.draw(agents), "genesis_escrow.purchase", artifact=thing)

    @rule(agent=agents, to=agents, amount=st.integers(1, 900))
    def give(self, agent: str, to: str, amount: int) -> None:
        self.world.call(agent, "genesis_ledger.transfer", to=to, amount=amount)

    @rule(passed=st.integers(1, 96 * HOUR))
    def time_passes(self, passed: int) -> None:
        world, until = self.world, self.world.now + passed
        while True:
            due = [(one.next_at, 1, one.number) for one in world.state.loans.rows.values() if one.next_at is not None]
            ends = [(o.expires_at, 0, o.id) for o in world.state.loan_offers.rows.values() if o.expires_at is not None]
            if not (ahead := [one for one in sorted([*due, *ends]) if one[0] <= until]):
                break
            at, kind, number = ahead[0]
            assert at >= world.now or kind == 0, "a loan was passed by"
            world.now = max(at, world.now)
            tx = world.begin()
            lending.mature(tx, f"loan.{number}") if kind else debt.expire(tx, number)
            world.commit(tx)
            self.laws()
        world.now = until

    @invariant()
    def laws(self) -> None:
        if not hasattr(self, "world"):
            return
        state = self.world.state
        ledger.check_conservation(state)  # nothing negative, holds equal what is held
        assert ledger.issued(self.world.begin(), SCRIP) == self.scrip, "debt makes no money"
        assert all(row.available >= 0 for row in state.balances.rows.values() if row.principal != ISSUANCE)
        self._custody()
        for loan in state.loans.rows.values():
            assert loan.owed > 0
            assert 0 <= loan.due_principal <= loan.left <= loan.base <= loan.left + loan.interest
            assert 0 <= loan.due_interest <= loan.interest
            assert (loan.state is LoanState.CURRENT) == (not loan.due)
            assert (loan.next_at is None) == (loan.state is LoanState.DEFAULTED)
            artifact = state.artifacts.rows[loan.id]
            assert artifact.metadata["status"] == (IN_DEFAULT if loan.state is LoanState.DEFAULTED else OUTSTANDING)
            assert self.world.begin().is_principal(lending.payee(self.world.begin(), loan))

    def _custody(self) -> None:
        """Holds and control of genesis_debt are exactly the collateral and the money offered."""
        state = self.world.state
        pledged = [item for loan in state.loans.rows.values() for item in loan.collateral]
        for offer in state.loan_offers.rows.values():
            if offer.side is LoanSide.BORROW:
                pledged += offer.collateral
        holds = {item["hold"]: item["amount"] for item in pledged if "hold" in item}
        holds |= {o.hold: o.principal for o in state.loan_offers.rows.values() if o.hold is not None}
        kept = {
            hold.id: hold.amount for hold in state.holds.rows.values() if "loan" in hold.purpose.split("artifact")[0]
        }
        assert kept == holds
        controlled = {key for key, row in state.artifacts.rows.items() if row.controller == "genesis_debt"}
        assert controlled - {"genesis_debt"} == {item["artifact"] for item in pledged if "artifact" in item}


TestDebts = Debts.TestCase
TestDebts.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
