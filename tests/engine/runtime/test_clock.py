"""A wall clock changes the pace of a run, never its story."""

from pathlib import Path

import engine.operator as op
from engine.kernel.entities import SECOND
from engine.runtime.clock import Clock
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.worldfile import load_world


class Hand:
    """A clock of the operating system that a test moves: a little with each look at it."""

    def __init__(self, step: float) -> None:
        self.time = 100.0
        self.step = step

    def __call__(self) -> float:
        self.time += self.step
        return self.time


def test_a_scaled_clock_runs_at_its_pace_and_stands_still_when_paused() -> None:
    hand = Hand(0)
    clock = Clock(5 * SECOND, 4.0, hand)
    hand.time += 2
    assert clock.time() == 13 * SECOND
    assert clock.seconds_until(21 * SECOND) == 2.0
    clock.pause(13 * SECOND)
    hand.time += 50
    assert clock.time() == 13 * SECOND
    clock.resume()
    hand.time += 1
    assert clock.time() == 17 * SECOND
    clock.set_scale(1.0, 17 * SECOND)
    hand.time += 3
    assert clock.time() == 20 * SECOND


def test_a_virtual_clock_has_no_time_of_its_own() -> None:
    clock = Clock(0, None)
    assert (clock.virtual, clock.time(), clock.seconds_until(10**12)) == (True, None, 0.0)


async def test_the_story_is_the_same_on_every_clock() -> None:
    hashes = set()
    for scale, step in ((None, 0.0), (1.0, 0.9), (50.0, 0.37), (1_000_000.0, 0.01)):
        engine = Engine.in_memory(load_world("bazaar"), Options(scale, Limits(duration=60 * SECOND), "policy"))
        engine.runner.clock = Clock(0, scale, Hand(step))
        assert await engine.run() == "duration"
        hashes.add(engine.journal.durable.hash)
    assert len(hashes) == 1


async def test_a_run_that_an_operator_has_steered_can_be_run_again_to_the_same_hash(tmp_path: Path) -> None:
    path = tmp_path / "steered.db"
    engine = await Engine.create(load_world("bazaar"), path, Options(None, Limits(actions=300), "ask"))
    await engine.run()
    commands: list[op.Command] = [
        op.PauseWorld(),
        op.StepAgent("forager_1"),
        op.PauseAgent("forager_2"),
        op.GrantCapability("herald", "message.broadcast", uses=2),
        op.Configure("forager_3", prompt="make longer ones"),
        op.StepWorld(),
        op.SendMessage("founder", "patience"),
        op.ResumeWorld(),
    ]
    for command in commands:
        assert (await engine.command(command, "eve")).ok, command
    pending = sorted(engine.machine.state.pending_requests.keys("pending"))
    assert pending
    assert (await engine.command(op.Approve(pending[0], reason="try it"), "eve")).ok
    engine.runner.limits = Limits(actions=900)
    await engine.run()
    assert (await engine.command(op.StopAgent("maker_1"), "eve")).ok
    await engine.close()

    engine = await Engine.open(path, Options(None, Limits(actions=1_500), "deny"))
    await engine.run()
    durable = await engine.close()
    again = await rerun(path)
    assert again.ok
    assert again.seq == durable.seq
