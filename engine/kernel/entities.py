"""What the world consists of: frozen rows, one class per table.

A row is never changed, only replaced, so the identity of the object is the version of the row. Field order is the
column order in the store and in the log. Times are integer microseconds of world time, amounts are integers.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.kernel.quick import quicken

Json = dict[str, Any]
SimTime = int
"""Microseconds of world time since time zero of the run."""

SECOND: SimTime = 1_000_000
SCRIP = "scrip"
ISSUANCE = "@issuance"
"""The only account that may be below zero: its balance is minus what has been issued of an asset."""


class AssetKind(StrEnum):
    """How an asset behaves: money, gone once spent, freed on release, a rate per rolling window, issued by agents."""

    SCRIP = "scrip"
    DEPLETABLE = "depletable"
    ALLOCATABLE = "allocatable"
    RENEWABLE = "renewable"
    ISSUED = "issued"


class AgentState(StrEnum):
    """What an agent is doing; `paused` is a flag beside it, so that resuming restores the state below."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    SLEEPING = "sleeping"
    DORMANT = "dormant"


class WaitKind(StrEnum):
    """What ends a wait."""

    DELAY = "delay"  # the think delay of an active agent
    TIME = "time"
    EVENT = "event"
    PREDICATE = "predicate"
    CAPACITY = "capacity"
    ANSWER = "answer"  # an outside answer: a thought in flight
    BUDGET = "budget"  # enough of a budget for the next thought
    STIMULUS = "stimulus"  # dormant: anything that is addressed to the agent


class RequestState(StrEnum):
    """Life of a capability request; only `pending` can change."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class CallState(StrEnum):
    """Life of a call that costs; only an open one can change."""

    OPEN = "open"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class GrantState(StrEnum):
    """Life of a grant; only `active` can change."""

    ACTIVE = "active"
    EXHAUSTED = "exhausted"
    EXPIRED = "expired"
    REVOKED = "revoked"


class AuctionKind(StrEnum):
    """Which way an auction's price goes: up by bids, or down by time."""

    ENGLISH = "english"
    DUTCH = "dutch"


@dataclass(frozen=True, slots=True)
class Artifact:
    """Any persistent addressable thing; `access` names the contracts that all have to agree (AND)."""

    id: str
    type: str
    created_by: str
    controller: str
    access: tuple[str, ...]
    has_standing: bool
    can_execute: bool
    size: int
    created_at: SimTime
    updated_at: SimTime
    version: int
    disk_hold: int | None  # the hold on somebody's disk for the bytes of this artifact
    interface: Json | None
    metadata: Json

    @property
    def category(self) -> str:
        """The derived category: agent, tool, account or data."""
        if self.has_standing:
            return "agent" if self.can_execute else "account"
        return "tool" if self.can_execute else "data"


@dataclass(frozen=True, slots=True)
class Content:
    """The content of an artifact, apart from its row so that a transfer does not write it again."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Until when and for what an agent waits; `key` is read according to `kind`, `until` is None for no time-out."""

    kind: WaitKind
    key: str
    until: SimTime | None


@dataclass(frozen=True, slots=True)
class Agent:
    """The moving part of an agent: state, wait, and counters. Its configuration is the artifact's content."""

    id: str
    state: AgentState
    paused: bool
    stepping: bool  # is to take one step now, paused or not
    wait: Wait
    wait_seq: int  # the commit that set the wait: breaks ties between timers of one instant
    steps: int
    actions: int
    refusals: int
    failures: int  # of its mind, one after the other: each doubles the wait before the next attempt
    last_action_at: SimTime
    last: str  # the last action and how it ended, one line for people


@dataclass(frozen=True, slots=True)
class MindState:
    """What a scripted mind keeps between steps, apart from its agent's memory: plain JSON data, held on its disk."""

    id: str
    memory: Json
    hold: int | None


@dataclass(frozen=True, slots=True)
class Memory:
    """An artifact in which an agent keeps entries for later; `agent` has it as its own, nobody if that is empty.

    `last` is the number of its latest entry; numbers are not used again. `degraded` says why it has no vectors at
    present; empty: it has, or is to have none.
    """

    id: str
    agent: str
    entries: int
    last: int
    degraded: str = ""


@dataclass(frozen=True, slots=True)
class MemoryEntry:
    """One entry of a memory: text with tags, and a key if it is to be found and replaced by it.

    `vector` is what the text means, a byte for each part, in base64; empty if it has none.
    """

    memory: str
    number: int
    key: str
    tags: tuple[str, ...]
    text: str
    at: SimTime
    vector: str = ""


@dataclass(frozen=True, slots=True)
class Thought:
    """A decision that could not be acted on yet: kept, shown, and void if the agent's configuration has changed."""

    id: str
    action: Json
    memory: Json
    config_hash: str
    thought_at: SimTime


@dataclass(frozen=True, slots=True)
class Program:
    """A program that drives an agent, suspended at a call: what it was told so far is in its `ProgramReplies`.

    `code` names its source, `digest` the program with all replies that it has had; `asked` is the call that it waits
    for, at `line`, made in the agent's step `step`; `request` is the capability request that it waits for.
    """

    id: str
    code: str
    begun_at: SimTime
    digest: str
    replies: int
    size: int  # bytes of all replies
    asked: str
    line: int
    step: int
    request: int | None


@dataclass(frozen=True, slots=True)
class ProgramReplies:
    """What an agent's program was told in one step: for each call a value, an error or none, and when."""

    agent: str
    number: int
    replies: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Inbox:
    """What an agent has not been told yet: the result of its last action."""

    id: str
    result: Json


@dataclass(frozen=True, slots=True)
class Asset:
    """Something that can be held; `window` is that of a renewable asset, else 0; `limit` caps what is issued.

    An issued asset has the id of the artifact whose contracts decide who may issue more of it.
    """

    id: str
    kind: AssetKind
    unit: str
    transferable: bool
    window: SimTime
    limit: int | None


@dataclass(frozen=True, slots=True)
class Balance:
    """What a principal has of an asset: free to use, and held for something that is under way."""

    principal: str
    asset: str
    available: int
    held: int


@dataclass(frozen=True, slots=True)
class Hold:
    """A reservation of part of a balance; it ends by being posted, voided or expired."""

    id: int
    principal: str
    asset: str
    amount: int
    purpose: str
    expires_at: SimTime | None


@dataclass(frozen=True, slots=True)
class Spending:
    """What a principal has spent of a depletable asset, in so many calls; under `@issuance` what all have."""

    principal: str
    asset: str
    spent: int
    calls: int


@dataclass(frozen=True, slots=True)
class BudgetCall:
    """A call that costs: at most `most`, in `hold` until it is settled at what was `spent`, or cancelled.

    `at` is when it was reserved, or ended.
    """

    id: str
    principal: str
    asset: str
    most: int
    hold: int
    spent: int
    state: CallState
    at: SimTime


@dataclass(frozen=True, slots=True)
class TransferKey:
    """The idempotency key of a transfer that happened, with a digest of its terms."""

    principal: str
    key: str
    digest: str
    at: SimTime


@dataclass(frozen=True, slots=True)
class Request:
    """An agent's ask for a capability and what became of it; append-only once decided.

    `again` counts the asks that this decision answered as well. `seconded_by` is who has approved it where two people
    have to, `offered` the terms that they have cut it to so far; of an approved one, those given if they are narrower.
    """

    id: int
    requester: str
    on_behalf_of: tuple[str, ...]  # who had the requester ask, the immediate caller first
    verb: str
    resource: str
    uses: int
    ttl: SimTime
    quota: Json  # the most in all, by measure
    depth: int  # how far the grant may be passed on
    payload: str  # exactly what is to be done, as JSON; empty if it is left open
    reason: str
    asked_at: SimTime
    decide_by: SimTime
    again: int
    seconded_by: str
    offered: Json | None
    state: RequestState
    decided_at: SimTime | None
    decided_by: str
    decision_reason: str
    grant: int | None


@dataclass(frozen=True, slots=True)
class Grant:
    """A capability that holds: each use reads it again, and those that it was derived from.

    `uses_left` and `quota` are what is left and not held by uses under way; a use that began under another `epoch` is
    void.
    """

    id: int
    request: int | None
    parent: int | None
    holder: str
    verb: str
    resource: str
    uses_left: int
    quota: Json
    depth: int
    payload: str  # the digest of what may be done under it, empty if that is left open
    epoch: int
    granted_at: SimTime
    expires_at: SimTime
    state: GrantState
    granted_by: str
    reason: str
    ended_at: SimTime | None


@dataclass(frozen=True, slots=True)
class GrantUse:
    """A use of a grant that is under way: what it holds of the quotas, posted or voided when it ends."""

    id: int
    grant: int
    epoch: int
    subject: str  # what is under way, e.g. `order 12`
    held: Json
    expires_at: SimTime | None


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """A rule that an operator has made: it answers requests from then on."""

    id: int
    name: str
    rule: Json
    made_by: str
    made_at: SimTime


@dataclass(frozen=True, slots=True)
class Order:
    """A resting order: funds are in `hold` (scrip of a buyer, fees included; the asset of a seller).

    `fee` is what it owes of fees so far in ten-thousandths of a scrip, before rounding.
    """

    id: int
    principal: str
    instrument: str
    side: str
    price: int
    quantity: int
    remaining: int
    hold: int
    use: int | None  # of a grant to trade, where this world demands one
    placed_at: SimTime
    expires_at: SimTime | None = None
    fee: int = 0


@dataclass(frozen=True, slots=True)
class Instrument:
    """An asset that trades against scrip."""

    id: str
    halted: bool
    last_price: int | None
    last_at: SimTime | None
    volume: int
    turnover: int


@dataclass(frozen=True, slots=True)
class Market:
    """The rules of an instrument, fixed when it was listed; without a row, those of the defaults hold.

    Prices are multiples of `tick`, quantities of `lot`; fees are in basis points of the scrip traded, for `fee_to`.
    """

    id: str
    tick: int = 1
    lot: int = 1
    maker_fee: int = 0
    taker_fee: int = 0
    fee_to: str = ""
    self_trade: str = "cancel_resting"
    listed_by: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """What a principal has of an instrument by its trades alone: below zero, it has sold more than it has bought.

    `cost` is the scrip paid for what is open, below zero the scrip received; `realised` the gain on what was closed,
    before `fees`.
    """

    principal: str
    instrument: str
    quantity: int
    cost: int
    realised: int
    fees: int


@dataclass(frozen=True, slots=True)
class Escrowed:
    """An artifact in escrow: it stands still there, and belongs to one sale."""

    artifact: str
    sale: int
    seller: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Artifacts in escrow for sale at a fixed price, all or none; `id` is the number of the sale.

    With an `arbiter` the payment is held until it is settled: see `Arbitration` for the terms.
    """

    id: int
    seller: str
    artifacts: tuple[str, ...]
    price: int
    buyer: str | None  # the only one who may buy
    arbiter: str | None
    fee: int
    decide_within: SimTime
    on_silence: str
    listed_at: SimTime
    expires_at: SimTime | None


@dataclass(frozen=True, slots=True)
class Auction:
    """Artifacts in escrow for sale by auction, all or none.

    `english`: `start` is the reserve, `step` the least increment, a bid in the last `interval` µs puts off the end.
    `dutch`: the price falls from `start` by `step` every `interval` µs, to `floor`; who takes it first pays it.
    """

    id: int
    kind: AuctionKind
    seller: str
    artifacts: tuple[str, ...]
    start: int
    floor: int
    step: int
    interval: SimTime
    opened_at: SimTime
    ends_at: SimTime
    bids: int
    bidder: str | None  # the highest so far, with what it holds: scrip, and disk for what it would get
    amount: int
    hold: int | None
    disk_hold: int | None


@dataclass(frozen=True, slots=True)
class Arbitration:
    """A sale that has been paid for and is not settled: artifacts and payment are held.

    The buyer may release, the seller refund, the arbiter decide, who then has `fee` of the payment; at `decide_by` it
    ends as `on_silence` says, `release` or `refund`.
    """

    id: int
    seller: str
    buyer: str
    arbiter: str
    artifacts: tuple[str, ...]
    price: int
    fee: int
    on_silence: str
    hold: int
    disk_hold: int | None
    listed_at: SimTime
    paid_at: SimTime
    decide_by: SimTime


@dataclass(frozen=True, slots=True)
class Bid:
    """A sealed bid at the mint, its scrip held."""

    id: int
    bidder: str
    artifact: str
    version: int
    amount: int
    hold: int
    at: SimTime


@dataclass(frozen=True, slots=True)
class MintRound:
    """One resolution of the mint; `results` holds a line for each winner with its score and reasons."""

    id: int
    at: SimTime
    bids: int
    price: int
    minted: int
    redistributed: int
    results: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Submission:
    """The latest version of an artifact that the mint has scored; each version is scored once."""

    artifact: str
    version: int
    round: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message that its recipient has not taken yet; its bytes are held on the sender's disk until then.

    `kind` says how it came: message, broadcast, topic, request or response; of the last two `request` is the number.
    """

    id: int
    recipient: str
    sender: str
    topic: str
    body: str
    at: SimTime
    hold: int
    kind: str = "message"
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request that waits for its response until a deadline; `message` is the one that put it."""

    id: int
    asker: str
    asked: str
    topic: str
    message: int
    asked_at: SimTime
    deadline: SimTime


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an agent listens to until it gives it up: a topic of messages, or a pattern of events (`kind`)."""

    agent: str
    kind: str
    name: str
    since: SimTime


@dataclass(frozen=True, slots=True)
class Clock:
    """Periodic work of the engine's own: `every` µs apart, next at `next_at`, resting while that is None.

    Of one that goes by a calendar `every` is the length of the interval that ends at `next_at`. `seq` is the commit in
    which it was last done.
    """

    id: str
    every: SimTime
    next_at: SimTime | None
    runs: int
    seq: int


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What the auditor found: `concerns` with their evidence, and the values of all watched `figures`."""

    id: int
    at: SimTime
    status: str  # healthy, warning or critical
    score: int
    trend: str
    concerns: tuple[Json, ...]
    figures: Json


@dataclass(frozen=True, slots=True)
class Counter:
    """The last number given out under a name; numbers are never used again."""

    id: str
    value: int


@dataclass(frozen=True, slots=True)
class Switch:
    """The state of the world as a whole, one row with id `world`."""

    id: str
    paused: bool
    stopped: str  # why the run ended, empty while it lives
    approvals: str  # who answers capability requests: ask, policy, deny or allow


@dataclass(frozen=True, slots=True)
class Posting:
    """An immutable ledger entry: `amount` of `asset` moved from one account to another."""

    asset: str
    debit: str
    credit: str
    amount: int
    reason: str


@dataclass(frozen=True, slots=True)
class Usage:
    """An immutable record of a renewable asset used by a principal at the time of its commit."""

    principal: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, for subscribers, people and analysts: a type, who did it, to what, and plain data."""

    type: str
    actor: str
    target: str
    data: Json


quicken(
    (
        Artifact,
        Content,
        Wait,
        Agent,
        MindState,
        Program,
        ProgramReplies,
        Inbox,
        Balance,
        Hold,
        Spending,
        BudgetCall,
        Order,
        Instrument,
        Position,
        Counter,
        Posting,
        Usage,
        Event,
    )
)
