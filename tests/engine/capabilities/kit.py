"""What the tests of capabilities share: rules as plain data, a policy, and a state with a few principals."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from engine.capabilities.catalogue import Catalogue
from engine.capabilities.policy import Policy, Rule
from engine.capabilities.rules import MadeRule
from engine.capabilities.terms import Terms
from engine.genesis.contracts import CONTRACTS
from engine.kernel.entities import SECOND, Artifact, Event, SimTime, Switch
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

R = TypeVar("R")
AGENTS = ("ann", "bob", "cat")
WITHIN = 20
KIM, LEE = "operator:kim", "operator:lee"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most that some agents may hold, as a world file has it."""

    agents: str = "*"
    verbs: str = "*"
    resource: str | None = None
    uses: int | None = None
    ttl: SimTime | None = None
    quota: Mapping[str, int] = field(default_factory=dict)
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What a world says otherwise of a verb, as a world file has it."""

    gated: bool | None = None
    risk: str | None = None
    uses: int | None = None
    ttl: SimTime | None = None
    quota: Mapping[str, int] = field(default_factory=dict)
    max_resource: str | None = None
    max_uses: int | None = None
    max_ttl: SimTime | None = None
    max_quota: Mapping[str, int] = field(default_factory=dict)
    max_depth: int | None = None
    cool_down: SimTime | None = None


@dataclass(frozen=True, slots=True)
class Approver:
    """What an operator may decide, as a world file has it."""

    user: str
    verbs: str = "*"
    risk: str = "high"


def rule(name: str, effect: str, **terms: Any) -> MadeRule:
    """A rule as plain data."""
    return MadeRule(name, effect, **terms)


def policy(
    *rules: Rule,
    gated: Iterable[str] | None = None,
    verbs: Mapping[str, Adjusted] | None = None,
    ceilings: Iterable[Ceiling] = (),
    dual: Iterable[str] = (),
    approvers: tuple[Approver, ...] = (),
    default: Terms | None = None,
) -> Policy:
    """A policy whose requests have 20 s."""
    catalogue = Catalogue.of(verbs or {}, ceilings, gated, default)
    return Policy(catalogue, WITHIN * SECOND, rules, frozenset(dual), approvers)


class Desk:
    """A state with three agents, and the policy of their world; time is in seconds."""

    def __init__(self, policy: Policy, mode: str = "ask") -> None:
        self.policy = policy
        self.state = State()
        self.now = 0
        self.events: tuple[Event, ...] = ()
        tx = self.begin()
        for agent in AGENTS:
            row = Artifact(agent, "agent", "x", agent, tuple(CONTRACTS), True, True, 0, 0, 0, 1, None, None, {})
            tx.put(self.state.artifacts, row)
        tx.put(self.state.switches, Switch("world", False, "", mode))
        tx.commit()

    def begin(self) -> Transaction:
        """A transaction now."""
        return self.state.begin(self.now * SECOND, ("test",))

    def do(self, work: Callable[[Transaction], R]) -> R:
        """Do something and commit it; a refusal is to have changed nothing but what is told of misuse."""
        tx = self.begin()
        done = work(tx)
        if isinstance(done, Refusal):
            assert not tx.writes
            assert {event.type for event in tx.events} <= {"grant.misused"}
        self.events = tx.commit().events
        return done

    def told(self) -> list[str]:
        """The types of the events of the last commit."""
        return [event.type for event in self.events]
