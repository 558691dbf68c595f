"""The inbox: what a person needs in order to decide, in the order in which it wants to be decided."""

from typing import Any

import pytest

from engine.capabilities import desk
from engine.capabilities.policy import Policy
from engine.kernel.entities import Switch
from engine.view.build import ViewBuilder
from engine.view.types import GrantRow, RequestRow, Topic
from engine.worldfile.schema import CapabilitySection, RuleSection
from tests.engine.view.view_kit import MINUTE, HandMade

RULES = (
    RuleSection(name="no spawning", effect="deny", verb="agent.spawn", agent="carol", reason="the world is full"),
    RuleSection(name="look first", effect="ask", verb="agent.spawn", agent="bob"),
)
ASK = Policy.of(("agent.spawn", "message.broadcast"), 5 * MINUTE, ())


def _world(**rules: Any) -> HandMade:
    world = HandMade(capabilities=CapabilitySection(**rules))
    for name in ("alice", "bob", "carol"):
        world.agent(name)
    return world


def _ask(world: HandMade, requester: str, verb: str = "message.broadcast", reason: str = "", uses: int = 3) -> None:
    world.commit(lambda tx: desk.ask(tx, ASK, requester, verb, "*", uses, 2 * MINUTE, reason))


def _rows(world: HandMade, **query: Any) -> list[RequestRow]:
    return list(world.page(Topic.REQUESTS, **query).rows)


def test_pending_requests_come_first_in_order_then_the_latest_decision() -> None:
    world = _world()
    for requester in ("carol", "alice", "bob"):
        _ask(world, requester)
    _ask(world, "carol", "agent.spawn")
    world.commit(lambda tx: desk.deny(tx, 3, "operator", ""))
    world.commit(lambda tx: desk.approve(tx, 1, "operator"))
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
    world = _world()
    _ask(world, "carol", reason="[b]please[/b]")
    (row,) = _rows(world)
    assert row.sentence == "carol may send a message to every agent: 3 times, within 2m of approval"
    assert (row.risk, row.cost) == ("low", "disk of the sender, until read")
    assert row.reason == "[b]please[/b]"
    assert row.requester_line == "active · 100 scrip · 1,000 cpu_rate · 500 disk"
    assert row.decide_by - row.asked_at == 5 * MINUTE


def test_the_record_counts_what_was_asked_granted_and_refused() -> None:
    world = _world()
    for verdict in ("yes", "no", "no"):
        _ask(world, "carol")
        number = len(world.state.requests.rows)
        if verdict == "yes":
            world.commit(lambda tx, number=number: desk.approve(tx, number, "operator"))  # type: ignore[misc]
        else:
            world.commit(lambda tx, number=number: desk.deny(tx, number, "operator", ""))  # type: ignore[misc]
    _ask(world, "carol")
    _ask(world, "alice")
    assert {row.requester: row.record for row in _rows(world)} == {
        "carol": "asked 4, granted 1, refused 2",
        "alice": "asked 1, granted 0, refused 0",
    }


@pytest.mark.parametrize(
    ("requester", "verb", "says"),
    [
        ("carol", "agent.spawn", "rule no spawning denies it: the world is full"),
        ("bob", "agent.spawn", "rule look first asks a person"),
        ("alice", "agent.spawn", "no rule: a person decides"),
    ],
)
def test_what_the_policy_says(requester: str, verb: str, says: str) -> None:
    world = _world(rules=RULES)
    _ask(world, requester, verb)
    assert _rows(world)[0].policy == says


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        ("policy", "no rule: denied where nobody is there to ask"),
        ("deny", "every request is denied in this run"),
        ("allow", "every request is allowed in this run"),
    ],
)
def test_it_also_depends_on_who_answers_in_this_run(mode: str, says: str) -> None:
    world = _world(rules=RULES)
    _ask(world, requester="alice" if mode == "policy" else "carol", verb="agent.spawn")
    world.commit(lambda tx: tx.put(tx.state.switches, Switch("world", False, "", mode)))
    assert _rows(world)[0].policy == says


def test_a_decided_request_stands_still_while_its_requester_goes_on() -> None:
    world = _world()
    _ask(world, "carol")
    world.commit(lambda tx: desk.deny(tx, 1, "operator", "not now"))
    before = world.show(Topic.REQUESTS)
    (row,) = _rows(world)
    assert (row.decided_by, row.decision_reason, row.policy, row.requester_line) == ("operator", "not now", "", "")
    world.give("carol", "bob", 5)
    assert world.show(Topic.REQUESTS).revision == before.revision


def test_a_pending_request_follows_what_its_requester_has() -> None:
    world = _world()
    _ask(world, "carol")
    before = world.show(Topic.REQUESTS)
    world.give("carol", "bob", 5)
    assert world.show(Topic.REQUESTS).revision != before.revision
    assert _rows(world)[0].requester_line.startswith("active · 95 scrip")


def test_requests_are_filtered_and_sorted_by_risk() -> None:
    world = _world()
    _ask(world, "carol", "agent.spawn")
    _ask(world, "alice", reason="to sell")
    assert [row.id for row in _rows(world, sort="risk")] == [2, 1]
    assert [row.id for row in _rows(world, filter="SELL")] == [2]
    assert world.page(Topic.REQUESTS, find="2").found == 1
    assert world.page(Topic.REQUESTS, find="two").found is None


def test_grants_are_listed_active_first_by_when_they_run_out_then_ended_ones() -> None:
    world = _world()
    for ttl in (9, 3, 6, 7):
        world.commit(lambda tx, ttl=ttl: desk.give(tx, "operator", "carol", "agent.spawn", "*", 2, ttl * MINUTE, ""))  # type: ignore[misc]
    world.commit(lambda tx: desk.revoke(tx, 2, "operator", ""))
    world.commit(lambda tx: desk.revoke(tx, 4, "operator", ""))
    rows: tuple[GrantRow, ...] = world.page(Topic.GRANTS).rows
    assert [(row.id, row.state) for row in rows] == [(3, "active"), (1, "active"), (4, "revoked"), (2, "revoked")]
    assert [row.id for row in world.data(Topic.AGENT, key="carol").grants] == [4, 3, 2, 1]
    assert [row.id for row in world.page(Topic.GRANTS, filter="revoked", sort="id").rows] == [2, 4]
