"""The market, the mint, the artifacts, the ledger and the key figures."""

from typing import Any

import engine.kernel.entities as ent
from engine.kernel import ledger
from engine.view.escrow_types import EscrowView, SaleRow
from engine.view.types import ArtifactView, KpiView, LedgerView, MarketView, MintResult, MintView, Topic, WealthView
from engine.worldfile.schema import MintSection
from tests.engine.view.view_kit import SECOND, HandMade, artifact


def _order(world: HandMade, number: int, side: str, price: int, quantity: int) -> None:
    order = ent.Order(number, "alice", "cpu_rate", side, price, quantity, quantity, number, None, world.state.now)
    world.commit(lambda tx: tx.put(tx.state.orders, order))


def _market(world: HandMade) -> MarketView:
    view = world.data(Topic.MARKET)
    assert isinstance(view, MarketView)
    return view


def _sales(world: HandMade) -> tuple[SaleRow, ...]:
    view = world.data(Topic.ESCROW)
    assert isinstance(view, EscrowView)
    return view.sales


def _list(world: HandMade, sale: int, artifact: str, price: int) -> None:
    row = ent.Listing(sale, "alice", (artifact,), price, None, None, 0, 0, "", world.state.now, None)

    def put(tx: Any) -> None:
        tx.put(tx.state.listings, row)
        tx.put(tx.state.escrowed, ent.Escrowed(artifact, sale, "alice"))

    world.commit(put)


def _ledger(world: HandMade, **query: Any) -> LedgerView:
    view = world.data(Topic.LEDGER, **query)
    assert isinstance(view, LedgerView)
    return view


def test_a_book_shows_its_depth_best_first_its_spread_and_its_tape() -> None:
    world = HandMade()
    world.commit(lambda tx: tx.put(tx.state.instruments, ent.Instrument("cpu_rate", True, 7, 5, 30, 210)))
    for number, (side, price, quantity) in enumerate(
        [("buy", 4, 10), ("buy", 5, 1), ("buy", 5, 2), ("sell", 8, 6), ("sell", 9, 7)], 1
    ):
        _order(world, number, side, price, quantity)
    for price in (6, 7):
        sides = {"buyer": "bob", "seller": "alice"}
        world.tell("exchange.trade", "bob", "alice", instrument="cpu_rate", price=price, quantity=15, **sides)
    (view,) = _market(world).instruments
    assert (view.id, view.unit, view.halted, view.last_price) == ("cpu_rate", "CPU-µs", True, 7)
    assert (view.volume, view.turnover, view.spread) == (30, 210, 3)
    assert view.bids == ((5, 3, 2), (4, 10, 1))
    assert view.asks == ((8, 6, 1), (9, 7, 1))
    assert [trade[1:] for trade in view.tape] == [(7, 15, "bob", "alice"), (6, 15, "bob", "alice")]


def test_a_one_sided_book_has_no_spread() -> None:
    world = HandMade()
    world.commit(lambda tx: tx.put(tx.state.instruments, ent.Instrument("cpu_rate", False, None, None, 0, 0)))
    _order(world, 1, "buy", 4, 10)
    assert _market(world).instruments[0].spread is None


def test_what_is_for_sale_is_listed_newest_first_and_priced_in_the_table_of_artifacts() -> None:
    world = HandMade()
    for name, price in (("data.1", 30), ("data.2", 20), ("data.3", None)):
        world.commit(lambda tx, name=name: tx.put(tx.state.artifacts, artifact(name, "alice", type="essay")))  # type: ignore[misc]
        if price is not None:
            _list(world, int(name[-1]), name, price)
    assert [(row.id, row.parts[0].artifact, row.parts[0].type, row.price) for row in _sales(world)] == [
        (2, "data.2", "essay", 20),
        (1, "data.1", "essay", 30),
    ]
    rows = world.page(Topic.ARTIFACTS, sort="price").rows
    assert [(row.id, row.price) for row in rows] == [("data.2", 20), ("data.1", 30), ("data.3", None)]

    def sold(tx: Any) -> None:
        tx.delete(tx.state.listings, 2)
        tx.delete(tx.state.escrowed, "data.2")

    world.commit(sold)
    assert [row.id for row in _sales(world)] == [1]
    assert [row.id for row in world.page(Topic.ARTIFACTS, sort="price").rows] == ["data.1", "data.2", "data.3"]


def test_artifacts_come_and_go_in_a_filtered_table() -> None:
    world = HandMade()
    for name in ("data.1", "data.2", "tool.1"):
        world.commit(lambda tx, name=name: tx.put(tx.state.artifacts, artifact(name, "alice")))  # type: ignore[misc]
    assert world.page(Topic.ARTIFACTS, filter="data.").matching == 2
    world.commit(lambda tx: tx.delete(tx.state.artifacts, "data.1"))
    page = world.page(Topic.ARTIFACTS, filter="data.", sort="size")
    assert ([row.id for row in page.rows], page.matching, page.total) == (["data.2"], 1, 2)


def test_one_artifact_whole() -> None:
    world = HandMade()
    tool = artifact("tool.1", "alice", access=("gone", "genesis_public"), interface={"tools": []}, metadata={"a": 1})
    for row in (tool, artifact("genesis_public", "x"), artifact("data.1", "bob", access=("tool.1",))):
        world.commit(lambda tx, row=row: tx.put(tx.state.artifacts, row))  # type: ignore[misc]
    world.commit(lambda tx: tx.put(tx.state.contents, ent.Content("tool.1", "[red]" + "x" * 30_000)))
    world.tell("escrow.sold", "bob", "alice", artifacts=["tool.2", "tool.1"], price=3, buyer="bob", seller="alice")
    world.tell("artifact.written", "alice", "data.9", size=3)
    view = world.data(Topic.ARTIFACT, key="tool.1")
    assert isinstance(view, ArtifactView)
    assert (view.row.id, view.dangling, view.governs) == ("tool.1", ("gone",), 1)
    assert (view.interface, view.metadata) == ('{\n  "tools": []\n}', '{\n  "a": 1\n}')
    assert view.content.startswith("[red]xxx")
    assert len(view.content) == 20_000
    assert [row.text for row in view.history] == ["bob bought tool.2 and 1 more from alice for 3 scrip"]


def test_the_mint_shows_sealed_bids_the_next_time_and_past_rounds_with_reasons() -> None:
    world = HandMade(mint=MintSection.model_validate({"every": "60s", "slots": 2, "ratio": 5}))
    won: ent.Json = {"bid": 1, "bidder": "alice", "artifact": "data.1", "amount": 9}
    won |= {"score": 57, "minted": 11, "paid": 3, "reasons": ["long"]}
    lost = {"bid": 2, "bidder": "bob", "artifact": "data.2", "score": None, "minted": 0, "paid": 0, "reasons": ["gone"]}

    def fill(tx: Any) -> None:
        tx.put(tx.state.clocks, ent.Clock("mint", 60 * SECOND, 120 * SECOND, 1, 1))
        tx.put(tx.state.counters, ent.Counter("mint_round", 2))
        tx.put(tx.state.mint_rounds, ent.MintRound(1, 50, 0, 0, 0, 0, ()))
        tx.put(tx.state.mint_rounds, ent.MintRound(2, 60, 2, 3, 11, 3, (won, lost)))
        tx.put(tx.state.bids, ent.Bid(3, "carol", "data.3", 1, 25, 9, 70))

    world.commit(fill)
    view = world.data(Topic.MINT)
    assert isinstance(view, MintView)
    assert (view.next_at, view.slots, view.ratio) == (120 * SECOND, 2, 5)
    assert view.bids == ((3, "carol", "data.3", 25, 70),)
    assert (view.cron, view.reserve, view.losers, view.scorer) == ("", 0, "refund", "rules")
    assert [round_.round for round_ in view.rounds] == [2, 1]
    assert view.rounds[0].results == (
        MintResult("alice", "data.1", 9, 57, 11, 3, ("long",)),
        MintResult("bob", "data.2", None, None, 0, 0, ("gone",)),
    )


def test_the_ledger_adds_up_what_there_is_of_each_asset() -> None:
    world = HandMade()
    world.agent("alice", 40)
    world.agent("bob", 60)
    world.commit(lambda tx: ledger.reserve(tx, ent.SCRIP, "alice", 15, "order"))
    world.give("bob", "alice", 1)
    view = _ledger(world, count=2)
    assert view.assets == (
        ("cpu_rate", "renewable", 2_000, 2_000, 0),
        ("disk", "allocatable", 1_000, 1_000, 0),
        ("scrip", "scrip", 100, 85, 15),
    )
    assert view.accounts == (("alice", "cpu_rate", 1_000, 0), ("alice", "disk", 500, 0))
    assert (view.matching, view.total) == (6, 6)
    assert view.postings[0][2:] == ("scrip", "bob", "alice", 1, "gift")
    assert _ledger(world, filter="scrip", sort="available").accounts == (
        ("alice", "scrip", 26, 15),
        ("bob", "scrip", 59, 0),
    )


def test_a_large_ledger_is_added_up_once_a_second() -> None:
    world = HandMade()
    world.agent("alice")
    world.commit(lambda tx: [ledger.issue(tx, ent.SCRIP, f"account_{n}", 1, "genesis") for n in range(2_001)])
    assert _ledger(world).assets[2][3] == 2_101
    world.commit(lambda tx: ledger.issue(tx, ent.SCRIP, "alice", 9, "mint"))
    assert _ledger(world).assets[2][3] == 2_101
    assert _ledger(world, filter="alice\nscrip").accounts == (("alice", "scrip", 109, 0),)  # what is shown is of now
    world.seconds.go(1.0)
    assert _ledger(world).assets[2][3] == 2_110


def test_key_figures_are_series_without_the_running_totals() -> None:
    world = HandMade()
    empty = KpiView(0, (), window=60_000_000, wealth=WealthView(0, 0, (), ()))
    assert world.data(Topic.KPIS) == empty
    world.tell("kpi.sample", gini=0.25, agents_active=3, total_actions=9, actions_per_second=1)
    world.tell("kpi.sample", gini=None, agents_active=2, total_actions=12, actions_per_second=2, price_cpu_rate=7)
    view = world.data(Topic.KPIS)
    assert isinstance(view, KpiView)
    assert view.at == world.state.now
    assert [(s.name, s.unit, s.value, s.history) for s in view.series] == [
        ("gini", "0–1", None, (0.25, None)),
        ("agents_active", "agents", 2.0, (3.0, 2.0)),
        ("actions_per_second", "1/s", 2.0, (1.0, 2.0)),
        ("price_cpu_rate", "scrip", 7.0, (None, 7.0)),
    ]


def test_trends_look_back_by_the_window_or_to_the_sample_before() -> None:
    world = HandMade()
    for value, after in ((1, 1), (5, 1), (5, 30), (2, 90)):
        world.commit(lambda tx, value=value: tx.emit("kpi.sample", "", "", gini=value), after=after * SECOND)  # type: ignore[misc]
        view = world.data(Topic.KPIS)
        assert isinstance(view, KpiView)
        expected = {1: "", 5: "rising", 2: "falling"}[value]
        assert view.series[0].trend == expected
