"""The state of the world in SQL: one class per table of the kernel, same fields in the same order.

The classes declare the schema and serve cold reads (`Session.exec(select(Agents))`). They are not on the write path,
and neither the engine nor the store process imports them; `schema.sql` is generated from them by `schema_text`.
"""

from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from engine.kernel.entities import ISSUANCE, AgentState, AssetKind, AuctionKind, CallState, GrantState, RequestState
from engine.kernel.loans import LoanSide, LoanState, Schedule
from engine.store.sqltypes import (
    COMPACT,
    STRICT,
    IdNumber,
    IdText,
    JsonText,
    Nested,
    Number,
    OptionalNested,
    OptionalNumber,
    OptionalString,
    String,
    Truth,
    check,
    flag,
    one_of,
)


class Artifacts(SQLModel, table=True):
    """Every persistent addressable thing."""

    __tablename__ = "artifacts"
    __table_args__: ClassVar[Any] = (
        flag("has_standing"),
        flag("can_execute"),
        check("size >= 0"),
        check("version >= 1"),
        COMPACT,
    )
    id: IdText
    type: String
    created_by: String
    controller: String
    access: Nested
    has_standing: Truth
    can_execute: Truth
    size: Number
    created_at: Number
    updated_at: Number
    version: Number
    disk_hold: OptionalNumber
    interface: OptionalNested
    # SQLAlchemy keeps the name `metadata` of a class for itself.
    metadata_: Any = Field(sa_type=JsonText, nullable=False, sa_column_kwargs={"name": "metadata"})


class Contents(SQLModel, table=True):
    """The content of each artifact that has one."""

    __tablename__ = "contents"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdText
    text: String


class Agents(SQLModel, table=True):
    """The moving part of each agent; `wait` is JSON (kind, key, until)."""

    __tablename__ = "agents"
    __table_args__: ClassVar[Any] = (
        one_of("state", AgentState),
        flag("paused"),
        flag("stepping"),
        check("steps >= 0"),
        check("actions >= 0"),
        check("refusals >= 0"),
        check("failures >= 0"),
        COMPACT,
    )
    id: IdText
    state: String
    paused: Truth
    stepping: Truth
    wait: Nested
    wait_seq: Number
    steps: Number
    actions: Number
    refusals: Number
    failures: Number
    last_action_at: Number
    last: String


class Minds(SQLModel, table=True):
    """What each mind remembers between steps."""

    __tablename__ = "minds"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdText
    memory: Nested
    hold: OptionalNumber


class Memories(SQLModel, table=True):
    """Artifacts in which agents keep entries."""

    __tablename__ = "memories"
    __table_args__: ClassVar[Any] = (check("entries >= 0"), COMPACT)
    id: IdText
    agent: String
    entries: Number
    last: Number
    degraded: String


class MemoryEntries(SQLModel, table=True):
    """The entries of memories."""

    __tablename__ = "memory_entries"
    __table_args__: ClassVar[Any] = (STRICT,)
    memory: IdText
    number: IdNumber
    key: String
    tags: Nested
    text: String
    at: Number
    vector: String


class Thoughts(SQLModel, table=True):
    """Decisions that could not be acted on yet."""

    __tablename__ = "thoughts"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdText
    action: Nested
    memory: Nested
    config_hash: String
    thought_at: Number


class Programs(SQLModel, table=True):
    """Agents' programs, each suspended at a call."""

    __tablename__ = "programs"
    __table_args__: ClassVar[Any] = (check("replies >= 0"), check("size >= 0"), STRICT)
    id: IdText
    code: String
    begun_at: Number
    digest: String
    replies: Number
    size: Number
    asked: String
    line: Number
    step: Number
    request: OptionalNumber


class ProgramReplies(SQLModel, table=True):
    """What each program has been told since it began, step by step."""

    __tablename__ = "program_replies"
    __table_args__: ClassVar[Any] = (STRICT,)
    agent: IdText
    number: IdNumber
    replies: Nested


class Inboxes(SQLModel, table=True):
    """Results that agents have not been told yet."""

    __tablename__ = "inboxes"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdText
    result: Nested


class Assets(SQLModel, table=True):
    """What can be held; `window` in µs is 0 unless the asset is renewable."""

    __tablename__ = "assets"
    __table_args__: ClassVar[Any] = (
        one_of("kind", AssetKind),
        flag("transferable"),
        check('"window" >= 0'),
        check('"limit" >= 0'),
        COMPACT,
    )
    id: IdText
    kind: String
    unit: String
    transferable: Truth
    window: Number
    limit: OptionalNumber


class Balances(SQLModel, table=True):
    """What each principal has of each asset; only issuance may be below zero."""

    __tablename__ = "balances"
    __table_args__: ClassVar[Any] = (check(f"available >= 0 OR principal = '{ISSUANCE}'"), check("held >= 0"), COMPACT)
    principal: IdText
    asset: IdText
    available: Number
    held: Number


class Holds(SQLModel, table=True):
    """Reservations that are under way."""

    __tablename__ = "holds"
    __table_args__: ClassVar[Any] = (check("amount > 0"), STRICT)
    id: IdNumber
    principal: String
    asset: String
    amount: Number
    purpose: String
    expires_at: OptionalNumber


class Spending(SQLModel, table=True):
    """What each principal has spent of depletable assets, and under `@issuance` what all have."""

    __tablename__ = "spending"
    __table_args__: ClassVar[Any] = (check("spent >= 0"), check("calls >= 0"), COMPACT)
    principal: IdText
    asset: IdText
    spent: Number
    calls: Number


class BudgetCalls(SQLModel, table=True):
    """Calls that cost: reserved, and of each payer the last that are over."""

    __tablename__ = "budget_calls"
    __table_args__: ClassVar[Any] = (
        check("most > 0"),
        check("spent >= 0"),
        check("spent <= most"),
        one_of("state", CallState),
        STRICT,
    )
    id: IdText
    principal: String
    asset: String
    most: Number
    hold: Number
    spent: Number
    state: String
    at: Number


class ModelPrices(SQLModel, table=True):
    """What each language model costs, in µUSD for a million tokens."""

    __tablename__ = "model_prices"
    __table_args__: ClassVar[Any] = (check("input >= 0"), check("output >= 0"), COMPACT)
    model: IdText
    input: Number
    cached: Number
    output: Number
    dearest_input: Number
    dearest_output: Number
    source: String


class ModelCalls(SQLModel, table=True):
    """Questions to language models that are under way."""

    __tablename__ = "model_calls"
    __table_args__: ClassVar[Any] = (check("most >= 0"), check("tokens >= 0"), COMPACT)
    id: IdText
    payer: String
    model: String
    request: String
    purpose: String
    most: Number
    tokens: Number
    hold: OptionalNumber
    at: Number


class ModelReplies(SQLModel, table=True):
    """What models have answered to steps that are not over yet."""

    __tablename__ = "model_replies"
    __table_args__: ClassVar[Any] = (flag("failed"), check("cost >= 0"), STRICT)
    asker: IdText
    step: IdNumber
    number: IdNumber
    question: String
    text: String
    finish: String
    failed: Truth
    problem: String
    cost: Number


class ModelTallies(SQLModel, table=True):
    """What each language model has been asked in the whole run."""

    __tablename__ = "model_tallies"
    __table_args__: ClassVar[Any] = (check("answers >= 0"), check("failures >= 0"), check("cost >= 0"), COMPACT)
    model: IdText
    answers: Number
    failures: Number
    input: Number
    cached: Number
    output: Number
    cost: Number
    estimated: Number


class Prompts(SQLModel, table=True):
    """The part of each agent's prompts that is the same from thought to thought."""

    __tablename__ = "prompts"
    __table_args__: ClassVar[Any] = (STRICT,)
    agent: IdText
    digest: String
    sections: Nested


class TransferKeys(SQLModel, table=True):
    """Idempotency keys that were used, each once."""

    __tablename__ = "transfer_keys"
    __table_args__: ClassVar[Any] = (COMPACT,)
    principal: IdText
    key: IdText
    digest: String
    at: Number


class Requests(SQLModel, table=True):
    """Capability requests and what became of them."""

    __tablename__ = "requests"
    __table_args__: ClassVar[Any] = (one_of("state", RequestState), check("uses >= 0"), STRICT)
    id: IdNumber
    requester: String
    on_behalf_of: Nested
    verb: String
    resource: String
    uses: Number
    ttl: Number
    quota: Nested
    depth: Number
    payload: String
    reason: String
    asked_at: Number
    decide_by: Number
    again: Number
    seconded_by: String
    offered: OptionalNested
    state: String
    decided_at: OptionalNumber
    decided_by: String
    decision_reason: String
    grant: OptionalNumber


class Grants(SQLModel, table=True):
    """Capabilities, those that have ended included."""

    __tablename__ = "grants"
    __table_args__: ClassVar[Any] = (one_of("state", GrantState), check("uses_left >= 0"), STRICT)
    id: IdNumber
    request: OptionalNumber
    parent: OptionalNumber
    holder: String
    verb: String
    resource: String
    uses_left: Number
    quota: Nested
    depth: Number
    payload: String
    epoch: Number
    granted_at: Number
    expires_at: Number
    state: String
    granted_by: String
    reason: String
    ended_at: OptionalNumber


class GrantUses(SQLModel, table=True):
    """Uses of grants that are under way."""

    __tablename__ = "grant_uses"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdNumber
    grant: Number
    epoch: Number
    subject: String
    held: Nested
    expires_at: OptionalNumber


class PolicyRules(SQLModel, table=True):
    """Rules that operators have made."""

    __tablename__ = "policy_rules"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdNumber
    name: String
    rule: Nested
    made_by: String
    made_at: Number


class Orders(SQLModel, table=True):
    """Resting orders."""

    __tablename__ = "orders"
    __table_args__: ClassVar[Any] = (
        check("side IN ('buy', 'sell')"),
        check("price > 0"),
        check("remaining > 0 AND remaining <= quantity"),
        check("fee >= 0"),
        STRICT,
    )
    id: IdNumber
    principal: String
    instrument: String
    side: String
    price: Number
    quantity: Number
    remaining: Number
    hold: Number
    use: OptionalNumber
    placed_at: Number
    expires_at: OptionalNumber
    fee: Number


class Instruments(SQLModel, table=True):
    """Assets that trade against scrip."""

    __tablename__ = "instruments"
    __table_args__: ClassVar[Any] = (flag("halted"), check("volume >= 0"), check("turnover >= 0"), COMPACT)
    id: IdText
    halted: Truth
    last_price: OptionalNumber
    last_at: OptionalNumber
    volume: Number
    turnover: Number


class Markets(SQLModel, table=True):
    """The rules of each instrument: fees in basis points."""

    __tablename__ = "markets"
    __table_args__: ClassVar[Any] = (
        check("tick > 0"),
        check("lot > 0"),
        check("maker_fee >= 0"),
        check("taker_fee >= 0"),
        COMPACT,
    )
    id: IdText
    tick: Number
    lot: Number
    maker_fee: Number
    taker_fee: Number
    fee_to: String
    self_trade: String
    listed_by: String


class Positions(SQLModel, table=True):
    """What each principal's trades in an instrument have come to, at average cost."""

    __tablename__ = "positions"
    __table_args__: ClassVar[Any] = (check("fees >= 0"), COMPACT)
    principal: IdText
    instrument: IdText
    quantity: Number
    cost: Number
    realised: Number
    fees: Number


class Escrowed(SQLModel, table=True):
    """Artifacts in escrow, each with the sale that it is part of."""

    __tablename__ = "escrowed"
    __table_args__: ClassVar[Any] = (COMPACT,)
    artifact: IdText
    sale: Number
    seller: String


class Listings(SQLModel, table=True):
    """Sales at a fixed price."""

    __tablename__ = "listings"
    __table_args__: ClassVar[Any] = (check("price > 0"), check("fee >= 0 AND fee <= price"), STRICT)
    id: IdNumber
    seller: String
    artifacts: Nested
    price: Number
    buyer: OptionalString
    arbiter: OptionalString
    fee: Number
    decide_within: Number
    on_silence: String
    listed_at: Number
    expires_at: OptionalNumber


class Auctions(SQLModel, table=True):
    """Sales by auction that are open."""

    __tablename__ = "auctions"
    __table_args__: ClassVar[Any] = (
        one_of("kind", AuctionKind),
        check("amount >= 0"),
        check("bids >= 0"),
        STRICT,
    )
    id: IdNumber
    kind: String
    seller: String
    artifacts: Nested
    start: Number
    floor: Number
    step: Number
    interval: Number
    opened_at: Number
    ends_at: Number
    bids: Number
    bidder: OptionalString
    amount: Number
    hold: OptionalNumber
    disk_hold: OptionalNumber


class Arbitrations(SQLModel, table=True):
    """Sales that are paid for and not settled."""

    __tablename__ = "arbitrations"
    __table_args__: ClassVar[Any] = (check("price > 0"), check("fee >= 0 AND fee <= price"), STRICT)
    id: IdNumber
    seller: String
    buyer: String
    arbiter: String
    artifacts: Nested
    price: Number
    fee: Number
    on_silence: String
    hold: Number
    disk_hold: OptionalNumber
    listed_at: Number
    paid_at: Number
    decide_by: Number


class Bids(SQLModel, table=True):
    """Sealed bids at the mint that wait for a resolution."""

    __tablename__ = "bids"
    __table_args__: ClassVar[Any] = (check("amount > 0"), STRICT)
    id: IdNumber
    bidder: String
    artifact: String
    version: Number
    amount: Number
    hold: Number
    at: Number


class MintRounds(SQLModel, table=True):
    """Resolutions of the mint."""

    __tablename__ = "mint_rounds"
    __table_args__: ClassVar[Any] = (check("price >= 0"), check("minted >= 0"), check("redistributed >= 0"), STRICT)
    id: IdNumber
    at: Number
    bids: Number
    price: Number
    minted: Number
    redistributed: Number
    results: Nested


class Submissions(SQLModel, table=True):
    """The latest version of each artifact that the mint has scored."""

    __tablename__ = "submissions"
    __table_args__: ClassVar[Any] = (COMPACT,)
    artifact: IdText
    version: Number
    round: Number


class LoanOffers(SQLModel, table=True):
    """Loans that are offered, and asked for."""

    __tablename__ = "loan_offers"
    __table_args__: ClassVar[Any] = (one_of("side", LoanSide), check("principal > 0"), STRICT)
    id: IdNumber
    maker: String
    side: String
    only: String
    principal: Number
    terms: Nested
    collateral: Nested
    hold: OptionalNumber
    made_at: Number
    expires_at: OptionalNumber


class Loans(SQLModel, table=True):
    """Loans on which something is owed."""

    __tablename__ = "loans"
    __table_args__: ClassVar[Any] = (
        one_of("schedule", Schedule),
        one_of("state", LoanState),
        flag("compound"),
        flag("recourse"),
        flag("auto_pay"),
        check('"left" >= 0 AND interest >= 0 AND late >= 0'),
        check("due_principal >= 0 AND due_interest >= 0"),
        STRICT,
    )
    id: IdText
    number: Number
    lender: String
    borrower: String
    principal: Number
    rate: Number
    period: Number
    periods: Number
    schedule: String
    compound: Truth
    grace: Number
    late_rate: Number
    early_fee: Number
    recourse: Truth
    auto_pay: Truth
    instalment: Number
    began_at: Number
    state: String
    left: Number
    base: Number
    interest: Number
    remainder: Number
    late: Number
    late_remainder: Number
    accrued_at: Number
    fallen: Number
    due_principal: Number
    due_interest: Number
    late_since: OptionalNumber
    next_at: OptionalNumber
    collateral: Nested


class Messages(SQLModel, table=True):
    """Messages that their recipients have not taken yet."""

    __tablename__ = "messages"
    __table_args__: ClassVar[Any] = (STRICT,)
    id: IdNumber
    recipient: String
    sender: String
    topic: String
    body: String
    at: Number
    hold: Number
    kind: String
    request: OptionalNumber


class Inquiries(SQLModel, table=True):
    """Requests between agents that wait for a response."""

    __tablename__ = "inquiries"
    __table_args__: ClassVar[Any] = (check("deadline >= asked_at"), STRICT)
    id: IdNumber
    asker: String
    asked: String
    topic: String
    message: Number
    asked_at: Number
    deadline: Number


class Subscriptions(SQLModel, table=True):
    """What agents listen to until they give it up."""

    __tablename__ = "subscriptions"
    __table_args__: ClassVar[Any] = (COMPACT,)
    agent: IdText
    kind: IdText
    name: IdText
    since: Number


class Clocks(SQLModel, table=True):
    """Periodic work of the engine's own."""

    __tablename__ = "clocks"
    __table_args__: ClassVar[Any] = (check("every > 0"), COMPACT)
    id: IdText
    every: Number
    next_at: OptionalNumber
    runs: Number
    seq: Number


class HealthReports(SQLModel, table=True):
    """The latest reports of the auditor."""

    __tablename__ = "health_reports"
    __table_args__: ClassVar[Any] = (check("score BETWEEN 0 AND 100"), STRICT)
    id: IdNumber
    at: Number
    status: String
    score: Number
    trend: String
    concerns: Nested
    figures: Nested


class Counters(SQLModel, table=True):
    """The last number given out under each name."""

    __tablename__ = "counters"
    __table_args__: ClassVar[Any] = (check("value >= 0"), COMPACT)
    id: IdText
    value: Number


class Switches(SQLModel, table=True):
    """The state of the world as a whole."""

    __tablename__ = "switches"
    __table_args__: ClassVar[Any] = (flag("paused"), COMPACT)
    id: IdText
    paused: Truth
    stopped: String
    approvals: String
