"""What decided requests still do: a denial answers the same ask again for a while, and until then it is kept."""

from dataclasses import replace

from engine.capabilities.catalogue import Catalogue, Verb
from engine.capabilities.ending import KEPT
from engine.capabilities.terms import Terms, wider
from engine.kernel.entities import Request, RequestState
from engine.kernel.transaction import Transaction


def cooling(tx: Transaction, catalogue: Catalogue, requester: str) -> list[Request]:
    """The denials of a requester that answer the same ask still, oldest first."""
    return [row for row in tx.scan(tx.state.requests_of, requester) if _cools(tx, catalogue, row)]


def _cools(tx: Transaction, catalogue: Catalogue, row: Request) -> bool:
    verb = catalogue.verbs.get(row.verb)
    if verb is None or row.state is not RequestState.DENIED or row.decided_at is None:
        return False
    return tx.at < row.decided_at + verb.cool_down


def answered_before(tx: Transaction, requester: str, verb: Verb, terms: Terms, payload: str) -> Request | None:
    """The latest denial that answers this ask too: an ask is another one only if it is for markedly less.

    That is for less than half of something, for a narrower resource or for one exact call. With any less counting, an
    agent could nag by asking for a microsecond less each time.
    """
    for row in reversed(tx.scan(tx.state.requests_of, requester)):
        if row.verb != verb.name or row.state is not RequestState.DENIED:
            continue
        if row.decided_at is None or tx.at >= row.decided_at + verb.cool_down:
            continue
        if payload in ("", row.payload) and wider(_half(row), terms) is None:
            return row
    return None


def _half(denied: Request) -> Terms:
    """Half of what was denied, rounded up."""
    quota = {name: (most + 1) // 2 for name, most in denied.quota.items()}
    return Terms(denied.resource, (denied.uses + 1) // 2, (denied.ttl + 1) // 2, quota, denied.depth)


def repeat(tx: Transaction, earlier: Request) -> Request:
    """Count an ask that an earlier denial answers."""
    counted = replace(earlier, again=earlier.again + 1)
    tx.put(tx.state.requests, counted)
    tx.emit("request.repeated", earlier.requester, "", request=earlier.id, verb=earlier.verb, again=counted.again)
    return counted


def forget_oldest(tx: Transaction, catalogue: Catalogue, requester: str) -> None:
    """Keep only the latest decided requests; a denial that still answers is none of those that are forgotten."""
    rows = tx.scan(tx.state.requests_of, requester)
    decided = [row for row in rows if row.state is not RequestState.PENDING]
    decided.sort(key=lambda row: (row.decided_at or 0, row.id))
    for row in decided[:-KEPT]:
        if not _cools(tx, catalogue, row):
            tx.delete(tx.state.requests, row.id)
