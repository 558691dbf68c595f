"""The index of memories against a plain look at the rows, however it came about; and inside a transaction."""

import re

import hypothesis.strategies as st
from hypothesis import given, settings

from engine.genesis.full_text import KEPT, FullText
from engine.kernel.entities import MemoryEntry
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

Change = tuple[str, int, tuple[str, tuple[str, ...]] | None]
WORDS = st.sampled_from(["iron", "Wheat", "salt", "OR", "near", "a1", "x-y", "12", "the"])
TEXTS = st.lists(WORDS, max_size=6).map(" ".join)
TAGS = st.lists(st.sampled_from(["map", "price", "iron"]), max_size=2).map(tuple)
CHANGES = st.lists(st.tuples(st.sampled_from("mn"), st.integers(1, 6), st.none() | st.tuples(TEXTS, TAGS)), max_size=12)


def naive(tx: Transaction, memory: str, query: str) -> set[int]:
    """The entries that have one of the query's words, each word being the tokens that it falls into, side by side."""
    hits = set()
    for row in tx.scan(tx.state.entries_of, memory):
        for word in query.split():
            phrase = re.findall(r"[a-z0-9]+", word.lower())
            for text in (row.text, row.key, " ".join(row.tags)):
                seen = re.findall(r"[a-z0-9]+", text.lower())
                if phrase and any(seen[i : i + len(phrase)] == phrase for i in range(len(seen))):
                    hits.add(row.number)
    return hits


def write(tx: Transaction, changes: list[Change]) -> None:
    """Put entries and take some away."""
    for memory, number, what in changes:
        if what is None:
            tx.delete(tx.state.memory_entries, (memory, number))
        else:
            tx.put(tx.state.memory_entries, MemoryEntry(memory, number, "", what[1], what[0], 0))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CHANGES, CHANGES, TEXTS.filter(str.strip)), max_size=5))
def test_an_index_that_followed_finds_what_a_new_one_finds_and_what_a_look_at_every_row_does(
    story: list[tuple[list[Change], list[Change], str]],
) -> None:
    state, followed = State(), FullText()
    for kept, dropped, query in story:
        tx = state.begin(0, ("test",))
        write(tx, kept)
        mark = tx.savepoint()
        write(tx, dropped)
        inside = {memory: followed.search(tx, memory, query) for memory in "mn"}
        for memory in "mn":
            assert {number for number, _ in inside[memory]} == naive(tx, memory, query)
        tx.rollback(mark)  # what was not to be is not found
        before = {memory: followed.search(tx, memory, query) for memory in "mn"}
        for memory in "mn":
            assert {number for number, _ in before[memory]} == naive(tx, memory, query)
        tx.commit()
        look = state.begin(0, ("test",))
        for memory in "mn":
            assert followed.search(look, memory, query) == FullText().search(look, memory, query) == before[memory]


def test_a_search_rests_on_the_memory_that_was_looked_in_and_on_no_other() -> None:
    state, index = State(), FullText()
    look = state.begin(0, ("look",))
    index.search(look, "m", "iron")
    other = state.begin(0, ("other",))
    write(other, [("n", 1, ("iron", ()))])
    other.commit()
    assert look.valid()
    same = state.begin(0, ("same",))
    write(same, [("m", 1, ("salt", ()))])
    same.commit()
    assert not look.valid()


def test_more_memories_than_are_kept_are_indexed_anew_with_the_same_result() -> None:
    state, index = State(), FullText()
    tx = state.begin(0, ("test",))
    for number in range(KEPT + 5):
        write(tx, [(f"m{number}", 1, (f"iron {number}", ()))])
    tx.commit()
    look = state.begin(0, ("look",))
    first = [index.search(look, f"m{number}", "iron") for number in range(KEPT + 5)]
    assert first == [index.search(look, f"m{number}", "iron") for number in range(KEPT + 5)]
    assert all(len(found) == 1 for found in first)


def test_letters_with_marks_are_found_without_and_the_other_way_round() -> None:
    state, index = State(), FullText()
    tx = state.begin(0, ("test",))
    write(tx, [("m", 1, ("Käse \0 und Brot", ())), ("m", 2, ("kase", ()))])
    assert {number for number, _ in index.search(tx, "m", "kase")} == {1, 2}
    assert [number for number, _ in index.search(tx, "m", "BRÖT")] == [1]
