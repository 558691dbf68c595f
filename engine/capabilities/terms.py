"""The terms of a capability: for what, how often, for how long, how much in all, and how far it may be passed on.

Terms are compared and narrowed as wholes, so that every law of the form "never wider than" is one function.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.capabilities.resource import EVERYTHING, covers, fits, meet
from engine.kernel.entities import Json, SimTime
from engine.kernel.errors import Refusal

MOST = 2**62
"""Larger numbers would leave SQLite's 64-bit integers."""
DEEPEST = 5
"""How often a grant can be passed on from hand to hand at most."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a capability is limited to; a measure that `quota` does not name is not limited, `ttl` is in µs."""

    resource: str = EVERYTHING
    uses: int = 1
    ttl: SimTime = 600_000_000
    quota: Mapping[str, int] = field(default_factory=dict)
    depth: int = 0

    def to_json(self) -> Json:
        """The terms as plain data, from which `Terms(**data)` makes them again."""
        return {
            "resource": self.resource,
            "uses": self.uses,
            "ttl": self.ttl,
            "quota": dict(self.quota),
            "depth": self.depth,
        }


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits on terms; None does not limit."""

    resource: str | None = None
    uses: int | None = None
    ttl: SimTime | None = None
    quota: Mapping[str, int] = field(default_factory=dict)
    depth: int | None = None

    def bind(self, terms: Terms) -> Terms | None:
        """The terms cut to these bounds; None if they are about another resource altogether."""
        resource = terms.resource if self.resource is None else meet(self.resource, terms.resource)
        if resource is None:
            return None
        return Terms(
            resource,
            terms.uses if self.uses is None else min(self.uses, terms.uses),
            terms.ttl if self.ttl is None else min(self.ttl, terms.ttl),
            least(terms.quota, self.quota),
            terms.depth if self.depth is None else min(self.depth, terms.depth),
        )


def least(a: Mapping[str, int], b: Mapping[str, int]) -> dict[str, int]:
    """Both quotas at once: the smaller where both name a measure."""
    return {name: min(a.get(name, MOST), b.get(name, MOST)) for name in sorted({*a, *b})}


def differences(asked: Terms, given: Terms) -> Json:
    """What of the terms given is not as asked, as data for the agent: `{"uses": [5, 2]}`, asked first."""
    found: Json = {}
    for name in ("resource", "uses", "ttl", "depth"):
        before, after = getattr(asked, name), getattr(given, name)
        if before != after:
            found[name] = [before, after]
    for name in sorted({*asked.quota, *given.quota}):
        if asked.quota.get(name) != given.quota.get(name):
            found[f"quota.{name}"] = [asked.quota.get(name), given.quota.get(name)]
    return found


def wider(narrow: Terms, wide: Terms) -> str | None:
    """In what the first terms go beyond the second, as words; None if they lie within them."""
    if not covers(wide.resource, narrow.resource):
        return f"resource {narrow.resource} is not within {wide.resource}"
    if narrow.uses > wide.uses:
        return f"{narrow.uses} uses are more than {wide.uses}"
    if narrow.ttl > wide.ttl:
        return f"a ttl of {narrow.ttl} µs is longer than {wide.ttl} µs"
    if narrow.depth > wide.depth:
        return f"passing it on {narrow.depth} deep is deeper than {wide.depth}"
    for name, most in wide.quota.items():
        if narrow.quota.get(name, MOST + 1) > most:
            what = str(narrow.quota[name]) if name in narrow.quota else "no limit"
            return f"a quota of {what} for {name} is more than {most}"
    return None


def senseless(terms: Terms, measures: tuple[str, ...]) -> Refusal | None:
    """Why such terms cannot be granted for a verb that is measured so; None if they can."""
    if not fits(terms.resource):
        return Refusal(
            "bad_resource", "a resource is 1 to 200 characters without spaces, in which only * is a wildcard"
        )
    if not (0 < terms.uses <= MOST and 0 < terms.ttl <= MOST):
        return Refusal("bad_terms", f"a grant has at least one use and a time above 0, each {MOST} at most")
    if not 0 <= terms.depth <= DEEPEST:
        return Refusal("bad_terms", f"a grant is passed on at most {DEEPEST} deep, not {terms.depth}")
    for name, most in terms.quota.items():
        if name not in measures:
            known = ", ".join(measures) or "nothing"
            return Refusal("bad_quota", f"there is no quota for {name[:40]!r} here; this verb is measured in: {known}")
        if not 0 < most <= MOST:
            return Refusal("bad_quota", f"a quota for {name} is from 1 to {MOST}, not {most}")
    return None


def narrowed(
    asked: Terms,
    resource: str | None = None,
    uses: int | None = None,
    ttl: SimTime | None = None,
    quota: Mapping[str, int] | None = None,
    depth: int | None = None,
) -> Terms:
    """The terms asked for with some of them set otherwise; they may come out wider, which `wider` tells."""
    return replace(
        asked,
        resource=asked.resource if resource is None else resource,
        uses=asked.uses if uses is None else uses,
        ttl=asked.ttl if ttl is None else ttl,
        quota=asked.quota if quota is None else {**asked.quota, **quota},
        depth=asked.depth if depth is None else depth,
    )
