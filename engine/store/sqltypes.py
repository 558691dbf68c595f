"""Column types for STRICT tables, and the checks that they share; only the schema and cold reads import this."""

from enum import StrEnum
from typing import Annotated, Any

import orjson
from sqlalchemy import CheckConstraint, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field


class JsonText(TypeDecorator[Any]):
    """A nested value as JSON text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The text that is stored."""
        return None if value is None else orjson.dumps(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The value that was stored."""
        return None if value is None else orjson.loads(value)


class Flag(TypeDecorator[bool]):
    """A truth value as 0 or 1."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        """The number that is stored."""
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        """The truth value that was stored."""
        return None if value is None else bool(value)


IdText = Annotated[str, Field(sa_type=Text, primary_key=True)]
IdNumber = Annotated[int, Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})]
String = Annotated[str, Field(sa_type=Text)]
OptionalString = Annotated[str | None, Field(sa_type=Text, nullable=True)]
Number = Annotated[int, Field(sa_type=Integer)]
OptionalNumber = Annotated[int | None, Field(sa_type=Integer, nullable=True)]
Truth = Annotated[bool, Field(sa_type=Flag)]
Nested = Annotated[Any, Field(sa_type=JsonText, nullable=False)]
OptionalNested = Annotated[Any, Field(sa_type=JsonText, nullable=True)]


def check(sql: str) -> CheckConstraint:
    """A condition that every row has to meet."""
    return CheckConstraint(sql)


def flag(column: str) -> CheckConstraint:
    """The column is 0 or 1."""
    return CheckConstraint(f"{column} IN (0, 1)")


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The column has a value of the enum."""
    # Not IN (...): SQLite builds a table of the list for each row, which tripled the time that a row of agents took.
    return CheckConstraint(" OR ".join(f"{column} = '{member.value}'" for member in kind))


STRICT = {"sqlite_strict": True}
COMPACT = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""Small rows under a text key or several columns: one tree instead of a table and an index."""
