"""`genesis_escrow`: trustless sale of one artifact; it holds control while the artifact is for sale.

Depositing, selling and giving back are ordinary transfers, asked of the artifact's own contract: with the seller as
the one who asks for the first, with the escrow, which is the controller by then, for the others.
"""

from typing import Annotated

from pydantic import Field

from engine.genesis.base import Args, Genesis, method
from engine.genesis.ledger import Amount, Id
from engine.kernel import ledger
from engine.kernel.actions import Call, Transfer
from engine.kernel.entities import SCRIP, Artifact, Json, Listing
from engine.kernel.errors import Refusal
from engine.kernel.storage import take_over
from engine.kernel.transaction import Transaction

ID = "genesis_escrow"
EXAMINED = 1_000
"""Listings that one look goes through at most."""


class DepositArgs(Args):
    """Arguments of `deposit`."""

    artifact: Id
    price: Amount
    buyer: Annotated[Id | None, Field(description="the only one who may buy; left out, anyone may")] = None


class PurchaseArgs(Args):
    """Arguments of `purchase`."""

    artifact: Id
    max_price: Annotated[Amount | None, Field(description="refuse if it costs more by now")] = None
    version: Annotated[int | None, Field(description="refuse if its content is of another version by now")] = None


class CancelArgs(Args):
    """Arguments of `cancel`."""

    artifact: Id


class ListingsArgs(Args):
    """Arguments of `listings`."""

    type: Id | None = None
    after: Annotated[str, Field(max_length=80, description="go on after this artifact: `next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


async def _deposit(call: Call, args: DepositArgs) -> Json | Refusal:
    tx, seller = call.tx, call.caller
    if not tx.is_principal(seller):
        return Refusal("no_standing", f"{seller} cannot hold scrip, so it cannot be paid")
    if args.buyer is not None and not tx.is_principal(args.buyer):
        return Refusal("no_standing", f"{args.buyer} is not a principal, so it can never buy")
    if tx.get(tx.state.listings, args.artifact) is not None:
        return Refusal("in_escrow", f"{args.artifact} is for sale already")
    moved = await call.physics.perform(tx, seller, Transfer(args.artifact, ID), call.depth)
    if isinstance(moved, Refusal):
        return moved
    tx.put(tx.state.listings, Listing(args.artifact, seller, args.price, args.buyer, tx.at))
    tx.emit("escrow.listed", seller, args.artifact, artifact=args.artifact, price=args.price, buyer=args.buyer)
    return {"artifact": args.artifact, "price": args.price}


async def _purchase(call: Call, args: PurchaseArgs) -> Json | Refusal:
    tx, buyer = call.tx, call.caller
    found = _for_sale(tx, args.artifact)
    if isinstance(found, Refusal):
        return found
    listing, row = found
    if (refusal := _unwanted(listing, row, buyer, args)) is not None:
        return refusal
    refusal = ledger.transfer(tx, SCRIP, buyer, listing.seller, listing.price, "escrow")
    if refusal is not None:
        return refusal
    moved = await call.physics.perform(tx, ID, Transfer(row.id, buyer), call.depth)
    if isinstance(moved, Refusal):
        return moved
    if (refusal := take_over(tx, row.id, buyer)) is not None:
        return refusal
    tx.delete(tx.state.listings, row.id)
    tx.emit(
        "escrow.sold",
        buyer,
        listing.seller,
        artifact=row.id,
        price=listing.price,
        buyer=buyer,
        seller=listing.seller,
    )
    return {"artifact": row.id, "price": listing.price, "seller": listing.seller, "version": row.version}


def _unwanted(listing: Listing, row: Artifact, buyer: str, args: PurchaseArgs) -> Refusal | None:
    """Why this sale is not to be, before anything has moved."""
    if listing.seller == buyer:
        return Refusal("own_listing", f"you are the seller of {row.id}; take it back with {ID}.cancel")
    if listing.buyer is not None and listing.buyer != buyer:
        return Refusal("not_for_you", f"{row.id} is reserved for {listing.buyer}")
    if args.max_price is not None and listing.price > args.max_price:
        return Refusal("price_changed", f"{row.id} costs {listing.price} by now, more than {args.max_price}")
    if args.version is not None and row.version != args.version:
        return Refusal("version_changed", f"{row.id} is of version {row.version} by now, not {args.version}")
    return None


async def _cancel(call: Call, args: CancelArgs) -> Json | Refusal:
    tx = call.tx
    listing = tx.get(tx.state.listings, args.artifact)
    if listing is None or listing.seller != call.caller:
        return Refusal("not_found", f"you have no artifact {args.artifact!r} in escrow")
    # A contract that lets others delete may have let it vanish; then only the listing is left to clear.
    if tx.get(tx.state.artifacts, args.artifact) is not None:
        moved = await call.physics.perform(tx, ID, Transfer(args.artifact, listing.seller), call.depth)
        if isinstance(moved, Refusal):
            return moved
    tx.delete(tx.state.listings, args.artifact)
    tx.emit("escrow.cancelled", call.caller, args.artifact, artifact=args.artifact, price=listing.price)
    return {"artifact": args.artifact}


async def _listings(call: Call, args: ListingsArgs) -> Json | Refusal:
    tx = call.tx
    found: list[Json] = []
    last = args.after
    page = tx.page(tx.state.listing_ids, args.after, EXAMINED)
    for listing in page:
        if len(found) == args.limit:
            break
        last = listing.artifact
        row = tx.get(tx.state.artifacts, listing.artifact)
        if row is not None and args.type in (None, row.type):
            found.append(_shown(listing, row))
    whole = len(page) < EXAMINED and (not page or last == page[-1].artifact)
    return {"listings": found, "next": None if whole else last}


def _shown(listing: Listing, row: Artifact) -> Json:
    return {
        "artifact": row.id,
        "type": row.type,
        "size": row.size,
        "version": row.version,
        "metadata": row.metadata,
        "seller": listing.seller,
        "price": listing.price,
        "buyer": listing.buyer,
        "listed_at": listing.listed_at,
    }


def _for_sale(tx: Transaction, artifact: str) -> tuple[Listing, Artifact] | Refusal:
    listing, row = tx.get(tx.state.listings, artifact), tx.get(tx.state.artifacts, artifact)
    if listing is None or row is None:
        return Refusal("not_for_sale", f"{artifact!r} is not for sale; see {ID}.listings")
    return listing, row


def make() -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Escrow",
        [
            method("deposit", DepositArgs, "Put an artifact up for sale; the escrow controls it until then.", _deposit),
            method("purchase", PurchaseArgs, "Buy an artifact: you pay, it becomes yours, or neither.", _purchase),
            method("cancel", CancelArgs, "Take back an artifact of yours that is for sale.", _cancel),
            method("listings", ListingsArgs, "What is for sale, in order of id.", _listings),
        ],
    )
