"""Escrow in a world that runs: agents are sold while they think, and what time ends survives a restart."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from engine.kernel.actions import Action, Invoke, Noop, Sleep, Write
from engine.kernel.entities import SECOND, Json
from engine.minds.observation import Observation
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.verify import verify
from tests.engine.runtime.worlds import Script, Slow, agent, begin, install, until, world

WISHES: Json = {"agent": "ann", "prompt": "work for ben", "think_delay": 2 * SECOND}


def escrow(method: str, **args: object) -> Invoke:
    return Invoke("genesis_escrow", method, dict(args))


def by_price(lot: list[str]) -> tuple[Action, Sequence[Action]]:
    """How ann sells itself, and how ben buys."""
    return escrow("deposit", artifacts=lot, price=40), [escrow("purchase", sale=1, max_price=40)]


def by_auction(lot: list[str]) -> tuple[Action, Sequence[Action]]:
    bids: list[Action] = [escrow("bid", sale=1, amount=40), Sleep(event="escrow.delivered@ben")]
    return escrow("auction", artifacts=lot, duration=5 * SECOND), bids


def by_falling_price(lot: list[str]) -> tuple[Action, Sequence[Action]]:
    return escrow("dutch_auction", artifacts=lot, start=40, floor=40), [escrow("purchase", sale=1)]


def by_arbiter(lot: list[str]) -> tuple[Action, Sequence[Action]]:
    paid = [escrow("purchase", sale=1), escrow("release", sale=1)]
    return escrow("deposit", artifacts=lot, price=40, arbiter="cyd", fee=5), paid


@pytest.mark.parametrize(
    "lot", [["ann"], ["ann", "memory.ann"], ["memory.ann", "data.1", "ann"]], ids=["alone", "both", "all"]
)
@pytest.mark.parametrize("way", [by_price, by_auction, by_falling_price, by_arbiter])
async def test_an_agent_is_sold_while_it_thinks_and_the_thought_is_void_under_its_buyers_wishes(
    monkeypatch: pytest.MonkeyPatch, way: object, lot: list[str]
) -> None:
    assert callable(way)
    offer, buying = way(lot)
    ann = Slow(Write("what ann has learnt"))
    configure = Invoke("genesis_agents", "configure", WISHES)
    ben = Script([Sleep(event="agent.acted"), Sleep(event="agent.acted"), *buying, configure, Sleep()])
    install(monkeypatch, ann=ann, ben=ben, cyd=Script([Sleep()]))
    people = (agent("ann"), agent("ben"), agent("cyd", delay="100s"))
    engine = Engine.in_memory(world(*people), Options(10_000.0, Limits(), "ask"))
    told: list[tuple[str, str, Json]] = []
    engine.followers.append(lambda commit: told.extend((e.type, e.actor, e.data) for e in commit.events))
    task = asyncio.ensure_future(engine.run())
    state = engine.machine.state

    async def thinks(count: int) -> None:
        await until(lambda: len(ann.futures) == count, 1_000_000)

    await thinks(1)
    ann.answer()  # it makes what may be sold with it
    await thinks(2)
    ann.action = offer
    ann.answer()
    await thinks(3)  # this thought begins before the sale, and goes on while it is sold
    await until(lambda: any(type_ == "artifact.written" for type_, _, _ in told), 1_000_000)
    assert [state.artifacts.rows[one].controller for one in lot] == ["ben"] * len(lot)
    assert (state.balances.rows["ann", "scrip"].available, state.balances.rows["ben", "scrip"].available) == (140, 60)
    ann.action = Noop()
    ann.answer()
    await thinks(4)
    assert [data["why"] for type_, actor, data in told if (type_, actor) == ("thought.void", "ann")] == [
        "the configuration has changed since"
    ]
    assert [seen["prompt"] for _, seen in ann.asked] == ["", "", "", "work for ben"]
    assert orjson.loads(state.contents.rows["ann"].text)["think_delay"] == 2 * SECOND
    before = state.agents.rows["ann"].steps
    ann.answer()
    await until(lambda: state.agents.rows["ann"].steps > before, 1_000_000)  # it goes on
    engine.runner.stop("test")
    await task
    await engine.close()


def traders() -> dict[str, Script]:
    """Ann auctions, Ben and Cyd bid, and a listing of Ann's runs out; everything ends by the clock."""
    make: list[Action] = [Write("a tale"), Write("another"), Write("a third")]
    sell: list[Action] = [
        escrow("auction", artifact="data.1", duration=20 * SECOND, extension=4 * SECOND),
        escrow("deposit", artifact="data.2", price=9, duration=15 * SECOND),
        escrow("deposit", artifact="data.3", price=9, arbiter="cyd", decide_within=18 * SECOND, on_silence="release"),
        Sleep(),
    ]
    bids: list[Action] = [escrow("bid", sale=1, amount=10), escrow("purchase", sale=3), Sleep()]
    return {
        "ann": Script([*make, *sell]),
        "ben": Script([Sleep(duration=9 * SECOND), *bids]),
        "cyd": Script([Sleep(duration=21 * SECOND), escrow("bid", sale=1, amount=12), Sleep()]),
    }


@pytest.mark.parametrize("left_at", [9, 12, 18, 23])
async def test_a_run_goes_on_where_it_was_with_its_sales_and_comes_to_the_same_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left_at: int
) -> None:
    install(monkeypatch, **traders())
    loaded = world(agent("ann"), agent("ben"), agent("cyd"))
    path = tmp_path / "run.db"
    engine = await Engine.create(loaded, path, Options(None, Limits(duration=left_at * SECOND), "policy"))
    await engine.run()
    await engine.close()
    engine = await Engine.open(path, Options(None, Limits(duration=60 * SECOND), "policy"))
    open_ = engine.machine.state
    assert len(open_.auctions.rows) + len(open_.listings.rows) + len(open_.arbitrations.rows) > 0
    await engine.run()
    await engine.close()
    install(monkeypatch, **traders())
    whole = begin(loaded, limits=Limits(duration=60 * SECOND), approvals="policy")
    ends: list[tuple[int, str]] = []
    kinds = ("escrow.sold", "escrow.expired", "escrow.delivered")
    whole.followers.append(lambda c: ends.extend((c.at // SECOND, e.type) for e in c.events if e.type in kinds))
    await whole.run()
    assert whole.journal.durable.hash == engine.journal.durable.hash
    assert [type_ for _, type_ in ends] == [
        "escrow.expired",
        "escrow.sold",
        "escrow.delivered",
        "escrow.sold",
        "escrow.delivered",
    ]
    state = engine.machine.state
    owners = [state.artifacts.rows[f"data.{n}"].controller for n in (1, 2, 3)]
    assert owners == ["cyd", "ann", "ben"]
    assert not state.escrowed.rows
    assert verify(path).ok
    assert (await rerun(path)).ok


async def test_at_the_instant_at_which_a_sale_ends_it_ends_before_anybody_acts(monkeypatch: pytest.MonkeyPatch) -> None:
    def to_the_end(observation: Observation) -> Action:
        return Sleep(duration=observation.auctions()[0].ends_at - observation.now)

    late = Script([Sleep(event="escrow.auctioned"), to_the_end, escrow("bid", sale=1, amount=9), Sleep()])
    early = Script([Sleep(event="escrow.auctioned"), escrow("bid", sale=1, amount=5), Sleep()])
    install(
        monkeypatch,
        ann=Script([Write("a tale"), escrow("auction", artifact="data.1", duration=9 * SECOND), Sleep()]),
        ben=early,
        cyd=late,
    )
    engine = begin(world(agent("ann"), agent("ben"), agent("cyd")), limits=Limits(duration=30 * SECOND))
    await engine.run()
    assert engine.machine.state.artifacts.rows["data.1"].controller == "ben"
    (refused,) = [seen for seen in late.seen if seen["result"].get("refused")]
    assert refused["result"]["refused"] == "not_for_sale"
