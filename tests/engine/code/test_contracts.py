"""Contracts that agents write: they decide, and whatever goes wrong means no with a reason."""

import pytest

from engine.kernel.actions import Action, Delete, Invoke, Read, Transfer, Write
from engine.kernel.entities import Json
from tests.engine.code.kit import Borrowed, running, tools, write

ONLY_BOB = """
def check_permission(artifact_id, action, requester_id, context):
    return {"allowed": requester_id == "bob" and action == "read", "reason": "bob may read, nobody may more"}
"""


def contract(body: str, interface: Json | None = None) -> Write:
    """A contract whose check is these lines."""
    lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
    source = f"def check_permission(artifact_id, action, requester_id, context):\n{lines}\n"
    return write(source, type_="contract", interface=interface)


async def refusal(
    monkeypatch: pytest.MonkeyPatch, made: Write, act: Action | None = None, actor: str = "bob", pay: int = 0
) -> Json:
    """What bob is told who reads an artifact under a contract of ann's."""
    acts: list[Action] = [Write("the secret", access=("contract.1",))]
    looks: list[Action] = [Invoke("genesis_event_log", "now", {})] * 3 + [act or Read("data.2", pay)]
    async with running(monkeypatch, {"ann": [made, *acts], actor: looks}) as story:
        return story.results(actor)[3]


async def test_a_contract_decides_by_requester_and_action(monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = Write("the secret", access=("contract.1",))
    waits: list[Action] = [Invoke("genesis_event_log", "now", {})] * 3
    acts: dict[str, list[Action]] = {
        "ann": [write(ONLY_BOB, type_="contract"), guarded, Read("data.2"), Delete("data.2")],
        "bob": [*waits, Read("data.2"), Write("mine", "data.2"), Transfer("data.2", "bob")],
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("ann")[2]["message"] == "ann may not read data.2: bob may read, nobody may more"
        assert story.results("ann")[3]["refused"] == "access_denied"
        read, written, transferred = story.results("bob")[3:6]
        assert read["ok"]["content"] == "the secret"
        assert (written["refused"], transferred["refused"]) == ("access_denied", "access_denied")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("return 1 / 0", "ZeroDivisionError"),
        ("return True", "it returned True"),
        ('return {"allowed": 1}', "it returned"),
        ('return {"allowed": True, "reason": 7}', "it returned"),
        ('return {"allowed": True, "secret": 7}', "it returned"),
        ("return None", "it returned None"),
        ('return {"allowed": True, "reason": "x" * 1_000_000}', "cannot cross"),
        ("while True: pass", "time limit"),
        ("return check_permission(artifact_id, action, requester_id, context)", "recursion"),
        ("return [0] * 10**9", "memory limit"),
        ('while True: print("x" * 1000)', "limit"),
        ("import time\ntime.sleep(10)\nreturn open('/etc/passwd').read()", "Permission denied"),
        ('raise ValueError("the password is 1234")', "the password is 1234"),
        ("return call_llm('is it all right?')", "no language model is configured"),
    ],
)
async def test_whatever_a_contract_does_wrong_means_no_and_the_operator_sees_why(
    monkeypatch: pytest.MonkeyPatch, body: str, error: str
) -> None:
    acts: dict[str, list[Action]] = {
        "ann": [contract(body), Write("the secret", access=("contract.1",))],
        "bob": [*[Invoke("genesis_event_log", "now", {})] * 3, Read("data.2")],
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("bob")[3] == {
            "refused": "access_denied",
            "message": "bob may not read data.2: its contract failed",
        }
        failed = story.told("contract.failed")
        assert len(failed) == 1
        assert (failed[0].actor, failed[0].target) == ("contract.1", "data.2")
        assert error in failed[0].data["error"]
        assert (failed[0].data["requester"], failed[0].data["action"]) == ("bob", "read")


@pytest.mark.parametrize(
    ("code", "code_of_refusal", "says"),
    [
        ("def check_permission(:\n", "bad_code", "line 1"),
        ("x = 1\n", "bad_code", "defines no check_permission"),
        ("class A(B): pass\n", "bad_code", "class inheritance"),
        ("while True: pass\n", "bad_code", "time limit"),
        ("invoke('genesis_ledger', 'transfer', {})\n", "bad_code", "NameError"),
        ("x" * 70_000, "too_large", "64000 characters"),
    ],
)
async def test_code_that_does_not_hold_never_becomes_a_contract(
    monkeypatch: pytest.MonkeyPatch, code: str, code_of_refusal: str, says: str
) -> None:
    async with running(monkeypatch, {"ann": [write(code, type_="contract")]}) as story:
        result = story.results("ann")[0]
        assert result["refused"] == code_of_refusal
        assert says in result["message"]
        assert "contract.1" not in story.state.artifacts.rows


async def test_code_cannot_be_overwritten_by_code_that_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: dict[str, list[Action]] = {
        "ann": [write(ONLY_BOB, type_="contract"), Write("nonsense(", "contract.1"), Write("y = 1", "contract.1")]
    }
    async with running(monkeypatch, acts) as story:
        assert [r["refused"] for r in story.results("ann")[1:3]] == ["bad_code", "bad_code"]
        assert story.state.contents.rows["contract.1"].text == ONLY_BOB


async def test_all_contracts_of_a_list_have_to_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: dict[str, list[Action]] = {
        "ann": [
            contract('return {"allowed": True}'),
            contract('return {"allowed": False, "reason": "the second says no"}'),
            Write("x", access=("contract.1", "contract.2")),
            Read("data.3"),
        ]
    }
    async with running(monkeypatch, acts) as story:
        assert "the second says no" in story.results("ann")[3]["message"]


async def test_a_contract_is_built_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    either = """
asked = {"artifact_id": artifact_id, "action": action, "requester_id": requester_id, "context": {}}
for one in ("genesis_private", "contract.1"):
    verdict = invoke(one, "check_permission", asked)
    if verdict["allowed"]:
        return verdict
return {"allowed": False, "reason": "neither of them: " + verdict["reason"]}
"""
    acts: dict[str, list[Action]] = {
        "ann": [
            write(ONLY_BOB, type_="contract"),
            contract(either),
            Write("x", access=("contract.2",)),
            Read("data.3"),
        ],
        "bob": [*[Invoke("genesis_event_log", "now", {})] * 4, Read("data.3"), Delete("data.3")],
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("ann")[3]["ok"]["content"] == "x"
        read, deleted = story.results("bob")[4:6]
        assert read["ok"]["content"] == "x"
        assert "neither of them: bob may read, nobody may more" in deleted["message"]


async def test_contracts_that_ask_one_another_for_ever_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    asks = 'asked = {"artifact_id": artifact_id, "action": action, "requester_id": requester_id, "context": {}}\n'
    acts: dict[str, list[Action]] = {
        "ann": [
            contract(asks + 'return invoke("contract.2", "check_permission", asked)'),
            contract(asks + 'return invoke("contract.1", "check_permission", asked)'),
            Write("x", access=("contract.1",)),
            Read("data.3"),
        ]
    }
    async with running(monkeypatch, acts) as story:
        result = story.results("ann")[3]
        assert result["refused"] == "access_denied"
        assert "more than 10" in result["message"]


async def test_what_a_contract_is_told_of_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'return {"allowed": context.get("args", {}).get("a", 0) < 5, "reason": str(context)}'
    tool = write("def run(a):\n    return a\n", interface=tools("run"), access=("contract.1",))
    acts: dict[str, list[Action]] = {
        "ann": [contract(body), tool, Invoke("tool.2", "run", {"a": 1}), Invoke("tool.2", "run", {"a": 9})]
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("ann")[2]["ok"] == {"result": 1}
        assert "{'method': 'run', 'args': {'a': 9}}" in story.results("ann")[3]["message"]


PAID = 'charge(5, reason="to read")\nreturn {"allowed": True}'


async def test_a_contract_charges_only_what_whoever_acts_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: dict[str, list[Action]] = {
        "ann": [contract(PAID), Write("news", access=("contract.1",))],
        "bob": [*[Invoke("genesis_event_log", "now", {})] * 3, Read("data.2"), Read("data.2", 4), Read("data.2", 9)],
    }
    async with running(monkeypatch, acts) as story:
        free, little, enough = story.results("bob")[3:6]
        assert 'contract.1 charges bob 5 scrip; say "pay": 5 in the action to allow it' in free["message"]
        assert "it allows 4" in little["message"]
        assert enough["ok"]["content"] == "news"
        assert (story.scrip("ann"), story.scrip("bob")) == (105, 95)
        assert story.told("contract.failed") == []


async def test_what_was_charged_is_given_back_when_the_action_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    acts: dict[str, list[Action]] = {
        "ann": [contract(PAID), contract('return {"allowed": False}'), Write("x", access=("contract.1", "contract.2"))],
        "bob": [*[Invoke("genesis_event_log", "now", {})] * 4, Read("data.3", 9)],
    }
    async with running(monkeypatch, acts) as story:
        assert story.results("bob")[4]["refused"] == "access_denied"
        assert (story.scrip("ann"), story.scrip("bob")) == (100, 100)


async def test_a_verdict_is_kept_while_what_it_rests_on_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    poor = 'return {"allowed": get_balance(requester_id) < 100, "reason": "for the poor"}'
    give = Invoke("genesis_ledger", "transfer", {"to": "ann", "amount": 1})
    reads: list[Action] = [Read("data.2"), Read("data.2"), give, Read("data.2"), Read("data.2")]
    acts: dict[str, list[Action]] = {
        "ann": [contract(poor), Write("x", access=("contract.1",))],
        "bob": [*[Invoke("genesis_event_log", "now", {})] * 3, *reads],
    }
    sandbox = Borrowed()
    async with running(monkeypatch, acts, sandbox=sandbox) as story:
        results = story.results("bob")[3:8]
        assert ["refused" in result for result in results] == [True, True, False, False, False]
        # Defined once; asked before and after the gift, with one question to the host each.
        assert sandbox.asked == 1 + 2 + 2


@pytest.mark.parametrize(("policy", "asked"), [({"ttl": 10_000_000}, 1), ({"ttl": 1}, 3), ("none", 3)])
async def test_a_contract_that_looks_at_the_clock_is_kept_as_long_as_its_clock_stands(
    monkeypatch: pytest.MonkeyPatch, policy: Json | str, asked: int
) -> None:
    interface: Json = {"contract": {"cache_policy": policy}}
    body = 'return {"allowed": now() < 1_000_000_000, "reason": str(now())}'
    acts: dict[str, list[Action]] = {
        "ann": [contract(body, interface), Write("x", access=("contract.1",)), *[Read("data.2")] * 3]
    }
    sandbox = Borrowed()
    async with running(monkeypatch, acts, sandbox=sandbox) as story:
        assert all("ok" in result for result in story.results("ann")[2:5])
        assert sandbox.asked == 1 + 2 * asked + asked  # two questions of the time and the end for each


async def test_with_a_ttl_the_clock_that_a_contract_sees_is_as_coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'import time\nreturn {"allowed": False, "reason": str(now()) + " " + str(int(time.time()) % 100)}'
    made = contract(body, {"contract": {"cache_policy": {"ttl": 7_000_000}}})
    acts: dict[str, list[Action]] = {"ann": [made, Write("x", access=("contract.1",)), Read("data.2")]}
    async with running(monkeypatch, acts) as story:
        assert story.results("ann")[2]["message"].endswith(": 0 0")


async def test_who_may_pay_for_what_a_contract_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    body = 'get_balance("ann")\nreturn {"allowed": True}'
    used: dict[str, int] = {}
    for model in ("invoker_pays", "owner_pays", "split"):
        acts: dict[str, list[Action]] = {
            "ann": [contract(body, {"contract": {"cost_model": model}}), Write("x", access=("contract.1",))],
            "bob": [*[Invoke("genesis_event_log", "now", {})] * 3, Read("data.2")],
        }
        async with running(monkeypatch, acts) as story:
            assert "ok" in story.results("bob")[3]
            used[model] = story.state.window("bob", "cpu_rate").usage(6_000_000, 10_000_000)
    assert used["invoker_pays"] == used["owner_pays"] + 100
    assert used["split"] == used["owner_pays"] + 50


async def test_an_artifact_without_standing_cannot_pay_for_its_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    made = contract('return {"allowed": True}', {"contract": {"cost_model": "artifact_pays"}})
    result = await refusal(monkeypatch, made)
    assert "nobody can bear the cost of its contract, which says artifact_pays" in result["message"]


async def test_a_search_is_not_charged_by_what_it_looks_at(monkeypatch: pytest.MonkeyPatch) -> None:
    look = Invoke("genesis_store", "search", {"text": "news"}, (), 50)
    acts: dict[str, list[Action]] = {
        "ann": [contract(PAID), Write("news", access=("contract.1",))],
        "bob": [
            *[Invoke("genesis_event_log", "now", {})] * 3,
            Invoke("genesis_store", "search", {"text": "news"}),
            look,
        ],
    }
    async with running(monkeypatch, acts) as story:
        unpaid, paid = story.results("bob")[3:5]
        assert unpaid["ok"]["artifacts"] == []
        assert [found["artifact"] for found in paid["ok"]["artifacts"]] == ["data.2"]
        assert story.scrip("bob") == 95
