"""No mind and no operator can kill a run, freeze its time or have a thought acted on that was stopped."""

import asyncio
from typing import Any

import pytest

import engine.operator as op
from engine.kernel.actions import Delete, Edit, Invoke, Noop, Read, Sleep, Write
from engine.kernel.entities import SECOND
from engine.kernel.ledger import check_conservation
from engine.runtime.runner import Limits
from tests.engine.runtime.worlds import Script, Slow, agent, begin, events, give, install, until, world

ODD: Any = None


@pytest.mark.parametrize(
    "action",
    [ODD, Read(["l"]), Sleep("x"), Write(5), Edit("a", 1, 2), Invoke("x", "y", []), "noop"],  # type: ignore[arg-type]
)
async def test_what_is_no_action_is_the_mind_s_failure(monkeypatch: pytest.MonkeyPatch, action: Any) -> None:
    install(monkeypatch, ann=Script([lambda _: action]))
    engine = begin(world(agent("ann")), limits=Limits(duration=4 * SECOND))
    told = events(engine)
    await engine.run()
    assert ("mind.failed", "ann", "") in told


async def test_what_the_commit_cannot_hold_did_not_happen(monkeypatch: pytest.MonkeyPatch) -> None:
    deep: Any = {}
    for _ in range(249):
        deep = {"d": deep}
    install(monkeypatch, ann=Script([Invoke("genesis_ledger", "balance", {"principal": deep}), Noop()]))
    engine = begin(world(agent("ann")), limits=Limits(duration=4 * SECOND))
    await engine.run()
    assert engine.machine.state.seq == engine.journal.durable.seq
    check_conservation(engine.machine.state)


async def test_a_contract_named_twice_is_refused_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    twice = Write("x", access=("genesis_freeware", "genesis_freeware"))
    ann = Script([twice, Write("y"), Delete("data.1"), Noop()])
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")), limits=Limits(duration=8 * SECOND))
    await engine.run()
    assert ann.seen[1]["result"]["refused"] == "bad_contracts"
    assert ann.seen[3]["result"]["ok"]["artifact"] == "data.1"


async def test_two_sleepers_cannot_stop_world_time(monkeypatch: pytest.MonkeyPatch) -> None:
    doze = Sleep(event="agent.state")
    install(monkeypatch, ann=Script([doze] * 500), bob=Script([doze] * 500))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=50 * SECOND, commits=400))
    await engine.run()
    assert engine.machine.state.seq < 100


async def test_a_stopped_agent_does_not_act_on_the_thought_that_was_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Slow(give("bob", 7))
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")))
    told = events(engine)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(ann.futures) == 1)
    await engine.command(op.StopAgent("ann"))
    ann.answer()
    await until(lambda: ("thought.void", "ann", "") in told)
    await engine.command(op.ResumeAgent("ann"))
    await until(lambda: len(ann.futures) == 2)
    assert engine.machine.state.balances.rows[("bob", "scrip")].available == 100
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_pausing_after_a_step_was_asked_for_keeps_the_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Slow(give("bob", 7))
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")))
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(ann.futures) == 1)
    await engine.command(op.StepAgent("ann"))
    await engine.command(op.PauseAgent("ann"))
    ann.answer()
    await until(lambda: "ann" in engine.machine.state.thoughts.rows)
    for _ in range(20):
        await asyncio.sleep(0)
    assert engine.machine.state.balances.rows[("bob", "scrip")].available == 100
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_an_allocation_that_is_in_use_cannot_be_given_away(monkeypatch: pytest.MonkeyPatch) -> None:
    pass_on = Invoke("genesis_ledger", "transfer", {"to": "bob", "amount": 9_500, "asset": "cpu_rate"})
    ann = Script([give("bob", 1), pass_on, Noop()])
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann", cpu=10_000), agent("bob")), limits=Limits(duration=5 * SECOND))
    await engine.run()
    assert ann.seen[2]["result"]["refused"] == "in_use"


@pytest.mark.parametrize(
    "command",
    [
        op.Fund("ann", "disk", "5"),  # type: ignore[arg-type]
        op.GrantCapability("ann", "agent.spawn", uses="x"),  # type: ignore[arg-type]
        op.Configure("ann", think_delay=10**30),
        op.Configure("ann", mind="nobody"),
        op.SendMessage("ann", "\ud800"),
        op.AttachNote(1, "\ud800"),
    ],
)
async def test_an_operator_s_odd_command_is_refused(monkeypatch: pytest.MonkeyPatch, command: op.Command) -> None:
    install(monkeypatch, ann=Script([Sleep()]))
    engine = begin(world(agent("ann")))
    seq = engine.machine.state.seq
    ack = await engine.command(command)
    assert not ack.ok
    assert engine.machine.state.seq == seq


async def test_a_paused_world_ends_a_headless_run_with_that_word(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Noop()] * 9))
    engine = begin(world(agent("ann")))
    engine.runner.headless = True
    await engine.command(op.PauseWorld())
    assert await engine.run() == "paused"
