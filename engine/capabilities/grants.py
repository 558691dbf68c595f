"""Grants as a state machine over the transaction: given, passed on, used, and ended (see `ending`).

A grant is a caretaker: its holder has a number, and each use reads the grant and all those that it was derived from.
What is used of a derived grant is used of every one above it as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import orjson

from engine.capabilities.catalogue import Verb
from engine.capabilities.ending import KEPT as KEPT
from engine.capabilities.ending import end_tree, end_use, exhaust, lineage
from engine.capabilities.policy import Policy
from engine.capabilities.resource import covers
from engine.capabilities.terms import DEEPEST, Terms, senseless, wider
from engine.kernel.entities import Grant, GrantState, GrantUse, Json, SimTime
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

NEEDED = "capability_needed"
MOST_HELD = 100
"""Active grants of a holder beyond which it is passed none and asks for none: each use looks through all of them."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a grant comes from: who gives it and why, for which request, from which other grant, for what exactly."""

    by: str
    reason: str = ""
    request: int | None = None
    parent: Grant | None = None
    payload: str = ""


def digest(payload: str) -> str:
    """The digest by which a decision is bound to what it was about; empty for none."""
    return blake2b(payload.encode(), digest_size=16).hexdigest() if payload else ""


def canonical(payload: Json | None) -> str:
    """Arguments as the one text that stands for them; empty for none."""
    return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS).decode() if payload is not None else ""


def known(policy: Policy, verb: str) -> Verb | Refusal:
    """The verb of that name, if this version can enforce it."""
    found = policy.catalogue.verbs.get(verb)
    if found is None:
        names = ", ".join(sorted(policy.catalogue.verbs))
        return Refusal("unknown_verb", f"there is no capability {verb[:60]!r}; there are: {names}")
    if not found.available:
        return Refusal("not_available", f"{verb} is not available yet: this version can do nothing under such a grant")
    return found


# -- giving --------------------------------------------------------------------------------------------------------


def give(tx: Transaction, policy: Policy, holder: str, verb_name: str, terms: Terms, origin: Origin) -> Grant | Refusal:
    """Make a grant that begins now, within the holder's ceiling and the giver's rights."""
    verb = known(policy, verb_name)
    if isinstance(verb, Refusal):
        return verb
    if not tx.is_principal(holder):
        return Refusal("not_found", f"there is no principal {holder[:60]!r}")
    if (refusal := senseless(terms, verb.measures)) is not None:
        return refusal
    ceiling = policy.catalogue.bind(holder, verb, terms)
    if ceiling is None or (over := wider(terms, ceiling)) is not None:
        why = over if ceiling is not None else f"{holder} may hold none of it"
        return Refusal("over_ceiling", f"this is above what {holder} may hold of {verb.name}: {why}")
    if origin.by.startswith("operator:") and (refusal := _beyond_rights(policy, verb, origin)) is not None:
        return refusal
    return _make(tx, holder, verb.name, terms, origin)


def _beyond_rights(policy: Policy, verb: Verb, origin: Origin) -> Refusal | None:
    if not policy.may_decide(origin.by, verb):
        return Refusal("not_yours", f"{origin.by} may not grant {verb.name}, whose risk is {verb.risk}")
    if origin.request is None and verb.risk in policy.dual:
        why = f"{verb.name} takes two people, as its risk is {verb.risk}: approve a request of the agent's for it"
        return Refusal("second_person", why)
    return None


def delegate(tx: Transaction, policy: Policy, giver: str, grant_id: int, to: str, terms: Terms) -> Grant | Refusal:
    """Pass a grant on, narrower or as it is: its uses and quotas are shared with it, not added to it."""
    parent = tx.get(tx.state.grants, grant_id)
    if parent is None or parent.holder != giver:
        return Refusal("not_found", f"you have no grant {grant_id}")
    if parent.state is not GrantState.ACTIVE or parent.expires_at <= tx.at:
        return Refusal("not_active", f"grant {grant_id} has ended")
    if parent.depth == 0:
        return Refusal("not_delegable", f"grant {grant_id} cannot be passed on; ask for one with a depth above 0")
    if to == giver:
        return Refusal("bad_holder", "you hold this grant already")
    if len(tx.scan(tx.state.active_grants, to)) >= MOST_HELD:
        return Refusal("too_many_grants", f"{to[:60]} holds {MOST_HELD} grants already")
    left = Terms(
        parent.resource, parent.uses_left, parent.expires_at - tx.at, parent.quota, min(parent.depth, DEEPEST) - 1
    )
    if (over := wider(terms, left)) is not None:
        return Refusal("too_wide", f"grant {grant_id} does not hold so much: {over}")
    return give(tx, policy, to, parent.verb, terms, Origin(giver, "passed on", None, parent, parent.payload))


def _make(tx: Transaction, holder: str, verb: str, terms: Terms, origin: Origin) -> Grant:
    grant = Grant(
        id=tx.next_id("grant"),
        request=origin.request,
        parent=origin.parent.id if origin.parent is not None else None,
        holder=holder,
        verb=verb,
        resource=terms.resource,
        uses_left=terms.uses,
        quota=dict(terms.quota),
        depth=terms.depth,
        payload=origin.payload,
        epoch=1,
        granted_at=tx.at,
        expires_at=tx.at + terms.ttl,
        state=GrantState.ACTIVE,
        granted_by=origin.by,
        reason=origin.reason,
        ended_at=None,
    )
    tx.put(tx.state.grants, grant)
    more = {"parent": grant.parent} if grant.parent is not None else {}
    tx.emit(
        "grant.given",
        origin.by,
        holder,
        grant=grant.id,
        verb=verb,
        resource=terms.resource,
        uses=terms.uses,
        ttl=terms.ttl,
        **({"quota": grant.quota} if grant.quota else {}),
        **more,
    )
    return grant


# -- using ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """What is to be done under a capability: on which resource, how much of each measure, and exactly what.

    `payload` is called where a grant is bound to one call alone, so that all others do not pay for it.
    """

    verb: str
    resource: str = "*"
    amounts: Mapping[str, int] = field(default_factory=dict)
    payload: Callable[[], str] = str


def use(tx: Transaction, policy: Policy, holder: str, wanted: Use, lent: tuple[int, ...] = ()) -> Refusal | None:
    """Use a capability at its point of enforcement: one use, and its amounts, of the oldest grant that covers it.

    What counts are the holder's own grants and those `lent` to it with the call, never all that its caller has.
    """
    if not policy.catalogue.gated(wanted.verb):
        return None
    chain = covering(tx, holder, wanted, lent)
    if isinstance(chain, Refusal):
        return chain
    _take(tx, chain, wanted.amounts)
    _told_used(tx, holder, chain[0], wanted)
    if any(row.uses_left == 1 for row in chain):
        exhaust(tx, chain)
    return None


@dataclass(frozen=True, slots=True)
class Underway:
    """What a use that ends later is of, e.g. `order 12`, and when it is void at the latest."""

    subject: str
    expires_at: SimTime | None = None


def begin(
    tx: Transaction, policy: Policy, holder: str, wanted: Use, underway: Underway, lent: tuple[int, ...] = ()
) -> GrantUse | Refusal | None:
    """Begin a use that ends later: its worst case is held of the quotas; None where the verb is not gated."""
    if not policy.catalogue.gated(wanted.verb):
        return None
    chain = covering(tx, holder, wanted, lent)
    if isinstance(chain, Refusal):
        return chain
    _take(tx, chain, wanted.amounts)
    _told_used(tx, holder, chain[0], wanted)
    held = dict(wanted.amounts)
    number = tx.next_id("grant_use")
    made = GrantUse(number, chain[0].id, chain[0].epoch, underway.subject, held, underway.expires_at)
    tx.put(tx.state.grant_uses, made)
    return made


def settle(tx: Transaction, use_id: int, amounts: Mapping[str, int], last: bool = True) -> Refusal | None:
    """Post what a use has really taken; with `last` it ends, and what is left of its hold goes back."""
    found = tx.get(tx.state.grant_uses, use_id)
    if found is None:
        return Refusal("use_ended", f"use {use_id} has been settled, voided or has timed out")
    grant = tx.get(tx.state.grants, found.grant)
    if grant is None or grant.epoch != found.epoch:
        return Refusal("use_void", f"the grant of use {use_id} has been revoked meanwhile")
    over = [name for name, amount in amounts.items() if amount > found.held.get(name, amount)]
    if over:
        return Refusal("hold_exceeded", f"use {use_id} holds {found.held[over[0]]} {over[0]}, not {amounts[over[0]]}")
    left = {name: held - amounts.get(name, 0) for name, held in found.held.items()}
    if not last:
        tx.put(tx.state.grant_uses, replace(found, held=left))
        return None
    end_use(tx, found, left)
    return None


def covering(tx: Transaction, holder: str, wanted: Use, lent: tuple[int, ...] = ()) -> list[Grant] | Refusal:
    """The oldest grant that covers a use, with those that it was derived from; else what comes closest and why not."""
    problem, closest = None, 0
    candidates = tx.scan(tx.state.active_grants, (holder, wanted.verb))
    for number in lent:
        row = tx.get(tx.state.grants, number)
        if row is not None and row.holder != holder:
            candidates.append(row)
    for grant in candidates:
        if grant.verb != wanted.verb or grant.state is not GrantState.ACTIVE or grant.expires_at <= tx.at:
            continue
        chain = lineage(tx, grant)
        problem = _uncovered(tx, chain, wanted)
        if problem is None:
            return chain
        closest = grant.id
    if problem is None or problem.code == NEEDED:
        return problem or Refusal(NEEDED, f"{wanted.verb} needs a grant; ask for it with genesis_capabilities.request")
    told = {"verb": wanted.verb, "resource": wanted.resource, "code": problem.code}
    tx.emit("grant.misused", holder, "", grant=closest, **told)
    return problem


def _uncovered(tx: Transaction, chain: list[Grant], wanted: Use) -> Refusal | None:
    grant = chain[0]
    if not covers(grant.resource, wanted.resource):
        return Refusal("out_of_scope", f"your grant {grant.id} is for {grant.resource}, not for {wanted.resource[:80]}")
    if grant.payload and grant.payload != digest(wanted.payload()):
        return Refusal("payload_changed", f"grant {grant.id} is for exactly what was approved; ask again")
    for row in chain:
        if row.state is not GrantState.ACTIVE or row.expires_at <= tx.at or row.uses_left < 1:
            return Refusal(NEEDED, f"grant {row.id}, which your use is of, has ended or has no use left")
        for name, amount in wanted.amounts.items():
            left = row.quota.get(name)
            if left is not None and amount > left:
                return Refusal("quota_exceeded", f"grant {row.id} has {left} {name} left, and {amount} is needed")
    return None


def _take(tx: Transaction, chain: list[Grant], amounts: Mapping[str, int]) -> None:
    """One use and its amounts of each grant of a chain."""
    for row in chain:
        left = {name: most - amounts.get(name, 0) for name, most in row.quota.items()} if row.quota else row.quota
        tx.put(tx.state.grants, replace(row, uses_left=row.uses_left - 1, quota=left))


def _told_used(tx: Transaction, holder: str, grant: Grant, wanted: Use) -> None:
    left = grant.uses_left - 1
    more = {"amounts": dict(wanted.amounts)} if wanted.amounts else {}
    tx.emit(
        "grant.used", holder, "", grant=grant.id, verb=wanted.verb, resource=wanted.resource, uses_left=left, **more
    )


# -- ending --------------------------------------------------------------------------------------------------------


def revoke(tx: Transaction, grant_id: int, by: str, reason: str) -> list[GrantUse] | Refusal:
    """End a grant and all that was derived from it: their next uses are refused, those under way are void.

    Returns the uses that were under way, for whoever knows what they were to undo.
    """
    grant = tx.get(tx.state.grants, grant_id)
    if grant is None:
        return Refusal("not_found", f"there is no grant {grant_id}")
    if grant.state is not GrantState.ACTIVE:
        return Refusal("not_active", f"grant {grant_id} is {grant.state} already")
    return end_tree(tx, grant, GrantState.REVOKED, by, reason)


def expire(tx: Transaction, grant_id: int) -> list[GrantUse]:
    """End a grant whose time is over; returns the uses that were under way."""
    grant = tx.get(tx.state.grants, grant_id)
    if grant is None or grant.state is not GrantState.ACTIVE or grant.expires_at > tx.at:
        return []
    return end_tree(tx, grant, GrantState.EXPIRED, "", "its time is over")
