"""The order book: price-time priority, self-trade prevention, budgets, and agreement with a naive matcher."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.book import Book, BookOrder, Fill, Match, OrderKind, SelfTrade, Side, Taker, apply, match

BUY, SELL = Side.BUY, Side.SELL
LIMIT, MARKET, IOC, FOK = OrderKind.LIMIT, OrderKind.MARKET, OrderKind.IOC, OrderKind.FOK
CANCEL_RESTING, CANCEL_TAKER, CANCEL_BOTH = SelfTrade.CANCEL_RESTING, SelfTrade.CANCEL_TAKER, SelfTrade.CANCEL_BOTH


def buy(number: int, price: int, quantity: int = 10, principal: str = "maker") -> BookOrder:
    return BookOrder(number, principal, BUY, price, quantity)


def sell(number: int, price: int, quantity: int = 10, principal: str = "maker") -> BookOrder:
    return BookOrder(number, principal, SELL, price, quantity)


def resting(book: Book) -> list[BookOrder]:
    """Return copies of all orders in a book, buys first, each side in priority."""
    return [replace(order) for side in (BUY, SELL) for order in book.orders(side)]


def ids(book: Book, side: Side) -> list[int]:
    return [order.id for order in book.orders(side)]


def place(book: Book, number: int, taker: Taker) -> Match:
    """Match a taker, apply it, rest what is left: what an exchange does with an order."""
    found = match(book, taker)
    limit = taker.limit
    rest = BookOrder(number, taker.principal, taker.side, limit, found.remaining) if found.rests and limit else None
    apply(book, found, rest)
    return found


# The book


def test_an_empty_book_has_no_prices() -> None:
    book = Book()
    assert (book.best(BUY), book.best(SELL), len(book), book.version) == (None, None, 0, 0)
    assert book.depth(BUY, 5) == []
    assert not book.crossed()


def test_buys_are_best_when_high_and_sells_when_low() -> None:
    book = Book([buy(1, 90), buy(2, 95), sell(3, 110), sell(4, 105)])
    assert (book.best(BUY), book.best(SELL)) == (95, 105)
    assert ids(book, BUY) == [2, 1]
    assert ids(book, SELL) == [4, 3]


def test_at_one_price_the_lower_id_comes_first_in_whatever_order_they_were_added() -> None:
    book = Book([buy(7, 90), buy(3, 90), buy(5, 90)])
    assert ids(book, BUY) == [3, 5, 7]
    book.remove(3)
    book.add(buy(1, 90))
    book.add(buy(9, 90))
    assert ids(book, BUY) == [1, 5, 7, 9]


def test_depth_sums_quantity_and_counts_orders_by_price_best_first() -> None:
    book = Book([sell(1, 101, 5), sell(2, 101, 6), sell(3, 103, 7), sell(4, 102, 8)])
    assert book.depth(SELL, 2) == [(101, 11, 2), (102, 8, 1)]
    assert book.depth(SELL, 9) == [(101, 11, 2), (102, 8, 1), (103, 7, 1)]
    assert book.depth(SELL, 0) == []
    book.reduce(2, 4)
    book.remove(4)
    assert book.depth(SELL, 9) == [(101, 7, 2), (103, 7, 1)]


def test_a_removed_order_is_handed_back_once() -> None:
    book = Book([buy(1, 90, 4)])
    assert 1 in book
    assert book.get(1) == book.remove(1) == buy(1, 90, 4)
    version = book.version
    assert book.remove(1) is None
    assert (book.get(1), 1 in book, book.version, book.best(BUY)) == (None, False, version, None)


def test_reducing_keeps_priority_and_at_nothing_the_order_is_gone() -> None:
    book = Book([buy(1, 90, 4), buy(2, 90, 4)])
    assert book.reduce(1, 3) == 1
    assert ids(book, BUY) == [1, 2]
    assert book.reduce(1, 1) == 0
    assert ids(book, BUY) == [2]
    with pytest.raises(KeyError):
        book.reduce(1, 1)


@pytest.mark.parametrize("by", [0, -1, 5])
def test_reducing_by_nothing_or_by_more_than_there_is_is_refused(by: int) -> None:
    book = Book([buy(1, 90, 4)])
    with pytest.raises(ValueError, match="reduce"):
        book.reduce(1, by)
    assert book.depth(BUY, 1) == [(90, 4, 1)]


def test_an_id_rests_once_and_price_and_quantity_are_positive() -> None:
    book = Book([buy(1, 90)])
    for order in (sell(1, 95), buy(2, 0), buy(2, -5), buy(2, 90, 0)):
        with pytest.raises(ValueError, match=f"order {order.id}"):
            book.add(order)
    assert (len(book), book.version) == (1, 1)


def test_the_version_grows_by_one_with_each_change_and_reading_leaves_it() -> None:
    book = Book()
    changes: list[Callable[[], object]] = [
        lambda: book.add(buy(1, 90)),
        lambda: book.add(sell(2, 95)),
        lambda: book.reduce(1, 1),
        lambda: book.reduce(2, 10),
        lambda: book.remove(1),
    ]
    for number, change in enumerate(changes, 1):
        change()
        match(book, Taker("taker", SELL, 5, 1))
        book.depth(BUY, 3)
        assert book.version == number


def test_a_book_added_to_without_matching_says_that_it_is_crossed() -> None:
    assert Book([buy(1, 100), sell(2, 100)]).crossed()
    assert not Book([buy(1, 100), sell(2, 101)]).crossed()


# Matching


def test_a_taker_gets_the_best_price_first_and_at_a_price_the_oldest_first() -> None:
    book = Book([sell(1, 102, 5), sell(2, 101, 5), sell(3, 101, 5)])
    found = match(book, Taker("taker", BUY, 12, 102))
    assert found.fills == (Fill(2, "maker", 101, 5), Fill(3, "maker", 101, 5), Fill(1, "maker", 102, 2))
    assert (found.remaining, found.rests, found.cancelled) == (0, False, ())


def test_a_limit_is_the_worst_price_taken_and_the_rest_rests() -> None:
    book = Book([buy(1, 99, 5), buy(2, 98, 5), buy(3, 97, 5)])
    found = place(book, 4, Taker("taker", SELL, 12, 98))
    assert found == Match((Fill(1, "maker", 99, 5), Fill(2, "maker", 98, 5)), (), 2, True)
    assert resting(book) == [buy(3, 97, 5), sell(4, 98, 2, "taker")]


def test_matching_changes_nothing() -> None:
    book = Book([sell(3, 101), sell(1, 101), sell(2, 100, 10, "taker")])
    before, version = resting(book), book.version
    first = match(book, Taker("taker", BUY, 25, 200))
    assert first == match(book, Taker("taker", BUY, 25, 200))
    assert (resting(book), book.version) == (before, version)


@pytest.mark.parametrize(("kind", "limit"), [(MARKET, None), (IOC, 101)])
def test_what_a_market_or_immediate_order_does_not_get_never_rests(kind: OrderKind, limit: int | None) -> None:
    for book in (Book(), Book([sell(1, 101, 5)])):
        available = 5 * len(book)
        found = place(book, 2, Taker("taker", BUY, 12, limit, kind))
        assert sum(fill.quantity for fill in found.fills) == available
        assert (found.remaining, found.rests, len(book)) == (12 - available, False, 0)


def test_an_immediate_order_keeps_to_its_limit_and_a_market_order_takes_any_price() -> None:
    book = Book([sell(1, 101, 5), sell(2, 900, 5)])
    assert [fill.maker_id for fill in match(book, Taker("taker", BUY, 10, 101, IOC)).fills] == [1]
    assert [fill.maker_id for fill in match(book, Taker("taker", BUY, 10, None, MARKET)).fills] == [1, 2]


def test_a_buy_never_spends_more_than_its_budget() -> None:
    book = Book([sell(1, 10, 5), sell(2, 12, 5), sell(3, 13, 5)])
    found = match(book, Taker("taker", BUY, 99, None, MARKET, budget=75))
    assert found.fills == (Fill(1, "maker", 10, 5), Fill(2, "maker", 12, 2))
    assert (found.remaining, found.rests) == (92, False)
    assert match(book, Taker("taker", BUY, 99, None, MARKET, budget=9)).fills == ()
    assert match(book, Taker("taker", BUY, 99, 12, IOC, budget=10**9)).remaining == 89


def test_own_orders_give_way_when_resting_ones_are_to_be_cancelled() -> None:
    book = Book([sell(1, 10, 5), sell(2, 10, 5, "taker"), sell(3, 11, 5), sell(4, 12, 5, "taker")])
    found = place(book, 5, Taker("taker", BUY, 8, 12))
    assert found == Match((Fill(1, "maker", 10, 5), Fill(3, "maker", 11, 3)), (2,), 0, False)
    assert resting(book) == [sell(3, 11, 2), sell(4, 12, 5, "taker")]


def test_the_taker_ends_at_its_own_order_when_the_taker_is_to_be_cancelled() -> None:
    book = Book([sell(1, 10, 5), sell(2, 10, 5, "taker"), sell(3, 11, 5)])
    found = place(book, 4, Taker("taker", BUY, 8, 12, stp=CANCEL_TAKER))
    assert found == Match((Fill(1, "maker", 10, 5),), (), 3, False, stopped_by=2)
    assert ids(book, SELL) == [2, 3]
    assert ids(book, BUY) == []


def test_fill_or_kill_trades_all_of_it_or_changes_nothing() -> None:
    book = Book([sell(1, 10, 5), sell(2, 11, 5, "taker"), sell(3, 12, 5)])
    assert match(book, Taker("taker", BUY, 10, 11, FOK)) == Match((), (), 10, False)
    assert match(book, Taker("taker", BUY, 11, 12, FOK)) == Match((), (), 11, False)
    filled = Match((Fill(1, "maker", 10, 5), Fill(3, "maker", 12, 5)), (2,), 0, False)
    assert match(book, Taker("taker", BUY, 10, 12, FOK)) == filled
    assert match(book, Taker("taker", BUY, 10, 12, FOK, CANCEL_TAKER)) == Match((), (), 10, False, 2)


def test_meeting_oneself_can_end_both_orders() -> None:
    book = Book([sell(1, 10, 5), sell(2, 11, 5, "taker"), sell(3, 12, 5)])
    found = place(book, 4, Taker("taker", BUY, 12, 12, LIMIT, CANCEL_BOTH))
    assert found == Match((Fill(1, "maker", 10, 5),), (2,), 7, False, 2)
    assert resting(book) == [sell(3, 12, 5)]


def test_within_a_budget_whole_lots_are_bought() -> None:
    book = Book([sell(1, 10, 20), sell(2, 11, 20)])
    assert match(book, Taker("taker", BUY, 30, None, MARKET, budget=199, lot=5)).fills == (Fill(1, "maker", 10, 15),)
    found = match(book, Taker("taker", BUY, 30, None, MARKET, budget=254, lot=5))
    assert found.fills == (Fill(1, "maker", 10, 20),)
    with pytest.raises(ValueError, match="lot"):
        match(book, Taker("taker", BUY, 7, 10, lot=5))


@pytest.mark.parametrize("stp", [CANCEL_RESTING, CANCEL_TAKER, CANCEL_BOTH])
def test_own_orders_out_of_reach_are_left_alone(stp: SelfTrade) -> None:
    book = Book([sell(1, 10, 5), sell(2, 10, 5, "taker")])
    filled = Match((Fill(1, "maker", 10, 5),), (), 0, False)
    assert match(book, Taker("taker", BUY, 5, 10, stp=stp)) == filled
    assert match(book, Taker("taker", BUY, 3, 9, stp=stp)) == Match((), (), 3, True)
    out_of_money = match(book, Taker("taker", BUY, 9, None, MARKET, stp, budget=59))
    assert out_of_money == Match((Fill(1, "maker", 10, 5),), (), 4, False)


@pytest.mark.parametrize(
    "taker",
    [
        Taker("taker", BUY, 0, 10),
        Taker("taker", BUY, 1, 0),
        Taker("taker", BUY, 1, None, LIMIT),
        Taker("taker", BUY, 1, None, IOC),
        Taker("taker", BUY, 1, None, FOK),
        Taker("taker", BUY, 1, 10, FOK, budget=5),
        Taker("taker", BUY, 1, 10, lot=0),
        Taker("taker", BUY, 1, 10, MARKET),
        Taker("taker", BUY, 1, 10, LIMIT, budget=5),
        Taker("taker", SELL, 1, None, MARKET, budget=5),
        Taker("taker", BUY, 1, None, MARKET, budget=-1),
    ],
)
def test_a_taker_that_makes_no_sense_is_refused(taker: Taker) -> None:
    with pytest.raises(ValueError):
        match(Book([sell(1, 10)]), taker)


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "buy"},
        {"kind": "limit"},
        {"stp": "cancel_resting"},
    ],
)
def test_a_plain_string_is_not_taken_for_a_member(wrong: dict[str, str]) -> None:
    with pytest.raises(AssertionError):
        match(Book([sell(1, 10)]), Taker("taker", BUY, 1, 10)._replace(**wrong))  # type: ignore[arg-type]


# Applying


def test_a_match_is_applied_with_exactly_the_order_that_rests() -> None:
    book = Book([sell(1, 10, 5)])
    rests = match(book, Taker("taker", BUY, 8, 10))
    filled = match(book, Taker("taker", BUY, 3, 10))
    for found, order in ((rests, None), (rests, buy(2, 10, 8)), (filled, buy(2, 10, 3))):
        with pytest.raises(ValueError):
            apply(book, found, order)
    assert resting(book) == [sell(1, 10, 5)]
    apply(book, rests, buy(2, 10, 3))
    assert resting(book) == [buy(2, 10, 3)]


def test_a_match_whose_makers_are_gone_cannot_be_applied() -> None:
    book = Book([sell(1, 10, 5), sell(2, 10, 5, "taker")])
    filled, gave_way = match(book, Taker("taker", BUY, 5, 10)), match(book, Taker("taker", BUY, 6, 10))
    book.remove(2)
    with pytest.raises(KeyError):
        apply(book, gave_way, buy(3, 10, 1))
    book.remove(1)
    with pytest.raises(KeyError):
        apply(book, filled)


# Laws, against a matcher that sorts a list for each order


def naive_match(orders: list[BookOrder], taker: Taker) -> Match:
    """Match as `match` should, on a plain list, the slow and obvious way: one lot at a time."""
    sign = 1 if taker.side is BUY else -1
    queue = sorted((o for o in orders if o.side is not taker.side), key=lambda o: (sign * o.price, o.id))
    lot = taker.lot
    units = [order for order in queue for _ in range(order.remaining // lot)]
    fills: list[Fill] = []
    cancelled: list[int] = []
    spent, left, stopped_by = 0, taker.quantity, None
    for maker in units:
        too_dear = taker.limit is not None and sign * maker.price > sign * taker.limit
        if left == 0 or too_dear or (taker.budget is not None and spent + lot * maker.price > taker.budget):
            break
        if maker.principal == taker.principal:
            if taker.stp is not CANCEL_RESTING:
                stopped_by = maker.id
                cancelled += [maker.id] if taker.stp is CANCEL_BOTH else []
                break
            if maker.id not in cancelled:
                cancelled.append(maker.id)
            continue
        if fills and fills[-1].maker_id == maker.id:
            fills[-1] = fills[-1]._replace(quantity=fills[-1].quantity + lot)
        else:
            fills.append(Fill(maker.id, maker.principal, maker.price, lot))
        spent, left = spent + lot * maker.price, left - lot
    if taker.kind is FOK and left:
        ended = tuple(cancelled) if stopped_by is not None else ()
        return Match((), ended, taker.quantity, False, stopped_by)
    rests = taker.kind is LIMIT and left > 0 and stopped_by is None
    return Match(tuple(fills), tuple(cancelled), left, rests, stopped_by)


@st.composite
def takers(draw: st.DrawFn, lot: int = 1, tick: int = 1) -> Taker:
    side, kind = draw(st.sampled_from(Side)), draw(st.sampled_from([LIMIT, LIMIT, LIMIT, MARKET, IOC, FOK]))
    limit = None if kind is MARKET else tick * draw(st.integers(1, 12))
    budget = draw(st.none() | st.integers(0, 120 * tick)) if side is BUY and kind in (MARKET, IOC) else None
    principal, stp = draw(st.sampled_from("abc")), draw(st.sampled_from(SelfTrade))
    return Taker(principal, side, lot * draw(st.integers(1, 12)), limit, kind, stp, budget, lot)


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[Taker, int | None]]:
    """Takers of one market, each with an order to cancel afterwards."""
    # The length is drawn first, because lists left to themselves are nearly always short.
    size, lot, tick = draw(st.integers(0, 60)), draw(st.sampled_from([1, 1, 3])), draw(st.sampled_from([1, 1, 5]))
    each = st.tuples(takers(lot, tick), st.none() | st.integers(1, 60))
    return draw(st.lists(each, min_size=size, max_size=size))


STREAMS = streams()


@given(STREAMS)
def test_it_agrees_with_the_naive_matcher_keeps_every_unit_and_never_rests_crossed(
    stream: list[tuple[Taker, int | None]],
) -> None:
    book, naive = Book(), list[BookOrder]()
    for number, (taker, cancel) in enumerate(stream, 1):
        expected = naive_match(naive, taker)
        before = sum(order.remaining for order in resting(book))
        lost = sum(order.remaining for order in naive if order.id in expected.cancelled)
        found = place(book, number, taker)
        assert found == expected
        traded = sum(fill.quantity for fill in found.fills)
        assert traded + found.remaining == taker.quantity
        rested = found.remaining if found.rests else 0
        assert sum(order.remaining for order in resting(book)) == before - traded - lost + rested
        if taker.budget is not None:
            assert sum(fill.quantity * fill.price for fill in found.fills) <= taker.budget
        for fill in found.fills:
            next(order for order in naive if order.id == fill.maker_id).remaining -= fill.quantity
        gone = {*found.cancelled, cancel}
        if rested and taker.limit:
            naive.append(BookOrder(number, taker.principal, taker.side, taker.limit, rested))
        if cancel is not None:
            there = any(order.id == cancel and order.remaining for order in naive) and cancel not in found.cancelled
            assert (book.remove(cancel) is not None) == there
        naive = [order for order in naive if order.remaining and order.id not in gone]
        expect_same(book, naive)
        assert not book.crossed()


def expect_same(book: Book, orders: list[BookOrder]) -> None:
    """Check every answer of a book against a list of what should rest in it."""
    assert len(book) == len(orders)
    for side, sign in ((BUY, -1), (SELL, 1)):
        queue = sorted(
            (order for order in orders if order.side is side), key=lambda order: (sign * order.price, order.id)
        )
        assert list(book.orders(side)) == queue
        prices = list(dict.fromkeys(order.price for order in queue))
        levels = [[order.remaining for order in queue if order.price == price] for price in prices]
        expected = [(price, sum(level), len(level)) for price, level in zip(prices, levels, strict=True)]
        assert book.depth(side, 100) == expected
        assert book.depth(side, 1) == expected[:1]
        assert book.best(side) == (prices[0] if prices else None)


@given(STREAMS, st.randoms(use_true_random=False), takers())
def test_a_book_rebuilt_from_its_orders_in_any_order_answers_and_goes_on_alike(
    stream: list[tuple[Taker, int | None]], shuffler: Random, taker: Taker
) -> None:
    book = Book()
    for number, (earlier, cancel) in enumerate(stream, 1):
        place(book, number, earlier)
        if cancel is not None:
            book.remove(cancel)
    rows = resting(book)
    shuffler.shuffle(rows)
    rebuilt = Book(rows)
    expect_same(rebuilt, resting(book))
    assert place(rebuilt, 100, taker) == place(book, 100, taker)
    expect_same(rebuilt, resting(book))
