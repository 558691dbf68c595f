"""The codec: every row of every table, and every commit, comes back from its bytes as it was."""

import dataclasses
import types
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernel.codec import GENESIS_HASH, chain, decode, decode_key, decode_row, encode
from engine.kernel.entities import Event, Posting, Usage
from engine.kernel.state import State
from engine.kernel.transaction import Change, Commit

SCHEMA = State()
TABLES = sorted(SCHEMA.tables)
INTS = st.integers(-(2**62), 2**62)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = st.recursive(
    st.none() | st.booleans() | INTS | TEXTS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(TEXTS, PLAIN, max_size=3)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a field's type."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([values(arg) for arg in args])
    if origin is tuple:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is dict:
        return OBJECTS
    if dataclasses.is_dataclass(hint):
        return rows(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    return {int: INTS, str: TEXTS, bool: st.booleans(), type(None): st.none()}[hint]


def rows(row_type: Any) -> st.SearchStrategy[Any]:
    """Any row of a type; a field of a type that is not known here is an error."""
    hints = get_type_hints(row_type)
    return st.builds(row_type, **{field.name: values(hints[field.name]) for field in dataclasses.fields(row_type)})


def all_types(value: Any) -> Any:
    """A value with the types of everything in it, so that a list that was a tuple shows."""
    if dataclasses.is_dataclass(value):
        return type(value), [all_types(getattr(value, field.name)) for field in dataclasses.fields(value)]
    if isinstance(value, dict):
        return dict, {key: all_types(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [all_types(inner) for inner in value]
    return type(value), value


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=30)
@given(data=st.data())
def test_every_row_comes_back_as_it_was(table: str, data: st.DataObject) -> None:
    row = data.draw(rows(SCHEMA.tables[table].row_type))
    found = decode_row(table, orjson.loads(orjson.dumps(row)))
    assert found == row
    assert all_types(found) == all_types(row)


@pytest.mark.parametrize("table", TABLES)
@settings(max_examples=30)
@given(data=st.data())
def test_the_key_of_a_row_comes_back_as_it_was(table: str, data: st.DataObject) -> None:
    key = SCHEMA.tables[table].key_of(data.draw(rows(SCHEMA.tables[table].row_type)))
    assert decode_key(orjson.loads(orjson.dumps(key))) == key


@st.composite
def changes(draw: st.DrawFn) -> Change:
    table = draw(st.sampled_from(TABLES))
    row = draw(rows(SCHEMA.tables[table].row_type))
    return (table, row) if draw(st.booleans()) else (table, SCHEMA.tables[table].key_of(row), None)


COMMITS = st.builds(
    Commit,
    seq=INTS,
    at=INTS,
    cause=st.lists(TEXTS | INTS, max_size=3).map(tuple),
    changes=st.lists(changes(), max_size=3).map(tuple),
    postings=st.lists(rows(Posting), max_size=2).map(tuple),
    usages=st.lists(rows(Usage), max_size=2).map(tuple),
    events=st.lists(rows(Event), max_size=2).map(tuple),
)


@given(COMMITS)
def test_every_commit_comes_back_as_it_was_and_its_bytes_are_always_the_same(commit: Commit) -> None:
    body = encode(commit)
    found = decode(body)
    assert found == commit
    assert all_types(found) == all_types(commit)
    assert encode(found) == body


@given(st.binary(max_size=40) | PLAIN.map(orjson.dumps))
def test_bytes_that_are_no_commit_are_told_from_one(body: bytes) -> None:
    with pytest.raises(ValueError, match="not a commit"):
        decode(body)


def test_a_change_of_a_table_that_is_not_known_is_no_commit() -> None:
    body = encode(Commit(1, 0, (), (("nothing", "key"),), (), (), ()))
    with pytest.raises(ValueError, match="not a commit"):
        decode(body)


@given(COMMITS, COMMITS)
def test_the_chain_depends_on_the_body_and_on_all_before_it(one: Commit, other: Commit) -> None:
    first, second = encode(one), encode(other)
    assert len(chain(GENESIS_HASH, first)) == 32
    assert (chain(GENESIS_HASH, first) == chain(GENESIS_HASH, second)) == (first == second)
    assert chain(chain(GENESIS_HASH, first), second) != chain(GENESIS_HASH, second)
