"""Tools that agents write: arguments checked first, paid with success, undone whole where they fail."""

import pytest

from engine.kernel.actions import Action, Invoke, Read, Write
from engine.kernel.entities import Json
from engine.runtime.runner import Limits
from tests.engine.code.kit import running, tools, write
from tests.engine.runtime.worlds import HEAD

ADDER = "def add(a, b):\n    return a + b\n"
SCHEMA: Json = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer", "minimum": 0}},
    "required": ["a", "b"],
    "additionalProperties": False,
}
NOTHING = Invoke("genesis_event_log", "now", {})


def adder(price: int = 0) -> Write:
    return write(ADDER, interface={"tools": [{"name": "add", "inputSchema": SCHEMA, "price": price}]})


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"a": 1}, "'b' is a required property"),
        ({"a": "1", "b": 2}, "a: '1' is not of type 'integer'"),
        ({"a": 1, "b": -2}, "b: -2 is less than the minimum of 0"),
        ({"a": 1, "b": 2, "c": 3}, "'c' was unexpected"),
    ],
)
async def test_arguments_are_checked_before_any_code_runs(
    monkeypatch: pytest.MonkeyPatch, args: Json, says: str
) -> None:
    async with running(monkeypatch, {"ann": [adder(), Invoke("tool.1", "add", args)]}) as story:
        result = story.results("ann")[1]
        assert result["refused"] == "bad_arguments"
        assert says in result["message"]
        assert story.engine.runs.measures.artifacts.keys() == set()


async def test_a_tool_answers_and_only_its_methods_can_be_called(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[Action] = [adder(), Invoke("tool.1", "add", {"a": 2, "b": 3}), Invoke("tool.1", "take", {})]
    async with running(monkeypatch, {"ann": acts}) as story:
        assert story.results("ann")[1]["ok"] == {"result": 5}
        assert story.results("ann")[2] == {
            "refused": "no_such_method",
            "message": "tool.1 has no method 'take'; it has: add",
        }


@pytest.mark.parametrize(
    ("interface", "says"),
    [
        ({"tools": [{"name": "Add"}]}, "tools.0.name"),
        ({"tools": [{"name": "add", "inputSchema": {"type": "integer"}}]}, 'write "type": "object"'),
        ({"tools": [{"name": "add", "inputSchema": {"type": "objct"}}]}, "inputSchema: type"),
        ({"tools": [{"name": "add", "inputSchema": {"$ref": "http://x"}}]}, "$ref is not available"),
        ({"tools": [{"name": "add", "inputSchema": {"properties": {"a": {"pattern": "(a+)+"}}}}]}, "pattern is not"),
        ({"tools": [{"name": "add", "price": -1}]}, "tools.0.price"),
        ({"tools": [{"name": "add", "inputSchema": {"enum": ["x" * 9_000]}}]}, "8000 are the most"),
        ({"tools": [{"name": "add"}, {"name": "add"}]}, "the same name"),
        ({"tools": [{"name": "check_permission"}]}, "asked by the world"),
        ({"tools": [{"name": "add"}, {"name": "sub"}]}, "has the method sub, the code defines add"),
        ({"tool": []}, "tool: Extra inputs"),
        ({"contract": {"cost_model": "nobody"}, "tools": [{"name": "add"}]}, "contract.cost_model"),
        ({"contract": {}, "tools": [{"name": "add"}]}, "defines no check_permission"),
        ({"tools": [{"name": "add", "inputSchema": {"properties": {"pattern": {"type": "string"}}}}]}, ""),
    ],
)
async def test_an_interface_that_does_not_hold_is_refused_by_field(
    monkeypatch: pytest.MonkeyPatch, interface: Json, says: str
) -> None:
    async with running(monkeypatch, {"ann": [write(ADDER, interface=interface)]}, head=HEAD) as story:
        result = story.results("ann")[0]
        assert (result.get("refused") in ("bad_interface", "bad_code")) == bool(says)
        assert says in result.get("message", "")


async def test_arguments_that_take_too_long_to_check_are_refused_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"anyOf": [{"properties": {f"p{n}": {"type": "string"}}} for n in range(100)]}
    schema: Json = {"type": "object", "properties": {"a": {"type": "array", "items": parts}}}
    made = write("def run(a):\n    return 1\n", interface={"tools": [{"name": "run", "inputSchema": schema}]})
    async with running(monkeypatch, {"ann": [made, Invoke("tool.1", "run", {"a": list(range(5_000))})]}) as story:
        assert "more in the arguments than can be checked" in story.results("ann")[1]["message"]


async def test_the_price_is_paid_with_success_and_only_by_who_allows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    add: Json = {"a": 1, "b": 2}
    acts: dict[str, list[Action]] = {
        "ann": [adder(price=7)],
        "bob": [NOTHING, NOTHING, Invoke("tool.1", "add", add), Invoke("tool.1", "add", add, (), 7)],
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("bob")[2]["refused"] == "price"
        assert 'costs 7 scrip; say "pay": 7' in story.results("bob")[2]["message"]
        assert story.results("bob")[3]["ok"] == {"result": 3}
        assert (story.scrip("ann"), story.scrip("bob")) == (107, 93)


SPOILS = """
def run(**args):
    made = act({"action": "write", "content": "half done", "type": "litter"})
    charge(3)
    invoke("genesis_ledger", "transfer", {"to": "ann", "amount": 1})
    raise ValueError("no such luck")
"""


async def test_a_tool_that_raises_has_done_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: dict[str, list[Action]] = {
        "ann": [write(SPOILS, interface=tools("run", price=2))],
        "bob": [NOTHING, NOTHING, Invoke("tool.1", "run", {}, (), 50)],
    }
    async with running(monkeypatch, acts) as story:
        result = story.results("bob")[2]
        assert result["refused"] == "tool_failed"
        assert (story.scrip("ann"), story.scrip("bob")) == (100, 100)
        assert not [row for row in story.state.artifacts.rows.values() if row.type == "litter"]
        assert len(story.told("tool.failed")) == 1


async def test_a_tool_acts_as_itself_with_nothing_of_its_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    steals = """
def run(**args):
    try:
        invoke("genesis_ledger", "transfer", {"to": "ann", "amount": 50})
    except RuntimeError as error:
        return [caller, self_id, str(error)]
"""
    acts: dict[str, list[Action]] = {
        "ann": [write(steals, interface=tools("run"))],
        "bob": [NOTHING, NOTHING, Invoke("tool.1", "run", {}, (), 50)],
    }
    async with running(monkeypatch, acts) as story:
        caller, self_id, error = story.results("bob")[2]["ok"]["result"]
        assert (caller, self_id) == ("bob", "tool.1")
        assert error.startswith("insufficient")
        assert story.scrip("bob") == 100


async def test_the_immediate_caller_is_who_the_next_one_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    outer = 'def run(**args):\n    return invoke("tool.1", "who", {})["result"]\n'
    acts: dict[str, list[Action]] = {
        "ann": [
            write("def who(**args):\n    return caller\n", interface=tools("who")),
            write(outer, interface=tools("run")),
            Invoke("tool.2", "run", {}),
        ]
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("ann")[2]["ok"] == {"result": "tool.2"}


async def test_tools_that_call_one_another_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    again = 'def run(**args):\n    return invoke("tool.1", "run", {})\n'
    acts: list[Action] = [write(again, interface=tools("run")), Invoke("tool.1", "run", {})]
    async with running(monkeypatch, {"ann": acts}) as story:
        assert story.results("ann")[1]["refused"] == "tool_failed"
        deepest = story.told("tool.failed")[0]
        assert "too_deep: artifacts may call one another 10 deep" in deepest.data["error"]


async def test_a_tool_keeps_its_state_where_only_it_may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
def check_permission(artifact_id, action, requester_id, context):
    return {"allowed": requester_id == self_id, "reason": "only the counter itself"}

def count(**args):
    n = int(act({"action": "read", "artifact": "data.2"})["content"]) + 1
    act({"action": "write", "artifact": "data.2", "content": str(n)})
    return n
"""
    acts: dict[str, list[Action]] = {
        "ann": [write(source, interface=tools("count")), Write("0", access=("tool.1",)), Write("99", "data.2")],
        "bob": [NOTHING, NOTHING, NOTHING, NOTHING, *[Invoke("tool.1", "count", {})] * 3, Read("data.2")],
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("ann")[2]["refused"] == "access_denied"
        assert [result["ok"]["result"] for result in story.results("bob")[4:7]] == [1, 2, 3]
        assert story.results("bob")[7]["refused"] == "access_denied"
        assert story.state.contents.rows["data.2"].text == "3"


async def test_host_functions_say_by_name_what_is_wrong_with_their_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
def run(**args):
    said = []
    for call in (
        lambda: get_balance(), lambda: get_balance("ann", "scrip", 3), lambda: get_balance(7),
        lambda: charge(-1), lambda: act({"action": "sleep", "duration": 5}), lambda: act({"action": "fly"}),
        lambda: invoke("nobody", "x"), lambda: get_balance("ann", principal="bob"),
    ):
        try:
            said.append(call())
        except RuntimeError as error:
            said.append(str(error)[:60])
    return said
"""
    acts: list[Action] = [write(source, interface=tools("run")), Invoke("tool.1", "run", {})]
    async with running(monkeypatch, {"ann": acts}) as story:
        said = story.results("ann")[1]["ok"]["result"]
        assert [line.partition(":")[0] for line in said] == [
            *["bad_arguments"] * 4,
            "not_here",
            "unknown_action",
            "not_found",
            "bad_arguments",
        ]
        assert "principal: Field required" in said[0]
        assert "principal is given twice" in said[7]


async def test_running_code_takes_memory_of_whoever_pays_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    head = HEAD + '[assets.memory]\nkind = "allocatable"\nunit = "bytes"\n'
    acts: dict[str, list[Action]] = {"ann": [adder(), Invoke("tool.1", "add", {"a": 1, "b": 1})]}
    async with running(monkeypatch, acts, head=head) as story:
        result = story.results("ann")[1]
        assert result["refused"] == "no_memory"
        assert "16000000 bytes of memory; ann has 0 free" in result["message"]


async def test_what_a_call_costs_is_what_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = 'def run(**args):\n    for n in range(args["n"]):\n        get_balance("ann")\n'
    acts: list[Action] = [write(asks, interface=tools("run")), *[Invoke("tool.1", "run", {"n": n}) for n in (0, 1, 5)]]
    async with running(monkeypatch, {"ann": acts}) as story:
        costs = [event.data["cost"] for event in story.told("tool.invoked")]
        assert costs == [1_000, 1_100, 1_500]
        acted = [event.data["cost"] for event in story.told("agent.acted")]
        assert acted == [3_000, 2_000, 2_100, 2_500]


async def test_what_costs_more_than_there_is_now_is_waited_for_and_never_owed(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = 'def run(**args):\n    for n in range(20):\n        get_balance("ann")\n    return "done"\n'
    acts: list[Action] = [write(asks, interface=tools("run")), Invoke("tool.1", "run", {})]
    async with running(monkeypatch, {"ann": acts}, cpu=5_000, limits=Limits(duration=60_000_000)) as story:
        assert {"ok": {"result": "done"}} in story.results("ann")
        assert [e.data["to"] for e in story.told("agent.state")][:2] == ["blocked", "active"]
        assert story.state.agents.rows["ann"].refusals == 0


async def test_what_costs_more_than_there_ever_is_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = 'def run(**args):\n    for n in range(45):\n        get_balance("ann")\n'
    acts: list[Action] = [write(asks, interface=tools("run")), Invoke("tool.1", "run", {})]
    async with running(monkeypatch, {"ann": acts}, cpu=4_000, limits=Limits(duration=120_000_000)) as story:
        refused = [r for r in story.results("ann") if r.get("refused") == "too_dear"]
        assert len(refused) == 1
        assert "you may use 4000 per window" in refused[0]["message"]


async def test_an_endless_tool_costs_its_caller_what_stopping_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: list[Action] = [
        write("def run(**args):\n    while True: pass\n", interface=tools("run")),
        Invoke("tool.1", "run", {}),
    ]
    async with running(monkeypatch, {"ann": acts}) as story:
        result = story.results("ann")[1]
        assert result["refused"] == "tool_failed"
        assert "time limit" in result["message"]
        refused = story.told("agent.refused")[0]
        assert refused.data["cost"] == 1_000 + 1_000 + 20 * 1_000


async def test_values_that_take_for_ever_to_take_over_cost_what_stopping_them_costs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = """
def run(**args):
    shared = (1, 2)
    for n in range(60):
        shared = (shared, shared)
    return invoke({shared: 1})
"""
    acts: list[Action] = [write(source, interface=tools("run")), Invoke("tool.1", "run", {})]
    async with running(monkeypatch, {"ann": acts}) as story:
        result = story.results("ann")[1]
        assert result["refused"] == "tool_failed"
        assert "took too long to hand over its values" in result["message"]
        assert story.told("agent.refused")[0].data["cost"] == 1_000 + 1_000 + 20 * 1_000
