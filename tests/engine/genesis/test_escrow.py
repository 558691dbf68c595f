"""Escrow: the buyer pays and the artifact is theirs, or neither; what is for sale is in nobody's hands but its own."""

import pytest

from engine.genesis import escrow
from engine.kernel.access import Access, Question, Verdict
from engine.kernel.actions import Delete, Edit, Transfer, Write
from engine.kernel.errors import Refusal
from engine.kernel.transaction import Transaction
from tests.engine.genesis.tiny import FILE, Tiny

DEPOSIT = "genesis_escrow.deposit"
PURCHASE = "genesis_escrow.purchase"
CANCEL = "genesis_escrow.cancel"


def for_sale(world: Tiny, price: int = 40, **terms: object) -> str:
    """An artifact of alice's, 6 bytes, in escrow."""
    artifact = world.make("alice", "a tale")
    world.ok("alice", DEPOSIT, artifact=artifact, price=price, **terms)
    return artifact


def test_a_sale_moves_money_control_and_bytes_in_one_commit(world: Tiny) -> None:
    artifact = for_sale(world)
    assert world.controller(artifact) == escrow.ID
    terms = {"price": 40, "buyer": None, "arbiter": None, "expires_at": None}
    assert world.told("escrow.listed")[0].data == {"sale": 1, "artifacts": [artifact], **terms}
    assert world.has("alice", "disk") == (9_994, 6)
    before = world.state.seq
    sold = world.ok("bob", PURCHASE, artifact=artifact)
    assert world.state.seq == before + 1
    assert sold == {
        "sale": 1,
        "artifact": artifact,
        "artifacts": [artifact],
        "price": 40,
        "seller": "alice",
        "version": 1,
    }
    assert world.controller(artifact) == "bob"
    assert world.state.artifacts.rows[artifact].created_by == "alice"
    assert (world.has("alice"), world.has("bob")) == ((1_040, 0), (960, 0))
    assert (world.has("alice", "disk"), world.has("bob", "disk")) == ((10_000, 0), (9_994, 6))
    assert not world.state.listings.rows
    told = world.told("escrow.sold")[0]
    assert (told.actor, told.target) == ("bob", "alice")
    sides = {"price": 40, "buyer": "bob", "seller": "alice", "fee": 0}
    assert told.data == {"sale": 1, "kind": "fixed", "artifacts": [artifact], **sides, "since": 0}


def test_what_is_in_escrow_is_out_of_its_sellers_hands(world: Tiny) -> None:
    artifact = for_sale(world)
    for action in (Write("other", artifact), Edit(artifact, "a", "b"), Delete(artifact), Transfer(artifact, "carol")):
        refused = world.act("alice", action)
        assert isinstance(refused, Refusal)
        assert refused.code == "access_denied"
    assert world.refused("alice", DEPOSIT, artifact=artifact, price=1) == "in_escrow"


def test_even_a_public_artifact_cannot_be_carried_off_while_it_is_for_sale(world: Tiny) -> None:
    artifact = world.make("alice", "a tale", access=("genesis_public",))
    world.ok("alice", DEPOSIT, artifact=artifact, price=5)
    refused = world.act("bob", Transfer(artifact, "bob"))
    assert isinstance(refused, Refusal)
    assert refused.code == "in_escrow"


def test_the_seller_takes_it_back_and_nobody_else_does(world: Tiny) -> None:
    artifact = for_sale(world)
    assert world.refused("bob", CANCEL, artifact=artifact) == "not_found"
    world.ok("alice", CANCEL, artifact=artifact)
    assert world.controller(artifact) == "alice"
    assert world.refused("bob", PURCHASE, artifact=artifact) == "not_for_sale"
    assert world.refused("alice", CANCEL, artifact=artifact) == "not_found"


def test_only_who_its_contract_lets_transfer_it_can_sell_it(world: Tiny) -> None:
    artifact = world.make("alice", "a tale")
    assert world.refused("bob", DEPOSIT, artifact=artifact, price=1) == "access_denied"
    assert world.refused("bob", DEPOSIT, artifact="nothing", price=1) == "not_found"


def test_a_listing_can_be_reserved_for_one_buyer(world: Tiny) -> None:
    artifact = for_sale(world, buyer="carol")
    assert world.refused("bob", PURCHASE, artifact=artifact) == "not_for_you"
    world.ok("carol", PURCHASE, artifact=artifact)
    other = world.make("alice", "more")
    assert world.refused("alice", DEPOSIT, artifact=other, price=1, buyer="genesis_store") == "no_standing"


def test_a_buyer_can_insist_on_price_and_version(world: Tiny) -> None:
    artifact = for_sale(world)
    assert world.refused("bob", PURCHASE, artifact=artifact, max_price=39) == "price_changed"
    assert world.refused("bob", PURCHASE, artifact=artifact, version=2) == "version_changed"
    world.ok("bob", PURCHASE, artifact=artifact, max_price=40, version=1)


def test_a_refusal_at_any_step_leaves_everything_as_it_was(world: Tiny) -> None:
    artifact = for_sale(world, price=900)
    world.make("bob", "x" * 9_995)  # no disk left for the artifact: the transfer after the payment is refused
    world.ok("carol", "genesis_ledger.transfer", to="alice", amount=200)  # not enough scrip: the payment is
    before = (world.has("alice"), world.has("bob"), world.has("carol"), world.has("alice", "disk"))
    assert world.refused("bob", PURCHASE, artifact=artifact) == "disk_full"
    assert world.refused("carol", PURCHASE, artifact=artifact) == "insufficient_funds"
    assert world.refused("alice", PURCHASE, artifact=artifact) == "own_listing"
    assert (world.has("alice"), world.has("bob"), world.has("carol"), world.has("alice", "disk")) == before
    assert world.controller(artifact) == escrow.ID
    assert artifact in world.state.escrowed.rows
    assert set(world.state.listings.rows) == {1}


def test_a_contract_that_will_not_let_go_keeps_the_artifact_and_the_buyers_scrip() -> None:
    def sticky(tx: Transaction, question: Question) -> Verdict:
        stuck = question.action is Access.TRANSFER and question.requester == escrow.ID
        return Verdict(not stuck, "it sticks")

    world = Tiny(FILE, {"sticky": sticky})
    artifact = world.make("alice", "a tale", access=("sticky",))
    world.ok("alice", DEPOSIT, artifact=artifact, price=10)
    assert world.refused("bob", PURCHASE, artifact=artifact) == "access_denied"
    assert world.has("bob") == (1_000, 0)
    assert world.controller(artifact) == escrow.ID
    world.ok("alice", CANCEL, artifact=artifact)  # giving back undoes the deposit, whatever the contract says by now
    assert world.controller(artifact) == "alice"


def test_an_agents_configuration_is_sold_while_it_lives(world: Tiny) -> None:
    world.ok("alice", DEPOSIT, artifact="alice", price=100)
    world.ok("bob", PURCHASE, artifact="alice")
    assert world.controller("alice") == "bob"
    assert world.has("alice") == (1_100, 0)
    assert not isinstance(world.act("bob", Write('{"mind": "y"}', "alice")), Refusal)


def test_an_agent_can_buy_itself(world: Tiny) -> None:
    world.ok("alice", DEPOSIT, artifact="alice", price=100)
    world.ok("bob", PURCHASE, artifact="alice")
    world.ok("bob", DEPOSIT, artifact="alice", price=300)
    world.ok("alice", PURCHASE, artifact="alice")
    assert world.controller("alice") == "alice"


def test_what_is_in_escrow_stands_still_even_where_its_contract_lets_everybody_do_everything(world: Tiny) -> None:
    artifact = world.make("alice", "a tale", access=("genesis_public",))
    world.ok("alice", DEPOSIT, artifact=artifact, price=5)
    for actor in ("alice", "bob"):
        for action in (Write("other", artifact), Edit(artifact, "tale", "lie"), Delete(artifact)):
            refused = world.act(actor, action)
            assert isinstance(refused, Refusal)
            assert refused.code == "in_escrow"
    world.ok("bob", PURCHASE, artifact=artifact, version=1)
    assert not isinstance(world.act("alice", Write("other", artifact)), Refusal)


def test_listings_come_in_pages_and_by_type(world: Tiny) -> None:
    made = [world.make("alice", "x", type=kind, metadata={"title": kind}) for kind in ("map", "poem", "map")]
    for artifact in made:
        world.ok("alice", DEPOSIT, artifact=artifact, price=3)
    found = world.ok("bob", "genesis_escrow.listings", limit=2)
    assert [line["artifact"] for line in found["listings"]] == made[:2]
    rest = world.ok("bob", "genesis_escrow.listings", limit=2, after=found["next"])
    assert [line["artifact"] for line in rest["listings"]] == made[2:]
    assert rest["next"] is None
    maps = world.ok("bob", "genesis_escrow.listings", type="map")["listings"]
    assert [(line["metadata"]["title"], line["price"], line["seller"]) for line in maps] == [("map", 3, "alice")] * 2


@pytest.mark.parametrize("price", [0, -5, 2**63, "5", None, 1.0])
def test_a_price_is_a_whole_amount_of_scrip(world: Tiny, price: object) -> None:
    artifact = world.make("alice", "a tale")
    assert world.refused("alice", DEPOSIT, artifact=artifact, price=price) == "bad_arguments"
