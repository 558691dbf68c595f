"""What the run's file holds of the past, for the screen; to be called in a thread, never on the engine's loop."""

from dataclasses import dataclass
from pathlib import Path

from engine.kernel.entities import Event
from engine.operator import Query
from engine.store.errors import ArchiveDamaged
from engine.store.files import connect_reader
from engine.store.history import History, PastEvent
from engine.store.segments import RETIRED, Totals
from engine.view.candles import Trade
from engine.view.ring import SAMPLES, SOLD, Place
from engine.view.sentences import event_row
from engine.view.stories import BEHIND
from engine.view.thoughts import Told, fold
from engine.view.types import EventRow

EVENTS = 500
TRADES = 200
MOST = 1_000
TOLD = 60
"""Events of each kind that are read for thoughts at one time."""
LOOKS = 50
"""Times that it is read on where an agent's mind has only failed, before it is given up."""
CANDLED = 20_000
"""Trades that candles are made of when a run is opened, the latest."""


@dataclass(frozen=True, slots=True)
class Past:
    """What a reopened run shows at once: events, trades and samples, each oldest first, and what adds up."""

    events: list[Place]
    trades: list[Place]
    samples: list[Place]
    retired: dict[str, int]
    told: Totals
    traded: list[Trade]
    whole: bool
    """Whether these are all the trades that there were."""
    sold: list[Place]
    """Sales through escrow that are over, of commits that are not archived."""


def read_rows(path: Path, query: Query, before: int) -> tuple[EventRow, ...]:
    """Events of commits before `before`, newest first: about `count` of them, but never only a part of a commit."""
    type_ = _pattern(query.filter) if query.filter else None
    actor = query.key or None
    limit = min(max(query.count, 1), MOST)
    with History(path) as history:
        found = history.events((before, 0), type_=type_, actor=actor, limit=limit)
        while len(found) >= limit:
            last = found[-1]
            more = history.events((last.seq, last.n), type_=type_, actor=actor, limit=100)
            same = [event for event in more if event.seq == last.seq]
            found += same
            if len(same) < 100:
                break
    failed: dict[int, list[Event]] = {}
    for past in reversed(found):
        if past.event.type in BEHIND:
            failed.setdefault(past.seq, []).append(past.event)
    return tuple(event_row(_place(event), failed.get(event.seq, ())) for event in found)


def read_thoughts(path: Path, agent: str, before: int) -> list[Told]:
    """Thoughts of an agent whose asking is told before the commit `before`, some of the latest, oldest first."""
    with History(path) as history:
        for _ in range(LOOKS):
            events, whole = _of_thoughts(history, agent, before)
            found = fold(_place(event) for event in events if event.event.actor == agent)
            if found or whole <= 1:
                return found
            before = whole
    return []


def _of_thoughts(history: History, agent: str, before: int) -> tuple[list[PastEvent], int]:
    """What was told of an agent's thoughts, oldest first, and the commit from which on none of it is missing."""
    found: list[PastEvent] = []
    whole = 1
    for type_ in ("thought.*", "model.*", "mind.failed"):
        events = history.events((before, 0), type_=type_, actor=agent, limit=TOLD)
        if len(events) == TOLD:
            whole = max(whole, events[-1].seq + 1)  # of the commit of the last some may be missing
        found += events
    return sorted((event for event in found if event.seq >= whole), key=lambda one: (one.seq, one.n)), whole


def read_past(path: Path, before: int, traded: bool) -> Past:
    """What happened before the commit `before`; trades are only looked for where there have been any.

    A damaged archive takes nothing from what the database has: what lies behind it is left out.
    """
    with History(path) as history:
        events = _newest(history, before, None, EVENTS)
        trades = _newest(history, before, "exchange.trade", TRADES) if traded else []
        sold = history.events((before, 0), type_="escrow.sold", limit=SOLD, archived=False)
        samples = _samples(history)
        told = history.totals_before(before)
    return Past(
        [_place(event) for event in reversed(events)],
        [_place(event) for event in reversed(trades)],
        samples,
        told.pop(RETIRED, {}),
        told,
        *(_traded(path, before) if traded else ([], True)),
        sold=[_place(event) for event in reversed(sold)],
    )


def _newest(history: History, before: int, type_: str | None, limit: int) -> list[PastEvent]:
    try:
        return history.events((before, 0), type_=type_, limit=limit)
    except ArchiveDamaged:  # the journal's notice says so
        return history.events((before, 0), type_=type_, limit=limit, archived=False)


def _samples(history: History) -> list[Place]:
    """The latest samples of the key figures, put together from their series."""
    names = history.kpi_names()
    if not names:
        return []
    since = history.kpi_series(names[0])[-SAMPLES:][0][0]
    found: dict[int, dict[str, float | None]] = {}
    for name in names:
        for at, value in history.kpi_series(name, since):
            found.setdefault(at, {})[name] = value
    return [Place(0, 0, at, Event("kpi.sample", "", "", found[at])) for at in sorted(found)[-SAMPLES:]]


def _traded(path: Path, before: int) -> tuple[list[Trade], bool]:
    """The latest trades, oldest first, for candles: those of commits that are not archived; and whether that is all."""
    connection = connect_reader(path)
    try:
        sql = "SELECT instrument, at, price, quantity FROM trades WHERE seq < ? ORDER BY seq DESC, n DESC LIMIT ?"
        found = connection.execute(sql, (before, CANDLED)).fetchall()[::-1]
        (first,) = connection.execute("SELECT coalesce(min(seq), 1) FROM commits").fetchone()
        return found, first == 1 and len(found) < CANDLED
    finally:
        connection.close()


def _place(event: PastEvent) -> Place:
    return Place(event.seq, event.n, event.at, event.event)


def _pattern(start: str) -> str:
    """A pattern for types that begin with a text, whatever is in it."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in start) + "*"
