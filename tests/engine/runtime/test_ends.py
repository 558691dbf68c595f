"""When a run ends, when it waits, and when it goes on."""

import asyncio
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel.actions import Noop, Sleep
from engine.kernel.entities import SECOND
from engine.runtime import rerun as reruns
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Commanded, Limits, Scripted
from tests.engine.runtime.worlds import HEAD, Script, agent, begin, give, install, world

YEAR = 365 * 24 * 3_600 * SECOND
SAMPLED = HEAD.replace('every = "1000s"', 'every = "10s"')


async def test_with_all_agents_paused_a_watched_run_waits_for_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([give("bob", 1)] * 5), bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob"), head=SAMPLED), limits=Limits(actions=5))
    for name in ("ann", "bob"):
        await engine.command(op.PauseAgent(name))
    task = asyncio.ensure_future(engine.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert not task.done()
    assert engine.now < 20 * SECOND  # and the key figures do not run away meanwhile
    await engine.command(op.ResumeAgent("ann"))
    assert await task == "actions"


async def test_with_all_agents_paused_a_headless_run_ends_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Noop()] * 5))
    engine = begin(world(agent("ann")))
    engine.runner.headless = True
    await engine.command(op.PauseAgent("ann"))
    assert await engine.run() == "agents paused"


async def test_a_run_that_was_left_can_be_run_on(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([give("ann", 1)] * 9))
    engine = begin(world(agent("ann")), limits=Limits(actions=3))
    engine.runner.stop("left")
    assert await engine.run() == "left"
    assert await engine.run() == "actions"


async def test_a_far_timer_is_reached_without_a_sample_for_every_interval_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ann=Script([Sleep(duration=YEAR), *[give("ann", 1)] * 60]))
    engine = begin(world(agent("ann"), head=SAMPLED), limits=Limits(actions=60))
    sampled: list[int] = []
    engine.followers.append(lambda c: sampled.extend(c.at for e in c.events if e.type == "kpi.sample"))
    assert await engine.run() == "actions"
    before, after = [at for at in sampled if at < YEAR], [at for at in sampled if at >= YEAR]
    assert len(before) <= 10
    assert len(after) >= 5
    assert all(at % (10 * SECOND) == 0 for at in sampled)


async def test_a_rerun_that_takes_another_turn_ends_and_tells_how_far_it_came(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, ann=Script([give("ann", 1)] * 20))
    path = tmp_path / "run.db"
    engine = await Engine.create(world(agent("ann")), path, Options(None, Limits(actions=20), "policy"))
    await engine.run()
    await engine.close()
    # A command that the recorded run never had, and after it one whose commit never comes.
    pause = op.PauseAgent("ann")
    script = [Scripted(5, 3 * SECOND, Commanded(pause, "eve")), Scripted(90, 99 * SECOND, Commanded(pause, "eve"))]
    monkeypatch.setattr(reruns, "_script", lambda *_: iter(script))
    again = await reruns.rerun(path)
    assert not again.ok
    assert again.reached < again.seq or again.recorded != again.rerun


async def test_a_rerun_in_which_nothing_is_left_to_happen_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Sleep()] * 9))
    never = [Scripted(900, 99 * SECOND, Commanded(op.PauseAgent("ann"), "eve"))]
    loaded = world(agent("ann"))
    engine = Engine.in_memory(loaded, Options(None, Limits(commits=1_000)), never)
    monkeypatch.setattr(engine.machine.timers, "peek", lambda: None)
    assert await engine.run() == "the story diverged"


async def test_a_world_that_runs_is_not_stepped(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Noop()]))
    engine = begin(world(agent("ann")))
    ack = await engine.command(op.StepWorld())
    assert (ack.ok, ack.data["code"]) == (False, "running")
    await engine.command(op.PauseWorld())
    assert (await engine.command(op.StepWorld())).ok
