"""What the methods of `genesis_escrow` take."""

from typing import Annotated, Literal

from pydantic import Field

from engine.genesis.auctions import MAX_DURATION
from engine.genesis.base import Args
from engine.genesis.ledger import Amount, Id
from engine.genesis.lots import MAX_BUNDLE
from engine.kernel.entities import SECOND
from engine.kernel.ledger import MAX_AMOUNT

Number = Annotated[int, Field(ge=1, le=2**53, description="the number of the sale")]
Micros = Annotated[int, Field(gt=0, le=MAX_DURATION)]
Some = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]


class LotArgs(Args):
    """What is sold: one artifact, or several as one."""

    artifact: Id | None = None
    artifacts: Annotated[
        list[Id] | None,
        Field(min_length=1, max_length=MAX_BUNDLE, description="instead of artifact: a bundle, sold all or none"),
    ] = None


class DepositArgs(LotArgs):
    """Arguments of `deposit`."""

    price: Amount
    buyer: Annotated[Id | None, Field(description="the only one who may buy; left out, anyone may")] = None
    duration: Annotated[Micros | None, Field(description="µs after which it goes back to you; none: it stays")] = None
    arbiter: Annotated[Id | None, Field(description="who decides, if the buyer and you do not agree")] = None
    fee: Annotated[Some, Field(description="what the arbiter has of the price for deciding")] = 0
    decide_within: Annotated[Micros, Field(description="µs after the payment by which it ends by itself")] = (
        86_400 * SECOND
    )
    on_silence: Annotated[Literal["release", "refund"], Field(description="how it ends if nobody decides")] = "refund"


class AuctionArgs(LotArgs):
    """Arguments of `auction`."""

    duration: Annotated[Micros, Field(description="µs until it ends")]
    reserve: Annotated[Amount, Field(description="the lowest bid that is taken")] = 1
    increment: Annotated[Amount, Field(description="by how much a bid has to be above the one before")] = 1
    extension: Annotated[
        int, Field(ge=0, le=MAX_DURATION, description="µs that are left after each bid at least: the end is put off")
    ] = 0


class DutchArgs(LotArgs):
    """Arguments of `dutch_auction`."""

    start: Amount
    floor: Amount = 1
    step: Annotated[Amount, Field(description="by how much the price falls at a time")] = 1
    interval: Annotated[Micros, Field(description="µs between two falls")] = SECOND
    linger: Annotated[Micros, Field(description="µs for which the floor price holds before it goes back to you")] = (
        10 * SECOND
    )


class SaleArgs(Args):
    """A sale that has been paid for."""

    sale: Number


class LookArgs(Args):
    """A sale by its number, or by an artifact in it."""

    sale: Number | None = None
    artifact: Id | None = None


class PurchaseArgs(LookArgs):
    """Arguments of `purchase`."""

    max_price: Annotated[Amount | None, Field(description="refuse if it costs more by now")] = None
    version: Annotated[int | None, Field(description="refuse if its content is of another version by now")] = None


class BidArgs(LookArgs):
    """Arguments of `bid`."""

    amount: Amount


class RuleArgs(SaleArgs):
    """Arguments of `rule`."""

    outcome: Literal["release", "refund", "split"]
    to_seller: Annotated[Some, Field(description="split only: what the seller has of the payment")] = 0
    artifacts_to: Annotated[Literal["buyer", "seller"], Field(description="split only: who has the artifacts")] = (
        "buyer"
    )


class ListingsArgs(Args):
    """Arguments of `listings` and `auctions`."""

    type: Id | None = None
    after: Annotated[int, Field(ge=0, le=2**53, description="go on after this sale: `next` of the page before")] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 20
