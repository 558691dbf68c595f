"""The world file's schema, version 1: what a run starts from.

Durations are written as text (`"1.5s"`, `"20m"`, `"2h"`, `"3d"`) and read into integer microseconds of world time;
amounts are whole numbers.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from engine.kernel.entities import SECOND, AssetKind

FORMAT = 1
MAX = 2**53
_UNITS = {"us": 1, "ms": 1_000, "s": SECOND, "m": 60 * SECOND, "h": 3_600 * SECOND, "d": 86_400 * SECOND}
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*(us|ms|s|m|h|d)", re.ASCII)


def parse_duration(value: object) -> int:
    """Microseconds from text like `"1.5s"`; raises ValueError that shows how a duration is written."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError('a duration is written as text with a unit (us, ms, s, m, h, d), e.g. "1.5s" or "20m"')
    micros = Decimal(match[1]) * _UNITS[match[2]]
    if micros != int(micros) or micros > MAX:
        raise ValueError("a duration is a whole number of microseconds, at most 285 years")
    return int(micros)


T = TypeVar("T")
Many = Annotated[tuple[T, ...], Field(strict=False)]
"""A TOML array, read into a tuple."""

Duration = Annotated[int, BeforeValidator(parse_duration), Field(gt=0)]
Period = Annotated[int, BeforeValidator(parse_duration), Field(ge=SECOND // 10)]
Delay = Annotated[int, BeforeValidator(parse_duration), Field(ge=0)]
Amount = Annotated[int, Field(ge=0, le=MAX)]
Positive = Annotated[int, Field(gt=0, le=MAX)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Code = Annotated[str, StringConstraints(max_length=64_000)]
Line = Annotated[str, StringConstraints(max_length=200)]


@dataclass(frozen=True, slots=True)
class Names:
    """Marks a text that is the name of something in the world, which has to be there when a world file gives it."""

    what: Literal["agent", "asset", "mind"]


class Section(BaseModel):
    """A table of the world file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


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


class MintSection(Section):
    """The periodic auction that is the only source of new scrip; `every` left out means no mint."""

    every: Period | None = None
    slots: Annotated[int, Field(ge=1, le=1_000)] = 1
    ratio: Annotated[int, Field(ge=1, le=1_000_000)] = 10
    reserve: Amount = 0
    losers: Literal["refund", "forfeit"] = "refund"


class ExchangeSection(Section):
    """Which assets trade against scrip."""

    instruments: Many[Name] = ()


class MetricsSection(Section):
    """How often KPIs are sampled."""

    every: Period = 10 * SECOND


VerbPattern = Annotated[str, StringConstraints(pattern=r"^[a-z*]+(\.[a-z*]+)?$", max_length=60)]
Pattern = Annotated[str, StringConstraints(pattern=r"^[^\s?\[\]{}]+$", max_length=200)]
Risk = Literal["low", "medium", "high"]
Quota = dict[Annotated[str, StringConstraints(pattern=r"^[a-z_]+$", max_length=40)], Positive]
Depth = Annotated[int, Field(ge=0, le=5)]


class ScheduleSection(Section):
    """When a rule holds: from `after` on until `before`; with `every`, for `lasts` at the beginning of each period."""

    after: Delay = 0
    before: Duration | None = None
    every: Duration | None = None
    lasts: Duration | None = None


class RuleSection(Section):
    """A rule that answers capability requests: deny before ask before allow, the first match within an effect."""

    name: Line
    effect: Literal["deny", "ask", "allow"]
    verb: VerbPattern = "*"
    agent: Pattern = "*"
    resource: Pattern = "*"
    risk: Risk | None = None
    narrow: Pattern | None = None
    uses: Positive | None = None
    ttl: Duration | None = None
    quota: Quota = {}
    depth: Depth | None = None
    schedule: ScheduleSection | None = None
    reason: Line = ""


class VerbSection(Section):
    """What a world says otherwise of one verb: whether it is gated, how risky it is, usual terms and largest ones."""

    gated: bool | None = None
    risk: Risk | None = None
    uses: Positive | None = None
    ttl: Duration | None = None
    quota: Quota = {}
    max_resource: Pattern | None = None
    max_uses: Positive | None = None
    max_ttl: Duration | None = None
    max_quota: Quota = {}
    max_depth: Depth | None = None
    cool_down: Delay | None = None


class CeilingSection(Section):
    """The most that some agents may ever hold of some verbs; `uses = 0` is none."""

    agents: Pattern = "*"
    verbs: VerbPattern = "*"
    resource: Pattern | None = None
    uses: Amount | None = None
    ttl: Duration | None = None
    quota: Quota = {}
    depth: Depth | None = None


class ApproverSection(Section):
    """What an operator, by the name of the system's user, may decide."""

    user: Pattern
    verbs: VerbPattern = "*"
    risk: Risk = "high"


MOST_RULES = 1_000
"""Each request is held against each rule, and each rule against those before it."""


class PolicySection(Section):
    """What answers requests and within which limits: a policy file, and part of `[capabilities]` in a world file."""

    gated: Many[str] | None = None
    dual: Many[Risk] = ()
    verbs: dict[str, VerbSection] = {}
    ceilings: Many[CeilingSection] = ()
    approvers: Many[ApproverSection] = ()
    rules: Annotated[Many[RuleSection], Field(max_length=MOST_RULES)] = ()


class CapabilitySection(PolicySection):
    """Which verbs need a grant in this world, the default terms, who decides, and the policy rules."""

    decide_within: Duration = 300 * SECOND
    patience: Duration = 300 * SECOND
    default_uses: Positive = 1
    default_ttl: Duration = 600 * SECOND


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
    mint: MintSection = MintSection()
    exchange: ExchangeSection = ExchangeSection()
    metrics: MetricsSection = MetricsSection()
    capabilities: CapabilitySection = CapabilitySection()
