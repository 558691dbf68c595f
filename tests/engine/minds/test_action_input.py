"""Actions as plain data: whatever is handed in is an action or a refusal with a sentence, never an exception."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.actions import ACTIONS, Action, Delete, Edit, Invoke, Noop, Read, Sleep, Transfer, Write
from engine.kernel.errors import Refusal
from engine.minds.action_input import MAX_NAME, action_from_json, action_to_json

FULL: list[Action] = [
    Read("data.1"),
    Write("text"),
    Write("text", "data.1", "poem", ("genesis_public", "data.2"), {"tools": []}, True, {"a": [1, None, {"b": True}]}),
    Edit("data.1", "old", "new"),
    Delete("data.1"),
    Transfer("data.1", "bob"),
    Invoke("genesis_ledger", "transfer", {"to": "bob", "amount": 5}),
    Sleep(),
    Sleep(5, "@me"),
    Sleep(predicate="exists data.1"),
    Noop(),
]


def refusal(data: object) -> Refusal:
    """What is said about data that is no action: always a code, and a short sentence that can be stored."""
    result = action_from_json(data)
    assert isinstance(result, Refusal), result
    assert result.code in ("bad_action", "unknown_action")
    assert 10 < len(result.message) < 1_000
    result.message.encode()
    return result


@pytest.mark.parametrize("action", FULL)
def test_an_action_comes_back_from_its_data_as_it_was(action: Action) -> None:
    assert action_from_json(orjson.loads(orjson.dumps(action_to_json(action)))) == action


@pytest.mark.parametrize(
    ("data", "action"),
    [
        ({"action": "noop"}, Noop()),
        ({"action": "write", "content": "x"}, Write("x")),
        ({"action": "write", "content": "x", "access": ["a", "b"]}, Write("x", access=("a", "b"))),
        ({"action": "sleep"}, Sleep()),
    ],
)
def test_what_may_be_left_out_is_as_the_action_says(data: Any, action: Action) -> None:
    assert action_from_json(data) == action


@pytest.mark.parametrize("data", [None, 1, 0.5, True, "read", [], [["action", "read"]], ("read",), object()])
def test_what_is_no_object_is_no_action(data: object) -> None:
    assert '{"action": "read"' in refusal(data).message


DEEP: Any = []
for _ in range(100_000):
    DEEP = [DEEP]


NAMES: list[object] = [None, 1, 10**5_000, [], {}, True, "", "READ", "fly", "x" * 10**6, "\ud800", "__init__"]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_an_action_that_is_not_there_is_refused_with_those_that_are(name: object) -> None:
    found = refusal({"action": name})
    assert found.code == "unknown_action"
    assert ", ".join(ACTIONS) in found.message
    assert refusal({}).code == "unknown_action"


def test_a_name_nested_deeply_is_no_name() -> None:
    assert refusal({"action": DEEP}).code == "unknown_action"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"action": "read"}, "artifact"),
        ({"action": "read", "artifact": None}, "artifact"),
        ({"action": "read", "artifact": 5}, "artifact"),
        ({"action": "read", "artifact": "a", "reason": "b"}, "reason"),
        ({"action": "noop", "artifact": "a"}, "artifact"),
        ({"action": "write"}, "content"),
        ({"action": "write", "content": "x", "access": "genesis_public"}, "access"),
        ({"action": "write", "content": "x", "access": [1]}, "access.0"),
        ({"action": "write", "content": "x", "metadata": []}, "metadata"),
        ({"action": "write", "content": "x", "interface": "x"}, "interface"),
        ({"action": "write", "content": "x", "can_execute": "perhaps"}, "can_execute"),
        ({"action": "edit", "artifact": "a", "old": "x"}, "new"),
        ({"action": "transfer", "artifact": "a", "to": ["bob"]}, "to"),
        ({"action": "invoke", "artifact": "a", "method": "m"}, "args"),
        ({"action": "invoke", "artifact": "a", "method": "m", "args": [1]}, "args"),
        ({"action": "sleep", "duration": 0.5}, "duration"),
        ({"action": "sleep", "duration": "soon"}, "duration"),
        ({"action": "sleep", "event": 1}, "event"),
    ],
)
def test_a_field_that_is_wrong_missing_or_too_many_is_named(data: Any, says: str) -> None:
    found = refusal(data)
    assert found.code == "bad_action"
    assert found.message.startswith(f"{data['action']}: {says}: ")


@pytest.mark.parametrize(
    "value", [2**70, 10**5_000, "\ud800", {1: 2}, {"\ud800": 1}, object(), {1, 2}, b"x"], ids=lambda v: type(v).__name__
)
def test_what_json_cannot_say_is_refused_wherever_it_stands(value: object) -> None:
    for data in (
        {"action": "invoke", "artifact": "a", "method": "m", "args": {"x": [value]}},
        {"action": "write", "content": "x", "metadata": {"x": value}},
        {"action": "read", "artifact": value},
        {"action": "sleep", "duration": value},
        {"action": "noop", "extra": value},
    ):
        assert refusal(data).code == "bad_action"


def test_nesting_that_is_too_deep_is_refused_and_some_is_allowed() -> None:
    invoke = {"action": "invoke", "artifact": "a", "method": "m"}
    assert "plain JSON" in refusal({**invoke, "args": {"x": DEEP}}).message
    nested: Any = 1
    for _ in range(100):
        nested = [nested]
    made = action_from_json({**invoke, "args": {"x": nested}})
    assert isinstance(made, Invoke)
    assert action_from_json(action_to_json(made)) == made


@pytest.mark.parametrize("name", ["artifact", "method"])
def test_a_name_has_a_length_that_can_be_shown_and_content_has_its_own_limit(name: str) -> None:
    invoke = {"action": "invoke", "artifact": "a", "method": "m", "args": {}}
    assert f"at most {MAX_NAME}" in refusal({**invoke, name: "x" * (MAX_NAME + 1)}).message
    assert isinstance(action_from_json({**invoke, name: "x" * MAX_NAME}), Invoke)
    huge = "x" * 5_000_000
    assert action_from_json({"action": "write", "content": huge}) == Write(huge)
    assert refusal({"action": "noop", "x" * 1_000_000: 1}).code == "bad_action"


def test_the_action_shares_nothing_with_the_data_it_was_made_of() -> None:
    args = {"list": [1]}
    made = action_from_json({"action": "invoke", "artifact": "a", "method": "m", "args": args})
    args["list"].append(2)
    assert made == Invoke("a", "m", {"list": [1]})


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_field_is_a_finite_number(number: float) -> None:
    assert "duration: a number is finite" in refusal({"action": "sleep", "duration": number}).message


def test_a_number_that_is_none_becomes_null_as_in_the_log() -> None:
    data = {"action": "invoke", "artifact": "a", "method": "m", "args": {"x": float("nan")}}
    assert action_from_json(data) == Invoke("a", "m", {"x": None})


KEYS = st.sampled_from(["artifact", "content", "method", "args", "old", "new", "to", "duration", "event", "access"])
TEXTS = st.text(max_size=8) | st.sampled_from([*ACTIONS, "data.1", "\ud800", "x" * 300])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | TEXTS, inner, max_size=4),
    max_leaves=12,
)
ALMOST = st.builds(
    lambda name, fields: {**fields, "action": name},
    st.sampled_from(list(ACTIONS)),
    st.dictionaries(KEYS, JSON, max_size=4),
)


@given(JSON | ALMOST)
def test_any_json_is_an_action_that_can_be_stored_or_a_refusal_with_a_sentence(data: object) -> None:
    result = action_from_json(data)
    if isinstance(result, Refusal):
        refusal(data)
    else:
        assert type(result) is ACTIONS[data["action"]]  # type: ignore[index]
        assert action_from_json(orjson.loads(orjson.dumps(action_to_json(result)))) == result
