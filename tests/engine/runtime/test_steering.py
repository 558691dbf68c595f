"""The operator's hand: pause, resume and step for one and all, also with a thought in flight."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

import engine.operator as op
from engine.kernel.actions import Noop, Sleep
from engine.kernel.entities import SECOND, GrantState, RequestState, WaitKind
from engine.kernel.ledger import check_conservation
from engine.runtime.engine import Engine
from engine.runtime.runner import LOOK_S, Limits
from tests.engine.runtime.worlds import Script, Slow, agent, begin, events, give, install, until, world


async def running(engine: Engine) -> "asyncio.Task[str]":
    task = asyncio.ensure_future(engine.run())
    await asyncio.sleep(0)
    return task


async def stop(engine: Engine, task: "asyncio.Task[str]") -> None:
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_in_a_paused_world_nothing_happens_and_it_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([give("bob", 1)] * 50)
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(actions=50))
    assert (await engine.command(op.PauseWorld())).ok
    task = await running(engine)
    seq = engine.machine.state.seq
    for _ in range(20):
        await asyncio.sleep(0)
    assert engine.machine.state.seq == seq
    assert (await engine.command(op.ResumeWorld())).ok
    assert await task == "actions"
    assert not (await engine.command(op.ResumeWorld())).ok


@pytest.mark.parametrize(("due_in", "rests"), [(None, LOOK_S), (0.03, 0.03)])
async def test_a_paused_world_rests_until_something_is_to_be_written(
    monkeypatch: pytest.MonkeyPatch, due_in: float | None, rests: float
) -> None:
    install(monkeypatch, ann=Script([]))
    engine = begin(world(agent("ann")))
    assert (await engine.command(op.PauseWorld())).ok
    monkeypatch.setattr(engine.journal, "due_in", due_in)
    wait, rested = asyncio.wait, list[float | None]()

    async def noted(waits: Iterable[asyncio.Future[Any]], **how: Any) -> object:
        rested.append(how["timeout"])
        return await wait(waits, **how)

    monkeypatch.setattr("engine.runtime.runner.asyncio.wait", noted)
    task = await running(engine)
    await until(lambda: bool(rested))
    await stop(engine, task)
    assert rested == [rests]


async def test_a_paused_agent_stands_still_while_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([give("bob", 1)] * 50), bob=Script([give("ann", 1)] * 50))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=20 * SECOND))
    ack = await engine.command(op.PauseAgent("ann"))
    assert (ack.ok, ack.message) == (True, "ann is paused before its next action")
    await engine.run()
    rows = engine.machine.state.agents.rows
    assert rows["ann"].actions == 0
    assert rows["bob"].actions >= 18
    assert engine.agents_by_state()["paused"] == 1


async def test_an_agent_that_was_paused_past_its_time_goes_on_now_and_time_does_not_go_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ann=Script([give("bob", 1)] * 50), bob=Script([Noop()]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=10 * SECOND))
    times: list[int] = []
    engine.followers.append(lambda c: times.append(c.at))
    await engine.command(op.PauseAgent("ann"))
    await engine.run()
    engine.runner.limits = Limits(duration=15 * SECOND)
    await engine.command(op.ResumeAgent("ann"))
    await engine.run()
    assert times == sorted(times)
    assert engine.machine.state.agents.rows["ann"].actions >= 4


async def test_a_step_takes_just_one_even_in_a_paused_world(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([give("bob", 1)] * 50), bob=Script([give("ann", 2)] * 50))
    engine = begin(world(agent("ann"), agent("bob")))
    await engine.command(op.PauseWorld())
    task = await running(engine)
    rows = engine.machine.state.agents.rows
    assert (await engine.command(op.StepAgent("ann"))).ok
    await until(lambda: rows["ann"].actions == 1)
    assert rows["bob"].actions == 0
    assert (await engine.command(op.StepWorld())).ok
    await until(lambda: rows["ann"].actions == 2 and rows["bob"].actions == 1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert (rows["ann"].actions, rows["bob"].actions) == (2, 1)
    await stop(engine, task)


async def test_a_thought_in_flight_when_its_agent_is_paused_is_kept_and_acted_on_after_resuming(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Slow(give("bob", 7))
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")))
    task = await running(engine)
    await until(lambda: len(ann.futures) == 1)
    await engine.command(op.PauseAgent("ann"))
    ann.answer()
    state = engine.machine.state
    await until(lambda: "ann" in state.thoughts.rows)
    assert state.thoughts.rows["ann"].action["args"] == {"to": "bob", "amount": 7}
    assert state.balances.rows[("bob", "scrip")].available == 100
    await engine.command(op.ResumeAgent("ann"))
    await until(lambda: state.balances.rows[("bob", "scrip")].available == 107)
    assert state.thoughts.rows == {}
    assert state.minds.rows["ann"].memory == {"thought": True}
    await stop(engine, task)


async def test_a_thought_begun_under_another_configuration_is_void_and_thought_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Slow(give("bob", 7))
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")))
    told = events(engine)
    task = await running(engine)
    await until(lambda: len(ann.futures) == 1)
    await engine.command(op.Configure("ann", prompt="be kinder"))
    ann.answer()
    await until(lambda: len(ann.futures) == 2)
    assert ("thought.void", "ann", "") in told
    assert engine.machine.state.balances.rows[("bob", "scrip")].available == 100
    assert ann.asked[1][1]["prompt"] == "be kinder"
    await stop(engine, task)


async def test_world_time_stands_still_while_a_thought_is_in_flight_on_a_virtual_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Slow(give("bob", 1))
    install(monkeypatch, ann=ann, bob=Script([give("ann", 1)] * 99))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=30 * SECOND))
    task = await running(engine)
    await until(lambda: len(ann.futures) == 1)
    asked_at = engine.now
    for _ in range(50):
        await asyncio.sleep(0)
    assert engine.now == asked_at
    assert engine.machine.state.agents.rows["ann"].wait.kind is WaitKind.ANSWER
    await stop(engine, task)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_the_order_in_which_answers_arrive_does_not_change_the_story(
    monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]
) -> None:
    slow = {name: Slow(give("cid", amount)) for name, amount in (("ann", 3), ("bob", 4))}
    install(monkeypatch, **slow, cid=Script([Sleep()]))
    loaded = world(*(agent(name, more='start_after = "2s"', delay="0s") for name in slow), agent("cid", delay="9s"))
    engine = begin(loaded, limits=Limits(actions=2))
    task = asyncio.ensure_future(engine.run())
    await until(lambda: all(len(mind.futures) == 1 for mind in slow.values()))
    minds = list(slow.values())
    for index in order:
        minds[index].answer()
        for _ in range(5):
            await asyncio.sleep(0)
    assert await task == "actions"
    # The same number for both orders: recorded once, it changes only if the form of the log does.
    assert engine.journal.durable.seq == 9
    seen.add(engine.journal.durable.hash)
    assert len(seen) == 1


seen: set[bytes] = set()


async def test_stopping_an_agent_pauses_it_revokes_withdraws_and_cancels_in_one_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from engine.kernel.actions import Invoke

    ask = Invoke("genesis_capabilities", "request", {"verb": "agent.spawn", "uses": 2})
    order = Invoke("genesis_exchange", "place", {"instrument": "cpu_rate", "side": "buy", "quantity": 2, "limit": 3})
    install(monkeypatch, ann=Script([ask, order]), bob=Script([Sleep()]))
    from tests.engine.runtime.worlds import HEAD

    loaded = world(agent("ann"), agent("bob"), head=HEAD + '[exchange]\ninstruments = ["cpu_rate"]\n')
    engine = begin(loaded, limits=Limits(duration=5 * SECOND))
    await engine.run()
    await engine.command(op.GrantCapability("ann", "message.broadcast"))
    state = engine.machine.state
    assert state.balances.rows[("ann", "scrip")].held == 6
    before = state.seq
    ack = await engine.command(op.StopAgent("ann"), "eve")
    assert ack.message == "ann is stopped: 1 grants revoked, 1 requests and 1 orders withdrawn"
    assert state.seq == before + 1
    assert state.agents.rows["ann"].paused
    assert state.orders.rows == {}
    assert state.balances.rows[("ann", "scrip")].held == 0
    assert [r.state for r in state.requests.rows.values()] == [RequestState.WITHDRAWN]
    assert [g.state for g in state.grants.rows.values()] == [GrantState.REVOKED]
    check_conservation(state)


async def test_a_request_is_answered_and_the_grant_holds_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.kernel.actions import Invoke

    ask = Invoke("genesis_capabilities", "request", {"verb": "message.broadcast", "uses": 5, "reason": "news"})
    say = Invoke("genesis_messages", "broadcast", {"body": "hello"})
    ann = Script([say, ask, Sleep(event="@me"), say, say, Noop()])
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=10 * SECOND))
    await engine.run()
    assert ann.seen[1]["result"]["refused"] == "capability_needed"
    engine.runner.limits = Limits(duration=30 * SECOND)
    ack = await engine.command(op.Approve(1, uses=1, reason="once"), "eve")
    assert ack.ok
    await engine.run()
    assert ann.seen[4]["result"]["ok"]["recipients"] == 1
    assert ann.seen[5]["result"]["refused"] == "capability_needed"
    grant = engine.machine.state.grants.rows[1]
    assert (grant.state, grant.uses_left, grant.granted_by) == (GrantState.EXHAUSTED, 0, "eve")
    again = await engine.command(op.Deny(1), "eve")
    assert (again.ok, again.data["code"]) == (False, "not_pending")


async def test_nobody_answers_and_that_means_no(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.kernel.actions import Invoke

    ask = Invoke("genesis_capabilities", "request", {"verb": "agent.spawn"})
    ann = Script([ask, Sleep(event="request.expired@me"), Noop()])
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")), limits=Limits(duration=400 * SECOND))
    await engine.run()
    request = engine.machine.state.requests.rows[1]
    assert request.state is RequestState.EXPIRED
    assert ann.seen[2]["now"] == request.decide_by


async def test_what_cannot_be_done_is_refused_with_a_sentence_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ann=Script([Sleep()]))
    engine = begin(world(agent("ann")))
    seq = engine.machine.state.seq
    commands: list[op.Command] = [
        op.PauseAgent("nobody"),
        op.ResumeAgent("ann"),
        op.StepAgent(""),
        op.StopAgent("x" * 5_000),
        op.Approve(9),
        op.Deny(9),
        op.GrantCapability("ann", "fly"),
        op.GrantCapability("nobody", "agent.spawn"),
        op.GrantCapability("ann", "agent.spawn", uses=0),
        op.RevokeGrant(3),
        op.HaltInstrument("gold"),
        op.HaltInstrument("disk", False),
        op.Configure("nobody", prompt="x"),
        op.RaiseCap("gold", 5),
        op.RaiseCap("cpu_rate", 1),
        op.Fund("ann", "scrip", 5),
        op.Fund("ann", "gold", 5),
        op.Fund("nobody", "disk", 5),
        op.Fund("ann", "disk", -5),
        op.SendMessage("ann", ""),
        op.SendMessage("nobody", "x"),
        op.AttachNote(99_999, "x"),
        op.AttachNote(1, ""),
        op.SetApprovals("perhaps"),
    ]
    for command in commands:
        ack = await engine.command(command)
        assert not ack.ok, command
        assert ack.message
        assert len(ack.message) < 300
    assert engine.machine.state.seq == seq


async def test_every_command_survives_its_json_form() -> None:
    examples: list[op.Command] = [
        op.PauseWorld(),
        op.Approve(1, 2, 3, "x"),
        op.Configure("ann", params={"deep": [1, {"x": None}]}),
        op.GrantCapability("ann", "agent.spawn"),
        op.StopRun(),
    ]
    for command in examples:
        assert op.from_json(op.to_json(command)) == command
    assert set(op.COMMANDS.values()) == set(op.Command.__args__)
    for bad in ({}, {"command": "fly"}, {"command": "pause"}, {"command": "pause", "agent": "a", "x": 1}):
        with pytest.raises(ValueError, match="operator command"):
            op.from_json(bad)


async def test_a_run_that_was_ended_stays_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Noop()] * 99))
    engine = begin(world(agent("ann")))
    assert (await engine.command(op.StopRun("enough"))).ok
    assert await engine.run() == "enough"
    assert not (await engine.command(op.PauseWorld())).ok


async def test_an_agent_that_has_overwritten_its_configuration_can_be_configured_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from engine.kernel.actions import Write

    bob = Script([give("ann", 1)] * 9)
    install(monkeypatch, ann=Script([Write("junk", artifact="ann")]), bob=bob)
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=5 * SECOND))
    told = events(engine)
    await engine.run()
    assert ("mind.failed", "ann", "") in told
    assert (await engine.command(op.Configure("ann", mind="bob", think_delay=SECOND))).ok
    engine.runner.limits = Limits(duration=9 * SECOND)
    await engine.run()
    assert engine.machine.state.agents.rows["ann"].actions > 1
