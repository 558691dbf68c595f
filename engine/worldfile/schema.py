"""The world file's schema, version 1: what a run starts from.

Durations are written as text (`"1.5s"`, `"20m"`, `"2h"`, `"3d"`) and read into integer microseconds of world time;
amounts are whole numbers.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from engine.kernel.entities import SECOND, AssetKind
from engine.worldfile.loan_schema import DebtSection, LoanSection
from engine.worldfile.model_schema import ModelSection
from engine.worldfile.policy_schema import CapabilitySection
from engine.worldfile.values import (
    MAX,
    Amount,
    Code,
    Delay,
    Duration,
    Line,
    Many,
    Name,
    Period,
    Positive,
    Section,
    Text,
    parse_duration,
)

FORMAT = 1
Level = Annotated[float, Field(ge=-(2**53), le=2**53, allow_inf_nan=False)]


class WorldSection(Section):
    """Who this world is."""

    name: Name
    title: Line = ""
    description: Text = ""
    teaches: Line = ""
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1


class RunSection(Section):
    """When a run ends by itself, and when an idle agent counts as dormant."""

    duration: Duration | None = None
    actions: Positive | None = None
    dormant_after: Duration = 600 * SECOND


class AssetSection(Section):
    """An asset beside scrip: its kind, and for a renewable one its window and what the provider can give."""

    kind: Literal["depletable", "allocatable", "renewable"]
    unit: Line = ""
    transferable: bool = True
    window: Duration | None = None
    limit: Positive | None = None
    allow_under_allocation: bool = False

    def asset_kind(self) -> AssetKind:
        """The kernel's word for the kind."""
        return AssetKind(self.kind)


class TariffSection(Section):
    """The price in CPU-µs of each thing an agent does; a run of code costs as much as `invoke` if nothing is said, a
    call of the host's functions a tenth of that."""

    think: Amount = 0
    read: Amount = 1_000
    write: Amount = 2_000
    edit: Amount = 2_000
    delete: Amount = 1_000
    transfer: Amount = 1_000
    invoke: Amount = 1_000
    execute: Amount | None = None
    host_call: Amount | None = None
    kib: Amount = 0

    def actions(self) -> dict[str, int]:
        """The price of each action, by its name."""
        return {name: price for name, price in self.model_dump().items() if name not in ("execute", "host_call", "kib")}

    def code(self) -> tuple[int, int, int]:
        """What a run of code costs, a call of the host's functions, and a KiB that crosses the wall."""
        execute = self.invoke if self.execute is None else self.execute
        return execute, execute // 10 if self.host_call is None else self.host_call, self.kib


def _running_time(value: int) -> int:
    if not 1_000 <= value <= 10 * SECOND:
        raise ValueError('a run of code may take from "1ms" to "10s"')
    return value


class SandboxSection(Section):
    """What code that agents write may take, call by call, and how it is charged: by `tariff` or as `measured`."""

    time: Annotated[int, BeforeValidator(parse_duration), AfterValidator(_running_time)] = SECOND // 10
    memory: Annotated[int, Field(ge=1_000_000, le=2**31)] = 16_000_000
    depth: Annotated[int, Field(ge=10, le=500)] = 100
    host_calls: Annotated[int, Field(ge=1, le=1_000)] = 50
    output: Annotated[int, Field(ge=100, le=1_000_000)] = 65_536
    metering: Literal["tariff", "measured"] = "tariff"
    walls: Many[Literal["worker", "bubblewrap"]] = ()


class AgentSection(Section):
    """An agent, or with `count` a group of them named `id_1`, `id_2`, …; `assets` are initial balances."""

    id: Name
    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    mind: Name
    params: dict[str, Any] = {}
    prompt: Text = ""
    think_delay: Delay = SECOND
    start_after: Delay = 0
    spread: bool = True
    scrip: Amount = 0
    assets: dict[Name, Amount] = {}
    memory_quota: Amount = 0
    access: Many[Name] = ("genesis_self_owned",)


class ArtifactSection(Section):
    """An artifact that is there at time zero: data, with `executable` code, with `standing` a principal."""

    id: Name
    type: Name = "data"
    content: Code = ""
    owner: Name
    access: Many[Name] = ("genesis_freeware",)
    metadata: dict[str, Any] = {}
    executable: bool = False
    interface: dict[str, Any] | None = None
    standing: bool = False
    scrip: Amount = 0
    assets: dict[Name, Amount] = {}


class MintLlmSection(Section):
    """The model that scores works for the mint, by which criteria, and what it is paid with."""

    model: Name
    criteria: Text = "How useful, original and well made it is for those who live in this world."
    max_tokens: Annotated[int, Field(ge=50, le=4_000)] = 400
    read: Annotated[int, Field(ge=100, le=100_000)] = 8_000
    assets: dict[Name, Amount] = {}


class MintSection(Section):
    """The periodic auction that is the only source of new scrip; without `every` or `cron` there is no mint."""

    every: Period | None = None
    cron: Line | None = None
    slots: Annotated[int, Field(ge=1, le=1_000)] = 1
    ratio: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    reserve: Amount = 0
    losers: Literal["refund", "forfeit"] = "refund"
    scorer: Name = "rules"
    llm: MintLlmSection | None = None

    @property
    def open(self) -> bool:
        """Whether there is a mint."""
        return self.every is not None or self.cron is not None


BasisPoints = Annotated[int, Field(ge=0, le=10_000)]
SelfTradeMode = Literal["cancel_resting", "cancel_taker", "cancel_both"]


class MarketSection(Section):
    """The rules of one market; what is left out is as `[exchange]` has it."""

    tick: Positive = 1
    lot: Positive = 1
    maker_fee: BasisPoints | None = None
    taker_fee: BasisPoints | None = None
    fee_to: Name | None = None
    self_trade: SelfTradeMode | None = None


class MessagesSection(Section):
    """How much of one sender waits in an inbox, how many requests and subscriptions an agent has, and what each
    recipient of a broadcast costs: a hundredth of `invoke` in CPU if nothing is said."""

    inbox_per_sender: Annotated[int, Field(ge=1, le=10_000)] = 100
    requests: Annotated[int, Field(ge=1, le=1_000)] = 100
    subscriptions: Annotated[int, Field(ge=0, le=1_000)] = 50
    cpu_per_recipient: Amount | None = None
    fee_per_recipient: Amount = 0
    fee_to: Name | None = None


class VectorsSection(Section):
    """Search of memories by meaning: the model of this world that makes vectors of texts."""

    model: Name


class MemorySection(Section):
    """What each agent's memory holds at most, and whether it is searched by meaning too."""

    quota: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000_000
    entries: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    vectors: VectorsSection | None = None


class ExchangeSection(Section):
    """Which assets trade against scrip, and by which rules; agents may list what they issue."""

    instruments: Many[Name] = ()
    maker_fee: BasisPoints = 0
    taker_fee: BasisPoints = 0
    fee_to: Name | None = None
    self_trade: SelfTradeMode = "cancel_resting"
    listing: Literal["issuers", "closed"] = "issuers"
    listing_fee: Amount = 0
    markets: dict[Name, MarketSection] = {}


class BudgetSection(Section):
    """What a thought costs in µUSD of `llm_budget`: any mind's, or that of a mind by its name."""

    thought: Amount = 0
    minds: dict[Name, Amount] = {}

    def price(self, mind: str) -> int:
        """What a thought of a mind costs, at most where the mind says itself what it has cost."""
        return self.minds.get(mind, self.thought)


class MetricsSection(Section):
    """How often KPIs are sampled."""

    every: Period = 10 * SECOND


class ThresholdSection(Section):
    """From where on a figure is a concern; without values the usual ones, on the usual side."""

    when: Literal["above", "below"] | None = None
    warning: Level | None = None
    critical: Level | None = None
    watch: bool = True


class HealthSection(Section):
    """How often the auditor reports on the health of the world, how far back trends look, and what is a concern."""

    every: Period = 60 * SECOND
    window: Duration = 600 * SECOND
    thresholds: dict[Name, ThresholdSection] = {}


class RetentionSection(Section):
    """How much of the log stays in the run's database: what is beyond one of these is archived beside it."""

    keep: Duration | None = None
    events: Positive | None = None
    bytes: Annotated[int, Field(ge=1_000_000, le=MAX)] | None = None


class World(Section):
    """A whole world file."""

    format: Literal[1]
    world: WorldSection
    run: RunSection = RunSection()
    assets: dict[Name, AssetSection] = {}
    tariff: TariffSection = TariffSection()
    sandbox: SandboxSection = SandboxSection()
    agents: Many[AgentSection] = ()
    artifacts: Many[ArtifactSection] = ()
    loans: Many[LoanSection] = ()
    debt: DebtSection = DebtSection()
    budget: BudgetSection = BudgetSection()
    mint: MintSection = MintSection()
    exchange: ExchangeSection = ExchangeSection()
    memory: MemorySection = MemorySection()
    messages: MessagesSection = MessagesSection()
    metrics: MetricsSection = MetricsSection()
    health: HealthSection = HealthSection()
    retention: RetentionSection = RetentionSection()
    models: dict[Name, ModelSection] = {}
    capabilities: CapabilitySection = CapabilitySection()
