"""What happens at one instant happens one after the other; what is nested very deep is refused, and trips nobody."""

import pytest

from engine.kernel.actions import Action, Invoke, Read, Write
from engine.kernel.entities import Json
from tests.engine.runtime.worlds import agent
from tests.security.attacks.kit import CHECK, artifact, attack, call, code, contract, ruled, tool

COUNTER = """
def count():
    charge(1, "hal")
    seen = int(act({"action": "read", "artifact": "number"})["content"])
    act({"action": "write", "artifact": "number", "content": str(seen + 1)})
    return seen + 1
"""


async def test_what_several_do_with_one_tool_at_one_instant_is_all_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has its step under way when the first commits; the others begin again, and pay once."""
    names = ("ann", "bob", "cid", "dot", "eve")
    plan = [call("counter", "count", pay=1)] * 4
    told = await attack(
        monkeypatch,
        tool("counter", "hal", COUNTER, "count"),
        artifact("number", "hal", "0", more="access = ['genesis_public']"),
        agents={name: agent(name, delay="0s") for name in names},
        ann=plan,
        bob=plan,
        cid=plan,
        dot=plan,
        eve=plan,
        hal=[],
    )
    assert told.state.contents.rows["number"].text == "20"
    assert len(list(told.of("tool.invoked"))) == len(list(told.of("code.charged"))) == 20
    assert told.scrip("hal") == 120
    assert {told.scrip(name) for name in names} == {96}


def nested(depth: int) -> Json:
    found: Json = {}
    for _ in range(depth - 1):
        found = {"a": found}
    return found


@pytest.mark.parametrize("depth", [40, 99, 101, 200, *range(246, 256)])
async def test_arguments_that_are_nested_very_deep_stop_nobody(monkeypatch: pytest.MonkeyPatch, depth: int) -> None:
    deep = nested(depth)
    plan: list[Action] = [
        Invoke("box", "put", deep),
        Invoke("guarded", "put", deep),
        Invoke("genesis_ledger", "transfer", deep),
        code("def run():\n    return 1\n", {"tools": [{"name": "run", "inputSchema": deep}]}),
        code("def run():\n    return 1\n", {"tools": [{"name": "run", "outputSchema": deep}]}),
        Write("x", metadata=deep),
    ]
    told = await attack(
        monkeypatch,
        tool("box", "hal", "def put(**args):\n    return 1\n", "put"),
        tool("guarded", "hal", "def put(**args):\n    return 1\n", "put", more="access = ['law']"),
        contract("law", "hal", CHECK + '    return {"allowed": True}\n'),
        ruled("paper", "hal", "law"),
        mal=plan,
        ann=[call("genesis_ledger", "transfer", to="hal", amount=1), Read("paper")] * 3,
        hal=[],
        seconds=20,
    )
    assert told.scrip("ann") == 97
    assert told.state.agents.rows["mal"].steps > 3
