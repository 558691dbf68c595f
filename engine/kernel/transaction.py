"""Transactions: the only way to change the world, one at a time or several under way at once.

Reads are recorded, writes are buffered, and `commit` yields one numbered `Commit`. Code that waits keeps its
transaction open; `validate` then tells whether anything it read has moved: a row by the identity of the object, a
scan by the version of its bucket.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

import engine.kernel.entities as ent
from engine.kernel.book import Book, BookOrder, Side
from engine.kernel.errors import Conflict
from engine.kernel.quick import quicken
from engine.kernel.tables import Index, Latest, Ordered, OrderedIndex, Table

if TYPE_CHECKING:
    from engine.kernel.state import State

K = TypeVar("K", bound=Hashable)
E = TypeVar("E")

Cause = tuple[Any, ...]
Span = tuple[ent.SimTime, "ent.SimTime | None"]
"""From when on something is so, and until when; None: for good."""
ALWAYS: Span = (0, None)
NEVER: Span = (1, 0)
_BUCKETED = (Index, Latest)
Change = tuple[Any, ...]  # (table, row) for a row that is there now, (table, key, None) for one that is gone


@dataclass(frozen=True, slots=True)
class Commit:
    """One atomic step of the world: everything that changed, why, and what is told about it."""

    seq: int
    at: ent.SimTime
    cause: Cause
    changes: tuple[Change, ...]
    postings: tuple[ent.Posting, ...]
    usages: tuple[ent.Usage, ...]
    events: tuple[ent.Event, ...]


quicken((Commit,))


class Savepoint(NamedTuple):
    """A place in a transaction to roll back to."""

    undo: int
    postings: int
    usages: int
    events: int
    purse: "dict[str, int] | None"


class Transaction:
    """Reads recorded, writes buffered; nothing is seen by others before `commit`."""

    __slots__ = (
        "acting",
        "asked",
        "at",
        "base",
        "called",
        "cause",
        "events",
        "holds",
        "meter",
        "overlaid",
        "postings",
        "purse",
        "reads",
        "scans",
        "state",
        "turns",
        "undo",
        "usages",
        "writes",
    )

    def __init__(self, state: "State", at: ent.SimTime, cause: Cause) -> None:
        self.state = state
        self.base = state.seq
        self.at = at
        self.cause = cause
        self.reads: dict[tuple[Table[Any, Any], Any], Any] = {}
        self.scans: dict[tuple[Any, Hashable], int] = {}
        self.writes: dict[tuple[Table[Any, Any], Any], Any] = {}
        self.undo: list[tuple[tuple[Table[Any, Any], Any], bool, Any]] = []
        self.overlaid: dict[Table[Any, Any], int] = {}
        self.postings: list[ent.Posting] = []
        self.usages: list[ent.Usage] = []
        self.events: list[ent.Event] = []
        self.acting: tuple[str, int, int] = ("", 0, 0)  # the agent whose step this is, what its action costs, the step
        self.asked = 0  # models, for vectors
        self.called = 0  # language models, by code
        self.turns = 0  # of code that was run in it
        self.meter: Any = None  # what running code costs, once some has run
        self.purse: dict[str, int] | None = None  # scrip, and µUSD for models, that those who act allow for
        self.holds: Span = ALWAYS  # for how long what code has found out here is the same

    # -- reading ---------------------------------------------------------------------------------------------------

    def get(self, table: Table[K, E], key: K) -> E | None:
        """The row under `key` as this transaction sees it, or None."""
        place, writes, reads = (table, key), self.writes, self.reads
        row: Any
        if writes and place in writes:
            row = writes[place]
        elif place in reads:
            # What was read first counts: if the row has moved since, the commit has to notice.
            row = reads[place]
        else:
            row = reads[place] = table.rows.get(key)
        found: E | None = row
        return found

    def scan(self, index: Index[K, E], bucket: Hashable) -> list[E]:
        """All rows of a bucket as this transaction sees them, in order of key."""
        self.scans.setdefault((index, bucket), index.versions.get(bucket, 0))
        table = index.table
        if table not in self.overlaid:
            committed: Any = index.buckets.get(bucket)
            if committed is None:
                return []
            in_order = sorted(committed) if len(committed) > 1 else committed
            found: list[Any] = [self.get(table, key) for key in in_order]
            return found
        keys = set(index.keys(bucket))
        for (written, key), row in self.writes.items():
            if written is table:
                if row is not None and bucket in index.buckets_of(row):
                    keys.add(key)
                else:
                    keys.discard(key)
        rows = (self.get(table, key) for key in sorted(cast("set[Any]", keys)))
        return [row for row in rows if row is not None]

    def first(self, index: OrderedIndex[K, E], bucket: Hashable, count: int, after: K) -> list[E]:
        """The first `count` rows of a bucket above the key `after` as this transaction sees them, in order of key."""
        self.scans.setdefault((index, bucket), index.versions.get(bucket, 0))
        table = index.table
        if table not in self.overlaid:
            found: list[Any] = [self.get(table, key) for key in index.after(bucket, after, count)]
            return found
        written: dict[Any, Any] = {key: row for (place, key), row in self.writes.items() if place is table}
        keys = {key for key in index.after(bucket, after, count + len(written)) if key not in written}
        keys.update(
            key for key, row in written.items() if row is not None and key > after and bucket in index.buckets_of(row)
        )
        rows = (self.get(table, key) for key in sorted(cast("set[Any]", keys))[:count])
        return [row for row in rows if row is not None]

    def count_in(self, index: Index[K, E], bucket: Hashable) -> int:
        """How many rows a bucket has as this transaction sees it."""
        if index.table in self.overlaid:
            return len(self.scan(index, bucket))
        self.scans.setdefault((index, bucket), index.versions.get(bucket, 0))
        return len(index.buckets.get(bucket, ()))

    def watch(self, index: Index[K, E], bucket: Hashable) -> None:
        """Rest on the rows of a bucket without reading them: what is derived from it has been looked at."""
        self.scans.setdefault((index, bucket), index.versions.get(bucket, 0))

    def all(self, table: Table[K, E]) -> list[E]:
        """Every row of a table as this transaction sees it, in order of key: for small tables and rare work."""
        self.scans.setdefault((table, None), table.version)
        keys = set(table.rows)
        keys.update(key for (written, key) in self.writes if written is table)
        rows = (self.get(table, key) for key in sorted(cast("set[Any]", keys)))
        return [row for row in rows if row is not None]

    def latest(self, latest: Latest[K, E], bucket: Hashable) -> E | None:
        """The row with the greatest key of a bucket as this transaction sees it; None if that one has been deleted."""
        self.scans.setdefault((latest, bucket), latest.versions.get(bucket, 0))
        table, key = latest.table, latest.keys.get(bucket)
        if table in self.overlaid:
            for (written, own), row in self.writes.items():
                if written is table and row is not None and latest.bucket_of(row) == bucket:
                    key = own if key is None else max(key, own)
        return None if key is None else self.get(table, key)

    def page(self, ordered: Ordered[K, E], after: K, count: int) -> list[E]:
        """The first `count` rows with a key above `after` as this transaction sees them, in order of key."""
        self.scans.setdefault((ordered, None), ordered.version)
        table = ordered.table
        written: dict[Any, Any] = {}
        if table in self.overlaid:
            written = {key: row for (place, key), row in self.writes.items() if place is table}
        keys = {key for key in ordered.after(after, count + len(written)) if written.get(key, True) is not None}
        keys.update(key for key, row in written.items() if row is not None and key > after)
        rows = (self.get(table, key) for key in sorted(cast("set[Any]", keys))[:count])
        return [row for row in rows if row is not None]

    def count(self, table: Table[K, E]) -> int:
        """How many rows a table has as this transaction sees it."""
        self.scans.setdefault((table, None), table.version)
        written = ((key, row) for (place, key), row in self.writes.items() if place is table)
        return len(table.rows) + sum((row is not None) - (key in table.rows) for key, row in written)

    def agent_ids(self) -> list[str]:
        """The ids of all agents there were before this transaction, in order; read it, do not change it."""
        self.scans.setdefault((self.state.register, None), self.state.register.version)
        return self.state.register.ids

    def is_principal(self, artifact: str) -> bool:
        """Whether an artifact may hold balances."""
        row = self.get(self.state.artifacts, artifact)
        return row is not None and row.has_standing

    def book(self, instrument: str) -> Book:
        """The order book as this transaction sees it; read it, do not change it."""
        book = self.state.book(instrument)
        self.scans.setdefault((book, None), book.version)
        if self.state.orders not in self.overlaid:
            return book
        overlay = Book()
        for row in self.scan(self.state.orders_in, instrument):
            overlay.add(BookOrder(row.id, row.principal, Side(row.side), row.price, row.remaining))
        return overlay

    def used(self, principal: str, asset: str, window: ent.SimTime) -> int:
        """Use of a renewable asset in the window that ends now, this transaction's own included."""
        usage = self.state.window(principal, asset)
        self.scans.setdefault((usage, None), usage.version)
        usage.prune(self.at, window)
        return usage.usage(self.at, window) + self._own_use(principal, asset)

    def wait_until(self, principal: str, asset: str, amount: int, allocation: int, window: ent.SimTime) -> int | None:
        """The earliest time at which `amount` more may be used, None for never under this allocation."""
        usage = self.state.window(principal, asset)
        self.scans.setdefault((usage, None), usage.version)
        own = self._own_use(principal, asset)
        until = usage.wait_until(self.at, amount + own, allocation, window)
        # Not while what is used here counts; but that leaves the window too, and by then so has all before it.
        return self.at + window if until is None and own and amount <= allocation else until

    def _own_use(self, principal: str, asset: str) -> int:
        if not self.usages:
            return 0
        return sum(u.amount for u in self.usages if u.asset == asset and u.principal == principal)

    # -- writing ---------------------------------------------------------------------------------------------------

    def put(self, table: Table[K, E], row: E) -> None:
        """Write a row under its own key."""
        # `_write` spelled out: this is called several times in every step of every agent.
        place = (table, table.key_of(row))
        writes = self.writes
        if place in writes:
            self.undo.append((place, True, writes[place]))
        else:
            self.undo.append((place, False, None))
            self.overlaid[table] = self.overlaid.get(table, 0) + 1
        writes[place] = row

    def delete(self, table: Table[K, E], key: K) -> None:
        """Remove the row under `key`."""
        self._write((table, key), None)

    def _write(self, place: tuple[Table[Any, Any], Any], row: Any) -> None:
        writes = self.writes
        if place in writes:
            self.undo.append((place, True, writes[place]))
        else:
            self.undo.append((place, False, None))
            table = place[0]
            self.overlaid[table] = self.overlaid.get(table, 0) + 1
        writes[place] = row

    def next_id(self, counter: str) -> int:
        """The next number under a name; numbers begin with 1 and are never given out twice."""
        row = self.get(self.state.counters, counter)
        value = row.value + 1 if row is not None else 1
        self.put(self.state.counters, ent.Counter(counter, value))
        return value

    def post(self, posting: ent.Posting) -> None:
        """Record a ledger entry; the balances are the ledger's business."""
        self.postings.append(posting)

    def use(self, usage: ent.Usage) -> None:
        """Record use of a renewable asset, as of this transaction's time."""
        self.usages.append(usage)

    def emit(self, type_: str, actor: str, target: str = "", **data: Any) -> None:
        """Tell what happened."""
        self.events.append(ent.Event(type_, actor, target, data))

    # -- control ---------------------------------------------------------------------------------------------------

    def savepoint(self) -> Savepoint:
        """A place to roll back to; reads are kept, since a decision was taken on them."""
        place = (len(self.undo), len(self.postings), len(self.usages), len(self.events), self.purse)
        return tuple.__new__(Savepoint, place)  # without the constructor's own call: two are made in every step

    def rollback(self, to: Savepoint) -> None:
        """Drop everything written and told since the savepoint."""
        while len(self.undo) > to.undo:
            place, existed, row = self.undo.pop()
            if existed:
                self.writes[place] = row
            else:
                del self.writes[place]
                left = self.overlaid[place[0]] - 1
                if left:
                    self.overlaid[place[0]] = left
                else:
                    del self.overlaid[place[0]]
        del self.postings[to.postings :]
        del self.usages[to.usages :]
        del self.events[to.events :]
        self.purse = to.purse  # what was charged since is charged no more

    def narrow(self, span: Span) -> None:
        """Note that something was found out that is the same for that long only."""
        self.holds = both(self.holds, span)

    def valid(self) -> bool:
        """Whether everything that was read is still as it was."""
        if self.state.seq == self.base:
            return True
        return all(table.rows.get(key) is row for (table, key), row in self.reads.items()) and all(
            scan_version(source, bucket) == version for (source, bucket), version in self.scans.items()
        )

    def commit(self) -> Commit:
        """Validate, install the writes and return the commit; raises `Conflict` if something read has moved."""
        commit = self.prepare()
        self.install(commit)
        return commit

    def prepare(self) -> Commit:
        """What `install` will make true; nothing has changed yet. Raises `Conflict` if something read has moved."""
        if not self.valid():
            raise Conflict(f"what {self.cause} read has changed")
        changes: list[Change] = []
        for (table, key), row in self.writes.items():
            if row is not None:
                changes.append((table.name, row))
            elif key in table.rows:
                changes.append((table.name, key, None))
        return Commit(
            self.state.seq + 1,
            self.at,
            self.cause,
            tuple(changes),
            tuple(self.postings),
            tuple(self.usages),
            tuple(self.events),
        )

    def install(self, commit: Commit) -> None:
        """Make a prepared commit true."""
        for (table, key), row in self.writes.items():
            if row is not None or key in table.rows:
                table.apply(key, row)
        self.state._advance(commit)


def both(one: Span, other: Span) -> Span:
    """When both are so."""
    ends = [end for _, end in (one, other) if end is not None]
    return max(one[0], other[0]), min(ends, default=None)


def scan_version(source: Any, bucket: Hashable) -> int:
    """The current version of a scanned index bucket, table, book or window."""
    if isinstance(source, _BUCKETED):
        return source.versions.get(bucket, 0)
    return cast("int", source.version)
