"""Requests that one agent puts to another: each has a number and a deadline, and ends exactly once.

It is answered by the one who was asked, withdrawn by the one who asked, or timed out by the clock. An open one is
a row; what is over is in the log alone, so a number that is not there has ended, in whatever way.
"""

from typing import Annotated

from pydantic import Field

from engine.genesis import delivery
from engine.genesis.base import Args, Method, NoArgs, method
from engine.genesis.delivery import Body, Letter, Post, Topic
from engine.genesis.ledger import Id
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SECOND, Inquiry, Json
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction

MAX_WITHIN = 365 * 86_400 * SECOND
Number = Annotated[int, Field(ge=1, le=2**62)]


class RequestArgs(Args):
    """Arguments of `request`."""

    to: Id
    body: Body
    topic: Topic = ""
    within: Annotated[int, Field(ge=1, le=MAX_WITHIN, description="µs in which an answer counts")] = 60 * SECOND


class RespondArgs(Args):
    """Arguments of `respond`."""

    request: Number
    body: Body


class WithdrawArgs(Args):
    """Arguments of `withdraw`."""

    request: Number


def shown(row: Inquiry) -> Json:
    """An open request as agents see it."""
    return {"request": row.id, "from": row.asker, "to": row.asked, "topic": row.topic, "deadline": row.deadline}


def _close(tx: Transaction, row: Inquiry) -> None:
    """It is over: so is its message, if nobody has read it."""
    tx.delete(tx.state.inquiries, row.id)
    delivery.drop(tx, row.message)


def time_out(tx: Transaction, number: int) -> None:
    """The deadline of a request has passed, and nobody has answered."""
    row = tx.get(tx.state.inquiries, number)
    if row is None:
        raise InvariantBroken(f"request {number} was due but is not there")
    _close(tx, row)
    tx.emit("message.timed_out", row.asked, row.asker, request=row.id, topic=row.topic)


async def _respond(call: Call, args: RespondArgs) -> Json | Refusal:
    tx = call.tx
    row = tx.get(tx.state.inquiries, args.request)
    if row is None or row.asked != call.caller or row.deadline <= tx.at:
        said = f"no request {args.request} is open to you: it has ended, its deadline has passed, or it is not yours"
        return Refusal("not_open", said)
    # An answer was asked for, so it is let in however much lies there: there is one for each request.
    letter = Letter(call.caller, row.asker, row.topic, args.body, "response", row.id)
    message = delivery.deliver(tx, letter, None)
    if isinstance(message, Refusal):
        return message
    _close(tx, row)
    tx.emit("message.answered", call.caller, row.asker, request=row.id, message=message.id, topic=row.topic)
    return {"request": row.id, "message": message.id}


async def _withdraw(call: Call, args: WithdrawArgs) -> Json | Refusal:
    tx = call.tx
    row = tx.get(tx.state.inquiries, args.request)
    if row is None or row.asker != call.caller:
        return Refusal("not_open", f"you have no open request {args.request}")
    _close(tx, row)
    tx.emit("message.withdrawn", call.caller, row.asked, request=row.id, topic=row.topic)
    return {"request": row.id}


async def _requests(call: Call, args: NoArgs) -> Json | Refusal:
    tx = call.tx
    made = tx.scan(tx.state.inquiries_of, call.caller)
    to_answer = tx.first(tx.state.inquiries_to, call.caller, 100, 0)
    return {"made": [shown(row) for row in made], "to_answer": [shown(row) for row in to_answer]}


def methods(post: Post) -> list[Method]:
    """The methods of `genesis_messages` that are about requests."""

    async def request(call: Call, args: RequestArgs) -> Json | Refusal:
        tx = call.tx
        if args.to == call.caller:
            return Refusal("own_request", "you cannot ask yourself")
        if tx.get(tx.state.agents, args.to) is None:
            return Refusal("not_found", f"there is no agent {args.to!r}")
        if tx.get(tx.state.agents, call.caller) is None:
            return Refusal("not_an_agent", f"{call.caller} is no agent: it has no inbox for an answer")
        if len(tx.scan(tx.state.inquiries_of, call.caller)) >= post.requests:
            return Refusal("too_many_requests", f"{post.requests} of your requests are open; withdraw one or wait")
        if tx.at + args.within > ledger.MAX_AMOUNT:
            return Refusal("bad_deadline", "no clock goes on that long; name a shorter time")
        number = tx.next_id("inquiry")
        letter = Letter(call.caller, args.to, args.topic, args.body, "request", number)
        message = delivery.deliver(tx, letter, post.per_sender)
        if isinstance(message, Refusal):
            return message
        deadline = tx.at + args.within
        row = Inquiry(number, call.caller, args.to, args.topic, message.id, tx.at, deadline)
        tx.put(tx.state.inquiries, row)
        told = {"request": number, "message": message.id, "topic": args.topic, "deadline": deadline}
        tx.emit("message.requested", call.caller, args.to, **told)
        return {"request": number, "deadline": deadline}

    return [
        method("request", RequestArgs, "Ask an agent for an answer by a deadline; both have its number.", request),
        method("respond", RespondArgs, "Answer a request that was put to you, once and before its deadline.", _respond),
        method("withdraw", WithdrawArgs, "Take back a request of yours that nobody has answered.", _withdraw),
        method("requests", NoArgs, "Open requests: those you have made, and those for you to answer.", _requests),
    ]
