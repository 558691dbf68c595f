"""What a thought costs, when it is asked for, and what a mind is shown of what it remembers and has read."""

import asyncio
from itertools import pairwise

import pytest

import engine.operator as op
from engine.kernel.actions import Action, Delete, Noop, Read, Sleep, Transfer, Write
from engine.kernel.codec import encode
from engine.kernel.entities import SECOND, Json
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.runtime.runner import Limits
from engine.runtime.step import MAX_PENALTY
from engine.store.values import Durable
from tests.engine.runtime.worlds import HEAD, Script, Slow, agent, begin, events, give, install, until, world

THINKING = HEAD + "[tariff]\nthink = 100\n"


class Broken:
    """A mind that never decides anything."""

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        raise ZeroDivisionError("by design")


async def test_a_mind_that_always_fails_pays_for_each_thought_and_tries_less_and_less_often(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ann=Broken())
    engine = begin(world(agent("ann"), head=THINKING), limits=Limits(duration=3 * MAX_PENALTY))
    failed: list[int] = []
    paid: list[int] = []
    engine.followers.append(lambda c: failed.extend(c.at for e in c.events if e.type == "mind.failed"))
    engine.followers.append(lambda c: paid.extend(u.amount for u in c.usages))
    await engine.run()
    waits = [later - earlier for earlier, later in pairwise(failed)]
    assert waits[:4] == [1 * SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND]
    assert waits[-1] == MAX_PENALTY
    assert paid == [100] * len(failed)


async def test_a_mind_that_is_mended_does_not_wait_for_the_end_of_its_penalty(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Broken(), good=Script([give("ann", 1)]))
    engine = begin(world(agent("ann")), limits=Limits(duration=100 * SECOND))
    await engine.run()
    assert engine.machine.state.agents.rows["ann"].failures > 5
    await engine.command(op.Configure("ann", mind="good"))
    engine.runner.limits = Limits(actions=1)
    await engine.run()
    assert engine.now <= 101 * SECOND
    assert engine.machine.state.agents.rows["ann"].failures == 0


async def test_a_thought_that_is_void_when_it_comes_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Slow(Noop())
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann"), head=THINKING))
    told = events(engine)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(ann.futures) == 1)
    await engine.command(op.StopAgent("ann"))
    ann.answer()
    await until(lambda: ("thought.void", "ann", "") in told)
    assert engine.machine.state.window("ann", "cpu_rate").usage(engine.now, 10 * SECOND) == 100
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_a_thought_is_asked_for_only_when_its_asking_is_on_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    written = asyncio.Event()

    async def slow_disk() -> Durable:
        await written.wait()
        return engine.journal.durable

    ann = Slow(Noop())
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")))
    monkeypatch.setattr(engine.journal, "barrier", slow_disk)
    told = events(engine)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: ("thought.asked", "ann", "") in told)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not ann.asked
    written.set()
    await until(lambda: len(ann.asked) == 1)
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_what_is_read_is_shown_and_not_logged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a long tale " * 500
    ann = Script([Write(text), Sleep()])
    bob = Script([Sleep(duration=3 * SECOND), Read("data.1"), Noop()])
    install(monkeypatch, ann=ann, bob=bob)
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=12 * SECOND))
    logged: list[int] = []
    engine.followers.append(lambda c: logged.append(encode(c).count(b"a long tale a long tale")))
    await engine.run()
    assert bob.seen[2]["result"] == {"ok": {"artifact": "data.1", "type": "data", "content": text, "version": 1}}
    assert sum(count > 0 for count in logged) == 1


@pytest.mark.parametrize("then", [Delete("data.1"), Transfer("data.1", "cid")])
async def test_what_is_gone_before_the_reader_looks_is_not_shown(monkeypatch: pytest.MonkeyPatch, then: Action) -> None:
    bob = Script([Sleep(duration=3 * SECOND), Read("data.1"), Noop()])
    install(
        monkeypatch, ann=Script([Write("x"), Sleep(event="agent.acted@data.1"), then]), bob=bob, cid=Script([Sleep()])
    )
    loaded = world(agent("ann"), agent("bob", delay="5s"), agent("cid"))
    engine = begin(loaded, limits=Limits(duration=20 * SECOND))
    await engine.run()
    assert bob.seen[2]["result"]["refused"] == "gone"


async def test_a_memory_changed_in_place_is_remembered_and_logged_like_any_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Scribbler:
        def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
            memory.setdefault("deep", {"seen": []})["seen"].append(observation.step)
            if observation.step == 2:
                raise ValueError("and what it scribbled then is not kept")
            return Decision(Noop(), memory)

    install(monkeypatch, ann=Scribbler())
    engine = begin(world(agent("ann")), limits=Limits(duration=7 * SECOND))
    kept: list[Json] = []
    engine.followers.append(lambda c: kept.extend(r[1].memory for r in c.changes if r[0] == "minds" and len(r) == 2))
    await engine.run()
    assert kept[0] == {"deep": {"seen": [0]}}
    assert kept[-1] == engine.machine.state.minds.rows["ann"].memory
    assert 2 not in kept[-1]["deep"]["seen"]
