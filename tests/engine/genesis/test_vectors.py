"""The index of vectors against a plain scan in whole numbers, however it came about; and what vectors come as."""

import math
from base64 import b64encode
from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from engine.genesis import vectors
from engine.genesis.vectors import Vectors
from engine.kernel.entities import MemoryEntry
from engine.kernel.state import State
from engine.kernel.transaction import Transaction
from engine.models.faults import Fault
from engine.models.quantise import LENGTH, MOST_PARTS, whole
from tests.engine.genesis.tiny import Tiny

needs_extension = pytest.mark.skipif(bool(vectors.missing()), reason=vectors.missing())
PARTS = st.floats(-1e6, 1e6, allow_nan=False)
DIRECTIONS = st.integers(1, 3).flatmap(
    lambda size: st.lists(PARTS, min_size=size, max_size=size).filter(lambda parts: math.hypot(*parts) > 1e-3)
)
VECTORS = DIRECTIONS.map(lambda parts: bytes(part & 255 for part in whole(parts)))
CHANGES = st.lists(st.tuples(st.sampled_from("mn"), st.integers(1, 6), st.none() | st.just(b"") | VECTORS), max_size=12)


def write(tx: Transaction, changes: list[tuple[str, int, bytes | None]]) -> None:
    """Put entries and take some away."""
    for memory, number, vector in changes:
        if vector is None:
            tx.delete(tx.state.memory_entries, (memory, number))
        else:
            told = b64encode(vector).decode()
            tx.put(tx.state.memory_entries, MemoryEntry(memory, number, "", (), "x", 0, told))


def naive(tx: Transaction, vector: bytes) -> list[int]:
    """The entries of a memory, the most alike first, of equals the newest."""
    hits = vectors.scan(tx, "m", vector)
    return [number for number, product in sorted(hits, key=lambda hit: (-hit[1], -hit[0]))]


@needs_extension
@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(CHANGES, CHANGES, VECTORS), max_size=5))
def test_an_index_that_followed_finds_what_a_scan_of_every_row_does(
    story: list[tuple[list[tuple[str, int, bytes | None]], list[tuple[str, int, bytes | None]], bytes]],
) -> None:
    state, followed = State(), Vectors()
    for kept, dropped, asked in story:
        tx = state.begin(0, ("test",))
        write(tx, kept)
        assert [number for number, _ in followed.near(tx, "m", asked)] == naive(tx, asked)
        tx.commit()
        tx = state.begin(0, ("test",))
        write(tx, dropped)
        assert [number for number, _ in followed.near(tx, "m", asked)] == naive(tx, asked)


@needs_extension
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([384, 1_536, MOST_PARTS]))
def test_products_are_exact_at_the_sizes_of_real_models(seed: int, size: int) -> None:
    state, index = State(), Vectors()
    gauss = Random(seed).gauss
    made = [bytes(p & 255 for p in whole([gauss(0, 1) for _ in range(size)])) for _ in range(4)]
    tx = state.begin(0, ("test",))
    write(tx, [("m", number, vector) for number, vector in enumerate(made, 1)])
    expected = {number: 1_000_000_000 * product // vectors.ONE for number, product in vectors.scan(tx, "m", made[0])}
    assert dict(index.near(tx, "m", made[0])) == expected


def test_without_the_extension_a_run_that_is_run_again_ranks_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    state = State()
    tx = state.begin(0, ("test",))
    write(tx, [("m", 1, bytes([127, 0])), ("m", 2, bytes([0, 127])), ("m", 3, bytes([127, 0])), ("m", 4, b"")])
    monkeypatch.setattr(vectors, "missing", lambda: "not installed")
    assert Vectors().near(tx, "m", bytes([127, 0])) == [(3, 10**9), (1, 10**9), (2, 0)]


@given(DIRECTIONS)
def test_vectors_have_one_length_and_fit_into_bytes(parts: list[float]) -> None:
    made = whole(parts)
    assert all(type(part) is int and -LENGTH <= part <= LENGTH for part in made)
    assert abs(math.hypot(*made) - LENGTH) <= math.sqrt(len(made))


@pytest.mark.parametrize("parts", [[], [0.0], [math.nan], [math.inf, 1.0], [1.0] * (MOST_PARTS + 1)])
def test_what_is_no_direction_is_no_vector(parts: list[float]) -> None:
    with pytest.raises(Fault) as raised:
        whole(parts)
    assert raised.value.kind == "malformed"


def test_a_world_without_a_model_says_what_is_right_instead(world: Tiny) -> None:
    world.ok("alice", "genesis_memory.store", text="iron")
    assert world.refused("alice", "genesis_memory.recall", query="iron", by="meaning") == "no_vectors"
    assert world.ok("alice", "genesis_memory.status")["meaning"] == "none"
