"""The desk: asking, answering, and using what was granted; the default is no."""

from dataclasses import replace
from typing import Any

import pytest

from engine.capabilities import desk
from engine.kernel.entities import SECOND, GrantState, Json, RequestState, Switch
from tests.engine.genesis.tiny import FILE, Tiny

ASK = "genesis_capabilities.request"
BROADCAST = "genesis_messages.broadcast"
RULED: Json = {
    **FILE,
    "capabilities": {
        "gated": ["message.broadcast", "agent.spawn"],
        "decide_within": "30s",
        "default_uses": 3,
        "default_ttl": "50s",
        "rules": [
            {"name": "news", "effect": "allow", "verb": "message.*", "uses": 2, "ttl": "10s", "reason": "be brief"},
            {"name": "no_bobs", "effect": "deny", "verb": "agent.*", "agent": "bob", "reason": "not you"},
        ],
    },
}


@pytest.fixture
def world() -> Tiny:
    """A world whose rules let everybody broadcast a little, deny bob to spawn, and leave the rest to a person."""
    return Tiny(RULED)


def operator(world: Tiny, work: Any, *args: Any, **terms: Any) -> Any:
    """What the desk makes of an operator's decision."""
    tx = world.begin()
    result = work(tx, *args, **terms)
    world.commit(tx)
    return result


def later(world: Tiny, seconds: int) -> None:
    """Let time pass; what falls due ends."""
    world.now += seconds * SECOND
    tx = world.begin()
    for request in tx.all(tx.state.requests):
        desk.expire_request(tx, request.id)
    for grant in tx.all(tx.state.grants):
        desk.expire_grant(tx, grant.id)
    world.commit(tx)


def approvals(world: Tiny, mode: str) -> None:
    """Change who answers."""
    tx = world.begin()
    switch = world.state.switches.rows["world"]
    tx.put(world.state.switches, replace(switch, approvals=mode))
    world.commit(tx)


# -- asking --------------------------------------------------------------------------------------------------------


def test_a_rule_answers_at_once_and_the_grant_is_as_narrow_as_the_rule(world: Tiny) -> None:
    asked = world.ok("alice", ASK, verb="message.broadcast", uses=9)
    assert asked == {"request": 1, "state": "approved", "grant": 1, "reason": "be brief"}
    grant = world.state.grants.rows[1]
    assert (grant.uses_left, grant.expires_at, grant.granted_by) == (2, 10 * SECOND, "rule news")
    assert [event.type for event in world.events] == ["request.asked", "grant.given", "request.approved"]


def test_a_rule_that_denies_gives_its_reason_and_no_grant(world: Tiny) -> None:
    asked = world.ok("bob", ASK, verb="agent.spawn")
    assert asked == {"request": 1, "state": "denied", "grant": None, "reason": "not you"}
    assert world.state.grants.rows == {}


def test_what_no_rule_decides_waits_for_a_person_as_long_as_the_world_says(world: Tiny) -> None:
    world.now = 5 * SECOND
    assert world.ok("alice", ASK, verb="agent.spawn", reason="help")["state"] == "pending"
    request = world.state.requests.rows[1]
    assert (request.asked_at, request.decide_by, request.reason) == (5 * SECOND, 35 * SECOND, "help")


@pytest.mark.parametrize(("mode", "state"), [("policy", "denied"), ("deny", "denied"), ("allow", "approved")])
def test_without_a_person_the_run_says_who_answers(world: Tiny, mode: str, state: str) -> None:
    approvals(world, mode)
    assert world.ok("alice", ASK, verb="agent.spawn")["state"] == state
    assert len(world.state.grants.rows) == (state == "approved")


def test_what_is_left_out_of_a_request_is_as_the_world_says(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    request = world.state.requests.rows[1]
    assert (request.resource, request.uses, request.ttl) == ("*", 3, 50 * SECOND)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"verb": "fly"}, "unknown_verb"),
        ({"verb": ""}, "bad_arguments"),
        ({}, "bad_arguments"),
        ({"verb": "agent.spawn", "uses": 0}, "bad_arguments"),
        ({"verb": "agent.spawn", "uses": 2**70}, "bad_arguments"),
        ({"verb": "agent.spawn", "ttl": 0}, "bad_arguments"),
        ({"verb": "agent.spawn", "ttl": -1}, "bad_arguments"),
        ({"verb": "agent.spawn", "resource": ""}, "bad_arguments"),
        ({"verb": "agent.spawn", "reason": "x" * 3_000}, "bad_arguments"),
        ({"verb": "agent.spawn", "approve": True}, "bad_arguments"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(world: Tiny, args: Json, code: str) -> None:
    assert world.refused("alice", ASK, **args) == code
    assert world.state.requests.rows == {}


def test_the_same_ask_is_refused_while_it_is_pending_and_only_then(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    assert world.refused("alice", ASK, verb="agent.spawn", uses=2) == "already_asked"
    world.ok("alice", ASK, verb="agent.spawn", resource="x")
    world.ok("carol", ASK, verb="agent.spawn")
    operator(world, desk.deny, 1, "operator:kim", "not now")
    assert world.ok("alice", ASK, verb="agent.spawn")["state"] == "pending"


def test_an_agent_has_so_many_requests_pending_and_no_more(world: Tiny) -> None:
    for number in range(desk.MAX_PENDING_PER_AGENT):
        world.ok("alice", ASK, verb="agent.spawn", resource=f"x{number}")
    assert world.refused("alice", ASK, verb="agent.spawn", resource="one more") == "too_many_requests"
    world.ok("bob", ASK, verb="principal.create")
    world.ok("alice", "genesis_capabilities.withdraw", request=1)
    world.ok("alice", ASK, verb="agent.spawn", resource="one more")


# -- answering -----------------------------------------------------------------------------------------------------


def test_a_grant_begins_when_it_is_approved_not_when_it_was_asked_for(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn", ttl=20 * SECOND)
    world.now = 15 * SECOND
    grant = operator(world, desk.approve, 1, "operator:kim", reason="fine")
    assert (grant.granted_at, grant.expires_at) == (15 * SECOND, 35 * SECOND)
    request = world.state.requests.rows[1]
    assert (request.state, request.decided_by, request.decided_at) == (
        RequestState.APPROVED,
        "operator:kim",
        15 * SECOND,
    )
    assert (request.decision_reason, request.grant) == ("fine", grant.id)


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"uses": 4}, "too_wide"),
        ({"uses": 0}, "too_wide"),
        ({"uses": -1}, "too_wide"),
        ({"ttl": 101}, "too_wide"),
        ({"ttl": 0}, "too_wide"),
        ({"uses": 3, "ttl": 100}, None),
        ({"uses": 1, "ttl": 1}, None),
    ],
)
def test_a_grant_is_as_asked_or_narrower(world: Tiny, terms: dict[str, int], code: str | None) -> None:
    world.ok("alice", ASK, verb="agent.spawn", uses=3, ttl=100)
    made = operator(world, desk.approve, 1, "operator:kim", **terms)
    if code is not None:
        assert made.code == code
        assert world.state.requests.rows[1].state is RequestState.PENDING
        assert world.state.grants.rows == {}
    else:
        assert (made.uses_left, made.expires_at) == (terms["uses"], terms["ttl"])


def test_nobody_decides_their_own_request(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    assert operator(world, desk.approve, 1, "alice").code == "own_request"
    assert operator(world, desk.deny, 1, "alice", "").code == "own_request"


@pytest.mark.parametrize("first", ["approve", "deny", "withdraw", "expire"])
def test_a_decision_is_permanent(world: Tiny, first: str) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    match first:
        case "approve":
            operator(world, desk.approve, 1, "operator:kim")
        case "deny":
            operator(world, desk.deny, 1, "operator:kim", "no")
        case "withdraw":
            world.ok("alice", "genesis_capabilities.withdraw", request=1)
        case _:
            later(world, 30)
    decided = world.state.requests.rows[1]
    for work, args in ((desk.approve, ()), (desk.deny, ("no",)), (desk.withdraw, ())):
        assert operator(world, work, 1, "operator:lee", *args).code == "not_pending"
    later(world, 1_000)
    assert world.state.requests.rows[1] == decided


def test_an_unanswered_request_expires_which_is_no_but_not_a_denial(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    later(world, 29)
    assert world.state.requests.rows[1].state is RequestState.PENDING
    later(world, 1)
    request = world.state.requests.rows[1]
    assert (request.state, request.decided_by, request.grant) == (RequestState.EXPIRED, "", None)
    assert [event.type for event in world.events] == ["request.expired"]
    assert world.refused("alice", "genesis_agents.spawn", name="x", mind="x", endowment={}) == "capability_needed"


def test_a_request_whose_time_is_over_can_neither_be_answered_nor_taken_back(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    world.now = 30 * SECOND
    assert operator(world, desk.approve, 1, "operator:kim").code == "not_pending"
    assert operator(world, desk.deny, 1, "operator:kim", "").code == "not_pending"
    assert world.refused("alice", "genesis_capabilities.withdraw", request=1) == "not_pending"


def test_a_request_is_withdrawn_by_who_made_it(world: Tiny) -> None:
    world.ok("alice", ASK, verb="agent.spawn")
    assert world.refused("bob", "genesis_capabilities.withdraw", request=1) == "not_found"
    assert world.refused("bob", "genesis_capabilities.withdraw", request=2**70) == "bad_arguments"
    assert world.ok("alice", "genesis_capabilities.withdraw", request=1) == {"request": 1, "state": "withdrawn"}


def test_what_is_not_there_is_not_decided(world: Tiny) -> None:
    assert operator(world, desk.approve, 9, "operator:kim").code == "not_found"
    assert operator(world, desk.deny, 9, "operator:kim", "").code == "not_found"
    assert operator(world, desk.withdraw, 9, "operator:kim").code == "not_pending"
    assert operator(world, desk.revoke, 9, "operator:kim", "").code == "not_found"


# -- giving and using ----------------------------------------------------------------------------------------------


def give(world: Tiny, holder: str = "alice", uses: int = 2, ttl: int = 100, resource: str = "*", verb: str = "") -> Any:
    return operator(world, desk.give, "operator:kim", holder, verb or "message.broadcast", resource, uses, ttl, "")


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"holder": "nobody"}, "not_found"),
        ({"holder": "genesis_mint"}, "not_found"),
        ({"verb": "fly"}, "unknown_verb"),
        ({"uses": 0}, "bad_terms"),
        ({"ttl": 0}, "bad_terms"),
        ({"uses": 2**63}, "bad_terms"),
        ({"ttl": 2**63}, "bad_terms"),
    ],
)
def test_a_grant_is_given_to_a_principal_on_terms_that_make_sense(world: Tiny, terms: Json, code: str) -> None:
    assert give(world, **terms).code == code


def test_each_use_takes_one_and_the_last_exhausts_the_grant(world: Tiny) -> None:
    give(world)
    world.ok("alice", BROADCAST, body="one")
    assert world.state.grants.rows[1].uses_left == 1
    world.ok("alice", BROADCAST, body="two")
    assert world.state.grants.rows[1].state is GrantState.EXHAUSTED
    assert world.refused("alice", BROADCAST, body="three") == "capability_needed"


def test_the_oldest_grant_is_used_first(world: Tiny) -> None:
    give(world, uses=1)
    give(world, uses=1)
    world.ok("alice", BROADCAST, body="one")
    assert [grant.state for grant in world.state.grants.rows.values()] == [GrantState.EXHAUSTED, GrantState.ACTIVE]


def test_an_action_that_is_refused_after_all_uses_nothing_up(world: Tiny) -> None:
    give(world)
    world.make("alice", "x" * 9_990)
    assert world.refused("alice", BROADCAST, body="x" * 20) == "disk_full"
    assert world.state.grants.rows[1].uses_left == 2


def test_a_grant_is_its_holder_s_alone(world: Tiny) -> None:
    give(world)
    assert world.refused("bob", BROADCAST, body="x") == "capability_needed"


def test_what_was_revoked_is_refused_at_the_next_use(world: Tiny) -> None:
    give(world)
    world.ok("alice", BROADCAST, body="one")
    assert operator(world, desk.revoke, 1, "operator:kim", "too loud").state is GrantState.REVOKED
    assert world.refused("alice", BROADCAST, body="two") == "capability_needed"
    assert operator(world, desk.revoke, 1, "operator:kim", "again").code == "not_active"


def test_a_grant_ends_at_its_instant_whether_or_not_that_has_been_noted(world: Tiny) -> None:
    give(world, ttl=10 * SECOND)
    world.now = 10 * SECOND - 1
    world.ok("alice", BROADCAST, body="one")
    world.now = 10 * SECOND
    assert world.refused("alice", BROADCAST, body="two") == "capability_needed"
    later(world, 0)
    assert world.state.grants.rows[1].state is GrantState.EXPIRED
    assert operator(world, desk.revoke, 1, "operator:kim", "").code == "not_active"


@pytest.mark.parametrize(("resource", "covers"), [("*", True), ("x", True), ("?", True), ("y", False), ("xx", False)])
def test_a_grant_covers_the_resources_that_its_pattern_names(world: Tiny, resource: str, covers: bool) -> None:
    give(world, verb="agent.spawn", resource=resource)
    args = {"name": "kid", "mind": "x", "endowment": {"disk": 500}}
    if covers:
        world.ok("alice", "genesis_agents.spawn", **args)
    else:
        assert world.refused("alice", "genesis_agents.spawn", **args) == "capability_needed"


def test_a_verb_that_this_world_does_not_gate_needs_no_grant(world: Tiny) -> None:
    assert "principal.create" not in RULED["capabilities"]["gated"]
    world.ok("alice", "genesis_rights.create_account", name="pot")


def test_an_agent_sees_the_verbs_and_its_own_active_grants(world: Tiny) -> None:
    verbs = {line["verb"]: line["gated"] for line in world.ok("alice", "genesis_capabilities.verbs")["verbs"]}
    assert verbs == {"message.broadcast": True, "agent.spawn": True, "principal.create": False}
    give(world)
    give(world, holder="bob")
    operator(world, desk.revoke, give(world).id, "operator:kim", "")
    assert [grant["grant"] for grant in world.ok("alice", "genesis_capabilities.grants")["grants"]] == [1]


def test_a_run_without_its_switch_answers_by_policy(world: Tiny) -> None:
    tx = world.begin()
    tx.delete(world.state.switches, "world")
    world.commit(tx)
    assert world.ok("alice", ASK, verb="agent.spawn")["state"] == "denied"
    tx = world.begin()
    tx.put(world.state.switches, Switch("world", False, "", "ask"))
    world.commit(tx)
    assert world.ok("alice", ASK, verb="agent.spawn")["state"] == "pending"
