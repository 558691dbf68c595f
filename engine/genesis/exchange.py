"""`genesis_exchange`: limit order books with price-time priority, one for each instrument, quoted in scrip.

An order is covered in full when it is placed: a buy by scrip up to its limit and the fees on that, a sell by the asset.
What rests is one hold for each order, so that a trade can always be settled; a trade is made at the resting order's
price.
"""

from typing import Annotated

from pydantic import Field

from engine.capabilities.policy import Policy
from engine.genesis.assets import may_issue
from engine.genesis.base import Args, Genesis, NoArgs, method
from engine.genesis.ledger import Amount, Id
from engine.genesis.markets import MAX_INSTRUMENTS, market_of, open_markets, rules
from engine.genesis.orders import cancel_order
from engine.genesis.placing import MAX_OPEN_ORDERS as MAX_OPEN_ORDERS
from engine.genesis.placing import PlaceArgs, place, unknown
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.book import Book, Side
from engine.kernel.entities import SCRIP, Instrument, Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from engine.worldfile.schema import ExchangeSection

ID = "genesis_exchange"


class CancelArgs(Args):
    """Arguments of `cancel`."""

    order: int


class CancelAllArgs(Args):
    """Arguments of `cancel_all`."""

    instrument: Annotated[Id | None, Field(description="only those in this one; left out, all")] = None


class OpenMarketArgs(Args):
    """Arguments of `open_market`."""

    asset: Id
    tick: Annotated[Amount, Field(description="prices are multiples of it")] = 1
    lot: Annotated[Amount, Field(description="quantities are multiples of it")] = 1


class BookArgs(Args):
    """Arguments of `book`."""

    instrument: Id
    levels: Annotated[int, Field(ge=1, le=50)] = 10


class TickerArgs(Args):
    """Arguments of `ticker`."""

    instrument: Id


def cancel_all(tx: Transaction, principal: str, by: str = "operator", reason: str = "stopped") -> int:
    """Cancel every resting order of a principal and release what they held; returns how many there were."""
    orders = tx.scan(tx.state.orders_of, principal)
    for order in orders:
        cancel_order(tx, order, by, reason)
    return len(orders)


# -- cancelling ----------------------------------------------------------------------------------------------------


async def _cancel(call: Call, args: CancelArgs) -> Json | Refusal:
    order = call.tx.get(call.tx.state.orders, args.order)
    if order is None or order.principal != call.caller:
        return Refusal("not_found", f"you have no resting order {args.order}; it was filled, cancelled, or never yours")
    cancel_order(call.tx, order, call.caller, "asked")
    return {"order": order.id, "remaining": order.remaining}


async def _cancel_all(call: Call, args: CancelAllArgs) -> Json | Refusal:
    tx = call.tx
    if args.instrument is not None and tx.get(tx.state.instruments, args.instrument) is None:
        return unknown(args.instrument)
    mine = tx.scan(tx.state.orders_of, call.caller)
    orders = [order for order in mine if args.instrument in (None, order.instrument)]
    for order in orders:
        cancel_order(tx, order, call.caller, "asked")
    return {"cancelled": [order.id for order in orders]}


# -- opening a market ----------------------------------------------------------------------------------------------


async def _open_market(call: Call, args: OpenMarketArgs, section: ExchangeSection) -> Json | Refusal:
    """List an issued asset: whoever may write its artifact may; the market's fees are those of the world."""
    tx, caller = call.tx, call.caller
    issuer = tx.get(tx.state.artifacts, args.asset)
    if issuer is None or tx.get(tx.state.assets, args.asset) is None:
        return Refusal("not_issued", f"{args.asset!r} is no asset that an agent issues; see genesis_assets.list")
    if section.listing == "closed":
        return Refusal("closed", "here only the instruments of the world file trade")
    context = {"method": "open_market", "tick": args.tick, "lot": args.lot}
    if (denied := await may_issue(call, issuer, context)) is not None:
        return denied
    if tx.get(tx.state.instruments, args.asset) is not None:
        return Refusal("listed", f"{args.asset} trades already")
    if tx.count(tx.state.instruments) >= MAX_INSTRUMENTS:
        return Refusal("too_many_instruments", f"{MAX_INSTRUMENTS} instruments trade here, and no more can be listed")
    fee, to = section.listing_fee, section.fee_to
    if fee and to is not None and (short := ledger.transfer(tx, SCRIP, caller, to, fee, "listing fee")) is not None:
        return short
    open_markets(tx, {args.asset: rules(section, args.asset, caller, args.tick, args.lot)})
    tx.emit("exchange.listed", caller, args.asset, tick=args.tick, lot=args.lot, fee=fee)
    return {"instrument": args.asset, "fee": fee}


# -- looking -------------------------------------------------------------------------------------------------------


def _instrument(tx: Transaction, name: str) -> Instrument | Refusal:
    return tx.get(tx.state.instruments, name) or unknown(name)


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
                "expires_at": order.expires_at,
            }
            for order in call.tx.scan(call.tx.state.orders_of, call.caller)
        ]
    }


async def _ticker(call: Call, args: TickerArgs) -> Json | Refusal:
    row = _instrument(call.tx, args.instrument)
    if isinstance(row, Refusal):
        return row
    book, market = call.tx.book(row.id), market_of(call.tx, row.id)
    return {
        "instrument": row.id,
        "halted": row.halted,
        "last_price": row.last_price,
        "last_at": row.last_at,
        "bid": book.best(Side.BUY),
        "ask": book.best(Side.SELL),
        "volume": row.volume,
        "turnover": row.turnover,
        "tick": market.tick,
        "lot": market.lot,
        "maker_fee": market.maker_fee,
        "taker_fee": market.taker_fee,
    }


async def _positions(call: Call, args: NoArgs) -> Json | Refusal:
    tx = call.tx
    found: list[Json] = []
    for row in tx.scan(tx.state.positions_of, call.caller):
        instrument = tx.get(tx.state.instruments, row.instrument)
        last = instrument.last_price if instrument is not None else None
        found.append(
            {
                "instrument": row.instrument,
                "quantity": row.quantity,
                "cost": row.cost,
                "realised": row.realised,
                "fees": row.fees,
                "unrealised": None if last is None else row.quantity * last - row.cost,
            }
        )
    return {"positions": found}


async def _instruments(call: Call, args: NoArgs) -> Json | Refusal:
    return {
        "instruments": [
            {"instrument": row.id, "halted": row.halted, "last_price": row.last_price}
            for row in call.tx.all(call.tx.state.instruments)
        ]
    }


_NO_FEES = ExchangeSection()


def make(policy: Policy, section: ExchangeSection = _NO_FEES) -> Genesis:
    """The genesis artifact; it trades whatever has an instrument row, under a grant where the world demands one."""

    async def placed(call: Call, args: PlaceArgs) -> Json | Refusal:
        return await place(call, args, policy)

    async def opened(call: Call, args: OpenMarketArgs) -> Json | Refusal:
        return await _open_market(call, args, section)

    return Genesis(
        ID,
        "Exchange",
        [
            method(
                "place",
                PlaceArgs,
                "Place an order: limit and post rest; ioc, fok and market take what is there.",
                placed,
            ),
            method("cancel", CancelArgs, "Cancel a resting order of yours and get back what it held.", _cancel),
            method(
                "cancel_all", CancelAllArgs, "Cancel all your resting orders, or those in one instrument.", _cancel_all
            ),
            method("book", BookArgs, "The best prices of an instrument as [price, quantity, orders].", _book),
            method("orders", NoArgs, "Your resting orders.", _orders),
            method("positions", NoArgs, "What your trades have come to: position, cost, gain and fees.", _positions),
            method("ticker", TickerArgs, "Last price, best bid and ask, volume and rules of an instrument.", _ticker),
            method("instruments", NoArgs, "What trades here.", _instruments),
            method("open_market", OpenMarketArgs, "Let an asset that you may issue trade against scrip.", opened),
        ],
    )
