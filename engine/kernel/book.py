"""A limit order book for one instrument, and matching with price-time priority as a pure function.

A book holds nothing but resting orders, and everything it answers is a function of them: a book rebuilt from
stored rows, in any order, answers alike. Order ids grow with time, so time priority at a price is id order.
Prices are scrip per unit, quantities are units; both are positive integers.
"""

from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, assert_never


class Side(StrEnum):
    """Which way an order trades."""

    BUY = "buy"
    SELL = "sell"


class OrderKind(StrEnum):
    """What becomes of a taker: `limit` rests with what is left, `ioc` and `market` never rest, `fok` trades all of it
    at once or nothing."""

    LIMIT = "limit"
    MARKET = "market"
    IOC = "ioc"
    FOK = "fok"


class SelfTrade(StrEnum):
    """What gives way when a taker meets an order of its own principal."""

    CANCEL_RESTING = "cancel_resting"
    CANCEL_TAKER = "cancel_taker"
    CANCEL_BOTH = "cancel_both"


# Members bound once: looking one up on its class costs more than the comparison it is wanted for.
_BUY: Final = Side.BUY
_SELL: Final = Side.SELL
_LIMIT: Final = OrderKind.LIMIT
_MARKET: Final = OrderKind.MARKET
_IOC: Final = OrderKind.IOC
_FOK: Final = OrderKind.FOK
_CANCEL_RESTING: Final = SelfTrade.CANCEL_RESTING
_CANCEL_TAKER: Final = SelfTrade.CANCEL_TAKER
_CANCEL_BOTH: Final = SelfTrade.CANCEL_BOTH


@dataclass(slots=True)
class BookOrder:
    """An order that rests in a book; the book that holds it lowers `remaining`, nobody else writes to it."""

    id: int
    principal: str
    side: Side
    price: int
    remaining: int


@dataclass(slots=True)
class _Level:
    """The orders resting at one price, oldest first once `ordered`."""

    price: int
    # Linked, unlike dict: taking the first of what is left stays O(1) after many have left from the front.
    orders: OrderedDict[int, BookOrder]
    quantity: int = 0
    newest: int = -1
    ordered: bool = True

    def in_priority(self) -> Iterable[BookOrder]:
        if not self.ordered:
            # Put in order when first asked, so that a rebuild in any order sorts each level once.
            self.orders = OrderedDict(sorted(self.orders.items()))
            self.ordered = True
        return self.orders.values()


class _Ladder:
    """The levels of one side; a key is a price signed so that the best is greatest and stands last, cheap to reach."""

    __slots__ = ("keys", "levels", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.levels: dict[int, _Level] = {}

    def open_level(self, key: int) -> _Level:
        level = self.levels[key] = _Level(key * self.sign, OrderedDict())
        keys = self.keys
        keys.insert(bisect_left(keys, key), key)
        return level

    def close_level(self, key: int) -> None:
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]


class Book:
    """The resting orders of one instrument; `version` grows by one with each change, reading changes nothing."""

    __slots__ = ("_buys", "_orders", "_sells", "version")

    def __init__(self, orders: Iterable[BookOrder] = ()) -> None:
        self._buys = _Ladder(1)
        self._sells = _Ladder(-1)
        self._orders: dict[int, BookOrder] = {}
        self.version = 0
        for order in orders:
            self.add(order)

    def __len__(self) -> int:
        return len(self._orders)

    def __contains__(self, order_id: int) -> bool:
        return order_id in self._orders

    def get(self, order_id: int) -> BookOrder | None:
        """Return the resting order with this id, if it rests here."""
        return self._orders.get(order_id)

    def add(self, order: BookOrder) -> None:
        """Rest an order without matching it; ids may come in any order.

        Raises ValueError if the id rests already, or the price or quantity is not positive.
        """
        order_id = order.id
        if order_id in self._orders:
            raise ValueError(f"order {order_id} rests already")
        if order.price < 1 or order.remaining < 1:
            raise ValueError(f"order {order_id}: price {order.price}, quantity {order.remaining}, both must be >= 1")
        ladder = self._ladder(order.side)
        key = order.price * ladder.sign
        level = ladder.levels.get(key) or ladder.open_level(key)
        self._orders[order_id] = level.orders[order_id] = order
        level.quantity += order.remaining
        if order_id > level.newest:
            level.newest = order_id
        else:
            level.ordered = False
        self.version += 1

    def remove(self, order_id: int) -> BookOrder | None:
        """Take an order out, in O(1) amortised, and return it as it stood; None if it does not rest here."""
        order = self._orders.get(order_id)
        if order is not None:
            self._take_out(order, order.remaining)
        return order

    def reduce(self, order_id: int, by: int) -> int:
        """Lower an order's quantity, keeping its priority, and return what is left; at 0 it is out of the book.

        Raises KeyError if the order does not rest here, ValueError unless 1 <= by <= its remaining quantity.
        """
        order = self._orders[order_id]
        left = order.remaining - by
        if by < 1 or left < 0:
            raise ValueError(f"order {order_id} has {order.remaining} left, cannot reduce it by {by}")
        order.remaining = left
        if left:
            ladder = self._ladder(order.side)
            ladder.levels[order.price * ladder.sign].quantity -= by
            self.version += 1
        else:
            self._take_out(order, by)
        return left

    def best(self, side: Side) -> int | None:
        """Return the best price of a side (highest buy, lowest sell), None if nobody quotes."""
        ladder = self._ladder(side)
        return ladder.keys[-1] * ladder.sign if ladder.keys else None

    def crossed(self) -> bool:
        """Tell whether the best buy reaches the best sell: never, in a book changed only by `apply` and `remove`."""
        return bool(self._buys.keys and self._sells.keys) and self._buys.keys[-1] >= -self._sells.keys[-1]

    def depth(self, side: Side, levels: int) -> list[tuple[int, int, int]]:
        """Return the best `levels` prices of a side as (price, quantity, number of orders), best first."""
        ladder = self._ladder(side)
        best = [ladder.levels[key] for key in reversed(ladder.keys[-levels:])] if levels > 0 else []
        return [(level.price, level.quantity, len(level.orders)) for level in best]

    def orders(self, side: Side) -> Iterator[BookOrder]:
        """Yield a side's orders in priority: best price first, then lowest id. Change nothing while it runs."""
        ladder = self._ladder(side)
        for key in reversed(ladder.keys):
            yield from ladder.levels[key].in_priority()

    def _ladder(self, side: Side) -> _Ladder:
        if side is _BUY:
            return self._buys
        if side is _SELL:
            return self._sells
        assert_never(side)

    def _take_out(self, order: BookOrder, quantity: int) -> None:
        ladder = self._buys if order.side is _BUY else self._sells
        key = order.price * ladder.sign
        level = ladder.levels[key]
        del self._orders[order.id]
        del level.orders[order.id]
        if level.orders:
            level.quantity -= quantity
        else:
            ladder.close_level(key)
        self.version += 1


class Taker(NamedTuple):
    """An incoming order: `limit` is the worst price taken (refused by `market`, needed by the others).

    `budget` is the most scrip a `market` or `ioc` buy may spend in all; None leaves it to quantity and limit. What it
    buys within a budget is a multiple of `lot`, as all quantities of its instrument are.
    """

    principal: str
    side: Side
    quantity: int
    limit: int | None = None
    kind: OrderKind = OrderKind.LIMIT
    stp: SelfTrade = SelfTrade.CANCEL_RESTING
    budget: int | None = None
    lot: int = 1


class Fill(NamedTuple):
    """A trade of `quantity` units against one resting order, at that order's price."""

    maker_id: int
    maker_principal: str
    price: int
    quantity: int


class Match(NamedTuple):
    """What a taker would do to a book.

    `fills` in the order they trade; `cancelled`, the taker's own resting orders that give way; `remaining`, units not
    filled; `rests`, whether they are to be added to the book; `stopped_by`, the own resting order that ended the taker.
    """

    fills: tuple[Fill, ...]
    cancelled: tuple[int, ...]
    remaining: int
    rests: bool
    stopped_by: int | None = None


def match(book: Book, taker: Taker) -> Match:
    """Find the trades of a taker by price-time priority, changing nothing.

    Self-trade prevention acts on what the taker would really have traded with: own orders beyond its quantity, limit or
    budget are left alone. Raises ValueError for a taker that makes no sense (see `Taker`).
    """
    _check(taker)
    principal, side, remaining, limit, kind, stp, budget, lot = taker
    ladder = book._sells if side is _BUY else book._buys
    keys = ladder.keys
    if not keys or (limit is not None and keys[-1] < limit * ladder.sign):
        return Match((), (), remaining, kind is _LIMIT)
    fills: list[Fill] = []
    cancelled: list[int] = []
    for order in _reached(ladder, limit):
        price = order.price
        quantity = min(remaining, order.remaining)
        if budget is not None:
            quantity = min(quantity, budget // price // lot * lot)
            if quantity == 0:
                break
        if order.principal == principal:
            if stp is _CANCEL_RESTING:
                cancelled.append(order.id)
                continue
            if kind is _FOK:
                fills, remaining = [], taker.quantity
            gives_way = (order.id,) if stp is _CANCEL_BOTH else ()
            return Match(tuple(fills), gives_way, remaining, False, order.id)
        fills.append(Fill(order.id, order.principal, price, quantity))
        remaining -= quantity
        if remaining == 0:
            break
        if budget is not None:
            budget -= quantity * price
    if kind is _FOK and remaining:
        return Match((), (), taker.quantity, False)
    return Match(tuple(fills), tuple(cancelled), remaining, remaining > 0 and kind is _LIMIT)


def apply(book: Book, match: Match, taker_order: BookOrder | None = None) -> None:
    """Carry out a match on the book it was made from, unchanged since; `taker_order` is what rests, if the match rests.

    Raises ValueError if an order is missing, superfluous or not of the remaining quantity, and KeyError if the book has
    moved on since.
    """
    if (taker_order is not None) != match.rests:
        raise ValueError("an order to rest must be given exactly when the match rests")
    if taker_order is not None and taker_order.remaining != match.remaining:
        raise ValueError(f"order {taker_order.id} has {taker_order.remaining} to rest, the match {match.remaining}")
    for order_id in match.cancelled:
        if book.remove(order_id) is None:
            raise KeyError(order_id)
    for fill in match.fills:
        book.reduce(fill.maker_id, fill.quantity)
    if taker_order is not None:
        book.add(taker_order)


def _check(taker: Taker) -> None:
    if taker.quantity < 1:
        raise ValueError(f"a quantity must be >= 1, not {taker.quantity}")
    if (taker.limit is None) != (taker.kind is _MARKET):
        raise ValueError("limit, ioc and fok orders need a limit price, market orders take none")
    if taker.limit is not None and taker.limit < 1:
        raise ValueError(f"a limit price must be >= 1, not {taker.limit}")
    if taker.budget is not None and (taker.side is not _BUY or taker.kind in (_LIMIT, _FOK) or taker.budget < 0):
        raise ValueError("a budget is for market and ioc buys, and not negative")
    if taker.lot < 1 or taker.quantity % taker.lot:
        raise ValueError(f"a quantity must be a multiple of the lot {taker.lot}, not {taker.quantity}")
    # A plain string equals its member but is not it, and would silently mean another one below.
    if taker.side is not _BUY and taker.side is not _SELL:
        assert_never(taker.side)
    kind, stp = taker.kind, taker.stp
    if kind is not _LIMIT and kind is not _MARKET and kind is not _IOC and kind is not _FOK:
        assert_never(kind)
    if stp is not _CANCEL_RESTING and stp is not _CANCEL_TAKER and stp is not _CANCEL_BOTH:
        assert_never(stp)


def _reached(ladder: _Ladder, limit: int | None) -> Iterator[BookOrder]:
    """Yield the orders a taker with this limit reaches, in priority."""
    worst = None if limit is None else limit * ladder.sign
    for key in reversed(ladder.keys):
        if worst is not None and key < worst:
            return
        yield from ladder.levels[key].in_priority()
