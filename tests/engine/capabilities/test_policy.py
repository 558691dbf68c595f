"""The policy: deny before ask before allow, the first rule that matches within an effect, narrower never wider."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capabilities.catalogue import VERBS
from engine.capabilities.policy import (
    EFFECTS,
    MODES,
    Answer,
    Asked,
    Policy,
    contradictions,
    in_force,
    mismatch,
    unreachable,
)
from engine.capabilities.rules import MadeRule, Schedule
from engine.capabilities.terms import Bounds, Terms, wider
from tests.engine.capabilities.kit import KIM, LEE, Adjusted, Approver, Ceiling, policy, rule

TERMS = Terms("*", 5, 100)
ASKED = Asked("ann", VERBS["agent.spawn"], TERMS, 0)
NEVER = Answer(False, "approvals policy", Bounds(), "no rule allows it and nobody is there to ask")


def asked(agent: str = "ann", verb: str = "agent.spawn", at: int = 0, **terms: Any) -> Asked:
    """An ask as rules look at it."""
    return Asked(agent, VERBS[verb], replace(TERMS, **terms), at)


def answer(*rules: MadeRule, mode: str = "policy", to: Asked = ASKED, **world: Any) -> Answer | None:
    """What a policy with these rules says."""
    return policy(*rules, **world).answer(to, mode)


def test_without_a_rule_a_person_is_asked_and_where_there_is_none_the_answer_is_no() -> None:
    assert answer(mode="ask") is None
    assert answer() == NEVER


@pytest.mark.parametrize("mode", ["ask", "policy"])
def test_a_rule_answers_in_its_own_name_and_with_its_reason(mode: str) -> None:
    assert answer(rule("h", "allow", reason="they help"), mode=mode) == Answer(True, "rule h", Bounds(), "they help")
    assert answer(rule("n", "deny", reason="too many"), mode=mode) == Answer(False, "rule n", Bounds(), "too many")


def test_a_rule_that_asks_asks_a_person_and_without_one_means_no() -> None:
    rules = (rule("all", "allow"), rule("spawning", "ask", verb="agent.*"))
    assert answer(*rules, mode="ask") is None
    assert answer(*rules) == NEVER
    other = answer(*rules, to=asked(verb="message.broadcast"))
    assert other is not None
    assert other.by == "rule all"


@pytest.mark.parametrize(
    ("order", "by"),
    [(("allow", "ask", "deny"), "rule deny"), (("allow", "deny"), "rule deny"), (("allow",), "rule allow")],
)
def test_deny_comes_before_ask_and_ask_before_allow_in_whatever_order_they_stand(
    order: tuple[str, ...], by: str
) -> None:
    found = answer(*(rule(effect, effect) for effect in order))
    assert found is not None
    assert found.by == by


def test_within_an_effect_the_first_rule_that_matches_decides_and_operators_rules_come_after() -> None:
    rules = (rule("bobs", "allow", agent="bob"), rule("one", "allow", uses=1))
    made = rule("two", "allow", uses=2)
    assert policy(*rules).rule_for(ASKED, [made]) is rules[1]
    assert policy(rules[0]).rule_for(ASKED, [made]) is made
    assert policy(*rules).rule_for(ASKED, [rule("no", "deny")]) is not rules[1]


@pytest.mark.parametrize(
    ("terms", "matches"),
    [
        ({}, True),
        ({"verb": "agent.*", "agent": "a*"}, True),
        ({"verb": "agent"}, False),
        ({"agent": "an"}, False),
        ({"agent": "ANN"}, False),
        ({"verb": "message.*"}, False),
        ({"risk": "medium"}, True),
        ({"risk": "low"}, False),
        ({"resource": "news*"}, True),
        ({"resource": "n*"}, True),
        ({"resource": "gossip"}, False),
        ({"schedule": Schedule(after=11)}, False),
        ({"schedule": Schedule(after=10)}, True),
    ],
)
def test_a_rule_says_why_it_is_not_for_an_ask(terms: dict[str, Any], matches: bool) -> None:
    why = mismatch(rule("r", "deny", **terms), asked(resource="news*", at=10))
    assert (why is None) == matches
    assert why is None or why.startswith("it ")


def test_a_rule_that_denies_is_for_all_that_touches_and_one_that_allows_for_what_lies_within() -> None:
    wide = asked(resource="news*")
    for effect, narrower, elsewhere in (("deny", True, False), ("ask", True, False), ("allow", False, False)):
        assert (mismatch(rule("r", effect, resource="*_of_today"), wide) is None) == narrower
        assert (mismatch(rule("r", effect, resource="gossip"), wide) is None) == elsewhere
        assert mismatch(rule("r", effect, resource="new*"), wide) is None


def test_a_rule_narrows_what_it_allows_and_allows_nothing_beside_that() -> None:
    allow = rule("r", "allow", narrow="news*", uses=2, ttl=50, quota={"scrip": 3, "bytes": 9}, depth=0)
    found = answer(allow)
    assert found is not None
    assert found.bounds.bind(TERMS) == Terms("news*", 2, 50, {"scrip": 3}, 0), "only what the verb is measured in"
    assert answer(allow, to=asked(resource="gossip")) == NEVER


@pytest.mark.parametrize(("mode", "allow", "reason"), [("deny", False, "denied"), ("allow", True, "allowed")])
def test_a_run_may_answer_everything_alike(mode: str, allow: bool, reason: str) -> None:
    expected = Answer(allow, f"approvals {mode}", Bounds(), f"every request is {reason} in this run")
    assert answer(rule("no", "deny"), rule("yes", "allow"), mode=mode) == expected


def test_neither_a_rule_nor_a_mode_stands_for_two_people() -> None:
    assert answer(rule("yes", "allow"), mode="ask", dual=["medium"]) is None
    assert answer(rule("yes", "allow"), mode="policy", dual=["medium"]) == NEVER
    assert answer(mode="allow", dual=["medium"]) is None
    denied = answer(rule("no", "deny"), mode="ask", dual=["medium"])
    assert denied is not None
    assert not denied.allow


@pytest.mark.parametrize(
    ("schedule", "holds"),
    [
        (Schedule(), range(40)),
        (Schedule(after=5), range(5, 40)),
        (Schedule(before=5), range(5)),
        (Schedule(after=3, before=9), range(3, 9)),
        (Schedule(after=2, every=10, lasts=3), [*range(2, 5), *range(12, 15), *range(22, 25), *range(32, 35)]),
        (Schedule(before=13, every=10, lasts=5), [*range(5), *range(10, 13)]),
    ],
)
def test_a_schedule_holds_at_its_times(schedule: Schedule, holds: Any) -> None:
    assert [at for at in range(40) if in_force(schedule, at)] == list(holds)


rules_ = st.lists(
    st.builds(
        MadeRule,
        st.sampled_from("abc"),
        st.sampled_from(EFFECTS),
        st.sampled_from(["*", "agent.*", "agent.spawn", "message.*"]),
        st.sampled_from(["*", "ann", "a*", "bob"]),
        st.sampled_from(["*", "x*", "xy"]),
        st.sampled_from([None, "low", "medium"]),
        st.sampled_from([None, "xy", "*"]),
        st.none() | st.integers(1, 9),
        st.none() | st.integers(1, 200),
        st.just({}),
        st.none(),
        st.none() | st.just(Schedule(after=5)),
    ),
    max_size=5,
)
asks = st.builds(
    asked,
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(["agent.spawn", "message.broadcast"]),
    st.sampled_from([0, 9]),
    resource=st.sampled_from(["*", "x*", "x", "xy"]),
)


@given(rules_, st.sampled_from(MODES), asks)
def test_whatever_the_rules_what_is_denied_is_denied_and_what_is_allowed_was_asked_for(
    rules: list[MadeRule], mode: str, to: Asked
) -> None:
    found = answer(*rules, mode=mode, to=to)
    effects = {r.effect for r in rules if mismatch(r, to) is None}
    if mode in ("ask", "policy"):
        assert (found is not None and found.allow) == (effects == {"allow"})
        assert (found is None) == (mode == "ask" and "deny" not in effects and effects != {"allow"})
    if found is not None and found.allow:
        given_ = found.bounds.bind(to.terms)
        assert given_ is not None, "what is allowed is something"
        assert wider(given_, to.terms) is None


@given(rules_, asks)
def test_a_rule_that_is_called_unreachable_never_decides(rules: list[MadeRule], to: Asked) -> None:
    found = unreachable(rules)
    chosen = policy(*rules).rule_for(to)
    assert all(chosen is not shadowed.rule for shadowed in found)
    assert all(shadowed in found for shadowed in contradictions(rules))


def test_rules_that_never_decide_are_found_with_the_one_that_does() -> None:
    no, yes, other = rule("no", "deny", verb="agent.*"), rule("yes", "allow", verb="agent.spawn"), rule("o", "allow")
    (found,) = unreachable([yes, other, no])
    assert (found.rule, found.by) == (yes, no)
    assert contradictions([yes, other, no]) == []
    (opposed,) = contradictions([yes, replace(no, verb="agent.spawn")])
    assert (opposed.rule.name, opposed.by.name) == ("yes", "no")
    assert unreachable([rule("a", "allow", narrow="x"), rule("b", "allow")]) == [], "the first allows x alone"
    assert unreachable([rule("a", "deny", schedule=Schedule(after=9)), rule("b", "allow")]) == []


def test_a_trace_has_every_rule_in_the_order_of_looking() -> None:
    rules = (rule("yes", "allow", agent="bob"), rule("no", "deny", verb="message.*"))
    trace = policy(*rules).trace(ASKED, [rule("look", "ask")])
    assert [(line.rule.name, line.why_not is None) for line in trace] == [("no", False), ("look", True), ("yes", False)]


def test_an_approver_decides_the_verbs_and_risks_that_the_world_says() -> None:
    world = policy(approvers=(Approver("kim"), Approver("lee", "agent.*", "medium")))
    assert [verb for verb in ("agent.spawn", "message.broadcast") if world.may_decide(LEE, VERBS[verb])] == [
        "agent.spawn"
    ]
    assert not world.may_decide("operator:eve", VERBS["message.broadcast"])
    assert world.may_decide_all(KIM)
    assert not world.may_decide_all(LEE)
    assert world.may_decide_all(LEE, "agent.*")
    assert Policy().may_decide_all("operator:anybody")


def test_a_world_adjusts_verbs_and_bounds_what_its_agents_hold() -> None:
    adjusted = Adjusted(gated=False, risk="high", uses=3, quota={"scrip": 9}, max_uses=4, max_quota={"scrip": 20})
    world = policy(verbs={"agent.spawn": adjusted}, ceilings=[Ceiling("b*", uses=2, quota={"scrip": 7, "bytes": 5})])
    verb = world.catalogue.verbs["agent.spawn"]
    assert (verb.gated, verb.risk, verb.terms.uses, verb.terms.quota) == (False, "high", 3, {"scrip": 9})
    asked_for = Terms(uses=9, quota={"scrip": 99})
    assert world.catalogue.bind("ann", verb, asked_for) == Terms(uses=4, quota={"scrip": 20})
    assert world.catalogue.bind("bob", verb, asked_for) == Terms(uses=2, quota={"scrip": 7})
    none = policy(ceilings=[Ceiling(uses=0)])
    assert none.catalogue.bind("ann", verb, asked_for) is None


def test_gated_names_all_that_is_and_verbs_have_the_last_word() -> None:
    world = policy(gated=["agent.spawn"], verbs={"exchange.trade": Adjusted(gated=True)})
    assert [name for name in VERBS if world.catalogue.gated(name)] == ["agent.spawn", "exchange.trade"]
    usual = [name for name, verb in VERBS.items() if not verb.gated]
    assert usual == ["exchange.trade", "mint.submit"]
