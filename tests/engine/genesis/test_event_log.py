"""The event log: every type has its sentence, the time is told, and nothing of the past is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import engine
from engine.genesis.event_log import EVENT_TYPES, iso
from engine.kernel.entities import GrantState, RequestState
from engine.operator import COMMANDS
from tests.engine.genesis.tiny import Tiny

FAMILIES = {
    "request.": [s.value for s in RequestState if s is not RequestState.PENDING],
    "grant.": [s.value for s in GrantState if s is not GrantState.ACTIVE],
    "operator.": list(COMMANDS),
}


def emitted() -> Iterator[str]:
    """The types of all events that the engine's source emits."""
    for path in sorted(Path(str(engine.__file__)).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "emit":
                yield from types_of(node.args[0], f"{path.name}:{node.lineno}")


def types_of(argument: ast.expr, place: str) -> list[str]:
    """The types that the first argument of an `emit` can be."""
    match argument:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.JoinedStr(values=[ast.Constant(value=str(family)), ast.FormattedValue()]) if family in FAMILIES:
            return [family + name for name in FAMILIES[family]]
    raise AssertionError(f"{place} emits an event whose type cannot be told from the source")


def test_every_event_that_is_emitted_has_a_sentence_and_none_is_made_up() -> None:
    types = set(emitted())
    assert sorted(types - set(EVENT_TYPES)) == []
    assert sorted(set(EVENT_TYPES) - types) == []
    assert list(EVENT_TYPES) == sorted(EVENT_TYPES)
    assert all(sentence.endswith(".") for sentence in EVENT_TYPES.values())


def test_agents_can_look_the_types_up(world: Tiny) -> None:
    found = world.ok("alice", "genesis_event_log.types")["types"]
    assert {"type": "mint.resolved", "tells": EVENT_TYPES["mint.resolved"]} in found
    assert any("@me" in line for line in world.ok("alice", "genesis_event_log.subscribe_help")["help"])


def test_now_is_world_time_in_microseconds_and_iso_8601(world: Tiny) -> None:
    world.now = 86_400_000_001
    found = world.ok("alice", "genesis_event_log.now")
    assert found == {"now": 86_400_000_001, "iso": "2000-01-02T00:00:00.000001Z", "commit": 1}
    assert world.ok("alice", "genesis_event_log.now")["commit"] == 2


def test_a_time_beyond_the_calendar_has_no_iso_form() -> None:
    assert iso(0) == "2000-01-01T00:00:00.000000Z"
    assert iso(2**62) is None


def test_no_method_returns_what_was(world: Tiny) -> None:
    artifact = world.make("alice", "the old words")
    world.ok("alice", "genesis_ledger.transfer", to="bob", amount=5, memo="the old words")
    world.ok("alice", "genesis_store.delete", artifact=artifact)
    for method in world.registry.artifacts["genesis_event_log"].methods:
        args = {"event": "mint.resolved"} if "subscribe" in method and "help" not in method else {}
        assert "old words" not in str(world.ok("bob", f"genesis_event_log.{method}", **args))
