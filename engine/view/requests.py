"""The requests for capabilities as a listing: what a person needs in order to decide each in five seconds."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import engine.kernel.entities as ent
from engine.capabilities.policy import Policy
from engine.kernel.state import State
from engine.view.agents import balances_of, shown_state
from engine.view.cards import Card, Judge, catalogued
from engine.view.changes import Dependence, itself
from engine.view.pages import LONGEST
from engine.view.record import Records
from engine.view.types import Page, RequestRow
from engine.view.words import joined, line

CACHED = 4_000
DECIDED = "decided"
"""The key of a query for decided requests alone."""
_REQUEST_FIELDS = frozenset(
    ("id", "requester", "verb", "resource", "uses", "ttl", "reason", "asked_at", "decide_by", "state", "decided_by")
)


class Closed:
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

    def __init__(self, state: State, policy: Policy, records: Records) -> None:
        self._state = state
        self._policy = policy
        self._records = records
        self._judge = Judge(state, policy)
        pending = ent.RequestState.PENDING
        self._order = Closed(state.requests.rows, lambda r: r.state is pending, lambda r: r.decided_at or 0)
        state.requests.followers.append(self._order)
        self._keys: tuple[int, list[int]] = (-1, [])
        self._decided: dict[int, tuple[ent.Request, str, RequestRow]] = {}
        self._cards: dict[int, tuple[ent.Request, Hashable, Card]] = {}

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
            return lambda key: levels.index(catalogued(self._policy, rows[key].verb).risk)
        return (lambda key: getattr(rows[key], field)) if field in _REQUEST_FIELDS else None

    def text(self, key: int) -> str:
        """What a filter looks in."""
        return request_text(self._state.requests.rows[key])

    def row(self, key: int) -> RequestRow | None:
        """The row of a request as of now."""
        request = self._state.requests.rows.get(key)
        if request is None:
            return None
        record = self._records.line(request.requester)
        if request.state is ent.RequestState.PENDING:
            return self._made(request, self._card(request), record, requester_line(self._state, request.requester))
        # A decided request moves no more, but for the record of who asked.
        known = self._decided.get(key)
        if known is None or known[0] is not request or known[1] != record:
            if len(self._decided) >= CACHED:
                self._decided.clear()
            row = self._made(request, self._judge.card(request), record, "")
            known = self._decided[key] = (request, record, row)
        return known[2]

    def named(self, numbers: str) -> Page:
        """Those of the requests with these numbers, written with spaces between, that there are."""
        keys = (number(text) for text in numbers.split()[:LONGEST])
        rows = tuple(row for key in keys if key is not None and (row := self.row(key)) is not None)
        return Page(rows, 0, len(rows), len(rows))

    def decided(self) -> list[int]:
        """The numbers of those that are decided, the latest decision first."""
        return self._order.closed[::-1]

    def _card(self, request: ent.Request) -> Card:
        """What is said of a pending request: the same until a rule is made or the time brings one into force."""
        stamp = self._judge.stamp
        known = self._cards.get(request.id)
        if known is None or known[0] is not request or known[1] != stamp:
            if len(self._cards) >= CACHED:
                self._cards.clear()
            known = self._cards[request.id] = (request, stamp, self._judge.card(request))
        return known[2]

    def _made(self, request: ent.Request, card: Card, record: str, requester: str) -> RequestRow:
        terms, verb = card.terms, card.verb
        return RequestRow(
            id=request.id,
            requester=request.requester,
            verb=line(request.verb),
            resource=line(terms.resource),
            sentence=card.sentence,
            risk=verb.risk,
            uses=terms.uses,
            ttl=terms.ttl,
            cost=card.cost,
            reason=line(request.reason, 2_000),
            policy=card.policy,
            record=record,
            requester_line=requester,
            asked_at=request.asked_at,
            decide_by=request.decide_by,
            state=request.state.value,
            decided_by=line(request.decided_by),
            decision_reason=line(request.decision_reason),
            grant=request.grant,
            on_behalf_of=tuple(map(line, request.on_behalf_of)),
            quota=tuple(sorted(terms.quota.items())),
            depth=terms.depth,
            payload=line(request.payload, 4_000),
            digest=card.digest,
            effect=card.effect,
            trace=card.trace,
            rule=card.rule,
            again=request.again,
            dual=verb.risk in self._policy.dual,
            seconded_by=line(request.seconded_by),
        )


class Decided:
    """The decided ones of the requests as a listing of their own, the latest decision first."""

    def __init__(self, state: State, requests: Requests) -> None:
        self._state = state
        self.key, self.depends, self.value = requests.key, requests.depends, requests.value
        self.text, self.row, self.all_keys = requests.text, requests.row, requests.decided

    def has(self, key: int) -> bool:
        """Whether there is a decided one of that number."""
        row = self._state.requests.rows.get(key)
        return row is not None and row.state is not ent.RequestState.PENDING


def request_text(row: ent.Request) -> str:
    """What a filter looks in."""
    return f"{row.requester}\n{row.verb}\n{row.resource}\n{row.state.value}\n{row.reason}"


def number(text: str) -> int | None:
    """The whole number that a text is, None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def requester_line(state: State, requester: str) -> str:
    """The state and the balances of who asks."""
    agent = state.agents.rows.get(requester)
    balances = balances_of(state, requester)
    balances.sort(key=lambda row: (row.asset != ent.SCRIP, row.asset))
    shown = (f"{b.available:,} {b.asset}" + (f" ({b.held:,} held)" if b.held else "") for b in balances)
    return line(joined((shown_state(agent) if agent is not None else "account", *shown)))
