"""The part of a prompt that is of now: what the agent has, what is new, messages, the market, what it remembers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson

from engine.genesis.schedule import EPOCH
from engine.kernel.book import Side
from engine.kernel.budget import LLM
from engine.kernel.entities import SECOND, Artifact, AssetKind, Auction, Json, Listing, Message, SimTime
from engine.kernel.loans import LoanOffer, LoanSide
from engine.minds.llm.changes import changes
from engine.minds.llm.params import LlmParams
from engine.minds.llm.prompt import Draft
from engine.minds.llm.quoting import line, quoted, word
from engine.minds.observation import Observation

MOST = 20
"""Things of a kind that are looked at."""
IN_A_LINE = 4
_MICROSECOND = timedelta(microseconds=1)
_WORDS = 24
"""Words of messages by which memories are recalled; as many as count are filled up with those of the prompt."""


def drafts(observation: Observation, memory: Json, params: LlmParams, now: Json, halted: str, room: int) -> list[Draft]:
    """The sections that are told at this thought; `halted` says why a plan does not go on, if there is one."""
    return [
        Draft("Now", ("\n".join(_now(observation)),), 100, 0),
        Draft("Result of your last action", tuple(_result(observation, memory, room)), 35, 1),
        Draft("Messages", tuple(_messages(observation, room)), 30, 2, "older messages left out", newest=True),
        Draft("Since your last thought", tuple(changes(_data(memory, "seen"), now)), 15, 3, "more changes left out"),
        Draft("Your plan", tuple(_plan(memory, halted)), 10, 4, "more steps left out"),
        Draft("Your artifacts", tuple(_artifacts(observation)), 10, 6, "more; genesis_store.list has all"),
        Draft("Your notes", tuple(_notes(memory)), 15, 5, "older notes left out", newest=True),
        Draft("Market", tuple(_market(observation)), 10, 7, "more left out"),
        Draft("For sale", tuple(_sales(observation)), 10, 8, "more left out"),
        Draft("Loans", tuple(_loans(observation)), 8, 9, "more left out"),
        Draft("Requests and grants", tuple(_rights(observation)), 6, 10, "more left out"),
        Draft("You remember", tuple(_recalled(observation, params, room)), 15, 11, "more left out"),
        Draft("Other agents", tuple(_others(observation)), 10, 12),
    ]


def _now(observation: Observation) -> Iterator[str]:
    yield f"{moment(observation.now)}, your step {observation.step}. In µs it is {observation.now}."
    kinds = {asset.id: asset for asset in observation.assets()}
    parts = []
    for row in observation.balances()[:MOST]:
        if not row.available and not row.held:
            continue
        asset = kinds.get(row.asset)
        held = f" + {row.held} held" if row.held else ""
        if asset is not None and asset.kind is AssetKind.RENEWABLE:
            parts.append(f"{row.asset} {row.available}{held} per window, {observation.used(row.asset)} used")
        else:
            parts.append(f"{row.asset} {row.available}{held}{_thoughts(observation, row.asset, row.available)}")
    yield f"You have: {'; '.join(parts) or 'nothing'}."


def _thoughts(observation: Observation, asset: str, left: int) -> str:
    if asset != LLM:
        return ""
    spent = observation.spending(asset)
    return f" (about {left * spent.calls // spent.spent} thoughts)" if spent.spent else ""


def moment(at: SimTime) -> str:
    """A world time as ISO 8601; time zero is `EPOCH`."""
    try:
        return (EPOCH + at * _MICROSECOND).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError:
        return f"{at} µs"


def _result(observation: Observation, memory: Json, room: int) -> Iterator[str]:
    did = memory.get("did") or []
    if did:
        yield "You did:" if len(did) == 1 else "You did, one after the other:"
        yield from (quoted(str(one), 200) for one in did)
    result = observation.result
    if "refused" in result:
        yield f"It was refused ({word(result['refused'])}): {line(str(result.get('message', '')), 400)}"
    elif "ok" in result:
        yield from _done(result["ok"], room * 30 // 100)
    elif not did:
        yield "none yet"


def _done(result: Any, most: int) -> Iterator[str]:
    if isinstance(result, dict) and isinstance(content := result.get("content"), str) and "artifact" in result:
        yield f"You read {word(result['artifact'])}, version {word(result.get('version'))}:\n{quoted(content, most)}"
    elif result:
        yield f"It was done:\n{quoted(orjson.dumps(result).decode(), min(most, 700))}"
    else:
        yield "It was done."


def _messages(observation: Observation, room: int) -> Iterator[str]:
    for message in observation.messages:
        yield f"{_head(message, observation.now)}\n{quoted(message.body, max(80, room // 6))}"


def _head(message: Message, now: SimTime) -> str:
    topic = f", topic {line(message.topic, 60)}" if message.topic else ""
    what = ""
    if message.request is not None:
        what = f", asks for a response to request {message.request}" if message.kind == "request" else ""
        what = f", the response to your request {message.request}" if message.kind == "response" else what
    return f"From {word(message.sender)}{topic}{what}, {ago(now - message.at)} ago:"


def ago(micros: SimTime) -> str:
    """A time that has passed, in one unit, rounded down."""
    for unit, size in (("d", 86_400 * SECOND), ("h", 3_600 * SECOND), ("min", 60 * SECOND), ("s", SECOND)):
        if micros >= size:
            return f"{micros // size} {unit}"
    return f"{micros // 1_000} ms"


def _plan(memory: Json, halted: str) -> Iterator[str]:
    steps = _data(memory, "plan").get("steps") or []
    if steps and halted:
        yield f"It does not go on by itself: {halted}. What was left of it:"
        yield from (quoted(orjson.dumps(step).decode(), 200) for step in steps)


def _notes(memory: Json) -> Iterator[str]:
    for at, note in memory.get("diary") or []:
        yield f"- {moment(at)} {line(str(note), 320)}"


def _artifacts(observation: Observation) -> Iterator[str]:
    rows, count = observation.newest_artifacts(MOST)
    for row in rows:
        yield f"- {_artifact(row)}"
    if count > len(rows):
        yield f"({count} in all)"


def _artifact(row: Artifact) -> str:
    title = row.metadata.get("title")
    titled = f" {line(title, 60)}" if isinstance(title, str) and title else ""
    return f"{row.id}{titled}, {row.size} B, version {row.version}"


def _market(observation: Observation) -> Iterator[str]:
    for row in observation.instruments()[:MOST]:
        bid, ask = observation.depth(row.id, Side.BUY, 1), observation.depth(row.id, Side.SELL, 1)
        bids = f"bid {bid[0][0]} for {bid[0][1]}" if bid else "no bid"
        asks = f"ask {ask[0][0]} for {ask[0][1]}" if ask else "no ask"
        last = f", last {row.last_price}" if row.last_price is not None else ""
        mine = observation.orders(row.id)
        own = "".join(f"; yours: order {o.id} {o.side} {o.remaining} at {o.price}" for o in mine[:3])
        yield f"- {row.id}: {bids}, {asks}{last}{', halted' if row.halted else ''}{own}"
    clock, last_round = observation.mint(), observation.last_round()
    if clock is not None and clock.next_at is not None:
        paid = f"; last time winners paid {last_round.price}" if last_round is not None and last_round.results else ""
        bids_ = "".join(f"; your bid {bid.id}: {bid.amount} on {bid.artifact}" for bid in observation.bids()[:5])
        yield f"- The mint resolves at {moment(clock.next_at)}{paid}{bids_}"


def _sales(observation: Observation) -> Iterator[str]:
    for row in observation.newest_listings(MOST):
        yield f"- {_sale(observation, row)}"
    for lot in observation.newest_auctions(MOST):
        yield f"- {_auction(lot)}"
    for case in observation.cases()[:5]:
        yield f"- sale {case.id} is paid and open: {case.seller} to {case.buyer}, {case.price}, arbiter {case.arbiter}"


def _auction(row: Auction) -> str:
    what = ", ".join(row.artifacts[:3]) + (", …" if len(row.artifacts) > 3 else "")
    price = f"highest bid {row.amount}" if row.bidder else f"from {row.start}"
    return f"auction {row.id} ({row.kind}): {what} of {row.seller}, {price}, ends {moment(row.ends_at)}"


def _sale(observation: Observation, row: Listing) -> str:
    first = observation.artifact(row.artifacts[0]) if row.artifacts else None
    what = _artifact(first) if first is not None else ""
    more = f" and {len(row.artifacts) - 1} more" if len(row.artifacts) > 1 else ""
    only = f", only to {row.buyer}" if row.buyer else ""
    return f"sale {row.id}: {what}{more} of {row.seller}, price {row.price}{only}"


def _loans(observation: Observation) -> Iterator[str]:
    for debt in observation.debts()[:5]:
        yield f"- you owe {debt.owed} on {debt.id}, {debt.due} of it due now"
    for claim in observation.claims()[:5]:
        yield f"- {claim.borrower} owes you {claim.owed} on {claim.id}, {claim.due} of it due now"
    for offer in observation.newest_loan_offers(5):
        yield f"- {_offer(offer)}"


def _offer(row: LoanOffer) -> str:
    verb = "offers to lend" if row.side is LoanSide.LEND else "asks to borrow"
    rate, periods = row.terms.get("rate"), row.terms.get("periods", 1)
    return f"offer {row.id}: {row.maker} {verb} {row.principal}, {rate} bps a period, {periods} periods"


def _rights(observation: Observation) -> Iterator[str]:
    for request in observation.pending_requests()[:5]:
        yield f"- request {request.id} for {request.verb} {line(request.resource, 60)} is pending"
    for grant in observation.all_grants()[:5]:
        yield f"- grant {grant.id}: {grant.verb} {line(grant.resource, 60)}, {grant.uses_left} uses left"


def _recalled(observation: Observation, params: LlmParams, room: int) -> Iterator[str]:
    if params.recall:
        for entry in observation.recall(_query(observation), params.recall):
            key = f" {line(entry.key, 60)}" if entry.key else ""
            yield f"Entry {entry.number}{key}, {ago(observation.now - entry.at)} ago:\n{quoted(entry.text, room // 12)}"


def _query(observation: Observation) -> str:
    said = [word for message in reversed(observation.messages) for word in message.body.split()]
    words = list(dict.fromkeys(said))[:_WORDS]
    return " ".join((*words, *observation.prompt.split()))


def _others(observation: Observation) -> Iterator[str]:
    """A few to a line."""
    told = []
    for name in observation.agents()[: MOST + 1]:
        if name != observation.agent:
            rests = ", at rest" if observation.is_paused_or_dormant(name) else ""
            told.append(f"{name} ({observation.wealth_of(name)} scrip{rests})")
    for place in range(0, len(told), IN_A_LINE):
        yield f"- {'; '.join(told[place : place + IN_A_LINE])}"
    if (more := len(observation.agents()) - 1 - len(told)) > 0:
        yield f"- and {more} more: genesis_agents.find"


def _data(memory: Json, name: str) -> Json:
    value: Any = memory.get(name)
    return value if isinstance(value, dict) else {}
