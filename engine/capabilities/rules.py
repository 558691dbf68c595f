"""Rules that operators make while a run goes on: rows of the world, so they hold after a restart and in a rerun."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.capabilities.policy import Rule
from engine.kernel.entities import Json, SimTime
from engine.kernel.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule holds; see `ScheduleLike`."""

    after: SimTime = 0
    before: SimTime | None = None
    every: SimTime | None = None
    lasts: SimTime | None = None


@dataclass(frozen=True, slots=True)
class MadeRule:
    """A rule as plain data; the fields are those of a rule in a world file."""

    name: str
    effect: str
    verb: str = "*"
    agent: str = "*"
    resource: str = "*"
    risk: str | None = None
    narrow: str | None = None
    uses: int | None = None
    ttl: SimTime | None = None
    quota: Mapping[str, int] = field(default_factory=dict)
    depth: int | None = None
    schedule: Schedule | None = None
    reason: str = ""


def from_json(data: Json) -> MadeRule:
    """The rule that is stored as `data`."""
    schedule = data.get("schedule")
    return MadeRule(**{**data, "schedule": Schedule(**schedule) if schedule else None})


def operators_rules(tx: Transaction) -> list[Rule]:
    """The rules that operators have made in this run, oldest first."""
    return [from_json(row.rule) for row in tx.all(tx.state.policy_rules)]
