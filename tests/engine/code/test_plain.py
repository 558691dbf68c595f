"""What crosses the wall as JSON text: the short way for what is small comes to what the long way comes to."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.sandbox.plain import NotPlainError, plain, plain_json

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None))
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@given(_VALUES)
@example(2**63)
@example(-(2**63))
@example(2**64 - 1)
@example(10**18)
@example(float("inf"))
@example("\ud800")
@example({"allowed": True, "reason": "1234567890123456789012345"})
@example(_nested(50))
@example(_nested(51))
@example([[] for _ in range(60)])
def test_the_short_way_is_the_long_way(value: Any) -> None:
    text = json.dumps(value)
    try:
        expected = plain(json.loads(text), 500)
    except NotPlainError as error:
        with pytest.raises(NotPlainError, match=str(error)[:20]):
            plain_json(text, 500)
        return
    found = plain_json(text, 500)
    assert found == expected
    assert json.dumps(found) == json.dumps(expected)


@pytest.mark.parametrize("text", ["", "{", "nul", "[1,]"])
def test_what_is_no_json_is_a_mistake(text: str) -> None:
    with pytest.raises(ValueError):
        plain_json(text, 500)
