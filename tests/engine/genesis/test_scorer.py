"""The mint's scorer: every point has a reason, and what is not new is worth nothing."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.genesis.scorer import SKETCH, Work, resemblance, score, sketch
from engine.kernel.entities import Artifact
from tests.engine.genesis.tiny import Tiny

LONG = " ".join(f"word{n}" for n in range(120))


def artifact() -> Artifact:
    world = Tiny()
    return world.state.artifacts.rows[world.make("alice", "x")]


ROW = artifact()


def points(content: str, *earlier: str) -> int:
    return score(ROW, content, [Work(f"old.{n}", sketch(text)) for n, text in enumerate(earlier)]).points


def test_a_long_varied_text_with_headings_has_all_the_points() -> None:
    scored = score(ROW, f"# One\n\n{LONG}\n\n# Two\n\nend", [])
    assert scored.points == 100
    assert [reason.split(":")[0] for reason in scored.reasons] == [
        "length 40/40",
        "variety 30/30",
        "structure 30/30",
        "novelty 100%",
    ]


def test_nothing_is_worth_nothing() -> None:
    assert [points(content) for content in ("", "   \n", "?!")] == [0, 0, 0]


def test_repetition_counts_less_than_variety() -> None:
    assert points("spam " * 160) < points(LONG)


def test_json_with_members_counts_as_structure_and_broken_json_does_not() -> None:
    whole, small, broken = '{"a": 1, "b": 2, "c": 3}', '{"a": 1, "b": 2}      ', '{"a": 1, "b": 2, "c": 3'
    assert points(whole) - points(small) >= 15
    assert points(whole) - points(broken) >= 30


def test_a_copy_is_worth_nothing_and_half_a_copy_about_half() -> None:
    other = " ".join(f"term{n}" for n in range(120))
    assert points(LONG, other) == points(LONG)
    assert points(LONG, other, LONG) == 0
    half = points(f"{LONG} {other}", LONG)
    assert 20 <= 100 * half // points(f"{LONG} {other}") <= 80


def test_only_the_content_counts() -> None:
    other = replace(ROW, id="data.99", controller="bob", metadata={"title": "grand"})
    assert score(other, LONG, []).points == score(ROW, LONG, []).points


def test_deeply_nested_json_is_just_text() -> None:
    assert points("[" * 100_000) == 0
    assert 0 <= points("[" * 100_000 + " a b c") <= 100


@given(st.text(max_size=300), st.lists(st.text(max_size=300), max_size=4))
def test_any_text_has_a_score_from_0_to_100_that_is_always_the_same(content: str, earlier: list[str]) -> None:
    works = [Work(f"old.{n}", sketch(text)) for n, text in enumerate(earlier)]
    scored = score(ROW, content, works)
    assert 0 <= scored.points <= 100
    assert scored == score(ROW, content, iter(works))
    assert all("\n" not in reason for reason in scored.reasons)


@given(st.text(max_size=300), st.text(max_size=300))
def test_resemblance_is_symmetric_and_whole_with_itself(one: str, other: str) -> None:
    a, b = sketch(one), sketch(other)
    assert len(a) <= SKETCH
    assert resemblance(a, b) == resemblance(b, a)
    assert resemblance(a, a) == (100 if a else 0)
