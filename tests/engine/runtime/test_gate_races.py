"""Questions to models in every order that they can come and go in: nobody ever spends beyond what they have."""

import asyncio
import random
from pathlib import Path

import pytest

import engine.kernel.entities as ent
from engine.kernel import budget, ledger
from engine.kernel.errors import Conflict, Refusal
from engine.kernel.models import ModelPrice
from engine.kernel.state import State
from engine.kernel.transaction import Transaction
from engine.models.gate import TRIES, Gate, Outcome, Told, Worst, digest
from engine.models.types import Answer, CallFailed, Message, ModelSpec, Request, Try, Usage
from engine.runtime.engine import Engine
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.verify import verify
from tests.engine.runtime.callers import KEEP, TOOL, callers, driven, program
from tests.engine.runtime.thinkers import LLM, spent, thinker

SCHEDULES = 1_000
CAP = 6_000
PAYERS = ("ann", "bob", "cat")
SPEC = ModelSpec("small", "openai/small", max_tokens=50)


class World:
    """Accounts of three payers under one cap, what is under way, and what a provider has really been paid."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.state = State()
        self.gate = Gate({"small": SPEC})
        self.under_way: list[tuple[str, str, Request, Worst]] = []
        self.charged = dict.fromkeys(PAYERS, 0)
        self.given = {who: self.random.randrange(1, CAP // 3) for who in PAYERS}
        tx = self.begin()
        tx.put(self.state.assets, ent.Asset(LLM, ent.AssetKind.DEPLETABLE, "µUSD", True, 0, CAP))
        tx.put(self.state.assets, ent.Asset("llm_rate", ent.AssetKind.RENEWABLE, "tokens", False, 1_000, None))
        tx.put(self.state.model_prices, ModelPrice("small", 1_000_000, 0, 2_000_000, 1_000_000, 2_000_000, "test"))
        for who in PAYERS:
            assert ledger.issue(tx, LLM, who, self.given[who], "genesis") is None
            assert ledger.issue(tx, "llm_rate", who, self.random.randrange(100, 3_000), "genesis") is None
        tx.commit()

    def begin(self) -> Transaction:
        return self.state.begin(self.state.now, ("test",))

    def ask(self, tx: Transaction, who: str) -> tuple[str, str, Request, Worst] | None:
        """A question in a transaction that may be one of several under way."""
        text = "x" * self.random.randrange(1, 200)
        request = Request("small", (Message("user", text),), max_tokens=self.random.randrange(1, 50), paid_tries=TRIES)
        worst = self.gate.worst(tx, request)
        assert not isinstance(worst, Refusal)
        if self.gate.refuse(tx, who, worst) is not None:
            return None
        call = f"call_llm:{who}:{self.state.seq + 1}"
        self.gate.open(tx, call, who, request, "call_llm", worst)
        return call, who, request, worst

    def race(self) -> None:
        """Several ask at the same time, over the same ground; those whose ground has moved do not happen."""
        rivals = []
        for _ in range(self.random.randrange(1, 4)):
            tx = self.begin()
            asked = self.ask(tx, self.random.choice(PAYERS))
            if asked is not None:
                rivals.append((tx, asked))
        self.random.shuffle(rivals)
        for tx, asked in rivals:
            try:
                tx.commit()
            except Conflict:
                continue
            self.under_way.append(asked)

    def answer(self) -> None:
        """One of those under way comes to something, at once or while its step is rolled back."""
        if not self.under_way:
            return
        call, who, request, worst = self.under_way.pop(self.random.randrange(len(self.under_way)))
        outcome, paid = self.outcome(worst)
        tx = self.begin()
        self.gate.close(tx, call, (Told("call_llm", digest(request), outcome),))
        tx.commit()
        self.charged[who] += paid
        tx = self.begin()  # what is over is over: the same once more changes nothing
        self.gate.close(tx, call, (Told("call_llm", digest(request), outcome),))
        assert not tx.writes

    def outcome(self, worst: Worst) -> tuple[Outcome, int]:
        """What a provider does, and what it takes for it: never more than the worst case of each try it may charge."""
        rolled = self.random.random()
        doubtful = 0 if rolled < 0.5 else 1 if rolled < 0.9 else 2
        tries = tuple(Try("small", "timeout", "late", 1, charged=True) for _ in range(doubtful))
        taken = sum(self.random.randrange(worst.cost + 1) for _ in range(doubtful))
        if doubtful == TRIES or self.random.random() < 0.2:
            return CallFailed("timeout", "late", tries), taken
        cost = self.random.randrange(worst.cost + 1)
        usage = Usage(self.random.randrange(worst.tokens), 0)
        return Answer("small", "yes", None, "stop", usage, cost, 1, tries=tries), taken + cost

    def leave(self) -> None:
        """The run is left: nobody knows what came of what was under way."""
        for _, who, _, worst in self.under_way:
            self.charged[who] += self.random.randrange(TRIES * worst.cost + 1)
        self.under_way.clear()
        tx = self.begin()
        self.gate.lose(tx)
        tx.commit()

    def spend(self) -> None:
        """Somebody gives away what is free, or spends it on something else."""
        who, other = self.random.sample(PAYERS, 2)
        tx = self.begin()
        free = ledger.balance(tx, who, LLM).available
        amount = self.random.randrange(free + 1)
        if amount:
            assert ledger.transfer(tx, LLM, who, other, amount, "gift") is None
            self.given[who] -= amount
            self.given[other] += amount
            tx.commit()

    def check(self) -> None:
        """The laws: no balance below zero, nothing beyond the cap, and never less taken than a provider took."""
        tx = self.begin()
        for who in PAYERS:
            row = ledger.balance(tx, who, LLM)
            taken = budget.spending(tx, who, LLM).spent
            assert row.available >= 0
            assert row.held >= 0
            assert row.available + row.held + taken == self.given[who]
            assert taken >= self.charged[who]
        reserved = sum(call.most for call in self.state.model_calls.rows.values())
        assert budget.spending(tx, ent.ISSUANCE, LLM).spent + reserved <= CAP
        assert budget.drawn(tx, LLM) <= CAP
        ledger.check_conservation(self.state)


def test_no_schedule_of_questions_spends_beyond_a_balance_or_the_cap() -> None:
    asked = lost = 0
    for seed in range(SCHEDULES):
        world = World(seed)
        for _ in range(12):
            rolled = world.random.random()
            if rolled < 0.45:
                world.race()
            elif rolled < 0.85:
                world.answer()
            elif rolled < 0.97:
                world.spend()
            else:
                lost += len(world.under_way)
                world.leave()
            asked += len(world.under_way)
            world.check()
    assert asked > SCHEDULES
    assert lost > 50


def _asks(name: str) -> str:
    call = "{'action': 'invoke', 'artifact': 'oracle', 'method': 'ask',"
    call += " 'args': {'text': self_id, 'times': 1 + n % 3}, 'budget': 4_000}"
    source = f"found = 0\nfor n in range(4):\n    try:\n        act({call})\n        call_llm('mine')\n"
    return program(name, source + f"    except RuntimeError:\n        found = n\n{KEEP}", 9_000, delay="3ms")


@pytest.mark.parametrize("seed", range(6))
async def test_thoughts_and_calls_at_the_same_time_keep_the_law_and_are_told_again(tmp_path: Path, seed: int) -> None:
    """Answers come in any order, and the run is left twice with questions under way."""
    path = tmp_path / "r.db"
    chance = random.Random(seed)
    charged = 0

    async def model(request: Request) -> Answer | CallFailed:
        nonlocal charged
        for _ in range(chance.randrange(60)):
            await asyncio.sleep(0)
        cost = chance.randrange(300)
        charged += cost
        if chance.random() < 0.2:
            return CallFailed("timeout", "late", (Try("small", "timeout", "late", 1, charged=True),))
        text = '{"why": "because", "action": {"action": "noop"}}' if request.schema is not None else "yes"
        return Answer("small", text, None, "stop", Usage(20, 5), cost, 1)

    thinkers = (thinker("tom", 60_000, delay="5ms"), thinker("tim", 60_000, delay="7ms"))
    loaded = callers(*thinkers, *map(_asks, ("ada", "bob", "cat")), TOOL)
    given = 2 * 60_000 + 3 * 9_000

    def law(engine: Engine) -> None:
        held = sum(call.most for call in engine.machine.state.model_calls.rows.values())
        assert spent(engine) + held <= given
        rows = engine.machine.state.balances.rows
        assert all(row.available >= 0 and row.held >= 0 for (who, _), row in rows.items() if who != ent.ISSUANCE)

    scale = None if seed % 2 else 1_000.0
    for place, actions in enumerate((4, 8, 60)):
        limits = Limits(duration=60_000_000 if place == 2 else None, actions=actions)
        options = driven(model, limits, scale)
        engine = await (Engine.open(path, options) if place else Engine.create(loaded, path, options))
        engine.followers.append(lambda _, at=engine: law(at))  # type: ignore[misc]
        await engine.run()
        law(engine)
        if place == 2:
            assert spent(engine) >= charged
        durable = await engine.close()
    assert verify(path).ok
    again = await rerun(path)
    assert (again.ok, again.rerun) == (True, durable.hash)
