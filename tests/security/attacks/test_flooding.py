"""Floods of messages and of the log: they cost who makes them, and hold nobody up."""

import orjson
import pytest

from engine.kernel.actions import Action, Invoke, Read, Write
from tests.engine.runtime.worlds import HEAD, agent
from tests.security.attacks.kit import QUICK, attack, call, tool

FREE = HEAD + "[tariff]\nread = 0\nwrite = 0\ninvoke = 0\n" + QUICK
MOST_LOGGED = 20_000
"""Bytes that one event has at most, whatever somebody writes into it."""

FLOOD = """
def flood(to, body):
    for _ in range(45):
        invoke("genesis_messages", "send", {"to": to, "body": body})
"""
READER = """
seen = 0
while True:
    for message in observe()["messages"]:
        seen += 1
    remember("seen", seen)
    sleep(1_000_000)
"""


async def test_a_flood_of_messages_takes_the_disk_of_who_sends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        mal=[call("genesis_messages", "send", to="ann", body="x" * 4_000)] * 4,
        ann=[],
        agents={"ann": agent("ann", delay="60s")},
    )
    assert [result.get("refused") for result in told.results["mal"][:4]] == [None, None, "disk_full", "disk_full"]
    unread = [hold for hold in told.state.holds.rows.values() if hold.purpose == "message"]
    assert {hold.principal for hold in unread} <= {"mal"}


async def test_a_flood_of_messages_is_read_in_pieces_by_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than would fit into the memory of its program in one go, and more than it is told in one step."""
    program = f"""
[[agents]]
id = "pro"
mind = "program"
think_delay = "1s"
assets = {{ cpu_rate = 1000000, disk = 10000 }}
[agents.params]
source = {orjson.dumps(READER).decode()}
"""
    rich = '\n[[agents]]\nid = "mal"\nmind = "mal"\nassets = { cpu_rate = 1000000, disk = 10000000 }\n'
    flood = Invoke("flooder", "flood", {"to": "pro", "body": "x" * 3_900})
    told = await attack(
        monkeypatch,
        program,
        tool("flooder", "mal", FLOOD, "flood", more="standing = true\nassets = {cpu_rate = 1000000, disk = 10000000}"),
        head=FREE + "[messages]\ninbox_per_sender = 10000\n",
        agents={"mal": rich},
        mal=[flood] * 10,
        seconds=60,
    )
    assert not list(told.of("mind.failed"))
    assert len(list(told.of("message.sent"))) == 450
    assert not told.state.messages.rows


async def test_one_sender_fills_nobody_s_inbox(monkeypatch: pytest.MonkeyPatch) -> None:
    rich = '\n[[agents]]\nid = "mal"\nmind = "mal"\nassets = { cpu_rate = 1000000, disk = 10000000 }\n'
    mal = [call("genesis_messages", "send", to="ann", body="x")] * 40
    honest = [call("genesis_messages", "send", to="ann", body="hello")]
    told = await attack(
        monkeypatch,
        head=FREE + "[messages]\ninbox_per_sender = 20\n",
        agents={"mal": rich, "ann": agent("ann", delay="600s"), "bob": agent("bob", delay="60s")},
        mal=mal,
        ann=[],
        bob=honest,
        seconds=100,
    )
    waiting = [message.sender for message in told.state.messages.rows.values()]
    assert (waiting.count("mal"), waiting.count("bob")) == (20, 1)
    assert {result.get("refused") for result in told.results["mal"][20:40]} == {"inbox_full"}


async def test_a_program_is_not_told_more_in_a_step_than_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that it is told is in the log, so it is bounded."""
    greedy = 'while True:\n    for _ in range(50):\n        get_artifact_info("big")\n    sleep(1000000)\n'
    program = f"""
[[agents]]
id = "mal"
mind = "program"
assets = {{ cpu_rate = 1000000, disk = 10000 }}
[agents.params]
source = {orjson.dumps(greedy).decode()}
"""
    big = f"\n[[artifacts]]\nid = 'big'\nowner = 'hal'\nmetadata = {{ title = {('x' * 30_000)!r} }}\n"
    rich = '\n[[agents]]\nid = "hal"\nmind = "hal"\nassets = { cpu_rate = 1000000, disk = 1000000 }\n'
    told = await attack(monkeypatch, program, big, head=FREE, agents={"hal": rich}, hal=[], seconds=20)
    failed = list(told.of("mind.failed"))
    assert failed
    assert {event.data["limit"] for event in failed} == {"told"}


HUGE: list[Action] = [
    Invoke("genesis_ledger", "transfer", {"x" * 5_000: "y" * 60_000}),
    Invoke("genesis_ledger", "x" * 60_000, {}),
    Invoke("genesis_ledger", "transfer", {str(n): "y" * 500 for n in range(500)}),
    Invoke("genesis_ledger", "transfer", {"to": {"deep": ["y" * 500] * 100}}),
    Invoke("tool", "run", {"x": ["y" * 1_000] * 60}),
    Invoke("x" * 60_000, "y", {}),
    Read("x" * 60_000),
    Write("x", "y" * 60_000),
    Write("x", access=("y" * 60_000,)),
    call("genesis_ledger", "transfer", to="ann", amount=1, memo="y" * 201),
    call("genesis_messages", "send", to="y" * 80, body="x"),
    call("genesis_capabilities", "request", verb="message.broadcast", resource="y" * 200, reason="y" * 2_000),
    call("genesis_capabilities", "request", verb="message.broadcast", resource="z", payload={"y" * 900: "z" * 900}),
]


async def test_no_action_writes_much_into_the_log_but_what_it_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch, tool("tool", "mal", "def run(x):\n    raise ValueError(str(x))\n", "run"), mal=HUGE, ann=[]
    )
    sizes = {event.type: len(orjson.dumps(event.data)) for event in told.events}
    assert max(sizes.values()) < MOST_LOGGED, sizes
    assert len(told.results["mal"]) >= len(HUGE)


async def test_who_is_refused_all_the_time_pays_and_nobody_else_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    fast = agent("mal", delay="0s", cpu=20_000)
    told = await attack(
        monkeypatch,
        agents={"mal": fast},
        mal=[Read("nothing")] * 500,
        ann=[call("genesis_ledger", "transfer", to="mal", amount=1)] * 10,
        seconds=14,
    )
    assert told.scrip("ann") == 90
    assert len(list(told.of("agent.refused"))) <= 60
