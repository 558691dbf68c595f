"""What texts mean: vectors of a model outside, told in the log when they come, so that nobody is asked twice for one.

An outage is told once for each memory, with its reason, and so is its end.
"""

import hashlib
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

import orjson

from engine.genesis.memories import Limits, give_vector
from engine.genesis.vectors import Vectors
from engine.kernel import budget
from engine.kernel.actions import Call
from engine.kernel.ask import Ask
from engine.kernel.entities import Json, MemoryEntry
from engine.kernel.errors import Refusal
from engine.kernel.transaction import NEVER, Transaction

MOST_REASON = 300


@dataclass(frozen=True, slots=True)
class Embedded:
    """A vector, a byte for each part; `cost` in µUSD, None if it is not known."""

    vector: bytes
    cost: int | None


@dataclass(frozen=True, slots=True)
class NotEmbedded:
    """There is no vector, and why; `unpaid` if nobody was asked because it could have cost more than there is."""

    why: str
    unpaid: bool = False


Embed = Callable[[str, str, int | None], Awaitable[Embedded | NotEmbedded]]
"""Asks for the vector of a text that may cost so many µUSD, None for any number; the digest names the question."""


class Meaning:
    """The vectors of one world: the model that makes them, how it is asked, and where they are looked up."""

    def __init__(self, model: str, embed: Embed) -> None:
        self.model = model
        self.index = Vectors()
        self._embed = embed

    async def of(self, call: Call, memory: str, text: str) -> Embedded | NotEmbedded:
        """The vector of a text for a memory; the step is suspended until it is there or cannot be had.

        Where thinking costs money the caller pays for it, as far as its price is known; what could cost more than the
        caller has is not asked for.
        """
        tx = call.tx
        allowed = budget.payable(tx, call.caller)
        digest = _digest(tx, self.model, text)
        tx.asked += 1
        tx.narrow(NEVER)
        try:
            got: Embedded | NotEmbedded = await Ask(digest, partial(self._embed, digest, text, allowed))
        except Exception as error:  # noqa: BLE001 - what goes wrong outside is told, and costs the vector
            got = NotEmbedded(f"{type(error).__name__}: {error}")
        if isinstance(got, NotEmbedded) and got.unpaid:
            tx.emit("memory.unpaid", call.caller, memory, why=got.why[:MOST_REASON], digest=digest)
            return NotEmbedded(got.why[:MOST_REASON], unpaid=True)
        book = tx.get(tx.state.memories, memory)
        before = book.degraded if book is not None else ""
        if isinstance(got, Embedded):
            told = b64encode(got.vector).decode()
            tx.emit("memory.embedded", call.caller, memory, digest=digest, vector=told, model=self.model, cost=got.cost)
            budget.charge(tx, call.caller, got.cost or 0, budget.EMBEDDING)
            if book is not None and before:
                tx.put(tx.state.memories, replace(book, degraded=""))
                tx.emit("memory.restored", call.caller, memory)
            return got
        why = before or got.why[:MOST_REASON] or "it gave no reason"
        if book is not None and not before:
            tx.put(tx.state.memories, replace(book, degraded=why))
            tx.emit("memory.degraded", call.caller, memory, why=why, digest=digest)
        return NotEmbedded(why)

    async def keep(self, call: Call, entry: MemoryEntry, limits: Limits) -> Json:
        """Give an entry that has just been stored its vector; what its agent is told of that."""
        if not entry.text.strip():
            return {"embedded": False, "why": "a text without words means nothing"}
        got = await self.of(call, entry.memory, entry.text)
        if isinstance(got, NotEmbedded):
            return {"embedded": False, "why": got.why}
        full = give_vector(call.tx, call.caller, entry, b64encode(got.vector).decode(), limits)
        return {"embedded": True} if full is None else {"embedded": False, "why": full.message}

    async def find(self, call: Call, memory: str, query: str) -> list[tuple[int, int]] | Refusal:
        """(number of the entry, likeness in billionths) of all that have a vector, the most alike first."""
        got = await self.of(call, memory, query)
        if isinstance(got, NotEmbedded) and got.unpaid:
            return Refusal("budget", f'{got.why}; recall with by: "words" costs none')
        if isinstance(got, NotEmbedded):
            said = f'search by meaning cannot be had at present: {got.why}; recall with by: "words" works'
            return Refusal("degraded", said)
        return self.index.near(call.tx, memory, got.vector)

    def state(self, tx: Transaction, memory: str) -> str:
        """How it stands with the vectors of a memory, for its agent."""
        book = tx.get(tx.state.memories, memory)
        return f"degraded: {book.degraded}" if book is not None and book.degraded else f"by {self.model}"


def no_meaning() -> Refusal:
    """Why nothing is found by meaning in a world that names no model for it."""
    return Refusal("no_vectors", 'this world has no vectors of memories, so search by: "words", by tags, or list them')


def _digest(tx: Transaction, model: str, text: str) -> str:
    """The name of a question: nobody asks it twice, for the step and the place in the step belong to it."""
    parts = orjson.dumps([model, tx.cause, tx.at, tx.acting[0], tx.acting[2], tx.asked, text])
    return hashlib.blake2b(parts, digest_size=16).hexdigest()
