"""Thoughts that cost money: paid, blocked without, woken by whatever pays, reserved on disk before they leave."""

import asyncio
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel import ledger
from engine.kernel.actions import Invoke, Noop, Sleep
from engine.kernel.entities import ISSUANCE, SECOND, AgentState, WaitKind
from engine.minds.base import Decision
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.store.values import Durable
from engine.store.verify import verify
from engine.worldfile.problems import WorldFileError
from tests.engine.runtime.worlds import HEAD, Script, Slow, agent, begin, events, install, until, world

LLM = "llm_budget"
PAID = HEAD + '[assets.llm_budget]\nkind = "depletable"\nunit = "µUSD"\nlimit = 1_000\n[budget]\nthought = 100\n'


def thinker(name: str, budget: int, **terms: str) -> str:
    return agent(name, **terms).replace("disk = 10_000", f"disk = 10_000, {LLM} = {budget}")  # type: ignore[arg-type]


def has(engine: Engine, who: str) -> tuple[int, int]:
    row = engine.machine.state.balances.rows.get((who, LLM))
    return (row.available, row.held) if row is not None else (0, 0)


def spent(engine: Engine, who: str = ISSUANCE) -> int:
    row = engine.machine.state.spending.rows.get((who, LLM))
    return row.spent if row is not None else 0


async def test_each_thought_costs_and_without_money_an_agent_is_blocked(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([]))
    engine = begin(world(thinker("ann", 350), head=PAID), limits=Limits(duration=20 * SECOND))
    await engine.run()
    row = engine.machine.state.agents.rows["ann"]
    assert (row.steps, row.state, row.wait.kind, row.wait.until) == (3, AgentState.BLOCKED, WaitKind.BUDGET, None)
    assert (has(engine, "ann"), spent(engine), spent(engine, "ann")) == ((50, 0), 300, 300)
    ledger.check_conservation(engine.machine.state)


async def test_a_transfer_that_is_enough_wakes_and_one_that_is_not_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def gift(amount: int) -> Invoke:
        return Invoke("genesis_rights", "transfer_right", {"asset": LLM, "to": "ann", "amount": amount})

    install(monkeypatch, ann=Script([]), bob=Script([Sleep(duration=5 * SECOND), gift(40), gift(60), Sleep()]))
    loaded = world(thinker("ann", 0), thinker("bob", 900, delay="2s"), head=PAID)
    engine = begin(loaded, limits=Limits(duration=30 * SECOND))
    thought: list[int] = []
    engine.followers.append(lambda c: thought.extend(c.at for p in c.postings if p.debit == "ann"))
    woken: list[int] = []
    engine.followers.append(
        lambda c: woken.extend(
            c.at for e in c.events if (e.type, e.actor) == ("agent.state", "ann") and e.data["to"] == "active"
        )
    )
    await engine.run()
    assert len(thought) == len(woken) == 1
    assert thought[0] == woken[0]
    assert has(engine, "ann") == (0, 0)


async def test_funding_wakes_and_the_cap_counts_what_is_spent(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([]))
    engine = begin(world(thinker("ann", 1_000), head=PAID), limits=Limits(duration=30 * SECOND))
    await engine.run()
    assert (spent(engine), has(engine, "ann")) == (1_000, (0, 0))
    refused = await engine.command(op.Fund("ann", LLM, 1))
    assert (refused.ok, refused.data["code"]) == (False, "over_cap")
    assert not (await engine.command(op.RaiseCap(LLM, 999))).ok
    assert (await engine.command(op.RaiseCap(LLM, 1_200))).ok
    assert (await engine.command(op.Fund("ann", LLM, 200))).ok
    engine.runner.limits = Limits(duration=60 * SECOND)
    await engine.run()
    assert spent(engine) == 1_200


async def test_a_grant_to_raise_the_budget_is_drawn_on_when_money_is_short_and_a_raised_cap_lets_it_give(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, ann=Script([]))
    engine = begin(world(thinker("ann", 900), head=PAID), limits=Limits(duration=15 * SECOND))
    told = events(engine)
    await engine.run()
    quota = {"units": 400}
    given = op.GrantCapability("ann", "budget.raise", LLM, uses=2, quota=quota, ttl=3_600 * SECOND)
    assert (await engine.command(given)).ok
    engine.runner.limits = Limits(duration=30 * SECOND)
    await engine.run()
    assert spent(engine) == 1_000  # as far as the cap goes
    assert engine.machine.state.agents.rows["ann"].wait.kind is WaitKind.BUDGET
    assert (await engine.command(op.RaiseCap(LLM, 5_000))).ok
    engine.runner.limits = Limits(duration=60 * SECOND)
    await engine.run()
    assert spent(engine) == 1_300  # 100, then what was left of the quota
    assert told.count(("rights.drawn", "ann", "")) == 2
    assert not [event for event in told if event[0] == "grant.misused"]
    ledger.check_conservation(engine.machine.state)


async def test_a_thought_outside_is_reserved_on_disk_before_it_leaves_and_settled_at_its_cost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = asyncio.Event()

    async def slow_disk() -> Durable:
        await written.wait()
        return engine.journal.durable

    ann = Slow(Noop())
    install(monkeypatch, ann=ann)
    engine = begin(world(thinker("ann", 350), head=PAID))
    monkeypatch.setattr(engine.journal, "barrier", slow_disk)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: has(engine, "ann") == (250, 100))
    assert not ann.asked
    written.set()
    await until(lambda: len(ann.futures) == 1)
    ann.futures[0].set_result(Decision(Noop(), {}, cost=30))
    await until(lambda: len(ann.futures) == 2)
    assert (has(engine, "ann"), spent(engine)) == ((220, 100), 30)
    ann.answer()  # it does not say what it has cost, so it is the price
    await until(lambda: len(ann.futures) == 3)
    assert (has(engine, "ann"), spent(engine)) == ((120, 100), 130)
    ann.futures[2].set_result(Decision(Noop(), {}, cost=5_000))
    await until(lambda: len(ann.futures) == 4)
    assert (has(engine, "ann"), spent(engine)) == ((20, 100), 230)
    ann.futures[3].set_exception(TimeoutError("no answer"))
    await until(lambda: engine.machine.state.agents.rows["ann"].wait.kind is WaitKind.BUDGET)
    assert (has(engine, "ann"), spent(engine)) == ((20, 0), 330)
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_a_thought_in_flight_of_a_stopped_agent_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = Slow(Noop())
    install(monkeypatch, ann=ann)
    engine = begin(world(thinker("ann", 350), head=PAID))
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(ann.futures) == 1)
    await engine.command(op.StopAgent("ann"))
    ann.answer()
    await until(lambda: spent(engine) == 100)
    assert has(engine, "ann") == (250, 0)
    engine.runner.stop("test")
    await task
    await engine.close()


async def test_what_was_in_flight_when_the_run_was_left_counts_as_spent_and_is_thought_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ann = Slow(Noop())
    install(monkeypatch, ann=ann)
    path = tmp_path / "run.db"
    engine = await Engine.create(world(thinker("ann", 250), head=PAID), path, Options())
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(ann.futures) == 1, 20_000)
    engine.runner.stop("test")
    await task
    await engine.close()
    engine = await Engine.open(path, Options())
    assert (has(engine, "ann"), spent(engine)) == ((150, 0), 100)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(ann.futures) == 2, 20_000)
    assert has(engine, "ann") == (50, 100)
    ann.answer()
    await until(lambda: engine.machine.state.agents.rows["ann"].wait.kind is WaitKind.BUDGET, 20_000)
    engine.runner.stop("test")
    await task
    await engine.close()
    assert verify(path).ok


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (HEAD + "[budget]\nthought = 1\n", "budget: charges llm_budget, which is not defined"),
        (HEAD + '[assets.llm_budget]\nkind = "allocatable"\n', "llm_budget must be depletable, not allocatable"),
        (PAID + "[budget.minds]\ngiverr = 5\n", "budget.minds.giverr: there is no mind"),
    ],
)
def test_budgets_that_cannot_be_are_refused(head: str, said: str) -> None:
    with pytest.raises(WorldFileError) as refused:
        world(agent("ann", "giver", more='params = { to = "ann" }'), head=head)
    assert said in str(refused.value)
