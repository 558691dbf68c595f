"""How the kernel's rows lie in SQL: derived from the dataclasses, so that nothing can drift.

Scalars are columns of their own; a nested value (tuple, dict, Wait) is one column of JSON text.
"""

import types
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from operator import itemgetter
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

from engine.kernel.codec import decode_row
from engine.kernel.state import State


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: names in order of the fields, those that make the key, those that are JSON text."""

    table: str
    names: tuple[str, ...]
    key: tuple[str, ...]
    nested: tuple[int, ...]
    flags: tuple[int, ...]

    def key_of(self) -> Callable[[dict[str, Any]], Any]:
        """A function from a row's JSON fields to its key: a scalar, or a tuple where several columns make it."""
        return itemgetter(*self.key)

    def values_of(self) -> Callable[[dict[str, Any]], tuple[Any, ...]]:
        """A function from a row's JSON fields to the values that SQLite is given."""
        scalars: Callable[[dict[str, Any]], tuple[Any, ...]] = itemgetter(*self.names)
        nested = self.nested
        if not nested:
            return scalars

        def values(row: dict[str, Any]) -> tuple[Any, ...]:
            found = list(scalars(row))
            for place in nested:
                if found[place] is not None:
                    found[place] = orjson.dumps(found[place]).decode()
            return tuple(found)

        return values

    def row(self, values: list[Any]) -> Any:
        """The kernel's row from the values that SQLite gave; changes `values`."""
        for place in self.nested:
            if values[place] is not None:
                values[place] = orjson.loads(values[place])
        for place in self.flags:
            values[place] = bool(values[place])
        return decode_row(self.table, dict(zip(self.names, values, strict=True)))

    def upsert(self) -> str:
        """The statement that writes a row whether or not its key is there."""
        names, key, marks = _list(self.names), _list(self.key), ", ".join("?" * len(self.names))
        sets = ", ".join(f'"{name}" = excluded."{name}"' for name in self.names if name not in self.key)
        action = f"UPDATE SET {sets}" if sets else "NOTHING"
        return f"INSERT INTO {self.table} ({names}) VALUES ({marks}) ON CONFLICT ({key}) DO {action}"

    def delete(self) -> str:
        """The statement that removes the row of a key."""
        return f"DELETE FROM {self.table} WHERE " + " AND ".join(f'"{name}" = ?' for name in self.key)

    def select(self) -> str:
        """The statement that reads all rows, in order of key."""
        return f"SELECT {_list(self.names)} FROM {self.table} ORDER BY {_list(self.key)}"


def _list(names: tuple[str, ...]) -> str:
    """Quoted, since a field may have the name of a word of SQL."""
    return ", ".join(f'"{name}"' for name in names)


class _FieldNames:
    """Stands in for a row and answers each field with its name: a table's key function then tells its key's columns."""

    def __getattr__(self, name: str) -> str:
        return name


@cache
def columns() -> dict[str, Columns]:
    """The columns of every table of the kernel, by the table's name."""
    return {table.name: _columns(table.name, table.row_type, table.key_of) for table in State().tables.values()}


def _columns(name: str, row_type: type[Any], key_of: Callable[[Any], Any]) -> Columns:
    hints = get_type_hints(row_type)
    names = tuple(field.name for field in fields(row_type))
    key = key_of(_FieldNames())
    kinds = [column_kind(hints[field]) for field in names]
    return Columns(
        name,
        names,
        (key,) if isinstance(key, str) else tuple(key),
        tuple(place for place, kind in enumerate(kinds) if kind is dict),
        tuple(place for place, kind in enumerate(kinds) if kind is bool),
    )


def column_kind(hint: Any) -> type[int] | type[bool] | type[str] | type[dict[str, Any]]:
    """What a field of this type is in SQL: int, bool, str, or dict for anything nested."""
    if get_origin(hint) in (Union, types.UnionType):
        return column_kind(next(arg for arg in get_args(hint) if arg is not type(None)))
    if isinstance(hint, type):
        if issubclass(hint, bool):
            return bool
        if issubclass(hint, int):
            return int
        if issubclass(hint, str | StrEnum):
            return str
    return dict
