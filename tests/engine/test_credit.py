"""The world `credit` does what its description and docs/lessons/credit.md say: defaults that spread, and why."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from engine.kernel import ledger
from engine.kernel.entities import Event
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world

TEXT = (Path(__file__).parents[2] / "docs" / "lessons" / "credit.md").read_text(encoding="utf-8")
DAY = 86_400_000_000
ISOLATED = "agents.bank.params.borrows=0"


@dataclass
class Month:
    """What happened in thirty days."""

    events: list[tuple[int, Event]] = field(default_factory=list)

    def follow(self, commit: Commit) -> None:
        self.events += [(commit.at, event) for event in commit.events]

    def of(self, type_: str, actor: str = "", target: str = "") -> list[tuple[int, Event]]:
        """The events of a type, of agents whose ids begin so."""
        return [
            (at, e)
            for at, e in self.events
            if e.type == type_ and e.actor.startswith(actor) and e.target.startswith(target)
        ]


async def month(*sets: str, seed: int | None = None) -> Month:
    engine = Engine.in_memory(load_world("credit", seed=seed, sets=sets), Options(None, Limits(), "policy"))
    told = Month()
    engine.followers.append(told.follow)
    assert await engine.run() == "duration"
    ledger.check_conservation(engine.machine.state)
    return told


def figures(told: Month) -> dict[str, int]:
    """The figures of the table in the page, by what stands in their first cell."""
    firms = [(at, e) for at, e in told.of("debt.lent") if not e.target.startswith("bank")]
    gone = [e.data for _, e in told.of("debt.defaulted") if not e.actor.startswith("bank")]
    banks = told.of("debt.defaulted", "bank")
    return {
        "lent to firms": sum(e.data["principal"] for _, e in firms),
        "of that before day 8": sum(e.data["principal"] for at, e in firms if at < 8 * DAY),
        "of that after day 20": sum(e.data["principal"] for at, e in firms if at >= 20 * DAY),
        "lent between banks": sum(e.data["principal"] for _, e in told.of("debt.lent", target="bank")),
        "interest paid": sum(e.data["interest"] for _, e in told.of("debt.paid")),
        "loans of firms in default": len(gone),
        "owed on them": sum(data["owed"] for data in gone),
        "recovered from land": sum(data["recovered"] for data in gone),
        "banks in default": len({e.actor for _, e in banks}),
        "what they owed to banks": sum(e.data["owed"] for _, e in banks),
    }


async def test_the_page_has_the_figures_of_both_runs() -> None:
    with_banks, without = figures(await month()), figures(await month(ISOLATED))
    rows = re.findall(r"^\| ([a-z][^|]*?) \| ([\d,]+) \| ([\d,]+) \|$", TEXT, re.MULTILINE)
    shown = {name: (int(one.replace(",", "")), int(other.replace(",", ""))) for name, one, other in rows}
    assert shown == {name: (with_banks[name], without[name]) for name in with_banks}


async def test_one_failure_brings_about_the_next() -> None:
    told = await month()
    assert not told.of("mind.failed")
    assert not told.of("agent.refused")
    first = {actor: min(at for at, e in told.of("debt.defaulted", actor)) for actor in ("ship", "bank_1", "bank_2")}
    assert 8 * DAY < first["ship"] < first["bank_1"] < first["bank_2"]
    (days,) = re.findall(r"first yard fails on day (\d+), `bank_1` on day (\d+),\s+`bank_2` on day (\d+)", TEXT)
    assert [int(day) for day in days] == [at // DAY for at in first.values()]


@pytest.mark.parametrize("seed", [3, 4])
async def test_with_other_seeds_too_banks_fail_only_where_they_lend_to_each_other(seed: int) -> None:
    with_banks, without = figures(await month(seed=seed)), figures(await month(ISOLATED, seed=seed))
    assert with_banks["banks in default"] >= 1
    assert without["banks in default"] == without["lent between banks"] == 0
    assert with_banks["of that before day 8"] > without["of that before day 8"]
    assert with_banks["owed on them"] > without["owed on them"]
    assert without["recovered from land"] < without["owed on them"]
