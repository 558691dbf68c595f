"""The verbs that can be asked for: what they allow, on what, how they are measured and how risky they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from engine.capabilities.resource import covers
from engine.capabilities.terms import Bounds, Terms
from engine.kernel.entities import SECOND, SimTime

RISKS = ("low", "medium", "high")


@dataclass(frozen=True, slots=True)
class Verb:
    """A capability's verb; `sentence` and `effect` are for people, `{resource}` in them stands for what it is on.

    `kind` says what the resource names, `measures` what a quota can be set for. `gated`: needs a grant unless a world
    says otherwise. `available`: enforced by this version; the others are known and refused.
    """

    name: str
    sentence: str
    effect: str
    risk: str
    cost: str
    kind: str
    measures: tuple[str, ...] = ()
    gated: bool = True
    available: bool = True
    terms: Terms = field(default_factory=Terms)
    most: Bounds = field(default_factory=Bounds)
    cool_down: SimTime = 60 * SECOND


_THEIRS = "what the sponsor gives it from its own"
_NEW = "new units of a resource, within the asset's cap"

VERBS: dict[str, Verb] = {
    v.name: v
    for v in (
        Verb("agent.spawn", "bring a new agent into the world", "a new {resource} agent acts on its own from now on",
             "medium", _THEIRS, "mind", ("scrip",)),
        Verb("principal.create", "create an account that can hold scrip", "a new account {resource} can hold scrip",
             "medium", "nothing", "name"),
        Verb("message.broadcast", "send a message to every agent", "every agent's inbox gets the message",
             "low", "disk of the sender, until read", "topic", ("bytes",)),
        Verb("disk.extra", "get more disk", "its disk grows, for good", "low", _NEW, "asset", ("units",)),
        Verb("memory.extra", "get more room to remember in", "its memory may grow, for good",
             "low", _NEW, "asset", ("units",)),
        Verb("rate.extra", "get a larger share of a renewable resource", "its share of {resource} grows, for good",
             "medium", _NEW, "asset", ("units",)),
        Verb("budget.raise", "get more of a budget that is used up", "it can spend more of {resource}",
             "high", _NEW, "asset", ("units",)),
        Verb("exchange.trade", "place orders at the exchange", "its orders can move the price of {resource}",
             "medium", "scrip and assets of its own, up to the quota", "instrument", ("scrip",), gated=False),
        Verb("mint.submit", "bid at the mint", "its artifacts compete for new scrip",
             "low", "scrip that it bids, up to the quota", "artifact", ("scrip",), gated=False),
        Verb("config.control", "change how another agent thinks", "{resource} thinks as the holder wants",
             "high", "nothing", "agent"),
        Verb("llm.model", "think with another language model", "its thoughts are paid from the budget",
             "medium", "µUSD of its budget", "model", ("micro_usd", "calls"), available=False),
        Verb("code.run", "run code", "code that it wrote runs in the sandbox",
             "high", "CPU time", "language", ("calls", "cpu"), available=False),
        Verb("net.fetch", "fetch a page from the network", "data leaves and enters the machine",
             "high", "calls and bytes up to the quota", "host", ("calls", "bytes"), available=False),
        Verb("mcp.call", "call a tool of an MCP server", "a program outside does what the tool does",
             "high", "whatever the tool does", "tool", ("calls",), available=False),
        Verb("pkg.install", "install a package from an index", "code of strangers is put on this machine",
             "high", "bytes up to the quota", "package", ("bytes",), available=False),
    )
}  # fmt: skip


class VerbLike(Protocol):
    """What a world file may say of a verb."""

    @property
    def gated(self) -> bool | None: ...
    @property
    def risk(self) -> str | None: ...
    @property
    def uses(self) -> int | None: ...
    @property
    def ttl(self) -> SimTime | None: ...
    @property
    def quota(self) -> Mapping[str, int]: ...
    @property
    def max_resource(self) -> str | None: ...
    @property
    def max_uses(self) -> int | None: ...
    @property
    def max_ttl(self) -> SimTime | None: ...
    @property
    def max_quota(self) -> Mapping[str, int]: ...
    @property
    def max_depth(self) -> int | None: ...
    @property
    def cool_down(self) -> SimTime | None: ...


class CeilingLike(Protocol):
    """The most that some agents may ever hold of some verbs."""

    @property
    def agents(self) -> str: ...
    @property
    def verbs(self) -> str: ...
    @property
    def resource(self) -> str | None: ...
    @property
    def uses(self) -> int | None: ...
    @property
    def ttl(self) -> SimTime | None: ...
    @property
    def quota(self) -> Mapping[str, int]: ...
    @property
    def depth(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The verbs of one world, as it adjusts them, and the ceilings of its agents."""

    verbs: Mapping[str, Verb] = field(default_factory=lambda: VERBS)
    ceilings: tuple[CeilingLike, ...] = ()

    @classmethod
    def of(
        cls,
        adjusted: Mapping[str, VerbLike],
        ceilings: Iterable[CeilingLike],
        gated: Iterable[str] | None = None,
        default: Terms | None = None,
    ) -> "Catalogue":
        """The verbs as a world file has them; `gated`, if given, names all verbs that need a grant."""
        verbs = {}
        for name, verb in VERBS.items():
            if gated is not None:
                verb = replace(verb, gated=name in gated)
            if default is not None:
                verb = replace(verb, terms=default)
            said = adjusted.get(name)
            verbs[name] = verb if said is None else _adjust(verb, said)
        return cls(verbs, tuple(ceilings))

    def gated(self, verb: str) -> bool:
        """Whether a verb needs a grant in this world."""
        found = self.verbs.get(verb)
        return found is not None and found.gated

    def limits(self, agent: str, verb: Verb) -> list[Bounds]:
        """Everything that bounds what an agent may hold of a verb."""
        theirs = (c for c in self.ceilings if covers(c.agents, agent) and covers(c.verbs, verb.name))
        return [verb.most, *(Bounds(c.resource, c.uses, c.ttl, measured(verb, c.quota), c.depth) for c in theirs)]

    def bind(self, agent: str, verb: Verb, terms: Terms) -> Terms | None:
        """The terms cut to the agent's ceiling; None if nothing is left of them."""
        for bounds in self.limits(agent, verb):
            bound = bounds.bind(terms)
            if bound is None or bound.uses == 0:
                return None
            terms = bound
        return terms


def measured(verb: Verb, quota: Mapping[str, int]) -> dict[str, int]:
    """What of a quota for several verbs is for this one, by what it is measured in."""
    return {name: most for name, most in quota.items() if name in verb.measures}


def _adjust(verb: Verb, said: VerbLike) -> Verb:
    terms = verb.terms
    terms = replace(
        terms,
        uses=terms.uses if said.uses is None else said.uses,
        ttl=terms.ttl if said.ttl is None else said.ttl,
        quota={**terms.quota, **said.quota},
    )
    most = Bounds(said.max_resource, said.max_uses, said.max_ttl, said.max_quota, said.max_depth)
    return replace(
        verb,
        gated=verb.gated if said.gated is None else said.gated,
        risk=said.risk or verb.risk,
        terms=terms,
        most=most,
        cool_down=verb.cool_down if said.cool_down is None else said.cool_down,
    )
