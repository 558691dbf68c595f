"""The world folded anew from its log, with the ledger checked at each commit."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

from engine.kernel.entities import ISSUANCE, Balance, Event, Posting, Usage
from engine.kernel.errors import InvariantBroken
from engine.kernel.holdings import misheld
from engine.kernel.ledger import check_conservation
from engine.kernel.state import State
from engine.kernel.transaction import Commit
from engine.store.columns import columns
from engine.store.segments import Thinned

Problem = tuple[str, str]
"""The check that failed, and what is wrong."""

_NOBODY = Balance("", "", 0, 0)


class Refold:
    """The rows of every table as the commits so far left them, and the balances as the postings alone make them."""

    def __init__(self) -> None:
        schema = State()
        self.rows: dict[str, dict[Any, Any]] = {table: {} for table in schema.tables}
        self._keys = {name: table.key_of for name, table in schema.tables.items()}
        self._posted: dict[tuple[str, str], int] = {}

    def take(self, commit: Commit) -> Iterator[Problem]:
        """Apply the next commit; yields what is wrong with it."""
        sums: dict[str, int] = {}
        touched: dict[tuple[str, str], None] = {}
        for change in commit.changes:
            name = change[0]
            new = change[1] if len(change) == 2 else None
            key = self._keys[name](new) if new is not None else change[1]
            old = self.rows[name].get(key)
            if new is not None:
                self.rows[name][key] = new
            elif self.rows[name].pop(key, None) is None:
                yield "state", f"a row of {name} is removed that is not there: {key}"
            if name == "balances":
                touched[key] = None
                sums[key[1]] = sums.get(key[1], 0) + _total(new) - _total(old)
        for posting in commit.postings:
            yield from self._post(posting, touched)
        for asset, moved in sums.items():
            if moved:
                yield "conservation", f"the sum of {asset} changes by {moved:+}"
        yield from self._accounts(touched)

    def _post(self, posting: Posting, touched: dict[tuple[str, str], None]) -> Iterator[Problem]:
        if posting.amount <= 0:
            yield "conservation", f"a posting of {posting.amount} {posting.asset}"
        for account, amount in ((posting.debit, -posting.amount), (posting.credit, posting.amount)):
            place = (account, posting.asset)
            self._posted[place] = self._posted.get(place, 0) + amount
            touched[place] = None

    def _accounts(self, touched: dict[tuple[str, str], None]) -> Iterator[Problem]:
        for place in touched:
            row = self.rows["balances"].get(place, _NOBODY)
            if row.held < 0 or (row.available < 0 and place[0] != ISSUANCE):
                yield "negative", f"{place[0]} has {row.available} {place[1]} available and {row.held} held"
            posted = self._posted.get(place, 0)
            if _total(row) != posted:
                yield "balances", f"{place[0]} has {_total(row)} {place[1]}, its postings make {posted}"

    def holds(self) -> Iterator[Problem]:
        """What is wrong with the sums of the ledger at the end, and with what is held for what."""
        state = State()
        for table in ("assets", "balances", "holds"):
            state.tables[table].load(self.rows[table].values())
        try:
            check_conservation(state)
        except InvariantBroken as error:
            yield "conservation", str(error)
        for problem in misheld(self.rows):
            yield "holds", problem

    def compare(self, connection: sqlite3.Connection) -> Iterator[Problem]:
        """How the stored state differs from the folded one."""
        for name, described in columns().items():
            left = dict(self.rows[name])
            for values in connection.execute(described.select()):
                try:
                    stored = described.row(list(values))
                except (ValueError, TypeError) as error:
                    yield "state", f"a stored row of {name} cannot be read: {error}"
                    continue
                key = self._keys[name](stored)
                if key not in left:
                    yield "state", f"{name} holds a row that the log does not lead to: {key}"
                elif left.pop(key) != stored:
                    yield "state", f"{name} {key} is not stored as the log leaves it"
            for key in left:
                yield "state", f"{name} lacks a row that the log leads to: {key}"


def _total(row: Balance | None) -> int:
    return 0 if row is None else row.available + row.held


class LogRows:
    """The rows for analysts, read in step with the commits that they were made from."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._streams = {
            "events": _Stream(connection, "SELECT seq, n, at, type, actor, target FROM events ORDER BY seq, n"),
            "postings": _Stream(
                connection, "SELECT seq, n, at, asset, debit, credit, amount, reason FROM postings ORDER BY seq, n"
            ),
            "usages": _Stream(connection, "SELECT seq, n, at, principal, asset, amount FROM usages ORDER BY seq, n"),
        }
        self._kpis: dict[tuple[str, int], float | None] = {}
        self._thinned = Thinned()

    def take(self, commit: Commit) -> Iterator[Problem]:
        """Compare the rows of the next commit."""
        expected: dict[str, list[tuple[Any, ...]]] = {
            "events": [_event(e) for e in commit.events],
            "postings": [_posting(p) for p in commit.postings],
            "usages": [_usage(u) for u in commit.usages],
        }
        for table, values in expected.items():
            rows = [(commit.seq, n, commit.at, *row) for n, row in enumerate(values)]
            if self._streams[table].until(commit.seq) != rows:
                yield "log", f"the rows of {table} are not those of the commit"
        self._sampled(commit, lambda at: True)

    def archived(self, commit: Commit) -> None:
        """Take note of the health figures of a commit whose rows are archived."""
        self._sampled(commit, self._thinned.keeps)

    def _sampled(self, commit: Commit, keeps: Callable[[int], bool]) -> None:
        for event in commit.events:
            if event.type == "kpi.sample" and keeps(commit.at):
                for name, value in event.data.items():
                    if name.startswith("total_"):
                        continue
                    # The column is REAL: a large whole number is stored as near as a float comes.
                    self._kpis[(name, commit.at)] = None if value is None else float(value)

    def rest(self, connection: sqlite3.Connection) -> Iterator[Problem]:
        """What is left over after the last commit, and the samples of health figures."""
        for table, stream in self._streams.items():
            if (row := stream.head) is not None:
                yield "log", f"{table} has rows of commit {row[0]}, which is not there"
        stored = {(name, at): value for name, at, value in connection.execute("SELECT name, at, value FROM kpis")}
        if stored != self._kpis:
            yield "log", "the rows of kpis are not the samples in the events"


class _Stream:
    """Rows in order of their commit, with the next one in sight."""

    def __init__(self, connection: sqlite3.Connection, sql: str) -> None:
        self._cursor = connection.execute(sql)
        self.head: tuple[Any, ...] | None = self._cursor.fetchone()

    def until(self, seq: int) -> list[tuple[Any, ...]]:
        """The rows up to and including those of a commit."""
        rows = []
        while self.head is not None and self._of() <= seq:
            rows.append(self.head)
            self.head = self._cursor.fetchone()
        return rows

    def _of(self) -> int:
        """The commit of the row in sight; raises DatabaseError if it is of none, which only a damaged page can hold."""
        of = self.head[0] if self.head is not None else None
        if not isinstance(of, int):
            raise sqlite3.DatabaseError(f"a row of the log belongs to {of!r}, which is no commit")
        return of


def _event(event: Event) -> tuple[str, str, str]:
    return event.type, event.actor, event.target


def _posting(posting: Posting) -> tuple[str, str, str, int, str]:
    return posting.asset, posting.debit, posting.credit, posting.amount, posting.reason


def _usage(usage: Usage) -> tuple[str, str, int]:
    return usage.principal, usage.asset, usage.amount
