"""`genesis_event_log`: which events there are to wait for, and what time it is; of the past it tells nothing."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from engine.genesis import subscriptions
from engine.genesis.base import Args, Genesis, NoArgs, method
from engine.genesis.delivery import Post
from engine.genesis.schedule import EPOCH
from engine.kernel.actions import MAX_KEY, Call
from engine.kernel.entities import Json, SimTime
from engine.kernel.errors import Refusal

ID = "genesis_event_log"
_LAST = (datetime.max.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)

EVENT_TYPES: dict[str, str] = {
    "account.created": "A principal created an account.",
    "agent.acted": "An agent did something that changed the world or cost it something.",
    "agent.refused": "An agent's action was refused, with the code and the reason.",
    "agent.spawned": "A new agent came into the world.",
    "agent.state": "An agent's state changed: active, blocked, sleeping, dormant or paused.",
    "artifact.created": "An artifact was created.",
    "artifact.deleted": "An artifact was deleted.",
    "artifact.transferred": "An artifact has another controller.",
    "artifact.written": "An artifact has new content.",
    "asset.created": "An agent made an asset that can be issued; the artifact of that name decides by whom.",
    "asset.issued": "Units of an asset were issued; to whom they were issued.",
    "asset.retired": "A holder took units of an issued asset out of being, for good.",
    "budget.lost": "A paid call was under way when the run was left; it counts as its worst case.",
    "budget.overrun": "A call is said to have cost more than was reserved for it; what was reserved was paid.",
    "code.charged": "A contract or a tool charged scrip, as whoever acted had allowed; to the payer.",
    "contract.failed": "An access contract failed, which counts as no.",
    "debt.defaulted": "A borrower did not pay in time, with what was owed, recovered and lost; to the claim's holder.",
    "debt.forgiven": "The holder of a claim gave it up; to the borrower.",
    "debt.late": "A borrower has not paid what fell due, and grace begins; to the claim's holder.",
    "debt.lent": "A loan was made; to the borrower.",
    "debt.offered": "A loan was offered or asked for; to the only one who may take it, if there is one.",
    "debt.paid": "A payment on a loan, interest and principal apart; to the claim's holder.",
    "debt.settled": "A loan is paid back in full; to the claim's holder.",
    "debt.withdrawn": "An offer of a loan, or an ask for one, was taken back or has expired.",
    "escrow.appointed": "A buyer has paid for what you may have to decide about; to the arbiter.",
    "escrow.auctioned": "Artifacts are for sale by auction.",
    "escrow.bid": "Somebody bid in an auction; to the seller.",
    "escrow.cancelled": "A seller took artifacts out of escrow.",
    "escrow.delivered": "Artifacts that were won, or released to their buyer, have come; to the buyer.",
    "escrow.expired": "The time of a sale is over, and the artifacts went back; to the seller.",
    "escrow.held": "A buyer has paid where there is an arbiter, and the payment is held; to the seller.",
    "escrow.listed": "Artifacts are for sale in escrow.",
    "escrow.outbid": "A higher bid was made, and the one before has been released; to who is outbid.",
    "escrow.refunded": "A payment that was held went back, and so did the artifacts; to the buyer.",
    "escrow.sold": "Artifacts were sold through escrow, at a price, by auction or with an arbiter; to their seller.",
    "exchange.cancelled": "A resting order was cancelled, or its time was over; to its principal.",
    "exchange.listed": "An agent's asset trades at the exchange from now on; to the instrument.",
    "exchange.placed": "An order was placed; to the instrument.",
    "exchange.trade": "A resting order was traded against; to its principal.",
    "grant.exhausted": "A grant's uses are used up; to its holder.",
    "grant.expired": "A grant's time is over; to its holder.",
    "grant.given": "A capability was granted; to its holder.",
    "grant.misused": "A holder tried what its grants do not allow, with the code; nothing came of it.",
    "grant.revoked": "A grant was revoked; to its holder.",
    "grant.use_voided": "A use of a grant that was under way came to nothing; to the grant's holder.",
    "grant.used": "A holder used one use of a grant.",
    "health.report": "The auditor reported on the health of the world, with its concerns.",
    "hold.expired": "A hold that nobody posted was released.",
    "kpi.sample": "The health figures were sampled.",
    "ledger.transfer": "A principal transferred an amount of an asset; to the recipient.",
    "memory.degraded": "A memory could not be searched by words, or has no vectors at present, and why.",
    "memory.embedded": "A model has made a vector of a text for a memory.",
    "memory.forgotten": "Entries of a memory were deleted; to the memory.",
    "memory.full": "What a scripted mind keeps did not fit on its agent's disk and was not kept.",
    "memory.restored": "A memory gets vectors again.",
    "memory.stored": "An entry was stored in a memory; to the memory.",
    "memory.unpaid": "A vector of a text was not asked for: it could have cost more than there is, and how much.",
    "memory.used": "An agent made a memory that it controls its own; to the memory.",
    "message.answered": "A request was answered; to who asked.",
    "message.requested": "An agent asks another for an answer by a deadline; to who is asked.",
    "message.sent": "A message was sent; to its recipient.",
    "message.subscribed": "An agent listens to a topic or to a kind of event from now on.",
    "message.timed_out": "Nobody answered a request by its deadline; to who asked.",
    "message.unsubscribed": "An agent listens to a topic or to a kind of event no longer.",
    "message.withdrawn": "A request was taken back before it was answered; to who was asked.",
    "mind.failed": "An agent's mind failed to decide.",
    "mint.answered": "The mint's scorer was answered from outside, or was not; to the bidder.",
    "mint.bid": "A sealed bid was made for an artifact.",
    "mint.failed": "A winning bid's artifact could not be scored, so the bid was returned; to the bidder.",
    "mint.lost": "A bid lost at the mint, and was returned or shared among all; to the bidder.",
    "mint.resolved": "The mint resolved its auction.",
    "mint.ubi": "What bidders paid at the mint was shared among all agents.",
    "mint.withdrawn": "A bid was taken back or returned.",
    "mint.won": "A bid won at the mint, with the score and what was minted; to the bidder.",
    "model.answered": "A language model answered, with what that cost; to the model.",
    "model.asked": "Code, or the mint's scorer, asked a language model, with what is set aside for it; to the model.",
    "model.failed": "A language model gave no answer, and why; to the model.",
    "model.lost": "A question to a language model was under way when the run was left; it counts as its worst case.",
    "model.priced": "What a language model costs in this run from now on.",
    "operator.approvals": "The operator set who answers requests.",
    "operator.approve": "The operator approved a request.",
    "operator.configure": "The operator changed an agent's configuration.",
    "operator.deny": "The operator denied a request.",
    "operator.drop_rule": "The operator took back a rule that answered requests.",
    "operator.fund": "The operator issued more of a resource.",
    "operator.grant": "The operator granted a capability that was not asked for.",
    "operator.halt": "The operator halted an instrument, or let it trade again.",
    "operator.make_rule": "The operator made a rule that answers requests.",
    "operator.message": "The operator sent an agent a message.",
    "operator.note": "The operator attached a note to a commit.",
    "operator.pause": "The operator paused an agent.",
    "operator.pause_world": "The operator paused the world.",
    "operator.raise_cap": "The operator set how much of a resource may be issued.",
    "operator.resume": "The operator let an agent go on.",
    "operator.resume_world": "The operator let the world go on.",
    "operator.revoke": "The operator revoked a grant.",
    "operator.set_model": "The operator let an agent think with another language model.",
    "operator.step": "The operator let an agent do one step.",
    "operator.step_world": "The operator let every active agent do one step.",
    "operator.stop": "The operator ended the run.",
    "operator.stop_agent": "The operator stopped an agent at once.",
    "program.discarded": "A program begins again at its top: it was reprogrammed, or told as much as is kept.",
    "request.approved": "A request was approved; to the requester.",
    "request.asked": "An agent asked for a capability.",
    "request.denied": "A request was denied, with the reason; to the requester.",
    "request.expired": "Nobody answered a request in time, which means no; to the requester.",
    "request.repeated": "An agent asked again for what had been denied shortly before, and had the same answer.",
    "request.seconded": "The first of the two people that it takes agreed to a request; to the requester.",
    "request.withdrawn": "A request was withdrawn; to the requester.",
    "rights.drawn": "A principal drew new units of a resource under a grant.",
    "rights.transferred": "A principal gave away part of an allocation or budget; to the recipient.",
    "sandbox.measured": "What running code took in CPU-µs, turn by turn, where that is what is charged.",
    "thought.answered": "A thought that was asked for outside has come back.",
    "thought.asked": "A thought was asked for outside.",
    "thought.void": "A thought was dropped unused.",
    "tool.failed": "A method of a tool failed, and all that it did is undone; to the tool.",
    "tool.invoked": "A method of a tool was called and came to its end; to the tool.",
    "world.begun": "The world began.",
}
"""Every type of event there is, with a sentence; "to X" says whose id stands behind the @ in a subscription."""

HELP = (
    'Sleep with an event to wait for it: {"action": "sleep", "event": "mint.resolved"}.',
    'Add @ and an id for events to one addressee: "exchange.trade@alice"; "@me" stands for your own id.',
    'Only "@me" waits for anything that is addressed to you.',
    "Add a duration in µs to wake at the latest then; a subscription ends when you wake.",
    "genesis_event_log.subscribe wakes you whenever you sleep, until you unsubscribe; not while you are paused.",
    "You are woken, not told: an event's content is not kept for you, and events that you missed are gone.",
    "After waking, look at the present: balances, books, listings, messages.",
)


def iso(at: SimTime) -> str | None:
    """World time as ISO 8601 with microseconds; None beyond the year 9999, where that has no form."""
    if at > _LAST:
        return None
    return (EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")


async def _types(call: Call, args: NoArgs) -> Json | Refusal:
    return {"types": [{"type": name, "tells": sentence} for name, sentence in EVENT_TYPES.items()]}


async def _subscribe_help(call: Call, args: NoArgs) -> Json | Refusal:
    return {"help": list(HELP)}


class EventArgs(Args):
    """Arguments of `subscribe` and `unsubscribe`."""

    event: Annotated[str, Field(min_length=1, max_length=MAX_KEY)]


def _pattern(call: Call, event: str) -> str | Refusal:
    """The pattern that an agent means, its own id in place of "@me"; a refusal if it names nothing that wakes."""
    type_, _, of = event.partition("@")
    if not event.isprintable() or (type_ and type_ not in EVENT_TYPES) or (not type_ and not of):
        return Refusal("bad_event", f"{event[:60]!r} is no event; {ID}.types lists them, subscribe_help says how")
    if type_ == "agent.state":
        return Refusal("bad_event", "going to sleep wakes nobody, or sleepers would wake one another for ever")
    return event.replace("@me", f"@{call.caller}")


async def _unsubscribe(call: Call, args: EventArgs) -> Json | Refusal:
    name = args.event.replace("@me", f"@{call.caller}")
    return subscriptions.remove(call.tx, call.caller, "event", name) or {"event": name}


async def _subscriptions(call: Call, args: NoArgs) -> Json | Refusal:
    return {"events": subscriptions.listed(call.tx, call.caller)["events"]}


async def _now(call: Call, args: NoArgs) -> Json | Refusal:
    return {"now": call.tx.at, "iso": iso(call.tx.at), "commit": call.tx.base}


def make(post: Post) -> Genesis:
    """The genesis artifact; `post` says how many subscriptions an agent has."""

    async def subscribe(call: Call, args: EventArgs) -> Json | Refusal:
        name = _pattern(call, args.event)
        if isinstance(name, Refusal):
            return name
        return subscriptions.add(call.tx, call.caller, "event", name, post.subscriptions) or {"event": name}

    return Genesis(
        ID,
        "Event log",
        [
            method("types", NoArgs, "The types of events that you can wait for, with a sentence each.", _types),
            method("subscribe_help", NoArgs, "How to wait for events.", _subscribe_help),
            method("subscribe", EventArgs, "Be woken by events of a kind whenever you sleep, for good.", subscribe),
            method("unsubscribe", EventArgs, "Be woken by them no longer.", _unsubscribe),
            method("subscriptions", NoArgs, "The events that wake you for good.", _subscriptions),
            method("now", NoArgs, "World time in µs and as ISO 8601, and the number of the last commit.", _now),
        ],
    )
