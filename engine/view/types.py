"""The shapes of what a screen may show: frozen, plain, serialisable; times in µs of world time, amounts in units."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.view.code_types import CodeView, ContractLink, Denial, Measured, ProgramView
from engine.view.debt_types import LoanRow
from engine.view.escrow_types import SaleRow
from engine.view.model_types import ThoughtRow
from engine.view.trading_types import PositionRow


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
    ESCROW = "escrow"
    TRADING = "trading"
    MINT = "mint"
    KPIS = "kpis"
    LEDGER = "ledger"
    LOANS = "loans"
    LOAN_OFFERS = "loan_offers"
    VERBS = "verbs"
    INBOX = "inbox"
    RULES = "rules"
    THOUGHTS = "thoughts"
    THOUGHT = "thought"
    MODELS = "models"


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
    detail: str  # why it stopped or failed, or what it waits for, else empty
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
    archive_bytes: int  # of the segments of the log that lie beside the run
    disk_free: int
    cpu_percent: float
    memory: int  # bytes of resident memory of engine and store
    code_cpu: float  # the same of the sandbox: its broker and workers
    code_memory: int
    code_processes: int  # 0: it has not been needed yet
    since: str  # what happened since the operator left, empty on a new run
    notice: str  # what is wrong with the archived segments, else empty
    health: str = ""  # healthy, warning or critical; empty before the first report
    score: int = 100
    lasts: int | None = None  # world time for which the budget lasts at the present rate; None where nothing is spent


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
    """A capability that can be granted: what it allows, how risky it is, what its use can cost, its usual terms."""

    verb: str
    sentence: str
    risk: str
    cost: str
    kind: str = ""  # what its resource names
    measures: tuple[str, ...] = ()  # what a quota can be set for
    uses: int = 1
    ttl: int = 600_000_000
    quota: tuple[tuple[str, int], ...] = ()


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
    request: int | None = None  # the capability request that it is about
    story: str = ""  # what there is to read beyond the sentence


@dataclass(frozen=True, slots=True)
class RequestRow:
    """What a person needs in order to decide in five seconds; the terms are those left after a first consent."""

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
    record: str  # asked N, granted N, refused N, used N, misused N
    requester_line: str  # state and balances
    asked_at: int
    decide_by: int
    state: str
    decided_by: str
    decision_reason: str
    grant: int | None
    on_behalf_of: tuple[str, ...] = ()  # through whom it asks, the immediate caller first
    quota: tuple[tuple[str, int], ...] = ()
    depth: int = 0
    payload: str = ""  # exactly what is to be done; empty if that is left open
    digest: str = ""  # of the whole payload: what a decision is bound to
    effect: str = ""  # what changes from now on
    trace: tuple[str, ...] = ()  # each rule, and why it is not for this request
    rule: str = ""  # the rule that would automate a yes, as TOML
    again: int = 0  # asks that the decision answered as well
    dual: bool = False  # takes two people
    seconded_by: str = ""  # who of them has consented


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A line of the inbox: the alike requests of one agent, or one of them (`level` 1) under its opened line."""

    key: str
    level: int
    ids: tuple[int, ...]  # all that the line stands for, first come first
    request: RequestRow  # the first of them


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule that answers requests: of the world file, or made by an operator while the run goes on."""

    name: str
    effect: str
    verb: str
    agent: str
    resource: str
    made_by: str  # empty for the world file's
    made_at: int | None
    reason: str
    toml: str


@dataclass(frozen=True, slots=True)
class GrantRow:
    """One grant; active ones stand as trees of delegation, each below the one that it was derived from."""

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
    parent: int | None = None
    level: int = 0  # steps below the root of its tree
    below: int = 0  # active grants that fall with it
    quota: tuple[tuple[str, int], ...] = ()  # what is left of it
    depth: int = 0  # how far it may be passed on
    underway: int = 0  # uses that have begun and not ended


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
    price: int | None  # at which it, or the bundle that it is in, is for sale in escrow


@dataclass(frozen=True, slots=True)
class MemoryView:
    """A memory: what it takes of what it may take, and its latest entries."""

    id: str
    agent: str  # whose own it is; empty: nobody's
    controller: str
    entries: int
    size: int
    quota: int
    searchable: bool  # False: SQLite here cannot search full text
    tags: tuple[tuple[str, int], ...]  # of the entries shown
    rows: tuple[tuple[int, int, str, str, str], ...]  # (number, at, key, tags, text), newest first
    degraded: str = ""  # why it gets no vectors at present


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
    executable: bool
    chain: tuple[ContractLink, ...]  # the contracts that decide, each with those that decide about it below it
    denials: tuple[Denial, ...]  # lately, newest first
    code: CodeView | None  # None for what is no code, and for agents
    memory: MemoryView | None = None  # its entries, if it is a memory
    in_escrow: str = ""  # the sale that it is part of, in a line


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
    spent: int = 0  # of a depletable asset, in all


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
    mind_state: str  # what a scripted mind keeps
    balances: tuple[BalanceLine, ...]
    actions: tuple[EventRow, ...]
    messages: tuple[tuple[int, str, str, str], ...]  # (at, sender, topic, body)
    requests: tuple[RequestRow, ...]
    grants: tuple[GrantRow, ...]
    owns: tuple[ArtifactRow, ...]
    orders: tuple[tuple[int, str, str, int, int], ...]  # (id, instrument, side, price, remaining)
    positions: tuple[PositionRow, ...]
    program: ProgramView | None  # None for other minds
    refusal: Denial | None  # the latest, lately
    measured: Measured | None  # all code that was run on its behalf; None: there was none
    memory: MemoryView | None = None  # None: it has sold it and has not begun another
    owing: tuple[LoanRow, ...] = ()  # what it owes
    owed: tuple[LoanRow, ...] = ()  # what is owed to it
    sales: tuple[SaleRow, ...] = ()  # what it has in escrow, newest first
    listens: tuple[tuple[str, str], ...] = ()  # (topic or event, name), what it listens to until it gives it up
    asks: tuple[tuple[int, str, str, int], ...] = ()  # (number, of whom, topic, deadline), open requests of its own
    asked: tuple[tuple[int, str, str, int], ...] = ()  # (number, by whom, topic, deadline), for it to answer
    thinks: ThoughtRow | None = None  # its latest thought with a language model, lately
    prompt_whole: bool = True  # whether the prompt stands here to its end


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
class MarketView:
    """All instruments."""

    instruments: tuple[InstrumentView, ...]


@dataclass(frozen=True, slots=True)
class MintResult:
    """What became of one of the best bids of a resolution, with the scorer's reasons."""

    bidder: str
    artifact: str
    amount: int | None  # None: not known
    score: int | None  # None: it could not be scored, and the bid was returned
    minted: int
    paid: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MintRoundRow:
    """One resolution of the mint; `shared` is what was shared out among all agents."""

    round: int
    at: int
    bids: int
    price: int
    minted: int
    shared: int
    results: tuple[MintResult, ...]  # best bid first


@dataclass(frozen=True, slots=True)
class MintView:
    """The mint: its terms, the countdown, sealed bids (for the operator only), and past resolutions."""

    next_at: int | None
    cron: str  # empty where resolutions are at one interval
    slots: int
    ratio: int
    reserve: int
    losers: str
    scorer: str
    bids: tuple[tuple[int, str, str, int, int], ...]  # (id, bidder, artifact, amount, at)
    rounds: tuple[MintRoundRow, ...]  # newest first


@dataclass(frozen=True, slots=True)
class KpiSeries:
    """A health figure with its recent history, oldest first; None where there was nothing to measure."""

    name: str
    unit: str
    value: float | None
    history: tuple[float | None, ...]
    group: str = ""
    trend: str = ""  # rising, falling, steady; empty where there is nothing to compare with
    level: str = ""  # warning or critical if it is beyond a threshold
    when: str = ""  # the side on which it is a concern, above or below; empty if it is not watched
    warning: float | None = None
    critical: float | None = None
    tells: str = ""  # what it is, in a sentence
    formula: str = ""


@dataclass(frozen=True, slots=True)
class ConcernRow:
    """A figure beyond its threshold, with the evidence and what it means."""

    figure: str
    unit: str
    level: str
    value: float
    threshold: float
    when: str
    since: int
    trend: str  # worsening, improving, steady
    means: str


@dataclass(frozen=True, slots=True)
class HealthView:
    """The auditor's last report, and the status and score of those before it, oldest first."""

    at: int
    status: str  # healthy, warning, critical
    score: int
    trend: str  # improving, worsening, steady
    concerns: tuple[ConcernRow, ...]
    history: tuple[tuple[int, str, int], ...]


@dataclass(frozen=True, slots=True)
class WealthView:
    """How scrip is distributed among agents, held scrip included."""

    agents: int
    total: int
    histogram: tuple[tuple[int, int, int], ...]  # (from, to, agents), ends included
    lorenz: tuple[float, ...]  # the share of the total that the poorest 0, 1, … n-ths have


@dataclass(frozen=True, slots=True)
class KpiView:
    """All figures, and when they were taken; trends look back by `window`."""

    at: int
    series: tuple[KpiSeries, ...]
    since: int = 0  # world time of the oldest sample in the histories
    window: int = 0
    wealth: WealthView | None = None
    health: HealthView | None = None


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
