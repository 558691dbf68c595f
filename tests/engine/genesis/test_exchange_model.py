"""The exchange against a naive one: any stream of orders of all kinds, cancels and expiries, under any rules.

The naive one matches a lot at a time on a list, and works out what everybody has from what each order has traded.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.genesis.orders import expire
from engine.kernel.book import BookOrder, OrderKind, SelfTrade, Side, Taker
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from tests.engine.genesis.tiny import AGENTS, FILE, Tiny
from tests.kernel.test_book import expect_same, naive_match

CPU = "cpu_rate"
KINDS = {"limit": OrderKind.LIMIT, "post": OrderKind.LIMIT, "market": OrderKind.MARKET, "ioc": OrderKind.IOC,
         "fok": OrderKind.FOK}  # fmt: skip
Trade = tuple[str, str, int, int]
"""Buyer, seller, price, quantity."""


@dataclass
class Naive:
    """Orders on a list, trades on another, and the exact fee that each order owes."""

    tick: int
    lot: int
    maker_fee: int
    taker_fee: int
    mode: SelfTrade
    orders: list[BookOrder] = field(default_factory=list)
    ends: dict[int, int | None] = field(default_factory=dict)
    trades: list[Trade] = field(default_factory=list)
    owed: dict[tuple[str, int], Fraction] = field(default_factory=dict)

    def place(self, number: int, who: str, args: Json, scrip: int) -> None:
        """What an order that was taken does."""
        side, kind, limit = Side(args["side"]), KINDS[args["kind"]], args.get("limit")
        budget = None
        if kind is OrderKind.MARKET and side is Side.BUY:
            budget = max(b for b in range(scrip + 1) if b + ceil(Fraction(b * self.taker_fee, 10_000)) <= scrip)
        found = naive_match(self.orders, Taker(who, side, args["quantity"], limit, kind, self.mode, budget, self.lot))
        for fill in found.fills:
            pair = (who, fill.maker_principal)
            buyer, seller = pair if side is Side.BUY else pair[::-1]
            self.trades.append((buyer, seller, fill.price, fill.quantity))
            value = fill.price * fill.quantity
            self.owe(who, number, value * self.taker_fee)
            self.owe(fill.maker_principal, fill.maker_id, value * self.maker_fee)
            next(order for order in self.orders if order.id == fill.maker_id).remaining -= fill.quantity
        self.orders = [order for order in self.orders if order.remaining and order.id not in found.cancelled]
        if found.rests:
            self.orders.append(BookOrder(number, who, side, int(limit or 0), found.remaining))
            self.ends[number] = args.get("expires_at")

    def owe(self, who: str, number: int, fee: int) -> None:
        self.owed[who, number] = self.owed.get((who, number), Fraction(0)) + Fraction(fee, 10_000)

    def take_out(self, number: int) -> None:
        self.orders = [order for order in self.orders if order.id != number]

    def has(self, who: str, scrip: int, units: int) -> tuple[int, int]:
        """Scrip and units of a principal, from what it began with and all that it has traded."""
        for buyer, seller, price, quantity in self.trades:
            sign = (who == buyer) - (who == seller)
            scrip, units = scrip - sign * price * quantity, units + sign * quantity
        paid = sum(ceil(fee) for (payer, _), fee in self.owed.items() if payer == who)
        earned = sum(ceil(fee) for fee in self.owed.values()) if who == "carol" else 0
        return scrip - paid + earned, units


@st.composite
def rules(draw: st.DrawFn) -> Naive:
    rates = st.sampled_from([0, 0, 7, 250, 3_333])
    tick, lot = draw(st.sampled_from([1, 1, 4])), draw(st.sampled_from([1, 1, 3]))
    return Naive(tick, lot, draw(rates), draw(rates), draw(st.sampled_from(SelfTrade)))


TURN = st.tuples(
    st.sampled_from(AGENTS),
    st.sampled_from(["buy", "sell"]),
    st.sampled_from(["limit", "limit", "limit", "post", "market", "ioc", "fok"]),
    st.integers(1, 12),
    st.integers(1, 9),
    st.none() | st.integers(1, 8),
    st.none() | st.integers(1, 40),
)
TURNS = st.integers(1, 40).flatmap(lambda size: st.lists(TURN, min_size=size, max_size=size))


def order(naive: Naive, now: int, turn: tuple[Any, ...]) -> Json:
    _, side, kind, quantity, limit, lasts, _ = turn
    args: Json = {"instrument": CPU, "side": side, "kind": kind, "quantity": quantity * naive.lot}
    if kind != "market":
        args["limit"] = limit * naive.tick
    if lasts is not None and kind in ("limit", "post"):
        args["expires_at"] = now + lasts
    return args


def pass_time(world: Tiny, naive: Naive) -> None:
    """One unit of time passes, and orders whose time is over end, in the order of their numbers."""
    world.now += 1
    for number in sorted(one.id for one in naive.orders if naive.ends[one.id] == world.now):
        tx = world.begin()
        expire(tx, number)
        world.commit(tx)
        naive.take_out(number)


@settings(max_examples=60)
@given(rules(), TURNS)
def test_it_is_equal_to_a_naive_exchange(naive: Naive, turns: list[tuple[Any, ...]]) -> None:
    market = {"tick": naive.tick, "lot": naive.lot, "self_trade": naive.mode.value}
    fees = {"maker_fee": naive.maker_fee, "taker_fee": naive.taker_fee, "fee_to": "carol"}
    world = Tiny({**FILE, "exchange": {"instruments": [CPU], "markets": {CPU: market}, **fees}})
    for turn in turns:
        pass_time(world, naive)
        who, cancel = turn[0], turn[-1]
        args, scrip = order(naive, world.now, turn), world.has(who)[0]
        done = world.call(who, "genesis_exchange.place", **args)
        if not isinstance(done, Refusal):
            naive.place(done["order"], who, args, scrip)
        else:
            assert done.code in ("insufficient_funds", "would_trade")
        if cancel is not None:
            there = any(one.id == cancel and one.principal == who for one in naive.orders)
            for expected in (there, False):  # a second time changes nothing
                before = world.state.balances.rows.copy()
                found = world.call(who, "genesis_exchange.cancel", order=cancel)
                assert isinstance(found, Refusal) is not expected
                assert expected or world.state.balances.rows == before
            if there:
                naive.take_out(cancel)
        check(world, naive)


def check(world: Tiny, naive: Naive) -> None:
    """Everything is as the naive exchange has it."""
    expect_same(world.state.book(CPU), naive.orders)
    assert not world.state.book(CPU).crossed()
    for who in AGENTS:
        assert (sum(world.has(who)), sum(world.has(who, CPU))) == naive.has(who, 1_000, 600)
        row = world.state.positions.rows.get((who, CPU))
        mine = [trade for trade in naive.trades if who in trade[:2]]
        assert (row is not None) == bool(mine)
        if row is not None:
            spent = sum((trade[0] == who) * trade[2] * trade[3] for trade in mine)
            received = sum((trade[1] == who) * trade[2] * trade[3] for trade in mine)
            assert row.quantity == naive.has(who, 0, 0)[1]
            assert row.realised == received - spent + row.cost
            assert row.quantity * row.cost >= 0
            assert row.quantity or not row.cost
            assert row.fees == sum(ceil(fee) for (payer, _), fee in naive.owed.items() if payer == who)
