"""Code that will not end, bombs, floods, and calls within calls: each costs its own side, and nobody waits."""

from time import perf_counter

import pytest

from engine.kernel.actions import Action, Noop, Read, Write
from tests.engine.runtime.worlds import HEAD, agent
from tests.security.attacks.kit import CHECK, QUICK, Told, attack, call, code, contract, ruled, tool

FREE = HEAD + "[tariff]\nread = 0\nwrite = 0\nedit = 0\ndelete = 0\ntransfer = 0\ninvoke = 0\n" + QUICK
"""Nothing costs anything here, so no price stops anybody."""

BOMBS = {
    "loop": "    while True:\n        pass\n",
    "memory": '    return "x" * 900_000_000\n',
    "lists": "    found = []\n    while True:\n        found.append([0] * 1000)\n",
    "recursion": "    return run()\n",
    "output": '    return "x" * 200_000\n',
    "prints": '    while True:\n        print("x" * 1000)\n',
    "numbers": "    return 10 ** 100_000_000\n",
    "calls": '    while True:\n        get_balance("ann")\n',
    "deep": "    found = []\n    for _ in range(5000):\n        found = [found]\n    return found\n",
    "secret": '    raise ValueError("the password is swordfish")\n',
}


@pytest.mark.parametrize("name", BOMBS)
async def test_a_tool_that_goes_off_is_a_refusal_and_no_more(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    told = await attack(
        monkeypatch,
        tool("bomb", "mal", "def run():\n" + BOMBS[name], "run"),
        mal=[call("bomb", "run")],
        ann=[call("genesis_ledger", "transfer", to="mal", amount=1)] * 3,
    )
    assert told.results["mal"][0]["refused"] == "tool_failed"
    assert told.scrip("ann") == 97


@pytest.mark.parametrize("name", BOMBS)
async def test_a_contract_that_goes_off_says_no_and_tells_nothing(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    body = BOMBS[name].replace("run()", "check_permission(artifact_id, action, requester_id, context)")
    told = await attack(
        monkeypatch, contract("bomb", "mal", CHECK + body), ruled("paper", "mal", "bomb"), ann=[Read("paper")], mal=[]
    )
    assert told.results["ann"][0] == {
        "refused": "access_denied",
        "message": "ann may not read paper: its contract failed",
    }
    assert len(list(told.of("contract.failed"))) == 1


@pytest.mark.parametrize(
    "said",
    ["None", "True", "[]", '{"allowed": 1}', '{"allowed": True, "reason": 7}', '{"allowed": True, "x": 1}', "{}"],
)
async def test_a_contract_that_answers_nonsense_says_no(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    told = await attack(
        monkeypatch,
        contract("odd", "mal", CHECK + f"    return {said}\n"),
        ruled("paper", "mal", "odd"),
        ann=[Read("paper")],
        mal=[],
    )
    assert told.results["ann"][0]["refused"] == "access_denied"


async def test_contracts_that_ask_one_another_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifty times at each of ten levels, where nothing costs anything: more than there will ever be time for."""
    ask = (
        CHECK
        + """
    for _ in range(50):
        invoke("{}", "check_permission", {{"artifact_id": artifact_id, "action": action, "requester_id": requester_id,
            "context": {{"n": _, "c": context}}}})
    return {{"allowed": True}}
"""
    )
    began = perf_counter()
    told = await attack(
        monkeypatch,
        contract("yin", "mal", ask.format("yang")),
        contract("yang", "mal", ask.format("yin")),
        ruled("paper", "mal", "yin"),
        head=FREE,
        mal=[Read("paper")],
        ann=[],
    )
    assert told.results["mal"][0]["refused"] == "access_denied"
    assert perf_counter() - began < 20


async def test_tools_that_call_one_another_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    fork = """
def run():
    for _ in range(50):
        try:
            invoke("fork", "run")
        except RuntimeError:
            pass
"""
    began = perf_counter()
    await attack(monkeypatch, tool("fork", "mal", fork, "run"), head=FREE, mal=[call("fork", "run")], ann=[])
    assert perf_counter() - began < 20


async def test_one_step_waits_for_few_pieces_of_endless_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search asks the contracts of all that it finds: a trap of a hundred papers does not hold it up for long."""
    papers = [ruled(f"paper{n}", "mal", "endless") for n in range(100)]
    endless = contract("endless", "mal", CHECK + "    while True:\n        pass\n")
    began = perf_counter()
    told = await attack(
        monkeypatch, endless, *papers, head=FREE, ann=[call("genesis_store", "search", text="secret")], mal=[]
    )
    assert told.results["ann"][0]["ok"]["artifacts"] == []
    assert perf_counter() - began < 5


async def test_a_schema_that_takes_for_ever_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_schema(schema: dict[str, object]) -> Write:
        return code("def run(**args):\n    return 1\n", {"tools": [{"name": "run", "inputSchema": schema}]})

    nested: dict[str, object] = {"type": "object"}
    for _ in range(40):
        nested = {"anyOf": [nested]}
    told = await attack(
        monkeypatch,
        mal=[
            with_schema({"properties": {"a": {"uniqueItems": True}}}),
            with_schema({"anyOf": [{"unevaluatedProperties": True}]}),
            with_schema({"properties": {"a": {"pattern": "(a+)+$"}}}),
            with_schema({"$ref": "#"}),
            with_schema({"properties": {"a": {"$dynamicRef": "#"}}}),
            with_schema(nested),
            with_schema({"type": "object", "enum": ["x" * 9_000]}),
        ],
        ann=[],
    )
    assert [result.get("refused") for result in told.results["mal"][:7]] == ["bad_interface"] * 7


async def test_arguments_that_fit_nowhere_are_refused_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {"type": "object", "anyOf": [False] * 1_000}
    made = code("def run(**args):\n    return 1\n", {"tools": [{"name": "run", "inputSchema": schema}]})
    began = perf_counter()
    told = await attack(monkeypatch, mal=[made, *[call("tool.1", "run", a="x" * 60_000)] * 20], ann=[])
    assert {result.get("refused") for result in told.results["mal"][1:20]} == {"bad_arguments"}
    assert perf_counter() - began < 5


async def test_who_runs_out_of_capacity_in_the_middle_waits_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was run has been run and is booked; the rest is for when the window has moved on."""
    costly = tool("mill", "ann", 'def grind():\n    for _ in range(30):\n        get_balance("ann")\n', "grind")
    told = await attack(
        monkeypatch,
        costly,
        agents={"ann": agent("ann", cpu=6_000)},
        ann=[call("mill", "grind")] * 3,
        seconds=60,
    )
    assert [list(result) for result in told.results["ann"][:3]] == [["ok"]] * 3


async def test_what_a_machine_says_of_its_limits_is_the_same_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """By how much a limit was passed is a clock, and no part of the story."""
    bombs = 'def memory():\n    return "x" * 900_000_000\n\ndef loop():\n    while True:\n        pass\n'
    handed = code("while True:\n    pass\n", {"tools": [{"name": "x"}]})

    async def once() -> Told:
        plan: list[Action] = [call("bomb", "loop"), call("bomb", "memory"), handed, call("bomb", "loop")]
        return await attack(monkeypatch, tool("bomb", "mal", bombs, "memory", "loop"), mal=plan)

    one, other = await once(), await once()
    assert one.hash == other.hash
    assert [event.data["limit"] for event in one.of("tool.failed")] == ["time", "memory", "time", "time"]


async def test_an_agent_that_is_held_up_by_nobody_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        tool("bomb", "mal", "def run():\n    while True:\n        pass\n", "run"),
        mal=[call("bomb", "run")] * 5,
        ann=[Noop(), *[call("genesis_ledger", "transfer", to="mal", amount=1)] * 5],
    )
    assert told.scrip("ann") == 95
