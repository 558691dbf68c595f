"""What an agent can wait for: time, events, and small stored predicates over single rows.

An event wait names a type (`exchange.trade`), a type for one addressee (`ledger.transfer@alice`), or anything for one
addressee (`@alice`). A predicate is a sentence of four words or two, e.g. `balance alice scrip >= 50`,
`price cpu_rate < 12`, `exists data.17`, `closed 12`; it is indexed by the row that it watches and
looked at when that row changes.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from engine.kernel.entities import Agent, AgentState, Event, WaitKind
from engine.kernel.errors import Refusal

if TYPE_CHECKING:
    from engine.kernel.transaction import Transaction

# Bound once: they are asked about twice in every step.
_DELAY: Final = WaitKind.DELAY
_DORMANT: Final = AgentState.DORMANT
_OPERATORS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_MAX_TEXT = 200
_FORMS = "balance PRINCIPAL ASSET OP N, price INSTRUMENT OP N, exists ARTIFACT, closed REQUEST"
_THERE = {"artifacts": True, "inquiries": False}
"""Tables of which it counts that a row is there, or that it is not: an open request is a row, and nothing else is."""


@dataclass(frozen=True, slots=True)
class Predicate:
    """A condition on one row: its table and key, which value of it, and what that is compared with."""

    table: str
    key: Hashable
    operator: str
    value: int

    def holds(self, tx: "Transaction") -> bool:
        """Whether it is true as the transaction sees the world; a row that is not there counts as 0."""
        row = tx.get(tx.state.tables[self.table], self.key)
        if self.table in _THERE:
            return (row is not None) == _THERE[self.table]
        found = 0
        if row is not None:
            found = row.available if self.table == "balances" else row.last_price or 0
        return bool(_OPERATORS[self.operator](found, self.value))


def parse_predicate(text: str) -> Predicate | Refusal:
    """The predicate that `text` states, or a refusal that shows the forms there are."""
    if len(text) > _MAX_TEXT or not text.isprintable():
        return Refusal("bad_predicate", f"a predicate has {_MAX_TEXT} printable characters at most, as in {_FORMS}")
    match text.split():
        case ["balance", principal, asset, operator, number] if operator in _OPERATORS and _whole(number):
            return Predicate("balances", (principal, asset), operator, int(number))
        case ["price", instrument, operator, number] if operator in _OPERATORS and _whole(number):
            return Predicate("instruments", instrument, operator, int(number))
        case ["exists", artifact]:
            return Predicate("artifacts", artifact, "==", 1)
        case ["closed", request] if _whole(request):
            return Predicate("inquiries", int(request), "==", 1)
    return Refusal(
        "bad_predicate", f"{text[:80]!r} is not a predicate; the forms are: {_FORMS}; OP is one of < <= == >= >"
    )


def _whole(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


def wake_buckets(agent: Agent) -> tuple[Hashable, ...]:
    """Where an agent's wait is indexed, so that what ends it is found without looking at every agent."""
    if agent.wait.kind is _DELAY and agent.state is not _DORMANT:
        return ()  # the usual case, looked at twice in every step
    awaited = _awaited(agent)
    if agent.state is AgentState.DORMANT or agent.wait.kind in (WaitKind.STIMULUS, WaitKind.CAPACITY):
        anything = f"@{agent.id}"
        return awaited if anything in awaited else (anything, *awaited)
    return awaited


def _awaited(agent: Agent) -> tuple[Hashable, ...]:
    match agent.wait.kind:
        case WaitKind.EVENT:
            return (agent.wait.key,)
        case WaitKind.BUDGET:
            asset = agent.wait.key.partition(" ")[0]
            return (("balances", (agent.id, asset)), ("assets", asset), f"grant.given@{agent.id}")
        case WaitKind.PREDICATE:
            predicate = parse_predicate(agent.wait.key)
            return () if isinstance(predicate, Refusal) else ((predicate.table, predicate.key),)
        case _:
            return ()


def event_keys(event: Event) -> tuple[str, ...]:
    """The event patterns that an event ends the wait for."""
    if event.target:
        return (event.type, f"{event.type}@{event.target}", f"@{event.target}")
    return (event.type,)
