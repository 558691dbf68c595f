"""Samples and reports of living worlds: what a naive walk gives, at regular times, the same after any interruption."""

import asyncio
from pathlib import Path
from statistics import median_low
from typing import Any

import pytest

import engine.kernel.entities as ent
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.worldfile import load_world
from engine.worldfile.loader import load_text
from tests.engine.health.test_distribution import naive_gini

MINUTE = 60 * ent.SECOND
QUIET = """
format = 1
[world]
name = "quiet"
[run]
dormant_after = "10h"
[assets.cpu_rate]
kind = "renewable"
window = "60s"
[assets.disk]
kind = "allocatable"
[metrics]
every = "10s"
[health]
every = "60s"
[[agents]]
id = "ann"
mind = "giver"
params = { to = "bob", amount = 1 }
think_delay = "37m"
scrip = 100
assets = { cpu_rate = 100000, disk = 10000 }
[[agents]]
id = "bob"
mind = "giver"
params = { to = "ann", amount = 1 }
think_delay = "41m"
scrip = 300
assets = { cpu_rate = 100000, disk = 10000 }
"""


def lived(engine: Engine) -> list[Commit]:
    commits: list[Commit] = []
    engine.followers.append(commits.append)
    asyncio.run(engine.run())
    return commits


def told(commits: list[Commit], type_: str) -> list[tuple[int, dict[str, Any]]]:
    return [(commit.at, e.data) for commit in commits for e in commit.events if e.type == type_]


def test_every_sample_of_a_living_world_is_what_a_walk_over_all_rows_gives() -> None:
    engine = Engine.in_memory(load_world("bazaar"), Options(limits=Limits(duration=5 * MINUTE), approvals="policy"))
    state, checked = engine.machine.state, 0

    def check(commit: Commit) -> None:
        nonlocal checked
        for event in commit.events:
            if event.type == "kpi.sample":
                rows = [state.balances.rows.get((agent, ent.SCRIP)) for agent in state.agents.rows]
                wealth = [row.available + row.held if row is not None else 0 for row in rows]
                assert event.data["median"] == median_low(wealth)
                assert event.data["gini"] == pytest.approx(naive_gini(wealth), abs=1e-9)
                assert event.data["total_actions"] == sum(a.actions for a in state.agents.rows.values())
                assert event.data["total_steps"] == sum(a.steps for a in state.agents.rows.values())
                disk = [
                    row for (_, asset), row in state.balances.rows.items() if asset == "disk" and row.available >= 0
                ]
                assert event.data["utilisation_disk"] == sum(r.held for r in disk) / sum(
                    r.available + r.held for r in disk
                )
                checked += 1

    engine.followers.append(check)
    commits = lived(engine)
    assert checked == 60
    samples = [data for _, data in told(commits, "kpi.sample")]
    for name in ("traded", "turnover", "escrow_sales", "minted", "artifacts_created", "actions_per_second"):
        assert any(sample[name] for sample in samples), name
    used = sum(u.amount for c in commits for u in c.usages if u.asset == "cpu_rate" and c.at <= 5 * MINUTE)
    assert 0 < samples[-1]["total_used_cpu_rate"] <= used
    assert [at for at, _ in told(commits, "health.report")] == [MINUTE * n for n in range(1, 6)]


def test_a_report_judges_the_sample_of_its_instant() -> None:
    loaded = load_text(QUIET.replace("37m", "7s").replace("41m", "9s"), "quiet.toml")
    commits = lived(Engine.in_memory(loaded, Options(limits=Limits(duration=3 * MINUTE))))
    kinds = [(c.at, e.type) for c in commits for e in c.events if e.type in ("kpi.sample", "health.report")]
    assert kinds[5:7] == [(MINUTE, "kpi.sample"), (MINUTE, "health.report")]


def test_samples_and_reports_rest_while_nothing_happens() -> None:
    loaded = load_text(QUIET, "quiet.toml")
    commits = lived(Engine.in_memory(loaded, Options(limits=Limits(duration=8 * 60 * MINUTE))))
    acted = {commit.at for commit in commits if commit.cause[0] == "step"}
    samples, reports = told(commits, "kpi.sample"), told(commits, "health.report")
    assert 10 < len(acted) < 40
    assert len(samples) <= len(acted) + 1
    assert len(reports) <= len(samples)
    assert len(reports) > len(acted) / 2
    assert len(commits) < 8 * len(acted)


@pytest.mark.parametrize("world", ["quiet", "bazaar"])
def test_a_run_that_is_left_and_opened_again_anywhere_has_the_same_hash(world: str, tmp_path: Path) -> None:
    def load() -> Any:
        return load_text(QUIET, "quiet.toml") if world == "quiet" else load_world("bazaar")

    end = 4 * 60 * MINUTE if world == "quiet" else 4 * MINUTE

    async def whole() -> bytes:
        engine = await Engine.create(load(), tmp_path / "whole.db", Options(limits=Limits(duration=end)))
        await engine.run()
        return (await engine.close()).hash

    async def in_pieces() -> bytes:
        path, commits = tmp_path / "pieces.db", 0
        engine = await Engine.create(load(), path, Options(limits=Limits(commits=1)))
        while True:
            reason = await engine.run()
            durable = await engine.close()
            if reason == "duration":
                return durable.hash
            commits = durable.seq + (3 if world == "quiet" else 317)
            engine = await Engine.open(path, Options(limits=Limits(duration=end, commits=commits)))

    assert asyncio.run(in_pieces()) == asyncio.run(whole())
    assert asyncio.run(rerun(tmp_path / "pieces.db")).ok


LOANS = """
[[loans]]
lender = "bob"
borrower = "ann"
principal = 80
rate = 1_000
period = "12m"
periods = 1
grace = "1m"
recourse = true
"""


def test_debt_is_sampled_where_there_is_any_and_nowhere_else() -> None:
    loaded = load_text(QUIET.replace("37m", "7s").replace("41m", "9h"), "quiet.toml")
    plain = lived(Engine.in_memory(loaded, Options(limits=Limits(duration=MINUTE))))
    assert not any(name.startswith(("debt", "loans")) for _, data in told(plain, "kpi.sample") for name in data)
    text = QUIET.replace("37m", "7s").replace("41m", "9h").replace("scrip = 100\n", "scrip = 5\n") + LOANS
    engine = Engine.in_memory(load_text(text, "quiet.toml"), Options(limits=Limits(duration=30 * MINUTE)))
    commits = lived(engine)
    samples = [data for _, data in told(commits, "kpi.sample")]
    assert (samples[0]["debt"], samples[0]["loans"], samples[0]["bad_debt_ratio"]) == (80, 1, 0)
    assert sum(one["lent"] for one in samples) in (0, 80)
    assert (samples[-1]["loans_defaulted"], samples[-1]["bad_debt_ratio"]) == (1, 1)
    assert sum(one["defaults"] for one in samples) == 1
    assert samples[-1]["debt"] == sum(loan.owed for loan in engine.machine.state.loans.rows.values())
    last = told(commits, "health.report")[-1][1]
    assert last["status"] == "critical"
    assert {"bad_debt_ratio", "loans_defaulted"} <= {one["figure"] for one in last["concerns"]}
