"""The log of a run in SQL: commits, what is indexed of them for analysts, and the run's meta."""

from typing import Annotated, Any, ClassVar

from sqlalchemy import REAL, LargeBinary
from sqlmodel import Field, SQLModel

from engine.store.sqltypes import COMPACT, STRICT, IdNumber, IdText, Number, String, check

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
