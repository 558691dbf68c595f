"""Placing an order at the exchange: whether it makes sense and is covered, what it trades, and what of it rests."""

from typing import Annotated, Literal

from pydantic import Field

from engine.capabilities import grants
from engine.capabilities.grants import Underway, Use
from engine.capabilities.policy import Policy
from engine.genesis.base import Args, exactly
from engine.genesis.ledger import Amount, Id
from engine.genesis.markets import affordable, market_of, whole, worst_cost
from engine.genesis.orders import Incoming, cancel_order, rest, resting, settled, trade
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.book import Match, OrderKind, SelfTrade, Side, Taker, match
from engine.kernel.entities import SCRIP, GrantUse, Instrument, Json, Market, Order
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

TRADE = "exchange.trade"
MAX_OPEN_ORDERS = 100
"""Resting orders that a principal may have at one time."""
_KINDS = {"limit": OrderKind.LIMIT, "post": OrderKind.LIMIT, "market": OrderKind.MARKET, "ioc": OrderKind.IOC,
          "fok": OrderKind.FOK}  # fmt: skip
_SIDES = {side.value: side for side in Side}
_MODES = {mode.value: mode for mode in SelfTrade}


class PlaceArgs(Args):
    """Arguments of `place`."""

    instrument: Id
    side: Literal["buy", "sell"]
    quantity: Amount
    limit: Annotated[Amount | None, Field(description="scrip per unit, at worst; none for a market order")] = None
    kind: Literal["limit", "market", "ioc", "fok", "post"] = "limit"
    expires_at: Annotated[Amount | None, Field(description="world time in µs at which what rests is cancelled")] = None


def unknown(name: str) -> Refusal:
    """The refusal of an instrument that is not there."""
    return Refusal("unknown_instrument", f"{name!r} does not trade here; see genesis_exchange.instruments")


async def place(call: Call, args: PlaceArgs, policy: Policy) -> Json | Refusal:
    """Match an order against the book, settle what it trades, and let the rest of a limit order rest."""
    tx, caller = call.tx, call.caller
    row = tx.get(tx.state.instruments, args.instrument)
    if row is None:
        return unknown(args.instrument)
    market = market_of(tx, row.id)
    refusal = _senseless(row, args) or _unfit(market, args, tx.at) or _uncovered(tx, market, caller, args)
    if refusal is not None:
        return refusal
    side = _SIDES[args.side]
    found = _matched(tx, market, caller, args, side)
    if isinstance(found, Refusal):
        return found
    number = tx.next_id("order")
    under = _under_grant(call, policy, args, number, found)
    if isinstance(under, Refusal):
        return under
    _tell(tx, caller, number, args)
    for own in found.cancelled:
        cancel_order(tx, resting(tx, own), caller, "self_trade")
    done = trade(tx, row, market, Incoming(number, caller, side), found.fills)
    rests = found.rests and args.limit is not None
    if under is not None:
        settled(grants.settle(tx, under.id, {"scrip": done.scrip}, last=not rests))
    if rests and args.limit is not None:
        use = under.id if under is not None else None
        terms = (args.limit, args.quantity, found.remaining, 0, use, tx.at, args.expires_at, done.fee)
        rest(tx, market, Order(number, caller, row.id, side.value, *terms))
    return {
        "order": number,
        "filled": args.quantity - found.remaining,
        "scrip": done.scrip,
        "fee": whole(done.fee),
        "resting": found.remaining if found.rests else 0,
        "cancelled": list(found.cancelled),
    }


def _tell(tx: Transaction, caller: str, number: int, args: PlaceArgs) -> None:
    terms: Json = {"side": args.side, "quantity": args.quantity, "limit": args.limit, "kind": args.kind}
    if args.expires_at is not None:
        terms["expires_at"] = args.expires_at
    tx.emit("exchange.placed", caller, args.instrument, order=number, **terms)


def _matched(tx: Transaction, market: Market, caller: str, args: PlaceArgs, side: Side) -> Match | Refusal:
    """What the order would do to the book, or why it may not."""
    book, kind = tx.book(market.id), _KINDS[args.kind]
    if args.kind == "post" and args.limit is not None:
        best = book.best(Side.SELL if side is Side.BUY else Side.BUY)
        if best is not None and (best <= args.limit if side is Side.BUY else best >= args.limit):
            return Refusal("would_trade", f"at {args.limit} it would trade with {best}, and a post order only rests")
    market_buy = kind is OrderKind.MARKET and side is Side.BUY
    budget = affordable(market, ledger.balance(tx, caller, SCRIP).available) if market_buy else None
    stp = _MODES[market.self_trade]
    found = match(book, Taker(caller, side, args.quantity, args.limit, kind, stp, budget, market.lot))
    if found.rests and tx.count_in(tx.state.orders_of, caller) - len(found.cancelled) >= MAX_OPEN_ORDERS:
        return Refusal("too_many_orders", f"you have {MAX_OPEN_ORDERS} orders resting; cancel some first")
    return found


def _under_grant(call: Call, policy: Policy, args: PlaceArgs, number: int, found: Match) -> GrantUse | Refusal | None:
    """The use of a grant that an order is, until it is filled or cancelled; None where trading needs no grant."""
    if not policy.catalogue.gated(TRADE):
        return None
    value = sum(fill.price * fill.quantity for fill in found.fills)
    most = value + (found.remaining * (args.limit or 0) if found.rests else 0)
    wanted = Use(TRADE, args.instrument, {"scrip": most}, exactly(args))
    return grants.begin(call.tx, policy, call.caller, wanted, Underway(f"order {number}"), call.lent)


def _senseless(row: Instrument, args: PlaceArgs) -> Refusal | None:
    """Why such an order cannot be placed by anybody at present."""
    if row.halted:
        return Refusal("halted", f"trading in {row.id} is halted; you can cancel orders, not place them")
    if args.kind == "market":
        if args.limit is not None:
            return Refusal("bad_order", "a market order takes no limit; leave it out, or place kind limit or ioc")
    elif args.limit is None:
        return Refusal("bad_order", f"an order of kind {args.kind} needs a limit in scrip per unit")
    return None


def _unfit(market: Market, args: PlaceArgs, now: int) -> Refusal | None:
    """Why the market's rules do not take the order."""
    limit, lot, tick = args.limit, market.lot, market.tick
    if args.quantity % lot:
        return Refusal("bad_quantity", f"{market.id} trades in lots of {lot}; {args.quantity} is no multiple of that")
    if limit is not None and limit % tick:
        return Refusal("bad_price", f"prices of {market.id} are multiples of {tick}; {limit} is none")
    if limit is not None and worst_cost(market, limit * args.quantity) > ledger.MAX_AMOUNT:
        return Refusal("bad_order", f"limit times quantity is above {ledger.MAX_AMOUNT}; ask for less")
    if args.expires_at is None:
        return None
    if args.kind not in ("limit", "post"):
        return Refusal("bad_order", f"an order of kind {args.kind} never rests, so it takes no expires_at")
    if args.expires_at <= now:
        return Refusal("bad_order", f"expires_at is world time in µs, later than now, which is {now}")
    return None


def _uncovered(tx: Transaction, market: Market, principal: str, args: PlaceArgs) -> Refusal | None:
    """Why the principal cannot stand for the order: the buyer's scrip or the seller's asset falls short."""
    if args.side == "sell":
        asset, needed = args.instrument, args.quantity
    else:
        asset, needed = SCRIP, worst_cost(market, args.quantity * args.limit) if args.limit is not None else 1
    row = ledger.balance(tx, principal, asset)
    if row.available < needed:
        short = f"this order needs {needed} {asset} available; {principal} has {row.available}"
        return Refusal("insufficient_funds", short)
    # What has been used of a rate in this window can neither be held nor given away.
    return ledger.in_use(tx, row, needed)
