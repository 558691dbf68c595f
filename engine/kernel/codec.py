"""Commits as canonical bytes, and back.

The bytes are JSON in a fixed field order, free of wall time, paths and process ids; they are what the hash chain
covers and what the store keeps, so their form may only grow: a changed form needs an upcaster in `decode`.
"""

import hashlib
import types
from collections.abc import Callable
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson

import engine.kernel.entities as ent
from engine.kernel.state import State
from engine.kernel.transaction import Change, Commit
from engine.kernel.upcasting import upcast

GENESIS_HASH = bytes(32)
"""What the first commit of a chain is chained to."""

_SCHEMA = State()


def encode(commit: Commit) -> bytes:
    """The canonical bytes of a commit."""
    return orjson.dumps(
        (commit.seq, commit.at, commit.cause, commit.changes, commit.postings, commit.usages, commit.events)
    )


def chain(previous: bytes, body: bytes) -> bytes:
    """The hash of a commit's body, chained to the hash of the one before: 32 bytes of BLAKE2b."""
    return hashlib.blake2b(body, digest_size=32, key=previous).digest()


def decode(body: bytes) -> Commit:
    """The commit that `encode` made bytes of; raises ValueError if it is not one."""
    try:
        seq, at, cause, changes, postings, usages, events = orjson.loads(body)
        return Commit(
            seq,
            at,
            tuple(cause),
            tuple(_change(new) for c in changes for new in upcast(c)),
            tuple(ent.Posting(**p) for p in postings),
            tuple(ent.Usage(**u) for u in usages),
            tuple(ent.Event(**e) for e in events),
        )
    except (TypeError, LookupError, ValueError, AttributeError) as error:
        raise ValueError(f"not a commit: {error}") from error


def decode_row(table: str, fields: dict[str, Any]) -> Any:
    """A row of `table` from its JSON fields."""
    return _decoder(_SCHEMA.tables[table].row_type)(fields)


def decode_key(key: Any) -> Any:
    """A row's key from JSON: a list stands for a tuple."""
    return tuple(key) if isinstance(key, list) else key


def _change(change: list[Any]) -> Change:
    if len(change) == 2:
        return (change[0], decode_row(change[0], change[1]))
    return (change[0], decode_key(change[1]), None)


_DECODERS: dict[type[Any], Callable[[dict[str, Any]], Any]] = {}


def _decoder(row_type: type[Any]) -> Callable[[dict[str, Any]], Any]:
    """A function from JSON fields to a row: only the fields that JSON cannot express are converted."""
    known = _DECODERS.get(row_type)
    if known is not None:
        return known
    hints = get_type_hints(row_type)
    converters = {name: convert for name, hint in hints.items() if (convert := _converter(hint)) is not None}

    def build(fields: dict[str, Any]) -> Any:
        for name, convert in converters.items():
            value = fields[name]
            if value is not None:
                fields[name] = convert(value)
        return row_type(**fields)

    _DECODERS[row_type] = build
    return build


def _converter(hint: Any) -> Callable[[Any], Any] | None:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return next((c for arg in get_args(hint) if (c := _converter(arg)) is not None), None)
    if origin is tuple:
        return tuple
    if hint is ent.Wait:
        return _decoder(ent.Wait)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint
    return None
