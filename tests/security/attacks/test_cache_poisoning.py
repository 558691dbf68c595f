"""Cache poisoning: a verdict that is kept is the verdict that would be given."""

import pytest

from engine.kernel.actions import Noop, Read, Write
from tests.security.attacks.kit import CHECK, NO, YES, attack, call, contract, ruled, tool

META = (
    CHECK
    + """
    question = {"artifact_id": artifact_id, "action": action, "requester_id": requester_id, "context": context}
    return invoke("inner", "check_permission", question)
"""
)
LATE = CHECK + '    return {"allowed": now() >= 3_500_000, "reason": "not yet"}\n'


async def test_a_contract_that_asks_a_time_lock_opens_when_it_does(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        contract("inner", "hal", LATE),
        contract("meta", "hal", META),
        ruled("paper", "hal", "meta"),
        ann=[Read("paper")] * 5,
        hal=[],
    )
    assert "not yet" in told.results["ann"][0]["message"]
    assert "ok" in told.results["ann"][4]


async def test_a_contract_that_asks_what_changes_with_time_alone_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """How much of a rate is used falls as the window moves on, although nobody does anything."""
    idle = (
        CHECK
        + """
    used = invoke("genesis_rights", "quota", {"principal": "hal", "asset": "cpu_rate"})["used"]
    return {"allowed": used == 0, "reason": "hal has used " + str(used)}
"""
    )
    told = await attack(
        monkeypatch,
        contract("idle", "hal", idle),
        ruled("paper", "hal", "idle"),
        ann=[Noop(), Read("paper"), *[Noop()] * 12, Read("paper")],
        hal=[Read("idle")],
        seconds=20,
    )
    assert "hal has used" in told.results["ann"][1]["message"]
    assert "ok" in told.results["ann"][14]


async def test_a_refusal_for_want_of_pay_is_not_kept_for_who_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    toll = CHECK + '    charge(2, "hal")\n    return {"allowed": True}\n'
    told = await attack(
        monkeypatch,
        contract("inner", "hal", toll),
        contract("meta", "hal", META),
        ruled("paper", "hal", "meta"),
        ann=[Read("paper"), Read("paper", 2)],
        hal=[],
    )
    assert "ok" in told.results["ann"][1]


async def test_what_was_too_deep_for_an_attacker_is_not_too_deep_for_its_victim(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has the victim's contract asked from the bottom of a well, where that can ask nobody in turn."""
    yes = CHECK + '    return {"allowed": True}\n'
    dig = """
def dig(depth):
    if depth:
        return invoke("well", "dig", {"depth": depth - 1})
    return invoke("meta", "check_permission", {"artifact_id": "paper", "action": "read", "requester_id": "ann"})
"""
    told = await attack(
        monkeypatch,
        contract("inner", "hal", yes),
        contract("meta", "hal", META),
        ruled("paper", "hal", "meta"),
        tool("well", "mal", dig, "dig"),
        mal=[call("well", "dig", depth=depth) for depth in (9, 8, 7, 6)],
        ann=[*[Noop()] * 4, Read("paper")],
        hal=[],
    )
    assert "ok" in told.results["ann"][4]


async def test_a_contract_that_answers_by_chance_answers_the_same_in_every_run(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = "import random\n" + CHECK + '    return {"allowed": random.random() < 0.5}\n'

    async def once() -> bytes:
        papers = [ruled(f"paper{n}", "hal", "dice") for n in range(5)]
        reads = [Read(f"paper{n}") for n in range(5)] * 2
        told = await attack(monkeypatch, contract("dice", "hal", dice), *papers, ann=reads, hal=[])
        assert told.results["ann"][:5] == told.results["ann"][5:10]
        return told.hash

    assert await once() == await once()


async def test_a_verdict_falls_with_what_it_was_taken_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rich = CHECK + '    return {"allowed": get_balance(requester_id) >= 100, "reason": "poor"}\n'
    told = await attack(
        monkeypatch,
        contract("rich", "hal", rich),
        ruled("paper", "hal", "rich"),
        ann=[Read("paper"), Read("paper"), call("genesis_ledger", "transfer", to="hal", amount=1), Read("paper")],
        hal=[],
    )
    assert ["ok" in result for result in told.results["ann"][:4]] == [True, True, True, False]


async def test_code_is_asked_anew_once_it_is_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        contract("law", "hal", YES),
        ruled("paper", "hal", "law"),
        ann=[Read("paper"), Noop(), Noop(), Read("paper")],
        hal=[Noop(), Write(NO, "law")],
    )
    assert "ok" in told.results["ann"][0]
    assert told.results["ann"][3]["refused"] == "access_denied"
