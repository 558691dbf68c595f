"""What archived segments hold, for those who read a run's past: the same questions as to the database."""

import sqlite3
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import orjson

from engine.store.segments import Segment, Totals, count, read_file, read_proven, segments

Place = tuple[int, int]
"""An event's place in the log: commit and number in it."""


class Archived:
    """The archived part of one run's log, as a connection sees it in its present snapshot.

    What reads a file raises `ArchiveDamaged` if that is missing or damaged.
    """

    def __init__(self, run: Path, connection: sqlite3.Connection) -> None:
        self._run = run
        self.segments = segments(connection)

    @property
    def last_seq(self) -> int:
        """The last archived commit; 0 if there is none."""
        return self.segments[-1].last_seq if self.segments else 0

    @property
    def events(self) -> int:
        """How many events are archived."""
        return sum(segment.events for segment in self.segments)

    def bodies(self) -> Iterator[bytes]:
        """The bodies of all archived commits, oldest first, held against the chain of hashes."""
        for segment in self.segments:
            yield from read_proven(self._run, segment)

    def body(self, seq: int) -> bytes | None:
        """The body of a commit; None if it is not archived."""
        for segment in self.segments:
            if segment.first_seq <= seq <= segment.last_seq:
                return read_file(self._run, segment)[seq - segment.first_seq]
        return None

    def commits_with(self, types: Iterable[str]) -> Iterator[tuple[int, bytes]]:
        """Number and body of each commit with an event of one of these types or patterns, oldest first, proven."""
        patterns = tuple(types)
        for segment in self.segments:
            wanted = _types(segment, patterns)
            if not wanted:
                continue
            for seq, body in enumerate(read_proven(self._run, segment), segment.first_seq):
                if any(mark in body for mark in wanted.values()) and any(
                    event["type"] in wanted for event in orjson.loads(body)[6]
                ):
                    yield seq, body

    def newest(
        self, before: Place | None, type_: str | None, actor: str | None
    ) -> Iterator[tuple[Place, int, dict[str, Any]]]:
        """Events before a place, newest first: place, world time, and the event as JSON has it."""
        for segment in reversed(self.segments):
            if before is not None and (segment.first_seq, 0) >= before:
                continue
            wanted = _types(segment, (type_,)) if type_ is not None else None
            if wanted is not None and not wanted:
                continue
            marks = _marks(actor)
            for body in reversed(read_file(self._run, segment)):
                if marks and not any(mark in body for mark in marks):
                    continue
                seq, at, _, _, _, _, events = orjson.loads(body)
                for n in range(len(events) - 1, -1, -1):
                    event = events[n]
                    if (
                        (before is None or (seq, n) < before)
                        and (wanted is None or event["type"] in wanted)
                        and (actor is None or actor in (event["actor"], event["target"]))
                    ):
                        yield (seq, n), at, event

    def counts_since(self, seq: int) -> dict[str, int]:
        """How many archived events of each type there are after a commit."""
        found: dict[str, int] = {}
        for segment in self.segments:
            if segment.last_seq > seq:
                _add(found, segment.types if segment.first_seq > seq else self._part(segment, seq + 1, None)[0])
        return found

    def totals_before(self, seq: int) -> Totals:
        """What is counted over a whole run, of archived commits before one."""
        found: Totals = {}
        for segment in self.segments:
            if segment.first_seq < seq:
                totals = segment.totals if segment.last_seq < seq else self._part(segment, None, seq)[1]
                add_totals(found, totals)
        return found

    def _part(self, segment: Segment, start: int | None, end: int | None) -> tuple[dict[str, int], Totals]:
        """What is counted of the commits of a segment from `start` on and before `end`."""
        bodies = read_file(self._run, segment)
        first = segment.first_seq
        return count([orjson.loads(body) for body in bodies[start and start - first : end and end - first]])


def _types(segment: Segment, patterns: tuple[str, ...]) -> dict[str, bytes]:
    """The types of a segment's events that match, each with how it stands in a body."""
    matching = (t for t in segment.types if any(fnmatchcase(t, pattern) for pattern in patterns))
    return {type_: b'"type":' + orjson.dumps(type_) for type_ in matching}


def _marks(actor: str | None) -> tuple[bytes, ...]:
    """How it stands in a body that somebody did something, or that it was done to them."""
    name = orjson.dumps(actor)
    return () if actor is None else (b'"actor":' + name, b'"target":' + name)


def add_totals(found: Totals, more: Totals) -> None:
    """Add what was counted of some commits to what was counted of others."""
    for what, counts in more.items():
        _add(found.setdefault(what, {}), counts)


def _add(found: dict[str, int], more: dict[str, int]) -> None:
    for name, number in more.items():
        found[name] = found.get(name, 0) + number
