"""Budgets: reserved at the worst case, settled at what it cost, once; and never above the cap in any interleaving."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel import budget, ledger
from engine.kernel.access import roll_back
from engine.kernel.budget import LLM, Price, estimate
from engine.kernel.entities import ISSUANCE, SCRIP, Asset, AssetKind, BudgetCall, CallState
from engine.kernel.errors import Conflict, Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

CAP = 1_000
PAYERS = ("ann", "bob", "cid")


def world(given_out: int = 300) -> State:
    state = State()
    tx = state.begin(0, ("test",))
    tx.put(state.assets, Asset(LLM, AssetKind.DEPLETABLE, "µUSD", True, 0, CAP))
    tx.put(state.assets, Asset(SCRIP, AssetKind.SCRIP, "scrip", True, 0, None))
    for payer in PAYERS:
        assert ledger.issue(tx, LLM, payer, given_out, "genesis") is None
    tx.commit()
    return state


def begin(state: State) -> Transaction:
    return state.begin(state.now, ("test",))


def code(result: object) -> str:
    assert isinstance(result, Refusal), result
    return result.code


def has(state: State, payer: str) -> tuple[int, int]:
    row = state.balances.rows[(payer, LLM)]
    return row.available, row.held


def spent(state: State, who: str = ISSUANCE) -> int:
    row = state.spending.rows.get((who, LLM))
    return row.spent if row is not None else 0


def test_the_rest_of_a_reservation_is_given_back() -> None:
    state = world()
    tx = begin(state)
    assert isinstance(budget.reserve(tx, "call:1", LLM, "ann", 100, "a call"), BudgetCall)
    tx.commit()
    assert has(state, "ann") == (200, 100)
    tx = begin(state)
    assert isinstance(budget.settle(tx, "call:1", 30), BudgetCall)
    tx.commit()
    assert has(state, "ann") == (270, 0)
    assert (spent(state), spent(state, "ann"), spent(state, "bob")) == (30, 30, 0)
    ledger.check_conservation(state)


def test_a_call_is_reserved_settled_and_cancelled_once() -> None:
    state = world()
    tx = begin(state)
    first = budget.reserve(tx, "call:1", LLM, "ann", 100, "a call")
    assert budget.reserve(tx, "call:1", LLM, "ann", 100, "a call") == first
    assert code(budget.reserve(tx, "call:1", LLM, "ann", 101, "a call")) == "call_known"
    assert code(budget.reserve(tx, "call:1", LLM, "bob", 100, "a call")) == "call_known"
    done = budget.settle(tx, "call:1", 40)
    assert budget.settle(tx, "call:1", 40) == done
    assert code(budget.settle(tx, "call:1", 41)) == "call_over"
    assert code(budget.cancel(tx, "call:1")) == "call_over"
    assert budget.reserve(tx, "call:1", LLM, "ann", 100, "a call") == done
    budget.reserve(tx, "call:2", LLM, "ann", 100, "a call")
    assert budget.cancel(tx, "call:2") == budget.cancel(tx, "call:2")
    assert code(budget.settle(tx, "call:2", 1)) == "call_over"
    assert code(budget.settle(tx, "call:3", 1)) == code(budget.cancel(tx, "call:3")) == "unknown_call"
    tx.commit()
    assert has(state, "ann") == (260, 0)


@pytest.mark.parametrize("cost", [101, -1, 10**20, True])
def test_no_call_costs_more_than_was_reserved(cost: int) -> None:
    tx = begin(world())
    budget.reserve(tx, "call:1", LLM, "ann", 100, "a call")
    assert code(budget.settle(tx, "call:1", cost)) == "over_reservation"


def test_what_is_reserved_can_be_neither_given_away_nor_reserved_again() -> None:
    tx = begin(world())
    budget.reserve(tx, "call:1", LLM, "ann", 250, "a call")
    assert code(ledger.transfer(tx, LLM, "ann", "bob", 51, "gift")) == "insufficient_funds"
    assert code(budget.reserve(tx, "call:2", LLM, "ann", 51, "a call")) == "insufficient_funds"
    assert code(budget.spend(tx, LLM, "ann", 51, "thought")) == "insufficient_funds"
    assert budget.spend(tx, LLM, "ann", 50, "thought") is None


def test_only_a_depletable_asset_is_a_budget() -> None:
    tx = begin(world())
    assert code(budget.reserve(tx, "call:1", SCRIP, "ann", 1, "a call")) == "not_a_budget"
    assert code(budget.spend(tx, SCRIP, "ann", 1, "thought")) == "not_a_budget"
    assert code(budget.spend(tx, "gold", "ann", 1, "thought")) == "unknown_asset"


def test_calls_that_are_over_are_forgotten_but_the_latest() -> None:
    state = world()
    for n in range(60):
        state.now = n
        tx = begin(state)
        budget.reserve(tx, f"call:{n}", LLM, "ann", 2, "a call")
        budget.settle(tx, f"call:{n}", 1)
        tx.commit()
    assert len(state.budget_calls.rows) == budget.KEPT
    assert "call:59" in state.budget_calls.rows
    assert spent(state) == 60


UNITS = st.integers(0, 10**6)


@given(UNITS, st.integers(0, 10**9), st.integers(0, 10**9), UNITS, UNITS)
def test_an_estimate_is_never_below_the_cost(call: int, per_in: int, per_out: int, taken: int, most: int) -> None:
    price = Price(call, per_in, per_out)
    worst = estimate(price, taken, most)
    assert estimate(price, taken, most // 2) <= worst
    exact = call * 10**6 + per_in * taken + per_out * most
    assert 0 <= worst * 10**6 - exact < 10**6


def act(tx: Transaction, rng: Random, calls: list[str]) -> None:
    """Something that callers and the operator do, as far as it is allowed."""
    payer, amount = rng.choice(PAYERS), rng.randint(1, 400)
    match rng.randrange(6):
        case 0 | 1:
            call = f"call:{len(calls)}"
            calls.append(call)
            budget.reserve(tx, call, LLM, payer, amount, "a call")
        case 2 if calls:
            budget.settle(tx, rng.choice(calls), rng.randint(0, 400))
        case 3 if calls:
            budget.cancel(tx, rng.choice(calls))
        case 4:
            ledger.transfer(tx, LLM, payer, rng.choice(PAYERS), amount, "gift")
        case _:
            if budget.drawn(tx, LLM) + amount <= CAP:
                ledger.issue(tx, LLM, payer, amount, "funded")
            else:
                budget.spend(tx, LLM, payer, amount, "thought")


def interleaved(seed: int) -> State:
    """Several callers with transactions open at once; who has read what has moved begins again."""
    rng, state, calls = Random(seed), world(100), list[str]()
    under_way: list[Transaction] = []
    for _ in range(40):
        if under_way and rng.random() < 0.5:
            try:
                under_way.pop(rng.randrange(len(under_way))).commit()
            except Conflict:
                continue
            reserved = sum(row.most for row in state.budget_calls.rows.values() if row.state is CallState.OPEN)
            left = -state.balances.rows[(ISSUANCE, LLM)].available
            assert spent(state) + reserved <= spent(state) + left <= CAP
            assert spent(state) == sum(spent(state, payer) for payer in PAYERS)
            ledger.check_conservation(state)
        else:
            tx = begin(state)
            for _ in range(rng.randint(1, 3)):
                act(tx, rng, calls)
            under_way.append(tx)
    return state


def test_in_a_thousand_schedules_spending_and_reservations_stay_below_the_cap() -> None:
    ends = [interleaved(seed) for seed in range(1_000)]
    assert sum(spent(state) for state in ends) > 50_000
    assert any(spent(state) > CAP * 9 // 10 for state in ends)


def test_a_vector_stays_paid_when_the_action_that_it_was_for_comes_to_nothing() -> None:
    """However deep it was asked for; and of what the action itself had brought in, nothing is there any more."""
    state = world()
    tx = begin(state)
    outer = tx.savepoint()
    assert ledger.transfer(tx, LLM, "bob", "ann", 50, "gift") is None
    inner = tx.savepoint()
    tx.emit("memory.embedded", "ann", "m", cost=30)
    budget.charge(tx, "ann", 30, budget.EMBEDDING)
    tx.emit("memory.embedded", "ann", "m", cost=None)  # of a model whose price nobody knows
    roll_back(tx, inner)
    roll_back(tx, outer)
    tx.commit()
    assert (has(state, "ann"), has(state, "bob")) == ((270, 0), (300, 0))
    assert state.spending.rows[("ann", LLM)].spent == state.spending.rows[(ISSUANCE, LLM)].spent == 30
    ledger.check_conservation(state)


def test_what_costs_more_than_is_there_takes_that_and_tells_and_where_nothing_costs_nothing_is_taken() -> None:
    state = world(given_out=20)
    tx = begin(state)
    budget.charge(tx, "ann", 30, budget.EMBEDDING)
    assert [(event.type, event.data["claimed"]) for event in tx.events] == [("budget.overrun", 30)]
    budget.charge(tx, "bob", 0, budget.EMBEDDING)
    tx.commit()
    assert (has(state, "ann"), has(state, "bob")) == ((0, 0), (20, 0))
    free = State()
    tx = begin(free)
    assert budget.payable(tx, "ann") is None
    budget.charge(tx, "ann", 30, budget.EMBEDDING)
    assert (tx.events, tx.postings) == ([], [])
