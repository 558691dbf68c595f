"""How a message gets into an inbox and out of it: whose disk bears it, and how much of one sender lies there."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.kernel import ledger
from engine.kernel.entities import Json, Message
from engine.kernel.errors import Refusal
from engine.kernel.storage import DISK
from engine.kernel.transaction import Transaction

Body = Annotated[str, Field(min_length=1, max_length=4_000)]
Topic = Annotated[str, Field(max_length=60)]
MOST_READ = 200
MOST_READ_BYTES = 65_536
"""Messages that an agent takes out of its inbox at once: a flood takes it time, and nothing else."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a world says of messages: how many of one sender wait unread in an inbox, how many requests and
    subscriptions an agent has, and what each recipient of a broadcast costs in CPU-µs and scrip, paid to whom."""

    per_sender: int = 100
    requests: int = 100
    subscriptions: int = 50
    cpu: int = 0
    fee: int = 0
    fee_to: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be delivered; `request` is the request that it puts or answers."""

    sender: str
    recipient: str
    topic: str
    body: str
    kind: str = "message"  # message, broadcast, topic, request or response
    request: int | None = None


def has_room(tx: Transaction, sender: str, recipient: str, most: int) -> bool:
    """Whether fewer than so many messages of the sender wait for the recipient to read them."""
    return tx.count_in(tx.state.unread_from, (recipient, sender)) < most


def deliver(tx: Transaction, letter: Letter, most: int | None) -> Message | Refusal:
    """Put a message into the recipient's inbox, of which no more than `most` of its sender's wait there, if not None.

    The operator's messages take nobody's disk, and as many as there are wait.
    """
    hold, size = 0, len(letter.body.encode()) + len(letter.topic.encode())
    row = tx.get(tx.state.artifacts, letter.sender)
    if row is not None:  # else it is the operator
        if not row.has_standing:
            said = f"{letter.sender} is not a principal, so it has no disk to hold the message"
            return Refusal("no_standing", said)
        if most is not None and not has_room(tx, letter.sender, letter.recipient, most):
            said = f"{most} of your messages wait unread in the inbox of {letter.recipient}; it has to read some first"
            return Refusal("inbox_full", said)
        held = ledger.reserve(tx, DISK, letter.sender, size, "message")
        if isinstance(held, Refusal):
            return Refusal("disk_full", f"your disk cannot hold the message until it is read; {held.message}")
        hold = held.id
    number = tx.next_id("message")
    message = Message(
        number, letter.recipient, letter.sender, letter.topic, letter.body, tx.at, hold, letter.kind, letter.request
    )
    tx.put(tx.state.messages, message)
    more: Json = {"request": letter.request} if letter.request is not None else {}
    told = {"message": number, "topic": letter.topic, "body": letter.body, "kind": letter.kind, **more}
    tx.emit("message.sent", letter.sender, letter.recipient, **told)
    return message


def drop(tx: Transaction, number: int) -> None:
    """Take a message out of its inbox, read or not; nothing if it is not there any more."""
    message = tx.get(tx.state.messages, number)
    if message is not None:
        tx.delete(tx.state.messages, number)
        if message.hold:
            ledger.void(tx, message.hold)


def take(tx: Transaction, recipient: str, until: int | None = None) -> list[Message]:
    """The messages of an inbox up to a number, oldest first; they leave it, and their bytes are free again.

    No more than an agent can read at once: the rest stays for its next look.
    """
    waiting = tx.first(tx.state.inbox, recipient, MOST_READ, 0)
    if not waiting:
        return waiting
    taken = _first([m for m in waiting if until is None or m.id <= until])
    for message in taken:
        drop(tx, message.id)
    return taken


def _first(messages: list[Message]) -> list[Message]:
    """The first of some messages, as many as are read at once."""
    size = 0
    for place, message in enumerate(messages):
        size += len(message.body) + len(message.topic)
        if size > MOST_READ_BYTES:
            return messages[:place]
    return messages
