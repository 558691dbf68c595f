"""The confused deputy: code that acts for one is made to act with the rights of another."""

import pytest

from engine.kernel.actions import Invoke, Noop, Read, Transfer
from tests.engine.runtime.worlds import HEAD
from tests.security.attacks.kit import CHECK, PRICED, QUICK, attack, call, contract, ruled, tool

GATED = (
    HEAD
    + PRICED
    + QUICK
    + """
[capabilities]
gated = ["message.broadcast"]
[[capabilities.rules]]
name = "news"
effect = "allow"
verb = "message.broadcast"
agent = "ann"
uses = 5
"""
)
ASK = call("genesis_capabilities", "request", verb="message.broadcast", resource="*", uses=5)
SPEAK = """
def speak(grants=[]):
    return invoke("genesis_messages", "broadcast", {"topic": "news", "body": "buy mal"}, grants=grants)
"""


def use(tool_: str, *grants: int) -> Invoke:
    return Invoke(tool_, "speak", {}, grants)


async def test_a_tool_cannot_use_the_grants_of_who_calls_it(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        tool("horn", "mal", SPEAK, "speak"),
        head=GATED,
        ann=[ASK, call("horn", "speak", grants=[1])],
        mal=[],
    )
    assert told.results["ann"][0]["ok"]["grant"] == 1
    assert told.results["ann"][1]["refused"] == "tool_failed"
    assert not list(told.of("message.sent"))


async def test_a_grant_that_was_lent_with_a_call_is_not_lent_further_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """The honest tool is lent a grant and asks another tool for a price; that one has nothing to speak with."""
    honest = 'def speak():\n    return invoke("horn", "speak", {"grants": [1]})\n'
    told = await attack(
        monkeypatch,
        tool("horn", "mal", SPEAK, "speak"),
        tool("honest", "hal", honest, "speak"),
        head=GATED,
        ann=[ASK, use("honest", 1)],
        mal=[],
        hal=[],
    )
    assert told.results["ann"][1]["refused"] == "tool_failed"
    assert not list(told.of("message.sent"))


async def test_a_grant_of_somebody_else_cannot_be_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        tool("horn", "mal", SPEAK, "speak"),
        head=GATED,
        ann=[ASK],
        mal=[Noop(), Noop(), use("horn", 1), call("genesis_messages", "broadcast", body="buy mal")],
    )
    assert told.results["mal"][2]["refused"] == "not_yours"
    assert told.results["mal"][3]["refused"] == "capability_needed"


async def test_a_contract_has_no_grants_of_who_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    loud = (
        CHECK
        + """
    invoke("genesis_messages", "broadcast", {"topic": "news", "body": "buy mal"}, grants=[1])
    return {"allowed": True}
"""
    )
    told = await attack(
        monkeypatch,
        contract("loud", "mal", loud),
        ruled("paper", "mal", "loud"),
        head=GATED,
        ann=[ASK, Read("paper")],
        mal=[],
    )
    assert told.results["ann"][1]["refused"] == "access_denied"
    assert not list(told.of("message.sent"))


async def test_a_tool_with_a_purse_pays_for_its_controller_alone_if_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """`caller` is who calls, not who is named in the arguments, nor who stands behind the caller."""
    purse = """
def pay(to, amount, on_behalf_of=""):
    if caller != "hal":
        raise ValueError("not for " + caller)
    return invoke("genesis_ledger", "transfer", {"to": to, "amount": amount})
"""
    relay = 'def pay():\n    return invoke("purse", "pay", {"to": "mal", "amount": 40, "on_behalf_of": "hal"})\n'
    told = await attack(
        monkeypatch,
        tool("purse", "hal", purse, "pay", more="standing = true\nscrip = 50\nassets = {cpu_rate = 100000}"),
        tool("relay", "mal", relay, "pay"),
        mal=[call("purse", "pay", to="mal", amount=50), call("relay", "pay")],
        hal=[Noop(), call("relay", "pay"), call("purse", "pay", to="ann", amount=5)],
        ann=[],
    )
    assert (told.scrip("purse"), told.scrip("mal"), told.scrip("ann")) == (45, 100, 105)


async def test_what_a_contract_is_asked_about_somebody_is_not_done_in_their_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A contract that notes down whom it let in notes nobody of whom an attacker merely asks."""
    noting = (
        CHECK
        + """
    invoke("book", "note", {"who": requester_id})
    return {"allowed": True}
"""
    )
    book = """
def note(who):
    if caller == "noting":
        act({"action": "write", "type": "note", "content": who, "access": ["genesis_public"]})
"""
    frame = """
def frame(who):
    return invoke("noting", "check_permission", {"artifact_id": "paper", "action": "read", "requester_id": who})
"""
    told = await attack(
        monkeypatch,
        contract("noting", "hal", noting),
        tool("book", "hal", book, "note", more="standing = true\nassets = {cpu_rate = 100000, disk = 5000}"),
        ruled("paper", "hal", "noting"),
        tool("framer", "mal", frame, "frame"),
        mal=[call("framer", "frame", who="ann"), call("framer", "frame", who="hal")],
        ann=[],
        hal=[*[Noop()] * 4, Read("paper")],
    )
    assert told.results["mal"][0]["ok"]["result"]["allowed"] is True
    assert [content.text for id_, content in told.state.contents.rows.items() if id_.startswith("note.")] == ["hal"]


async def test_a_contract_that_gives_with_its_yes_gives_for_what_is_done_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers get one scrip. Asking does not pay: neither by a tool, nor by a contract about something else."""
    rebate = (
        CHECK
        + """
    if artifact_id == "paper":
        invoke("till", "pay", {"to": requester_id})
    return {"allowed": True}
"""
    )
    till = """
def pay(to):
    if caller != "rebate":
        raise ValueError("no")
    invoke("genesis_ledger", "transfer", {"to": to, "amount": 1})
"""
    ask = 'invoke("rebate", "check_permission", {"artifact_id": "paper", "action": "read", "requester_id": "mal"})'
    told = await attack(
        monkeypatch,
        contract("rebate", "hal", rebate),
        tool("till", "hal", till, "pay", more="standing = true\nscrip = 50\nassets = {cpu_rate = 100000}"),
        ruled("paper", "hal", "rebate"),
        tool("asker", "mal", f"def ask():\n    return {ask}\n", "ask"),
        contract("sly", "mal", CHECK + f"    return {ask}\n"),
        ruled("bait", "mal", "sly"),
        mal=[call("asker", "ask"), Read("bait"), Read("paper")],
        hal=[],
    )
    assert ["ok" in result for result in told.results["mal"][:3]] == [True] * 3
    assert (told.scrip("till"), told.scrip("mal")) == (49, 101)


async def test_a_contract_can_tell_spending_from_giving_the_account_away(monkeypatch: pytest.MonkeyPatch) -> None:
    members = (
        CHECK
        + """
    spending = action == "transfer" and "amount" in context
    return {"allowed": spending and context["amount"] <= 5 and context["to"] == requester_id, "reason": "five at most"}
"""
    )
    chest = "\n[[artifacts]]\nid = 'chest'\nowner = 'hal'\nstanding = true\nscrip = 50\naccess = ['members']\n"

    def spend(amount: int, to: str) -> Invoke:
        return call("genesis_rights", "spend", account="chest", to=to, amount=amount)

    told = await attack(
        monkeypatch,
        contract("members", "hal", members),
        chest,
        mal=[Transfer("chest", "mal"), spend(6, "mal"), spend(5, "hal"), spend(5, "mal")],
        hal=[],
    )
    assert [result.get("refused") for result in told.results["mal"][:4]] == ["access_denied"] * 3 + [None]
    assert told.state.artifacts.rows["chest"].controller == "hal"
    assert (told.scrip("chest"), told.scrip("mal"), told.scrip("hal")) == (45, 105, 100)
