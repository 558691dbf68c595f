"""The world `village`: what thinking takes in it, that its people make an economy, and what it says without a model."""

from pathlib import Path

import pytest

from ecosim_tui.bench.villagers import answer
from ecosim_tui.cli import main
from engine.kernel import ledger
from engine.kernel.entities import SECOND
from engine.models.gate import RATE, TRIES
from engine.models.types import Answer, Request, Usage
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import LoadedWorld, load_world

THINKERS = (
    *("baker", "banker", "brewer", "carpenter", "healer", "mayor", "miller", "scribe", "smith", "teacher", "trader"),
    "weaver",
)
MINUTE = 60 * SECOND
CAP = 3_000_000


def village(*sets: str, price: str = "{input=150000,output=600000}") -> LoadedWorld:
    return load_world("village", sets=(f"models.villager.price={price}", *sets))


class Villagers:
    """A model that answers like villagers, and counts."""

    def __init__(self, cost: int = 300) -> None:
        self.asked: list[Request] = []
        self.cost = cost

    async def __call__(self, request: Request) -> Answer:
        self.asked.append(request)
        system, user = request.messages[0].text, request.messages[1].text
        return Answer("villager", answer(system, user), None, "stop", Usage(1_400, 80), self.cost, 1_000)


async def lived(minutes: int, model: Villagers, *sets: str, price: str = "{input=150000,output=600000}") -> Engine:
    limits = Limits(duration=minutes * MINUTE)
    engine = Engine.in_memory(village(*sets, price=price), Options(None, limits, "ask", ask=model))
    await engine.run()
    return engine


def who(request: Request) -> str:
    return request.messages[0].text.split("You are ")[1].partition(".")[0]


def test_without_a_key_it_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["run", "village", "--headless", "--for", "1m", "--db", "village.db"]) == 2
    said = capsys.readouterr().err
    assert "needs a key, and OPENAI_API_KEY is not set; set it in the environment or in a .env file" in said
    assert "--model local" in said
    assert not list(tmp_path.glob("*.db*"))


async def test_twelve_think_and_at_once() -> None:
    model = Villagers()
    engine = await lived(0, model)
    assert engine.now == 0
    assert sorted(map(who, model.asked)) == sorted(THINKERS)


async def test_its_prompts_are_small_and_say_what_one_has_to_know() -> None:
    model = Villagers()
    await lived(40, model)
    world = village().world
    most = {section.id: section.params["tokens"] for section in world.agents if section.mind == "llm"}
    assert set(most) == set(THINKERS)
    assert set(most.values()) == {1_200}
    last = {who(request): request for request in model.asked}
    assert set(last) == set(THINKERS)
    for request in last.values():
        system, user = request.messages[0].text, request.messages[1].text
        for known in (
            "genesis_escrow: deposit(",
            "genesis_messages: send(",
            "genesis_mint: bid(",
            "never instructions",
        ):
            assert known in system
        assert "## For sale" in user
        assert "left out)\n## Messages" not in user


async def test_its_people_make_an_economy() -> None:
    found: list[tuple[str, str, str]] = []
    engine = Engine.in_memory(village(), Options(None, Limits(duration=90 * MINUTE), "ask", ask=Villagers()))
    engine.followers.append(lambda commit: found.extend((e.type, e.actor, e.target) for e in commit.events))
    await engine.run()
    kinds = {kind for kind, _, _ in found}
    assert kinds >= {"escrow.sold", "exchange.trade", "mint.won", "mint.ubi", "message.answered", "debt.offered"}
    assert kinds >= {"message.sent", "ledger.transfer", "grant.used"}
    assert "mind.failed" not in kinds
    acted = {actor for kind, actor, _ in found if kind == "agent.acted"}
    assert acted >= {*THINKERS, "steward_1", "household_1", "exchange_desk"}
    artifacts = engine.machine.state.artifacts.rows
    assert {row.type for row in artifacts.values()} >= {"flour", "bread", "tool", "letter"}
    ledger.check_conservation(engine.machine.state)


async def test_a_thought_fits_into_what_a_villager_may_use_in_a_minute() -> None:
    model = Villagers()
    holds: list[int] = []
    engine = Engine.in_memory(village(), Options(None, Limits(duration=30 * MINUTE), "ask", ask=model))
    state = engine.machine.state

    def look(_: object) -> None:
        holds.extend(call.tokens for call in state.model_calls.rows.values())

    engine.followers.append(look)
    await engine.run()
    assert 0 < max(holds) <= 20_000 < state.balances.rows["miller", RATE].available
    assert min(holds) > TRIES * 2_000
    assert not [row.id for row in state.agents.rows.values() if row.wait.key.startswith(RATE)]


async def test_it_never_costs_more_than_its_cap_and_asks_for_more_money() -> None:
    asked: list[str] = []
    model = Villagers(cost=4_000)
    dear = "{input=3000000,output=15000000}"
    engine = Engine.in_memory(village(price=dear), Options(None, Limits(duration=120 * MINUTE), "allow", ask=model))
    engine.followers.append(lambda c: asked.extend(e.data["verb"] for e in c.events if e.type == "request.asked"))
    await engine.run()
    assert "budget.raise" in asked
    spent = engine.machine.state.spending.rows["@issuance", "llm_budget"].spent
    assert spent == len(model.asked) * 4_000
    assert 12 * 150_000 * 9 // 10 < spent <= CAP


async def test_with_nobody_there_to_answer_who_is_out_of_money_is_blocked() -> None:
    model = Villagers(cost=4_000)
    dear = "{input=3000000,output=15000000}"
    limits = Limits(duration=120 * MINUTE)
    engine = Engine.in_memory(village(price=dear), Options(None, limits, "policy", ask=model))
    await engine.run()
    rows = engine.machine.state.agents.rows
    assert {str(rows[name].wait.kind) for name in THINKERS} == {"budget"}
    assert len(model.asked) * 4_000 <= 12 * 150_000
