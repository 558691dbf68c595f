"""Thoughts of language models: asked with money set aside, answered, repaired, failed, lost, and told again."""

import asyncio
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel import ledger
from engine.kernel.entities import SECOND, AgentState, WaitKind
from engine.models.gate import TRIES
from engine.runtime.engine import Engine, Options
from engine.runtime.models import WorldModels
from engine.runtime.replay import answering, replay
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.runtime.thinking import NotRecorded
from engine.store.verify import verify
from engine.worldfile import LoadedWorld
from tests.engine.runtime.thinkers import (
    BUDGET,
    LLM,
    NOOP,
    RATE,
    Hanging,
    Model,
    babble,
    begin,
    broke,
    says,
    spent,
    thinker,
    told,
    world,
)
from tests.engine.runtime.worlds import HEAD, until

GIFT = {
    "action": "invoke",
    "artifact": "genesis_ledger",
    "method": "transfer",
    "args": {"to": "bob", "amount": 7},
}


def scrip(engine: Engine, who: str) -> int:
    return engine.machine.state.balances.rows[who, "scrip"].available


async def test_a_model_decides_and_is_paid_what_it_cost() -> None:
    model = Model([says(GIFT, cost=150)])
    engine = begin(world(thinker("ann"), thinker("bob", 0)), model, Limits(duration=SECOND))
    found = told(engine)
    await engine.run()
    assert (scrip(engine, "ann"), scrip(engine, "bob")) == (93, 107)
    assert (spent(engine), spent(engine, "ann")) == (150, 150)
    names = [name for name, _ in found if name != "model.priced"]
    assert names[:3] == ["thought.asked", "model.answered", "thought.answered"]
    asked = dict(found)["thought.asked"]
    assert asked["reserved"] > 0
    assert asked["request"] == dict(found)["model.answered"]["request"]
    assert engine.machine.state.model_calls.rows == {}
    assert engine.machine.state.model_tallies.rows["small"].answers == 1
    assert engine.machine.state.prompts.rows["ann"].digest == asked["prefix"]
    ledger.check_conservation(engine.machine.state)


async def test_the_worst_case_is_held_while_a_thought_is_under_way() -> None:
    model = Hanging()
    engine = begin(world(thinker("ann", 5_000_000)), model)
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(model.futures))
    (call,) = engine.machine.state.model_calls.rows.values()
    row = engine.machine.state.balances.rows["ann", LLM]
    assert (row.held, row.available) == (call.most, 5_000_000 - call.most)
    request = model.asked[0]
    sent = sum(len(message.text) for message in request.messages)
    assert call.most >= TRIES * (sent + 2 * (request.max_tokens or 0))  # µUSD at 1 and 2 a token
    assert request.paid_tries == TRIES
    engine.runner.stop("enough")
    await running
    await engine.close()


async def test_a_bad_answer_is_repaired_once_and_both_are_paid() -> None:
    model = Model([babble(), says(GIFT)])
    engine = begin(world(thinker("ann"), thinker("bob", 0)), model, Limits(duration=SECOND))
    found = told(engine)
    await engine.run()
    assert scrip(engine, "bob") == 107
    assert spent(engine) == 200
    assert [d["purpose"] for name, d in found if name == "model.answered"] == ["thought", "repair"]
    assert [message.role for message in model.asked[1].messages] == ["system", "user", "assistant", "user"]


async def test_two_bad_answers_are_a_failure_and_nothing_is_done() -> None:
    model = Model([babble(), babble("still not")])
    engine = begin(world(thinker("ann")), model, Limits(duration=SECOND))
    found = told(engine)
    await engine.run()
    assert len(model.asked) == 2
    assert spent(engine) == 200
    assert [name for name, _ in found if name.startswith("mind.")] == ["mind.failed"]
    assert engine.machine.state.agents.rows["ann"].failures == 1


async def test_a_try_that_may_have_been_charged_costs_its_worst_case_and_leaves_nothing_for_a_repair() -> None:
    lost = broke().tries
    answer = babble()
    model = Model([type(answer)(**{name: getattr(answer, name) for name in answer.__slots__} | {"tries": lost})])
    engine = begin(world(thinker("ann")), model, Limits(duration=SECOND))
    found = told(engine)
    await engine.run()
    assert len(model.asked) == 1
    reserved = dict(found)["thought.asked"]["reserved"]
    assert spent(engine) == 100 + reserved // TRIES


@pytest.mark.parametrize(("charged", "share"), [(0, 0), (1, 1), (2, 2)])
async def test_a_failure_costs_what_may_have_been_charged(charged: int, share: int) -> None:
    model = Model([broke(charged=charged)])
    engine = begin(world(thinker("ann")), model, Limits(duration=SECOND))
    found = told(engine)
    await engine.run()
    assert spent(engine) == share * dict(found)["thought.asked"]["reserved"] // TRIES
    assert "no whole answer" in dict(found)["mind.failed"]["error"]


async def test_a_model_that_wants_a_rest_is_left_alone_for_it() -> None:
    model = Model([broke("resting", 0, again=40 * SECOND)])
    engine = begin(world(thinker("ann")), model, Limits(duration=30 * SECOND))
    await engine.run()
    assert len(model.asked) == 1
    assert (engine.machine.state.agents.rows["ann"].wait.until or 0) - engine.now == 40 * SECOND


async def test_who_cannot_pay_is_blocked_with_the_reason_and_goes_on_when_funded() -> None:
    model = Model()
    engine = begin(world(thinker("ann", 100)), model, Limits(duration=2 * SECOND))
    await engine.run()
    row = engine.machine.state.agents.rows["ann"]
    assert (row.state, row.wait.kind, model.asked) == (AgentState.BLOCKED, WaitKind.BUDGET, [])
    assert (await engine.command(op.Fund("ann", LLM, 100_000))).ok
    engine.runner.limits = Limits(duration=4 * SECOND)
    await engine.run()
    assert model.asked


async def test_tokens_count_against_the_rate_and_nobody_goes_beyond_it() -> None:
    head = HEAD + BUDGET + RATE
    model = Model()
    engine = begin(world(thinker("ann", rate=20_000, delay="1ms"), head=head), model, Limits(duration=50 * SECOND))
    used: list[int] = []
    engine.followers.append(lambda c: used.extend(u.amount for u in c.usages if u.asset == "llm_rate"))
    await engine.run()
    assert used
    assert set(used) == {320}
    assert sum(used) <= 20_000
    row = engine.machine.state.agents.rows["ann"]
    assert (row.state, row.wait.kind, row.wait.key) == (AgentState.BLOCKED, WaitKind.CAPACITY, "llm_rate@ann")
    assert engine.machine.state.balances.rows["ann", "llm_rate"].held == 0


async def test_a_changed_prompt_voids_the_thought_under_way_which_is_paid_all_the_same() -> None:
    model = Hanging()
    engine = begin(world(thinker("ann")), model)
    found = told(engine)
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(model.futures))
    assert (await engine.command(op.Configure("ann", prompt="You are a poet."))).ok
    model.futures[0].set_result(says(GIFT))
    await until(lambda: len(model.futures) == 2)
    assert "thought.void" in [name for name, _ in found]
    assert "poet" in model.asked[1].messages[0].text
    assert spent(engine) == 100
    engine.runner.stop("enough")
    await running
    await engine.close()


async def test_a_thought_of_a_paused_agent_is_kept_until_it_goes_on() -> None:
    model = Hanging()
    engine = begin(world(thinker("ann"), thinker("bob", 0)), model, Limits(duration=SECOND))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(model.futures))
    assert (await engine.command(op.PauseAgent("ann"))).ok
    model.futures[0].set_result(says(GIFT))
    await running
    assert (scrip(engine, "bob"), spent(engine)) == (100, 100)
    assert (await engine.command(op.ResumeAgent("ann"))).ok
    await engine.run()
    assert scrip(engine, "bob") == 107
    assert len(model.asked) == 1


async def test_a_run_is_told_again_without_a_model(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    model = Model([says(GIFT), babble(), says(GIFT), broke(), broke("rate", 0, again=3 * SECOND), babble(), babble()])
    loaded = world(thinker("ann"), thinker("bob", delay="2s"))
    engine = await Engine.create(loaded, path, Options(ask=model))
    engine.runner.limits = Limits(duration=20 * SECOND)
    await engine.run()
    await engine.command(op.Configure("ann", prompt="You are a poet."))
    engine.runner.limits = Limits(duration=30 * SECOND)
    await engine.run()
    durable = await engine.close()
    assert len(model.asked) > 15
    assert verify(path).ok
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)


async def test_what_was_under_way_when_a_run_was_left_is_lost_and_charged_and_told_again(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    loaded = world(thinker("ann"), thinker("bob"))
    hanging = Hanging()
    engine = await Engine.create(loaded, path, Options(ask=hanging))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures), 1_000_000)
    reserved = [call.most for call in engine.machine.state.model_calls.rows.values()]
    engine.runner.stop("left")
    await running
    await engine.close()
    engine = await Engine.open(path, Options(ask=Model(), limits=Limits(duration=5 * SECOND)))
    assert spent(engine) == sum(reserved)
    assert engine.machine.state.model_calls.rows == {}
    await engine.run()
    assert spent(engine) > sum(reserved)
    assert engine.machine.state.agents.rows["ann"].failures == 0
    durable = await engine.close()
    assert verify(path).ok
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)


async def test_a_run_that_is_left_ends_its_questions_and_pays_what_is_known_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not what was set aside: one was on its way, and may be charged for once; its agent thinks again."""
    path = tmp_path / "r.db"
    hanging = Hanging()

    def stop(models: WorldModels, task: object) -> bool:
        hanging.futures[-1].set_result(broke("cancelled"))
        return True

    monkeypatch.setattr(WorldModels, "ask", lambda models, request: hanging(request))
    monkeypatch.setattr(WorldModels, "stop", stop)
    monkeypatch.setattr(WorldModels, "start", lambda models: None)
    engine = await Engine.create(world(thinker("ann")), path, Options())
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures), 1_000_000)
    reserved = engine.machine.state.balances.rows["ann", LLM].held
    engine.runner.stop("left")
    await running
    await engine.close()
    engine = await Engine.open(path, Options(ask=Model(), limits=Limits(duration=SECOND)))
    assert spent(engine) == reserved // TRIES
    row = engine.machine.state.agents.rows["ann"]
    assert (row.failures, row.wait.kind, engine.machine.state.model_calls.rows) == (0, WaitKind.DELAY, {})
    await engine.run()
    durable = await engine.close()
    assert verify(path).ok
    assert (await rerun(path)).rerun == durable.hash


async def test_an_agent_that_is_stopped_ends_its_question(monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging()
    ended: list[object] = []

    def stop(models: WorldModels, task: object) -> bool:
        ended.append(task)
        hanging.futures[-1].set_result(broke("cancelled", 0))
        return True

    monkeypatch.setattr(WorldModels, "ask", lambda models, request: hanging(request))
    monkeypatch.setattr(WorldModels, "stop", stop)
    monkeypatch.setattr(WorldModels, "start", lambda models: None)
    engine = Engine.in_memory(world(thinker("ann")), Options())
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures))
    assert (await engine.command(op.StopAgent("ann"))).ok
    await until(lambda: not engine.machine.state.model_calls.rows)
    assert (len(ended), spent(engine), len(hanging.futures)) == (1, 0, 1)
    engine.runner.stop("enough")
    await running
    await engine.close()


async def test_a_question_that_breaks_on_the_way_counts_as_its_worst_case() -> None:
    async def broken(request: object) -> object:
        raise RuntimeError("out of wire")

    engine = begin(world(thinker("ann")), broken, Limits(duration=SECOND))
    found = told(engine)
    await engine.run()
    assert spent(engine) == dict(found)["thought.asked"]["reserved"] > 0
    assert "out of wire" in dict(found)["model.failed"]["said"]


async def test_answers_that_come_on_a_wall_clock_are_told_again_where_they_came(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    loaded = world(thinker("ann"), thinker("bob", delay="1ms"))

    async def late(request: object) -> object:
        for _ in range(40):
            await asyncio.sleep(0)
        return says(NOOP)

    engine = await Engine.create(loaded, path, Options(scale=1_000.0, ask=late))  # type: ignore[arg-type]
    engine.runner.limits = Limits(duration=60 * SECOND)
    await engine.run()
    durable = await engine.close()
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)


async def _lived(path: Path, loaded: LoadedWorld) -> bytes:
    """A run with answers of all kinds that was left once with a thought under way; its hash."""
    engine = await Engine.create(loaded, path, Options(ask=Model([says(GIFT), babble(), says(GIFT), broke()])))
    engine.runner.limits = Limits(duration=6 * SECOND)
    await engine.run()
    await engine.close()
    hanging = Hanging()
    engine = await Engine.open(path, Options(ask=hanging, limits=Limits(duration=20 * SECOND)))
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(hanging.futures), 1_000_000)
    engine.runner.stop("left")
    await running
    await engine.close()
    engine = await Engine.open(path, Options(ask=Model([says(GIFT)]), limits=Limits(duration=20 * SECOND)))
    await engine.run()
    return (await engine.close()).hash


async def test_a_run_happens_again_in_another_file_without_a_model(tmp_path: Path) -> None:
    path, other = tmp_path / "r.db", tmp_path / "again.db"
    lived = await _lived(path, world(thinker("ann"), thinker("bob", delay="2s")))
    engine = await replay(path, other, Options())
    assert await engine.run() == "commits"
    assert (await engine.close()).hash == lived
    assert verify(other).ok


async def test_a_world_begun_anew_gets_the_answers_of_a_recorded_run_and_none_that_were_not_given(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.db"
    loaded = world(thinker("ann"), thinker("bob", delay="2s"))
    engine = await Engine.create(loaded, path, Options(ask=Model([says(GIFT), babble(), says(GIFT)])))
    engine.runner.limits = Limits(duration=6 * SECOND)
    await engine.run()
    lived = await engine.close()
    engine = Engine.in_memory(loaded, answering(path, Options(limits=Limits(duration=6 * SECOND))))
    await engine.run()
    assert (await engine.close()).hash == lived.hash
    engine = Engine.in_memory(loaded, answering(path, Options(limits=Limits(duration=60 * SECOND))))
    with pytest.raises(NotRecorded, match=r"the thought of \w+ at .*: r.db has no answer to the request [0-9a-f]{32}"):
        await engine.run()
    await engine.close()


async def test_a_grant_pays_for_a_thought_that_its_agent_is_short_of() -> None:
    model = Model()
    engine = begin(world(thinker("ann", 100)), model, Limits(duration=2 * SECOND))
    await engine.run()
    assert model.asked == []
    given = op.GrantCapability("ann", "budget.raise", LLM, uses=1, quota={"units": 100_000}, ttl=60 * SECOND)
    assert (await engine.command(given)).ok
    engine.runner.limits = Limits(duration=4 * SECOND)
    await engine.run()
    assert model.asked
    assert spent(engine) == 100 * len(model.asked)
    has = engine.machine.state.balances.rows["ann", LLM]
    assert has.available + has.held == 100 + 100_000 - spent(engine)


async def test_whoever_thinks_does_not_fall_dormant_over_it(tmp_path: Path) -> None:
    """It slept until the instant at which it would be dormant: its thought counts all the same, and it goes on."""
    sleep = {"action": "sleep", "duration": 59 * SECOND}
    path = tmp_path / "run.db"
    options = Options(None, Limits(duration=70 * SECOND), "ask", ask=Model([says(GIFT), says(sleep), says(sleep)]))
    engine = await Engine.create(world(thinker("ann"), thinker("bob", 0)), path, options)
    found = told(engine)
    await engine.run()
    await engine.close()
    assert [name for name, _ in found if name.startswith("thought.")] == ["thought.asked", "thought.answered"] * 3
    engine = await Engine.open(path, Options(None, Limits(duration=125 * SECOND), "ask", ask=Model()))
    await engine.run()
    await engine.close()
    assert (await rerun(path)).ok
