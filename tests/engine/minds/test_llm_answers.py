"""Reading what a language model answers: whatever stands round it, one decision or one sentence of what is wrong."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.actions import Invoke, Noop, Read
from engine.minds.base import Decision
from engine.minds.llm.mind import Llm
from engine.minds.llm.params import LlmParams
from engine.minds.llm.prompt import Prompt

SEEN = {"at": 5, "mark": {"step": 1}}
DIARY: dict[str, object] = {"mind": "llm", "diary": [[1, "one"], [2, "two"]]}
PROMPT = Prompt((), (), {}, SEEN)
READING = '{"why": "to know", "action": {"action": "read", "artifact": "data.3"}}'


def read(answer: str, memory: dict[str, object] | None = None, **params: Any) -> Decision | str:
    """What is made of an answer."""
    return Llm(LlmParams(model="fast", **params)).read(answer, PROMPT, memory or {})


@pytest.mark.parametrize(
    "answer",
    [
        READING,
        f"```json\n{READING}\n```",
        f"Let me see.\n{READING}\nThat is all.",
        f'<think>perhaps {{"action": {{"action": "noop"}}}}</think>{READING}',
        f"{READING}\n{READING}",
        '{"why": "to know", "action": "read", "artifact": "data.3"}',
        '{"why": "to know", "action": {"action": "read", "artifact": "data.3", "content": null}, "mood": "fine"}',
        "{x} is no JSON, but this is: " + READING,
        '{"why": "to know", "action": {"action": "read", "artifact": "data.3", "event": "", "args": {}}}',
    ],
)
def test_an_answer_is_found_whatever_stands_round_it(answer: str) -> None:
    decision = read(answer)
    assert isinstance(decision, Decision), decision
    assert decision.action == Read("data.3")
    assert decision.why == "to know"


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        ("", "it is empty; answer with one JSON object"),
        ("I would rather not.", "there is no JSON object in it; answer with one, and nothing else"),
        ('{"why": "so"}', 'there is no "action" in it; the object has "why" and "action"'),
        (
            f'{READING} or {{"action": {{"action": "noop"}}}}',
            "there are 2 JSON objects with an action in it; answer with one and nothing else",
        ),
        ('{"action": {"action": "fly"}}', "there is no action 'fly'"),
        ('{"action": {"action": "read"}}', "read: artifact: Field required"),
        ('{"action": {"action": "read", "artifact": "a", "speed": 3}}', "speed: Unexpected keyword argument"),
        ('{"action": {"action": "noop"}, "plan": "later"}', '"plan" is a list of actions'),
        ('{"why": "cut off", "action": {"action": "wri', "its JSON is broken"),
        ('{"action": {"action": "sleep", "duration": NaN}}', "its JSON is broken"),
        ("[" * 100_000 + "{" + '{"a":' * 100_000, "its JSON is broken"),
        ('{"action": {"action": "invoke", "artifact": "a", "method": "b", "args": "c"}}', "args"),
        ('{"action": {"action": "noop"}, "action": 7}', "an action is an object"),
    ],
)
def test_what_is_wrong_with_an_answer_is_one_sentence(answer: str, wrong: str) -> None:
    said = read(answer)
    assert isinstance(said, str)
    assert wrong in said
    assert "\n" not in said


def test_arguments_in_a_text_are_taken_for_what_they_say() -> None:
    decision = read('{"action": {"action": "invoke", "artifact": "a", "method": "m", "args": "{\\"to\\": \\"bob\\"}"}}')
    assert isinstance(decision, Decision)
    assert decision.action == Invoke("a", "m", {"to": "bob"})


def test_a_decision_remembers_what_was_seen_and_its_notes() -> None:
    decision = read('{"action": {"action": "noop"}, "note": "three"}', DIARY, diary=2)
    assert isinstance(decision, Decision)
    assert decision.memory == {
        "mind": "llm",
        "seen": {"at": 5},
        "did": ['{"action":"noop"}'],
        "diary": [[2, "two"], [5, "three"]],
    }


def test_a_plan_is_as_long_as_it_may_be() -> None:
    answer = '{"action": {"action": "noop"}, "plan": [' + ", ".join(['{"action": "noop"}'] * 5) + "]}"
    decision = read(answer, plan=3)
    assert isinstance(decision, Decision)
    assert (decision.planned, len(decision.memory["plan"]["steps"])) == (3, 3)
    unplanned = read(answer)
    assert isinstance(unplanned, Decision)
    assert (unplanned.planned, "plan" in unplanned.memory) == (0, False)


def test_a_step_that_is_no_action_makes_no_plan() -> None:
    said = read('{"action": {"action": "noop"}, "plan": [{"action": "fly"}]}', plan=3)
    assert isinstance(said, str)
    assert "there is no action 'fly'" in said


@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["action", "why", "note", "plan", "args", "artifact"]) | st.text(), inner)
        ),
    ).map(repr)
)
def test_any_answer_is_a_decision_or_a_sentence(answer: str) -> None:
    made = read(answer, plan=2)
    assert isinstance(made, str | Decision)
    if isinstance(made, Decision):
        orjson.dumps(made.memory)
        assert len(made.why.encode()) <= 500


def test_doing_nothing_is_an_action() -> None:
    decision = read('{"action": "noop"}')
    assert isinstance(decision, Decision)
    assert decision.action == Noop()


def _under(calls: int, answer: str) -> Decision | str:
    """What is made of an answer in the middle of so many calls."""
    return _under(calls - 1, answer) if calls else read(answer)


@pytest.mark.parametrize(
    "form", ['{{"action": "noop", "x": {0}}}', '{{"action": {{"action": "noop"}}, "x": {0}, NaN}}']
)
@pytest.mark.parametrize("args", [False, True])
def test_how_deep_an_answer_is_read_does_not_depend_on_the_calls_that_are_under_way(form: str, args: bool) -> None:
    for depth in (*range(90, 110), *range(500, 1_000, 25)):
        answer = form.format("[" * depth + "]" * depth)
        if args:
            answer = orjson.dumps({"action": "invoke", "artifact": "a", "method": "m", "args": answer}).decode()
        said = {str(_under(calls, answer)) for calls in (0, 20, 300)}
        assert len(said) == 1, (depth, said)
        assert depth < 100 or "nested" in said.pop()
