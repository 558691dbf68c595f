"""The commits of a run in which somebody asked, decided or used something, one by one and as plain data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from engine.kernel.entities import Json, SimTime
from engine.store.history import History


@dataclass(frozen=True, slots=True)
class Told:
    """A commit as the log has it: `changes` are (table, row) or (table, key, None), the rest are JSON objects."""

    seq: int
    at: SimTime
    changes: list[list[Any]]
    postings: list[Json]
    usages: list[Json]
    events: list[Json]

    def row(self, table: str, key: object) -> Json | None:
        """The row that this commit leaves of a table under an id; None if it does not touch it."""
        for change in reversed(self.changes):
            if change[0] == table and len(change) == 2 and change[1]["id"] == key:
                found: Json = change[1]
                return found
        return None


def told(history: History, *types: str) -> Iterator[Told]:
    """The commits that have an event of one of these types, oldest first; raises RunDamaged at one that is not one."""
    for _, body in history.commits_with(*types):
        number, at, _, changes, postings, usages, events = orjson.loads(body)
        yield Told(number, at, changes, postings, usages, events)
