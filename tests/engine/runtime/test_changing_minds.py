"""The operator gives an agent another prompt or another model while it thinks."""

import asyncio
from pathlib import Path

import pytest

import engine.operator as op
from engine.kernel.entities import SECOND
from engine.operator import Query
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.view.model_types import ThoughtRow, ThoughtView
from engine.view.types import Page, Topic
from engine.worldfile import LoadedWorld
from engine.worldfile.loader import load_text
from tests.engine.runtime.thinkers import BUDGET, MODEL, Hanging, Model, babble, begin, broke, says, thinker
from tests.engine.runtime.worlds import HEAD, agent, until

GIFT = {"action": "invoke", "artifact": "genesis_ledger", "method": "transfer", "args": {"to": "bob", "amount": 7}}


def two_models() -> LoadedWorld:
    other = MODEL.replace("models.small", "models.large").replace("openai/small", "openai/large")
    return load_text(HEAD + BUDGET + MODEL + other + thinker("ann") + agent("bob", "busy", delay="100s"), "two.toml")


async def test_another_model_holds_from_the_next_thought_on_and_voids_the_one_under_way() -> None:
    model = Hanging()
    engine = begin(two_models(), model)
    running = asyncio.ensure_future(engine.run())
    await until(lambda: bool(model.futures))
    ack = await engine.command(op.SetModel("ann", "large"), "olga")
    assert (ack.ok, ack.message) == (True, "ann thinks with large from its next thought on")
    model.futures[0].set_result(says(GIFT))
    await until(lambda: len(model.futures) == 2)
    assert [request.model for request in model.asked] == ["small", "large"]
    assert engine.machine.state.balances.rows["bob", "scrip"].available == 100, "what was decided before is void"
    page = engine.snapshot(Query(Topic.THOUGHTS, key="ann")).data
    assert isinstance(page, Page)
    assert [(row.state, row.model) for row in page.rows] == [("thinking", "large"), ("void", "small")]
    engine.runner.stop("enough")
    await running
    await engine.close()


@pytest.mark.parametrize(
    ("command", "says_so"),
    [
        (op.SetModel("ann", "huge"), "this world has no model 'huge'; there are: small, large"),
        (op.SetModel("ann", "small"), "ann thinks with small already"),
        (op.SetModel("bob", "large"), "bob has the mind 'busy', which asks no language model"),
        (op.SetModel("eve", "large"), "there is no agent 'eve'"),
        (op.Configure("ann", params={"model": "huge"}), "this world has no model 'huge'; there are: small, large"),
        (op.Configure("bob", mind="llm", params={"model": "huge"}), "this world has no model 'huge'"),
    ],
)
async def test_what_cannot_be_is_refused_with_what_would_be_right(command: op.Command, says_so: str) -> None:
    engine = begin(two_models(), Model(), Limits(duration=SECOND))
    await engine.run()
    ack = await engine.command(command, "olga")
    assert not ack.ok
    assert says_so in ack.message


async def test_a_thought_is_shown_with_the_prompt_that_it_was_asked_with() -> None:
    engine = begin(two_models(), Model([says(GIFT)]), Limits(duration=SECOND // 2 * 3))
    await engine.run()
    page = engine.snapshot(Query(Topic.THOUGHTS, key="ann")).data
    assert isinstance(page, Page)
    first = page.rows[-1]
    assert (first.state, first.action) == ("decided", "genesis_ledger.transfer(to bob, amount 7)")
    view = engine.snapshot(Query(Topic.THOUGHT, key=first.call)).data
    assert isinstance(view, ThoughtView)
    assert view.prefix_known
    assert any("You are a merchant." in text for _, text in view.prefix)
    assert view.told


async def test_older_thoughts_are_read_from_the_file_and_are_what_they_were(tmp_path: Path) -> None:
    path = tmp_path / "r.db"
    loaded = two_models()
    engine = await Engine.create(loaded, path, Options(ask=Model([babble(), says(GIFT), broke()])))
    engine.runner.limits = Limits(duration=40 * SECOND)
    await engine.run()
    live = [engine.snapshot(Query(Topic.THOUGHT, key=row.call)).data for row in rows_of(engine)]
    await engine.close()
    engine = await Engine.open(path, Options(ask=Model()))
    try:
        assert await engine.thoughts("bob", 2**62) == ()
        found: list[object] = []
        before = 2**62
        while older := await engine.thoughts("ann", before):
            found += older
            before = older[-1].row.seq
        assert found == live
        assert len(found) > 30, "more than are read at one time"
    finally:
        await engine.close()


def rows_of(engine: Engine) -> tuple[ThoughtRow, ...]:
    page = engine.snapshot(Query(Topic.THOUGHTS, key="ann", count=2_000)).data
    assert isinstance(page, Page)
    return page.rows
