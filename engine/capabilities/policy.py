"""Rules that answer requests: deny before ask before allow, the first match within an effect; no match means ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Protocol

from engine.kernel.entities import SECOND, Request, SimTime

EFFECTS = ("deny", "ask", "allow")
MODES = ("ask", "policy", "deny", "allow")


class Rule(Protocol):
    """A rule of the world file."""

    @property
    def name(self) -> str: ...
    @property
    def effect(self) -> str: ...
    @property
    def verb(self) -> str: ...
    @property
    def agent(self) -> str: ...
    @property
    def uses(self) -> int | None: ...
    @property
    def ttl(self) -> SimTime | None: ...
    @property
    def reason(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says: yes or no, by which rule, on which terms."""

    allow: bool
    by: str
    uses: int | None
    ttl: SimTime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Which verbs are gated in this world, how long a person has to answer, the rules, and terms that go unsaid."""

    gated: frozenset[str]
    decide_within: SimTime
    rules: tuple[Rule, ...]
    default_uses: int = 1
    default_ttl: SimTime = 600 * SECOND

    @classmethod
    def of(
        cls,
        gated: Sequence[str],
        decide_within: SimTime,
        rules: Sequence[Rule],
        default_uses: int = 1,
        default_ttl: SimTime = 600 * SECOND,
    ) -> "Policy":
        """A policy from the world file's lists."""
        return cls(frozenset(gated), decide_within, tuple(rules), default_uses, default_ttl)

    def rule_for(self, verb: str, agent: str) -> Rule | None:
        """The rule that decides, by precedence of effect and then by order; None if no rule matches."""
        for effect in EFFECTS:
            for rule in self.rules:
                if rule.effect == effect and fnmatchcase(verb, rule.verb) and fnmatchcase(agent, rule.agent):
                    return rule
        return None

    def answer(self, request: Request, mode: str) -> Answer | None:
        """The answer without a person, or None if a person is to be asked.

        Modes: `ask`, the rules and then a person; `policy`, the rules and then no; `deny` and `allow`, always that.
        """
        if mode in ("deny", "allow"):
            done = "allowed" if mode == "allow" else "denied"
            return Answer(mode == "allow", f"approvals {mode}", None, None, f"every request is {done} in this run")
        rule = self.rule_for(request.verb, request.requester)
        if rule is not None and rule.effect != "ask":
            uses = min(rule.uses, request.uses) if rule.uses else None
            ttl = min(rule.ttl, request.ttl) if rule.ttl else None
            return Answer(rule.effect == "allow", f"rule {rule.name}", uses, ttl, rule.reason)
        if mode == "policy":
            return Answer(False, "approvals policy", None, None, "no rule allows it and nobody is there to ask")
        return None
