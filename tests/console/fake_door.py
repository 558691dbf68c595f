"""A door without an engine behind it: shows what it was given, carries commands out on that, remembers them."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from engine import operator as ops
from engine.view.debt_types import LoanOfferRow, LoanRow
from engine.view.escrow_types import EscrowView
from engine.view.model_types import ModelsView, ThoughtView
from engine.view.types import (
    AgentRow,
    ArtifactRow,
    EventRow,
    GrantRow,
    HeaderView,
    InboxRow,
    KpiView,
    LedgerView,
    MarketView,
    MintView,
    Page,
    RequestRow,
    RuleRow,
    RunState,
    Snapshot,
    Topic,
)
from tests.console import fake_data as data


class FakeDoor:
    """The operator's door on a world of plain data; ``gate``, when set, holds answers back until it is opened."""

    def __init__(self, *, empty: bool = False) -> None:
        self.header: HeaderView = data.HEADER
        self.agents: list[AgentRow] = [] if empty else list(data.AGENTS)
        self.events: list[EventRow] = [] if empty else list(data.EVENTS)
        self.requests: list[RequestRow] = [] if empty else list(data.REQUESTS)
        self.grants: list[GrantRow] = [] if empty else list(data.GRANTS)
        self.rules: list[RuleRow] = [] if empty else list(data.RULES)
        self.refusals: list[str] = []
        self.artifacts: list[ArtifactRow] = [] if empty else list(data.ARTIFACTS)
        self.market: MarketView = MarketView(()) if empty else data.MARKET
        self.escrow: EscrowView = EscrowView((), 0) if empty else data.ESCROW
        self.mint: MintView = replace(data.MINT, next_at=None, bids=(), rounds=()) if empty else data.MINT
        self.kpis: KpiView = KpiView(0, ()) if empty else data.KPIS
        self.ledger: LedgerView = LedgerView((), (), (), 0, 0) if empty else data.LEDGER
        self.models: ModelsView = ModelsView((), (), 0, ()) if empty else data.MODELS
        self.latest_thoughts: list[ThoughtView] = [] if empty else list(data.THOUGHTS)
        self.older_thoughts: list[ThoughtView] = []
        self.loans: list[LoanRow] = [] if empty else list(data.LOANS)
        self.loan_offers: list[LoanOfferRow] = [] if empty else list(data.LOAN_OFFERS)
        self.revision = 1
        self.commands: list[tuple[ops.Command, str]] = []
        self.asked: list[ops.Query] = []
        self.paces: list[float | None] = []
        self.refusal = ""
        self.gate: asyncio.Event | None = None
        if empty:
            self.header = replace(self.header, pending=0, agents=tuple((state, 0) for state in data.STATES))

    @property
    def last(self) -> ops.Command:
        """The last command."""
        return self.commands[-1][0]

    def moved(self) -> None:
        """Something in the world is different now."""
        self.revision += 1
        pending = sum(1 for row in self.requests if row.state == "pending")
        self.header = replace(self.header, pending=pending)

    def set_pace(self, scale: float | None) -> None:
        self.paces.append(scale)
        self.header = replace(self.header, pace=scale)
        self.moved()

    async def history(self, query: ops.Query, before: int) -> tuple[EventRow, ...]:
        older = [data.event(seq) for seq in range(max(1, before - query.count), before)]
        return tuple(reversed(older))

    async def thoughts(self, agent: str, before: int) -> tuple[ThoughtView, ...]:
        return tuple(one for one in self.older_thoughts if one.row.agent == agent and one.row.seq < before)

    def snapshot(self, query: ops.Query) -> Snapshot:
        self.asked.append(query)
        return Snapshot(query.topic, self.revision, self._data(query))

    async def fresh(self, query: ops.Query) -> Snapshot:
        return self.snapshot(query)

    def _data(self, query: ops.Query) -> object:
        plain: dict[Topic, object] = {
            Topic.HEADER: self.header,
            Topic.MARKET: self.market,
            Topic.ESCROW: self.escrow,
            Topic.MINT: self.mint,
            Topic.KPIS: self.kpis,
            Topic.LEDGER: self.ledger,
            Topic.MODELS: self.models,
        }
        if query.topic in plain:
            return plain[query.topic]
        if query.topic is Topic.TRADING:
            return data.trading(query.key)
        if query.topic is Topic.AGENT:
            return next((data.agent_view(row) for row in self.agents if row.id == query.key), None)
        if query.topic is Topic.ARTIFACT:
            return next((data.artifact_view(row) for row in self.artifacts if row.id == query.key), None)
        if query.topic is Topic.THOUGHT:
            return next((one for one in self.latest_thoughts if one.row.call == query.key), None)
        if query.topic is Topic.THOUGHTS:
            return page(query, tuple(one.row for one in self.latest_thoughts if one.row.agent == query.key))
        if query.topic is Topic.INBOX:
            return self._inbox(query)
        if query.topic is Topic.REQUESTS and query.key:
            return self._requests(query)
        rows: dict[Topic, Iterable[Any]] = {
            Topic.AGENTS: self.agents,
            Topic.ARTIFACTS: self.artifacts,
            Topic.REQUESTS: self.requests,
            Topic.GRANTS: self.grants,
            Topic.EVENTS: reversed(self.events),
            Topic.VERBS: data.VERBS,
            Topic.RULES: self.rules,
            Topic.LOANS: self.loans,
            Topic.LOAN_OFFERS: self.loan_offers,
        }
        return page(query, tuple(rows[query.topic]))

    def _requests(self, query: ops.Query) -> Page:
        """The decided ones, the latest first, or those that are named."""
        if query.key == "decided":
            decided = sorted((row for row in self.requests if row.state != "pending"), key=lambda row: -row.id)
            return page(query, tuple(decided))
        named = tuple(row for key in query.key.split() for row in self.requests if f"{row.id}" == key)
        return Page(named, 0, len(named), len(named))

    def _inbox(self, query: ops.Query) -> Page:
        """Alike requests of one agent as one line, as the engine does it."""
        groups: dict[str, list[RequestRow]] = {}
        for row in sorted(self.requests, key=lambda row: row.id):
            if row.state == "pending" and query.filter in _text(row).casefold():
                groups.setdefault(f"{row.requester} {row.verb}", []).append(row)
        lines: list[InboxRow] = []
        for key, rows in groups.items():
            lines.append(InboxRow(key, 0, tuple(row.id for row in rows), rows[0]))
            if len(rows) > 1 and key in query.key.split("\n"):
                lines += [InboxRow(f"{row.id}", 1, (row.id,), row) for row in rows]
        keys = [line.key for line in lines]
        start = max(0, min(query.start, len(lines) - query.count))
        found = keys.index(query.find) if query.find in keys else None
        pending = sum(1 for row in self.requests if row.state == "pending")
        return Page(tuple(lines[start : start + query.count]), start, len(lines), pending, found)

    async def command(self, command: ops.Command, operator: str) -> ops.Ack:
        self.commands.append((command, operator))
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal:
            return ops.Ack(False, 0, self.refusal)
        if self.refusals:
            return ops.Ack(False, 0, self.refusals.pop(0))
        effect = self._effects().get(type(command))
        if effect is not None:
            effect(command)
        self.moved()
        return ops.Ack(True, 900 + len(self.commands), f"{type(command).__name__} is recorded")

    def _effects(self) -> dict[type, Callable[[Any], None]]:
        return {
            ops.PauseWorld: lambda _: self._state(RunState.PAUSED),
            ops.ResumeWorld: lambda _: self._state(RunState.RUNNING),
            ops.PauseAgent: lambda c: self._agent(c.agent, "paused"),
            ops.ResumeAgent: lambda c: self._agent(c.agent, "active"),
            ops.StopAgent: lambda c: self._agent(c.agent, "paused"),
            ops.Approve: lambda c: self.decide(c.request, "approved", ""),
            ops.Deny: lambda c: self.decide(c.request, "denied", c.reason),
            ops.RevokeGrant: lambda c: self._revoke(c.grant),
            ops.DropRule: lambda c: self._drop(c.name),
        }

    def _state(self, state: RunState) -> None:
        self.header = replace(self.header, state=state)

    def _agent(self, name: str, state: str) -> None:
        self.agents = [replace(row, state=state) if row.id == name else row for row in self.agents]

    def decide(self, number: int, state: str, reason: str) -> None:
        """Answer a request."""
        self.requests = [
            replace(row, state=state, decided_by="operator", decision_reason=reason, grant=row.grant or 4)
            if row.id == number
            else row
            for row in self.requests
        ]

    def _drop(self, name: str) -> None:
        self.rules = [row for row in self.rules if row.name != name]

    def _revoke(self, number: int) -> None:
        self.grants = [replace(row, state="revoked") if row.id == number else row for row in self.grants]


def page(query: ops.Query, rows: tuple[Any, ...]) -> Page:
    """The window of a query, sorted and filtered as the engine does it."""
    needle = query.filter.casefold()
    matching = [row for row in rows if not needle or needle in _text(row).casefold()]
    if query.sort:
        matching.sort(
            key=lambda row: (getattr(row, query.sort) is None, getattr(row, query.sort)), reverse=query.reverse
        )
    keys = [str(row.id) for row in matching] if query.find else []
    start = max(0, min(query.start, len(matching) - query.count))
    window = tuple(matching[start : start + query.count])
    found = keys.index(query.find) if query.find in keys else None
    return Page(window, start, len(matching), len(rows), found)


def _text(row: Any) -> str:
    return " ".join(str(getattr(row, name)) for name in row.__slots__)
