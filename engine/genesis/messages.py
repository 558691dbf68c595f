"""`genesis_messages`: to one agent, to all, to those who listen to a topic, and requests that want an answer.

A message's bytes are held on the sender's disk until it is read.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from engine.capabilities import grants
from engine.capabilities.grants import Use
from engine.capabilities.policy import Policy
from engine.genesis import inquiries, subscriptions
from engine.genesis.base import Args, Genesis, NoArgs, method
from engine.genesis.delivery import Body, Letter, Post, Topic, deliver, has_room
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import SCRIP, Json
from engine.kernel.errors import Refusal
from engine.kernel.metering import ACTING, meter_of

ID = "genesis_messages"
Named = Annotated[str, Field(min_length=1, max_length=60)]


class SendArgs(Args):
    """Arguments of `send`."""

    to: Annotated[str, Field(min_length=1, max_length=80)]
    body: Body
    topic: Topic = ""


class BroadcastArgs(Args):
    """Arguments of `broadcast`."""

    body: Body
    topic: Topic = ""


class PublishArgs(Args):
    """Arguments of `publish`."""

    topic: Named
    body: Body


class TopicArgs(Args):
    """Arguments of what is about one topic."""

    topic: Named


def _pay(call: Call, post: Post, recipients: int) -> Refusal | None:
    """Charge for the recipients of a message: CPU to whoever acts, and scrip to the caller, within its pay."""
    tx, payer = call.tx, call.caller
    meter = meter_of(tx)
    if meter.acting:  # else it is no agent's step
        meter.charge(ACTING, post.cpu * recipients)
    fee = post.fee * recipients
    if not fee or payer == post.fee_to:
        return None
    allowed = (tx.purse or {}).get(payer, 0)
    if fee > allowed:
        return Refusal("price", f'{recipients} recipients cost {fee} scrip; say "pay": {fee} in the action to allow it')
    refusal = ledger.transfer(tx, SCRIP, payer, post.fee_to, fee, "broadcast")
    if refusal is None:
        tx.purse = {**(tx.purse or {}), payer: allowed - fee}
    return refusal


def _to_many(
    call: Call, post: Post, kind: Literal["broadcast", "topic"], topic: str, body: str, others: Iterable[str]
) -> Json | Refusal:
    """Deliver to each whose inbox has room for another of the caller's messages; all of them or, if refused, nobody."""
    sender, everybody = call.caller, list(others)
    reached = [agent for agent in everybody if has_room(call.tx, sender, agent, post.per_sender)]
    if (refusal := _pay(call, post, len(reached))) is not None:
        return refusal
    for agent in reached:
        message = deliver(call.tx, Letter(sender, agent, topic, body, kind), None)
        if isinstance(message, Refusal):
            return message
    full = len(everybody) - len(reached)
    return {"recipients": len(reached), **({"full": full} if full else {})}


async def _unsubscribe(call: Call, args: TopicArgs) -> Json | Refusal:
    return subscriptions.remove(call.tx, call.caller, "topic", args.topic) or {"topic": args.topic}


async def _subscriptions(call: Call, args: NoArgs) -> Json | Refusal:
    return {"topics": subscriptions.listed(call.tx, call.caller)["topics"]}


def make(policy: Policy, post: Post) -> Genesis:
    """The genesis artifact; speaking to many is gated where the world says so."""

    def allowed(call: Call, topic: str, body: str) -> Refusal | None:
        size = len(body.encode()) + len(topic.encode())
        wanted = Use("message.broadcast", topic or "*", {"bytes": size})
        return grants.use(call.tx, policy, call.caller, wanted, call.lent)

    async def send(call: Call, args: SendArgs) -> Json | Refusal:
        if call.tx.get(call.tx.state.agents, args.to) is None:
            return Refusal("not_found", f"there is no agent {args.to!r}")
        message = deliver(call.tx, Letter(call.caller, args.to, args.topic, args.body), post.per_sender)
        return message if isinstance(message, Refusal) else {"message": message.id}

    async def broadcast(call: Call, args: BroadcastArgs) -> Json | Refusal:
        if (refusal := allowed(call, args.topic, args.body)) is not None:
            return refusal
        others = (agent for agent in call.tx.agent_ids() if agent != call.caller)
        return _to_many(call, post, "broadcast", args.topic, args.body, others)

    async def publish(call: Call, args: PublishArgs) -> Json | Refusal:
        if (refusal := allowed(call, args.topic, args.body)) is not None:
            return refusal
        listeners = call.tx.scan(call.tx.state.topic_listeners, args.topic)
        others = (row.agent for row in listeners if row.agent != call.caller)
        return _to_many(call, post, "topic", args.topic, args.body, others)

    async def subscribe(call: Call, args: TopicArgs) -> Json | Refusal:
        refusal = subscriptions.add(call.tx, call.caller, "topic", args.topic, post.subscriptions)
        return refusal or {"topic": args.topic}

    async def topic(call: Call, args: TopicArgs) -> Json | Refusal:
        listeners = call.tx.count_in(call.tx.state.topic_listeners, args.topic)
        each = {"cpu_per_recipient": post.cpu, "fee_per_recipient": post.fee}
        return {"topic": args.topic, "subscribers": listeners, **each}

    return Genesis(
        ID,
        "Messages",
        [
            method("send", SendArgs, "Send a message to one agent.", send),
            method(
                "broadcast", BroadcastArgs, "Send a message to every other agent; needs message.broadcast.", broadcast
            ),
            method(
                "publish", PublishArgs, "Send a message to all who listen to a topic; needs message.broadcast.", publish
            ),
            method("subscribe", TopicArgs, "Listen to a topic from now on.", subscribe),
            method("unsubscribe", TopicArgs, "Listen to a topic no longer.", _unsubscribe),
            method("subscriptions", NoArgs, "The topics that you listen to.", _subscriptions),
            method("topic", TopicArgs, "How many listen to a topic, and what each costs whoever publishes.", topic),
            *inquiries.methods(post),
        ],
    )
