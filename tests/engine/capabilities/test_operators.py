"""What operators may do about capabilities: their rights hold for rules and modes as for single decisions."""

import pytest

import engine.operator as op
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from engine.runtime.operations import By, carry_out
from engine.runtime.policy_rules import MOST
from tests.engine.genesis.tiny import FILE, Tiny

ASK = "genesis_capabilities.request"
ALLOW: Json = {"name": "speak", "effect": "allow", "verb": "message.*", "ttl": "10s", "uses": 2}


@pytest.fixture
def world() -> Tiny:
    """A world where kim may decide everything, and lee what is of low risk."""
    approvers = [{"user": "kim"}, {"user": "lee", "risk": "low"}]
    rules = [{"name": "no spawning", "effect": "deny", "verb": "agent.spawn", "agent": "bob"}]
    return Tiny({**FILE, "capabilities": {"approvers": approvers, "rules": rules}})


def operate(world: Tiny, command: op.Command, by: str = "kim") -> str | Refusal:
    """Carry out an operator's command."""
    tx = world.begin()
    done = carry_out(tx, command, By(f"operator:{by}", world.policy))
    if isinstance(done, Refusal):
        assert not tx.writes
    world.commit(tx)
    return done


def refused(done: str | Refusal) -> str:
    """The code of a refusal."""
    assert isinstance(done, Refusal), done
    return done.code


def test_a_rule_that_an_operator_makes_answers_from_then_on_until_it_is_dropped(world: Tiny) -> None:
    assert world.ok("alice", ASK, verb="message.broadcast")["state"] == "pending"
    operate(world, op.MakeRule(ALLOW))
    made = world.ok("bob", ASK, verb="message.broadcast", uses=5)
    assert (made["state"], made["narrowed"]) == ("approved", {"uses": [5, 2], "ttl": [600_000_000, 10_000_000]})
    operate(world, op.DropRule("speak"))
    assert world.ok("carol", ASK, verb="message.broadcast")["state"] == "pending"


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({**ALLOW, "effect": "maybe"}, "bad_rule"),
        ({**ALLOW, "verb": "fly.*"}, "bad_rule"),
        ({**ALLOW, "uses": 0}, "bad_rule"),
        ({**ALLOW, "name": "no spawning"}, "name_taken"),
        ({"name": "bob's", "effect": "allow", "verb": "agent.spawn", "agent": "bob"}, "unreachable"),
    ],
)
def test_a_rule_that_does_not_hold_together_is_not_made(world: Tiny, rule: Json, code: str) -> None:
    assert refused(operate(world, op.MakeRule(rule))) == code
    assert world.state.policy_rules.rows == {}


def test_a_rule_about_a_risk_shadows_one_about_a_verb_of_that_risk(world: Tiny) -> None:
    operate(world, op.MakeRule({"name": "careful", "effect": "ask", "risk": "high"}))
    allow = {"name": "budget", "effect": "allow", "verb": "budget.raise", "agent": "bob"}
    assert refused(operate(world, op.MakeRule(allow))) == "unreachable"
    operate(world, op.MakeRule({**allow, "verb": "*"}))


def test_no_rule_is_made_for_what_takes_two_people() -> None:
    world = Tiny({**FILE, "capabilities": {"dual": ["high"]}})
    allow = {"name": "budget", "effect": "allow", "verb": "budget.raise"}
    assert refused(operate(world, op.MakeRule(allow))) == "second_person"
    operate(world, op.MakeRule({**allow, "effect": "deny"}))


def test_operators_make_and_drop_rules_for_what_they_may_decide_alone(world: Tiny) -> None:
    operate(world, op.MakeRule(ALLOW), "lee")
    assert refused(operate(world, op.MakeRule({"name": "all", "effect": "allow"}), "lee")) == "not_yours"
    operate(world, op.MakeRule({"name": "careful", "effect": "ask", "risk": "high"}))
    assert refused(operate(world, op.DropRule("careful"), "lee")) == "not_yours"
    operate(world, op.DropRule("speak"), "lee")
    assert refused(operate(world, op.DropRule("speak"))) == "not_found"


def test_operators_make_so_many_rules_and_no_more(world: Tiny) -> None:
    for number in range(MOST):
        operate(world, op.MakeRule({**ALLOW, "name": f"r{number}", "resource": f"x{number}"}))
    assert refused(operate(world, op.MakeRule(ALLOW))) == "too_many_rules"


@pytest.mark.parametrize("mode", ["allow", "deny"])
def test_who_may_not_decide_everything_does_not_decide_it_all_at_once(world: Tiny, mode: str) -> None:
    assert refused(operate(world, op.SetApprovals(mode), "lee")) == "not_yours"
    operate(world, op.SetApprovals(mode))
    operate(world, op.SetApprovals("ask"), "lee")


def test_who_may_not_grant_a_verb_does_not_give_it_unasked(world: Tiny) -> None:
    assert refused(operate(world, op.GrantCapability("alice", "agent.spawn"), "lee")) == "not_yours"
    operate(world, op.GrantCapability("alice", "message.broadcast"), "lee")


def test_stopping_an_agent_takes_its_grants_and_its_requests(world: Tiny) -> None:
    operate(world, op.GrantCapability("alice", "message.broadcast"))
    world.ok("alice", ASK, verb="agent.spawn")
    operate(world, op.StopAgent("alice"))
    assert world.state.grants.rows[1].state.value == "revoked"
    assert world.state.requests.rows[1].state.value == "withdrawn"
