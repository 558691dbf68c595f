"""What the audit finds: the story of each request and of each grant, with what was done under it and what that cost."""

from dataclasses import dataclass, field

from engine.kernel.entities import Json, SimTime


@dataclass(slots=True)
class Effect:
    """What happened in the commit of a use, or later under an order that was one."""

    commit: int
    type: str
    actor: str
    target: str
    data: Json


@dataclass(slots=True)
class Cost:
    """What the holder used of renewable assets, paid out, and got newly issued, by asset."""

    used: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class UseStory:
    """One use of a grant: when, by whom, on what, how much of each measure, and what came of it."""

    commit: int
    at: SimTime
    by: str
    resource: str
    amounts: Json
    voided: str = ""
    effects: list[Effect] = field(default_factory=list)
    cost: Cost = field(default_factory=Cost)


@dataclass(slots=True)
class Misuse:
    """A use that was refused: it went beyond `grant`, the one that came closest of those held or lent."""

    commit: int
    at: SimTime
    agent: str
    grant: int
    verb: str
    resource: str
    code: str


@dataclass(slots=True)
class RequestStory:
    """What was asked, by whom and why, and what became of it; `repeats` counts asks that the same answer answered."""

    request: int
    commit: int
    requester: str
    on_behalf_of: list[str]
    verb: str
    resource: str
    uses: int
    ttl: SimTime
    quota: Json
    depth: int
    payload: str
    reason: str
    asked_at: SimTime
    decide_by: SimTime
    state: str = "pending"
    decided_at: SimTime | None = None
    decided_by: str = ""
    seconded_by: str = ""
    decision_reason: str = ""
    narrowed: Json = field(default_factory=dict)
    grant: int | None = None
    repeats: int = 0


@dataclass(slots=True)
class GrantStory:
    """A grant from when it was given to its end; `delegated` are those derived from it, terms are those at first."""

    grant: int
    commit: int
    request: int | None
    parent: int | None
    holder: str
    verb: str
    resource: str
    uses: int
    ttl: SimTime
    quota: Json
    given_at: SimTime
    given_by: str
    reason: str
    delegated: list[int] = field(default_factory=list)
    used: list[UseStory] = field(default_factory=list)
    state: str = "active"
    ended_at: SimTime | None = None
    ended_by: str = ""
    end_reason: str = ""


@dataclass(slots=True)
class Audit:
    """All of a run: requests and grants by number, and the misuses in their order."""

    requests: dict[int, RequestStory] = field(default_factory=dict)
    grants: dict[int, GrantStory] = field(default_factory=dict)
    misuses: list[Misuse] = field(default_factory=list)

    def tree(self, grant: int) -> list[int]:
        """A grant and all that were derived from it, each before its own."""
        found, waiting = [], [grant]
        while waiting:
            number = waiting.pop()
            found.append(number)
            waiting += reversed(self.grants[number].delegated)
        return found

    def of_grant(self, grant: int) -> "Audit":
        """What belongs to one grant: itself, those derived from it, its request, and the misuses under them."""
        numbers = set(self.tree(grant))
        grants = {n: g for n, g in self.grants.items() if n in numbers}
        return self._only(grants, {g.request for g in grants.values()})

    def of_agent(self, agent: str) -> "Audit":
        """What an agent asked for, held, or passed on."""
        passed_on = {g.parent for g in self.grants.values() if g.holder == agent}
        grants = {n: g for n, g in self.grants.items() if g.holder == agent or n in passed_on or g.given_by == agent}
        asked: set[int | None] = {
            n for n, r in self.requests.items() if r.requester == agent or agent in r.on_behalf_of
        }
        only = self._only(grants, asked | {g.request for g in grants.values()})
        only.misuses = [m for m in self.misuses if m.agent == agent]
        return only

    def _only(self, grants: dict[int, GrantStory], requests: set[int | None]) -> "Audit":
        misuses = [m for m in self.misuses if m.grant in grants]
        return Audit({n: r for n, r in self.requests.items() if n in requests}, grants, misuses)
