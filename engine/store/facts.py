"""What there is to know of the SQLite that we run on."""

import sqlite3
from dataclasses import dataclass

from engine.genesis import full_text
from engine.genesis.vectors import missing

_WAL_RESET_MENDED = (3, 51, 3)
_STRICT_SINCE = (3, 37, 0)


@dataclass(frozen=True, slots=True)
class SqliteFacts:
    """The version of SQLite, and whether it has the fault in resetting the write-ahead log, with a sentence
    on it, whether it can search full text, and why it cannot search vectors (empty: it can)."""

    version: str
    supported: bool
    wal_reset_fault: bool
    note: str
    full_text: bool
    no_vectors: str


def sqlite_facts() -> SqliteFacts:
    """The facts for `doctor`."""
    version = sqlite3.sqlite_version_info
    supported = version >= _STRICT_SINCE
    fault = version < _WAL_RESET_MENDED
    if not supported:
        note = "too old: STRICT tables need SQLite 3.37"
    elif fault:
        note = (
            "before 3.51.3 several connections that checkpoint at once can damage a file; a run has one such"
            " connection, so this does not matter as long as nothing else writes to the file"
        )
    else:
        note = "nothing known against it"
    return SqliteFacts(sqlite3.sqlite_version, supported, fault, note, full_text.available(), missing())
