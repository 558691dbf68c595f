"""The requests: what a person needs in order to decide, in the order in which it wants to be decided."""

import tomllib
from typing import Any

import pytest

from engine.capabilities import requests as desk
from engine.capabilities.catalogue import Catalogue
from engine.capabilities.grants import digest
from engine.capabilities.policy import Policy
from engine.capabilities.requests import Ask, Consent
from engine.capabilities.rules import from_json
from engine.kernel.entities import PolicyRule, Switch
from engine.view.build import ViewBuilder
from engine.view.types import RequestRow, Topic
from engine.worldfile.policy_schema import CapabilitySection, RuleSection
from tests.engine.view.view_kit import MINUTE, HandMade

RULES = (
    RuleSection(name="no spawning", effect="deny", verb="agent.spawn", agent="carol", reason="the world is full"),
    RuleSection(name="look first", effect="ask", verb="agent.spawn", agent="bob"),
)
ASK = Policy(Catalogue(), 5 * MINUTE)
YES = Consent()


def asking_world(**rules: Any) -> HandMade:
    world = HandMade(capabilities=CapabilitySection(**rules))
    for name in ("alice", "bob", "carol"):
        world.agent(name)
    return world


def ask(world: HandMade, requester: str, verb: str = "message.broadcast", **terms: Any) -> None:
    asked = Ask(verb, **{"uses": 3, "ttl": 2 * MINUTE, **terms})
    before = len(world.state.requests.rows)
    world.commit(lambda tx: desk.ask(tx, ASK, requester, asked))
    assert len(world.state.requests.rows) == before + 1


def approve(world: HandMade, number: int) -> None:
    world.commit(lambda tx: desk.approve(tx, ASK, number, "operator:olga", YES))


def deny(world: HandMade, number: int, reason: str = "") -> None:
    world.commit(lambda tx: desk.deny(tx, ASK, number, "operator:olga", reason))


def _rows(world: HandMade, **query: Any) -> list[RequestRow]:
    return list(world.page(Topic.REQUESTS, **query).rows)


def test_pending_requests_come_first_in_order_then_the_latest_decision() -> None:
    world = asking_world()
    for requester in ("carol", "alice", "bob"):
        ask(world, requester)
    ask(world, "carol", "agent.spawn")
    deny(world, 3)
    approve(world, 1)
    assert [(row.id, row.state) for row in _rows(world)] == [
        (2, "pending"),
        (4, "pending"),
        (1, "approved"),
        (3, "denied"),
    ]
    opened = ViewBuilder(world, world.seconds)
    world.views, before = opened, _rows(world)
    assert _rows(world) == before  # the same order for a run that is opened again


def test_a_request_says_what_who_why_and_at_what_risk() -> None:
    world = asking_world()
    ask(world, "carol", reason="[b]please[/b]")
    (row,) = _rows(world)
    assert row.sentence == "carol may send a message to every agent: 3 times, within 2m of approval"
    assert (row.risk, row.cost) == ("low", "disk of the sender, until read: no limit is asked for")
    assert row.reason == "[b]please[/b]"
    assert row.requester_line == "active · 100 scrip · 1,000 cpu_rate · 500 disk"
    assert row.decide_by - row.asked_at == 5 * MINUTE


def test_the_record_counts_what_was_asked_granted_refused_and_misused() -> None:
    world = asking_world()
    for number, verdict in enumerate((approve, deny, deny), 1):
        ask(world, "carol", resource=f"topic_{number}")
        verdict(world, number)
    ask(world, "carol", "agent.spawn")
    ask(world, "alice")
    world.tell("grant.misused", "carol", verb="message.broadcast", resource="all", code="out_of_scope")
    assert {row.requester: row.record for row in _rows(world)} == {
        "carol": "asked 4, granted 1, refused 2, used 0, misused 1",
        "alice": "asked 1, granted 0, refused 0, used 0, misused 0",
    }


def test_the_record_goes_on_from_what_the_runs_file_holds() -> None:
    world = asking_world()
    ask(world, "carol")
    world.ring.records.prime({"request.asked": {"carol": 30}, "request.denied": {"carol": 29}})
    assert _rows(world)[0].record == "asked 31, granted 0, refused 29, used 0, misused 0"


def test_the_card_says_through_whom_what_exactly_what_changes_and_at_what_cost() -> None:
    world = asking_world()
    ask(world, "carol", "rate.extra", resource="cpu_rate", quota={"units": 500}, on_behalf_of=("dora", "bob"),
        payload='{"asset":"cpu_rate"}', depth=1)  # fmt: skip
    (row,) = _rows(world)
    assert row.on_behalf_of == ("dora", "bob")
    assert (row.quota, row.depth) == ((("units", 500),), 1)
    assert row.effect == "its share of cpu_rate grows, for good: by 500 units at most"
    assert row.cost == "new units of a resource, within the asset's cap: at most 500 units"
    assert row.payload == '{"asset":"cpu_rate"}'
    assert row.digest == digest(row.payload)
    assert "passed on 1 deep at most, at most 500 units" in row.sentence


def test_what_is_asked_without_a_limit_says_so() -> None:
    world = asking_world()
    ask(world, "carol", "rate.extra", resource="cpu_rate")
    (row,) = _rows(world)
    assert row.effect.endswith("by as much as the asset's cap leaves")
    assert row.cost.endswith("no limit is asked for")


def test_the_rule_that_would_automate_it_holds_for_exactly_this_and_is_a_rule() -> None:
    world = asking_world()
    ask(world, "carol", resource="news.*", quota={"bytes": 100})
    (row,) = _rows(world)
    assert row.rule.splitlines() == [
        "[[rules]]",
        'name = "allow carol message.broadcast"',
        'effect = "allow"',
        'verb = "message.broadcast"',
        'agent = "carol"',
        'resource = "news.*"',
        "uses = 3",
        'ttl = "2m"',
        "depth = 0",
        "quota = { bytes = 100 }",
    ]
    RuleSection.model_validate(tomllib.loads(row.rule)["rules"][0])


def test_a_rule_that_is_made_is_seen_in_what_the_policy_says_and_in_the_trace() -> None:
    world = asking_world(rules=RULES)
    ask(world, "alice")
    assert _rows(world)[0].trace == (
        "no spawning (deny): it is for agent.spawn",
        "look first (ask): it is for agent.spawn",
    )
    rule = RuleSection(name="news", effect="ask", verb="message.*").model_dump()
    world.commit(lambda tx: tx.put(tx.state.policy_rules, PolicyRule(1, "news", rule, "operator:olga", tx.at)))
    (row,) = _rows(world)
    assert row.policy == "rule news asks a person"
    assert row.trace[-1] == "news (ask): matches"
    assert from_json(rule).name in [one.name for one in world.page(Topic.RULES).rows]


def test_what_takes_two_people_says_so_and_shows_what_the_first_left_of_it() -> None:
    world = asking_world(dual=("high",))
    two = Policy(Catalogue(), 5 * MINUTE, dual=frozenset({"high"}))
    ask(world, "carol", "budget.raise", resource="llm_budget")
    world.commit(lambda tx: desk.approve(tx, two, 1, "operator:olga", Consent(uses=1)))
    (row,) = _rows(world)
    assert (row.state, row.dual, row.seconded_by, row.uses) == ("pending", True, "operator:olga", 1)


def test_the_rules_of_the_world_file_come_before_those_that_operators_have_made() -> None:
    world = asking_world(rules=RULES)
    rule = RuleSection.model_validate(
        {"name": "mine", "effect": "allow", "verb": "disk.extra", "ttl": "1m"}
    ).model_dump()
    world.commit(lambda tx: tx.put(tx.state.policy_rules, PolicyRule(1, "mine", rule, "operator:olga", tx.at)))
    rows = world.page(Topic.RULES).rows
    assert [(row.name, row.made_by) for row in rows] == [
        ("no spawning", ""),
        ("look first", ""),
        ("mine", "operator:olga"),
    ]
    assert rows[2].toml == '[[rules]]\nname = "mine"\neffect = "allow"\nverb = "disk.extra"\nttl = "1m"\n'


@pytest.mark.parametrize(
    ("requester", "verb", "says"),
    [
        ("carol", "agent.spawn", "rule no spawning denies it: the world is full"),
        ("bob", "agent.spawn", "rule look first asks a person"),
        ("alice", "agent.spawn", "none of 2 rules matches: a person decides"),
    ],
)
def test_what_the_policy_says(requester: str, verb: str, says: str) -> None:
    world = asking_world(rules=RULES)
    ask(world, requester, verb)
    assert _rows(world)[0].policy == says


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("policy", "none of 2 rules matches: denied where nobody is there to ask"),
        ("deny", "every request is denied in this run"),
        ("allow", "every request is allowed in this run"),
    ],
)
def test_it_also_depends_on_who_answers_in_this_run(mode: str, says: str) -> None:
    world = asking_world(rules=RULES)
    ask(world, requester="alice" if mode == "policy" else "carol", verb="agent.spawn")
    world.commit(lambda tx: tx.put(tx.state.switches, Switch("world", False, "", mode)))
    assert _rows(world)[0].policy == says


def test_a_decided_request_stands_still_while_its_requester_goes_on() -> None:
    world = asking_world()
    ask(world, "carol")
    deny(world, 1, "not now")
    before = world.show(Topic.REQUESTS)
    (row,) = _rows(world)
    assert (row.decided_by, row.decision_reason, row.policy, row.requester_line) == ("operator:olga", "not now", "", "")
    world.give("carol", "bob", 5)
    assert world.show(Topic.REQUESTS).revision == before.revision


def test_a_pending_request_follows_what_its_requester_has() -> None:
    world = asking_world()
    ask(world, "carol")
    before = world.show(Topic.REQUESTS)
    world.give("carol", "bob", 5)
    assert world.show(Topic.REQUESTS).revision != before.revision
    assert _rows(world)[0].requester_line.startswith("active · 95 scrip")


def test_requests_are_had_by_their_numbers_and_the_decided_ones_alone() -> None:
    world = asking_world()
    world.agent("dora")
    for requester in ("carol", "alice", "bob", "dora"):
        ask(world, requester)
    approve(world, 3)
    deny(world, 1)
    assert [row.id for row in _rows(world, key="4 3 99 x")] == [4, 3]
    assert [row.id for row in _rows(world, key="decided")] == [1, 3]
    assert [row.id for row in _rows(world, key="decided", filter="carol")] == [1]
    approve(world, 4)
    assert [row.id for row in _rows(world, key="decided")] == [4, 1, 3]


def test_requests_are_filtered_and_sorted_by_risk() -> None:
    world = asking_world()
    ask(world, "carol", "agent.spawn")
    ask(world, "alice", reason="to sell")
    assert [row.id for row in _rows(world, sort="risk")] == [2, 1]
    assert [row.id for row in _rows(world, filter="SELL")] == [2]
    assert world.page(Topic.REQUESTS, find="2").found == 1
    assert world.page(Topic.REQUESTS, find="two").found is None
