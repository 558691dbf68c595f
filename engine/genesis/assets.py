"""`genesis_assets`: fungible assets that agents make and issue.

An asset is an artifact of type `asset`, and has its id. Whoever its contracts allow to write it may issue more of it:
they are told method, amount and receiver. What is issued is held, paid, traded and counted like any other asset.
"""

from typing import Annotated

from pydantic import Field

from engine.genesis.base import NAME, Args, Genesis, method
from engine.genesis.contracts import FREEWARE
from engine.genesis.ledger import Amount, Id
from engine.kernel import ledger
from engine.kernel.access import Access, for_sale
from engine.kernel.actions import Call, Write, contracts_missing, new_artifact, reserved
from engine.kernel.entities import Artifact, Asset, AssetKind, Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

ID = "genesis_assets"
TYPE = "asset"
EXAMINED = 1_000
"""Assets that one look goes through at most."""
_METHODS = [f"{ID}.issue", f"{ID}.retire", f"{ID}.info"]


class CreateArgs(Args):
    """Arguments of `create`."""

    name: Annotated[str, Field(pattern=NAME, max_length=31, description="what its id begins with")]
    unit: Annotated[str, Field(max_length=20)] = ""
    limit: Annotated[Amount | None, Field(description="the most that there can ever be; none if left out")] = None
    access: Annotated[list[Id], Field(min_length=1, max_length=8, description="who may write it may issue")] = [
        FREEWARE
    ]
    content: Annotated[str, Field(max_length=4_000, description="what it stands for")] = ""


class IssueArgs(Args):
    """Arguments of `issue`."""

    asset: Id
    amount: Amount
    to: Annotated[Id | None, Field(description="you, if left out")] = None


class RetireArgs(Args):
    """Arguments of `retire`."""

    asset: Id
    amount: Amount


class InfoArgs(Args):
    """Arguments of `info`."""

    asset: Id


class ListArgs(Args):
    """Arguments of `list`."""

    after: Annotated[str, Field(max_length=80, description="go on after this asset: `next` of the page before")] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 20


async def _create(call: Call, args: CreateArgs) -> Json | Refusal:
    tx, caller = call.tx, call.caller
    access = tuple(args.access)
    if not args.unit.isprintable():
        return Refusal("bad_unit", "a unit has printable characters only")
    if (refusal := reserved(args.name) or contracts_missing(tx, access)) is not None:
        return refusal
    facts: Json = {"unit": args.unit, "limit": args.limit, "methods": _METHODS}
    write = Write(args.content, type=TYPE, access=access, interface={"asset": facts})
    row = new_artifact(tx, f"{args.name}.{tx.next_id('artifact')}", caller, write, payer=caller)
    if isinstance(row, Refusal):
        return row
    tx.put(tx.state.assets, Asset(row.id, AssetKind.ISSUED, args.unit, True, 0, args.limit))
    tx.emit("artifact.created", caller, row.id, type=row.type, size=row.size)
    tx.emit("asset.created", caller, row.id, unit=args.unit, limit=args.limit)
    return {"asset": row.id, "size": row.size}


def _issued(tx: Transaction, name: str) -> tuple[Asset, Artifact] | Refusal:
    asset, row = tx.get(tx.state.assets, name), tx.get(tx.state.artifacts, name)
    if asset is None or row is None or asset.kind is not AssetKind.ISSUED:
        return Refusal("not_issued", f"{name!r} is no asset that an agent issues; see {ID}.list")
    return asset, row


async def may_issue(call: Call, row: Artifact, context: Json) -> Refusal | None:
    """Why the caller may not act as the issuer of an asset; what is for sale has none."""
    return for_sale(call.tx, row) or await call.physics.access.refuse(
        call.tx, row, Access.WRITE, call.caller, call.depth, **context
    )


async def _issue(call: Call, args: IssueArgs) -> Json | Refusal:
    tx, caller = call.tx, call.caller
    found = _issued(tx, args.asset)
    if isinstance(found, Refusal):
        return found
    asset, row = found
    to = args.to if args.to is not None else caller
    if not tx.is_principal(to):
        return Refusal("no_standing", f"{to} is not a principal, so it cannot hold {asset.id}")
    context = {"method": "issue", "amount": args.amount, "to": to}
    if (denied := await may_issue(call, row, context)) is not None:
        return denied
    issued = ledger.issued(tx, asset.id)
    if asset.limit is not None and issued + args.amount > asset.limit:
        return Refusal("over_limit", f"{issued} of at most {asset.limit} {asset.id} are issued; issue less")
    if (refusal := ledger.issue(tx, asset.id, to, args.amount, f"issued by {caller}")) is not None:
        return refusal
    tx.emit("asset.issued", caller, to, asset=asset.id, amount=args.amount)
    return {"asset": asset.id, "to": to, "amount": args.amount, "issued": issued + args.amount}


async def _retire(call: Call, args: RetireArgs) -> Json | Refusal:
    tx, caller = call.tx, call.caller
    found = _issued(tx, args.asset)
    if isinstance(found, Refusal):
        return found
    if (refusal := ledger.retire(tx, args.asset, caller, args.amount, "retired")) is not None:
        return refusal
    tx.emit("asset.retired", caller, args.asset, asset=args.asset, amount=args.amount)
    return {"asset": args.asset, "amount": args.amount, "issued": ledger.issued(tx, args.asset)}


def _shown(tx: Transaction, asset: Asset, row: Artifact) -> Json:
    return {
        "asset": asset.id,
        "unit": asset.unit,
        "issued": ledger.issued(tx, asset.id),
        "limit": asset.limit,
        "controller": row.controller,
        "created_by": row.created_by,
        "access": list(row.access),
        "listed": tx.get(tx.state.instruments, asset.id) is not None,
    }


async def _info(call: Call, args: InfoArgs) -> Json | Refusal:
    found = _issued(call.tx, args.asset)
    return found if isinstance(found, Refusal) else _shown(call.tx, *found)


async def _list(call: Call, args: ListArgs) -> Json | Refusal:
    tx = call.tx
    found: list[Json] = []
    last = args.after
    page = tx.page(tx.state.asset_ids, args.after, EXAMINED)
    for asset in page:
        if len(found) == args.limit:
            break
        last = asset.id
        row = tx.get(tx.state.artifacts, asset.id)
        if row is not None and asset.kind is AssetKind.ISSUED:
            found.append(_shown(tx, asset, row))
    whole = len(page) < EXAMINED and (not page or last == page[-1].id)
    return {"assets": found, "next": None if whole else last}


def make() -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Assets",
        [
            method("create", CreateArgs, "Make an asset of your own; its bytes are held on your disk.", _create),
            method(
                "issue", IssueArgs, "Bring units of an asset into being, if its contract lets you write it.", _issue
            ),
            method("retire", RetireArgs, "Take units of an issued asset that you have out of being.", _retire),
            method("info", InfoArgs, "How much of an asset is issued, at most, and who decides.", _info),
            method("list", ListArgs, "The assets that agents issue, in order of id.", _list),
        ],
    )
