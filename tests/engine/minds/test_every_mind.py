"""What holds for every mind: it never fails, changes nothing it was handed, remembers little, is a pure function."""

import json
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.kernel import ledger
from engine.kernel.actions import Action, Invoke, Transfer, Write
from engine.kernel.entities import Json
from engine.minds.action_input import action_from_json, action_to_json
from engine.minds.catalogue import MINDS, make_mind, param_models
from tests.engine.minds.village import Village, agent, world

MEMORY = 1_000
"""Bytes within which each of these minds remembers."""
GRAIN: dict[str, Any] = {"instrument": "grain"}
PARAMS: dict[str, dict[str, Any]] = {
    "arbiter": {"patience": "1s"},
    "auctioneer": {
        "ways": ["english", "dutch", "fixed", "arbitrated"],
        "arbiter": "arbiter",
        "cheats": 2,
        "lasts": "9s",
    },
    "banker": {"peers": "banker", "owners": "consumer"},
    "bidder": {"wants": ["work", "note", "agent"], "snipes": "2s", "reconfigures": {"prompt": "Sell."}},
    "busy": {"pattern": "trade", **GRAIN},
    "clumsy": {"covets": "diary", "cause": "philanthropist"},
    "consumer": {"sellers": ["entrepreneur"]},
    "curator": {"wants": ["note", "essay"], "bids": 3, "cause": "philanthropist"},
    "entrepreneur": {"bank": "banker", "workers": "consumer", "wage": 3, "pledges": "grain"},
    "exchanger": {"pause": "2s"},
    "forager": {"patience": "5s", "comfort": 50, "cause": "philanthropist"},
    "founder": {"endowment": {"scrip": 5, "disk": 400}, "pause": "5s"},
    "giver": {"to": "spender", "amount": 7},
    "herald": {"every": "2s", "pause": "5s"},
    "lender": {"to": "petitioner", "keeps": "3s", "pause": "5s"},
    "market_maker": {"fair": 5, "target": 20, **GRAIN},
    "momentum": {"most": 30, "whim": 1, **GRAIN},
    "petitioner": {"verb": "disk.extra", "resource": "disk", "insists": 2, "parts": 2, "strays": "grain"},
    "philanthropist": {"poor": 50, "gift": 5, "keep": 0},
    "provider": {**GRAIN, "quantity": 3, "lasts": "5s"},
    "refiner": {"parts": 2, "asks": 20},
    "spender": {},
    "tenant": {**GRAIN, "size": 4, "works": 2, "gap": "5s", "length": "5s"},
}
SCRIPTED = sorted(MINDS.keys() - {"llm", "program"})
"""All minds but programs, whose decisions come from the sandbox, and language models."""

MEMORIES: list[Json] = [
    {},
    {"seen": None, "value": 5_000},
    {"seen": 7},
    {"offered": {"note.3": 2}, "last": "note.3"},
    {"used": ["note.3"]},
    {"answered": 1, "refusals": 40, "until": 10**12},
    {"helpers": ["helper.9"], "answered": 3, "until": 0},
    {"did": "use", "asked": 2, "split": True, "strayed": 1},
    {"asked": True, "lent": 1, "waited": True},
]
RESULTS: list[Json] = [
    {},
    {"ok": {}},
    {"ok": {"until": "stimulus"}},
    {"ok": {"artifact": "note.3", "size": 3}},
    {"ok": {"agent": "helper.9"}},
    {"ok": {"recipients": 3}},
    {"refused": "already_scored", "message": "it was"},
    {"refused": "disk_full", "message": "it is"},
    {"refused": "over_ceiling", "message": "it would be"},
]


def crowd(scrip: int, disk: int, grain: int, seed: int = 1, approvals: str = "ask") -> Village:
    people = [agent(name, name, scrip=scrip, disk=disk, grain=grain, **PARAMS[name]) for name in SCRIPTED]
    diary = {"id": "diary", "owner": "founder", "content": "mine", "access": ["genesis_private"]}
    return Village(world(*people, seed=seed, artifacts=[diary]), approvals)


def parsed_again(action: Action) -> object:
    return action_from_json(json.loads(json.dumps(action_to_json(action))))


def test_every_mind_is_tried_here_and_says_what_it_is() -> None:
    assert [*PARAMS] == SCRIPTED
    assert MINDS.keys() == param_models().keys()
    assert all(kind.summary and kind.params.__doc__ for kind in MINDS.values())


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_mind_takes_no_parameters_that_it_does_not_know(name: str) -> None:
    with pytest.raises(ValidationError):
        make_mind(name, {**PARAMS[name], "cleverness": 3})


def test_a_mind_that_there_is_none_of_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        make_mind("genius", {})


@settings(max_examples=25, deadline=None)
@given(
    scrip=st.sampled_from([0, 1, 30, 500, 100_000]),
    disk=st.sampled_from([400, 700, 5_000]),
    grain=st.sampled_from([0, 1, 25]),
    seed=st.integers(0, 2**32),
    approvals=st.sampled_from(["ask", "policy", "deny", "allow"]),
    steps=st.integers(50, 600),
)
def test_in_any_crowd_no_mind_fails_or_remembers_much(
    scrip: int, disk: int, grain: int, seed: int, approvals: str, steps: int
) -> None:
    village = crowd(scrip, disk, grain, seed, approvals)
    village.live(10_000, at_most=steps)
    assert [event.data for event in village.told("mind.failed")] == []
    ledger.check_conservation(village.state)
    for row in village.state.minds.rows.values():
        assert json.loads(json.dumps(row.memory)) == row.memory
        assert len(json.dumps(row.memory)) < MEMORY


@settings(max_examples=25, deadline=None)
@given(
    scrip=st.sampled_from([0, 40, 5_000]),
    memory=st.sampled_from(MEMORIES),
    result=st.sampled_from(RESULTS),
    lived=st.integers(0, 300),
    step=st.integers(0, 2**40),
)
def test_whatever_it_finds_a_mind_decides_and_changes_nothing(
    scrip: int, memory: Json, result: Json, lived: int, step: int
) -> None:
    """Memories of other minds are among them: the operator can give an agent another mind at any time."""
    village = crowd(scrip, disk=2_000, grain=20)
    village.live(10_000, at_most=lived)
    for name in SCRIPTED:
        village.must(name, Write("a note", type="note", metadata={"words": 9}))
        handed = deepcopy((memory, result))
        before = village.state.seq
        decision = village.decide(name, memory, result, step)
        assert (memory, result) == handed
        assert village.state.seq == before
        assert decision == village.decide(name, memory, result, step), "the same draws, the same decision"
        assert parsed_again(decision.action) == decision.action


@settings(max_examples=15, deadline=None)
@given(
    name=st.sampled_from(SCRIPTED),
    metadata=st.dictionaries(st.sampled_from(["words", "made_of"]), st.none() | st.integers(-9, 2**60) | st.text()),
    text=st.text(alphabet=st.characters(codec="utf-8"), max_size=60),
    lived=st.integers(0, 200),
)
def test_what_strangers_leave_with_it_does_not_stop_a_mind(
    name: str, metadata: dict[str, Any], text: str, lived: int
) -> None:
    village = crowd(500, disk=3_000, grain=20)
    village.live(10_000, at_most=lived)
    for type_ in ("note", "essay"):
        made = village.must("giver", Write(text, type=type_, metadata=metadata))["artifact"]
        village.must("giver", Transfer(made, name))
        loud = village.must("giver", Write(text, type=type_, metadata=metadata))["artifact"]
        village.must("giver", Invoke("genesis_escrow", "deposit", {"artifact": loud, "price": 1}))
    village.live(10_000, at_most=300)
    assert [event.data for event in village.told("mind.failed")] == []


def test_the_same_crowd_lives_the_same_story() -> None:
    one, other = crowd(100, 2_000, 20, seed=5), crowd(100, 2_000, 20, seed=5)
    one.live(10_000, at_most=800)
    other.live(10_000, at_most=800)
    assert one.events == other.events


def test_another_seed_is_another_story() -> None:
    one, other = crowd(100, 2_000, 20, seed=5), crowd(100, 2_000, 20, seed=6)
    one.live(10_000, at_most=300)
    other.live(10_000, at_most=300)
    assert one.events != other.events
