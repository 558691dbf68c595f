"""`genesis_capabilities`: the desk where agents ask for capabilities, withdraw requests, and look at their grants."""

from typing import Annotated

from pydantic import Field

from engine.capabilities import desk
from engine.capabilities.catalogue import VERBS
from engine.capabilities.policy import Policy
from engine.genesis.base import Args, Genesis, NoArgs, method
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal

ID = "genesis_capabilities"
MAX_TTL = 365 * 24 * 3600 * 1_000_000


class RequestArgs(Args):
    """Arguments of `request`."""

    verb: Annotated[str, Field(min_length=1, max_length=60)]
    resource: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    uses: Annotated[int | None, Field(ge=1, le=1_000_000, description="left out, as many as this world gives")] = None
    ttl: Annotated[int | None, Field(ge=1, le=MAX_TTL, description="µs of world time, counted from approval")] = None
    reason: Annotated[str, Field(max_length=2_000)] = ""


class WithdrawArgs(Args):
    """Arguments of `withdraw`."""

    request: Annotated[int, Field(ge=1, le=ledger.MAX_AMOUNT)]


def make(policy: Policy) -> Genesis:
    """The genesis artifact, answering by the world's policy."""

    async def request(call: Call, args: RequestArgs) -> Json | Refusal:
        uses, ttl = args.uses or policy.default_uses, args.ttl or policy.default_ttl
        made = desk.ask(call.tx, policy, call.caller, args.verb, args.resource, uses, ttl, args.reason)
        if isinstance(made, Refusal):
            return made
        return {"request": made.id, "state": made.state.value, "grant": made.grant, "reason": made.decision_reason}

    async def withdraw(call: Call, args: WithdrawArgs) -> Json | Refusal:
        found = call.tx.get(call.tx.state.requests, args.request)
        if found is None or found.requester != call.caller:
            return Refusal("not_found", f"you have no request {args.request}")
        taken = desk.withdraw(call.tx, args.request, call.caller)
        return taken if isinstance(taken, Refusal) else {"request": taken.id, "state": taken.state.value}

    async def verbs(call: Call, args: NoArgs) -> Json | Refusal:
        return {
            "verbs": [{"verb": v.name, "allows": v.sentence, "gated": v.name in policy.gated} for v in VERBS.values()]
        }

    async def grants(call: Call, args: NoArgs) -> Json | Refusal:
        held = call.tx.scan(call.tx.state.active_grants, call.caller)
        return {
            "grants": [{"grant": g.id, "verb": g.verb, "resource": g.resource, "uses_left": g.uses_left} for g in held]
        }

    return Genesis(
        ID,
        "Capability desk",
        [
            method("request", RequestArgs, "Ask for a capability; the answer comes as an event to you.", request),
            method("withdraw", WithdrawArgs, "Take back a request of yours that is pending.", withdraw),
            method("verbs", NoArgs, "The capabilities there are, and which of them need a grant here.", verbs),
            method("grants", NoArgs, "Your active grants.", grants),
        ],
    )
