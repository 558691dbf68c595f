"""Whether a run is what it says: the chain of its log, the ledger, and the state, each rebuilt and compared.

Reads only, by a connection of its own: beside a live engine, of a stopped run, and where nothing may be written.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from engine.kernel.codec import GENESIS_HASH, chain, decode
from engine.kernel.transaction import Commit
from engine.store.files import connect_reader
from engine.store.refold import LogRows, Refold
from engine.store.writer import cause_text

CHECKS = ("integrity", "sequence", "hash", "body", "conservation", "negative", "balances", "log", "state")
"""integrity: SQLite finds its trees sound. sequence: commits are numbered without a gap and time never goes back.
hash: each commit is chained to the one before. body: each body is a commit, and the one its row says. conservation:
each commit leaves every asset's sum as it was, and holds add up. negative: no account is below zero. balances: the
postings alone lead to the same balances. log: the rows for analysts are those of the bodies. state: the log leads to
the stored state."""

Progress = Callable[[int, int], None]
"""Told the commits that have been read and how many there are."""

_FOLDED = ("conservation", "negative", "balances", "log", "state")
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

    @property
    def ok(self) -> bool:
        """Whether the run verifies."""
        return all(check.ok for check in self.checks)

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.seq} commits, hash {self.hash.hex()}"]
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
        return VerifyReport(self._path, self._seq, self._hash, checks)

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
        fold, log = Refold(), LogRows(self._connection)
        total = self._connection.execute("SELECT coalesce(max(seq), 0) FROM commits").fetchone()[0]
        for seq, at, cause, digest, body in self._connection.execute(
            "SELECT seq, at, cause, hash, body FROM commits ORDER BY seq"
        ):
            self._follows(seq, at, digest, body)
            commit = self._decoded(seq, at, cause, body) if self._folds else None
            if commit is not None:
                for name, problem in (*fold.take(commit), *log.take(commit)):
                    self._wrong(name, problem, seq)
            if self._progress is not None and (seq % _PROGRESS_EVERY == 0 or seq == total):
                self._progress(seq, total)
        if self._folds:
            for name, problem in (*fold.holds(), *log.rest(self._connection), *fold.compare(self._connection)):
                self._wrong(name, problem)

    def _follows(self, seq: int, at: int, digest: bytes, body: bytes) -> None:
        if seq != self._seq + 1:
            self._wrong("sequence", f"commit {self._seq + 1} is missing", seq)
        if at < self._at:
            self._wrong("sequence", f"time goes back from {self._at} to {at}", seq)
        if chain(self._hash, body) != digest:
            self._wrong("hash", "its body and the hash before it do not make its hash", seq)
        self._seq, self._at, self._hash = seq, at, digest

    def _decoded(self, seq: int, at: int, cause: str, body: bytes) -> Commit | None:
        try:
            commit = decode(body)
        except (ValueError, LookupError, AttributeError) as error:
            self._wrong("body", f"cannot be read: {error}", seq)
            self._unchecked(_FOLDED, f"not checked: the body of commit {seq} cannot be read")
            self._folds = False
            return None
        if (commit.seq, commit.at, cause_text(commit.cause)) != (seq, at, cause):
            self._wrong("body", "is of another commit than its row says", seq)
        return commit
