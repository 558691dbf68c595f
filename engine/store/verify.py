"""Whether a run is what it says: the chain of its log, the ledger, and the state, each rebuilt and compared.

Reads only, by a connection of its own: beside a live engine, of a stopped run, and where nothing may be written.
"""

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

from engine.kernel.codec import GENESIS_HASH, chain, decode
from engine.kernel.transaction import Commit
from engine.store.errors import ArchiveDamaged
from engine.store.files import connect_reader
from engine.store.refold import LogRows, Problem, Refold
from engine.store.segments import Segment, count, read_file, segments
from engine.store.writer import cause_text

CHECKS = (
    "integrity",
    "archive",
    "sequence",
    "hash",
    "body",
    "conservation",
    "negative",
    "balances",
    "holds",
    "log",
    "state",
)
"""integrity: SQLite finds its trees sound. archive: the file of each archived segment is there and is what was written,
and its row counts what is in it. sequence: commits are numbered without a gap and time never goes back.
hash: each commit is chained to the one before. body: each body is a commit, and the one its row says. conservation:
each commit leaves every asset's sum as it was, and holds add up. negative: no account is below zero. balances: the
postings alone lead to the same balances. holds: each hold stands for one thing that is there, and for what that takes;
artifacts and memories have the bytes that they say. log: the rows for analysts are those of the bodies. state: the log
leads to the stored state."""

Progress = Callable[[int, int], None]
"""Told the commits that have been read and how many there are."""

_FOLDED = ("conservation", "negative", "balances", "holds", "log", "state")
_PROGRESS_EVERY = 1000


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: what is wrong with it first, and at which commit; nothing if it is right."""

    name: str
    problem: str = ""
    seq: int | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problem


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What came out: the last commit with its hash, and each check in the order of `CHECKS`."""

    path: Path
    seq: int
    hash: bytes
    checks: tuple[Check, ...]
    segments: int = 0
    archived: int = 0
    """Commits that were read from archived segments, or should have been."""

    @property
    def ok(self) -> bool:
        """Whether the run verifies."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        where = f", of which {self.archived} in {self.segments} archived segments" if self.segments else ""
        lines = [f"{self.path}: {self.seq} commits{where}, hash {self.hash.hex()}"]
        for check in self.checks:
            where = f" (commit {check.seq})" if check.seq is not None else ""
            lines.append(f"  {check.name:<12} {'ok' if check.ok else check.problem + where}")
        return "\n".join(lines)


def verify(path: Path, progress: Progress | None = None) -> VerifyReport:
    """Check a run from its first commit to its last; raises a `StoreError` only if it cannot be opened as a run."""
    with closing(connect_reader(path)) as connection:
        return _Verification(path, connection, progress).run()


class _Verification:
    """One pass over the log; of each check the first problem is kept."""

    def __init__(self, path: Path, connection: sqlite3.Connection, progress: Progress | None) -> None:
        self._path = path
        self._connection = connection
        self._progress = progress
        self._found: dict[str, Check] = {}
        self._folds = True
        self._seq = 0
        self._at = 0
        self._hash = GENESIS_HASH
        self._total = 0
        self._segments: list[Segment] = []
        self._fold: Refold
        self._rows: LogRows

    def run(self) -> VerifyReport:
        """Read everything once, in one snapshot, so that a live engine does not move it under us."""
        try:
            self._connection.execute("BEGIN")
            self._integrity()
            self._log()
        except sqlite3.DatabaseError as error:
            self._wrong("integrity", f"SQLite cannot read the file: {error}")
            self._unchecked(CHECKS, f"not checked: the file cannot be read after commit {self._seq}")
        checks = tuple(self._found.get(name, Check(name)) for name in CHECKS)
        archived = self._segments[-1].last_seq if self._segments else 0
        return VerifyReport(self._path, self._seq, self._hash, checks, len(self._segments), archived)

    def _wrong(self, name: str, problem: str, seq: int | None = None) -> None:
        self._found.setdefault(name, Check(name, problem, seq))

    def _unchecked(self, names: tuple[str, ...], why: str) -> None:
        for name in names:
            self._wrong(name, why)

    def _integrity(self) -> None:
        for (line,) in self._connection.execute("PRAGMA integrity_check(10)"):
            if line != "ok":
                self._wrong("integrity", " ".join(line.split()))

    def _log(self) -> None:
        self._fold, self._rows = Refold(), LogRows(self._connection)
        self._total = self._connection.execute("SELECT coalesce(max(seq), 0) FROM commits").fetchone()[0]
        self._segments = segments(self._connection)
        for segment in self._segments:
            self._archived(segment)
        for seq, at, cause, digest, body in self._connection.execute(
            "SELECT seq, at, cause, hash, body FROM commits ORDER BY seq"
        ):
            self._follows(seq, at, digest, body)
            commit = self._decoded(seq, at, cause, body) if self._folds else None
            if commit is not None:
                self._fold_in(commit, self._rows.take(commit))
            self._told(seq)
        if self._folds:
            rest = self._rows.rest(self._connection)
            for name, problem in (*self._fold.holds(), *rest, *self._fold.compare(self._connection)):
                self._wrong(name, problem)

    def _fold_in(self, commit: Commit, logged: Iterable[Problem] = ()) -> None:
        for name, problem in (*self._fold.take(commit), *logged):
            self._wrong(name, problem, commit.seq)

    def _told(self, seq: int) -> None:
        if self._progress is not None and (seq % _PROGRESS_EVERY == 0 or seq == self._total):
            self._progress(seq, self._total)

    def _archived(self, segment: Segment) -> None:
        """Go through the commits of a segment; without its file the chain goes on from what its row says."""
        first, last = segment.first_seq, segment.last_seq
        if first != self._seq + 1:
            self._wrong("sequence", f"segment {segment.number} begins with commit {first}, not {self._seq + 1}")
        if segment.previous != self._hash:
            self._wrong("hash", f"segment {segment.number} does not follow from the hash before it", first)
        try:
            bodies = read_file(self._path, segment)
        except ArchiveDamaged as error:
            self._wrong("archive", str(error), first)
            self._unchecked(_FOLDED, f"not checked: commits {first} to {last} cannot be read, see archive")
            self._folds = False
            self._seq, self._at, self._hash = last, segment.last_at, segment.hash
            return
        self._counted(segment, bodies)
        for seq, body in enumerate(bodies, first):
            commit = self._decoded(seq, None, None, body) if self._folds else None
            if commit is not None:
                if commit.at < self._at:
                    self._wrong("sequence", f"time goes back from {self._at} to {commit.at}", seq)
                self._at = commit.at
                self._fold_in(commit)
                self._rows.archived(commit)
            self._hash = chain(self._hash, body)
            self._told(seq)
        if self._hash != segment.hash:
            self._wrong("hash", f"the bodies of segment {segment.number} do not make its hash", last)
        self._seq, self._at, self._hash = last, segment.last_at, segment.hash

    def _counted(self, segment: Segment, bodies: list[bytes]) -> None:
        try:
            commits = [orjson.loads(body) for body in bodies]
            right = (segment.types, segment.totals) == count(commits)
            right &= (segment.first_at, segment.last_at) == (commits[0][1], commits[-1][1])
        except (ValueError, LookupError, TypeError):
            return  # the check of the bodies says which
        if not right:
            self._wrong("archive", f"the row of segment {segment.number} does not say what is in {segment.file}")

    def _follows(self, seq: int, at: int, digest: bytes, body: bytes) -> None:
        if seq != self._seq + 1:
            self._wrong("sequence", f"commit {self._seq + 1} is missing", seq)
        if at < self._at:
            self._wrong("sequence", f"time goes back from {self._at} to {at}", seq)
        if chain(self._hash, body) != digest:
            self._wrong("hash", "its body and the hash before it do not make its hash", seq)
        self._seq, self._at, self._hash = seq, at, digest

    def _decoded(self, seq: int, at: int | None, cause: str | None, body: bytes) -> Commit | None:
        try:
            commit = decode(body)
        except (ValueError, LookupError, AttributeError) as error:
            self._wrong("body", f"cannot be read: {error}", seq)
            self._unchecked(_FOLDED, f"not checked: the body of commit {seq} cannot be read")
            self._folds = False
            return None
        if commit.seq != seq or (at is not None and (commit.at, cause_text(commit.cause)) != (at, cause)):
            self._wrong("body", "is of another commit than its row says", seq)
        return commit
