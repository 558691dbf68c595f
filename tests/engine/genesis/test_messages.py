"""Messages: who gets them, whose disk they are on until they are read, and who may speak to all."""

from dataclasses import replace

import pytest

from engine.genesis.agents import admit
from engine.genesis.contracts import SELF_OWNED
from engine.genesis.delivery import Letter, deliver, take
from engine.kernel.actions import Invoke
from engine.kernel.entities import Message
from engine.kernel.errors import Refusal
from engine.kernel.metering import OutOfCapacity
from tests.engine.genesis.tiny import FILE, Tiny, run

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
    assert (event.actor, event.target) == ("alice", "bob")
    assert event.data == {"message": 1, "topic": "é", "body": "héllo", "kind": "message"}
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


def test_a_look_into_a_flooded_inbox_takes_no_longer_than_into_a_full_one(world: Tiny) -> None:
    tx = world.begin()
    for number in range(1, 2_001):
        tx.put(world.state.messages, Message(number, "bob", f"a{number % 20}", "", "x", 0, 0))
    world.commit(tx)
    tx = world.begin()
    assert [message.id for message in take(tx, "bob")] == list(range(1, 201))
    assert len(tx.reads) < 250
    assert [message.id for message in take(tx, "bob")] == list(range(201, 401))
    world.commit(tx)
    assert [message.id for message in read(world, "bob")] == list(range(401, 601))


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
    message = deliver(tx, Letter("operator:kim", "bob", "operator", "hello"), 1)
    world.commit(tx)
    assert isinstance(message, Message)
    assert (message.hold, world.state.holds.rows) == (0, {})
    assert [found.sender for found in read(world, "bob")] == ["operator:kim"]


def test_what_has_no_disk_to_bear_the_cost_sends_nothing(world: Tiny) -> None:
    tx = world.begin()
    refusal = deliver(tx, Letter("genesis_mint", "bob", "", "free storage"), 9)
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


# -- how much, and for how much ------------------------------------------------------------------------------------


def test_so_many_messages_of_one_sender_wait_and_no_more_and_others_are_let_in() -> None:
    world = Tiny({**FILE, "messages": {"inbox_per_sender": 2}})
    for _ in range(2):
        world.ok("alice", SEND, to="bob", body="x")
    assert world.refused("alice", SEND, to="bob", body="x") == "inbox_full"
    world.ok("alice", SEND, to="carol", body="x")
    world.ok("carol", SEND, to="bob", body="x")
    read(world, "bob")
    world.ok("alice", SEND, to="bob", body="x")


def test_a_broadcast_passes_by_who_has_not_read_the_ones_before() -> None:
    world = Tiny({**FILE, "messages": {"inbox_per_sender": 1}})
    world.grant("alice", "message.broadcast", uses=3)
    assert world.ok("alice", BROADCAST, body="x") == {"recipients": 2}
    read(world, "carol")
    assert world.ok("alice", BROADCAST, body="x") == {"recipients": 1, "full": 1}
    read(world, "carol")
    assert [message.body for message in read(world, "bob")] == ["x"]


PUBLISH = "genesis_messages.publish"


def test_what_is_published_reaches_those_who_listen_until_they_do_not(world: Tiny) -> None:
    world.grant("alice", "message.broadcast", uses=9)
    assert world.ok("alice", PUBLISH, topic="news", body="0") == {"recipients": 0}
    for agent in ("alice", "bob", "bob"):
        world.ok(agent, "genesis_messages.subscribe", topic="news")
    assert world.ok("carol", "genesis_messages.topic", topic="news")["subscribers"] == 2
    assert world.ok("bob", "genesis_messages.subscriptions") == {"topics": ["news"]}
    assert world.ok("alice", PUBLISH, topic="news", body="1") == {"recipients": 1}
    assert world.ok("alice", PUBLISH, topic="weather", body="2") == {"recipients": 0}
    assert [(m.body, m.topic, m.kind) for m in read(world, "bob")] == [("1", "news", "topic")]
    world.ok("bob", "genesis_messages.unsubscribe", topic="news")
    assert world.refused("bob", "genesis_messages.unsubscribe", topic="news") == "not_found"
    assert world.ok("alice", PUBLISH, topic="news", body="3") == {"recipients": 0}


def test_publishing_is_gated_by_topic_as_broadcasting_is(world: Tiny) -> None:
    assert world.refused("alice", PUBLISH, topic="news", body="x") == "capability_needed"
    world.grant("alice", "message.broadcast", resource="news")
    assert world.refused("alice", PUBLISH, topic="gossip", body="x") == "out_of_scope"
    world.ok("alice", PUBLISH, topic="news", body="x")


def test_an_agent_listens_to_so_much_and_no_more() -> None:
    world = Tiny({**FILE, "messages": {"subscriptions": 2}})
    world.ok("bob", "genesis_messages.subscribe", topic="a")
    world.ok("bob", "genesis_event_log.subscribe", event="mint.resolved")
    assert world.refused("bob", "genesis_messages.subscribe", topic="b") == "too_many_subscriptions"
    world.ok("bob", "genesis_messages.subscribe", topic="a")  # it does already
    world.ok("carol", "genesis_messages.subscribe", topic="b")
    assert world.refused("genesis_mint", "genesis_messages.subscribe", topic="b") == "not_an_agent"


def test_each_recipient_costs_scrip_within_what_the_sender_allows() -> None:
    world = Tiny({**FILE, "messages": {"fee_per_recipient": 7, "fee_to": "carol"}})
    world.grant("alice", "message.broadcast", uses=9)
    world.ok("bob", "genesis_messages.subscribe", topic="news")
    invoke = Invoke("genesis_messages", "publish", {"topic": "news", "body": "x"}, pay=6)
    refused = world.act("alice", invoke)
    assert isinstance(refused, Refusal)
    assert (refused.code, world.has("alice"), len(world.state.messages.rows)) == ("price", (1_000, 0), 0)
    assert world.act("alice", replace(invoke, pay=7)) == {"recipients": 1}
    assert (world.has("alice"), world.has("carol")) == ((993, 0), (1_007, 0))
    world.grant("carol", "message.broadcast")
    world.ok("carol", BROADCAST, body="who has the fees pays none")


def test_each_recipient_costs_cpu_and_who_has_too_little_waits() -> None:
    world = Tiny({**FILE, "messages": {"cpu_per_recipient": 250}})
    world.grant("alice", "message.broadcast", uses=9)
    tx = world.begin()
    tx.acting = ("alice", 0, 0)
    run(world.physics.perform(tx, "alice", Invoke("genesis_messages", "broadcast", {"body": "x"})))
    assert tx.meter.spent == {"alice": 500}
    with pytest.raises(OutOfCapacity):
        run(world.physics.perform(tx, "alice", Invoke("genesis_messages", "broadcast", {"body": "x"})))
