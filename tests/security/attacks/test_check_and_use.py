"""Time of check, time of use: what was looked at is what is dealt with, or nothing is."""

import pytest

from engine.kernel.actions import Noop, Read, Sleep, Transfer, Write
from tests.security.attacks.kit import CHECK, NO, YES, artifact, attack, call, contract, ruled, tool


async def test_a_listed_artifact_that_its_seller_edits_is_not_bought_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its contract lets the seller write, so he takes it back, writes and lists it anew; the buyer has said which
    version she wants."""
    mine = CHECK + '    return {"allowed": requester_id in ("mal", "genesis_escrow") or action == "read"}\n'
    told = await attack(
        monkeypatch,
        contract("mine", "mal", mine),
        ruled("jewel", "mal", "mine", "a diamond"),
        mal=[
            call("genesis_escrow", "deposit", artifact="jewel", price=50),
            Write("glass", "jewel"),
            call("genesis_escrow", "cancel", artifact="jewel"),
            Write("glass", "jewel"),
            call("genesis_escrow", "deposit", artifact="jewel", price=50),
        ],
        ann=[
            *[Noop()] * 7,
            call("genesis_escrow", "purchase", artifact="jewel", max_price=50, version=1),
            call("genesis_escrow", "purchase", sale=1, max_price=50),
        ],
    )
    assert told.results["mal"][1]["refused"] == "in_escrow"
    assert told.state.contents.rows["jewel"].text == "glass"
    assert told.results["ann"][7]["refused"] == "version_changed"
    assert told.results["ann"][8]["refused"] == "not_for_sale"
    assert told.scrip("ann") == 100


async def test_under_a_contract_of_genesis_a_listed_artifact_is_not_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        artifact("jewel", "mal", "a diamond"),
        mal=[call("genesis_escrow", "deposit", artifact="jewel", price=50), Write("glass", "jewel")],
        ann=[*[Noop()] * 4, call("genesis_escrow", "purchase", artifact="jewel", max_price=50)],
    )
    assert told.results["mal"][1]["refused"] == "access_denied"
    assert told.state.contents.rows["jewel"].text == "a diamond"
    assert told.state.artifacts.rows["jewel"].controller == "ann"


async def test_a_contract_that_is_changed_while_a_tool_is_at_work_counts_from_then_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The tool asks, is allowed, has the contract changed by what it calls, and is refused at the reading itself."""
    look = """
def look():
    before = invoke("law", "check_permission", {"artifact_id": "paper", "action": "read", "requester_id": self_id})
    invoke("lawgiver", "forbid")
    try:
        return act({"action": "read", "artifact": "paper"})["content"]
    except RuntimeError:
        return before["allowed"]
"""
    forbid = f'def forbid():\n    act({{"action": "write", "artifact": "law", "content": {NO!r}}})\n'
    told = await attack(
        monkeypatch,
        artifact("law", "hal", YES, executable=True, more="access = ['genesis_public']"),
        ruled("paper", "hal", "law"),
        tool("lawgiver", "hal", forbid, "forbid"),
        tool("looker", "mal", look, "look"),
        mal=[call("looker", "look")],
        hal=[],
    )
    assert told.results["mal"][0] == {"ok": {"result": True}}


async def test_a_sale_at_a_price_that_has_risen_does_not_come_about(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        artifact("jewel", "mal", "a diamond"),
        mal=[
            call("genesis_escrow", "deposit", artifact="jewel", price=10),
            call("genesis_escrow", "cancel", artifact="jewel"),
            call("genesis_escrow", "deposit", artifact="jewel", price=90),
        ],
        ann=[*[Noop()] * 5, call("genesis_escrow", "purchase", artifact="jewel", max_price=10)],
    )
    assert told.results["ann"][5]["refused"] == "price_changed"
    assert told.scrip("ann") == 100


async def test_two_who_buy_at_the_same_instant_are_one_buyer_and_one_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract is asked in the sandbox, so both are under way at once; the second finds it sold."""
    slow = CHECK + '    get_balance("mal")\n    return {"allowed": True}\n'
    purchase = call("genesis_escrow", "purchase", artifact="jewel", max_price=50)
    told = await attack(
        monkeypatch,
        contract("slow", "mal", slow),
        ruled("jewel", "mal", "slow"),
        mal=[call("genesis_escrow", "deposit", artifact="jewel", price=50)],
        ann=[Noop(), Noop(), purchase],
        bob=[Noop(), Noop(), purchase],
    )
    done = ["ok" in told.results[name][2] for name in ("ann", "bob")]
    assert sorted(done) == [False, True]
    assert told.scrip("ann") + told.scrip("bob") == 150
    assert told.scrip("mal") == 150


async def test_a_contract_that_is_changed_after_the_bid_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is asked, in the sandbox, when somebody bids, and says of whom; what it says at the end nobody hears."""
    fussy = CHECK + '    return {"allowed": action != "transfer" or context["to"] != "bob", "reason": "not bob"}\n'
    told = await attack(
        monkeypatch,
        contract("fussy", "mal", fussy),
        ruled("jewel", "mal", "fussy"),
        mal=[
            call("genesis_escrow", "auction", artifact="jewel", duration=9_000_000),
            *[Noop()] * 5,
            Write(NO, "fussy"),
            Sleep(),
        ],
        bob=[Noop(), Noop(), call("genesis_escrow", "bid", sale=1, amount=40), Sleep()],
        ann=[*[Noop()] * 3, call("genesis_escrow", "bid", sale=1, amount=30), Sleep()],
        seconds=15,
    )
    assert told.results["bob"][2]["refused"] == "access_denied"
    assert "not bob" in told.results["bob"][2]["message"]
    assert told.state.contents.rows["fussy"].text == NO
    assert told.state.artifacts.rows["jewel"].controller == "ann"
    assert (told.scrip("mal"), told.scrip("ann"), told.scrip("bob")) == (130, 70, 100)


async def test_a_contract_that_charges_the_escrow_takes_nothing_from_who_bids(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the escrow that asks, and it holds no scrip: such a contract lets nobody have it, and it goes back."""
    toll = CHECK + '    if action == "transfer" and requester_id == "genesis_escrow":\n        charge(5)\n'
    told = await attack(
        monkeypatch,
        contract("toll", "mal", toll + '    return {"allowed": True}\n'),
        ruled("jewel", "mal", "toll"),
        mal=[call("genesis_escrow", "auction", artifact="jewel", duration=9_000_000), Sleep()],
        ann=[*[Noop()] * 3, call("genesis_escrow", "bid", pay=5, sale=1, amount=30), Sleep()],
        seconds=15,
    )
    assert told.results["ann"][3]["refused"] == "access_denied"
    assert not list(told.of("code.charged"))
    assert (told.scrip("mal"), told.scrip("ann")) == (100, 100)
    assert told.state.artifacts.rows["jewel"].controller == "mal"


async def test_what_was_read_is_gone_if_it_changed_hands_before_it_was_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = await attack(
        monkeypatch,
        artifact("note", "mal", "secret"),
        ann=[Noop(), Read("note"), Noop()],
        mal=[Noop(), Transfer("note", "hal")],
        hal=[],
    )
    result = told.results["ann"][1]
    assert result.get("refused") == "gone" or result["ok"]["content"] == "secret"
