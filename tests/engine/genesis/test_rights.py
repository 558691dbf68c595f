"""The rights registry: who may use how much, and accounts."""

from engine.kernel.entities import SECOND, Usage
from tests.engine.genesis.tiny import Tiny

QUOTA = "genesis_rights.quota"


def use(world: Tiny, who: str, amount: int) -> None:
    tx = world.begin()
    tx.use(Usage(who, "cpu_rate", amount))
    world.commit(tx)


def test_a_rates_quota_tells_what_is_used_and_when_it_is_free(world: Tiny) -> None:
    world.now = 10 * SECOND
    use(world, "alice", 500)
    world.now = 20 * SECOND
    assert world.ok("bob", QUOTA, principal="alice", asset="cpu_rate", amount=200) == {
        "principal": "alice",
        "asset": "cpu_rate",
        "kind": "renewable",
        "available": 600,
        "held": 0,
        "window": 60 * SECOND,
        "used": 500,
        "free": 100,
        "free_at": 70 * SECOND,
    }
    assert world.ok("bob", QUOTA, principal="alice", asset="cpu_rate")["free_at"] == 20 * SECOND
    assert world.ok("bob", QUOTA, principal="alice", asset="cpu_rate", amount=601)["free_at"] is None


def test_what_is_held_in_an_order_is_not_allocation(world: Tiny) -> None:
    world.ok("alice", "genesis_exchange.place", instrument="cpu_rate", side="sell", quantity=400, limit=9)
    quota = world.ok("alice", QUOTA, principal="alice", asset="cpu_rate")
    assert (quota["available"], quota["held"], quota["free"]) == (200, 400, 200)


def test_a_quota_of_disk_is_what_is_free_and_what_is_stored(world: Tiny) -> None:
    world.make("alice", "x" * 100)
    quota = world.ok("bob", QUOTA, principal="alice", asset="disk", amount=9_901)
    assert (quota["available"], quota["held"], quota["used"], quota["free_at"]) == (9_900, 100, None, None)
    assert world.refused("bob", QUOTA, principal="alice", asset="gold") == "unknown_asset"


def test_a_right_is_transferred_to_principals_only(world: Tiny) -> None:
    give = "genesis_rights.transfer_right"
    world.ok("alice", give, asset="cpu_rate", to="bob", amount=100)
    assert (world.has("alice", "cpu_rate"), world.has("bob", "cpu_rate")) == ((500, 0), (700, 0))
    assert world.told("rights.transferred")[0].data == {"asset": "cpu_rate", "amount": 100}
    assert world.refused("alice", give, asset="cpu_rate", to="genesis_mint", amount=1) == "no_standing"
    assert world.refused("alice", give, asset="cpu_rate", to="bob", amount=501) == "insufficient_funds"
    assert world.refused("alice", give, asset="llm_budget", to="bob", amount=1) == "not_transferable"
    assert world.refused("alice", give, asset="gold", to="bob", amount=1) == "unknown_asset"
    assert world.refused("alice", give, asset="scrip", to="bob", amount=1) == "not_a_right"


def test_the_assets_and_what_is_issued_of_them(world: Tiny) -> None:
    found = {line["asset"]: line for line in world.ok("bob", "genesis_rights.assets")["assets"]}
    assert found["cpu_rate"]["issued"] == 1_800
    assert (found["cpu_rate"]["window"], found["llm_budget"]["transferable"]) == (60 * SECOND, False)


def test_an_account_needs_a_grant_and_holds_scrip(world: Tiny) -> None:
    create = "genesis_rights.create_account"
    assert world.refused("alice", create, name="treasury") == "capability_needed"
    world.grant("alice", "principal.create")
    account = world.ok("alice", create, name="treasury")["account"]
    row = world.state.artifacts.rows[account]
    assert (row.category, row.controller) == ("account", "alice")
    assert account not in world.state.agents.rows
    world.ok("bob", "genesis_ledger.transfer", to=account, amount=70)
    assert world.has(account) == (70, 0)
    assert world.refused("alice", create, name="second") == "capability_needed"
    assert world.refused("alice", create, name="Bad Name") == "bad_arguments"


def test_only_whom_its_contract_lets_spends_from_an_account(world: Tiny) -> None:
    world.grant("alice", "principal.create")
    account = world.ok("alice", "genesis_rights.create_account", name="treasury")["account"]
    world.ok("bob", "genesis_ledger.transfer", to=account, amount=70)
    spend = "genesis_rights.spend"
    assert world.refused("bob", spend, account=account, to="bob", amount=1) == "access_denied"
    world.ok("alice", spend, account=account, to="carol", amount=60)
    assert (world.has(account), world.has("carol")) == ((10, 0), (1_060, 0))
    assert world.refused("alice", spend, account=account, to="carol", amount=11) == "insufficient_funds"
    assert world.refused("alice", spend, account=account, to="genesis_mint", amount=1) == "no_standing"
    assert world.refused("alice", spend, account="bob", to="alice", amount=1) == "not_found"
