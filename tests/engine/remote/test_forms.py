"""Everything that goes over the socket comes out as what it was: every class of view, every command, every answer."""

import dataclasses
import enum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.operator as op
import engine.view.code_types as code_views
import engine.view.debt_types as debt_views
import engine.view.escrow_types as escrow_views
import engine.view.model_types as model_views
import engine.view.trading_types as trading_views
import engine.view.types as views
from engine.remote.errors import BadFrame
from engine.remote.forms import ROWS, WHOLE, ack_of, events_of, query_of, thoughts_of, view_of
from engine.view.types import EventRow, Page, Topic

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=12),
    bool: st.booleans(),
    NoneType: st.none(),
}


def of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type, by its hints."""
    if kind in PLAIN:
        return PLAIN[kind]
    if get_origin(kind) in (Union, UnionType):
        return st.one_of([of(one) for one in get_args(kind)])
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        if inner[1:] == (...,):
            return st.lists(of(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(of, inner))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(kind)
    return st.builds(kind, **{name: of(hint) for name, hint in get_type_hints(kind).items()})


def views_of(topic: Topic) -> st.SearchStrategy[object]:
    """Any data that a snapshot of a topic may have."""
    if topic in WHOLE:
        return of(WHOLE[topic])
    rows = st.lists(of(ROWS[topic]), max_size=3).map(tuple)
    whole = PLAIN[int]
    return st.builds(Page, rows=rows, start=whole, matching=whole, total=whole, found=st.none() | whole)


def reached(kind: Any) -> set[type]:
    """The dataclasses that a type is made of."""
    found = {kind} if dataclasses.is_dataclass(kind) and isinstance(kind, type) else set()
    inner = get_type_hints(kind).values() if found else get_args(kind)
    return found.union(*map(reached, inner))


def over_the_wire(value: object) -> Any:
    """What is left of a value when it has been JSON."""
    return orjson.loads(orjson.dumps(value))


@pytest.mark.parametrize("topic", Topic)
@given(data=st.data())
def test_a_view_of_every_topic_comes_out_as_it_was(topic: Topic, data: st.DataObject) -> None:
    view = data.draw(views_of(topic))
    assert view_of(topic, over_the_wire(view)) == view


def test_every_class_of_view_is_among_them() -> None:
    named = (
        *vars(views).values(),
        *vars(code_views).values(),
        *vars(escrow_views).values(),
        *vars(trading_views).values(),
        *vars(model_views).values(),
        *vars(debt_views).values(),
    )
    declared = {kind for kind in named if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
    carried = set().union(*(reached(kind) for kind in (*ROWS.values(), *WHOLE.values())))
    assert declared == carried | {views.Page, views.Snapshot}
    assert {*ROWS, *WHOLE} == set(Topic)


@given(of(op.Query))
def test_a_query_comes_out_as_it_was(query: op.Query) -> None:
    assert query_of(over_the_wire(query)) == query


@given(st.lists(of(EventRow), max_size=3).map(tuple))
def test_the_past_comes_out_as_it_was(events: tuple[EventRow, ...]) -> None:
    assert events_of(over_the_wire(events)) == events


@given(st.lists(of(model_views.ThoughtView), max_size=3).map(tuple))
def test_older_thoughts_come_out_as_they_were(thoughts: tuple[model_views.ThoughtView, ...]) -> None:
    assert thoughts_of(over_the_wire(thoughts)) == thoughts


def test_an_acknowledgement_comes_out_as_it_was() -> None:
    ack = op.Ack(False, 7, "no", {"code": "not_pending", "more": [1, None, {"x": 0.5}]})
    assert ack_of(over_the_wire(ack)) == ack


COMMANDS = [
    op.PauseWorld(),
    op.Approve(3, 2, 5, "fine"),
    op.Configure("ann", params={"a": [1, {"b": None}]}, think_delay=5),
    op.HaltInstrument("cpu_rate", False),
    op.StopRun("enough"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_comes_out_as_it_was(command: op.Command) -> None:
    assert op.from_json(over_the_wire(op.to_json(command))) == command


@pytest.mark.parametrize("plain", [None, [], {"topic": "secrets"}, {"topic": "agents", "count": "9"}, {"count": 9}])
def test_what_is_nearly_a_query_is_none(plain: object) -> None:
    with pytest.raises(BadFrame, match="a query is malformed"):
        query_of(plain)


def test_a_view_of_another_shape_is_refused() -> None:
    with pytest.raises(BadFrame, match="HeaderView is malformed: "):
        view_of(Topic.HEADER, {"world": "tiny"})
