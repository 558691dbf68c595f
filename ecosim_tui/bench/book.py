"""How many orders and cancels a second the order book takes, in memory, on one core."""

import random
from heapq import heappop, heappush
from statistics import median
from time import perf_counter

from ecosim_tui.bench.figures import Found
from engine.kernel.book import Book, BookOrder, OrderKind, SelfTrade, Side, Taker, apply, match

_FIRST = 10_000_000
"""The number of the first order that rests beforehand."""
_PRINCIPALS = [f"agent_{n}" for n in range(200)]


def measure(short: bool) -> Found:
    """Orders a second against pushing and popping their prices on a bare heap; cancels against a bare dict."""
    n, repeats = (2_000, 1) if short else (100_000, 3)
    return {
        "book": (
            median(orders_per_second(n) for _ in range(repeats)),
            median(heap_per_second(n) for _ in range(repeats)),
        ),
        "book.deep": (
            median(orders_per_second(n, resting=n) for _ in range(repeats)),
            median(orders_per_second(n) for _ in range(repeats)),
        ),
        "book.cancels": (
            median(cancels_per_second(n) for _ in range(repeats)),
            median(dict_per_second(n) for _ in range(repeats)),
        ),
    }


def _stream(n: int, seed: int) -> list[tuple[Taker, int]]:
    """Return n takers, each with the id of an earlier order to cancel afterwards (0: none).

    About 60 % quote behind a mid price that wanders, 25 % cross it by a limit, 10 % are market, 5 % immediate-or-cancel
    orders; a cancel follows every second order, mostly of something recent, as in a market with quoting makers.
    """
    rng = random.Random(seed)
    mid = 10_000
    stream: list[tuple[Taker, int]] = []
    for number in range(1, n + 1):
        mid = max(1_000, mid + rng.choice((-1, 0, 0, 1)))
        side = rng.choice((Side.BUY, Side.SELL))
        away = -1 if side is Side.BUY else 1
        draw = rng.random()
        limit: int | None
        if draw < 0.60:
            kind, limit = OrderKind.LIMIT, mid + away * int(1 + rng.expovariate(0.15))
        elif draw < 0.85:
            kind, limit = OrderKind.LIMIT, mid - away * int(rng.expovariate(0.5))
        elif draw < 0.95:
            kind, limit = OrderKind.MARKET, None
        else:
            kind, limit = OrderKind.IOC, mid - away * 2
        budget = 50 * mid if kind is OrderKind.MARKET and side is Side.BUY else None
        stp = SelfTrade.CANCEL_RESTING
        taker = Taker(rng.choice(_PRINCIPALS), side, rng.randint(1, 20), limit, kind, stp, budget)
        cancel = max(1, number - int(rng.expovariate(0.01))) if rng.random() < 0.5 else 0
        stream.append((taker, cancel))
    return stream


def orders_per_second(n: int = 100_000, seed: int = 1, resting: int = 0) -> float:
    """Return orders a second over a mixed stream: each is checked, matched, applied and rested; cancels ride along.

    So many orders are `resting` when it begins, off the prices of the stream, and still are when it ends.
    """
    stream = _stream(n, seed)
    book = _resting(resting)
    start = perf_counter()
    for number, (order, cancel) in enumerate(stream, 1):
        # Built here, because whoever places an order pays for building it.
        taker = Taker(*order)
        found = match(book, taker)
        if found.rests and taker.limit is not None:
            apply(book, found, BookOrder(number, taker.principal, taker.side, taker.limit, found.remaining))
        elif found.fills or found.cancelled:
            apply(book, found)
        if cancel:
            book.remove(cancel)
    return n / (perf_counter() - start)


def _resting(count: int, nearest: int = 2_000) -> Book:
    """A book with so many orders at a thousand prices a side, `nearest` and more off the middle."""
    rng = random.Random(count)
    book = Book()
    for number in range(count):
        side = rng.choice((Side.BUY, Side.SELL))
        away = -1 if side is Side.BUY else 1
        price = 10_000 + away * rng.randint(nearest, nearest + 999)
        book.add(BookOrder(_FIRST + number, rng.choice(_PRINCIPALS), side, price, 10))
    return book


def cancels_per_second(resting: int = 100_000) -> float:
    """Return cancels a second, in random order, out of a book with this many orders at a thousand prices a side."""
    book = _resting(resting, 1)
    ids = [_FIRST + number for number in range(resting)]
    random.Random(resting).shuffle(ids)
    start = perf_counter()
    for order_id in ids:
        book.remove(order_id)
    return resting / (perf_counter() - start)


def heap_per_second(n: int) -> float:
    """Pushes a second of the same prices onto a heap, popping for every second one: no book can be faster here."""
    prices = [taker.limit or 10_000 for taker, _ in _stream(n, seed=1)]
    heap: list[tuple[int, int]] = []
    start = perf_counter()
    for number, price in enumerate(prices):
        heappush(heap, (price, number))
        if number % 2:
            heappop(heap)
    return n / (perf_counter() - start)


def dict_per_second(n: int) -> float:
    """Deletions a second from a dict of as many keys, in random order."""
    ids = list(range(n))
    random.Random(n).shuffle(ids)
    there = dict.fromkeys(range(n))
    start = perf_counter()
    for number in ids:
        del there[number]
    return n / (perf_counter() - start)
