"""Agents act in their own loops: waits, capacity, refusals, dormancy, rescue."""

import pytest

import engine.operator as op
from engine.kernel import ledger
from engine.kernel.actions import Action, Invoke, Noop, Read, Sleep, Write
from engine.kernel.entities import SECOND, AgentState, WaitKind
from engine.kernel.ledger import check_conservation
from engine.kernel.transaction import Commit
from engine.minds.base import Decision
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.runtime.runner import Limits
from tests.engine.runtime.worlds import HEAD, Script, agent, begin, events, give, install, world


async def test_a_step_is_one_commit_with_its_cost_and_its_next_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([give("bob", 5)]), bob=Script([]))
    engine = begin(world(agent("ann"), agent("bob", delay="20s")), limits=Limits(actions=1))
    commits: list[Commit] = []
    engine.followers.append(commits.append)
    assert await engine.run() == "actions"
    step = commits[-1]
    assert step.cause == ("step", "ann")
    assert [(p.debit, p.credit, p.amount) for p in step.postings] == [("ann", "bob", 5)]
    assert [(u.principal, u.asset, u.amount) for u in step.usages] == [("ann", "cpu_rate", 1_000)]
    assert {e.type for e in step.events} == {"ledger.transfer", "agent.acted"}
    row = engine.machine.state.agents.rows["ann"]
    assert row.wait.until == step.at + SECOND
    assert (row.steps, row.actions, row.last) == (1, 1, "ledger.transfer")


async def test_a_refusal_reaches_the_mind_costs_all_the_same_and_changes_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([give("bob", 5_000), Noop()])
    install(monkeypatch, ann=ann, bob=Script([]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=4 * SECOND))
    await engine.run()
    result = ann.seen[1]["result"]
    assert result["refused"] == "insufficient_funds"
    assert "ann has 100 scrip available; 5000 is needed" in result["message"]
    assert engine.machine.state.balances.rows[("ann", "scrip")].available == 100
    assert engine.machine.state.window("ann", "cpu_rate").usage(4 * SECOND, 10 * SECOND) == 1_000
    assert (engine.machine.tally.actions, engine.machine.tally.census.refusals) == (0, 1)
    check_conservation(engine.machine.state)


async def test_over_the_limit_an_agent_waits_until_the_exact_moment_and_then_does_what_it_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([give("bob", 1), give("bob", 2), give("bob", 3)])
    install(monkeypatch, ann=ann, bob=Script([Sleep()]))
    engine = begin(world(agent("ann", cpu=2_500), agent("bob")), limits=Limits(actions=3))
    told = events(engine)
    acted: list[int] = []
    engine.followers.append(lambda c: acted.extend([c.at] if any(e.type == "agent.acted" for e in c.events) else []))
    await engine.run()
    first, second, third = acted
    assert second - first == SECOND
    # 2 of 2,500 are used within the window of 10 s: the third waits until the first leaves it, to the µs.
    assert third == first + 10 * SECOND
    assert ("agent.state", "ann", "") in told
    assert len(ann.seen) == 3  # it thought three times: the kept thought was not thought again
    assert engine.machine.state.balances.rows[("bob", "scrip")].available == 106


async def test_an_agent_that_can_never_afford_its_action_is_blocked_until_it_is_given_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([give("bob", 1)])
    share = Invoke("genesis_ledger", "transfer", {"to": "ann", "amount": 600, "asset": "cpu_rate"})
    install(monkeypatch, ann=ann, bob=Script([Noop(), Noop(), share, Sleep()]))
    head = HEAD + "[tariff]\ntransfer = 1\nread = 1\nwrite = 1\nedit = 1\ndelete = 1\n"
    loaded = world(agent("ann", cpu=1_000), agent("bob"), head=head)
    engine = begin(loaded, limits=Limits(duration=20 * SECOND))
    tx = engine.machine.state.begin(0, ("test", "take"))
    ledger.transfer(tx, "cpu_rate", "ann", "bob", 500, "test")
    engine.machine.commit(tx)
    told = events(engine)
    await engine.run()
    assert told.index(("agent.state", "ann", "")) < told.index(("ledger.transfer", "bob", "ann"))
    assert engine.machine.state.balances.rows[("bob", "scrip")].available == 101
    assert engine.machine.state.agents.rows["ann"].state is not AgentState.BLOCKED


async def test_sleeping_for_a_time_costs_nothing_and_ends_at_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([Sleep(duration=7 * SECOND), Noop()])
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann", delay="3s")), limits=Limits(duration=20 * SECOND))
    await engine.run()
    assert ann.seen[1]["now"] - ann.seen[0]["now"] == 7 * SECOND
    assert engine.machine.state.window("ann", "cpu_rate").usage(20 * SECOND, 10 * SECOND) == 0


async def test_sleeping_for_an_event_ends_with_it_and_an_event_for_somebody_else_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([Sleep(event="ledger.transfer@me")])
    install(monkeypatch, ann=ann, bob=Script([give("cid", 1), give("ann", 1), Sleep()]), cid=Script([Sleep()]))
    engine = begin(
        world(agent("ann"), agent("bob", more='start_after = "5s"'), agent("cid")), limits=Limits(duration=30 * SECOND)
    )
    gifts: list[tuple[int, str]] = []
    engine.followers.append(lambda c: gifts.extend((c.at, e.target) for e in c.events if e.type == "ledger.transfer"))
    await engine.run()
    assert [who for _, who in gifts] == ["cid", "ann"]
    assert ann.seen[1]["now"] == gifts[1][0]


async def test_an_event_that_nobody_sends_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([Sleep(event="never.happens", duration=4 * SECOND)])
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")), limits=Limits(duration=20 * SECOND))
    await engine.run()
    assert ann.seen[1]["now"] - ann.seen[0]["now"] == 4 * SECOND


async def test_a_stored_predicate_wakes_when_it_becomes_true_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([Sleep(predicate="balance ann scrip >= 103")])
    install(monkeypatch, ann=ann, bob=Script([give("ann", 1), give("ann", 1), give("ann", 1), Sleep()]))
    engine = begin(world(agent("ann"), agent("bob", more='start_after = "3s"')), limits=Limits(duration=30 * SECOND))
    gifts: list[int] = []
    engine.followers.append(lambda c: gifts.extend(c.at for e in c.events if e.type == "ledger.transfer"))
    await engine.run()
    assert ann.seen[1]["now"] == gifts[2]


async def test_a_predicate_that_is_true_already_does_not_put_to_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Script([Sleep(predicate="balance ann scrip >= 1")])
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")), limits=Limits(duration=5 * SECOND))
    await engine.run()
    assert ann.seen[1]["now"] - ann.seen[0]["now"] == SECOND


async def test_idle_agents_become_dormant_the_run_ends_and_what_is_given_to_one_wakes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann = Script([Sleep(), Sleep()])
    install(monkeypatch, ann=ann, bob=Script([Sleep(duration=90 * SECOND), give("ann", 1), Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(commits=200))
    transitions: list[tuple[int, str, str]] = []
    engine.followers.append(
        lambda c: transitions.extend((c.at, e.actor, e.data["to"]) for e in c.events if e.type == "agent.state")
    )
    assert await engine.run() == "all dormant"
    of_ann = [(at, to) for at, who, to in transitions if who == "ann"]
    assert [to for _, to in of_ann] == ["sleeping", "dormant", "active", "dormant"]
    assert of_ann[1][0] == 60 * SECOND
    assert of_ann[2][0] > 90 * SECOND
    assert engine.agents_by_state()["dormant"] == 2


async def test_a_mind_that_fails_is_told_of_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def decide(self, observation: Observation, memory: dict[str, object], draws: Draws) -> Decision:
            raise ZeroDivisionError("by design")

    install(monkeypatch, ann=Broken())
    engine = begin(world(agent("ann")), limits=Limits(duration=20 * SECOND))
    failures: list[str] = []
    engine.followers.append(lambda c: failures.extend(e.data["error"] for e in c.events if e.type == "mind.failed"))
    await engine.run()
    assert len(failures) >= 4
    assert failures[0] == "ZeroDivisionError: by design"


class Hoarder:
    """A mind whose memory grows by 4,000 bytes with each step; its agent has 10,000 bytes of disk."""

    def decide(self, observation: Observation, memory: dict[str, str], draws: Draws) -> Decision:
        return Decision(Noop(), {"hoard": memory.get("hoard", "") + "x" * 4_000})


async def test_memory_that_does_not_fit_on_the_disk_is_not_kept_and_the_old_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ann=Hoarder())
    engine = begin(world(agent("ann", more="memory_quota = 100")), limits=Limits(duration=5 * SECOND))
    told = events(engine)
    await engine.run()
    assert ("memory.full", "ann", "") in told
    state = engine.machine.state
    assert state.minds.rows["ann"].memory == {"hoard": "x" * 8_000}
    assert [h.amount for h in state.holds.rows.values() if h.purpose == "memory ann"] == [8_064]
    check_conservation(state)


async def test_the_memory_of_a_spawned_agent_takes_its_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    endowment = {"disk": 5_000, "cpu_rate": 10_000}
    spawn = Invoke("genesis_agents", "spawn", {"name": "kid", "mind": "kid", "endowment": endowment})
    install(monkeypatch, ann=Script([spawn]), kid=Hoarder())
    engine = begin(world(agent("ann")), limits=Limits(duration=8 * SECOND))
    await engine.command(op.GrantCapability("ann", "agent.spawn"))
    told = events(engine)
    await engine.run()
    assert ("memory.full", "kid.1", "") in told
    memory = engine.machine.state.minds.rows["kid.1"]
    assert memory.hold is not None
    assert engine.machine.state.holds.rows[memory.hold].amount == 4_032


async def test_a_written_artifact_takes_disk_and_others_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bob = Script([Sleep(event="artifact.created"), Read("note.1"), Noop()])
    install(monkeypatch, ann=Script([Write("hello", type="note")]), bob=bob)
    engine = begin(world(agent("ann", more='start_after = "2s"'), agent("bob")), limits=Limits(duration=10 * SECOND))
    await engine.run()
    assert bob.seen[2]["result"]["ok"]["content"] == "hello"
    hold = engine.machine.state.artifacts.rows["note.1"].disk_hold
    assert hold is not None
    assert engine.machine.state.holds.rows[hold].amount == 5
    assert engine.machine.state.agents.rows["bob"].wait.kind is WaitKind.DELAY


@pytest.mark.parametrize(
    "action",
    [
        Read("\ud800"),
        Invoke("genesis_ledger", "transfer", {"to": "bob", "amount": 2**70}),
        Invoke("genesis_ledger", "transfer", {"to": {1, 2}}),
        Write("x", metadata={"deep": object()}),
    ],
)
async def test_an_action_that_the_log_cannot_hold_is_the_mind_s_failure_and_not_the_engine_s(
    monkeypatch: pytest.MonkeyPatch, action: Action
) -> None:
    install(monkeypatch, ann=Script([action, give("bob", 1)]), bob=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("bob")), limits=Limits(duration=10 * SECOND))
    told = events(engine)
    await engine.run()
    assert ("mind.failed", "ann", "") in told


async def test_a_memory_that_the_log_cannot_hold_is_the_mind_s_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd:
        def decide(self, observation: Observation, memory: dict[str, object], draws: Draws) -> Decision:
            return Decision(Noop(), {"n": 2**80})

    install(monkeypatch, ann=Odd())
    engine = begin(world(agent("ann")), limits=Limits(duration=5 * SECOND))
    told = events(engine)
    await engine.run()
    assert ("mind.failed", "ann", "") in told
    assert engine.machine.state.minds.rows["ann"].memory == {}


async def test_a_hold_that_nobody_posted_is_given_back_at_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Sleep()]))
    engine = begin(world(agent("ann")), limits=Limits(duration=9 * SECOND))
    tx = engine.machine.state.begin(0, ("test", "reserve"))
    ledger.reserve(tx, "scrip", "ann", 40, "offer", expires_at=5 * SECOND)
    engine.machine.commit(tx)
    ended: list[int] = []
    engine.followers.append(lambda c: ended.extend(c.at for e in c.events if e.type == "hold.expired"))
    await engine.run()
    assert ended == [5 * SECOND]
    assert engine.machine.state.balances.rows[("ann", "scrip")].available == 100
    check_conservation(engine.machine.state)
