"""A world that is faster than people waits for their answers: as long as their patience, and without another story."""

import asyncio
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel.actions import Invoke, Noop, Sleep
from engine.kernel.entities import SECOND, RequestState
from engine.runtime.clock import Clock
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from tests.engine.runtime.test_clock import Hand
from tests.engine.runtime.worlds import Script, agent, begin, install, until, world

ASK = Invoke("genesis_capabilities", "request", {"verb": "agent.spawn"})


def attended(engine: Engine, scale: float | None) -> Hand:
    """Put a person with five minutes of patience before a run; the hand moves real time."""
    hand = Hand(0)
    engine.runner.clock = Clock(engine.now, scale, hand)
    engine.runner.patience = engine.world.capabilities.patience
    return hand


def asking(monkeypatch: pytest.MonkeyPatch) -> Engine:
    ann = Script([ASK, Sleep(event="@me"), Noop()])
    install(monkeypatch, ann=ann, bob=Script([Noop()] * 999))
    loaded = world(agent("ann"), agent("bob", delay="7s"))
    return begin(loaded, limits=Limits(duration=400 * SECOND))


async def held_up(engine: Engine) -> None:
    """Everything before the request's end has happened, and nothing of what comes at it or after."""
    await until(lambda: near_the_end(engine))
    for _ in range(20):
        await asyncio.sleep(0)
    request = engine.machine.state.requests.rows[1]
    assert engine.now < request.decide_by
    assert request.state is RequestState.PENDING
    assert engine.runner.waits_for_answer


def near_the_end(engine: Engine) -> bool:
    request = engine.machine.state.requests.rows.get(1)
    return request is not None and engine.now > request.decide_by - 7 * SECOND


@pytest.mark.parametrize("scale", [None, 50.0])
async def test_time_does_not_pass_the_end_of_a_request_until_it_is_answered(
    monkeypatch: pytest.MonkeyPatch, scale: float | None
) -> None:
    engine = asking(monkeypatch)
    hand = attended(engine, scale)
    hand.step = 10.0  # with each look at it, so that a scaled world gets there without anybody waiting
    task = asyncio.ensure_future(engine.run())
    await until(lambda: near_the_end(engine))
    hand.step = 0
    await held_up(engine)
    ack = await engine.command(op.Approve(1))
    assert ack.ok, ack.message
    hand.step = 10.0
    assert await task == "duration"
    request = engine.machine.state.requests.rows[1]
    assert request.state is RequestState.APPROVED
    assert request.decided_at is not None
    assert request.decided_at < request.decide_by


async def test_when_patience_ends_it_expires_as_if_nobody_had_been_there(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for patient in (True, False):
        engine = asking(monkeypatch)
        if patient:
            hand = attended(engine, None)
            task = asyncio.ensure_future(engine.run())
            await held_up(engine)
            hand.time += 299
            engine.set_pace(None)
            await held_up(engine)
            hand.time += 1
            engine.set_pace(None)
            assert await task == "duration"
        else:
            assert await engine.run() == "duration"
        assert engine.machine.state.requests.rows[1].state is RequestState.EXPIRED
        hashes.add(engine.journal.durable.hash)
    assert len(hashes) == 1


async def test_whoever_slows_the_world_down_to_answer_does_not_lose_the_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = asking(monkeypatch)
    hand = attended(engine, None)
    task = asyncio.ensure_future(engine.run())
    await held_up(engine)
    engine.set_pace(1.0)
    hand.time += 299
    await held_up(engine)
    hand.time += 1
    hand.step = 50.0
    engine.set_pace(1.0)
    assert await task == "duration"
    assert engine.machine.state.requests.rows[1].state is RequestState.EXPIRED


async def test_a_wall_clock_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = asking(monkeypatch)
    hand = attended(engine, 1.0)
    hand.step = 50.0
    assert await engine.run() == "duration"
    assert engine.machine.state.requests.rows[1].state is RequestState.EXPIRED


async def test_what_was_answered_and_what_was_not_can_be_run_again_to_the_same_hash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install(monkeypatch, ann=Script([ASK, Sleep(event="@me"), ASK, Sleep(event="@me"), Noop()]))
    path = tmp_path / "answered.db"
    engine = await Engine.create(world(agent("ann")), path, Options(None, Limits(duration=400 * SECOND), "ask"))
    hand = attended(engine, None)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: 1 in engine.machine.state.requests.rows)
    assert (await engine.command(op.Approve(1))).ok
    await until(lambda: 2 in engine.machine.state.requests.rows)
    await asyncio.sleep(0)
    hand.time += 300
    engine.set_pace(None)
    assert await task == "duration"
    await engine.close()
    states = [request.state for request in engine.machine.state.requests.rows.values()]
    assert states == [RequestState.APPROVED, RequestState.EXPIRED]
    assert (await rerun(path)).ok
