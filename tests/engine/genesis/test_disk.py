"""Whose disk bytes are on that somebody writes: never that of somebody who has nothing to say about it."""

import pytest

from engine.kernel.access import ALLOWED, Question, Verdict
from engine.kernel.actions import Edit, Transfer, Write
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from tests.engine.genesis.tiny import Tiny


def anything(tx: Transaction, question: Question) -> Verdict:
    """A contract that lets everybody do everything."""
    return ALLOWED


@pytest.fixture
def world() -> Tiny:
    return Tiny(contracts={"anything": anything})


def used(world: Tiny, *agents: str) -> list[int]:
    return [world.has(agent, "disk")[1] for agent in agents]


def test_what_one_gave_away_does_not_grow_on_one_s_disk(world: Tiny) -> None:
    artifact = world.make("alice", "small", access=("anything",))
    world.act("alice", Transfer(artifact, "bob"))
    assert used(world, "alice", "bob", "carol") == [5, 0, 0]
    assert not isinstance(world.act("carol", Write("x" * 5_000, artifact=artifact)), Refusal)
    assert used(world, "alice", "bob", "carol") == [0, 0, 5_000]
    world.act("bob", Edit(artifact, "x" * 5_000, "y"))
    assert used(world, "alice", "bob", "carol") == [0, 1, 0]


def test_who_was_first_to_write_into_something_of_another_s_bears_what_is_its_own(world: Tiny) -> None:
    artifact = world.make("alice", "", access=("anything",))
    world.act("bob", Write("mine", artifact=artifact))
    assert used(world, "alice", "bob", "carol") == [0, 4, 0]
    world.act("carol", Write("x" * 100, artifact=artifact))
    assert used(world, "alice", "bob", "carol") == [0, 0, 100]


def test_who_lets_others_write_bears_what_they_write(world: Tiny) -> None:
    artifact = world.make("alice", "guests:", access=("anything",))
    world.act("carol", Edit(artifact, "guests:", "guests: carol"))
    assert used(world, "alice", "carol") == [13, 0]


def test_by_a_tool_its_controller_writes(world: Tiny) -> None:
    artifact = world.make("alice", "small", access=("anything",))
    world.act("alice", Transfer(artifact, "bob"))
    tool = world.make("carol", "", type="tool")
    assert not isinstance(world.act(tool, Write("x" * 100, artifact=artifact)), Refusal)
    assert used(world, "alice", "bob", "carol") == [0, 0, 100]
