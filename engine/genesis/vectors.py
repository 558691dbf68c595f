"""Which entries of a memory mean nearly the same: sqlite-vec in this process's memory, over vectors of whole numbers.

Vectors are of the length 127, so squares of distances are whole numbers that are exact in what sqlite-vec counts in,
and products that are got from them are those of a scan. So a story does not depend on who has looked.
"""

from base64 import b64decode
from functools import cache
from importlib import import_module
from operator import mul
from typing import Any

from engine.genesis.full_text import Found, FullText
from engine.kernel.entities import MemoryEntry
from engine.kernel.transaction import Transaction

LENGTH = 127
ONE = LENGTH * LENGTH
"""The product of two vectors of the same direction."""
_MAKE = "CREATE TABLE entries(number INTEGER PRIMARY KEY, vector BLOB NOT NULL, square INTEGER NOT NULL)"
_ASK = """
SELECT number, (square + ?1 - CAST(round(apart * apart) AS INTEGER)) / 2 AS product
FROM (SELECT number, square, vec_distance_l2(vec_int8(vector), vec_int8(?2)) AS apart
      FROM entries WHERE length(vector) = length(?2))
"""


def connect() -> Any:
    """A database in memory with sqlite-vec; raises ImportError where that is not installed.

    By way of apsw, since the SQLite of many Pythons cannot load extensions.
    """
    db = import_module("apsw").Connection(":memory:")
    db.enable_load_extension(True)
    db.load_extension(import_module("sqlite_vec").loadable_path())
    db.enable_load_extension(False)
    return db


@cache
def missing() -> str:
    """Why there is no sqlite-vec here; empty if there is."""
    try:
        connect().close()
    except Exception as error:  # noqa: BLE001 - of which kind it is depends on what is installed
        return f"sqlite-vec cannot be loaded ({error}): pip install 'ecosim[vectors]'"
    return ""


def numbers(vector: bytes) -> memoryview:
    """The parts of a vector."""
    return memoryview(vector).cast("b")


def product(one: bytes, other: bytes) -> int:
    """The scalar product of two vectors of as many parts."""
    return sum(map(mul, numbers(one), numbers(other)))


class Vectors(FullText):
    """The vectors of the memories of one world."""

    def near(self, tx: Transaction, memory: str, vector: bytes) -> Found:
        """(number of the entry, likeness in billionths) of all that has a vector of as many parts, the nearest first.

        Of equals the newest comes first. Without sqlite-vec, as when a run is run again elsewhere, by a scan.
        """
        tx.watch(tx.state.entries_of, memory)
        if missing():
            hits = scan(tx, memory, vector)
        else:
            hits = self._look(tx, memory, _ASK, (product(vector, vector), vector))
        found = [(number, 1_000_000_000 * score // ONE) for number, score in hits]
        return sorted(found, key=lambda one: (-one[1], -one[0]))

    def _open(self) -> Any:
        db = connect()
        db.execute(_MAKE)
        return db

    def _enter(self, index: Any, number: int, entry: MemoryEntry | None) -> None:
        index.execute("DELETE FROM entries WHERE number = ?", (number,))
        if entry is not None and entry.vector:
            vector = b64decode(entry.vector)
            index.execute("INSERT INTO entries VALUES (?, ?, ?)", (number, vector, product(vector, vector)))


def scan(tx: Transaction, memory: str, vector: bytes) -> list[tuple[int, int]]:
    """(number of the entry, scalar product) of all that has a vector of as many parts."""
    entries = [(entry.number, b64decode(entry.vector)) for entry in tx.scan(tx.state.entries_of, memory)]
    return [(number, product(other, vector)) for number, other in entries if len(other) == len(vector)]
