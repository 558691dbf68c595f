"""The double-entry ledger over (principal, asset): integers, two-phase holds, idempotency keys, conservation.

Every movement is one posting from one account to another, so the sum over all accounts of an asset, `@issuance`
included, is zero at every commit. No account but `@issuance` is ever below zero, in its available or its held part.
A hold moves an amount from available to held (reserve), from where it is posted to someone or voided back.
"""

import hashlib

from engine.kernel.entities import ISSUANCE, SCRIP, Balance, Hold, Posting, SimTime, TransferKey
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

KEYS_KEPT = 100
"""Idempotency keys that are remembered of each principal, the latest: a transfer is tried again soon or not at all."""

MAX_AMOUNT = 2**62
"""Amounts above this are refused: sums stay inside SQLite's 64-bit integers."""


def balance(tx: Transaction, principal: str, asset: str) -> Balance:
    """The balance of a principal; zero if it never had any."""
    return tx.get(tx.state.balances, (principal, asset)) or Balance(principal, asset, 0, 0)


def issued(tx: Transaction, asset: str) -> int:
    """How much of an asset there is: what has been issued less what has been retired."""
    return -balance(tx, ISSUANCE, asset).available


def issue(tx: Transaction, asset: str, to: str, amount: int, reason: str) -> Refusal | None:
    """Bring `amount` new units into being; for scrip only the mint and the genesis of the world do this."""
    return _move(tx, asset, ISSUANCE, to, amount, reason)


def retire(tx: Transaction, asset: str, holder: str, amount: int, reason: str) -> Refusal | None:
    """Take `amount` units out of being, for good: how a depletable resource is spent."""
    return _move(tx, asset, holder, ISSUANCE, amount, reason)


def transfer(
    tx: Transaction, asset: str, source: str, target: str, amount: int, reason: str, key: str | None = None
) -> Refusal | None:
    """Move `amount` from one principal to another.

    With `key`, the same transfer asked for again by the same principal succeeds without moving anything; other terms
    under a used key are refused with `key_reused`. The last `KEYS_KEPT` keys of a principal are known.
    """
    if key is not None:
        digest = hashlib.blake2b(f"{asset}\0{target}\0{amount}".encode(), digest_size=16).hexdigest()
        known = tx.get(tx.state.transfer_keys, (source, key))
        if known is not None:
            if known.digest == digest:
                return None
            return Refusal("key_reused", f"the key {key!r} was used for a transfer with other terms; take a new key")
    refusal = _move(tx, asset, source, target, amount, reason)
    if refusal is None and key is not None:
        _remember_key(tx, TransferKey(source, key, digest, tx.at))
    return refusal


def _remember_key(tx: Transaction, row: TransferKey) -> None:
    """Keep a key, and no more than the latest of a principal's."""
    known = tx.scan(tx.state.keys_of, row.principal)
    if len(known) >= KEYS_KEPT:
        oldest = min(known, key=lambda k: (k.at, k.key))
        tx.delete(tx.state.transfer_keys, (oldest.principal, oldest.key))
    tx.put(tx.state.transfer_keys, row)


def reserve(
    tx: Transaction, asset: str, principal: str, amount: int, purpose: str, expires_at: SimTime | None = None
) -> Hold | Refusal:
    """Hold `amount` of what the principal has; at `expires_at` an unposted hold voids by itself."""
    if (refusal := _amount_refused(amount)) is not None:
        return refusal
    row = balance(tx, principal, asset)
    if row.available < amount:
        return _short(row, amount)
    if (refusal := in_use(tx, row, amount)) is not None:
        return refusal
    hold = Hold(tx.next_id("hold"), principal, asset, amount, purpose, expires_at)
    _keep(tx, Balance(principal, asset, row.available - amount, row.held + amount))
    tx.put(tx.state.holds, hold)
    return hold


def post(tx: Transaction, hold_id: int, to: str, amount: int, reason: str) -> Refusal | None:
    """Pay `amount` of a hold to `to`; the rest stays held until it is posted or voided too."""
    hold = tx.get(tx.state.holds, hold_id)
    if hold is None or (hold.expires_at is not None and hold.expires_at <= tx.at):
        return _closed(hold_id)
    if (refusal := _amount_refused(amount)) is not None:
        return refusal
    if amount > hold.amount:
        return Refusal("hold_exceeded", f"hold {hold_id} has {hold.amount} {hold.asset} left, {amount} was asked for")
    row = balance(tx, hold.principal, hold.asset)
    _keep(tx, Balance(row.principal, row.asset, row.available, row.held - amount))
    _credit(tx, hold.asset, to, amount)
    tx.post(Posting(hold.asset, hold.principal, to, amount, reason))
    _shrink(tx, hold, amount)
    return None


def void(tx: Transaction, hold_id: int) -> Refusal | None:
    """Give back what is left of a hold to whoever it was taken from."""
    hold = tx.get(tx.state.holds, hold_id)
    if hold is None:
        return _closed(hold_id)
    return release(tx, hold_id, hold.amount)


def release(tx: Transaction, hold_id: int, amount: int) -> Refusal | None:
    """Give back part of a hold."""
    hold = tx.get(tx.state.holds, hold_id)
    if hold is None:
        return _closed(hold_id)
    if (refusal := _amount_refused(amount)) is not None:
        return refusal
    if amount > hold.amount:
        return Refusal("hold_exceeded", f"hold {hold_id} has {hold.amount} {hold.asset} left, {amount} was asked for")
    row = balance(tx, hold.principal, hold.asset)
    _keep(tx, Balance(row.principal, row.asset, row.available + amount, row.held - amount))
    _shrink(tx, hold, amount)
    return None


def resize(tx: Transaction, hold_id: int, amount: int) -> Refusal | None:
    """Make a hold larger or smaller, from and to what its principal has free; the same size changes nothing."""
    hold = tx.get(tx.state.holds, hold_id)
    if hold is None:
        return _closed(hold_id)
    if amount <= hold.amount:
        return release(tx, hold_id, hold.amount - amount) if amount < hold.amount else None
    more = amount - hold.amount
    row = balance(tx, hold.principal, hold.asset)
    if (refusal := _amount_refused(amount)) is not None:
        return refusal
    if row.available < more:
        return _short(row, more)
    if (refusal := in_use(tx, row, more)) is not None:
        return refusal
    _keep(tx, Balance(row.principal, row.asset, row.available - more, row.held + more))
    tx.put(tx.state.holds, Hold(hold.id, hold.principal, hold.asset, amount, hold.purpose, hold.expires_at))
    return None


def _shrink(tx: Transaction, hold: Hold, amount: int) -> None:
    if amount == hold.amount:
        tx.delete(tx.state.holds, hold.id)
    else:
        left = hold.amount - amount
        tx.put(tx.state.holds, Hold(hold.id, hold.principal, hold.asset, left, hold.purpose, hold.expires_at))


def _move(tx: Transaction, asset: str, source: str, target: str, amount: int, reason: str) -> Refusal | None:
    if (refusal := _amount_refused(amount)) is not None:
        return refusal
    if tx.get(tx.state.assets, asset) is None:
        return Refusal("unknown_asset", f"there is no asset {asset!r}")
    row = balance(tx, source, asset)
    if source == ISSUANCE:
        if -row.available + amount > MAX_AMOUNT:
            return Refusal("bad_amount", f"no more than {MAX_AMOUNT} of an asset can be issued")
    elif row.available < amount:
        return _short(row, amount)
    elif (refusal := in_use(tx, row, amount)) is not None:
        return refusal
    _keep(tx, Balance(source, asset, row.available - amount, row.held))
    _credit(tx, asset, target, amount)
    tx.post(Posting(asset, source, target, amount, reason))
    return None


def in_use(tx: Transaction, row: Balance, amount: int) -> Refusal | None:
    """An allocation that has been used in this window can be given away only when the use has left it."""
    if row.asset == SCRIP:
        return None  # of money nothing is used up and comes again
    asset = tx.get(tx.state.assets, row.asset)
    if asset is None or not asset.window:
        return None
    used = tx.used(row.principal, row.asset, asset.window)
    if row.available - used >= amount:
        return None
    return Refusal(
        "in_use",
        f"{row.principal} has used {used} of its {row.available} {row.asset} in this window; {amount} is too much",
    )


def _credit(tx: Transaction, asset: str, principal: str, amount: int) -> None:
    # Read after the debit was written: a transfer to oneself then adds to the debited row.
    row = balance(tx, principal, asset)
    _keep(tx, Balance(principal, asset, row.available + amount, row.held))


def _keep(tx: Transaction, row: Balance) -> None:
    """Keep a balance; one of nothing that agents issue is none, or the assets that come and go would leave rows."""
    if row.available or row.held or "." not in row.asset:  # the world's own assets have no dot in their names
        tx.put(tx.state.balances, row)
    elif tx.get(tx.state.balances, (row.principal, row.asset)) is not None:
        tx.delete(tx.state.balances, (row.principal, row.asset))


def _amount_refused(amount: int) -> Refusal | None:
    if type(amount) is not int or not 0 < amount <= MAX_AMOUNT:
        return Refusal("bad_amount", f"an amount is a whole number from 1 to {MAX_AMOUNT}, not {str(amount)[:40]}")
    return None


def _short(row: Balance, amount: int) -> Refusal:
    held = f" and {row.held} held" if row.held else ""
    return Refusal(
        "insufficient_funds", f"{row.principal} has {row.available} {row.asset} available{held}; {amount} is needed"
    )


def _closed(hold_id: int) -> Refusal:
    return Refusal("hold_closed", f"hold {hold_id} has been posted, voided or has expired")


def check_conservation(state: State) -> None:
    """Raise `InvariantBroken` unless every asset adds up, nothing is negative, and holds equal what is held."""
    totals: dict[str, int] = {}
    held: dict[tuple[str, str], int] = {}
    for hold in state.holds.rows.values():
        place = (hold.principal, hold.asset)
        held[place] = held.get(place, 0) + hold.amount
    for row in state.balances.rows.values():
        totals[row.asset] = totals.get(row.asset, 0) + row.available + row.held
        if row.held < 0 or (row.available < 0 and row.principal != ISSUANCE):
            raise InvariantBroken(f"{row.principal} has a negative balance of {row.asset}: {row}")
        if row.held != held.pop((row.principal, row.asset), 0):
            raise InvariantBroken(f"what {row.principal} has held of {row.asset} is not the sum of its holds")
    if held:
        raise InvariantBroken(f"holds without a balance: {sorted(held)}")
    for asset, total in sorted(totals.items()):
        if total:
            raise InvariantBroken(f"{asset} does not add up: {total:+} against what was issued")
