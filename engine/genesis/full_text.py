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
KEPT = 64
"""Memories whose index is kept at once."""
_MAKE = "CREATE VIRTUAL TABLE {} USING fts5(text, key, tags, tokenize = 'unicode61 remove_diacritics 2')"
Found = list[tuple[int, int]]


@cache
def available() -> bool:
    """Whether this Python's SQLite can search full text."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute(_MAKE.format("probe"))
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
    """The indexes of the memories of one world."""

    def __init__(self) -> None:
        self._state: State | None = None
        self._db: sqlite3.Connection | None = None
        self._tables: OrderedDict[str, str] = OrderedDict()
        self._changed: dict[str, dict[int, None]] = {}
        self._made = 0

    def search(self, tx: Transaction, memory: str, query: str) -> Found:
        """(number of the entry, bm25 in billionths) of all that has one of the words, best first, then newest first.

        Rarer words, oftener, in shorter entries of this memory count for more; a word that half of them have counts
        next to nothing, and yet decides between entries that have nothing else.
        """
        tx.watch(tx.state.entries_of, memory)
        if not (wanted := expression(query)):
            return []
        db, table = self._up_to_date(tx.state, memory)
        db.execute("SAVEPOINT look")
        try:
            if tx.state.memory_entries in tx.overlaid:
                for (place, key), row in tx.writes.items():
                    if place is tx.state.memory_entries and key[0] == memory:
                        _enter(db, table, key[1], row)
            asked = f"SELECT rowid, bm25({table}) FROM {table} WHERE {table} MATCH ?"
            hits: list[tuple[int, float]] = db.execute(asked, (wanted,)).fetchall()
        finally:
            db.execute("ROLLBACK TO look")
            db.execute("RELEASE look")
        # SQLite's bm25 is the smaller the better.
        found = [(number, round(-1_000_000_000 * score)) for number, score in hits]
        return sorted(found, key=lambda one: (-one[1], -one[0]))

    def follow(self, key: tuple[str, int], old: Any | None, new: Any | None) -> None:
        """Note an entry that has changed, if its memory is indexed."""
        if key[0] in self._tables:
            self._changed.setdefault(key[0], {})[key[1]] = None

    def _up_to_date(self, state: State, memory: str) -> tuple[sqlite3.Connection, str]:
        """The table of a memory as it is committed."""
        db, rows = self._attached(state), state.memory_entries.rows
        table = self._tables.get(memory)
        if table is None:
            table = self._make(db, memory)
            numbers = [key[1] for key in state.entries_of.keys(memory)]
        else:
            self._tables.move_to_end(memory)
            numbers = list(self._changed.pop(memory, ()))
        for number in numbers:
            _enter(db, table, number, rows.get((memory, number)))
        return db, table

    def _attached(self, state: State) -> sqlite3.Connection:
        if self._db is None or self._state is not state:
            self._db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            self._tables, self._changed = OrderedDict(), {}
            if self._state is not state:
                state.memory_entries.followers.append(self)
            self._state = state
        return self._db

    def _make(self, db: sqlite3.Connection, memory: str) -> str:
        if len(self._tables) >= KEPT:
            gone, table = self._tables.popitem(last=False)
            self._changed.pop(gone, None)
            db.execute(f"DROP TABLE {table}")
        self._made += 1
        table = f"memory_{self._made}"
        db.execute(_MAKE.format(table))
        self._tables[memory] = table
        return table


def _enter(db: sqlite3.Connection, table: str, number: int, entry: MemoryEntry | None) -> None:
    """Put an entry in place of what stood under its number; None takes it out."""
    db.execute(f"DELETE FROM {table} WHERE rowid = ?", (number,))
    if entry is not None:
        values = (number, entry.text, entry.key, " ".join(entry.tags))
        db.execute(f"INSERT INTO {table}(rowid, text, key, tags) VALUES (?, ?, ?, ?)", values)
