"""What agents listen to for good: topics of messages, and patterns of events that wake them while they sleep.

A subscription is a row that lasts until it is given up. Nothing is kept for those who are absent: an event wakes who
sleeps at that moment and nobody later, and what happened meanwhile is seen in how things stand.
"""

from typing import Literal

from engine.kernel.entities import Json, Subscription
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

Kind = Literal["topic", "event"]


def add(tx: Transaction, agent: str, kind: Kind, name: str, most: int) -> Refusal | None:
    """Let an agent listen to a topic or a pattern; what it listens to already it goes on listening to."""
    if tx.get(tx.state.agents, agent) is None:
        return Refusal("not_an_agent", f"{agent} is no agent, so there is nobody to listen")
    if tx.get(tx.state.subscriptions, (agent, kind, name)) is not None:
        return None
    if len(tx.scan(tx.state.subscriptions_of, agent)) >= most:
        return Refusal("too_many_subscriptions", f"you listen to {most} things already; give one up first")
    tx.put(tx.state.subscriptions, Subscription(agent, kind, name, tx.at))
    tx.emit("message.subscribed", agent, "", kind=kind, name=name)
    return None


def remove(tx: Transaction, agent: str, kind: Kind, name: str) -> Refusal | None:
    """Let an agent listen no longer."""
    if tx.get(tx.state.subscriptions, (agent, kind, name)) is None:
        return Refusal("not_found", f"you do not listen to the {kind} {name!r}")
    tx.delete(tx.state.subscriptions, (agent, kind, name))
    tx.emit("message.unsubscribed", agent, "", kind=kind, name=name)
    return None


def listed(tx: Transaction, agent: str) -> Json:
    """Everything that an agent listens to."""
    rows = tx.scan(tx.state.subscriptions_of, agent)
    return {
        "topics": [row.name for row in rows if row.kind == "topic"],
        "events": [row.name for row in rows if row.kind == "event"],
    }
