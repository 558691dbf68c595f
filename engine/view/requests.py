"""The inbox of capability requests, and the grants: what a person needs in order to decide in five seconds."""

from collections.abc import Callable, Sequence
from typing import Any

import engine.kernel.entities as ent
from engine.capabilities.catalogue import VERBS, Verb
from engine.capabilities.grants import KEPT
from engine.capabilities.policy import Asked, Policy, Rule, asked_of
from engine.capabilities.rules import from_json
from engine.kernel.state import State
from engine.view.agents import balances_of, shown_state
from engine.view.changes import Dependence, itself
from engine.view.types import GrantRow, Page, RequestRow, VerbRow
from engine.view.words import joined, length, line, times

CACHED = 4_000
_ALWAYS = {"deny": "every request is denied in this run", "allow": "every request is allowed in this run"}
_REQUEST_FIELDS = frozenset(
    ("id", "requester", "verb", "resource", "uses", "ttl", "reason", "asked_at", "decide_by", "state", "decided_by")
)
_GRANT_FIELDS = frozenset(
    ("id", "holder", "verb", "resource", "uses_left", "granted_at", "expires_at", "state", "granted_by", "reason")
)


class _Closed:
    """The keys of rows that have come to their end, in the order in which they did, and of those that have not."""

    def __init__(self, rows: dict[int, Any], is_open: Callable[[Any], bool], ended_at: Callable[[Any], int]) -> None:
        self._is_open = is_open
        self.open = {key: None for key, row in rows.items() if is_open(row)}
        ended = (key for key, row in rows.items() if not is_open(row))
        self.closed = sorted(ended, key=lambda key: (ended_at(rows[key]), key))

    def follow(self, key: int, old: Any | None, new: Any | None) -> None:
        """Note that a row was opened or came to its end."""
        if new is None:
            self.open.pop(key, None)
            if key in self.closed:
                self.closed.remove(key)  # it is among the oldest, so it is found at once
            return
        if self._is_open(new):
            self.open[key] = None
        elif old is None or key in self.open:
            self.open.pop(key, None)
            self.closed.append(key)


class Requests:
    """All requests as a listing: pending ones first come first served, then the decided, the latest decision first."""

    def __init__(self, state: State, policy: Policy) -> None:
        self._state = state
        self._policy = policy
        pending = ent.RequestState.PENDING
        self._order = _Closed(state.requests.rows, lambda r: r.state is pending, lambda r: r.decided_at or 0)
        state.requests.followers.append(self._order)
        self._keys: tuple[int, list[int]] = (-1, [])
        self._records: dict[str, tuple[int, str]] = {}
        self._decided: dict[int, tuple[ent.Request, str, RequestRow]] = {}

    def all_keys(self) -> Sequence[int]:
        """The numbers in order."""
        version = self._state.requests.version
        if self._keys[0] != version:
            self._keys = (version, sorted(self._order.open) + self._order.closed[::-1])
        return self._keys[1]

    def key(self, text: str) -> int | None:
        """The number of a request."""
        return number(text)

    def has(self, key: int) -> bool:
        """Whether there is one of that number."""
        return key in self._state.requests.rows

    def depends(self, field: str, filtered: bool) -> list[Dependence[int]]:
        """Everything to sort by or filter on is in the row."""
        return [Dependence(self._state.requests, itself)]

    def value(self, field: str) -> Callable[[int], Any] | None:
        """What to sort by."""
        rows = self._state.requests.rows
        if field == "risk":
            levels = ("low", "medium", "high")
            return lambda key: levels.index(_verb(rows[key].verb).risk)
        return (lambda key: getattr(rows[key], field)) if field in _REQUEST_FIELDS else None

    def text(self, key: int) -> str:
        """What a filter looks in."""
        row = self._state.requests.rows[key]
        return f"{row.requester}\n{row.verb}\n{row.resource}\n{row.state.value}\n{row.reason}"

    def row(self, key: int) -> RequestRow | None:
        """The row of a request as of now."""
        request = self._state.requests.rows.get(key)
        if request is None:
            return None
        if request.state is ent.RequestState.PENDING:
            return self._made(request, self.says(request), requester_line(self._state, request.requester))
        # A decided request moves no more, but for the record of who asked.
        record = self.record(request.requester)
        known = self._decided.get(key)
        if known is None or known[0] is not request or known[1] != record:
            if len(self._decided) >= CACHED:
                self._decided.clear()
            known = self._decided[key] = (request, record, self._made(request, "", ""))
        return known[2]

    def _made(self, request: ent.Request, policy: str, requester: str) -> RequestRow:
        verb = _verb(request.verb)
        return RequestRow(
            id=request.id,
            requester=request.requester,
            verb=line(request.verb),
            resource=line(request.resource),
            sentence=asked_for(request, verb),
            risk=verb.risk,
            uses=request.uses,
            ttl=request.ttl,
            cost=verb.cost,
            reason=line(request.reason, 2_000),
            policy=policy,
            record=self.record(request.requester),
            requester_line=requester,
            asked_at=request.asked_at,
            decide_by=request.decide_by,
            state=request.state.value,
            decided_by=line(request.decided_by),
            decision_reason=line(request.decision_reason),
            grant=request.grant,
        )

    def says(self, request: ent.Request) -> str:
        """What the world's policy says to a request, and where it says nothing what the run does then."""
        switch = self._state.switches.rows.get("world")
        mode = switch.approvals if switch is not None else "policy"
        if mode in _ALWAYS:
            return _ALWAYS[mode]
        rule = self._policy.rule_for(self._asked(request), self._rules())
        if rule is not None:
            verdict = {"deny": "denies it", "ask": "asks a person", "allow": "allows it"}[rule.effect]
            return line(f"rule {rule.name} {verdict}" + (f": {rule.reason}" if rule.reason else ""))
        return "no rule: a person decides" if mode == "ask" else "no rule: denied where nobody is there to ask"

    def _asked(self, request: ent.Request) -> Asked:
        return asked_of(request, self._policy.catalogue, self._state.now)

    def _rules(self) -> list[Rule]:
        return [from_json(row.rule) for _, row in sorted(self._state.policy_rules.rows.items())]

    def record(self, requester: str) -> str:
        """How often a requester has asked, and with what success."""
        state = self._state
        version = state.requests_of.versions.get(requester, 0)
        known = self._records.get(requester)
        if known is None or known[0] != version:
            states = [state.requests.rows[key].state for key in state.requests_of.keys(requester)]
            granted = states.count(ent.RequestState.APPROVED)
            refused = states.count(ent.RequestState.DENIED)
            text = f"asked {len(states):,}, granted {granted:,}, refused {refused:,}"
            if len(states) - states.count(ent.RequestState.PENDING) >= KEPT:
                text = f"of the last {len(states):,}: granted {granted:,}, refused {refused:,}"
            known = self._records[requester] = (version, text)
        return known[1]


class Grants:
    """All grants as a listing: active ones by the time they run out, then the ended, the latest first."""

    def __init__(self, state: State) -> None:
        self._state = state
        active = ent.GrantState.ACTIVE
        self._order = _Closed(state.grants.rows, lambda r: r.state is active, lambda r: r.ended_at or 0)
        state.grants.followers.append(self._order)
        self._keys: tuple[int, list[int]] = (-1, [])

    def all_keys(self) -> Sequence[int]:
        """The numbers in order."""
        version = self._state.grants.version
        if self._keys[0] != version:
            rows = self._state.grants.rows
            active = sorted(self._order.open, key=lambda key: (rows[key].expires_at, key))
            self._keys = (version, active + self._order.closed[::-1])
        return self._keys[1]

    def key(self, text: str) -> int | None:
        """The number of a grant."""
        return number(text)

    def has(self, key: int) -> bool:
        """Whether there is one of that number."""
        return key in self._state.grants.rows

    def depends(self, field: str, filtered: bool) -> list[Dependence[int]]:
        """Everything to sort by or filter on is in the row."""
        return [Dependence(self._state.grants, itself)]

    def value(self, field: str) -> Callable[[int], Any] | None:
        """What to sort by."""
        rows = self._state.grants.rows
        if field == "request":
            return lambda key: rows[key].request or 0
        return (lambda key: getattr(rows[key], field)) if field in _GRANT_FIELDS else None

    def text(self, key: int) -> str:
        """What a filter looks in."""
        row = self._state.grants.rows[key]
        return f"{row.holder}\n{row.verb}\n{row.resource}\n{row.state.value}\n{row.granted_by}"

    def row(self, key: int) -> GrantRow | None:
        """The row of a grant as of now."""
        grant = self._state.grants.rows.get(key)
        if grant is None:
            return None
        return GrantRow(
            id=grant.id,
            request=grant.request,
            holder=grant.holder,
            verb=line(grant.verb),
            resource=line(grant.resource),
            uses_left=grant.uses_left,
            granted_at=grant.granted_at,
            expires_at=grant.expires_at,
            state=grant.state.value,
            granted_by=line(grant.granted_by),
            reason=line(grant.reason),
        )

    def of(self, holder: str, most: int) -> tuple[GrantRow, ...]:
        """The grants of a holder, newest first."""
        keys = sorted(self._state.grants_of.keys(holder), reverse=True)[:most]
        return tuple(row for key in keys if (row := self.row(key)) is not None)


def verbs() -> Page:
    """Everything that can be asked for or granted, in order of name."""
    rows = tuple(
        VerbRow(
            verb.name, verb.sentence.format(agent="it", resource="what it is on", uses="so many"), verb.risk, verb.cost
        )
        for verb in sorted(VERBS.values(), key=lambda verb: verb.name)
    )
    return Page(rows, 0, len(rows), len(rows))


def number(text: str) -> int | None:
    """The whole number that a text is, None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _verb(name: str) -> Verb:
    return VERBS.get(name) or Verb(
        name, f"use {line(name, 60)}, which this version does not know", "?", "high", "?", ""
    )


def asked_for(request: ent.Request, verb: Verb) -> str:
    """What exactly a request asks for, with its scope: `carol may send a message to every agent: 3 times, …`."""
    what = verb.sentence.format(agent=request.requester, resource=line(request.resource, 80), uses=request.uses)
    on = "" if request.resource == "*" else f" on {line(request.resource, 80)}"
    return line(f"{request.requester} may {what}{on}: {times(request.uses)}, within {length(request.ttl)} of approval")


def requester_line(state: State, requester: str) -> str:
    """The state and the balances of who asks."""
    agent = state.agents.rows.get(requester)
    balances = balances_of(state, requester)
    balances.sort(key=lambda row: (row.asset != ent.SCRIP, row.asset))
    shown = (f"{b.available:,} {b.asset}" + (f" ({b.held:,} held)" if b.held else "") for b in balances)
    return line(joined((shown_state(agent) if agent is not None else "account", *shown)))
