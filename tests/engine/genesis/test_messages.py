"""Messages: who gets them, whose disk they are on until they are read, and who may speak to all."""

import pytest

from engine.genesis.agents import admit
from engine.genesis.contracts import SELF_OWNED
from engine.genesis.messages import deliver, take
from engine.kernel.actions import Invoke
from engine.kernel.entities import Message
from engine.kernel.errors import Refusal
from tests.engine.genesis.tiny import Tiny, run

SEND = "genesis_messages.send"
BROADCAST = "genesis_messages.broadcast"


def read(world: Tiny, who: str, until: int | None = None) -> list[Message]:
    """Let an agent take its messages."""
    tx = world.begin()
    taken = take(tx, who, until)
    world.commit(tx)
    return taken


def test_a_message_waits_in_the_inbox_on_the_sender_s_disk_until_it_is_read(world: Tiny) -> None:
    world.now = 7
    assert world.ok("alice", SEND, to="bob", topic="é", body="héllo") == {"message": 1}
    assert world.has("alice", "disk") == (9_992, 8)
    assert world.has("bob", "disk") == (10_000, 0)
    (event,) = world.told("message.sent")
    assert (event.actor, event.target, event.data) == ("alice", "bob", {"message": 1, "topic": "é", "body": "héllo"})
    (message,) = read(world, "bob")
    assert (message.sender, message.recipient, message.topic, message.body, message.at) == (
        "alice",
        "bob",
        "é",
        "héllo",
        7,
    )
    assert world.has("alice", "disk") == (10_000, 0)
    assert world.state.holds.rows == {}
    assert read(world, "bob") == []


def test_messages_are_read_oldest_first_and_only_those_up_to_a_time(world: Tiny) -> None:
    for at, sender in ((1, "carol"), (2, "alice"), (3, "carol")):
        world.now = at
        world.ok(sender, SEND, to="bob", body=f"at {at}")
    assert [message.body for message in read(world, "bob", until=2)] == ["at 1", "at 2"]
    assert [message.body for message in read(world, "bob", until=2)] == []
    assert (world.has("alice", "disk")[1], world.has("carol", "disk")[1]) == (0, 4)
    assert [message.body for message in read(world, "bob")] == ["at 3"]


def test_nobody_takes_the_messages_of_another(world: Tiny) -> None:
    world.ok("alice", SEND, to="bob", body="x")
    assert read(world, "carol") == []
    assert read(world, "alice") == []


def test_one_may_write_to_oneself(world: Tiny) -> None:
    world.ok("alice", SEND, to="alice", body="remember")
    assert [message.body for message in read(world, "alice")] == ["remember"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ({"to": "nobody", "body": "x"}, "not_found"),
        ({"to": "genesis_mint", "body": "x"}, "not_found"),
        ({"to": "bob", "body": ""}, "bad_arguments"),
        ({"to": "bob", "body": "x" * 4_001}, "bad_arguments"),
        ({"to": "bob", "body": "x", "topic": "x" * 61}, "bad_arguments"),
        ({"to": "bob", "body": "\ud800"}, "bad_arguments"),
        ({"to": "bob"}, "bad_arguments"),
        ({"to": "bob", "body": "x", "from": "carol"}, "bad_arguments"),
    ],
)
def test_a_message_that_cannot_be_sent_is_refused(world: Tiny, args: dict[str, str], code: str) -> None:
    assert world.refused("alice", SEND, **args) == code


def test_a_full_disk_sends_nothing(world: Tiny) -> None:
    world.make("alice", "x" * 9_990)
    world.ok("alice", SEND, to="bob", body="x" * 10)
    assert world.refused("alice", SEND, to="bob", body="x") == "disk_full"
    read(world, "bob")
    world.ok("alice", SEND, to="bob", body="x" * 10)


def test_the_operator_s_messages_take_nobody_s_disk(world: Tiny) -> None:
    tx = world.begin()
    message = deliver(tx, "operator:kim", "bob", "operator", "hello")
    world.commit(tx)
    assert isinstance(message, Message)
    assert (message.hold, world.state.holds.rows) == (0, {})
    assert [found.sender for found in read(world, "bob")] == ["operator:kim"]


def test_what_has_no_disk_to_bear_the_cost_sends_nothing(world: Tiny) -> None:
    tx = world.begin()
    refusal = deliver(tx, "genesis_mint", "bob", "", "free storage")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_standing"
    assert tx.writes == {}


# -- to all --------------------------------------------------------------------------------------------------------


def test_a_broadcast_goes_to_every_other_agent_and_each_copy_is_charged(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=2)
    assert world.ok("alice", BROADCAST, body="x" * 100, topic="news") == {"recipients": 2}
    assert world.has("alice", "disk") == (9_792, 208)
    assert [event.target for event in world.told("message.sent")] == ["bob", "carol"]
    read(world, "bob")
    assert world.has("alice", "disk") == (9_896, 104)
    assert read(world, "alice") == []


def test_a_broadcast_needs_a_grant_for_each_time(world: Tiny) -> None:
    assert world.refused("alice", BROADCAST, body="x") == "capability_needed"
    world.grant("alice", "message.broadcast")
    world.ok("alice", BROADCAST, body="x")
    assert world.refused("alice", BROADCAST, body="x") == "capability_needed"


def test_a_broadcast_reaches_all_or_nobody_and_takes_no_use_then(world: Tiny) -> None:
    world.grant("alice", "message.broadcast")
    world.make("alice", "x" * 9_850)
    assert world.refused("alice", BROADCAST, body="x" * 100) == "disk_full"
    assert world.state.messages.rows == {}
    world.ok("alice", BROADCAST, body="x" * 75)


def test_a_broadcast_that_missed_a_newcomer_is_done_again(world: Tiny) -> None:
    world.grant("alice", "message.broadcast")
    slow = world.begin()
    run(world.physics.perform(slow, "alice", Invoke("genesis_messages", "broadcast", {"body": "x"})))
    tx = world.begin()
    assert admit(tx, "dave", "dave", "", "dave", (SELF_OWNED,), 0) is None
    world.commit(tx)
    assert not slow.valid()
