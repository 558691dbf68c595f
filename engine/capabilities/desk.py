"""Requests and their answers as state machines over the transaction; the default is no.

`pending → approved | denied | expired | withdrawn`, and for the grant `active → exhausted | expired |
revoked`. A grant begins when it is approved and is read again at each use.
"""

from dataclasses import replace
from fnmatch import fnmatchcase

from engine.capabilities.catalogue import VERBS
from engine.capabilities.policy import Policy
from engine.kernel.entities import Grant, GrantState, Request, RequestState, SimTime
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

MAX_PENDING_PER_AGENT = 20
KEPT = 20
"""Decided requests and ended grants that are kept of each agent, the latest; all of them are in the log."""
MAX_TERM = 2**62
"""More uses than this, or a longer time in µs, would leave SQLite's 64-bit integers."""


def ask(
    tx: Transaction, policy: Policy, requester: str, verb: str, resource: str, uses: int, ttl: SimTime, reason: str
) -> Request | Refusal:
    """Ask for a capability; the policy may answer at once, else the request waits for a person until `decide_by`."""
    if verb not in VERBS:
        return Refusal("unknown_verb", f"there is no capability {verb[:60]!r}; there are: {', '.join(sorted(VERBS))}")
    mine = tx.scan(tx.state.pending_requests, ("of", requester))
    if any(r.verb == verb and r.resource == resource for r in mine):
        return Refusal(
            "already_asked", f"your request for {verb} on {resource[:60]} is still pending; wait for the answer"
        )
    if len(mine) >= MAX_PENDING_PER_AGENT:
        return Refusal("too_many_requests", f"you have {len(mine)} requests pending; wait for answers or withdraw some")
    request = Request(
        id=tx.next_id("request"),
        requester=requester,
        verb=verb,
        resource=resource,
        uses=uses,
        ttl=ttl,
        reason=reason,
        asked_at=tx.at,
        decide_by=tx.at + policy.decide_within,
        state=RequestState.PENDING,
        decided_at=None,
        decided_by="",
        decision_reason="",
        grant=None,
    )
    tx.put(tx.state.requests, request)
    tx.emit("request.asked", requester, "", request=request.id, verb=verb, resource=resource, uses=uses, ttl=ttl)
    switch = tx.get(tx.state.switches, "world")
    answer = policy.answer(request, switch.approvals if switch else "policy")
    if answer is None:
        return request
    if answer.allow:
        granted = approve(tx, request.id, answer.by, answer.uses, answer.ttl, answer.reason)
        if isinstance(granted, Refusal):
            return granted
        approved: Request | None = tx.get(tx.state.requests, request.id)
        return approved or request
    return deny(tx, request.id, answer.by, answer.reason)


def approve(
    tx: Transaction, request_id: int, by: str, uses: int | None = None, ttl: SimTime | None = None, reason: str = ""
) -> Grant | Refusal:
    """Grant a pending request, as asked or narrower; never wider."""
    request = _pending(tx, request_id, by)
    if isinstance(request, Refusal):
        return request
    if uses is not None and not 0 < uses <= request.uses:
        return Refusal("too_wide", f"request {request_id} asks for {request.uses} use(s); grant from 1 to that many")
    if ttl is not None and not 0 < ttl <= request.ttl:
        return Refusal("too_wide", f"request {request_id} asks for {request.ttl} µs; grant a time above 0 up to that")
    grant = give(
        tx,
        by,
        request.requester,
        request.verb,
        request.resource,
        uses or request.uses,
        ttl or request.ttl,
        reason,
        request.id,
    )
    if not isinstance(grant, Refusal):
        _decide(tx, request, RequestState.APPROVED, by, reason, grant.id)
    return grant


def deny(tx: Transaction, request_id: int, by: str, reason: str) -> Request | Refusal:
    """Refuse a pending request; the agent reads the reason."""
    request = _pending(tx, request_id, by)
    return request if isinstance(request, Refusal) else _decide(tx, request, RequestState.DENIED, by, reason, None)


def withdraw(tx: Transaction, request_id: int, by: str, reason: str = "") -> Request | Refusal:
    """Take a pending request back."""
    request = tx.get(tx.state.requests, request_id)
    if request is None or request.state is not RequestState.PENDING:
        return Refusal("not_pending", f"request {request_id} is not pending")
    if request.decide_by <= tx.at:
        return Refusal("not_pending", f"request {request_id} was to be answered earlier; it has expired")
    return _decide(tx, request, RequestState.WITHDRAWN, by, reason, None)


def expire_request(tx: Transaction, request_id: int) -> None:
    """End a request that nobody answered in time; that means no, and is not a denial."""
    request = tx.get(tx.state.requests, request_id)
    if request is not None and request.state is RequestState.PENDING and request.decide_by <= tx.at:
        _decide(tx, request, RequestState.EXPIRED, "", "nobody answered in time", None)


def _pending(tx: Transaction, request_id: int, by: str) -> Request | Refusal:
    request = tx.get(tx.state.requests, request_id)
    if request is None:
        return Refusal("not_found", f"there is no request {request_id}")
    if request.state is not RequestState.PENDING:
        who = f" by {request.decided_by}" if request.decided_by else ""
        return Refusal("not_pending", f"request {request_id} is {request.state}{who} already")
    if request.decide_by <= tx.at:
        return Refusal("not_pending", f"request {request_id} was to be answered earlier; it has expired")
    if request.requester == by:
        return Refusal("own_request", "nobody decides their own request")
    return request


def _decide(tx: Transaction, request: Request, state: RequestState, by: str, reason: str, grant: int | None) -> Request:
    decided = replace(request, state=state, decided_at=tx.at, decided_by=by, decision_reason=reason, grant=grant)
    tx.put(tx.state.requests, decided)
    closed = [r for r in tx.scan(tx.state.requests_of, request.requester) if r.state is not RequestState.PENDING]
    if len(closed) > KEPT:
        oldest = min((r for r in closed if r.id != request.id), key=lambda r: (r.decided_at or 0, r.id))
        tx.delete(tx.state.requests, oldest.id)
    tx.emit(
        f"request.{state.value}",
        by,
        request.requester,
        request=request.id,
        verb=request.verb,
        reason=reason,
        grant=grant,
    )
    return decided


def give(
    tx: Transaction,
    by: str,
    holder: str,
    verb: str,
    resource: str,
    uses: int,
    ttl: SimTime,
    reason: str,
    request: int | None = None,
) -> Grant | Refusal:
    """Make a grant that begins now."""
    if verb not in VERBS:
        return Refusal("unknown_verb", f"there is no capability {verb[:60]!r}; there are: {', '.join(sorted(VERBS))}")
    if not tx.is_principal(holder):
        return Refusal("not_found", f"there is no principal {holder[:60]!r}")
    if not (0 < uses <= MAX_TERM and 0 < ttl <= MAX_TERM):
        return Refusal("bad_terms", f"a grant has at least one use and a time above 0, each {MAX_TERM} at most")
    grant = Grant(
        id=tx.next_id("grant"),
        request=request,
        holder=holder,
        verb=verb,
        resource=resource,
        uses_left=uses,
        granted_at=tx.at,
        expires_at=tx.at + ttl,
        state=GrantState.ACTIVE,
        granted_by=by,
        reason=reason,
        ended_at=None,
    )
    tx.put(tx.state.grants, grant)
    tx.emit("grant.given", by, holder, grant=grant.id, verb=verb, resource=resource, uses=uses, ttl=ttl)
    return grant


def revoke(tx: Transaction, grant_id: int, by: str, reason: str) -> Grant | Refusal:
    """End a grant: its next use is refused."""
    grant = tx.get(tx.state.grants, grant_id)
    if grant is None:
        return Refusal("not_found", f"there is no grant {grant_id}")
    if grant.state is not GrantState.ACTIVE:
        return Refusal("not_active", f"grant {grant_id} is {grant.state} already")
    return _end(tx, grant, GrantState.REVOKED, by, reason)


def expire_grant(tx: Transaction, grant_id: int) -> None:
    """End a grant whose time is over."""
    grant = tx.get(tx.state.grants, grant_id)
    if grant is not None and grant.state is GrantState.ACTIVE and grant.expires_at <= tx.at:
        _end(tx, grant, GrantState.EXPIRED, "", "its time is over")


def _end(tx: Transaction, grant: Grant, state: GrantState, by: str, reason: str) -> Grant:
    ended = replace(grant, state=state, ended_at=tx.at)
    tx.put(tx.state.grants, ended)
    closed = [g for g in tx.scan(tx.state.grants_of, grant.holder) if g.state is not GrantState.ACTIVE]
    if len(closed) > KEPT:
        oldest = min((g for g in closed if g.id != grant.id), key=lambda g: (g.ended_at or 0, g.id))
        tx.delete(tx.state.grants, oldest.id)
    tx.emit(f"grant.{state.value}", by, grant.holder, grant=grant.id, verb=grant.verb, reason=reason)
    return ended


def use(tx: Transaction, policy: Policy, holder: str, verb: str, resource: str = "*") -> Refusal | None:
    """Use a capability at its point of enforcement: take one use of the oldest active grant that covers it."""
    if verb not in policy.gated:
        return None
    for grant in tx.scan(tx.state.active_grants, (holder, verb)):
        if grant.expires_at > tx.at and fnmatchcase(resource, grant.resource):
            left = grant.uses_left - 1
            used = replace(grant, uses_left=left)
            tx.put(tx.state.grants, used)
            tx.emit("grant.used", holder, "", grant=grant.id, verb=verb, resource=resource, uses_left=left)
            if left == 0:
                _end(tx, used, GrantState.EXHAUSTED, "", "its uses are used up")
            return None
    return Refusal("capability_needed", f"{verb} needs a grant; ask for it with genesis_capabilities.request")
