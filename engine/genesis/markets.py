"""The rules of each market: ticks and lots, self-trade prevention, and fees with their rounding.

A fee is a part of the scrip traded, in basis points, and is rounded up to whole scrip once for each order, however
many trades it takes: so cutting an order's trades into pieces neither saves nor costs anything. The buyer pays its own
on top of the price, the seller pays its own out of the proceeds; all of it goes to one named principal.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.kernel.entities import SCRIP, Instrument, Market
from engine.kernel.transaction import Transaction

if TYPE_CHECKING:
    from engine.worldfile.schema import ExchangeSection

BASIS = 10_000
"""Basis points in a whole."""
MAX_INSTRUMENTS = 200
"""Instruments that a world has at most, those that agents have listed included."""


def rules(section: "ExchangeSection", name: str, listed_by: str = "", tick: int = 1, lot: int = 1) -> Market:
    """The rules of a market as the world file has them; ticks and lots of what agents list are their own."""
    own = section.markets.get(name)
    if own is None:
        fees = (section.maker_fee, section.taker_fee, section.fee_to or "")
        return Market(name, tick, lot, *fees, section.self_trade, listed_by)
    return Market(
        name,
        own.tick,
        own.lot,
        section.maker_fee if own.maker_fee is None else own.maker_fee,
        section.taker_fee if own.taker_fee is None else own.taker_fee,
        own.fee_to or section.fee_to or "",
        own.self_trade or section.self_trade,
        listed_by,
    )


def open_markets(tx: Transaction, markets: Mapping[str, Market]) -> None:
    """Open a market for each of the assets; raises ValueError for one that cannot be traded against scrip."""
    for name, market in markets.items():
        asset = tx.get(tx.state.assets, name)
        if asset is None or name == SCRIP or not asset.transferable:
            raise ValueError(f"{name} is not a transferable asset other than scrip, so it cannot trade")
        if tx.get(tx.state.instruments, name) is None:
            tx.put(tx.state.instruments, Instrument(name, False, None, None, 0, 0))
            tx.put(tx.state.markets, market)


def market_of(tx: Transaction, instrument: str) -> Market:
    """The rules of an instrument."""
    return tx.get(tx.state.markets, instrument) or Market(instrument)


def whole(fee: int) -> int:
    """A fee in ten-thousandths of a scrip as whole scrip, rounded up."""
    return -(-fee // BASIS)


def worst_cost(market: Market, value: int) -> int:
    """The most scrip that a buy of this value can take, fees included, whatever part of it rests."""
    fee = market.maker_fee if market.maker_fee > market.taker_fee else market.taker_fee
    return value + whole(value * fee) if fee else value


def affordable(market: Market, scrip: int) -> int:
    """The most that a taker can buy for this much scrip so that the fee still fits."""
    return scrip * BASIS // (BASIS + market.taker_fee)


def resting_hold(market: Market, fee: int, value: int) -> int:
    """The scrip that a resting buy of this value needs, when it owes `fee` ten-thousandths already."""
    return value + whole(fee + value * market.maker_fee) - whole(fee)
