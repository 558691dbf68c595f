"""`genesis_exchange`: limit order books with price-time priority, one for each instrument, quoted in scrip.

An order is covered in full when it is placed: a buy by scrip up to its limit, a sell by the asset. What rests is one
hold for each order, so that a trade can always be settled; a trade is made at the resting order's price.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from engine.capabilities import grants
from engine.capabilities.grants import Underway, Use
from engine.capabilities.policy import Policy
from engine.genesis.base import Args, Genesis, NoArgs, exactly, method
from engine.genesis.ledger import Amount, Id
from engine.genesis.orders import Incoming, cancel_order, rest, resting, settled, trade
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.book import Book, OrderKind, Side, Taker, match
from engine.kernel.entities import SCRIP, GrantUse, Instrument, Json, Order
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

ID = "genesis_exchange"
TRADE = "exchange.trade"
MAX_OPEN_ORDERS = 100
"""Resting orders that a principal may have at one time."""


class PlaceArgs(Args):
    """Arguments of `place`."""

    instrument: Id
    side: Literal["buy", "sell"]
    quantity: Amount
    limit: Annotated[Amount | None, Field(description="scrip per unit, at worst; none for a market order")] = None
    kind: Literal["limit", "market", "ioc"] = "limit"


class CancelArgs(Args):
    """Arguments of `cancel`."""

    order: int


class BookArgs(Args):
    """Arguments of `book`."""

    instrument: Id
    levels: Annotated[int, Field(ge=1, le=50)] = 10


class TickerArgs(Args):
    """Arguments of `ticker`."""

    instrument: Id


def open_instruments(tx: Transaction, names: Iterable[str]) -> None:
    """Open a market for each of the assets; raises ValueError for one that cannot be traded against scrip."""
    for name in names:
        asset = tx.get(tx.state.assets, name)
        if asset is None or name == SCRIP or not asset.transferable:
            raise ValueError(f"{name} is not a transferable asset other than scrip, so it cannot trade")
        if tx.get(tx.state.instruments, name) is None:
            tx.put(tx.state.instruments, Instrument(name, False, None, None, 0, 0))


def cancel_all(tx: Transaction, principal: str, by: str = "operator", reason: str = "stopped") -> int:
    """Cancel every resting order of a principal and release what they held; returns how many there were."""
    orders = tx.scan(tx.state.orders_of, principal)
    for order in orders:
        cancel_order(tx, order, by, reason)
    return len(orders)


# -- placing -------------------------------------------------------------------------------------------------------


async def _place(call: Call, args: PlaceArgs, policy: Policy) -> Json | Refusal:
    tx, caller = call.tx, call.caller
    row = _instrument(tx, args.instrument)
    if isinstance(row, Refusal):
        return row
    if (refusal := _senseless(row, args) or _uncovered(tx, caller, args)) is not None:
        return refusal
    side, kind = Side(args.side), OrderKind(args.kind)
    market_buy = kind is OrderKind.MARKET and side is Side.BUY
    budget = ledger.balance(tx, caller, SCRIP).available if market_buy else None
    found = match(tx.book(row.id), Taker(caller, side, args.quantity, args.limit, kind, budget=budget))
    if found.rests and len(tx.scan(tx.state.orders_of, caller)) - len(found.cancelled) >= MAX_OPEN_ORDERS:
        return Refusal("too_many_orders", f"you have {MAX_OPEN_ORDERS} orders resting; cancel some first")
    number = tx.next_id("order")
    traded = sum(fill.price * fill.quantity for fill in found.fills)
    most = traded + (found.remaining * (args.limit or 0) if found.rests else 0)
    under = _under_grant(call, policy, args, number, most)
    if isinstance(under, Refusal):
        return under
    terms = {"side": args.side, "quantity": args.quantity, "limit": args.limit, "kind": args.kind}
    tx.emit("exchange.placed", caller, row.id, order=number, **terms)
    for own in found.cancelled:
        cancel_order(tx, resting(tx, own), caller, "self_trade")
    scrip = trade(tx, row, Incoming(number, caller, side), found.fills)
    rests = found.rests and args.limit is not None
    if under is not None:
        settled(grants.settle(tx, under.id, {"scrip": traded}, last=not rests))
    if rests and args.limit is not None:
        use = under.id if under is not None else None
        rest(tx, Order(number, caller, row.id, side.value, args.limit, args.quantity, found.remaining, 0, use, tx.at))
    return {
        "order": number,
        "filled": sum(fill.quantity for fill in found.fills),
        "scrip": scrip,
        "resting": found.remaining if found.rests else 0,
        "cancelled": list(found.cancelled),
    }


def _under_grant(call: Call, policy: Policy, args: PlaceArgs, number: int, most: int) -> GrantUse | Refusal | None:
    """The use of a grant that an order is, until it is filled or cancelled; None where trading needs no grant."""
    if not policy.catalogue.gated(TRADE):
        return None
    wanted = Use(TRADE, args.instrument, {"scrip": most}, exactly(args))
    return grants.begin(call.tx, policy, call.caller, wanted, Underway(f"order {number}"), call.lent)


def _instrument(tx: Transaction, name: str) -> Instrument | Refusal:
    row = tx.get(tx.state.instruments, name)
    return row or Refusal("unknown_instrument", f"{name!r} does not trade here; see {ID}.instruments")


def _senseless(row: Instrument, args: PlaceArgs) -> Refusal | None:
    """Why such an order cannot be placed by anybody at present."""
    if row.halted:
        return Refusal("halted", f"trading in {row.id} is halted; you can cancel orders, not place them")
    if args.kind == "market":
        if args.limit is not None:
            return Refusal("bad_order", "a market order takes no limit; leave it out, or place kind limit or ioc")
    elif args.limit is None:
        return Refusal("bad_order", f"an order of kind {args.kind} needs a limit in scrip per unit")
    elif args.limit * args.quantity > ledger.MAX_AMOUNT:
        return Refusal("bad_order", f"limit times quantity is above {ledger.MAX_AMOUNT}; ask for less")
    return None


def _uncovered(tx: Transaction, principal: str, args: PlaceArgs) -> Refusal | None:
    """Why the principal cannot stand for the order: the buyer's scrip or the seller's asset falls short."""
    if args.side == "sell":
        asset, needed = args.instrument, args.quantity
    else:
        asset, needed = SCRIP, args.quantity * args.limit if args.limit is not None else 1
    free = ledger.balance(tx, principal, asset).available
    if free >= needed:
        return None
    return Refusal("insufficient_funds", f"this order needs {needed} {asset} available; {principal} has {free}")


# -- cancelling and looking ----------------------------------------------------------------------------------------


async def _cancel(call: Call, args: CancelArgs) -> Json | Refusal:
    order = call.tx.get(call.tx.state.orders, args.order)
    if order is None or order.principal != call.caller:
        return Refusal("not_found", f"you have no resting order {args.order}; it was filled, cancelled, or never yours")
    cancel_order(call.tx, order, call.caller, "asked")
    return {"order": order.id, "remaining": order.remaining}


async def _book(call: Call, args: BookArgs) -> Json | Refusal:
    row = _instrument(call.tx, args.instrument)
    if isinstance(row, Refusal):
        return row
    book = call.tx.book(row.id)
    return {
        "instrument": row.id,
        "bids": _depth(book, Side.BUY, args.levels),
        "asks": _depth(book, Side.SELL, args.levels),
    }


def _depth(book: Book, side: Side, levels: int) -> list[list[int]]:
    return [list(level) for level in book.depth(side, levels)]


async def _orders(call: Call, args: NoArgs) -> Json | Refusal:
    return {
        "orders": [
            {
                "order": order.id,
                "instrument": order.instrument,
                "side": order.side,
                "price": order.price,
                "quantity": order.quantity,
                "remaining": order.remaining,
                "placed_at": order.placed_at,
            }
            for order in call.tx.scan(call.tx.state.orders_of, call.caller)
        ]
    }


async def _ticker(call: Call, args: TickerArgs) -> Json | Refusal:
    row = _instrument(call.tx, args.instrument)
    if isinstance(row, Refusal):
        return row
    book = call.tx.book(row.id)
    return {
        "instrument": row.id,
        "halted": row.halted,
        "last_price": row.last_price,
        "last_at": row.last_at,
        "bid": book.best(Side.BUY),
        "ask": book.best(Side.SELL),
        "volume": row.volume,
        "turnover": row.turnover,
    }


async def _instruments(call: Call, args: NoArgs) -> Json | Refusal:
    return {
        "instruments": [
            {"instrument": row.id, "halted": row.halted, "last_price": row.last_price}
            for row in call.tx.all(call.tx.state.instruments)
        ]
    }


def make(policy: Policy) -> Genesis:
    """The genesis artifact; it trades whatever has an instrument row, under a grant where the world demands one."""

    async def place(call: Call, args: PlaceArgs) -> Json | Refusal:
        return await _place(call, args, policy)

    return Genesis(
        ID,
        "Exchange",
        [
            method("place", PlaceArgs, "Place an order: limit rests, ioc and market take what is there now.", place),
            method("cancel", CancelArgs, "Cancel a resting order of yours and get back what it held.", _cancel),
            method("book", BookArgs, "The best prices of an instrument as [price, quantity, orders].", _book),
            method("orders", NoArgs, "Your resting orders.", _orders),
            method("ticker", TickerArgs, "Last price, best bid and ask, and volume of an instrument.", _ticker),
            method("instruments", NoArgs, "What trades here.", _instruments),
        ],
    )
