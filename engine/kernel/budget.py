"""Budgets that are gone once spent: what a call may cost at most is held before it, and settled at what it did cost.

`estimate → reserve → settle or cancel`, each call under an id of its own: the same asked for again is the same, and
changes nothing. What is reserved is held from the payer's balance and nobody can spend more than was issued, so no
interleaving of calls goes beyond a budget; a call cannot cost more than was reserved for it. What has been spent is
retired and counted, so that the limit of a depletable asset bounds all that is ever given out of it.
"""

from dataclasses import dataclass, replace

from engine.kernel import ledger
from engine.kernel.entities import ISSUANCE, AssetKind, BudgetCall, CallState, Spending
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction

LLM = "llm_budget"
"""The asset that thinking is paid with, in µUSD."""
EMBEDDING = "embedding"
"""What a posting says that pays for the vector of a text."""
KEPT = 20
"""Calls of each payer that are over and still known, the latest, so that ending one twice changes nothing."""
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """What calls of a kind cost, in units of the asset: each call, and each million of units taken in and given out."""

    call: int = 0
    million_in: int = 0
    million_out: int = 0


def estimate(price: Price, taken_in: int, given_out: int) -> int:
    """What a call costs, rounded up; with the most that it may give out, what it costs at worst."""
    if min(price.call, price.million_in, price.million_out, taken_in, given_out) < 0:
        raise ValueError("neither prices nor what a call takes in and gives out can be negative")
    return price.call - (-(price.million_in * taken_in + price.million_out * given_out) // MILLION)


def spending(tx: Transaction, principal: str, asset: str) -> Spending:
    """What a principal has spent of an asset so far; under `@issuance` what all have."""
    return tx.get(tx.state.spending, (principal, asset)) or Spending(principal, asset, 0, 0)


def drawn(tx: Transaction, asset: str) -> int:
    """How much of an asset counts against its limit: what there is, and of a depletable one also what is spent."""
    return ledger.issued(tx, asset) + spending(tx, ISSUANCE, asset).spent


def spend(tx: Transaction, asset: str, principal: str, amount: int, reason: str) -> Refusal | None:
    """Pay for what costs a known amount and is done in this very transaction."""
    if amount == 0:
        return None
    refusal = _depletable(tx, asset) or ledger.retire(tx, asset, principal, amount, reason)
    if refusal is None:
        _count(tx, asset, principal, amount)
    return refusal


def payable(tx: Transaction, principal: str) -> int | None:
    """What a principal can pay for thinking now; None where it costs no money, since this world has no budgets."""
    if _depletable(tx, LLM) is not None:
        return None
    return ledger.balance(tx, principal, LLM).available


def charge(tx: Transaction, principal: str, cost: int, reason: str) -> None:
    """Take what something has cost that is done, where thinking costs money; what is not there is told: no debts."""
    free = payable(tx, principal)
    if free is None or not cost:
        return
    if cost > free:
        tx.emit("budget.overrun", principal, "", asset=LLM, reserved=free, claimed=cost)
    refusal = spend(tx, LLM, principal, min(cost, free), reason)
    if refusal is not None:
        raise InvariantBroken(f"{principal} has {free} {LLM} and could not pay {cost}: {refusal}")


def reserve(tx: Transaction, call: str, asset: str, principal: str, most: int, purpose: str) -> BudgetCall | Refusal:
    """Hold what a call may cost at most; it stays held until the call is settled or cancelled."""
    known = tx.get(tx.state.budget_calls, call)
    if known is not None:
        if (known.principal, known.asset, known.most) != (principal, asset, most):
            return Refusal("call_known", f"the call {call[:80]!r} was reserved with other terms; take a new id")
        return known
    if (refusal := _depletable(tx, asset)) is not None:
        return refusal
    hold = ledger.reserve(tx, asset, principal, most, purpose)
    if isinstance(hold, Refusal):
        return hold
    row = BudgetCall(call, principal, asset, most, hold.id, 0, CallState.OPEN, tx.at)
    tx.put(tx.state.budget_calls, row)
    return row


def settle(tx: Transaction, call: str, cost: int) -> BudgetCall | Refusal:
    """Take what a call did cost, no more than was reserved for it, and give the rest back."""
    row = tx.get(tx.state.budget_calls, call)
    if row is None:
        return _unknown(call)
    if row.state is not CallState.OPEN:
        if row.state is CallState.SETTLED and row.spent == cost:
            return row
        return Refusal("call_over", f"the call {call[:80]!r} is {row.state.value} already, at {row.spent} {row.asset}")
    if type(cost) is not int or not 0 <= cost <= row.most:
        wrong = f"{row.most} {row.asset} are reserved for the call, it cannot cost {str(cost)[:40]}"
        return Refusal("over_reservation", wrong)
    if cost and (refusal := ledger.post(tx, row.hold, ISSUANCE, cost, _kind(call))) is not None:
        return refusal
    if cost < row.most and (refusal := ledger.void(tx, row.hold)) is not None:
        return refusal
    if cost:
        _count(tx, row.asset, row.principal, cost)
    return _ended(tx, replace(row, spent=cost, state=CallState.SETTLED, at=tx.at))


def cancel(tx: Transaction, call: str) -> BudgetCall | Refusal:
    """Give back all that is reserved for a call that has not left the machine."""
    row = tx.get(tx.state.budget_calls, call)
    if row is None:
        return _unknown(call)
    if row.state is not CallState.OPEN:
        return (
            row
            if row.state is CallState.CANCELLED
            else Refusal("call_over", f"the call {call[:80]!r} is settled already")
        )
    if (refusal := ledger.void(tx, row.hold)) is not None:
        return refusal
    return _ended(tx, replace(row, state=CallState.CANCELLED, at=tx.at))


def _kind(call: str) -> str:
    """What a posting says: the kind of call, which its id begins with."""
    return call.partition(":")[0]


def _count(tx: Transaction, asset: str, principal: str, amount: int) -> None:
    for who in (principal, ISSUANCE):
        row = spending(tx, who, asset)
        tx.put(tx.state.spending, Spending(who, asset, row.spent + amount, row.calls + 1))


def _ended(tx: Transaction, row: BudgetCall) -> BudgetCall:
    """Keep a call that is over, and no more than the latest of its payer's."""
    tx.put(tx.state.budget_calls, row)
    over = tx.scan(tx.state.ended_calls, row.principal)
    if len(over) > KEPT:
        oldest = min(over, key=lambda call: (call.at, call.id))
        tx.delete(tx.state.budget_calls, oldest.id)
    return row


def _depletable(tx: Transaction, asset: str) -> Refusal | None:
    row = tx.get(tx.state.assets, asset)
    if row is None:
        return Refusal("unknown_asset", f"there is no asset {asset!r}")
    if row.kind is not AssetKind.DEPLETABLE:
        return Refusal("not_a_budget", f"{asset} is {row.kind.value}; only a depletable asset is a budget")
    return None


def _unknown(call: str) -> Refusal:
    return Refusal("unknown_call", f"nothing is reserved for the call {call[:80]!r}")
