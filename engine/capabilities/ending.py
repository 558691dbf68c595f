"""How grants end, and the uses under way with them; what has ended stays ended.

`active → exhausted | expired | revoked`. A grant whose uses are used up is exhausted when the last of them has ended:
until then it can be revoked and its time can run out, so that nothing goes on under a grant that has ended.
"""

from collections.abc import Mapping
from dataclasses import replace

from engine.kernel.entities import Grant, GrantState, GrantUse
from engine.kernel.transaction import Transaction

KEPT = 20
"""Ended grants that are kept of each holder, and decided requests of each requester; all of them are in the log."""


def lineage(tx: Transaction, grant: Grant) -> list[Grant]:
    """A grant, the one it was derived from, and so on up to the first; one that ended long ago may be gone."""
    chain = [grant]
    while grant.parent is not None and (parent := tx.get(tx.state.grants, grant.parent)) is not None:
        chain.append(parent)
        grant = parent
    return chain


# -- uses ----------------------------------------------------------------------------------------------------------


def end_use(tx: Transaction, ended: GrantUse, left: Mapping[str, int]) -> None:
    """End a use under way: what is left of its hold goes back to its grant and to all that this was derived from."""
    tx.delete(tx.state.grant_uses, ended.id)
    grant = tx.get(tx.state.grants, ended.grant)
    if grant is None:
        return
    chain = lineage(tx, grant)
    if any(left.values()):
        for row in chain:
            back = {name: amount + left.get(name, 0) for name, amount in row.quota.items()}
            tx.put(tx.state.grants, replace(row, quota=back))
    exhaust(tx, chain)


def void(tx: Transaction, use_id: int, why: str) -> GrantUse | None:
    """End a use that came to nothing: everything that it holds goes back to the quotas."""
    found = tx.get(tx.state.grant_uses, use_id)
    if found is None:
        return None
    grant = tx.get(tx.state.grants, found.grant)
    holder = grant.holder if grant is not None else ""
    tx.emit("grant.use_voided", "", holder, grant=found.grant, subject=found.subject, why=why)
    end_use(tx, found, found.held)
    return found


def _under_way(tx: Transaction, grant: Grant) -> bool:
    """Whether a use of the grant, or of one derived from it, has not ended yet."""
    if tx.scan(tx.state.uses_of_grant, grant.id):
        return True
    return any(_under_way(tx, child) for child in tx.scan(tx.state.derived_grants, grant.id))


# -- grants --------------------------------------------------------------------------------------------------------


def exhaust(tx: Transaction, chain: list[Grant]) -> None:
    """End those grants of a chain, the first of all first, of which no use is left or under way."""
    for row in reversed(chain):
        now = tx.get(tx.state.grants, row.id)
        if now is None or now.state is not GrantState.ACTIVE or now.uses_left or _under_way(tx, now):
            continue
        end_tree(tx, now, GrantState.EXHAUSTED, "", "its uses are used up")


def end_tree(tx: Transaction, grant: Grant, state: GrantState, by: str, reason: str) -> list[GrantUse]:
    """End a grant and all that was derived from it; the uses under way are void, and returned."""
    ended = [(grant, reason)]
    for row, _ in ended:  # which grows while it is gone through
        below = f"grant {row.id}, which it was derived from, is {state.value}"
        children = tx.scan(tx.state.derived_grants, row.id)
        ended += [(child, below) for child in children if child.state is GrantState.ACTIVE]
    # All of them end before any use does: a use that ends must not exhaust a grant that is being ended.
    for row, why in ended:
        tx.put(tx.state.grants, replace(row, state=state, epoch=row.epoch + 1, ended_at=tx.at))
        tx.emit(f"grant.{state.value}", by, row.holder, grant=row.id, verb=row.verb, reason=why)
    voided: list[GrantUse] = []
    for row, why in ended:
        uses = tx.scan(tx.state.uses_of_grant, row.id)
        voided += [found for use in uses if (found := void(tx, use.id, why)) is not None]
    for holder in dict.fromkeys(row.holder for row, _ in ended):
        _forget_oldest(tx, holder)
    return voided


def _forget_oldest(tx: Transaction, holder: str) -> None:
    """Keep only the latest ended grants of a holder; nothing rests on them, as their uses have ended before."""
    closed = [g for g in tx.scan(tx.state.grants_of, holder) if g.state is not GrantState.ACTIVE]
    closed.sort(key=lambda g: (g.ended_at or 0, g.id))
    for grant in closed[:-KEPT]:
        tx.delete(tx.state.grants, grant.id)
