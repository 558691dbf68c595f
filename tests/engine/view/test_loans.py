"""Loans as the console shows them: as of now, with who is paid by now, and what has become of them."""

from dataclasses import replace
from typing import Any

from engine.genesis import lending
from engine.kernel import ledger
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from engine.view.debt_types import LoanRow
from engine.view.types import AgentView, ArtifactView, Topic
from tests.engine.view.view_kit import MINUTE, SECOND, HandMade

TERMS: Json = {"rate": 1_000, "period": MINUTE, "periods": 2, "schedule": "interest_only", "compound": False}
TERMS |= {"grace": MINUTE, "late_rate": 0, "early_fee": 0, "recourse": False, "auto_pay": True}


def owed(principals: dict[str, int]) -> HandMade:
    """Alice has lent to each of some others."""
    world = HandMade()
    for name in ("alice", *principals):
        world.agent(name)

    def lend(tx: Any) -> None:
        assert ledger.issue(tx, "disk", "alice", 1_000, "room") is None
        for borrower, principal in principals.items():
            loan = lending.new_loan(tx, "alice", borrower, principal, TERMS)
            assert not isinstance(loan, Refusal)
            lending.secured(tx, loan, ({"asset": "disk", "amount": 5, "value": 2, "hold": 1},))

    world.commit(lend)
    return world


def rows(world: HandMade, **query: Any) -> list[LoanRow]:
    return list(world.page(Topic.LOANS, **query).rows)


def test_a_loan_is_shown_with_the_interest_to_this_instant() -> None:
    world = owed({"bob": 100})
    (row,) = rows(world)
    assert (row.borrower, row.holder, row.owed, row.state, row.paid) == ("bob", "alice", 100, "current", (0, 2))
    assert (row.rate, row.period, row.collateral) == (1_000, MINUTE, "5 disk at 2")
    world.commit(lambda tx: None, after=30 * SECOND)
    assert rows(world)[0].owed == 105


def test_the_newest_come_first_and_any_column_orders_them() -> None:
    world = owed({"bob": 30, "carol": 60})
    assert [row.borrower for row in rows(world)] == ["carol", "bob"]
    assert [row.borrower for row in rows(world, sort="owed", reverse=False)] == ["bob", "carol"]
    assert [row.borrower for row in rows(world, sort="owed", reverse=True)] == ["carol", "bob"]
    assert [row.borrower for row in rows(world, sort="borrower")] == ["bob", "carol"]
    assert [row.borrower for row in rows(world, filter="carol")] == ["carol"]


def test_a_claim_that_changes_hands_is_shown_with_its_new_holder() -> None:
    world = owed({"bob": 30})
    before = world.show(Topic.LOANS)

    def give(tx: Any) -> None:
        tx.put(tx.state.artifacts, replace(tx.get(tx.state.artifacts, "loan.1"), controller="bob"))

    world.commit(give)
    assert world.show(Topic.LOANS).revision != before.revision
    assert rows(world)[0].holder == "bob"
    assert [row.id for row in rows(world, filter="alice")] == ["loan.1"]  # who has lent it is looked in, too


def test_an_agent_shows_its_debts_and_claims() -> None:
    world = owed({"bob": 30, "carol": 60})
    alice, bob = world.data(Topic.AGENT, key="alice"), world.data(Topic.AGENT, key="bob")
    assert isinstance(alice, AgentView)
    assert isinstance(bob, AgentView)
    assert ([row.borrower for row in alice.owed], alice.owing) == (["bob", "carol"], ())
    assert ([row.holder for row in bob.owing], bob.owed) == (["alice"], ())


def test_what_becomes_of_a_loan_is_the_history_of_its_artifact() -> None:
    world = owed({"bob": 100})
    world.commit(lambda tx: lending.mature(tx, "loan.1"), after=MINUTE)
    view = world.data(Topic.ARTIFACT, key="loan.1")
    assert isinstance(view, ArtifactView)
    assert [event.type for event in view.history] == ["debt.paid", "debt.lent"]
