"""`genesis_escrow`: trustless sale of artifacts, one or several as one; it holds control while they are for sale.

At a fixed price, by an English or a Dutch auction, or with an arbiter who decides about the payment. What is in escrow
stands still: nobody writes, deletes or carries off what others bid for.
"""

from collections.abc import Callable
from typing import TypeVar

from engine.genesis import arbitration, auctions, lots
from engine.genesis.base import Genesis, NoArgs, method
from engine.genesis.escrow_args import (
    AuctionArgs,
    BidArgs,
    DepositArgs,
    DutchArgs,
    ListingsArgs,
    LookArgs,
    LotArgs,
    PurchaseArgs,
    RuleArgs,
    SaleArgs,
)
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Arbitration, Auction, Json, Listing
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.tables import Ordered
from engine.kernel.transaction import Transaction

ID = lots.ID
EXAMINED = 1_000
"""Sales that one look goes through at most."""
E = TypeVar("E", Listing, Auction)

# -- offering ------------------------------------------------------------------------------------------------------


def _lot(args: LotArgs) -> tuple[str, ...] | Refusal:
    if (args.artifact is None) == (args.artifacts is None):
        return Refusal("bad_arguments", "name what you sell: either artifact, or artifacts for several as one")
    return (args.artifact,) if args.artifact is not None else tuple(args.artifacts or ())


def _named(artifacts: tuple[str, ...]) -> Json:
    """A lot in a result: its ids, and the one id if it is one."""
    return {"artifacts": list(artifacts)} | ({"artifact": artifacts[0]} if len(artifacts) == 1 else {})


async def _deposit(call: Call, args: DepositArgs) -> Json | Refusal:
    tx, seller = call.tx, call.caller
    lot = _lot(args)
    if isinstance(lot, Refusal):
        return lot
    if args.buyer is not None and not tx.is_principal(args.buyer):
        return Refusal("no_standing", f"{args.buyer} is not a principal, so it can never buy")
    if (refusal := _unfit(tx, seller, args)) is not None:
        return refusal
    sale = await lots.take_in(call, lot)
    if isinstance(sale, Refusal):
        return sale
    row = Listing(
        id=sale,
        seller=seller,
        artifacts=lot,
        price=args.price,
        buyer=args.buyer,
        arbiter=args.arbiter,
        fee=args.fee,
        decide_within=args.decide_within if args.arbiter is not None else 0,
        on_silence=args.on_silence if args.arbiter is not None else "",
        listed_at=tx.at,
        expires_at=None if args.duration is None else tx.at + args.duration,
    )
    tx.put(tx.state.listings, row)
    told = {"price": row.price, "buyer": row.buyer, "arbiter": row.arbiter, "expires_at": row.expires_at}
    tx.emit("escrow.listed", seller, lot[0], sale=sale, artifacts=list(lot), **told)
    return {"sale": sale, **_named(lot), "price": args.price, "expires_at": row.expires_at}


def _unfit(tx: Transaction, seller: str, args: DepositArgs) -> Refusal | None:
    """Why there can be no listing with this arbiter, or without one with these terms."""
    if args.arbiter is None:
        if args.fee:
            return Refusal("bad_fee", "a fee is for an arbiter; name one, or leave the fee out")
        return None
    if args.arbiter == args.buyer:
        return Refusal("own_case", "the arbiter of a sale is neither its seller nor its buyer")
    return arbitration.unfit_terms(tx, seller, args.arbiter, args.fee, args.price)


async def _auction(call: Call, args: AuctionArgs) -> Json | Refusal:
    lot = _lot(args)
    if isinstance(lot, Refusal):
        return lot
    sale = await lots.take_in(call, lot)
    if isinstance(sale, Refusal):
        return sale
    terms = (args.reserve, args.increment, args.duration, args.extension)
    row = auctions.open_english(call.tx, sale, call.caller, lot, *terms)
    return {"sale": sale, **_named(lot), "ends_at": row.ends_at}


async def _dutch(call: Call, args: DutchArgs) -> Json | Refusal:
    lot = _lot(args)
    if isinstance(lot, Refusal):
        return lot
    sale = await lots.take_in(call, lot)
    if isinstance(sale, Refusal):
        return sale
    terms = (args.start, args.floor, args.step, args.interval, args.linger)
    row = auctions.open_dutch(call.tx, sale, call.caller, lot, *terms)
    return row if isinstance(row, Refusal) else {"sale": sale, **_named(lot), "ends_at": row.ends_at}


# -- buying --------------------------------------------------------------------------------------------------------


def _meant(tx: Transaction, args: LookArgs) -> lots.Sale | Refusal:
    """The sale that is meant, by its number, by an artifact in it, or by both."""
    if args.sale is None and args.artifact is None:
        return Refusal("bad_arguments", f"say which sale you mean, by its number or by its artifact; see {ID}.listings")
    found = lots.find(tx, args.sale) if args.sale is not None else lots.sale_of(tx, args.artifact or "")
    if found is None:
        named = f"sale {args.sale}" if args.sale is not None else repr(args.artifact)
        return Refusal("not_for_sale", f"{named} is not for sale; see {ID}.listings and {ID}.auctions")
    if args.artifact is not None and args.artifact not in found.artifacts:
        return Refusal("not_for_sale", f"{args.artifact!r} is not part of sale {found.id}")
    return found


async def _purchase(call: Call, args: PurchaseArgs) -> Json | Refusal:
    tx, buyer = call.tx, call.caller
    row = _meant(tx, args)
    if isinstance(row, Refusal):
        return row
    if isinstance(row, Arbitration):
        return Refusal("not_for_sale", f"sale {row.id} has been paid for by {row.buyer}")
    if isinstance(row, Auction) and row.kind == auctions.ENGLISH:
        return Refusal("auction", f"sale {row.id} is an auction: bid for it with {ID}.bid")
    price = row.price if isinstance(row, Listing) else auctions.price(row, tx.at)
    if (refusal := _unwanted(tx, row, buyer, price, args)) is not None:
        return refusal
    if isinstance(row, Listing) and row.arbiter is not None:
        paid = await arbitration.pay(call, row)
        if isinstance(paid, Refusal):
            return paid
        return {"sale": row.id, **_named(row.artifacts), "held": price, "decide_by": paid.decide_by}
    if (refusal := ledger.transfer(tx, SCRIP, buyer, row.seller, price, "escrow")) is not None:
        return refusal
    versions = [lots.held(tx, artifact).version for artifact in row.artifacts]
    # Before anything is delivered: contracts are asked on the way, and what they call finds no sale that is half over.
    if isinstance(row, Listing):
        tx.delete(tx.state.listings, row.id)
    else:
        tx.delete(tx.state.auctions, row.id)
    if (refusal := await lots.sell(call, row, buyer)) is not None:
        return refusal
    auctions.tell_sold(tx, buyer, row, buyer, price, "fixed" if isinstance(row, Listing) else row.kind.value)
    version = {"version": versions[0]} if len(versions) == 1 else {}
    return {"sale": row.id, **_named(row.artifacts), "price": price, "seller": row.seller, **version}


def _unwanted(tx: Transaction, row: Listing | Auction, buyer: str, price: int, args: PurchaseArgs) -> Refusal | None:
    """Why this sale is not to be, before anything has moved."""
    if row.seller == buyer:
        return Refusal("own_listing", f"you are the seller of sale {row.id}; take it back with {ID}.cancel")
    if isinstance(row, Listing) and row.buyer is not None and row.buyer != buyer:
        return Refusal("not_for_you", f"sale {row.id} is reserved for {row.buyer}")
    ends_at = row.expires_at if isinstance(row, Listing) else row.ends_at
    if ends_at is not None and tx.at >= ends_at:
        return Refusal("over", f"sale {row.id} has ended")
    if args.sale is None and len(row.artifacts) > 1:
        return Refusal(
            "bundle", f"{args.artifact} is sold with others only: buy sale {row.id} for {price}, or leave it"
        )
    if args.max_price is not None and price > args.max_price:
        return Refusal("price_changed", f"sale {row.id} costs {price} by now, more than {args.max_price}")
    if args.version is None:
        return None
    if len(row.artifacts) > 1:
        return Refusal("bad_arguments", "version is for a single artifact; what is in a sale stands still anyway")
    version = lots.held(tx, row.artifacts[0]).version
    if version == args.version:
        return None
    return Refusal("version_changed", f"{row.artifacts[0]} is of version {version} by now, not {args.version}")


async def _bid(call: Call, args: BidArgs) -> Json | Refusal:
    row = _meant(call.tx, args)
    if isinstance(row, Refusal):
        return row
    if not isinstance(row, Auction):
        return Refusal("not_english", f"sale {row.id} is no auction")
    made = await auctions.bid(call, row, args.amount)
    if isinstance(made, Refusal):
        return made
    return {"sale": row.id, **_named(row.artifacts), "held": made.amount, "ends_at": made.ends_at}


# -- ending --------------------------------------------------------------------------------------------------------


async def _cancel(call: Call, args: LookArgs) -> Json | Refusal:
    tx = call.tx
    row = _meant(tx, args)
    if isinstance(row, Refusal) or row.seller != call.caller:
        meant = f"artifact {args.artifact!r}" if args.sale is None else f"sale {args.sale}"
        return row if isinstance(row, Refusal) and row.code == "bad_arguments" else _not_yours(meant)
    if isinstance(row, Arbitration):
        return Refusal("paid", f"{row.buyer} has paid for sale {row.id}; you can give it back with {ID}.refund")
    if isinstance(row, Auction) and row.bidder is not None:
        return Refusal("has_bids", f"{row.bidder} has bid {row.amount} in sale {row.id}, and a bid binds both")
    if isinstance(row, Auction):
        tx.delete(tx.state.auctions, row.id)
    else:
        tx.delete(tx.state.listings, row.id)
    lots.give_back(tx, row)
    tx.emit("escrow.cancelled", call.caller, row.artifacts[0], sale=row.id, artifacts=list(row.artifacts))
    return {"sale": row.id, **_named(row.artifacts)}


def _not_yours(meant: str) -> Refusal:
    return Refusal("not_found", f"you have no {meant} in escrow")


def expire(tx: Transaction, sale: int) -> None:
    """Give back what has not been bought in the time of its listing."""
    row = tx.get(tx.state.listings, sale)
    if row is None:
        raise InvariantBroken(f"listing {sale} was due but is not there")
    tx.delete(tx.state.listings, sale)
    lots.give_back(tx, row)
    tx.emit("escrow.expired", ID, row.seller, sale=sale, kind="fixed", artifacts=list(row.artifacts))


def _case(tx: Transaction, sale: int) -> Arbitration | Refusal:
    row = tx.get(tx.state.arbitrations, sale)
    return row or Refusal("not_found", f"sale {sale} is not waiting to be settled; see {ID}.cases")


async def _release(call: Call, args: SaleArgs) -> Json | Refusal:
    row = _case(call.tx, args.sale)
    if isinstance(row, Refusal):
        return row
    if call.caller != row.buyer:
        return Refusal("not_yours", f"only its buyer, {row.buyer}, releases the payment of sale {row.id}")
    arbitration.release(call.tx, row, call.caller)
    return {"sale": row.id, **_named(row.artifacts), "paid": row.price}


async def _refund(call: Call, args: SaleArgs) -> Json | Refusal:
    row = _case(call.tx, args.sale)
    if isinstance(row, Refusal):
        return row
    if call.caller != row.seller:
        return Refusal("not_yours", f"only its seller, {row.seller}, gives the payment of sale {row.id} back")
    arbitration.refund(call.tx, row, call.caller)
    return {"sale": row.id, **_named(row.artifacts), "refunded": row.price}


async def _rule(call: Call, args: RuleArgs) -> Json | Refusal:
    row = _case(call.tx, args.sale)
    if isinstance(row, Refusal):
        return row
    if call.caller != row.arbiter:
        return Refusal("not_yours", f"only its arbiter, {row.arbiter}, decides sale {row.id}")
    if args.outcome == arbitration.SPLIT:
        if args.to_seller > row.price - row.fee:
            return Refusal("bad_split", f"after the fee there are {row.price - row.fee} to be divided")
        delivered = args.artifacts_to == "buyer"
        arbitration.settle(call.tx, row, call.caller, args.to_seller, row.fee, delivered)
    elif args.to_seller or args.artifacts_to != "buyer":
        return Refusal("bad_arguments", "to_seller and artifacts_to are for a split; release and refund say it all")
    elif args.outcome == arbitration.RELEASE:
        arbitration.release(call.tx, row, call.caller, row.fee)
    else:
        arbitration.refund(call.tx, row, call.caller, row.fee)
    return {"sale": row.id, "outcome": args.outcome, "fee": row.fee}


# -- looking -------------------------------------------------------------------------------------------------------


def _listed(tx: Transaction, row: Listing) -> Json:
    whole = lots.contents(tx, row.artifacts)
    terms: Json = {
        "sale": row.id,
        "seller": row.seller,
        "price": row.price,
        "buyer": row.buyer,
        "listed_at": row.listed_at,
        "expires_at": row.expires_at,
        "artifacts": whole,
    }
    if row.arbiter is not None:
        case = {
            "arbiter": row.arbiter,
            "fee": row.fee,
            "decide_within": row.decide_within,
            "on_silence": row.on_silence,
        }
        terms |= case
    # What is sold by itself is told of in the line itself.
    return {**whole[0], **terms} if len(whole) == 1 else terms


def _page(
    tx: Transaction, args: ListingsArgs, ordered: Ordered[int, E], shown: Callable[[Transaction, E], Json]
) -> tuple[list[Json], int | None]:
    """A page of sales of a type, and after which sale to go on; None if that was all."""
    found: list[Json] = []
    last = args.after
    page = tx.page(ordered, args.after, EXAMINED)
    for row in page:
        if len(found) == args.limit:
            break
        last = row.id
        if args.type is None or any(lots.held(tx, artifact).type == args.type for artifact in row.artifacts):
            found.append(shown(tx, row))
    whole = len(page) < EXAMINED and (not page or last == page[-1].id)
    return found, None if whole else last


async def _listings(call: Call, args: ListingsArgs) -> Json | Refusal:
    found, after = _page(call.tx, args, call.tx.state.listing_ids, _listed)
    return {"listings": found, "next": after}


async def _auctions(call: Call, args: ListingsArgs) -> Json | Refusal:
    found, after = _page(call.tx, args, call.tx.state.auction_ids, auctions.shown)
    return {"auctions": found, "next": after}


async def _cases(call: Call, args: NoArgs) -> Json | Refusal:
    rows = call.tx.scan(call.tx.state.arbitrations_of, call.caller)
    return {"cases": [arbitration.shown(call.tx, row) for row in rows[:100]]}


async def _sale(call: Call, args: LookArgs) -> Json | Refusal:
    row = _meant(call.tx, args)
    match row:
        case Refusal():
            return row
        case Listing():
            return {"kind": "fixed"} | _listed(call.tx, row)
        case Auction():
            return auctions.shown(call.tx, row)
        case Arbitration():
            return {"kind": arbitration.KIND} | arbitration.shown(call.tx, row)


def make() -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Escrow",
        [
            method("deposit", DepositArgs, "Put artifacts up for sale; the escrow controls them until then.", _deposit),
            method("purchase", PurchaseArgs, "Buy what is for sale: you pay, it becomes yours, or neither.", _purchase),
            method("cancel", LookArgs, "Take back what you have up for sale and nobody has paid or bid for.", _cancel),
            method("listings", ListingsArgs, "What is for sale at a fixed price, in order of number.", _listings),
            method("auction", AuctionArgs, "Sell by an auction of rising bids; the highest at the end wins.", _auction),
            method("dutch_auction", DutchArgs, "Sell at a price that falls until somebody takes it.", _dutch),
            method("bid", BidArgs, "Bid in an auction; it is held until you are outbid or it ends.", _bid),
            method("auctions", ListingsArgs, "The auctions that are open, in order of number.", _auctions),
            method("release", SaleArgs, "Let the seller have what you have paid: you have the artifacts.", _release),
            method("refund", SaleArgs, "Give a buyer the payment back: you have the artifacts again.", _refund),
            method("rule", RuleArgs, "Decide a sale that you are the arbiter of, for your fee.", _rule),
            method("cases", NoArgs, "Sales of yours that are paid and not settled: as any of the three.", _cases),
            method("sale", LookArgs, "One sale, by its number or by an artifact in it.", _sale),
        ],
    )
