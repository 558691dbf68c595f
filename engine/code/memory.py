"""What a program remembers beyond its own life: one artifact of its agent's, with keys and values in it.

The artifact has a contract of its own, so it can be sold, given away or shared apart from the agent. Which one is the
agent's is kept in the memory of its mind.
"""

import orjson

from engine.genesis.contracts import SELF_OWNED
from engine.kernel.actions import Physics, Read, Write
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction

PLACE = "artifact"
TYPE = "memory"


async def recall(physics: Physics, tx: Transaction, agent: str, memory: Json) -> Json | Refusal:
    """All that is remembered, by key; nothing if there is no memory, or if it is no longer the agent's to read."""
    place = memory.get(PLACE)
    if not isinstance(place, str):
        return {}
    read = await physics.perform(tx, agent, Read(place))
    return {} if isinstance(read, Refusal) else _parsed(str(read["content"]))


async def remember(
    physics: Physics, tx: Transaction, agent: str, memory: Json, key: str, value: object
) -> Json | Refusal:
    """Keep a value under a key, None to forget it; the memory of the mind from then on, or why it cannot be kept."""
    held = await recall(physics, tx, agent, memory)
    if isinstance(held, Refusal):
        return held
    if value is None:
        held.pop(key, None)
    else:
        held[key] = value
    text = orjson.dumps(held).decode()
    place = memory.get(PLACE)
    if isinstance(place, str) and tx.get(tx.state.artifacts, place) is not None:
        done = await physics.perform(tx, agent, Write(text, place))
        if not isinstance(done, Refusal):
            return memory
        if done.code != "access_denied":
            return done
    made = await physics.perform(tx, agent, Write(text, type=TYPE, access=(SELF_OWNED,)))
    return made if isinstance(made, Refusal) else {**memory, PLACE: made["artifact"]}


def _parsed(text: str) -> Json:
    """The keys and values of a memory; one that somebody has overwritten with something else holds nothing."""
    try:
        found = orjson.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
