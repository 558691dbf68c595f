"""Waits: predicates and what they say, where a wait is indexed, and what an event ends."""

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.actions import Sleep, check_sleep
from engine.kernel.entities import (
    Agent,
    AgentState,
    Artifact,
    Balance,
    Event,
    Instrument,
    Wait,
    WaitKind,
)
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.kernel.waits import Predicate, event_keys, parse_predicate, wake_buckets

ACTIVE, BLOCKED, SLEEPING, DORMANT = AgentState.ACTIVE, AgentState.BLOCKED, AgentState.SLEEPING, AgentState.DORMANT


def waiting(kind: WaitKind, key: str = "", state: AgentState = SLEEPING) -> Agent:
    return Agent("ann", state, False, False, Wait(kind, key, None), 1, 0, 0, 0, 0, 0, "")


def holds(state: State, text: str) -> bool:
    predicate = parse_predicate(text)
    assert isinstance(predicate, Predicate), predicate
    return predicate.holds(state.begin(0, ("test",)))


# -- predicates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "predicate"),
    [
        ("balance alice scrip >= 50", Predicate("balances", ("alice", "scrip"), ">=", 50)),
        ("  price   cpu_rate < -3 ", Predicate("instruments", "cpu_rate", "<", -3)),
        ("exists data.17", Predicate("artifacts", "data.17", "==", 1)),
        (f"balance a b == {'9' * 18}", Predicate("balances", ("a", "b"), "==", 10**18 - 1)),
    ],
)
def test_a_predicate_is_read_from_a_sentence(text: str, predicate: Predicate) -> None:
    assert parse_predicate(text) == predicate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "price x < --5",
        "price x < -",
        "price x < +5",
        "price x < 5.0",
        "price x < ٣",
        "price x < 1e3",
        "price x != 5",
        f"price x < {'9' * 19}",
        "balance alice >= 50",
        "exists",
        "exists a b",
        "exists\ta",
        "exists \ud800",
        "exists " + "x" * 300,
        "when I like",
    ],
)
def test_what_is_no_predicate_is_refused_with_the_forms_there_are(text: str) -> None:
    refusal = parse_predicate(text)
    assert isinstance(refusal, Refusal)
    assert refusal.code == "bad_predicate"
    assert "exists ARTIFACT" in refusal.message
    assert len(refusal.message) < 400
    refusal.message.encode()
    assert check_sleep(Sleep(predicate=text)) == refusal


WORDS = st.sampled_from(["balance", "price", "exists", "alice", "scrip", "<", ">=", "==", "5", "-5", "--5", "٣", ""])


@given(st.lists(WORDS, max_size=6).map(" ".join) | st.text(max_size=300))
def test_any_text_is_a_predicate_or_a_refusal(text: str) -> None:
    assert isinstance(parse_predicate(text), Predicate | Refusal)


@pytest.mark.parametrize(
    ("operator", "true_for"),
    [("<", {9}), ("<=", {9, 10}), ("==", {10}), (">=", {10, 11}), (">", {11})],
)
def test_a_predicate_compares_as_it_is_written(operator: str, true_for: set[int]) -> None:
    for value in (9, 10, 11):
        state = State()
        tx = state.begin(0, ("test",))
        tx.put(state.balances, Balance("ann", "scrip", value, 1_000))
        tx.put(state.instruments, Instrument("disk", False, value, 0, 0, 0))
        tx.commit()
        assert holds(state, f"balance ann scrip {operator} 10") == (value in true_for)
        assert holds(state, f"price disk {operator} 10") == (value in true_for)


def test_a_row_that_is_not_there_counts_as_zero() -> None:
    state = State()
    tx = state.begin(0, ("test",))
    tx.put(state.instruments, Instrument("disk", False, None, None, 0, 0))
    tx.commit()
    for text in ("balance ann scrip < 1", "balance ann scrip == 0", "price gold == 0", "price disk == 0"):
        assert holds(state, text)
    assert not holds(state, "balance ann scrip > 0")


def test_an_artifact_exists_from_its_creation_to_its_deletion() -> None:
    state = State()
    assert not holds(state, "exists data.1")
    tx = state.begin(0, ("test",))
    tx.put(state.artifacts, Artifact("data.1", "data", "a", "a", (), False, False, 0, 0, 0, 1, None, None, {}))
    predicate = parse_predicate("exists data.1")
    assert isinstance(predicate, Predicate)
    assert predicate.holds(tx), "a transaction sees what it has written"
    tx.commit()
    assert holds(state, "exists data.1")
    tx = state.begin(0, ("test",))
    tx.delete(state.artifacts, "data.1")
    tx.commit()
    assert not holds(state, "exists data.1")


def test_a_predicate_that_was_looked_at_is_part_of_what_was_read() -> None:
    state = State()
    tx = state.begin(0, ("test",))
    predicate = parse_predicate("balance ann scrip > 5")
    assert isinstance(predicate, Predicate)
    assert not predicate.holds(tx)
    other = state.begin(0, ("test",))
    other.put(state.balances, Balance("ann", "scrip", 6, 0))
    other.commit()
    assert not tx.valid()


# -- where a wait is found -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "buckets"),
    [
        (waiting(WaitKind.DELAY, state=ACTIVE), ()),
        (waiting(WaitKind.TIME), ()),
        (waiting(WaitKind.ANSWER, "ann", ACTIVE), ()),
        (waiting(WaitKind.EVENT, "exchange.trade"), ("exchange.trade",)),
        (waiting(WaitKind.EVENT, "@ann"), ("@ann",)),
        (waiting(WaitKind.PREDICATE, "balance ann scrip > 5"), (("balances", ("ann", "scrip")),)),
        (waiting(WaitKind.PREDICATE, "price disk > 5"), (("instruments", "disk"),)),
        (waiting(WaitKind.PREDICATE, "exists data.1"), (("artifacts", "data.1"),)),
        (waiting(WaitKind.STIMULUS, "ann"), ("@ann",)),
        (waiting(WaitKind.CAPACITY, "cpu_rate@ann", BLOCKED), ("@ann",)),
        (waiting(WaitKind.TIME, state=DORMANT), ("@ann",)),
        (waiting(WaitKind.STIMULUS, "ann", DORMANT), ("@ann",)),
        (waiting(WaitKind.CAPACITY, "cpu_rate@ann", DORMANT), ("@ann",)),
        (waiting(WaitKind.EVENT, "exchange.trade", DORMANT), ("@ann", "exchange.trade")),
        (waiting(WaitKind.EVENT, "@ann", DORMANT), ("@ann",)),
        (waiting(WaitKind.PREDICATE, "exists data.1", DORMANT), ("@ann", ("artifacts", "data.1"))),
    ],
)
def test_a_wait_is_indexed_under_what_ends_it_and_dormancy_only_adds_to_it(
    agent: Agent, buckets: tuple[Hashable, ...]
) -> None:
    assert wake_buckets(agent) == buckets


def test_a_wait_that_is_set_is_found_and_one_that_is_over_is_not() -> None:
    state = State()
    tx = state.begin(0, ("test",))
    tx.put(state.agents, waiting(WaitKind.PREDICATE, "exists data.1"))
    tx.commit()
    assert list(state.waiting.keys(("artifacts", "data.1"))) == ["ann"]
    tx = state.begin(0, ("test",))
    tx.put(state.agents, waiting(WaitKind.DELAY, state=ACTIVE))
    tx.commit()
    assert list(state.waiting.keys(("artifacts", "data.1"))) == []


@pytest.mark.parametrize(
    ("event", "keys"),
    [
        (Event("exchange.trade", "ann", "", {}), ("exchange.trade",)),
        (Event("message.sent", "ann", "bob", {}), ("message.sent", "message.sent@bob", "@bob")),
    ],
)
def test_an_event_ends_waits_for_its_type_its_addressee_and_both(event: Event, keys: tuple[str, ...]) -> None:
    assert event_keys(event) == keys
