"""The policy: deny before ask before allow, the first rule that matches within an effect, narrower never wider."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.capabilities.policy import EFFECTS, MODES, Answer, Policy
from engine.kernel.entities import SECOND, Request, RequestState, SimTime

NEVER = Answer(False, "approvals policy", None, None, "no rule allows it and nobody is there to ask")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as a world file has it."""

    name: str
    effect: str
    verb: str = "*"
    agent: str = "*"
    uses: int | None = None
    ttl: SimTime | None = None
    reason: str = ""


REQUEST = Request(1, "ann", "agent.spawn", "*", 5, 100, "", 0, 9, RequestState.PENDING, None, "", "", None)


def policy(*rules: Rule) -> Policy:
    return Policy.of(["agent.spawn"], 300 * SECOND, rules)


def decided(*rules: Rule, mode: str = "policy", agent: str = "ann", verb: str = "agent.spawn") -> Answer | None:
    return policy(*rules).answer(replace(REQUEST, requester=agent, verb=verb), mode)


def test_without_a_rule_a_person_is_asked_and_where_there_is_none_the_answer_is_no() -> None:
    assert decided(mode="ask") is None
    assert decided(mode="policy") == NEVER


@pytest.mark.parametrize("mode", ["ask", "policy"])
def test_a_rule_answers_in_its_own_name_and_with_its_reason(mode: str) -> None:
    allow = decided(Rule("helpers", "allow", reason="they help"), mode=mode)
    assert allow == Answer(True, "rule helpers", None, None, "they help")
    deny = decided(Rule("none", "deny", reason="too many"), mode=mode)
    assert deny == Answer(False, "rule none", None, None, "too many")


def test_a_rule_that_asks_asks_a_person_and_without_one_means_no() -> None:
    rules = (Rule("all", "allow"), Rule("spawning", "ask", "agent.*"))
    assert decided(*rules, mode="ask") is None
    assert decided(*rules, mode="policy") == NEVER
    answer = decided(*rules, mode="policy", verb="message.broadcast")
    assert answer is not None
    assert answer.by == "rule all"


@pytest.mark.parametrize(
    ("order", "by"),
    [
        (("allow", "ask", "deny"), "rule deny"),
        (("deny", "ask", "allow"), "rule deny"),
        (("allow", "deny"), "rule deny"),
        (("allow",), "rule allow"),
    ],
)
def test_deny_comes_before_ask_and_ask_before_allow_in_whatever_order_they_stand(
    order: tuple[str, ...], by: str
) -> None:
    answer = decided(*(Rule(effect, effect) for effect in order))
    assert answer is not None
    assert answer.by == by


def test_within_an_effect_the_first_rule_that_matches_decides() -> None:
    rules = (Rule("bobs", "allow", agent="bob"), Rule("one", "allow", uses=1), Rule("two", "allow", uses=2))
    first = decided(*rules)
    assert first is not None
    assert (first.by, first.uses) == ("rule one", 1)
    bobs = decided(*rules, agent="bob")
    assert bobs is not None
    assert bobs.by == "rule bobs"


@pytest.mark.parametrize(
    ("verb", "agent", "matches"),
    [
        ("agent.spawn", "ann", True),
        ("agent.*", "a*", True),
        ("*", "*", True),
        ("agent", "ann", False),
        ("agent.spawn", "an", False),
        ("agent.spawn", "ANN", False),
        ("message.*", "ann", False),
    ],
)
def test_a_rule_matches_by_verb_and_agent(verb: str, agent: str, matches: bool) -> None:
    assert (policy(Rule("r", "allow", verb, agent)).rule_for("agent.spawn", "ann") is not None) == matches


@pytest.mark.parametrize(
    ("uses", "ttl", "given"),
    [(None, None, (None, None)), (2, None, (2, None)), (None, 7, (None, 7)), (9, 900, (5, 100)), (5, 100, (5, 100))],
)
def test_a_rule_narrows_and_never_widens(
    uses: int | None, ttl: int | None, given: tuple[int | None, int | None]
) -> None:
    answer = decided(Rule("r", "allow", uses=uses, ttl=ttl))
    assert answer is not None
    assert (answer.uses, answer.ttl) == given


@pytest.mark.parametrize(("mode", "allow", "reason"), [("deny", False, "denied"), ("allow", True, "allowed")])
def test_a_run_may_answer_everything_alike(mode: str, allow: bool, reason: str) -> None:
    expected = Answer(allow, f"approvals {mode}", None, None, f"every request is {reason} in this run")
    assert decided(Rule("no", "deny"), Rule("yes", "allow"), mode=mode) == expected


RULES = st.lists(
    st.builds(
        Rule,
        st.sampled_from("abc"),
        st.sampled_from(EFFECTS),
        st.sampled_from(["*", "agent.*", "agent.spawn", "message.*"]),
        st.sampled_from(["*", "ann", "bob", "a?n"]),
        st.none() | st.integers(1, 9),
        st.none() | st.integers(1, 200),
    ),
    max_size=6,
)


@given(RULES, st.sampled_from(MODES), st.sampled_from(["ann", "bob"]))
def test_whatever_the_rules_what_is_denied_is_denied_and_what_is_allowed_was_asked_for(
    rules: list[Rule], mode: str, agent: str
) -> None:
    request = replace(REQUEST, requester=agent)
    answer = policy(*rules).answer(request, mode)
    matching = [r for r in rules if policy(r).rule_for(request.verb, agent) is not None]
    if mode in ("ask", "policy") and any(r.effect == "deny" for r in matching):
        assert answer is not None
        assert not answer.allow
    if answer is not None and answer.allow:
        assert mode == "allow" or (matching and {r.effect for r in matching} == {"allow"})
        assert (answer.uses or request.uses) <= request.uses
        assert (answer.ttl or request.ttl) <= request.ttl
    assert (answer is None) == (
        mode == "ask"
        and not any(r.effect == "deny" for r in matching)
        and (not matching or any(r.effect == "ask" for r in matching))
    )
