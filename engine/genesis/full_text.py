"""Which entries of a memory the words of a query are found in, and how well: FTS5 of SQLite, in this process's memory.

The index follows the rows and is stored nowhere. That of a memory is made when it is first looked in, brought up to
date at the next look, and forgotten when others are wanted more. What a transaction has written itself is entered for
the one look and taken out again, so it is found there and nowhere else.
"""

import sqlite3
from collections import OrderedDict
from functools import cache
from typing import Any

from engine.kernel.entities import MemoryEntry
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

MOST_WORDS = 32
"""Different words of a query that count."""
KEPT = 256
"""Memories whose index is kept at once."""
_MAKE = "CREATE VIRTUAL TABLE entries USING fts5(text, key, tags, tokenize = 'unicode61 remove_diacritics 2')"
_ASK = "SELECT rowid, bm25(entries) FROM entries WHERE entries MATCH ?"
Found = list[tuple[int, int]]


@cache
def available() -> bool:
    """Whether this Python's SQLite can search full text."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute(_MAKE)
    except sqlite3.OperationalError:
        return False
    finally:
        db.close()
    return True


def expression(query: str) -> str:
    """What FTS5 is asked: any of the words, each in quotes, so that nothing an agent writes is syntax."""
    words = list(dict.fromkeys(query.replace("\0", " ").split()))[:MOST_WORDS]
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)


class FullText:
    """The indexes of the memories of one world, each in a database of its own."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._indexes: OrderedDict[str, Any] = OrderedDict()
        self._changed: dict[str, dict[int, None]] = {}

    @classmethod
    def of(cls, state: State) -> "FullText":
        """The one that follows the memories of a world already, or a new one that does from now on."""
        for follower in state.memory_entries.followers:
            if type(follower) is cls:
                return follower
        made = cls()
        made._attach(state)
        return made

    def search(self, tx: Transaction, memory: str, query: str) -> Found:
        """(number of the entry, bm25 in billionths) of all that has one of the words, best first, then newest first.

        Rarer words, oftener, in shorter entries of this memory count for more; a word that half of them have counts
        next to nothing, and yet decides between entries that have nothing else.
        """
        tx.watch(tx.state.entries_of, memory)
        if not (wanted := expression(query)):
            return []
        hits = self._look(tx, memory, _ASK, (wanted,))
        # SQLite's bm25 is the smaller the better.
        found = [(number, round(-1_000_000_000 * score)) for number, score in hits]
        return sorted(found, key=lambda one: (-one[1], -one[0]))

    def _look(self, tx: Transaction, memory: str, query: str, given: tuple[Any, ...]) -> list[tuple[int, Any]]:
        """What a query finds in the index of a memory as the transaction sees it."""
        index = self._up_to_date(tx.state, memory)
        index.execute("BEGIN")
        try:
            if tx.state.memory_entries in tx.overlaid:
                for (place, key), row in tx.writes.items():
                    if place is tx.state.memory_entries and key[0] == memory:
                        self._enter(index, key[1], row)
            return list(index.execute(query, given).fetchall())
        finally:
            index.execute("ROLLBACK")

    def follow(self, key: tuple[str, int], old: Any | None, new: Any | None) -> None:
        """Note an entry that has changed, if its memory is indexed."""
        if key[0] in self._indexes:
            self._changed.setdefault(key[0], {})[key[1]] = None

    def _up_to_date(self, state: State, memory: str) -> Any:
        """The index of a memory as it is committed."""
        self._attach(state)
        rows, index = state.memory_entries.rows, self._indexes.get(memory)
        if index is None:
            index = self._make(memory)
            numbers = [key[1] for key in state.entries_of.keys(memory)]
        else:
            self._indexes.move_to_end(memory)
            numbers = list(self._changed.pop(memory, ()))
        if numbers:
            index.execute("BEGIN")
            for number in numbers:
                self._enter(index, number, rows.get((memory, number)))
            index.execute("COMMIT")
        return index

    def _attach(self, state: State) -> None:
        if self._state is not state:
            self._indexes, self._changed, self._state = OrderedDict(), {}, state
            state.memory_entries.followers.append(self)

    def _make(self, memory: str) -> Any:
        if len(self._indexes) >= KEPT:
            gone, index = self._indexes.popitem(last=False)
            self._changed.pop(gone, None)
            index.close()
        index = self._open()
        self._indexes[memory] = index
        return index

    def _open(self) -> Any:
        """An empty index, in a database of its own."""
        index = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        index.execute(_MAKE)
        return index

    def _enter(self, index: Any, number: int, entry: MemoryEntry | None) -> None:
        """Put an entry in place of what stood under its number; None takes it out."""
        index.execute("DELETE FROM entries WHERE rowid = ?", (number,))
        if entry is not None:
            values = (number, entry.text, entry.key, " ".join(entry.tags))
            index.execute("INSERT INTO entries(rowid, text, key, tags) VALUES (?, ?, ?, ?)", values)
