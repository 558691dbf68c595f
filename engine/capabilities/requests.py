"""Requests and their answers as a state machine over the transaction; the default is no.

`pending → approved | denied | expired | withdrawn`. A request is decided once; where a risk class takes two people,
the first consent is kept in the request and the second, of another user, decides it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from engine.capabilities import grants
from engine.capabilities.catalogue import Verb
from engine.capabilities.grants import MOST_HELD, Origin, digest, known
from engine.capabilities.history import answered_before, cooling, forget_oldest, repeat
from engine.capabilities.policy import Asked, Policy
from engine.capabilities.rules import operators_rules
from engine.capabilities.terms import Terms, differences, narrowed, senseless, wider
from engine.kernel.entities import Grant, Json, Request, RequestState, SimTime
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

MAX_PENDING_PER_AGENT = 20
MAX_COOLING_PER_AGENT = 100
MAX_PAYLOAD = 4_000


@dataclass(frozen=True, slots=True)
class Ask:
    """What an agent asks for; terms that are None are as the world's catalogue has them."""

    verb: str
    resource: str = "*"
    uses: int | None = None
    ttl: SimTime | None = None
    quota: Mapping[str, int] | None = None
    depth: int = 0
    payload: str = ""
    reason: str = ""
    on_behalf_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """An operator's yes; terms that are None are as asked. `payload` is the digest of what the operator was shown."""

    uses: int | None = None
    ttl: SimTime | None = None
    resource: str | None = None
    quota: Mapping[str, int] | None = None
    depth: int | None = None
    payload: str | None = None
    reason: str = ""


# -- asking --------------------------------------------------------------------------------------------------------


def ask(tx: Transaction, policy: Policy, requester: str, asked: Ask) -> Request | Refusal:
    """Ask for a capability; the policy may answer at once, else the request waits for a person until `decide_by`."""
    verb = known(policy, asked.verb)
    if isinstance(verb, Refusal):
        return verb
    if not tx.is_principal(requester):
        return Refusal("no_standing", f"{requester} is not a principal, so it cannot hold a grant")
    terms = _terms(policy, requester, verb, asked)
    refusal = senseless(terms, verb.measures) or _over_ceiling(policy, requester, verb, terms)
    refusal = refusal or _too_large(asked)
    if refusal is not None:
        return refusal
    switch = tx.get(tx.state.switches, "world")
    mode = switch.approvals if switch else "policy"
    answer = policy.answer(Asked(requester, verb, terms, tx.at), mode, operators_rules(tx))
    bound = answer.bounds.bind(terms) if answer is not None and answer.allow else None
    # What has become allowed since it was denied is allowed; all else is answered as it was.
    earlier = answered_before(tx, requester, verb, terms, asked.payload) if bound is None else None
    if earlier is not None:
        return repeat(tx, earlier)
    if (refusal := _too_many(tx, policy, requester, asked)) is not None:
        return refusal
    request = _make(tx, policy, requester, verb, terms, asked)
    if answer is not None and bound is not None:
        return _grant(tx, policy, request, bound, answer.by, answer.reason)
    if answer is not None and not answer.allow:
        return _decide(tx, policy, request, RequestState.DENIED, answer.by, answer.reason)
    return request


def _terms(policy: Policy, requester: str, verb: Verb, asked: Ask) -> Terms:
    """What is asked for; what is left out is as usual here, within what the requester may hold."""
    usual = replace(verb.terms, resource=asked.resource)
    usual = policy.catalogue.bind(requester, verb, usual) or usual
    return Terms(
        asked.resource,
        asked.uses if asked.uses is not None else usual.uses,
        asked.ttl if asked.ttl is not None else usual.ttl,
        dict(asked.quota) if asked.quota is not None else dict(usual.quota),
        asked.depth,
    )


def _over_ceiling(policy: Policy, requester: str, verb: Verb, terms: Terms) -> Refusal | None:
    bound = policy.catalogue.bind(requester, verb, terms)
    if bound is None:
        return Refusal("over_ceiling", f"you may hold no {verb.name} on {terms.resource}")
    over = wider(terms, bound)
    return None if over is None else Refusal("over_ceiling", f"you may not hold so much of {verb.name}: {over}")


def _too_large(asked: Ask) -> Refusal | None:
    if len(asked.payload) > MAX_PAYLOAD:
        return Refusal("too_large", f"a payload has {MAX_PAYLOAD} characters of JSON at most")
    return None


def _too_many(tx: Transaction, policy: Policy, requester: str, asked: Ask) -> Refusal | None:
    """The flood limits: of what waits for an answer, of what has been denied lately, and of what is held."""
    mine = tx.scan(tx.state.pending_requests, ("of", requester))
    if any(r.verb == asked.verb and r.resource == asked.resource and r.payload == asked.payload for r in mine):
        what = f"{asked.verb} on {asked.resource[:60]}"
        return Refusal("already_asked", f"your request for {what} is still pending; wait for the answer")
    if len(mine) >= MAX_PENDING_PER_AGENT:
        return Refusal("too_many_requests", f"you have {len(mine)} requests pending; wait for answers or withdraw some")
    if (denied := len(cooling(tx, policy.catalogue, requester))) >= MAX_COOLING_PER_AGENT:
        return Refusal("too_many_requests", f"you have been denied {denied} requests lately; wait before you ask more")
    if len(tx.scan(tx.state.active_grants, requester)) >= MOST_HELD:
        return Refusal("too_many_grants", f"you hold {MOST_HELD} grants; revoke some first")
    return None


def _make(tx: Transaction, policy: Policy, requester: str, verb: Verb, terms: Terms, asked: Ask) -> Request:
    request = Request(
        id=tx.next_id("request"),
        requester=requester,
        on_behalf_of=asked.on_behalf_of,
        verb=verb.name,
        resource=terms.resource,
        uses=terms.uses,
        ttl=terms.ttl,
        quota=dict(terms.quota),
        depth=terms.depth,
        payload=asked.payload,
        reason=asked.reason,
        asked_at=tx.at,
        decide_by=tx.at + policy.decide_within,
        again=0,
        seconded_by="",
        offered=None,
        state=RequestState.PENDING,
        decided_at=None,
        decided_by="",
        decision_reason="",
        grant=None,
    )
    tx.put(tx.state.requests, request)
    quota = {"quota": request.quota} if request.quota else {}
    tx.emit(
        "request.asked",
        requester,
        "",
        request=request.id,
        verb=verb.name,
        resource=terms.resource,
        uses=terms.uses,
        ttl=terms.ttl,
        **quota,
    )
    return request


def terms_of(request: Request) -> Terms:
    """The terms that a request asks for, cut to what has been offered so far, or was given."""
    asked = Terms(request.resource, request.uses, request.ttl, request.quota, request.depth)
    return asked if request.offered is None else Terms(**request.offered)


# -- answering -----------------------------------------------------------------------------------------------------


def approve(tx: Transaction, policy: Policy, request_id: int, by: str, consent: Consent) -> Request | Refusal:
    """Grant a pending request, as asked or narrower, never wider.

    Where its risk class takes two people, the first consent leaves it pending; the second may only narrow it further.
    """
    request = _pending(tx, request_id, by)
    if isinstance(request, Refusal):
        return request
    if consent.payload is not None and consent.payload != digest(request.payload):
        return Refusal("payload_changed", f"request {request_id} is not what you were shown; look at it again")
    asked = terms_of(request)
    terms = narrowed(asked, consent.resource, consent.uses, consent.ttl, consent.quota, consent.depth)
    verb = policy.catalogue.verbs[request.verb]
    if (refusal := senseless(terms, verb.measures)) is not None:
        return refusal
    if (over := wider(terms, asked)) is not None:
        return Refusal("too_wide", f"request {request_id} does not ask for so much: {over}")
    if not policy.may_decide(by, verb):
        return Refusal("not_yours", f"{by} may not decide about {verb.name}, whose risk is {verb.risk}")
    if verb.risk in policy.dual and by.startswith("operator:"):
        if request.seconded_by == by:
            return Refusal("second_person", f"request {request_id} has your consent; it takes another person's as well")
        if not request.seconded_by:
            return _second(tx, request, by, terms)
    return _grant(tx, policy, request, terms, by, consent.reason)


def _second(tx: Transaction, request: Request, by: str, terms: Terms) -> Request:
    waiting = replace(request, seconded_by=by, offered=terms.to_json())
    tx.put(tx.state.requests, waiting)
    tx.emit("request.seconded", by, request.requester, request=request.id, verb=request.verb)
    return waiting


def _grant(tx: Transaction, policy: Policy, request: Request, terms: Terms, by: str, reason: str) -> Request | Refusal:
    origin = Origin(by, reason, request.id, None, digest(request.payload))
    made: Grant | Refusal = grants.give(tx, policy, request.requester, request.verb, terms, origin)
    if isinstance(made, Refusal):
        return made
    asked = Terms(request.resource, request.uses, request.ttl, request.quota, request.depth)
    less = differences(asked, terms)
    if less:
        request = replace(request, offered=terms.to_json())
    return _decide(tx, policy, request, RequestState.APPROVED, by, reason, made.id, less)


def deny(tx: Transaction, policy: Policy, request_id: int, by: str, reason: str) -> Request | Refusal:
    """Refuse a pending request; the agent reads the reason."""
    request = _pending(tx, request_id, by)
    if isinstance(request, Refusal):
        return request
    verb = policy.catalogue.verbs[request.verb]
    if not policy.may_decide(by, verb):
        return Refusal("not_yours", f"{by} may not decide about {verb.name}, whose risk is {verb.risk}")
    return _decide(tx, policy, request, RequestState.DENIED, by, reason)


def withdraw(tx: Transaction, policy: Policy, request_id: int, by: str, reason: str = "") -> Request | Refusal:
    """Take a pending request back."""
    request = tx.get(tx.state.requests, request_id)
    if request is None or request.state is not RequestState.PENDING:
        return Refusal("not_pending", f"request {request_id} is not pending")
    if request.decide_by <= tx.at:
        return Refusal("not_pending", f"request {request_id} was to be answered earlier; it has expired")
    return _decide(tx, policy, request, RequestState.WITHDRAWN, by, reason)


def expire(tx: Transaction, policy: Policy, request_id: int) -> None:
    """End a request that nobody answered in time; that means no, and is not a denial."""
    request = tx.get(tx.state.requests, request_id)
    if request is not None and request.state is RequestState.PENDING and request.decide_by <= tx.at:
        _decide(tx, policy, request, RequestState.EXPIRED, "", "nobody answered in time")


def _pending(tx: Transaction, request_id: int, by: str) -> Request | Refusal:
    request = tx.get(tx.state.requests, request_id)
    if request is None:
        last = tx.get(tx.state.counters, "request")
        if last is not None and 0 < request_id <= last.value:
            return Refusal("not_pending", f"request {request_id} is over already; the audit tells how")
        return Refusal("not_found", f"there is no request {request_id}")
    if request.state is not RequestState.PENDING:
        who = f" by {request.decided_by}" if request.decided_by else ""
        return Refusal("not_pending", f"request {request_id} is {request.state}{who} already")
    if request.decide_by <= tx.at:
        return Refusal("not_pending", f"request {request_id} was to be answered earlier; it has expired")
    if by == request.requester or by in request.on_behalf_of:
        return Refusal("own_request", "nobody decides their own request")
    return request


def _decide(
    tx: Transaction,
    policy: Policy,
    request: Request,
    state: RequestState,
    by: str,
    reason: str,
    grant: int | None = None,
    narrower: Json | None = None,
) -> Request:
    decided = replace(request, state=state, decided_at=tx.at, decided_by=by, decision_reason=reason, grant=grant)
    tx.put(tx.state.requests, decided)
    forget_oldest(tx, policy.catalogue, request.requester)
    tx.emit(
        f"request.{state.value}",
        by,
        request.requester,
        request=request.id,
        verb=request.verb,
        reason=reason,
        grant=grant,
        **({"seconded_by": request.seconded_by} if request.seconded_by else {}),
        **({"narrowed": narrower} if narrower else {}),
    )
    return decided
