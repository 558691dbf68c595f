"""What is kept up row by row is what a walk over all rows gives, on any stream of changes and after loading."""

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

import engine.kernel.entities as ent
from engine.health.census import FOUNDER, Census, Debts, Holdings, Kinds, Owners, Wealth, chain_lengths
from engine.health.kpis import agents_by_state
from engine.kernel.loans import Loan, LoanState
from engine.kernel.state import State
from tests.engine.store_kit import sample_row

NAMES = ("ann", "bob", "carl", "dora", "eve")
PRINCIPALS = st.sampled_from(NAMES)
AGENT = sample_row(ent.Agent, 1)
ARTIFACT = sample_row(ent.Artifact, 1)
LOAN = sample_row(Loan, 1)
STREAM = st.lists(
    st.one_of(
        st.tuples(st.just("agent"), PRINCIPALS, st.sampled_from(list(ent.AgentState)), st.booleans()),
        st.tuples(st.just("scrip"), PRINCIPALS, st.integers(0, 40), st.integers(0, 40)),
        st.tuples(st.just("disk"), PRINCIPALS, st.integers(0, 40), st.integers(0, 40)),
        st.tuples(st.just("own"), PRINCIPALS, st.sampled_from((*NAMES, "genesis_escrow")), st.booleans()),
        st.tuples(st.just("note"), st.integers(0, 5), st.sampled_from("abc"), st.none()),
        st.tuples(st.just("loan"), st.integers(0, 5), st.sampled_from(list(LoanState)), st.integers(0, 40)),
        st.tuples(st.just("paid"), st.integers(0, 5), st.none(), st.none()),
        st.tuples(st.just("gone"), st.integers(0, 5), st.none(), st.none()),
        st.tuples(st.just("look"), st.none(), st.none(), st.none()),
    ),
    max_size=80,
)


class All:
    """Everything that follows rows."""

    def __init__(self, state: State) -> None:
        self.census = Census(state)
        self.wealth = Wealth(state, self.census)
        self.holdings, self.kinds, self.owners = Holdings(state), Kinds(state), Owners(state)
        self.debts = Debts(state)

    def told(self) -> object:
        amounts = self.wealth.amounts
        wealth = [amounts.at(place) for place in range(amounts.count)]
        held = {asset: tuple(sums) for asset, sums in self.holdings.sums.items() if any(sums)}
        kinds = (self.kinds.counts, self.kinds.made, self.kinds.squares, self.kinds.diversity)
        debts = (self.debts.loans, self.debts.owed)
        return (
            self.census.counts,
            self.census.actions,
            wealth,
            amounts.weighted,
            held,
            kinds,
            self.owners.longest,
            debts,
        )


def change(state: State, what: tuple[object, ...]) -> None:
    match what:
        case ("agent", str(name), ent.AgentState() as mode, bool(paused)):
            old = state.agents.rows.get(name)
            actions = old.actions + 1 if old is not None else 3
            state.agents.apply(name, replace(AGENT, id=name, state=mode, paused=paused, actions=actions))
        case ("scrip" | "disk" as asset, str(name), int(free), int(held)):
            state.balances.apply((name, asset), ent.Balance(name, asset, free, held))
        case ("own", str(name), str(controller), bool(standing)):
            row = replace(ARTIFACT, id=name, type="agent", controller=controller, has_standing=standing)
            state.artifacts.apply(name, row)
        case ("note", int(number), str(kind), _):
            maker = FOUNDER if number % 2 else "ann"
            row = replace(ARTIFACT, id=f"n{number}", type=kind, created_by=maker, has_standing=False)
            state.artifacts.apply(f"n{number}", row)
        case ("loan", int(number), LoanState() as standing, int(left)):
            state.loans.apply(f"l{number}", replace(LOAN, id=f"l{number}", state=standing, left=left))
        case ("paid", int(number), _, _) if f"l{number}" in state.loans.rows:
            state.loans.apply(f"l{number}", None)
        case ("gone", int(number), _, _) if f"n{number}" in state.artifacts.rows:
            state.artifacts.apply(f"n{number}", None)


@given(STREAM)
def test_kept_up_is_the_same_as_counted_anew(stream: list[tuple[object, ...]]) -> None:
    state = State()
    kept = All(state)
    for what in stream:
        change(state, what)
        if what[0] == "look":
            kept.told()
    assert kept.told() == All(state).told()
    agents, rows = state.agents.rows, state.balances.rows
    scrip = [rows.get((name, "scrip")) for name in agents]
    wealth = sorted(row.available + row.held if row is not None else 0 for row in scrip)
    made = Counter(row.type for row in state.artifacts.rows.values() if row.created_by != FOUNDER)
    squares = sum(count * count for count in made.values())
    assert kept.census.counts == agents_by_state(state)
    assert [kept.wealth.amounts.at(place) for place in range(len(wealth))] == wealth
    assert kept.kinds.counts == dict(made)
    assert sum(kept.debts.owed.values()) == sum(loan.owed for loan in state.loans.rows.values())
    assert kept.kinds.diversity == (sum(made.values()) ** 2 / squares if squares else None)


def test_a_chain_of_owners_is_counted_to_its_top() -> None:
    assert chain_lengths({"a": "a"}) == {"a": 1}
    assert chain_lengths({"a": "a", "b": "a", "c": "b", "d": "a"}) == {"a": 1, "b": 2, "c": 3, "d": 2}
    assert chain_lengths({"a": "genesis_escrow", "b": "a"}) == {"a": 1, "b": 2}


def test_owners_in_a_ring_are_counted_once() -> None:
    assert chain_lengths({"a": "b", "b": "c", "c": "a", "d": "a"}) == {"a": 3, "b": 3, "c": 3, "d": 4}


@given(st.dictionaries(PRINCIPALS, PRINCIPALS), st.randoms(use_true_random=False))
def test_the_order_of_principals_makes_no_difference(parents: dict[str, str], draw: "object") -> None:
    names = list(parents)
    draw.shuffle(names)  # type: ignore[attr-defined]
    assert chain_lengths({name: parents[name] for name in names}) == chain_lengths(parents)
