"""What an event says to people: one sentence for each type of event, and a plain rendering for types not known here."""

from collections.abc import Callable, Iterable
from typing import Any

from engine.kernel.entities import Event, Json
from engine.operator import COMMANDS
from engine.view import debts, sales, stories
from engine.view.ring import Place
from engine.view.types import EventRow
from engine.view.words import LINE, length, line, plain, stamp, terms, times

Say = Callable[[Event, Json], str]
REFUSED = frozenset({"agent.refused", "request.denied", "grant.misused"} | stories.BEHIND)


def event_row(place: Place, behind: Iterable[Event] = ()) -> EventRow:
    """The row of an event; `behind` are the contracts and tools that failed in its commit."""
    event = place.event
    text = sentence(event)
    actor, target = line(event.actor), line(event.target)
    request = event.data.get("request") if event.type.startswith("request.") else None
    asked = request if isinstance(request, int) else None
    refused, story = event.type in REFUSED, stories.story(event, behind, text)
    return EventRow(place.seq, place.n, place.at, event.type, actor, target, text, refused, asked, story)


def sentence(event: Event) -> str:
    """One sentence about an event, at most 200 characters; agents' text in it is as they wrote it."""
    say = SENTENCES.get(event.type, _anything)
    return line(say(event, event.data), LINE)


def _anything(event: Event, data: Json) -> str:
    """An event of a type that this version does not know, from its parts."""
    parts = " ".join(part for part in (event.actor, event.type, event.target) if part)
    return f"{parts}: {terms(data)}" if data else parts


def _named(data: Json, name: str) -> str:
    """A value of the event's data, `?` where an older or newer version of the log has none."""
    return plain(data.get(name, "?"))


def _said(data: Json, name: str = "reason") -> str:
    """The words given with it, after a colon; nothing if none were given."""
    words = data.get(name)
    return f": {words}" if words else ""


# -- agents --------------------------------------------------------------------------------------------------------


def deed(event: Event) -> str:
    """What an agent did or tried, in words."""
    data = event.data
    name = event.target.removeprefix("genesis_")
    match data.get("action"):
        case "invoke":
            args: Any = data.get("args")
            inside = terms(args, 80) if isinstance(args, dict) else ""
            return f"{name}.{_named(data, 'method')}({inside})"
        case "write":
            size = f"({_named(data, 'size')} characters of {_named(data, 'type')})"
            return f"writes {name} {size}" if name else f"writes a new artifact {size}"
        case "transfer":
            return f"transfers {name} to {_named(data, 'to')}"
        case "read" | "edit" | "delete" as verb:
            return f"{verb}s {name}"
        case "sleep":
            return "sleeps"
        case "noop":
            return "does nothing"
        case other:
            return f"{plain(other)} {name}".rstrip()


def _acted(event: Event, data: Json) -> str:
    return f"{event.actor}: {deed(event)}"


def _refused(event: Event, data: Json) -> str:
    did = line(deed(event), 90)
    return f"{event.actor}: {did} refused ({_named(data, 'refused')}): {_named(data, 'message')}"


def _state(event: Event, data: Json) -> str:
    why = data.get("why")
    return f"{event.actor} is {_named(data, 'to')}" + (f" ({plain(why)})" if why else "")


def _spawned(event: Event, data: Json) -> str:
    given = terms(data.get("endowment") or {}, 80) or "nothing"
    return f"{event.actor} brought {event.target} into the world (mind {_named(data, 'mind')}) and gave it {given}"


# -- code ----------------------------------------------------------------------------------------------------------


def _contract_failed(event: Event, data: Json) -> str:
    reached = stories.limit(data)
    why = f"{reached}: " if reached else ""
    asked = line(stories.asked(event), 90)
    head = f"contract {event.actor} failed{stories.place(data)}, so no ({asked})"
    return f"{head}: {why}{plain(data.get('error', ''), 150)}"


def _tool_failed(event: Event, data: Json) -> str:
    what = f"{event.target}.{_named(data, 'method')}" if event.target else "new code"
    head = f"{what} failed{stories.place(data)} for {event.actor}"
    return f"{head}: {plain(data.get('error', ''), 150)}"


def _tool_invoked(event: Event, data: Json) -> str:
    cost = data.get("cost")
    price = f" for {plain(cost)} of cpu_rate" if cost else ""
    return f"{event.actor} ran {event.target}.{_named(data, 'method')}{price}"


def _charged(event: Event, data: Json) -> str:
    to, why = _named(data, "to"), data.get("reason")
    to = "" if to == event.actor else f" for {to}"
    return f"{event.actor} charged {event.target} {_named(data, 'amount')} scrip{to}" + (
        f" ({plain(why)})" if why else ""
    )


def _degraded(event: Event, data: Json) -> str:
    why = plain(data.get("why", ""), 150)
    if "digest" in data:
        return f"{event.target} gets no vectors, so nothing new is found by meaning: {why}"
    return f"{event.actor} finds nothing by words in memories: {why}"


def _discarded(event: Event, data: Json) -> str:
    waited = f"; it waited{stories.place(data)} in {plain(data['waited'])}" if data.get("waited") else ""
    return f"the program of {event.actor} begins again at its top: {_named(data, 'why')}{waited}"


def _measured(event: Event, data: Json) -> str:
    turns: Any = data.get("cpu")
    counted = [one for one in turns if isinstance(one, int)] if isinstance(turns, list) else []
    number = "one turn" if len(counted) == 1 else f"{len(counted):,} turns"
    return f"code run for {event.actor or 'nobody'} took {sum(counted):,} µs of CPU in {number}"


# -- artifacts, ledger, messages -----------------------------------------------------------------------------------


def _artifact(verb: str) -> Say:
    return lambda e, d: f"{e.actor} {verb} {e.target} ({_named(d, 'size')} bytes)"


def _paid(event: Event, data: Json) -> str:
    memo = data.get("memo")
    return f"{event.actor} paid {event.target} {_named(data, 'amount')} {_named(data, 'asset')}" + (
        f" ({plain(memo)})" if memo else ""
    )


def _message(event: Event, data: Json) -> str:
    topic = f" [{plain(data['topic'])}]" if data.get("topic") else ""
    return f"{event.actor} to {event.target}{topic}: {plain(data.get('body', ''), 150)}"


# -- markets -------------------------------------------------------------------------------------------------------


def _placed(event: Event, data: Json) -> str:
    limit = data.get("limit")
    at = "at any price" if limit is None else f"at {plain(limit)}"
    kind = "" if data.get("kind") == "limit" else f" ({_named(data, 'kind')})"
    side = _named(data, "side")
    until = f" until {stamp(data['expires_at'])}" if isinstance(data.get("expires_at"), int) else ""
    return f"{event.actor} wants to {side} {_named(data, 'quantity')} {event.target} {at}{kind}{until}"


def _trade(event: Event, data: Json) -> str:
    what = f"{_named(data, 'quantity')} {_named(data, 'instrument')} at {_named(data, 'price')}"
    return f"{_named(data, 'buyer')} bought {what} from {_named(data, 'seller')}"


def _order_cancelled(event: Event, data: Json) -> str:
    order = (
        f"{_named(data, 'side')} {_named(data, 'remaining')} {_named(data, 'instrument')} at {_named(data, 'price')}"
    )
    if data.get("reason") == "expired":
        return f"the time of order {_named(data, 'order')} of {event.target} ({order}) is over"
    by = "" if event.actor == event.target or not event.actor else f" by {event.actor}"
    return f"order {_named(data, 'order')} of {event.target} ({order}) was cancelled{by}{_said(data)}"


def _market_opened(event: Event, data: Json) -> str:
    fee = f" for a fee of {plain(data['fee'])}" if data.get("fee") else ""
    return f"{event.actor} had {event.target} listed at the exchange{fee}"


def _asset_created(event: Event, data: Json) -> str:
    limit = data.get("limit")
    most = f", of which there will be {plain(limit)} at most" if limit is not None else ""
    return f"{event.actor} made the asset {event.target}{most}"


def _issued(event: Event, data: Json) -> str:
    to = "" if event.actor == event.target else f" to {event.target}"
    return f"{event.actor} issued {_named(data, 'amount')} {_named(data, 'asset')}{to}"


def _resolved(event: Event, data: Json) -> str:
    if not data.get("bids"):
        return "the mint resolved: there were no bids"
    won = f"{_named(data, 'winners')} of {_named(data, 'bids')} bids won at {_named(data, 'price')}"
    return (
        f"the mint resolved: {won}, {_named(data, 'minted')} scrip minted, {_named(data, 'redistributed')} shared out"
    )


def _won(event: Event, data: Json) -> str:
    minted = f"{_named(data, 'minted')} scrip minted, {_named(data, 'paid')} paid"
    return f"{event.target} won at the mint with {_named(data, 'artifact')}: score {_named(data, 'score')}, {minted}"


def _lost(event: Event, data: Json) -> str:
    became = "is shared among all" if data.get("forfeited") else "is returned"
    return (
        f"{event.target}'s bid of {_named(data, 'amount')} for {_named(data, 'artifact')} lost at the mint: it {became}"
    )


def _call_lost(event: Event, data: Json) -> str:
    paid = f"{_named(data, 'amount')} {_named(data, 'asset')}"
    return f"a call of {event.actor}'s was under way when the run was left: {paid} count as spent"


def _overrun(event: Event, data: Json) -> str:
    asset = _named(data, "asset")
    said = f"{_named(data, 'claimed')} {asset}, with {_named(data, 'reserved')} reserved"
    return f"a thought of {event.actor} is said to have cost {said}: no more is paid"


def _model_answered(event: Event, data: Json) -> str:
    cost = data.get("cost")
    price = f" for {cost} µUSD" if isinstance(cost, int) else ""
    tokens = f"{_named(data, 'input')} tokens in, {_named(data, 'output')} out"
    wrong = f"; not what was asked for: {_named(data, 'misfit')}" if data.get("misfit") else ""
    return f"{event.target} answered {event.actor}{price} ({tokens}){wrong}"


def _model_failed(event: Event, data: Json) -> str:
    cost = data.get("cost")
    price = f"; {cost} µUSD may have been charged" if cost else ""
    return f"{event.target} gave {event.actor} no answer: {_named(data, 'said')}{price}"


def _model_lost(event: Event, data: Json) -> str:
    said = f"what {event.actor} had asked {event.target} was under way when the run was left"
    return f"{said}: {_named(data, 'cost')} µUSD count as spent"


def _thought(event: Event, data: Json) -> str:
    if not data.get("why"):
        return f"{event.actor} has made up its mind"
    return f"{event.actor} decides: {_named(data, 'why')}"


def _ubi(event: Event, data: Json) -> str:
    return f"the mint shared {_named(data, 'amount')} scrip among {_named(data, 'agents')} agents"


# -- capabilities and the operator ---------------------------------------------------------------------------------


def _asked(event: Event, data: Json) -> str:
    return f"{event.actor} asks for {_terms_of(data)} (request {_named(data, 'request')})"


def _terms_of(data: Json) -> str:
    resource = data.get("resource", "*")
    on = "" if resource == "*" else f" on {plain(resource)}"
    uses, ttl = data.get("uses"), data.get("ttl")
    much = f" {times(uses)}" if isinstance(uses, int) else ""
    return f"{_named(data, 'verb')}{on}{much}" + (f" within {length(ttl)}" if isinstance(ttl, int) else "")


def _decided(verdict: str) -> Say:
    def say(event: Event, data: Json) -> str:
        by = f" by {event.actor}" if event.actor else ""
        request = f"request {_named(data, 'request')} of {event.target} for {_named(data, 'verb')}"
        return f"{request} {verdict}{by}{_said(data)}"

    return say


def _given(event: Event, data: Json) -> str:
    return f"{event.target} was granted {_terms_of(data)} by {event.actor} (grant {_named(data, 'grant')})"


def _used(event: Event, data: Json) -> str:
    left = f"{_named(data, 'uses_left')} left"
    return f"{event.actor} used grant {_named(data, 'grant')} for {_named(data, 'verb')}: {left}"


def _seconded(event: Event, data: Json) -> str:
    request = f"request {_named(data, 'request')} of {event.target} for {_named(data, 'verb')}"
    return f"{request} has the consent of {event.actor}; it takes another person's as well"


def _repeated(event: Event, data: Json) -> str:
    request = f"{_named(data, 'verb')} as in request {_named(data, 'request')}"
    return f"{event.actor} asks again for {request}: the denial still holds ({_named(data, 'again')} times so far)"


def _drawn(event: Event, data: Json) -> str:
    return f"{event.actor} drew {_named(data, 'amount')} {_named(data, 'asset')} for good"


def _misused(event: Event, data: Json) -> str:
    what = f"{_named(data, 'verb')} on {_named(data, 'resource')}"
    return f"{event.actor} went beyond its grants: {what} ({_named(data, 'code')})"


def _voided(event: Event, data: Json) -> str:
    return f"the use of grant {_named(data, 'grant')} by {_named(data, 'subject')} is void: {_named(data, 'why')}"


def _ended(verdict: str) -> Say:
    def say(event: Event, data: Json) -> str:
        by = f" by {event.actor}" if event.actor else ""
        grant = f"grant {_named(data, 'grant')} of {event.target} for {_named(data, 'verb')}"
        return f"{grant} {verdict}{by}{_said(data)}"

    return say


def _health(event: Event, data: Json) -> str:
    concerns = [one for one in data.get("concerns", ()) if isinstance(one, dict)]
    named = [f"{_named(one, 'figure')} {_named(one, 'when')} {_figure(one.get('threshold'))}" for one in concerns[:4]]
    named += [f"{len(concerns) - 4} more"] if len(concerns) > 4 else []
    told = f": {', '.join(named)}" if named else ""
    return line(f"health is {_named(data, 'status')}, {_named(data, 'score')} of 100{told}", 200)


def _figure(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else plain(value)


def _operator(event: Event, data: Json) -> str:
    told = {name: value for name, value in data.items() if value is not None and value != ""}
    command = event.type.removeprefix("operator.").replace("_", " ")
    return f"{event.actor}: {command}" + (f" ({terms(told, 150)})" if told else "")


SENTENCES: dict[str, Say] = {
    "world.begun": lambda e, d: f"the world {_named(d, 'world')} began with {_named(d, 'agents')} agents",
    "agent.acted": _acted,
    "agent.refused": _refused,
    "agent.state": _state,
    "agent.spawned": _spawned,
    "mind.failed": lambda e, d: f"the mind of {e.actor} failed: {plain(d.get('error', ''), 150)}",
    "program.discarded": _discarded,
    "tool.invoked": _tool_invoked,
    "tool.failed": _tool_failed,
    "code.charged": _charged,
    "sandbox.measured": _measured,
    "memory.degraded": _degraded,
    "memory.unpaid": lambda e, d: f"{e.actor} cannot pay for a vector in {e.target}{_said(d)}",
    "memory.embedded": lambda e, d: f"{_named(d, 'model')} makes a vector of a text for {e.target}",
    "memory.forgotten": lambda e, d: f"{e.actor} forgets entries of {e.target}: {_named(d, 'entries')}",
    "memory.full": lambda e, d: f"what {e.actor} keeps in mind is too much: no room for {_named(d, 'size')} bytes",
    "memory.restored": lambda e, d: f"{e.target} gets vectors again",
    "memory.stored": lambda e, d: f"{e.actor} stores entry {_named(d, 'entry')} in {e.target}",
    "memory.used": lambda e, d: f"{e.actor} takes {e.target} for its own memory",
    "thought.asked": lambda e, d: f"{e.actor} thinks" + (f" with {_named(d, 'model')}" if "model" in d else ""),
    "thought.answered": _thought,
    "thought.void": lambda e, d: f"a thought of {e.actor} is void: {_named(d, 'why')}",
    "hold.expired": lambda e, d: f"hold {_named(d, 'hold')} ran out and was given back",
    "health.report": _health,
    "kpi.sample": lambda e, d: "the key figures were taken",
    "artifact.created": _artifact("made"),
    "artifact.written": _artifact("wrote"),
    "artifact.deleted": _artifact("deleted"),
    "artifact.transferred": lambda e, d: f"{e.target} went from {_named(d, 'from')} to {_named(d, 'to')}",
    "contract.failed": _contract_failed,
    "account.created": lambda e, d: f"{e.actor} opened the account {e.target}",
    "ledger.transfer": _paid,
    "rights.transferred": _paid,
    "message.answered": lambda e, d: f"{e.actor} answers request {_named(d, 'request')} of {e.target}",
    "message.requested": lambda e, d: f"{e.actor} puts request {_named(d, 'request')} to {e.target}",
    "message.sent": _message,
    "message.subscribed": lambda e, d: f"{e.actor} listens to the {_named(d, 'kind')} {_named(d, 'name')}",
    "message.timed_out": lambda e, d: f"request {_named(d, 'request')} of {e.target} gets no answer from {e.actor}",
    "message.unsubscribed": lambda e, d: f"{e.actor} listens to the {_named(d, 'kind')} {_named(d, 'name')} no longer",
    "message.withdrawn": lambda e, d: f"{e.actor} takes back request {_named(d, 'request')} to {e.target}",
    "exchange.placed": _placed,
    "exchange.trade": _trade,
    "exchange.cancelled": _order_cancelled,
    **debts.SENTENCES,
    **sales.SENTENCES,
    "exchange.listed": _market_opened,
    "asset.created": _asset_created,
    "asset.issued": _issued,
    "asset.retired": lambda e, d: f"{e.actor} retired {_named(d, 'amount')} {_named(d, 'asset')}",
    "mint.bid": lambda e, d: f"{e.actor} bids at the mint for {_named(d, 'artifact')}",
    "mint.withdrawn": lambda e, d: f"bid {_named(d, 'bid')} of {e.actor} is withdrawn{_said(d)}",
    "mint.resolved": _resolved,
    "mint.won": _won,
    "mint.lost": _lost,
    "mint.answered": lambda e, d: f"the scorer was answered about {_named(d, 'artifact')} of {e.target}'s",
    "mint.failed": lambda e, d: f"{e.target}'s bid for {_named(d, 'artifact')} came to nothing{_said(d)}",
    "mint.ubi": _ubi,
    "model.answered": _model_answered,
    "model.asked": lambda e, d: f"{e.target} is asked at {e.actor}'s cost; {_named(d, 'reserved')} µUSD are set aside",
    "model.failed": _model_failed,
    "model.lost": _model_lost,
    "model.priced": lambda e, d: (
        f"{e.target} costs {_named(d, 'input')} µUSD for a million tokens in, {_named(d, 'output')} out"
    ),
    "budget.lost": _call_lost,
    "budget.overrun": _overrun,
    "request.asked": _asked,
    "request.approved": _decided("approved"),
    "request.denied": _decided("denied"),
    "request.expired": _decided("expired"),
    "request.withdrawn": _decided("withdrawn"),
    "grant.given": _given,
    "grant.used": _used,
    "request.seconded": _seconded,
    "request.repeated": _repeated,
    "rights.drawn": _drawn,
    "grant.misused": _misused,
    "grant.use_voided": _voided,
    "grant.exhausted": _ended("is used up"),
    "grant.expired": _ended("expired"),
    "grant.revoked": _ended("was revoked"),
    **{f"operator.{name}": _operator for name in COMMANDS},
}
"""A sentence for each type of event that the engine emits; a test holds it against the source."""
