"""`genesis_messages`: direct messages and broadcasts, whose bytes are held on the sender's disk until they are read."""

from typing import Annotated

from pydantic import Field

from engine.capabilities import grants
from engine.capabilities.grants import Use
from engine.capabilities.policy import Policy
from engine.genesis.base import Args, Genesis, method
from engine.kernel import ledger
from engine.kernel.actions import Call
from engine.kernel.entities import Json, Message
from engine.kernel.errors import Refusal
from engine.kernel.storage import DISK
from engine.kernel.transaction import Transaction

ID = "genesis_messages"
Body = Annotated[str, Field(min_length=1, max_length=4_000)]
MOST_READ = 200
MOST_READ_BYTES = 65_536
"""Messages that an agent takes out of its inbox at once: a flood takes it time, and nothing else."""

Topic = Annotated[str, Field(max_length=60)]


class SendArgs(Args):
    """Arguments of `send`."""

    to: Annotated[str, Field(min_length=1, max_length=80)]
    body: Body
    topic: Topic = ""


class BroadcastArgs(Args):
    """Arguments of `broadcast`."""

    body: Body
    topic: Topic = ""


def deliver(tx: Transaction, sender: str, recipient: str, topic: str, body: str) -> Message | Refusal:
    """Put a message into the recipient's inbox; the operator's messages take nobody's disk."""
    hold = 0
    row = tx.get(tx.state.artifacts, sender)
    if row is not None:  # else it is the operator
        if not row.has_standing:
            return Refusal("no_standing", f"{sender} is not a principal, so it has no disk to hold the message")
        held = ledger.reserve(tx, DISK, sender, len(body.encode()) + len(topic.encode()), "message")
        if isinstance(held, Refusal):
            return Refusal("disk_full", f"your disk cannot hold the message until it is read; {held.message}")
        hold = held.id
    message = Message(tx.next_id("message"), recipient, sender, topic, body, tx.at, hold)
    tx.put(tx.state.messages, message)
    tx.emit("message.sent", sender, recipient, message=message.id, topic=topic, body=body)
    return message


def take(tx: Transaction, recipient: str, until: int | None = None) -> list[Message]:
    """The messages of an inbox up to a number, oldest first; they leave it, and their bytes are free again.

    No more than an agent can read at once: the rest stays for its next look.
    """
    taken = _first([m for m in tx.scan(tx.state.inbox, recipient) if until is None or m.id <= until])
    for message in taken:
        tx.delete(tx.state.messages, message.id)
        if message.hold:
            ledger.void(tx, message.hold)
    return taken


def _first(messages: list[Message]) -> list[Message]:
    """The first of some messages, as many as are read at once."""
    size = 0
    for place, message in enumerate(messages[:MOST_READ]):
        size += len(message.body) + len(message.topic)
        if size > MOST_READ_BYTES:
            return messages[:place]
    return messages[:MOST_READ]


def make(policy: Policy) -> Genesis:
    """The genesis artifact; broadcasting is gated where the world says so."""

    async def send(call: Call, args: SendArgs) -> Json | Refusal:
        if call.tx.get(call.tx.state.agents, args.to) is None:
            return Refusal("not_found", f"there is no agent {args.to!r}")
        message = deliver(call.tx, call.caller, args.to, args.topic, args.body)
        return message if isinstance(message, Refusal) else {"message": message.id}

    async def broadcast(call: Call, args: BroadcastArgs) -> Json | Refusal:
        size = len(args.body.encode()) + len(args.topic.encode())
        wanted = Use("message.broadcast", args.topic or "*", {"bytes": size})
        if (refusal := grants.use(call.tx, policy, call.caller, wanted, call.lent)) is not None:
            return refusal
        others = [agent for agent in call.tx.agent_ids() if agent != call.caller]
        for agent in others:
            message = deliver(call.tx, call.caller, agent, args.topic, args.body)
            if isinstance(message, Refusal):
                return message
        return {"recipients": len(others)}

    return Genesis(
        ID,
        "Messages",
        [
            method("send", SendArgs, "Send a message to one agent.", send),
            method(
                "broadcast", BroadcastArgs, "Send a message to every other agent; needs message.broadcast.", broadcast
            ),
        ],
    )
