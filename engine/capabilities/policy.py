"""Rules that answer requests: deny before ask before allow, the first match within an effect; no match means ask.

A rule that denies or asks is for every request that touches its resource; a rule that allows only for those that lie
within it, and it can narrow what it allows.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from engine.capabilities.catalogue import RISKS, VERBS, Catalogue, Verb, measured
from engine.capabilities.resource import covers, meet, overlap
from engine.capabilities.terms import Bounds, Terms
from engine.kernel.entities import SECOND, Request, SimTime

EFFECTS = ("deny", "ask", "allow")
MODES = ("ask", "policy", "deny", "allow")


class ScheduleLike(Protocol):
    """When a rule holds: from `after` on until `before`; with `every`, for `lasts` at the beginning of each period."""

    @property
    def after(self) -> SimTime: ...
    @property
    def before(self) -> SimTime | None: ...
    @property
    def every(self) -> SimTime | None: ...
    @property
    def lasts(self) -> SimTime | None: ...


class Rule(Protocol):
    """A rule of the world file, or one that an operator has made."""

    @property
    def name(self) -> str: ...
    @property
    def effect(self) -> str: ...
    @property
    def verb(self) -> str: ...
    @property
    def agent(self) -> str: ...
    @property
    def resource(self) -> str: ...
    @property
    def risk(self) -> str | None: ...
    @property
    def narrow(self) -> str | None: ...
    @property
    def uses(self) -> int | None: ...
    @property
    def ttl(self) -> SimTime | None: ...
    @property
    def quota(self) -> Mapping[str, int]: ...
    @property
    def depth(self) -> int | None: ...
    @property
    def schedule(self) -> ScheduleLike | None: ...
    @property
    def reason(self) -> str: ...


class ApproverLike(Protocol):
    """What an operator may decide."""

    @property
    def user(self) -> str: ...
    @property
    def verbs(self) -> str: ...
    @property
    def risk(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says: yes or no, by which rule, within which bounds."""

    allow: bool
    by: str
    bounds: Bounds
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a rule looks at: who asks for what, and when."""

    agent: str
    verb: Verb
    terms: Terms
    at: SimTime


@dataclass(frozen=True, slots=True)
class Traced:
    """One rule and why it does not match, None if it does."""

    rule: Rule
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Policy:
    """Who answers requests in a world and how: the catalogue, the rules, and what needs whose consent.

    `dual` names the risk classes that take two people, `approvers` who may decide what; without any, everybody may
    decide everything.
    """

    catalogue: Catalogue = field(default_factory=Catalogue)
    decide_within: SimTime = 300 * SECOND
    rules: tuple[Rule, ...] = ()
    dual: frozenset[str] = frozenset()
    approvers: tuple[ApproverLike, ...] = ()

    def trace(self, asked: Asked, more: Iterable[Rule] = ()) -> list[Traced]:
        """Every rule in the order in which they are looked at; `more` are rules that operators have made."""
        rules = (*self.rules, *more)
        ordered = [rule for effect in EFFECTS for rule in rules if rule.effect == effect]
        return [Traced(rule, mismatch(rule, asked)) for rule in ordered]

    def rule_for(self, asked: Asked, more: Iterable[Rule] = ()) -> Rule | None:
        """The rule that decides, by precedence of effect and then by order; None if no rule matches."""
        rules = (*self.rules, *more)
        for effect in EFFECTS:
            for rule in rules:
                if rule.effect == effect and mismatch(rule, asked) is None:
                    return rule
        return None

    def answer(self, asked: Asked, mode: str, more: Iterable[Rule] = ()) -> Answer | None:
        """The answer without a person, or None if a person is to be asked.

        Modes: `ask`, the rules and then a person; `policy`, the rules and then no; `deny` and `allow`, always that.
        Neither a rule nor a mode stands for the two people whom a risk class demands.
        """
        if mode == "allow" and asked.verb.risk in self.dual:
            return None
        if mode in ("deny", "allow"):
            done = "allowed" if mode == "allow" else "denied"
            return Answer(mode == "allow", f"approvals {mode}", Bounds(), f"every request is {done} in this run")
        rule = self.rule_for(asked, more)
        if rule is not None and rule.effect == "deny":
            return Answer(False, f"rule {rule.name}", Bounds(), rule.reason)
        if rule is not None and rule.effect == "allow" and asked.verb.risk not in self.dual:
            bounds = Bounds(rule.narrow, rule.uses, rule.ttl, measured(asked.verb, rule.quota), rule.depth)
            return Answer(True, f"rule {rule.name}", bounds, rule.reason)
        if mode == "policy":
            return Answer(False, "approvals policy", Bounds(), "no rule allows it and nobody is there to ask")
        return None

    def may_decide_all(self, operator: str, verb: str = "*", risk: str | None = None) -> bool:
        """Whether an operator may decide about every verb that a pattern and a risk class are for."""
        verbs = (v for v in self.catalogue.verbs.values() if covers(verb, v.name) and risk in (None, v.risk))
        return all(self.may_decide(operator, v) for v in verbs)

    def may_decide(self, operator: str, verb: Verb) -> bool:
        """Whether an operator (`operator:USER`) has the right to grant a verb."""
        user = operator.removeprefix("operator:")
        return not self.approvers or any(
            covers(a.user, user) and covers(a.verbs, verb.name) and RISKS.index(verb.risk) <= RISKS.index(a.risk)
            for a in self.approvers
        )


def asked_of(request: Request, catalogue: Catalogue, at: SimTime) -> Asked:
    """A stored request as rules look at it."""
    terms = Terms(request.resource, request.uses, request.ttl, request.quota, request.depth)
    return Asked(request.requester, catalogue.verbs[request.verb], terms, at)


def mismatch(rule: Rule, asked: Asked) -> str | None:
    """Why a rule is not for this request; None if it is."""
    if not covers(rule.verb, asked.verb.name):
        return f"it is for {rule.verb}"
    if not covers(rule.agent, asked.agent):
        return f"it is for the agents {rule.agent}"
    if rule.risk is not None and rule.risk != asked.verb.risk:
        return f"it is for {rule.risk} risk, and this is {asked.verb.risk}"
    touches = covers(rule.resource, asked.terms.resource)
    if rule.effect != "allow":
        touches = touches or overlap(rule.resource, asked.terms.resource)
    if not touches:
        return f"it is for the resource {rule.resource}"
    if rule.effect == "allow" and rule.narrow is not None and meet(rule.narrow, asked.terms.resource) is None:
        return f"it allows {rule.narrow} alone"
    if rule.schedule is not None and not in_force(rule.schedule, asked.at):
        return "it does not hold at this time"
    return None


def in_force(schedule: ScheduleLike, at: SimTime) -> bool:
    """Whether a schedule holds at a world time."""
    if at < schedule.after or (schedule.before is not None and at >= schedule.before):
        return False
    if schedule.every is None or schedule.lasts is None:
        return True
    return (at - schedule.after) % schedule.every < schedule.lasts


@dataclass(frozen=True, slots=True)
class Shadowed:
    """A rule that can never decide, and the rule that decides before it in every case."""

    rule: Rule
    by: Rule


def unreachable(rules: Sequence[Rule], verbs: Mapping[str, Verb] = VERBS) -> list[Shadowed]:
    """The rules that never decide, because one that is looked at earlier holds for everything that they hold for.

    `verbs` are those of the world, whose risks say which verbs a rule about a risk is for.
    """
    ordered = [rule for effect in EFFECTS for rule in rules if rule.effect == effect]
    found = []
    for place, rule in enumerate(ordered):
        before = next((other for other in ordered[:place] if _always_before(other, rule, verbs)), None)
        if before is not None:
            found.append(Shadowed(rule, before))
    return found


def contradictions(rules: Sequence[Rule], verbs: Mapping[str, Verb] = VERBS) -> list[Shadowed]:
    """Pairs of rules for exactly the same requests of which one denies or asks and the other allows."""
    return [found for found in unreachable(rules, verbs) if found.by.effect != found.rule.effect and _same(found)]


def _same(found: Shadowed) -> bool:
    a, b = found.rule, found.by
    return (a.verb, a.agent, a.resource, a.risk) == (b.verb, b.agent, b.resource, b.risk)


def verbs_of(rule: Rule, verbs: Mapping[str, Verb]) -> list[Verb]:
    """The verbs that a rule is for."""
    return [verb for verb in verbs.values() if covers(rule.verb, verb.name) and rule.risk in (None, verb.risk)]


def _always_before(first: Rule, second: Rule, verbs: Mapping[str, Verb]) -> bool:
    meant = verbs_of(second, verbs)
    return (
        bool(meant)
        and all(covers(first.verb, verb.name) and first.risk in (None, verb.risk) for verb in meant)
        and covers(first.agent, second.agent)
        and covers(first.resource, second.resource)
        and first.schedule is None
        and (first.effect != "allow" or first.narrow is None)
    )
