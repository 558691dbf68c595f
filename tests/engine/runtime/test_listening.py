"""Subscriptions that last, and requests with deadlines, in worlds that run: who is woken, and who is told nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel.actions import Invoke, Sleep
from engine.kernel.entities import SECOND, AgentState, Subscription, Wait, WaitKind
from engine.kernel.transaction import Transaction
from engine.runtime import wakes
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.worldfile.loader import load_text
from tests.engine.genesis.tiny import Tiny
from tests.engine.runtime.worlds import HEAD, Script, agent, begin, events, give, install, world

NEVER = 10**12


def listen(event: str) -> Invoke:
    """Be woken by an event for good."""
    return Invoke("genesis_event_log", "subscribe", {"event": event})


def ask(to: str, within: int) -> Invoke:
    """Put a request to an agent."""
    return Invoke("genesis_messages", "request", {"to": to, "body": "?", "within": within})


def times(script: Script) -> list[int]:
    """When a mind was asked, in seconds of world time."""
    return [look["now"] // SECOND for look in script.seen]


async def test_a_subscription_wakes_its_agent_each_time_that_it_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([listen("ledger.transfer@me"), *[Sleep(duration=NEVER)] * 9])
    bob = Script([Sleep(duration=10 * SECOND), give("ann", 1), Sleep(duration=20 * SECOND), give("ann", 1)])
    install(monkeypatch, ann=ann, bob=bob)
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=60 * SECOND))
    await engine.run()
    await engine.close()
    first, again, woken, once_more = times(ann)[:4]
    assert (again - first, len(times(ann))) == (1, 4)
    assert woken >= 10
    assert once_more >= woken + 20


async def test_what_happens_while_an_agent_is_paused_or_awake_is_not_kept_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([listen("ledger.transfer@me"), *[Sleep(duration=NEVER)] * 9])
    bob = Script([*[Sleep(duration=10 * SECOND)] * 2, give("ann", 1), Sleep(duration=20 * SECOND), give("ann", 1)])
    install(monkeypatch, ann=ann, bob=bob)
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=15 * SECOND))
    await engine.run()
    assert (await engine.command(op.PauseAgent("ann"))).ok
    engine.runner.limits = Limits(duration=30 * SECOND)
    await engine.run()
    row = engine.machine.state.agents.rows["ann"]
    assert (row.state, row.paused, len(ann.seen)) == (AgentState.SLEEPING, True, 2)  # the first gift has not woken it
    assert (await engine.command(op.ResumeAgent("ann"))).ok
    engine.runner.limits = Limits(duration=60 * SECOND)
    await engine.run()
    await engine.close()
    assert len(ann.seen) == 3  # nor has it afterwards; the second one did
    assert times(ann)[2] >= 40


async def test_nobody_is_woken_by_what_it_does_itself_or_by_others_going_to_sleep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = Script([listen("agent.state"), listen("no.such_event"), listen("agent.acted"), Sleep(duration=NEVER)])
    install(monkeypatch, ann=refused, bob=Script([Sleep(duration=NEVER)]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=30 * SECOND))
    await engine.run()
    await engine.close()
    assert [look["result"].get("refused") for look in refused.seen[1:3]] == ["bad_event", "bad_event"]
    assert len(refused.seen) == 4


async def test_who_asks_sleeps_until_it_is_answered_or_the_deadline_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([ask("bob", 20 * SECOND), Sleep(predicate="closed 1"), ask("carl", 5 * SECOND)])
    ann.actions = [*ann.actions, Sleep(predicate="closed 2"), Sleep(duration=NEVER)]
    respond = Invoke("genesis_messages", "respond", {"request": 1, "body": "!"})
    bob = Script([Sleep(duration=8 * SECOND), respond, respond, Sleep(duration=NEVER)])
    install(monkeypatch, ann=ann, bob=bob, carl=Script([Sleep(duration=NEVER)]))
    engine = begin(world(agent("ann"), agent("bob"), agent("carl")), limits=Limits(duration=60 * SECOND))
    told = events(engine)
    await engine.run()
    await engine.close()
    kinds = [kind for kind, _, target in told if kind.startswith("message.") and target == "ann"]
    assert kinds == ["message.sent", "message.answered", "message.timed_out"]
    assert bob.seen[3]["result"]["refused"] == "not_open"
    asked, _, answered, asked_again, timed_out, *_ = times(ann)
    assert 8 <= answered - asked <= 10
    assert timed_out - asked_again in (4, 5)


FORUM = (
    HEAD
    + """
[[agents]]
id = "ann"
mind = "program"
think_delay = "1s"
assets = { cpu_rate = 100_000, disk = 10_000 }
params.source = '''
act({"action": "invoke", "artifact": "genesis_messages", "method": "subscribe", "args": {"topic": "t"}})
act({"action": "invoke", "artifact": "genesis_event_log", "method": "subscribe", "args": {"event": "kpi.sample"}})
for n in range(20):
    call = {"to": "bob", "body": str(n), "within": 7_000_000}
    asked = act({"action": "invoke", "artifact": "genesis_messages", "method": "request", "args": call})
    sleep_until("closed " + str(asked["ok"]["request"]))
    act({"action": "invoke", "artifact": "genesis_memory", "method": "store", "args": {"text": "iron " + str(n)}})
    found = act({"action": "invoke", "artifact": "genesis_memory", "method": "recall", "args": {"query": "iron"}})
    remember("found", [one["entry"] for one in found["ok"]["found"]])
'''
[[agents]]
id = "bob"
mind = "program"
think_delay = "1s"
assets = { cpu_rate = 100_000, disk = 10_000 }
params.source = '''
while True:
    for message in observe()["messages"]:
        if "request" in message and int(message["body"]) % 3:
            call = {"request": message["request"], "body": "!"}
            act({"action": "invoke", "artifact": "genesis_messages", "method": "respond", "args": call})
    sleep_until_event("message.requested@bob")
'''
"""
)


def test_a_message_to_a_thousand_who_listen_to_all_messages_is_looked_at_once_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each gets one and each waits for any: that is a thousand events, and a thousand who would hear all of them."""
    world = Tiny()
    tx = world.begin()
    one = world.state.agents.rows["alice"]
    asleep = Wait(WaitKind.STIMULUS, "", None)
    for number in range(1_000):
        tx.put(world.state.agents, replace(one, id=f"a{number}", state=AgentState.SLEEPING, wait=asleep))
        tx.put(world.state.subscriptions, Subscription(f"a{number}", "event", "message.sent", 0))
    world.commit(tx)
    tx = world.begin()
    for number in range(1_000):
        tx.emit("message.sent", "bob", f"a{number}")
    looks = 0

    def still_waits(tx: Transaction, agent: str) -> bool:
        nonlocal looks
        looks += 1
        return real(tx, agent)

    real = wakes._still_waits
    monkeypatch.setattr(wakes, "_still_waits", still_waits)
    wakes.wake_waiting(tx, "bob")
    world.commit(tx)
    awake = [a for a in world.state.agents.rows.values() if a.wait.kind is WaitKind.DELAY and a.id.startswith("a")]
    assert len(awake) >= 1_000
    assert looks <= 2_000


async def test_a_run_that_is_left_and_opened_again_tells_the_same_story(tmp_path: Path) -> None:
    loaded = load_text(FORUM, "forum.toml")
    whole = Engine.in_memory(loaded, Options(limits=Limits(duration=100 * SECOND)))
    await whole.run()
    await whole.close()
    path = tmp_path / "run.db"
    engine = await Engine.create(loaded, path, Options(limits=Limits(duration=20 * SECOND)))
    await engine.run()
    await engine.close()
    for seconds in (47, 71, 100):
        engine = await Engine.open(path, Options(limits=Limits(duration=seconds * SECOND)))
        assert len(engine.machine.state.subscriptions.rows) == 2
        await engine.run()
        await engine.close()
    assert engine.machine.state.tables.keys() == whole.machine.state.tables.keys()
    for name in ("memory_entries", "inquiries", "subscriptions", "messages", "agents", "balances"):
        assert engine.machine.state.tables[name].rows == whole.machine.state.tables[name].rows, name
    assert len(engine.machine.state.memory_entries.rows) > 5
    assert (await rerun(path)).ok
