"""Every event has a sentence, whatever is in it; agents' words come through as they are, but not at any length."""

import ast
from pathlib import Path
from typing import Any

import pytest

import engine
from engine.kernel.entities import Event, GrantState, RequestState
from engine.operator import COMMANDS
from engine.view.ring import Place
from engine.view.sentences import SENTENCES, event_row, sentence
from engine.view.words import length, stamp

_FORMATTED = {
    "request.{state.value}": [f"request.{s.value}" for s in RequestState if s is not RequestState.PENDING],
    "grant.{state.value}": [f"grant.{s.value}" for s in GrantState if s is not GrantState.ACTIVE],
    "operator.{name}": [f"operator.{name}" for name in COMMANDS],
}


def _emitted() -> set[str]:
    """The types of all events that the engine's source emits."""
    found: set[str] = set()
    for file in Path(next(iter(engine.__path__))).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                text = ast.unparse(node.args[0])
                found.update(_FORMATTED[text[2:-1]] if text.startswith("f") else [ast.literal_eval(text)])
    return found


def test_every_type_of_event_that_the_engine_emits_has_a_sentence() -> None:
    assert _emitted() - SENTENCES.keys() == set()


def test_no_sentence_is_for_an_event_that_nobody_emits() -> None:
    assert SENTENCES.keys() - _emitted() == set()


@pytest.mark.parametrize("type_", sorted(SENTENCES))
def test_a_sentence_survives_an_event_without_its_data(type_: str) -> None:
    assert sentence(Event(type_, "alice", "bob", {}))


@pytest.mark.parametrize("type_", sorted(SENTENCES))
def test_a_sentence_survives_hostile_data_and_stays_short(type_: str) -> None:
    deep: Any = "[/bold]\x1b[31m" * 1_000
    for _ in range(200):
        deep = {"x" * 1_000: [deep]}
    names = "action method args to size why body reason message error memo topic artifact verb resource text refused"
    names += " method requester line limit cost amount cpu waited"
    event = Event(type_, "a" * 500, "b" * 500, dict.fromkeys(names.split(), deep))
    assert len(sentence(event)) <= 200
    assert len(event_row(Place(1, 0, 0, event), [event]).story) <= 20_000


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            Event("ledger.transfer", "alice", "bob", {"asset": "scrip", "amount": 1200, "memo": "rent"}),
            "alice paid bob 1,200 scrip (rent)",
        ),
        (
            Event(
                "agent.acted",
                "alice",
                "genesis_ledger",
                {"action": "invoke", "method": "transfer", "args": {"to": "bob", "amount": 3, "memo": ""}, "cost": 1},
            ),
            "alice: ledger.transfer(to bob, amount 3)",
        ),
        (
            Event(
                "agent.refused",
                "bob",
                "data.1",
                {"action": "delete", "refused": "denied", "message": "it is private", "cost": 1},
            ),
            "bob: deletes data.1 refused (denied): it is private",
        ),
        (
            Event("request.denied", "operator", "carol", {"request": 1, "verb": "agent.spawn", "reason": "[b]no[/b]"}),
            "request 1 of carol for agent.spawn denied by operator: [b]no[/b]",
        ),
        (
            Event("request.expired", "", "carol", {"request": 2, "verb": "v", "reason": ""}),
            "request 2 of carol for v expired",
        ),
        (
            Event(
                "exchange.trade",
                "bob",
                "alice",
                {"instrument": "cpu_rate", "price": 7, "quantity": 30, "buyer": "bob", "seller": "alice"},
            ),
            "bob bought 30 cpu_rate at 7 from alice",
        ),
        (
            Event("agent.state", "alice", "", {"from": "active", "to": "blocked", "why": "cpu_rate"}),
            "alice is blocked (cpu_rate)",
        ),
        (Event("mint.resolved", "genesis_mint", "", {"bids": 0}), "the mint resolved: there were no bids"),
        (
            Event("operator.approve", "operator", "", {"request": 1, "uses": None, "ttl": None, "reason": "go"}),
            "operator: approve (request 1, reason go)",
        ),
        (
            Event(
                "contract.failed",
                "gate",
                "secret",
                {"action": "read", "requester": "bob", "error": "KeyError: x", "line": 3, "limit": ""},
            ),
            "contract gate failed at line 3, so no (may bob read secret?): KeyError: x",
        ),
        (
            Event(
                "contract.failed",
                "gate",
                "secret",
                {"action": "read", "requester": "bob", "error": "slow", "line": 0, "limit": "time"},
            ),
            "contract gate failed, so no (may bob read secret?): it ran longer than one call may: slow",
        ),
        (
            Event("tool.failed", "ann", "adder", {"method": "add", "error": "ValueError: no", "line": 3}),
            "adder.add failed at line 3 for ann: ValueError: no",
        ),
        (
            Event("tool.invoked", "ann", "adder", {"method": "add", "cost": 1100}),
            "ann ran adder.add for 1,100 of cpu_rate",
        ),
        (
            Event("code.charged", "adder", "ann", {"payer": "ann", "amount": 3, "to": "bob", "reason": "adder.add"}),
            "adder charged ann 3 scrip for bob (adder.add)",
        ),
        (
            Event("program.discarded", "ann", "", {"why": "it was reprogrammed", "line": 4, "waited": "act"}),
            "the program of ann begins again at its top: it was reprogrammed; it waited at line 4 in act",
        ),
        (
            Event("sandbox.measured", "ann", "", {"step": 3, "cpu": [700, 534]}),
            "code run for ann took 1,234 µs of CPU in 2 turns",
        ),
        (Event("later.version", "alice", "bob", {"n": 1}), "alice later.version bob: n 1"),
    ],
)
def test_sentences_read_like_this(event: Event, text: str) -> None:
    assert sentence(event) == text


def test_a_row_has_the_place_of_its_event_and_says_whether_something_was_refused() -> None:
    row = event_row(Place(4, 1, 99, Event("agent.refused", "alice", "x", {})))
    assert (row.seq, row.n, row.at, row.type, row.actor, row.target) == (4, 1, 99, "agent.refused", "alice", "x")
    assert row.refused
    assert not event_row(Place(4, 1, 99, Event("agent.acted", "alice", "x", {}))).refused


def test_a_refusal_is_told_in_whole_words_with_what_lay_behind_it() -> None:
    failed = Event(
        "contract.failed", "gate", "x", {"action": "read", "requester": "bob", "error": "E" * 500, "line": 2}
    )
    message = "bob may not read x: " + "why " * 60
    refused = Event("agent.refused", "bob", "x", {"action": "read", "refused": "access_denied", "message": message})
    row = event_row(Place(4, 1, 99, refused), [failed])
    assert row.story.startswith(message)
    assert "Only the contracts of x can allow it." in row.story
    assert "Contract gate was asked: may bob read x? It failed at line 2, which means no." in row.story
    assert "E" * 500 in row.story


def test_what_a_sentence_says_is_not_said_twice() -> None:
    short = Event("agent.refused", "bob", "x", {"action": "read", "refused": "not_found", "message": "it is gone"})
    assert event_row(Place(4, 1, 99, short)).story == ""
    assert event_row(Place(4, 1, 99, Event("message.sent", "a", "b", {"body": "hi"}))).story == ""
    long = Event("message.sent", "a", "b", {"body": "hi " * 100})
    assert event_row(Place(4, 1, 99, long)).story == "hi " * 100


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (450_000, "450ms"),
        (1_500_000, "1.5s"),
        (59_000_000, "59s"),
        (125_000_000, "2m 05s"),
        (600_000_000, "10m"),
        (3_660_000_000, "1h 01m"),
        (86_400_000_000, "1d"),
        (97_200_000_000, "1d 3h"),
    ],
)
def test_lengths_of_time(micros: int, text: str) -> None:
    assert length(micros) == text


def test_a_time_of_the_world() -> None:
    assert stamp(125_300_000) == "00:02:05"
    assert stamp(4 * 3_600_000_000 + 3 * 86_400_000_000) == "3d 04:00:00"
