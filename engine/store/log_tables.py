"""The log of a run in SQL: commits, what is indexed of them for analysts, and the run's meta."""

from typing import Annotated, Any, ClassVar

from sqlalchemy import REAL, LargeBinary
from sqlmodel import Field, SQLModel

from engine.store.sqltypes import COMPACT, STRICT, IdNumber, IdText, Nested, Number, String, check

Blob = Annotated[bytes, Field(sa_type=LargeBinary)]


class Commits(SQLModel, table=True):
    """The log itself: canonical bodies, each with the hash of its chain."""

    __tablename__ = "commits"
    __table_args__: ClassVar[Any] = (check("seq >= 1"), check("length(hash) = 32"), STRICT)
    seq: IdNumber
    at: Number
    cause: String
    hash: Blob
    body: Blob


class Events(SQLModel, table=True):
    """What happened; the data of event `n` is in the body of its commit, and in the view `event_log`."""

    __tablename__ = "events"
    __table_args__: ClassVar[Any] = (COMPACT,)
    seq: IdNumber
    n: IdNumber
    at: Number
    type: String
    actor: String
    target: String


class Postings(SQLModel, table=True):
    """Ledger entries: `amount` of `asset` moved from `debit` to `credit`."""

    __tablename__ = "postings"
    __table_args__: ClassVar[Any] = (check("amount > 0"), COMPACT)
    seq: IdNumber
    n: IdNumber
    at: Number
    asset: String
    debit: String
    credit: String
    amount: Number
    reason: String


class Usages(SQLModel, table=True):
    """Use of renewable assets."""

    __tablename__ = "usages"
    __table_args__: ClassVar[Any] = (check("amount >= 0"), COMPACT)
    seq: IdNumber
    n: IdNumber
    at: Number
    principal: String
    asset: String
    amount: Number


class Kpis(SQLModel, table=True):
    """Health figures as series."""

    __tablename__ = "kpis"
    __table_args__: ClassVar[Any] = (COMPACT,)
    name: IdText
    at: IdNumber
    value: Annotated[float | None, Field(sa_type=REAL, nullable=True)]


class MetaEntries(SQLModel, table=True):
    """What the run was started from; outside the hash."""

    __tablename__ = "meta"
    __table_args__: ClassVar[Any] = (COMPACT,)
    key: IdText
    value: String


class Measurements(SQLModel, table=True):
    """What agents' code has taken, from the operating system's accounting: by `artifact` and by `agent`.

    Times in µs, sizes in bytes. Depends on the machine, so it is no part of the log and not covered by its hash.
    """

    __tablename__ = "measurements"
    __table_args__: ClassVar[Any] = (check("scope IN ('artifact', 'agent')"), check("calls >= 0"), COMPACT)
    scope: IdText
    id: IdText
    calls: Number
    failures: Number
    host_calls: Number
    cpu: Number
    wall: Number
    peak: Number
    disk: Number


class Segments(SQLModel, table=True):
    """Commits that are no longer in the database but in a file of their own: `file` in the folder `RUN-archive`.

    `previous` is the hash before the first of them, `hash` that of the last; `digest` is SHA-256 of the file in hex,
    `bytes` its size, `raw_bytes` that of the bodies in it. `types` counts their events by type (JSON), `totals` what is
    counted over a whole run: capability events by agent, and what has been retired by asset (JSON).
    """

    __tablename__ = "segments"
    __table_args__: ClassVar[Any] = (
        check("first_seq >= 1 AND last_seq >= first_seq"),
        check("length(previous) = 32 AND length(hash) = 32"),
        check("length(digest) = 64"),
        STRICT,
    )
    number: IdNumber
    first_seq: Number
    last_seq: Number
    first_at: Number
    last_at: Number
    previous: Blob
    hash: Blob
    file: String
    digest: String
    bytes: Number
    raw_bytes: Number
    types: Nested
    totals: Nested
