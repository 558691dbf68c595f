"""`genesis_capabilities`: the desk where agents ask for capabilities, pass on grants, and give them back."""

from typing import Annotated, Any

from pydantic import Field

from engine.capabilities import ending, grants, requests
from engine.capabilities.grants import canonical
from engine.capabilities.policy import Policy
from engine.capabilities.requests import Ask
from engine.capabilities.terms import DEEPEST, Terms, differences
from engine.genesis.base import Args, Genesis, NoArgs, method
from engine.genesis.orders import cancel_void
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import Grant, Json, Request
from engine.kernel.errors import Refusal

ID = "genesis_capabilities"
MAX_TTL = 365 * 24 * 3600 * 1_000_000
Number = Annotated[int, Field(ge=1, le=ledger.MAX_AMOUNT)]
Resource = Annotated[str, Field(min_length=1, max_length=200, description="names, with * for any part")]
Uses = Annotated[int, Field(ge=1, le=1_000_000)]
Ttl = Annotated[int, Field(ge=1, le=MAX_TTL, description="µs of world time, counted from when it is given")]
Quota = Annotated[dict[str, Number], Field(max_length=8, description="the most in all, by measure: see verbs")]
Depth = Annotated[int, Field(ge=0, le=DEEPEST, description="how far the grant may be passed on")]


class RequestArgs(Args):
    """Arguments of `request`."""

    verb: Annotated[str, Field(min_length=1, max_length=60)]
    resource: Resource = "*"
    uses: Annotated[Uses | None, Field(description="left out, as many as this world gives")] = None
    ttl: Ttl | None = None
    quota: Quota | None = None
    depth: Depth = 0
    payload: Annotated[
        dict[str, Any] | None,
        Field(description="the arguments of the one call that is wanted, so of no other"),
    ] = None
    reason: Annotated[str, Field(max_length=2_000)] = ""


class WithdrawArgs(Args):
    """Arguments of `withdraw`."""

    request: Number


class DelegateArgs(Args):
    """Arguments of `delegate`; what is left out is as the grant has it."""

    grant: Number
    to: Annotated[str, Field(min_length=1, max_length=80)]
    resource: Resource | None = None
    uses: Uses | None = None
    ttl: Ttl | None = None
    quota: Quota | None = None
    depth: Depth = 0


class GiveUpArgs(Args):
    """Arguments of `revoke`."""

    grant: Number
    reason: Annotated[str, Field(max_length=200)] = ""


def _answer(made: Request, given: Grant | None) -> Json:
    """What the requester is told at once; `narrowed` says what is not as asked, as [asked, given]."""
    answer: Json = {"request": made.id, "state": made.state.value, "grant": made.grant, "reason": made.decision_reason}
    if given is not None:
        asked = Terms(made.resource, made.uses, made.ttl, made.quota, made.depth)
        ttl = given.expires_at - given.granted_at
        less = differences(asked, Terms(given.resource, given.uses_left, ttl, given.quota, given.depth))
        if less:
            answer["narrowed"] = less
    if made.again:
        answer["asked_again"] = made.again
    return answer


def _shown(grant: Grant) -> Json:
    return {
        "grant": grant.id,
        "verb": grant.verb,
        "resource": grant.resource,
        "uses_left": grant.uses_left,
        "quota": grant.quota,
        "depth": grant.depth,
        "expires_at": grant.expires_at,
        "parent": grant.parent,
        "exact": bool(grant.payload),
    }


def make(policy: Policy) -> Genesis:
    """The genesis artifact, answering by the world's policy."""

    async def request(call: Call, args: RequestArgs) -> Json | Refusal:
        asked = Ask(
            args.verb,
            args.resource,
            args.uses,
            args.ttl,
            args.quota,
            args.depth,
            canonical(args.payload),
            args.reason,
            call.chain,
        )
        made = requests.ask(call.tx, policy, call.caller, asked)
        if isinstance(made, Refusal):
            return made
        return _answer(made, call.tx.get(call.tx.state.grants, made.grant) if made.grant is not None else None)

    async def withdraw(call: Call, args: WithdrawArgs) -> Json | Refusal:
        found = call.tx.get(call.tx.state.requests, args.request)
        if found is None or found.requester != call.caller:
            return Refusal("not_found", f"you have no request {args.request}")
        taken = requests.withdraw(call.tx, policy, args.request, call.caller)
        return taken if isinstance(taken, Refusal) else {"request": taken.id, "state": taken.state.value}

    async def delegate(call: Call, args: DelegateArgs) -> Json | Refusal:
        held = call.tx.get(call.tx.state.grants, args.grant)
        if held is None or held.holder != call.caller:
            return Refusal("not_found", f"you have no grant {args.grant}")
        terms = Terms(
            args.resource or held.resource,
            args.uses or max(1, held.uses_left),
            args.ttl or max(1, held.expires_at - call.tx.at),
            {**held.quota, **(args.quota or {})},
            args.depth,
        )
        made = grants.delegate(call.tx, policy, call.caller, args.grant, args.to, terms)
        return made if isinstance(made, Refusal) else {**_shown(made), "holder": made.holder}

    async def revoke(call: Call, args: GiveUpArgs) -> Json | Refusal:
        tx = call.tx
        found = tx.get(tx.state.grants, args.grant)
        mine = found is not None and call.caller in [row.holder for row in ending.lineage(tx, found)]
        if found is None or not mine:
            return Refusal("not_found", f"grant {args.grant} is not yours, nor derived from one of yours")
        voided = grants.revoke(tx, found.id, call.caller, args.reason or "given up")
        if isinstance(voided, Refusal):
            return voided
        cancel_void(tx, voided, call.caller, "the grant to trade was revoked")
        return {"grant": found.id, "state": "revoked"}

    async def verbs(call: Call, args: NoArgs) -> Json | Refusal:
        return {
            "verbs": [
                {
                    "verb": verb.name,
                    "allows": verb.sentence,
                    "on": verb.kind,
                    "gated": verb.gated,
                    "available": verb.available,
                    "measures": list(verb.measures),
                }
                for verb in policy.catalogue.verbs.values()
            ]
        }

    async def held(call: Call, args: NoArgs) -> Json | Refusal:
        return {"grants": [_shown(row) for row in call.tx.scan(call.tx.state.active_grants, call.caller)]}

    return Genesis(
        ID,
        "Capability desk",
        [
            method("request", RequestArgs, "Ask for a capability; the answer comes as an event to you.", request),
            method("withdraw", WithdrawArgs, "Take back a request of yours that is pending.", withdraw),
            method("delegate", DelegateArgs, "Pass a grant of yours on, narrower or as it is.", delegate),
            method("revoke", GiveUpArgs, "End a grant of yours, or one that was derived from it.", revoke),
            method("verbs", NoArgs, "The capabilities there are, and which of them need a grant here.", verbs),
            method("grants", NoArgs, "Your active grants.", held),
        ],
    )
