"""What a contract is asked about stands still: nobody acts on what an artifact was before its contract changed it."""

import pytest

from engine.kernel import ledger
from engine.kernel.actions import Action, Delete, Edit, Invoke, Noop, Read, Transfer, Write
from engine.kernel.entities import Json
from tests.engine.code.kit import Story, running, tools, write

DELETES = "def hit(x):\n    return act({'action': 'delete', 'artifact': x})\n"
LETS_IT_VANISH = """
def check_permission(artifact_id, action, requester_id, context):
    if requester_id != "tool.1":
        invoke("tool.1", "hit", {"x": artifact_id})
    return {"allowed": True}
"""
LOOKS = """
def check_permission(artifact_id, action, requester_id, context):
    found = invoke("genesis_escrow", "listings", {})
    return {"allowed": True, "reason": str(len(found["listings"]))}
"""
SHARE = Invoke("genesis_assets", "create", {"name": "share", "access": ["contract.2"]})
PAPER = Write("paper", access=("contract.2",))
UNKEPT: Json = {"contract": {"cache_policy": "none"}}
GROUND = [write(DELETES, interface=tools("hit")), write(LETS_IT_VANISH, type_="contract", interface=UNKEPT)]


def sound(story: Story) -> None:
    """Everything adds up, and each stored byte is held on somebody's disk."""
    ledger.check_conservation(story.state)
    for row in story.state.artifacts.rows.values():
        if row.disk_hold is not None:
            assert (row.id, row.size) == (row.id, story.state.holds.rows[row.disk_hold].amount)


@pytest.mark.parametrize(
    "act",
    [
        Write("new", artifact="data.3"),
        Edit("data.3", "paper", "stone"),
        Delete("data.3"),
        Transfer("data.3", "bob"),
        Read("data.3"),
        Invoke("genesis_escrow", "deposit", {"artifact": "data.3", "price": 5}),
        Invoke("genesis_escrow", "auction", {"artifact": "data.3", "reserve": 5, "duration": 9_000_000}),
    ],
    ids=lambda act: getattr(act, "method", type(act).__name__),
)
async def test_an_artifact_that_its_contract_deletes_is_acted_on_by_nobody(
    monkeypatch: pytest.MonkeyPatch, act: Action
) -> None:
    async with running(monkeypatch, {"ann": [*GROUND, PAPER, act], "bob": [Noop()]}) as story:
        assert story.results("ann")[3]["refused"] == "changed", story.results("ann")
        assert story.state.artifacts.rows["data.3"].controller == "ann"
        assert story.state.contents.rows["data.3"].text == "paper"
        sound(story)


@pytest.mark.parametrize(
    "act",
    [
        Invoke("genesis_exchange", "open_market", {"asset": "share.3"}),
        Invoke("genesis_assets", "issue", {"asset": "share.3", "amount": 5}),
        Transfer("share.3", "bob"),
    ],
    ids=lambda act: getattr(act, "method", type(act).__name__),
)
async def test_an_asset_that_its_contract_deletes_is_neither_listed_nor_issued(
    monkeypatch: pytest.MonkeyPatch, act: Action
) -> None:
    async with running(monkeypatch, {"ann": [*GROUND, SHARE, act], "bob": [Noop()]}) as story:
        assert story.results("ann")[3]["refused"] == "changed", story.results("ann")
        assert "share.3" in story.state.assets.rows
        assert "share.3" not in story.state.instruments.rows
        sound(story)


async def test_code_with_standing_sells_nothing_under_the_hands_of_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = """
[[artifacts]]
id = "shop"
owner = "ann"
executable = true
standing = true
assets = { cpu_rate = 1_000_000, disk = 10_000 }
interface = { tools = [{ name = "sell", inputSchema = { type = "object" } }] }
content = '''
def sell(x):
    return invoke("genesis_escrow", "deposit", {"artifact": x, "price": 1})
'''
[[artifacts]]
id = "seller"
type = "contract"
owner = "ann"
executable = true
interface = { contract = { cache_policy = "none" } }
content = '''
def check_permission(artifact_id, action, requester_id, context):
    if requester_id == "ann":
        invoke("shop", "sell", {"x": artifact_id})
    return {"allowed": True}
'''
"""
    paper = Write("paper", access=("seller",))
    look = Invoke("genesis_escrow", "listings", {})
    for act in (Write("new", artifact="data.1"), Delete("data.1"), Transfer("data.1", "bob")):
        async with running(monkeypatch, {"ann": [paper, act, look], "bob": [Noop()]}, more=more) as story:
            assert story.results("ann")[1]["refused"] == "changed", story.results("ann")
            assert story.results("ann")[2]["ok"]["listings"] == []
            assert story.state.artifacts.rows["data.1"].controller == "ann"
            sound(story)


async def test_a_sale_that_is_being_delivered_is_for_sale_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """The contract of the second artifact looks at what is for sale when the first has gone to the buyer already."""
    deposit = Invoke("genesis_escrow", "deposit", {"artifacts": ["data.2", "data.3"], "price": 5})
    ann: list[Action] = [
        write(LOOKS, type_="contract", interface=UNKEPT),
        Write("one"),
        Write("two", access=("contract.1",)),
        deposit,
    ]
    buy = Invoke("genesis_escrow", "purchase", {"sale": 1})
    async with running(monkeypatch, {"ann": ann, "bob": [*[Noop()] * 5, buy]}) as story:
        assert "ok" in story.results("bob")[5], story.results("bob")
        assert {story.state.artifacts.rows[one].controller for one in ("data.2", "data.3")} == {"bob"}
        assert not story.state.escrowed.rows
        sound(story)


async def test_what_is_in_escrow_is_spent_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    more = """
[[artifacts]]
id = "till"
type = "account"
owner = "ann"
standing = true
scrip = 40
access = ["genesis_public"]
"""
    deposit = Invoke("genesis_escrow", "deposit", {"artifact": "till", "price": 50})
    spend = Invoke("genesis_rights", "spend", {"account": "till", "to": "bob", "amount": 40, "asset": "scrip"})
    async with running(monkeypatch, {"ann": [deposit], "bob": [*[Noop()] * 2, spend]}, more=more) as story:
        assert story.results("bob")[2]["refused"] == "in_escrow", story.results("bob")
        assert story.scrip("till") == 40


async def test_assets_that_come_and_go_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def rounds(number: int) -> list[Action]:
        asset = {"asset": f"share.{number}"}
        return [
            Invoke("genesis_assets", "create", {"name": "share"}),
            Invoke("genesis_assets", "issue", {**asset, "amount": 1}),
            Invoke("genesis_assets", "retire", {**asset, "amount": 1}),
            Delete(f"share.{number}"),
        ]

    async with running(monkeypatch, {"ann": rounds(1) + rounds(2), "bob": [Noop()]}) as story:
        assert all("ok" in one for one in story.results("ann")[:8]), story.results("ann")
        assert not [key for key in story.state.balances.rows if "share" in key[1]]
        sound(story)


async def test_nobody_draws_what_an_agent_issues(monkeypatch: pytest.MonkeyPatch) -> None:
    acts = [
        Invoke("genesis_assets", "create", {"name": "share"}),
        Invoke("genesis_rights", "draw", {"asset": "share.1", "amount": 1}),
        Invoke("genesis_rights", "assets", {}),
    ]
    async with running(monkeypatch, {"ann": acts, "bob": [Noop()]}) as story:
        _, drawn, listed = story.results("ann")[:3]
        assert drawn["refused"] == "not_given"
        assert [one["asset"] for one in listed["ok"]["assets"]] == ["cpu_rate", "disk", "scrip"]
