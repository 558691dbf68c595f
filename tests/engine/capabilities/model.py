"""A naive model of capabilities: it keeps what happened and works everything out from that, each time anew."""

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import product

from engine.capabilities.terms import Terms
from engine.kernel.entities import SimTime

PATTERNS = ("*", "x*", "x", "xy", "y")
NAMES = tuple("".join(chars) for size in (1, 2, 3) for chars in product("xyz", repeat=size))
NO_END = 10**9


def within(narrow: Terms, wide: Terms) -> bool:
    """Whether the first terms lie within the second; a measure that is not named is not limited."""
    names = (*NAMES, narrow.resource.replace("*", "q"))
    return (
        all(fnmatchcase(name, wide.resource) for name in names if fnmatchcase(name, narrow.resource))
        and narrow.uses <= wide.uses
        and narrow.ttl <= wide.ttl
        and narrow.depth <= wide.depth
        and all(narrow.quota.get(name, NO_END) <= most for name, most in wide.quota.items())
    )


def sensible(terms: Terms) -> bool:
    """Whether terms could be granted at all."""
    return terms.uses > 0 and terms.ttl > 0 and terms.depth >= 0 and all(most > 0 for most in terms.quota.values())


@dataclass
class Given:
    """A grant as it was given, and how it has ended."""

    id: int
    holder: str
    verb: str
    terms: Terms
    at: SimTime
    parent: int | None
    payload: str
    state: str = "active"


@dataclass
class Used:
    """A use of a grant: what it has posted, and what it holds while it is under way."""

    grant: int
    posted: dict[str, int]
    held: dict[str, int] = field(default_factory=dict)
    until: SimTime | None = None
    open: bool = False


@dataclass
class Asked:
    """A request and what has become of it; `offered` is what one of two people has agreed to."""

    id: int
    requester: str
    verb: str
    terms: Terms
    payload: str
    decide_by: SimTime
    offered: Terms | None = None
    seconded_by: str = ""
    state: str = "pending"
    decided_at: SimTime = 0
    again: int = 0


class Model:
    """All that was asked, given and used."""

    def __init__(self) -> None:
        self.grants: dict[int, Given] = {}
        self.uses: list[Used] = []
        self.under_way: dict[int, Used] = {}
        self.requests: dict[int, Asked] = {}

    # -- grants ----------------------------------------------------------------------------------------------------

    def subtree(self, grant: int) -> set[int]:
        """A grant and all that was derived from it."""
        found = {grant}
        while more := {g.id for g in self.grants.values() if g.parent in found} - found:
            found |= more
        return found

    def chain(self, grant: int) -> list[Given]:
        """A grant and all that it was derived from."""
        row = self.grants[grant]
        return [row] if row.parent is None else [row, *self.chain(row.parent)]

    def uses_left(self, grant: int) -> int:
        """How often it can still be used."""
        below = self.subtree(grant)
        return self.grants[grant].terms.uses - sum(use.grant in below for use in self.uses)

    def quota_left(self, grant: int) -> dict[str, int]:
        """What was granted of each measure, less what was posted and what is held."""
        below = self.subtree(grant)
        uses = [use for use in self.uses if use.grant in below]
        return {
            name: most - sum(use.posted.get(name, 0) + use.held.get(name, 0) for use in uses)
            for name, most in self.grants[grant].terms.quota.items()
        }

    def active(self, grant: int, now: SimTime) -> bool:
        """Whether it and all that it was derived from hold now."""
        return all(g.state == "active" and now < g.at + g.terms.ttl for g in self.chain(grant))

    def left(self, grant: int, now: SimTime) -> Terms:
        """What can be passed on of a grant."""
        row = self.grants[grant]
        ttl = row.at + row.terms.ttl - now
        return Terms(row.terms.resource, self.uses_left(grant), ttl, self.quota_left(grant), row.terms.depth - 1)

    def covers(self, grant: int, now: SimTime, verb: str, name: str, amounts: dict[str, int], payload: str) -> bool:
        """Whether a use is one that a grant allows now."""
        row = self.grants[grant]
        return (
            row.verb == verb
            and self.active(grant, now)
            and fnmatchcase(name, row.terms.resource)
            and row.payload in ("", payload)
            and all(self.uses_left(g.id) > 0 for g in self.chain(grant))
            and all(amounts.get(m, 0) <= left for g in self.chain(grant) for m, left in self.quota_left(g.id).items())
        )

    def end(self, grant: int, state: str) -> None:
        """End a grant with all that was derived from it; what is under way comes to nothing."""
        below = self.subtree(grant)
        for number in below:
            if self.grants[number].state == "active":
                self.grants[number].state = state
        for key, use in list(self.under_way.items()):
            if use.grant in below:
                self.finish(key)

    def finish(self, key: int) -> None:
        """End a use that is under way: what it holds still goes back."""
        use = self.under_way.pop(key)
        use.held, use.open = {}, False

    def exhaust(self) -> None:
        """End what has no use left or under way."""
        for row in sorted(self.grants.values(), key=lambda g: g.id):
            below = self.subtree(row.id)
            busy = any(use.open for use in self.uses if use.grant in below)
            if row.state == "active" and self.uses_left(row.id) == 0 and not busy:
                self.end(row.id, "exhausted")

    # -- requests --------------------------------------------------------------------------------------------------

    def pending(self, requester: str) -> list[Asked]:
        """What an agent waits for."""
        return [row for row in self.requests.values() if (row.requester, row.state) == (requester, "pending")]

    def denied_before(self, requester: str, verb: str, terms: Terms, payload: str, since: SimTime) -> Asked | None:
        """The latest denial after `since` of nearly the same: less than half of something is something else."""
        for row in reversed(self.requests.values()):
            same = (row.requester, row.verb, row.state) == (requester, verb, "denied") and payload in ("", row.payload)
            doubled = replace(
                terms, uses=2 * terms.uses, ttl=2 * terms.ttl, quota={m: 2 * most for m, most in terms.quota.items()}
            )
            if same and row.decided_at > since and within(row.terms, doubled):
                return row
        return None
