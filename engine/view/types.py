"""The shapes of what a screen may show: frozen, plain, serialisable; times in µs of world time, amounts in units."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Topic(StrEnum):
    """What can be watched."""

    HEADER = "header"
    AGENTS = "agents"
    AGENT = "agent"
    EVENTS = "events"
    REQUESTS = "requests"
    GRANTS = "grants"
    ARTIFACTS = "artifacts"
    ARTIFACT = "artifact"
    MARKET = "market"
    MINT = "mint"
    KPIS = "kpis"
    LEDGER = "ledger"
    VERBS = "verbs"


class RunState(StrEnum):
    """What the run is doing as a whole."""

    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    STOPPED = "STOPPED"
    FAILED = "FAILED"
    LOST = "LOST"  # it is in another process that does not answer: the figures are the last that are known


@dataclass(frozen=True, slots=True)
class HeaderView:
    """The one line that answers: is it well?"""

    world: str
    state: RunState
    detail: str  # why it stopped or failed, else empty
    sim_time: int
    pace: float | None  # world seconds per real second as asked for; None: as fast as possible
    behind: int  # µs that world time lags behind the pace
    actions: int
    actions_per_second: float
    agents: tuple[tuple[str, int], ...]  # (state, count), every state, paused included
    scrip_total: int
    spent: int | None  # µUSD of llm_budget spent; None where the world has none
    cap: int | None
    pending: int
    run_bytes: int
    disk_free: int
    cpu_percent: float
    memory: int  # bytes of resident memory of engine and store
    since: str  # what happened since the operator left, empty on a new run


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent in the table of agents."""

    id: str
    state: str  # active, blocked, sleeping, dormant, paused
    waits: str  # what for, in words; empty if for its think delay
    mind: str
    scrip: int
    held: int
    resources: tuple[tuple[str, int, int], ...]  # (asset, used or held, allowed)
    actions: int
    actions_per_s: float | None  # of world time, lately; None in the first seconds of a run
    refusals: int
    last: str
    last_at: int
    pending: int


@dataclass(frozen=True, slots=True)
class VerbRow:
    """A capability that can be granted: what it allows, how risky it is, what its use can cost."""

    verb: str
    sentence: str
    risk: str
    cost: str


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event, with a sentence for people."""

    seq: int
    n: int
    at: int
    type: str
    actor: str
    target: str
    text: str
    refused: bool


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What a person needs in order to decide in five seconds."""

    id: int
    requester: str
    verb: str
    resource: str
    sentence: str  # what exactly, in plain words with the scope
    risk: str  # low, medium, high
    uses: int
    ttl: int
    cost: str  # the most that it can cost
    reason: str  # the agent's words: data, to be shown quoted
    policy: str  # what the policy says
    record: str  # asked N, granted N, refused N
    requester_line: str  # state and balances
    asked_at: int
    decide_by: int
    state: str
    decided_by: str
    decision_reason: str
    grant: int | None


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One grant."""

    id: int
    request: int | None
    holder: str
    verb: str
    resource: str
    uses_left: int
    granted_at: int
    expires_at: int
    state: str
    granted_by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ArtifactRow:
    """One artifact in the table of artifacts."""

    id: str
    type: str
    category: str
    controller: str
    created_by: str
    access: tuple[str, ...]
    size: int
    version: int
    updated_at: int
    price: int | None  # asked for in escrow


@dataclass(frozen=True, slots=True)
class ArtifactView:
    """One artifact, whole."""

    row: ArtifactRow
    content: str
    interface: str  # JSON, indented; empty if none
    metadata: str
    dangling: tuple[str, ...]  # access contracts that are not there: everything is denied
    governs: int  # how many artifacts name it as their contract
    history: tuple[EventRow, ...]


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One asset of an agent: what is free, what is held, and for a rate what is used of the window."""

    asset: str
    kind: str
    unit: str
    available: int
    held: int
    used: int | None
    window: int
    free_at: int | None  # world time at which use begins to leave the window


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent, whole."""

    row: AgentRow
    controller: str
    created_at: int
    mind_params: str
    prompt: str
    think_delay: int
    thought: str  # a decision that is kept because the agent is paused or blocked
    memory: str
    balances: tuple[BalanceLine, ...]
    actions: tuple[EventRow, ...]
    messages: tuple[tuple[int, str, str, str], ...]  # (at, sender, topic, body)
    requests: tuple[RequestRow, ...]
    grants: tuple[GrantRow, ...]
    owns: tuple[ArtifactRow, ...]
    orders: tuple[tuple[int, str, str, int, int], ...]  # (id, instrument, side, price, remaining)


@dataclass(frozen=True, slots=True)
class InstrumentView:
    """The order book of one instrument."""

    id: str
    unit: str
    halted: bool
    last_price: int | None
    volume: int
    turnover: int
    spread: int | None
    bids: tuple[tuple[int, int, int], ...]  # (price, quantity, orders), best first
    asks: tuple[tuple[int, int, int], ...]
    tape: tuple[tuple[int, int, int, str, str], ...]  # (at, price, quantity, buyer, seller), newest first


@dataclass(frozen=True, slots=True)
class ListingRow:
    """An artifact for sale in escrow."""

    artifact: str
    type: str
    seller: str
    price: int
    buyer: str | None
    listed_at: int


@dataclass(frozen=True, slots=True)
class MarketView:
    """All instruments and what is for sale."""

    instruments: tuple[InstrumentView, ...]
    listings: tuple[ListingRow, ...]


@dataclass(frozen=True, slots=True)
class MintView:
    """The mint: sealed bids (for the operator only), the countdown, and past resolutions."""

    next_at: int | None
    slots: int
    ratio: int
    bids: tuple[tuple[int, str, str, int, int], ...]  # (id, bidder, artifact, amount, at)
    rounds: tuple[tuple[int, int, int, int, int, int, tuple[str, ...]], ...]
    # (round, at, bids, price, minted, redistributed, result lines), newest first


@dataclass(frozen=True, slots=True)
class KpiSeries:
    """A health figure with its recent history, oldest first; None where there was nothing to measure."""

    name: str
    unit: str
    value: float | None
    history: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class KpiView:
    """All figures, and when they were taken."""

    at: int
    series: tuple[KpiSeries, ...]


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Conservation per asset, (asset, kind, issued, available, held), and the accounts."""

    assets: tuple[tuple[str, str, int, int, int], ...]
    accounts: tuple[tuple[str, str, int, int], ...]  # (principal, asset, available, held)
    postings: tuple[tuple[int, int, str, str, str, int, str], ...]
    # (seq, at, asset, debit, credit, amount, reason), newest first
    matching: int  # accounts that pass the filter, of which `accounts` is a window
    total: int


@dataclass(frozen=True, slots=True)
class Page:
    """A window of rows: those from `start` on of the `matching` rows that pass the query's filter, of `total` rows.

    `found` is the index among the matching rows of the row that the query asked to find, None if it is not there.
    """

    rows: tuple[Any, ...]
    start: int
    matching: int
    total: int
    found: int | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A view with the revision of its topic: an equal revision means nothing to redraw."""

    topic: Topic
    revision: int
    data: object
