"""`genesis_rights`: the rights registry: who may use how much of which resource, and accounts to hold things in."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from engine.capabilities import grants
from engine.capabilities.grants import Use
from engine.capabilities.policy import Policy
from engine.genesis.base import NAME, Args, Genesis, NoArgs, exactly, method
from engine.genesis.contracts import SELF_OWNED
from engine.genesis.ledger import Amount, Id
from engine.kernel import budget, ledger
from engine.kernel.access import Access
from engine.kernel.actions import Call, Write, new_artifact, reserved
from engine.kernel.entities import SCRIP, AssetKind, Json
from engine.kernel.errors import Refusal
from engine.kernel.storage import DISK
from engine.kernel.transaction import Transaction

ID = "genesis_rights"


class QuotaArgs(Args):
    """Arguments of `quota`."""

    principal: Id
    asset: Id
    amount: Annotated[Amount, Field(description="free_at is when this much may be used")] = 1


class TransferRightArgs(Args):
    """Arguments of `transfer_right`."""

    asset: Id
    to: Id
    amount: Amount


class DrawArgs(Args):
    """Arguments of `draw`; `asset` is a resource, or `memory` for room to remember in."""

    asset: Id
    amount: Amount


class CreateAccountArgs(Args):
    """Arguments of `create_account`."""

    name: Annotated[str, Field(pattern=NAME, max_length=31)]


class SpendArgs(Args):
    """Arguments of `spend`."""

    account: Id
    to: Id
    amount: Amount
    asset: Id = SCRIP


async def _quota(call: Call, args: QuotaArgs) -> Json | Refusal:
    tx = call.tx
    asset = tx.get(tx.state.assets, args.asset)
    if asset is None:
        return Refusal("unknown_asset", f"there is no asset {args.asset!r}; see {ID}.assets")
    if not tx.is_principal(args.principal):
        return Refusal("no_standing", f"{args.principal} is not a principal, so it has no {asset.id}")
    row = ledger.balance(tx, args.principal, asset.id)
    quota: Json = {
        "principal": args.principal,
        "asset": asset.id,
        "kind": asset.kind.value,
        "available": row.available,
        "held": row.held,
        "window": asset.window,
    }
    if asset.kind is not AssetKind.RENEWABLE:
        free_at = tx.at if row.available >= args.amount else None
        return {**quota, "used": None, "free": row.available, "free_at": free_at}
    used = tx.used(args.principal, asset.id, asset.window)
    free_at = tx.wait_until(args.principal, asset.id, args.amount, row.available, asset.window)
    return {**quota, "used": used, "free": max(0, row.available - used), "free_at": free_at}


def _cannot_move(tx: Transaction, asset_id: str, to: str) -> Refusal | None:
    """Why no amount of the asset can be moved to `to`."""
    asset = tx.get(tx.state.assets, asset_id)
    if asset is None:
        return Refusal("unknown_asset", f"there is no asset {asset_id!r}; see {ID}.assets")
    if not asset.transferable:
        return Refusal("not_transferable", f"{asset.id} cannot be transferred")
    if not tx.is_principal(to):
        return Refusal("no_standing", f"{to} is not a principal, so it cannot hold {asset.id}")
    return None


async def _transfer_right(call: Call, args: TransferRightArgs) -> Json | Refusal:
    tx = call.tx
    if args.asset == SCRIP:
        return Refusal("not_a_right", "scrip is money, not a right; use genesis_ledger.transfer")
    refusal = _cannot_move(tx, args.asset, args.to) or ledger.transfer(
        tx, args.asset, call.caller, args.to, args.amount, "right"
    )
    if refusal is not None:
        return refusal
    tx.emit("rights.transferred", call.caller, args.to, asset=args.asset, amount=args.amount)
    return {"asset": args.asset, "to": args.to, "amount": args.amount}


async def _assets(call: Call, args: NoArgs) -> Json | Refusal:
    return {
        "assets": [
            {
                "asset": asset.id,
                "kind": asset.kind.value,
                "unit": asset.unit,
                "transferable": asset.transferable,
                "window": asset.window,
                "limit": asset.limit,
                "issued": ledger.issued(call.tx, asset.id),
            }
            for asset in call.tx.scan(call.tx.state.assets_of_the_world, True)
        ]
    }


async def _spend(call: Call, args: SpendArgs) -> Json | Refusal:
    tx = call.tx
    row = tx.get(tx.state.artifacts, args.account)
    if row is None or row.category != "account":
        return Refusal("not_found", f"there is no account {args.account!r}")
    # What exactly is to be spent: without it a contract could not tell paying out from giving the account away.
    asked = {"to": args.to, "amount": args.amount, "asset": args.asset}
    refusal = await call.physics.access.refuse(tx, row, Access.TRANSFER, call.caller, call.depth, **asked)
    refusal = refusal or _cannot_move(tx, args.asset, args.to)
    refusal = refusal or ledger.transfer(tx, args.asset, row.id, args.to, args.amount, f"spent by {call.caller}")
    if refusal is not None:
        return refusal
    memo = f"spent by {call.caller}"
    tx.emit("ledger.transfer", row.id, args.to, asset=args.asset, amount=args.amount, memo=memo)
    return {"account": row.id, "to": args.to, "amount": args.amount, "asset": args.asset}


_EXTRA = {AssetKind.RENEWABLE: "rate.extra", AssetKind.DEPLETABLE: "budget.raise", AssetKind.ALLOCATABLE: "disk.extra"}
MEMORY = "memory"


async def _draw(call: Call, policy: Policy, args: DrawArgs) -> Json | Refusal:
    """New units of a resource under a grant, within the asset's cap; they are the caller's for good."""
    tx = call.tx
    asset = tx.get(tx.state.assets, DISK if args.asset == MEMORY else args.asset)
    if asset is None:
        return Refusal("unknown_asset", f"there is no asset {args.asset!r}; see {ID}.assets")
    if asset.kind is AssetKind.SCRIP:
        return Refusal("scrip", "scrip comes from the mint alone")
    if asset.kind is AssetKind.ISSUED:
        return Refusal("not_given", f"{asset.id} comes from its issuer alone")
    verb = "memory.extra" if args.asset == MEMORY else _EXTRA[asset.kind]
    if not policy.catalogue.gated(verb):
        return Refusal("not_given", f"nobody gives {args.asset} away here: {verb} is not gated in this world")
    payload = exactly(args)
    wanted = Use(verb, args.asset, {"units": args.amount}, payload)
    if (refusal := grants.use(tx, policy, call.caller, wanted, call.lent)) is not None:
        return refusal
    issued = budget.drawn(tx, asset.id)
    if asset.limit is not None and issued + args.amount > asset.limit:
        return Refusal("over_cap", f"{issued} of at most {asset.limit} {asset.id} are issued")
    if (refusal := ledger.issue(tx, asset.id, call.caller, args.amount, f"drawn under {verb}")) is not None:
        return refusal
    if args.asset == MEMORY and (refusal := _room(tx, call.caller, args.amount)) is not None:
        return refusal
    tx.emit("rights.drawn", call.caller, "", asset=args.asset, amount=args.amount)
    return {"asset": args.asset, "amount": args.amount}


def draw_when_short(tx: Transaction, policy: Policy, agent: str, need: int) -> bool:
    """Give an agent that cannot pay for a thought what a `budget.raise` of its own allows, within the asset's cap.

    It draws at least `need`, and otherwise the grant's quota in as many parts as there are uses left.
    """
    asset = tx.get(tx.state.assets, budget.LLM)
    for grant in tx.scan(tx.state.active_grants, (agent, _EXTRA[AssetKind.DEPLETABLE])):
        amount = max(need, grant.quota.get("units", 0) // max(1, grant.uses_left))
        if asset is not None and asset.limit is not None:
            amount = min(amount, asset.limit - budget.drawn(tx, asset.id))
        if asset is None or amount < need:
            continue
        mark = tx.savepoint()
        wanted = Use(grant.verb, asset.id, {"units": amount}, exactly(DrawArgs(asset=asset.id, amount=amount)))
        refusal = grants.use(tx, policy, agent, wanted) or ledger.issue(
            tx, asset.id, agent, amount, f"drawn under {grant.verb}"
        )
        if refusal is None:
            tx.emit("rights.drawn", agent, "", asset=asset.id, amount=amount)
            return True
        tx.rollback(mark)
    return False


def _room(tx: Transaction, agent: str, amount: int) -> Refusal | None:
    """Set disk aside for the agent's memory."""
    mind = tx.get(tx.state.minds, agent)
    if mind is None:
        return Refusal("no_memory", f"{agent} is not an agent, so it has no memory")
    if mind.hold is not None and (hold := tx.get(tx.state.holds, mind.hold)) is not None:
        return ledger.resize(tx, hold.id, hold.amount + amount)
    made = ledger.reserve(tx, DISK, agent, amount, f"memory {agent}")
    if isinstance(made, Refusal):
        return made
    tx.put(tx.state.minds, replace(mind, hold=made.id))
    return None


def make(policy: Policy) -> Genesis:
    """The genesis artifact; creating an account is gated where the world says so."""

    async def create_account(call: Call, args: CreateAccountArgs) -> Json | Refusal:
        tx = call.tx
        wanted = Use("principal.create", args.name, {}, exactly(args))
        if (refusal := grants.use(tx, policy, call.caller, wanted, call.lent)) is not None:
            return refusal
        if (refusal := reserved(args.name)) is not None:
            return refusal
        account = f"{args.name}.{tx.next_id('artifact')}"
        row = new_artifact(tx, account, call.caller, Write("", type="account", access=(SELF_OWNED,)), call.caller)
        if isinstance(row, Refusal):
            return row
        tx.put(tx.state.artifacts, replace(row, has_standing=True))
        tx.emit("account.created", call.caller, account)
        return {"account": account}

    async def draw(call: Call, args: DrawArgs) -> Json | Refusal:
        return await _draw(call, policy, args)

    return Genesis(
        ID,
        "Rights registry",
        [
            method("quota", QuotaArgs, "What a principal may use of an asset, what it uses, and when it can.", _quota),
            method("transfer_right", TransferRightArgs, "Give part of an allocation or budget away.", _transfer_right),
            method("draw", DrawArgs, "New units of a resource for you, under a grant of an .extra verb.", draw),
            method("assets", NoArgs, "What can be held here: scrip and the resources, with their limits.", _assets),
            method(
                "create_account",
                CreateAccountArgs,
                "Create an account that you control; needs principal.create.",
                create_account,
            ),
            method("spend", SpendArgs, "Pay out of an account whose contract lets you.", _spend),
        ],
    )
