"""Code that waits inside a transaction: validated at commit, run again on conflict, and nobody asked twice."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

import engine.operator as op
from engine.genesis.base import Genesis, NoArgs, method
from engine.kernel import ledger
from engine.kernel.access import Verdict
from engine.kernel.actions import Call, Invoke, Sleep, Write
from engine.kernel.ask import Ask
from engine.kernel.entities import SCRIP, Json
from engine.kernel.errors import Refusal
from engine.runtime.engine import Engine
from engine.runtime.runner import Limits
from tests.engine.runtime.worlds import Script, agent, begin, give, install, until, world


@dataclass
class Oracle:
    """A genesis artifact whose method reads a balance, asks outside, and pays what it read."""

    asked: list[str] = field(default_factory=list)
    futures: list["asyncio.Future[Any]"] = field(default_factory=list)

    async def _answer(self, digest: str) -> Any:
        self.asked.append(digest)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.futures.append(future)
        return await future

    def genesis(self) -> Genesis:
        async def pay_all(call: Call, args: NoArgs) -> Json | Refusal:
            amount = ledger.balance(call.tx, call.caller, SCRIP).available
            answer = await Ask("how is the weather", self._answer("weather"))
            refusal = ledger.transfer(call.tx, SCRIP, call.caller, "cid", amount, "all of it")
            return refusal or {"paid": amount, "answer": answer}

        return Genesis("genesis_ledger_test", "Test", [method("pay_all", NoArgs, "Pay all.", pay_all)])


def seeded(engine: Engine, genesis: Genesis) -> None:
    """Put a genesis artifact of the test into a world."""
    engine.registry.artifacts[genesis.id] = genesis
    tx = engine.machine.state.begin(0, ("test",))
    template = engine.machine.state.artifacts.rows["genesis_ledger"]
    tx.put(tx.state.artifacts, replace(template, id=genesis.id, controller=genesis.id))
    engine.machine.commit(tx)


CONTRACT = "def check_permission(artifact_id, action, requester_id, context):\n    return {}\n"
PAY = Invoke("genesis_ledger_test", "pay_all", {})


async def test_a_step_that_waits_commits_once_its_answer_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = Oracle()
    install(monkeypatch, ann=Script([PAY]), cid=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("cid")), limits=Limits(actions=1))
    seeded(engine, oracle.genesis())
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(oracle.futures) == 1)
    assert engine.machine.state.balances.rows[("cid", SCRIP)].available == 100
    oracle.futures[0].set_result("fine")
    assert await task == "actions"
    assert engine.machine.state.balances.rows[("cid", SCRIP)].available == 200
    assert engine.machine.state.inboxes.rows["ann"].result == {"ok": {"paid": 100, "answer": "fine"}}


async def test_what_moved_meanwhile_makes_it_run_again_without_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = Oracle()
    install(monkeypatch, ann=Script([PAY]), bob=Script([give("ann", 11)]), cid=Script([Sleep()]))
    # Both fall due at the same instant: bob's gift commits while ann's step waits for its answer.
    loaded = world(agent("ann", delay="0s"), agent("bob", delay="0s"), agent("cid", delay="30s"))
    engine = begin(loaded, limits=Limits(actions=2))
    seeded(engine, oracle.genesis())
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(oracle.futures) == 1)
    assert engine.machine.tally.actions == 1
    oracle.futures[0].set_result("fine")
    assert await task == "actions"
    assert oracle.asked == ["weather"]
    assert engine.machine.state.balances.rows[("cid", SCRIP)].available == 211
    assert engine.machine.state.agents.rows["ann"].steps == 1
    ledger.check_conservation(engine.machine.state)


async def test_an_answer_that_is_an_error_is_told_to_the_code_that_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careful(Oracle):
        def genesis(self) -> Genesis:
            async def careful(call: Call, args: NoArgs) -> Json | Refusal:
                try:
                    await Ask("weather", self._answer("weather"))
                except ConnectionError as error:
                    return Refusal("no_answer", f"the oracle is silent: {error}")
                return {}

            return Genesis("genesis_ledger_test", "Test", [method("pay_all", NoArgs, "Ask.", careful)])

    oracle, ann = Careful(), Script([PAY])
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")), limits=Limits(commits=6))
    seeded(engine, oracle.genesis())
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(oracle.futures) == 1)
    oracle.futures[0].set_exception(ConnectionError("gone"))
    await task
    assert ann.seen[1]["result"]["refused"] == "no_answer"
    assert ann.seen[1]["result"]["message"] == "the oracle is silent: gone"


async def test_a_contract_that_waits_decides_for_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def slow_yes() -> bool:
        await asyncio.sleep(0)
        return False

    async def run(tx: Any, contract: Any, question: Any) -> Verdict:
        asked.append(question.requester)
        return Verdict(await Ask("may it", slow_yes()), "the contract thought about it")

    ann = Script(
        [
            Write(CONTRACT, type="contract", can_execute=True),
            Write("secret", access=("contract.1",)),
            Write("x", "data.2"),
        ]
    )
    install(monkeypatch, ann=ann)
    engine = begin(world(agent("ann")), limits=Limits(commits=8))
    monkeypatch.setattr(engine.machine.stepper.physics.access, "_runner", run)
    await engine.run()
    await engine.close()
    assert asked == ["ann"]
    assert ann.seen[3]["result"]["refused"] == "access_denied"
    assert "the contract thought about it" in ann.seen[3]["result"]["message"]


async def test_answers_that_come_while_the_agent_is_paused_are_used_when_it_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    oracle = Oracle()
    install(monkeypatch, ann=Script([PAY]), cid=Script([Sleep()]))
    engine = begin(world(agent("ann"), agent("cid")), limits=Limits(actions=1))
    seeded(engine, oracle.genesis())
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(oracle.futures) == 1)
    await engine.command(op.PauseAgent("ann"))
    oracle.futures[0].set_result("fine")
    for _ in range(20):
        await asyncio.sleep(0)
    assert engine.machine.state.balances.rows[("cid", SCRIP)].available == 100
    await engine.command(op.ResumeAgent("ann"))
    assert await task == "actions"
    assert oracle.asked == ["weather"]
    assert engine.machine.state.balances.rows[("cid", SCRIP)].available == 200


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("genesis_store.search", {"text": "secret"}),
        ("genesis_rights.spend", {"account": "data.2", "to": "ann", "amount": 1}),
    ],
)
async def test_a_contract_is_told_how_deep_the_question_comes_from(
    monkeypatch: pytest.MonkeyPatch, method: str, args: Json
) -> None:
    depths: list[int] = []

    async def run(tx: Any, contract: Any, question: Any) -> Verdict:
        depths.append(question.depth)
        return Verdict(False, "never")

    artifact, _, name = method.partition(".")
    contract = Write(CONTRACT, type="contract", can_execute=True)
    secret = Write("secret", access=("contract.1",))
    install(monkeypatch, ann=Script([contract, secret, Invoke(artifact, name, args)]))
    engine = begin(world(agent("ann")), limits=Limits(commits=8))
    monkeypatch.setattr(engine.machine.stepper.physics.access, "_runner", run)
    tx = engine.machine.state.begin(0, ("test",))
    engine.followers.append(lambda commit: _given_standing(engine))
    engine.machine.commit(tx)
    await engine.run()
    await engine.close()
    assert depths == [1]


def _given_standing(engine: Engine) -> None:
    """Make an account of what ann wrote, so that there is one under a contract of an agent's."""
    rows = engine.machine.state.artifacts.rows
    row = rows.get("data.2")
    if row is not None and not row.has_standing:
        rows["data.2"] = replace(row, has_standing=True)
