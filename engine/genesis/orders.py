"""Orders that rest at the exchange, as rows and holds: resting, trading and cancelling them.

What rests is covered by one hold, of scrip for a buy and of the asset for a sell, so a trade can always be settled;
that it cannot is a broken promise and never a refusal.
"""

from collections.abc import Iterable
from typing import NamedTuple

from engine.capabilities import ending, grants
from engine.genesis.markets import resting_hold, whole
from engine.genesis.positions import position_of, traded
from engine.kernel import ledger
from engine.kernel.book import Fill, Side
from engine.kernel.entities import SCRIP, GrantUse, Instrument, Market, Order
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.quick import replace
from engine.kernel.transaction import Transaction

_MOST = 2**63 - 1  # what a column of the store holds; volume and turnover stay there rather than overflow


class Incoming(NamedTuple):
    """An order that takes: its number, whose it is, and which way it trades."""

    number: int
    principal: str
    side: Side


def resting(tx: Transaction, order_id: int) -> Order:
    """The row of an order that is in the book."""
    order = tx.get(tx.state.orders, order_id)
    if order is None:
        raise InvariantBroken(f"order {order_id} is in the book and not in the table")
    return order


class Traded(NamedTuple):
    """What came of a taker's fills: the scrip that changed hands, and its fee in ten-thousandths of a scrip."""

    scrip: int
    fee: int


_NOTHING = Traded(0, 0)


def rest(tx: Transaction, market: Market, order: Order) -> None:
    """Put what remains of an order into the book, covered by a hold."""
    if order.side == Side.BUY.value:
        asset, amount = SCRIP, resting_hold(market, order.fee, order.remaining * order.price)
    else:
        asset, amount = order.instrument, order.remaining
    hold = ledger.reserve(tx, asset, order.principal, amount, f"order {order.id}")
    if isinstance(hold, Refusal):
        raise InvariantBroken(f"order {order.id} was covered when it was placed and is not now: {hold}")
    tx.put(tx.state.orders, replace(order, hold=hold.id))


def trade(tx: Transaction, row: Instrument, market: Market, taker: Incoming, fills: tuple[Fill, ...]) -> Traded:
    """Settle a taker's fills, each at the resting order's price."""
    if not fills:
        return _NOTHING
    quantity = scrip = fee = 0
    sign = 1 if taker.side is Side.BUY else -1
    own = position_of(tx, taker.principal, row.id)
    for fill in fills:
        maker = resting(tx, fill.maker_id)
        value = fill.price * fill.quantity
        owed, fees = maker.fee, (0, 0)
        if market.maker_fee or market.taker_fee:
            owed += value * market.maker_fee
            fees = (whole(owed) - whole(maker.fee), whole(fee + value * market.taker_fee) - whole(fee))
            fee += value * market.taker_fee
        _settle(tx, market, taker, maker, fill, fees)
        own = traded(own, sign * fill.quantity, fill.price, fees[1])
        theirs = position_of(tx, maker.principal, row.id)
        tx.put(tx.state.positions, traded(theirs, -sign * fill.quantity, fill.price, fees[0]))
        if maker.use is not None:
            settled(grants.settle(tx, maker.use, {"scrip": value}, last=maker.remaining == fill.quantity))
        if maker.remaining == fill.quantity:
            tx.delete(tx.state.orders, maker.id)
        else:
            tx.put(tx.state.orders, replace(maker, remaining=maker.remaining - fill.quantity, fee=owed))
        quantity += fill.quantity
        scrip += value
    tx.put(tx.state.positions, own)
    volume, turnover = min(row.volume + quantity, _MOST), min(row.turnover + scrip, _MOST)
    tx.put(tx.state.instruments, Instrument(row.id, row.halted, fills[-1].price, tx.at, volume, turnover))
    return Traded(scrip, fee)


def cancel_order(tx: Transaction, order: Order, by: str, reason: str) -> None:
    """Take an order out of the book and give back what it held."""
    settled(ledger.void(tx, order.hold))
    if order.use is not None:
        ending.void(tx, order.use, reason)
    tx.delete(tx.state.orders, order.id)
    tx.emit(
        "exchange.cancelled",
        by,
        order.principal,
        order=order.id,
        instrument=order.instrument,
        side=order.side,
        price=order.price,
        remaining=order.remaining,
        reason=reason,
    )


def expire(tx: Transaction, order_id: int) -> None:
    """Take an order whose time is over out of the book."""
    cancel_order(tx, resting(tx, order_id), "", "expired")


def cancel_void(tx: Transaction, uses: Iterable[GrantUse], by: str, reason: str) -> None:
    """Cancel the orders that were under way under a grant that has ended."""
    for use in uses:
        kind, _, number = use.subject.partition(" ")
        order = tx.get(tx.state.orders, int(number)) if kind == "order" else None
        if order is not None:
            cancel_order(tx, order, by, reason)


def _settle(tx: Transaction, market: Market, taker: Incoming, maker: Order, fill: Fill, fees: tuple[int, int]) -> None:
    """Move the asset one way and the scrip the other: the maker's part out of its hold; then the fees of both."""
    value, instrument = fill.price * fill.quantity, market.id
    maker_fee, taker_fee = fees
    if taker.side is Side.BUY:
        buyer, seller = taker.principal, maker.principal
        settled(ledger.post(tx, maker.hold, buyer, fill.quantity, "trade"))
        settled(ledger.transfer(tx, SCRIP, buyer, seller, value, "trade"))
        if maker_fee:
            settled(ledger.transfer(tx, SCRIP, seller, market.fee_to, maker_fee, "fee"))
    else:
        buyer, seller = maker.principal, taker.principal
        settled(ledger.post(tx, maker.hold, seller, value, "trade"))
        settled(ledger.transfer(tx, instrument, seller, buyer, fill.quantity, "trade"))
        if maker_fee:
            settled(ledger.post(tx, maker.hold, market.fee_to, maker_fee, "fee"))
    if taker_fee:
        settled(ledger.transfer(tx, SCRIP, taker.principal, market.fee_to, taker_fee, "fee"))
    tx.emit(
        "exchange.trade",
        taker.principal,
        maker.principal,
        instrument=instrument,
        price=fill.price,
        quantity=fill.quantity,
        buyer=buyer,
        seller=seller,
        maker=maker.id,
        taker=taker.number,
        maker_fee=maker_fee,
        taker_fee=taker_fee,
    )


def settled(refusal: Refusal | None) -> None:
    """Raise `InvariantBroken` for a refusal of what was covered when it was begun."""
    if refusal is not None:
        raise InvariantBroken(f"what the exchange holds could not be settled: {refusal}")
