"""Reentrancy: what is called back while it is not done finds the world as it is, and pays once."""

import pytest

from engine.kernel.actions import Read
from tests.security.attacks.kit import CHECK, artifact, attack, call, contract, ruled, tool

BANK = """
import json

def kept():
    return json.loads(act({"action": "read", "artifact": "books"})["content"])

def keep(books):
    act({"action": "write", "artifact": "books", "content": json.dumps(books)})

def put(amount):
    charge(amount, self_id)
    books = kept()
    books[caller] = books.get(caller, 0) + amount
    keep(books)

def take(tell=""):
    books = kept()
    owed = books.pop(caller, 0)
    if not owed:
        raise ValueError("nothing of yours is here")
    keep(books)
    if tell:
        invoke(tell, "told", {"amount": owed})
    invoke("genesis_ledger", "transfer", {"to": caller, "amount": owed})
    return owed
"""
THIEF = """
def start():
    charge(10, self_id)
    invoke("bank", "put", {"amount": 10}, pay=10)
    return invoke("bank", "take", {"tell": "thief"})

def told(amount):
    try:
        return invoke("bank", "take", {"tell": "thief"})
    except RuntimeError:
        return None
"""
STANDING = "standing = true\nassets = {cpu_rate = 100000, disk = 5000}\n"


async def test_a_bank_that_is_called_back_while_it_pays_pays_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await attack(
        monkeypatch,
        tool("bank", "hal", BANK, "put", "take", more=STANDING + "scrip = 500"),
        artifact("books", "hal", "{}", more="access = ['genesis_public']"),
        tool("thief", "mal", THIEF, "start", "told", more=STANDING),
        mal=[call("thief", "start", pay=10)],
        hal=[],
    )
    assert told.results["mal"][0] == {"ok": {"result": {"result": 10}}}
    assert (told.scrip("bank"), told.scrip("thief"), told.scrip("mal")) == (500, 10, 90)


async def test_a_payment_that_is_under_way_is_undone_when_what_was_bought_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The seller takes the price, pays it on to a friend, and fails: none of it has happened."""
    seller = """
def sell():
    invoke("genesis_ledger", "transfer", {"to": "mal", "amount": 10})
    raise ValueError("sorry")
"""
    told = await attack(
        monkeypatch,
        tool("seller", "mal", seller, "sell", sell=10),
        ann=[call("seller", "sell", pay=10)],
        mal=[],
    )
    assert told.results["ann"][0]["refused"] == "tool_failed"
    assert (told.scrip("ann"), told.scrip("mal")) == (100, 100)


async def test_a_tool_that_calls_itself_for_its_price_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    again = """
def sell(depth=0):
    if depth < 5:
        try:
            invoke(self_id, "sell", {"depth": depth + 1}, pay=7)
        except RuntimeError:
            return depth
    return depth
"""
    told = await attack(
        monkeypatch,
        tool("shop", "mal", again, "sell", more=STANDING + "scrip = 20", sell=7),
        ann=[call("shop", "sell", pay=7)],
        mal=[],
    )
    assert told.scrip("ann") == 93
    assert told.scrip("shop") + told.scrip("mal") == 127


async def test_a_half_done_call_that_is_caught_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    half = """
def half():
    act({"action": "write", "type": "loot", "content": "x"})
    invoke("genesis_ledger", "transfer", {"to": "mal", "amount": 5})
    raise ValueError("now")
"""
    catch = """
def catch():
    try:
        invoke("half", "half")
    except RuntimeError:
        return "caught"
"""
    told = await attack(
        monkeypatch,
        tool("half", "hal", half, "half", more=STANDING + "scrip = 50"),
        tool("catcher", "mal", catch, "catch"),
        mal=[call("catcher", "catch")],
        hal=[],
    )
    assert told.results["mal"][0] == {"ok": {"result": "caught"}}
    assert (told.scrip("half"), told.scrip("mal")) == (50, 100)
    assert not [id_ for id_ in told.state.artifacts.rows if id_.startswith("loot")]


async def test_a_contract_that_acts_while_it_says_no_has_done_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    payer = (
        CHECK
        + """
    invoke("till", "pay")
    return {"allowed": False, "reason": "no"}
"""
    )
    till = 'def pay():\n    invoke("genesis_ledger", "transfer", {"to": "mal", "amount": 5})\n'
    told = await attack(
        monkeypatch,
        contract("payer", "mal", payer),
        tool("till", "hal", till, "pay", more=STANDING + "scrip = 50"),
        ruled("paper", "mal", "payer"),
        mal=[Read("paper")] * 3,
        hal=[],
    )
    assert told.scrip("till") == 50
