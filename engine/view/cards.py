"""What is said of a request for a capability: what it is in plain words, what it changes, what the policy thinks."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import engine.kernel.entities as ent
from engine.capabilities.catalogue import Verb
from engine.capabilities.grants import digest
from engine.capabilities.policy import Asked, Policy, Rule, Traced
from engine.capabilities.requests import terms_of
from engine.capabilities.resource import EVERYTHING
from engine.capabilities.rule_making import rule_from, to_toml
from engine.capabilities.rules import from_json
from engine.capabilities.terms import Terms
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.view.words import joined, length, line, times

_ALWAYS = {"deny": "every request is denied in this run", "allow": "every request is allowed in this run"}
_VERDICTS = {"deny": "denies it", "ask": "asks a person", "allow": "allows it"}


@dataclass(frozen=True, slots=True)
class Card:
    """The part of a request's row that stays as it is while the request waits and the rules stand."""

    verb: Verb
    terms: Terms
    sentence: str
    effect: str
    cost: str
    policy: str
    trace: tuple[str, ...]
    rule: str
    digest: str


class Judge:
    """Says of requests what the world's policy and the rules of operators say."""

    def __init__(self, state: State, policy: Policy) -> None:
        self._state = state
        self._policy = policy
        self._made: tuple[int, list[Rule]] = (-1, [])

    @property
    def stamp(self) -> Hashable:
        """Moves when another thing may be said of the same request."""
        timed = any(rule.schedule is not None for rule in (*self._policy.rules, *self._rules))
        return (self._state.policy_rules.version, self._mode, self._state.now if timed else None)

    def card(self, request: ent.Request) -> Card:
        """Everything that is said of a request."""
        verb, terms = catalogued(self._policy, request.verb), terms_of(request)
        pending = request.state is ent.RequestState.PENDING
        traced = self._policy.trace(Asked(request.requester, verb, terms, self._state.now), self._rules)
        two = pending and verb.risk in self._policy.dual  # no rule stands for two people
        made = rule_from(request, terms, {rule.name for rule in (*self._policy.rules, *self._rules)})
        return Card(
            verb=verb,
            terms=terms,
            sentence=asked_for(request.requester, verb, terms),
            effect=effect(verb, terms),
            cost=cost(verb, terms.quota),
            policy=self._says(traced, verb) if pending else "",
            trace=tuple(map(_told, traced)) if pending else (),
            rule="" if isinstance(made, Refusal) or two else to_toml(made),
            digest=digest(request.payload),
        )

    @property
    def _mode(self) -> str:
        switch = self._state.switches.rows.get("world")
        return switch.approvals if switch is not None else "policy"

    @property
    def _rules(self) -> list[Rule]:
        version = self._state.policy_rules.version
        if self._made[0] != version:
            self._made = (version, [from_json(row.rule) for _, row in sorted(self._state.policy_rules.rows.items())])
        return self._made[1]

    def _says(self, traced: list[Traced], verb: Verb) -> str:
        """What the policy says to a request, and where it says nothing what the run does then."""
        mode = self._mode
        if mode in _ALWAYS:
            return _ALWAYS[mode]
        rule = next((one.rule for one in traced if one.why_not is None), None)
        if rule is not None:
            verdict = _VERDICTS[rule.effect]
            if rule.effect == "allow" and verb.risk in self._policy.dual:
                verdict += f", but {verb.risk} risk takes two people"
            return line(f"rule {rule.name} {verdict}" + (f": {rule.reason}" if rule.reason else ""))
        end = "a person decides" if mode == "ask" else "denied where nobody is there to ask"
        return f"no rule: {end}" if not traced else f"none of {len(traced)} rules matches: {end}"


def _told(traced: Traced) -> str:
    """One rule and why it is not for a request: `small disks (allow): it is for the agents trader_*`."""
    rule = traced.rule
    return line(f"{rule.name} ({rule.effect}): {traced.why_not or 'matches'}")


def catalogued(policy: Policy, name: str) -> Verb:
    """The verb of that name, as high a risk as there is if this version does not know it."""
    known = policy.catalogue.verbs.get(name)
    unknown = f"use {line(name, 60)}, which this version does not know"
    return known or Verb(name, unknown, "what it changes is not known", "high", "?", "", available=False)


def asked_for(requester: str, verb: Verb, terms: Terms) -> str:
    """What exactly a request asks for, with its scope: `carol may send a message to every agent: 3 times, …`."""
    on = "" if terms.resource == EVERYTHING else f" on {line(terms.resource, 80)}"
    within = f"{times(terms.uses)}, within {length(terms.ttl)} of approval"
    passed = f"passed on {terms.depth} deep at most" if terms.depth else ""
    return line(f"{requester} may {verb.sentence}{on}: {joined((within, passed, amounts(terms.quota)), ', ')}")


def effect(verb: Verb, terms: Terms) -> str:
    """What changes from now on: `its share of cpu_rate grows, for good: by 500 units at most`."""
    kind = verb.kind or "resource"
    resource = f"any {kind}" if terms.resource == EVERYTHING else line(terms.resource, 80)
    changes = verb.effect.replace("{resource}", resource)
    if "units" in verb.measures:
        units = terms.quota.get("units")
        changes += f": by {units:,} units at most" if units else ": by as much as the asset's cap leaves"
    return line(changes)


def cost(verb: Verb, quota: Mapping[str, int]) -> str:
    """The most that it can cost: what it costs at all, and the limits that are asked for."""
    if not verb.measures:
        return verb.cost
    limits = amounts(quota) or "no limit is asked for"
    return f"{verb.cost}: {limits}"


def amounts(quota: Mapping[str, int]) -> str:
    """A quota in words: `at most 500 scrip`."""
    what = joined((f"{most:,} {line(name, 40)}" for name, most in sorted(quota.items())), ", ")
    return f"at most {what}" if what else ""
