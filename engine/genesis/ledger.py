"""`genesis_ledger`: balances and transfers of every transferable asset."""

from typing import Annotated

from pydantic import Field

from engine.genesis.base import Args, Genesis, method
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Json
from engine.kernel.errors import Refusal

ID = "genesis_ledger"
Id = Annotated[str, Field(min_length=1, max_length=80)]
Amount = Annotated[int, Field(gt=0, le=ledger.MAX_AMOUNT)]


class TransferArgs(Args):
    """Arguments of `transfer`."""

    to: Id
    amount: Amount
    asset: Id = SCRIP
    key: Annotated[str, Field(max_length=80)] | None = None
    memo: Annotated[str, Field(max_length=200)] = ""


class BalanceArgs(Args):
    """Arguments of `balance`."""

    principal: Id
    asset: Id = SCRIP


async def _transfer(call: Call, args: TransferArgs) -> Json | Refusal:
    tx = call.tx
    if not tx.is_principal(args.to):
        return Refusal("no_standing", f"{args.to} is not a principal, so it cannot hold {args.asset}")
    asset = tx.get(tx.state.assets, args.asset)
    if asset is not None and not asset.transferable:
        return Refusal("not_transferable", f"{args.asset} cannot be transferred")
    repeated = args.key is not None and tx.get(tx.state.transfer_keys, (call.caller, args.key)) is not None
    refusal = ledger.transfer(tx, args.asset, call.caller, args.to, args.amount, args.memo or "transfer", args.key)
    if refusal is not None:
        return refusal
    if not repeated:
        tx.emit("ledger.transfer", call.caller, args.to, asset=args.asset, amount=args.amount, memo=args.memo)
    return {"to": args.to, "amount": args.amount, "asset": args.asset}


async def _balance(call: Call, args: BalanceArgs) -> Json | Refusal:
    row = ledger.balance(call.tx, args.principal, args.asset)
    return {"principal": args.principal, "asset": args.asset, "available": row.available, "held": row.held}


def make() -> Genesis:
    """The genesis artifact."""
    return Genesis(
        ID,
        "Ledger",
        [
            method("transfer", TransferArgs, "Move an amount of an asset from you to another principal.", _transfer),
            method("balance", BalanceArgs, "What a principal has of an asset.", _balance),
        ],
    )
