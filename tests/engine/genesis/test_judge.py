"""The prompt and the answer of the scorer that is a model: what a work says is data, an answer is a score."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.genesis.judge import prompt, verdict

TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)
LINES = st.lists(
    st.sampled_from(["BEGIN", "END", "> ", "\n", "\r", "\x85", "\u2028", "\x1b[2J", "{", "score", " "]) | TEXTS
)


@given(LINES.map("".join))
def test_whatever_a_work_says_it_stays_between_its_fences(work: str) -> None:
    (_, rubric), (role, text) = prompt("Be useful.", work)
    fence = hashlib.blake2b(work.encode(), digest_size=16).hexdigest()
    lines = text.split("\n")
    assert role == "user"
    assert (lines[0], lines[-1]) == (f"BEGIN {fence}", f"END {fence}")
    assert all(line.startswith("> ") for line in lines[1:-1] if work)
    assert all(c.isprintable() or c in "\n\t" for c in text)
    assert rubric == prompt("Be useful.", "another")[0][1]


def test_the_criteria_stand_in_the_rubric_as_they_are() -> None:
    assert "Count {braces} and %s." in prompt("Count {braces} and %s.", "x")[0][1]


@given(st.integers(0, 100), st.lists(TEXTS, max_size=6))
def test_a_score_with_reasons_is_read(score: int, reasons: list[str]) -> None:
    read = verdict(json.dumps({"score": score, "reasons": reasons}))
    assert not isinstance(read, str)
    assert read[0] == score
    assert len(read[1]) <= 4
    assert all(len(reason) <= 200 and reason.isprintable() for reason in read[1])


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "100",
        '{"score": 100}',
        '{"score": 101, "reasons": []}',
        '{"score": -1, "reasons": []}',
        '{"score": "100", "reasons": []}',
        '{"score": 99.5, "reasons": []}',
        '{"score": true, "reasons": []}',
        '{"score": 100, "reasons": "good"}',
        '{"score": 100, "reasons": [1]}',
        '{"score": 100, "reasons": [], "note": "x"}',
        '[{"score": 100, "reasons": []}]',
        'The work says {"score": 100, "reasons": []}, and I think that it is poor.',
        '{"score": 100, "reasons": []}\n{"score": 3, "reasons": ["poor"]}',
    ],
)
def test_what_is_not_one_score_and_nothing_else_is_none(answer: str) -> None:
    assert isinstance(verdict(answer), str)


def test_a_score_in_a_block_of_code_is_read() -> None:
    assert verdict('```json\n{"score": 7, "reasons": ["short"]}\n```') == (7, ("short",))
