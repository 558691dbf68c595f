"""Asking and answering: what is asked in vain, who may answer, and what a denial does for a while."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from engine.capabilities import requests
from engine.capabilities.ending import KEPT
from engine.capabilities.grants import MOST_HELD, digest
from engine.capabilities.requests import MAX_COOLING_PER_AGENT, MAX_PENDING_PER_AGENT, Ask, Consent
from engine.capabilities.terms import Terms
from engine.kernel.entities import SECOND, Request, RequestState
from engine.kernel.errors import Refusal
from tests.engine.capabilities.kit import KIM, LEE, WITHIN, Adjusted, Approver, Ceiling, Desk, policy, rule

COOL = 60


def ask(desk: Desk, agent: str = "ann", verb: str = "agent.spawn", **terms: Any) -> Any:
    """What comes of an ask."""
    return desk.do(lambda tx: requests.ask(tx, desk.policy, agent, Ask(verb, **terms)))


def approve(desk: Desk, request: int = 1, by: str = KIM, **narrower: Any) -> Any:
    """What comes of an approval."""
    return desk.do(lambda tx: requests.approve(tx, desk.policy, request, by, Consent(**narrower)))


def deny(desk: Desk, request: int = 1, by: str = KIM) -> Any:
    """What comes of a denial."""
    return desk.do(lambda tx: requests.deny(tx, desk.policy, request, by, "no"))


def code(refusal: Any) -> str:
    """The code of a refusal."""
    assert isinstance(refusal, Refusal), refusal
    return refusal.code


# -- asking --------------------------------------------------------------------------------------------------------


def test_a_rule_answers_at_once_and_the_grant_is_as_narrow_as_the_rule() -> None:
    desk = Desk(policy(rule("few", "allow", narrow="for*", uses=2, quota={"scrip": 9}, reason="be brief")))
    made = ask(desk, uses=9, resource="forager")
    grant = desk.state.grants.rows[made.grant]
    assert (made.state, made.decided_by, made.decision_reason) == (RequestState.APPROVED, "rule few", "be brief")
    assert (grant.resource, grant.uses_left, grant.quota, grant.granted_by) == ("forager", 2, {"scrip": 9}, "rule few")
    assert desk.told() == ["request.asked", "grant.given", "request.approved"]
    assert desk.events[2].data["narrowed"] == {"uses": [9, 2], "quota.scrip": [None, 9]}


def test_what_is_left_out_is_as_usual_here_and_within_what_the_agent_may_hold() -> None:
    world = policy(default=Terms(uses=3, ttl=50), ceilings=[Ceiling("bob", uses=2, quota={"scrip": 5})])
    desk = Desk(world)
    made = ask(desk)
    assert (made.resource, made.uses, made.ttl, made.quota) == ("*", 3, 50, {})
    made = ask(desk, "bob")
    assert (made.uses, made.quota) == (2, {"scrip": 5})
    assert code(ask(desk, "bob", uses=3, resource="x")) == "over_ceiling"
    assert code(ask(desk, "bob", quota={"scrip": 6}, resource="x")) == "over_ceiling"


@pytest.mark.parametrize(
    ("verb", "terms", "expected"),
    [
        ("fly", {}, "unknown_verb"),
        ("llm.model", {}, "not_available"),
        ("agent.spawn", {"uses": 0}, "bad_terms"),
        ("agent.spawn", {"ttl": -1}, "bad_terms"),
        ("agent.spawn", {"uses": 2**70}, "bad_terms"),
        ("agent.spawn", {"depth": 6}, "bad_terms"),
        ("agent.spawn", {"resource": "a b"}, "bad_resource"),
        ("agent.spawn", {"quota": {"bytes": 1}}, "bad_quota"),
        ("agent.spawn", {"payload": "x" * 5_000}, "too_large"),
    ],
)
def test_an_ask_that_makes_no_sense_is_refused(verb: str, terms: dict[str, Any], expected: str) -> None:
    assert code(ask(Desk(policy()), verb=verb, **terms)) == expected


def test_what_could_hold_no_grant_asks_for_none() -> None:
    assert code(ask(Desk(policy()), "genesis_mint")) == "no_standing"


def test_the_same_ask_is_refused_while_it_is_pending() -> None:
    desk = Desk(policy())
    ask(desk)
    assert code(ask(desk, uses=9)) == "already_asked"
    for other in ({"resource": "x"}, {"payload": "{}"}, {"agent": "bob"}):
        assert ask(desk, **other).state is RequestState.PENDING


def test_an_agent_floods_nobody() -> None:
    desk = Desk(policy())
    for number in range(MAX_PENDING_PER_AGENT):
        ask(desk, resource=f"x{number}")
    assert code(ask(desk)) == "too_many_requests"
    assert ask(desk, "bob").state is RequestState.PENDING
    desk = Desk(policy(), "deny")
    for number in range(MAX_COOLING_PER_AGENT):
        ask(desk, resource=f"x{number}")
    assert code(ask(desk, resource="y")) == "too_many_requests"
    desk.now = COOL
    assert ask(desk).state is RequestState.DENIED
    desk = Desk(policy(), "allow")
    for number in range(MOST_HELD):
        ask(desk, resource=f"x{number}")
    assert code(ask(desk)) == "too_many_grants"


# -- the cool-down -------------------------------------------------------------------------------------------------


def denied(**terms: Any) -> Desk:
    """A world in which ann has just been denied what she asked for."""
    desk = Desk(policy())
    ask(desk, **{"uses": 10, "ttl": 100, **terms})
    assert isinstance(deny(desk), Request)
    return desk


@pytest.mark.parametrize(
    "again", [{}, {"uses": 11}, {"uses": 9}, {"uses": 5, "ttl": 50}, {"ttl": 99}, {"depth": 1}, {"resource": "*"}]
)
def test_the_same_again_is_answered_with_the_denial_and_counted(again: dict[str, Any]) -> None:
    desk = denied(resource="x*")
    for times in (1, 2):
        made = ask(desk, **{"uses": 10, "ttl": 100, "resource": "x*", **again})
        assert (made.id, made.state, made.decision_reason, made.again) == (1, RequestState.DENIED, "no", times)
        assert desk.told() == ["request.repeated"]


@pytest.mark.parametrize("less", [{"uses": 4}, {"ttl": 49}, {"resource": "xy"}, {"payload": "{}"}, {"agent": "bob"}])
def test_markedly_less_is_another_ask(less: dict[str, Any]) -> None:
    desk = denied(resource="x*")
    assert ask(desk, **{"uses": 10, "ttl": 100, "resource": "x*", **less}).state is RequestState.PENDING


def test_who_was_denied_one_call_is_denied_every_call_and_not_another_one() -> None:
    desk = denied(payload='{"a":1}')
    assert ask(desk, uses=10, ttl=100).again == 1
    assert ask(desk, uses=10, ttl=100, payload='{"a":2}').state is RequestState.PENDING


def test_a_denial_answers_until_the_cool_down_is_over_however_much_is_asked_in_between() -> None:
    desk = denied()
    for number in range(KEPT + 5):
        desk.do(lambda tx, n=number: requests.withdraw(tx, desk.policy, ask(desk, resource=f"x{n}").id, "ann"))  # type: ignore[misc]
    desk.now = COOL - 1
    assert ask(desk, uses=10, ttl=100).again == 1
    desk.now = COOL
    assert ask(desk, uses=10, ttl=100).state is RequestState.PENDING


def test_what_has_become_allowed_is_allowed_before_the_cool_down_is_over() -> None:
    desk = denied()
    desk.policy = policy(rule("now", "allow"))
    assert ask(desk, uses=10, ttl=100).state is RequestState.APPROVED


def test_no_answer_is_no_denial_and_the_same_may_be_asked_at_once() -> None:
    desk = Desk(policy())
    ask(desk)
    desk.now = WITHIN
    desk.do(lambda tx: requests.expire(tx, desk.policy, 1))
    row = desk.state.requests.rows[1]
    assert (row.state, row.decided_by, row.grant) == (RequestState.EXPIRED, "", None)
    assert ask(desk).state is RequestState.PENDING


# -- answering -----------------------------------------------------------------------------------------------------


def test_a_grant_begins_when_it_is_approved_not_when_it_was_asked_for() -> None:
    desk = Desk(policy())
    ask(desk, ttl=20 * SECOND)
    desk.now = 15
    made = approve(desk, reason="fine")
    grant = desk.state.grants.rows[made.grant]
    assert (grant.granted_at, grant.expires_at) == (15 * SECOND, 35 * SECOND)
    assert (made.decided_by, made.decided_at, made.decision_reason) == (KIM, 15 * SECOND, "fine")


@pytest.mark.parametrize(
    ("narrower", "expected"),
    [
        ({}, None),
        ({"uses": 1, "ttl": 1, "resource": "xy", "quota": {"scrip": 1}, "depth": 0}, None),
        ({"uses": 4}, "too_wide"),
        ({"ttl": 101}, "too_wide"),
        ({"resource": "*"}, "too_wide"),
        ({"resource": "y"}, "too_wide"),
        ({"quota": {"scrip": 6}}, "too_wide"),
        ({"depth": 2}, "too_wide"),
        ({"uses": 0}, "bad_terms"),
        ({"ttl": 0}, "bad_terms"),
        ({"quota": {"bytes": 1}}, "bad_quota"),
        ({"payload": digest("{}")}, "payload_changed"),
    ],
)
def test_a_grant_is_as_asked_or_narrower(narrower: dict[str, Any], expected: str | None) -> None:
    desk = Desk(policy())
    ask(desk, resource="x*", uses=3, ttl=100, quota={"scrip": 5}, depth=1)
    made = approve(desk, **narrower)
    if expected is None:
        grant = desk.state.grants.rows[made.grant]
        assert (grant.uses_left, grant.resource) == (narrower.get("uses", 3), narrower.get("resource", "x*"))
    else:
        assert code(made) == expected
        assert desk.state.requests.rows[1].state is RequestState.PENDING


def test_nobody_decides_their_own_request_nor_one_that_was_made_for_them() -> None:
    desk = Desk(policy())
    ask(desk, on_behalf_of=("bob", "cat"))
    for by in ("ann", "bob", "cat"):
        assert code(approve(desk, by=by)) == code(deny(desk, by=by)) == "own_request"


def test_who_may_not_decide_does_not() -> None:
    desk = Desk(policy(approvers=(Approver("kim"), Approver("lee", risk="low"))))
    ask(desk)
    assert code(approve(desk, by=LEE)) == code(deny(desk, by=LEE)) == "not_yours"
    assert approve(desk).state is RequestState.APPROVED


def test_it_takes_two_people_and_the_second_can_only_narrow_further() -> None:
    desk = Desk(policy(dual=["medium"]))
    ask(desk, uses=5)
    first = approve(desk, uses=3)
    assert (first.state, first.seconded_by, desk.told()) == (RequestState.PENDING, KIM, ["request.seconded"])
    assert code(approve(desk)) == "second_person"
    assert code(approve(desk, by=LEE, uses=4)) == "too_wide"
    second = approve(desk, by=LEE)
    assert (second.decided_by, second.seconded_by) == (LEE, KIM)
    assert desk.state.grants.rows[second.grant].uses_left == 3
    assert desk.events[-1].data["narrowed"] == {"uses": [5, 3]}


def test_one_person_is_enough_to_say_no() -> None:
    desk = Desk(policy(dual=["medium"]))
    ask(desk)
    approve(desk)
    assert deny(desk, by=LEE).state is RequestState.DENIED


@pytest.mark.parametrize("first", ["approve", "deny", "withdraw", "expire"])
def test_a_decision_is_permanent(first: str) -> None:
    desk = Desk(policy())
    ask(desk)
    match first:
        case "approve":
            approve(desk)
        case "deny":
            deny(desk)
        case "withdraw":
            desk.do(lambda tx: requests.withdraw(tx, desk.policy, 1, "ann"))
        case _:
            desk.now = WITHIN
            desk.do(lambda tx: requests.expire(tx, desk.policy, 1))
    decided = desk.state.requests.rows[1]
    assert code(approve(desk, by=LEE)) == code(deny(desk, by=LEE)) == "not_pending"
    assert code(desk.do(lambda tx: requests.withdraw(tx, desk.policy, 1, "ann"))) == "not_pending"
    desk.now = 1_000
    desk.do(lambda tx: requests.expire(tx, desk.policy, 1))
    assert desk.state.requests.rows[1] == decided


def test_a_request_whose_time_is_over_can_neither_be_answered_nor_taken_back() -> None:
    desk = Desk(policy())
    ask(desk)
    desk.now = WITHIN
    assert code(approve(desk)) == code(deny(desk)) == "not_pending"
    assert code(desk.do(lambda tx: requests.withdraw(tx, desk.policy, 1, "ann"))) == "not_pending"


def test_a_request_that_the_world_has_forgotten_is_over_and_not_unheard_of() -> None:
    desk = Desk(policy())
    for number in range(1, KEPT + 2):
        ask(desk)
        desk.do(partial(requests.withdraw, policy=desk.policy, request_id=number, by="ann"))
    assert 1 not in desk.state.requests.rows
    assert code(approve(desk)) == code(deny(desk)) == "not_pending"
    assert code(approve(desk, KEPT + 2)) == "not_found"


def test_what_is_not_there_is_not_decided() -> None:
    assert code(approve(Desk(policy()), 9)) == code(deny(Desk(policy()), 9)) == "not_found"


@pytest.mark.parametrize(("mode", "state"), [("policy", "denied"), ("deny", "denied"), ("allow", "approved")])
def test_without_a_person_the_run_says_who_answers(mode: str, state: str) -> None:
    assert ask(Desk(policy(), mode)).state.value == state


def test_a_run_without_its_switch_answers_by_policy() -> None:
    desk = Desk(policy())
    desk.do(lambda tx: tx.delete(tx.state.switches, "world"))
    assert ask(desk).state is RequestState.DENIED


def test_a_verb_has_its_own_cool_down() -> None:
    desk = Desk(policy(verbs={"agent.spawn": Adjusted(cool_down=0)}))
    ask(desk)
    deny(desk)
    assert replace(ask(desk), id=1).state is RequestState.PENDING
