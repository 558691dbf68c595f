"""The mint: sealed bids, one price, scores into scrip, payments shared to the last unit, nothing lost on failure."""

from typing import Any

from engine.genesis import resolution
from engine.genesis.scorer import Rules, Scorer
from engine.kernel.actions import Delete, Transfer, Write
from engine.kernel.entities import SCRIP, Clock, MintRound
from tests.engine.genesis.tiny import AGENTS, FILE, Tiny, run

BID = "genesis_mint.bid"
SUBJECTS = ("tide", "forge", "orchard", "glacier", "lantern", "harbour", "quarry", "meadow")


def work(subject: str) -> str:
    """A content of full structure and variety that resembles no other subject's."""
    return (
        "{"
        + ", ".join(f'"{subject}_{name}": "{subject}{name}"' for name in ("one", "two", "three", "four", "five"))
        + "}"
    )


def bid(world: Tiny, who: str, subject: str, amount: int) -> str:
    """Write something and bid for it."""
    artifact = world.make(who, work(subject))
    world.ok(who, BID, artifact=artifact, amount=amount)
    return artifact


def resolve(world: Tiny, scorer: Scorer | None = None) -> MintRound | None:
    """Resolve as the engine's clock does."""
    tx = world.begin()
    row = run(resolution.resolve(tx, world.world.mint, scorer or Rules()))
    world.commit(tx)
    return row


def with_mint(**settings: Any) -> Tiny:
    """A world whose mint has other settings."""
    return Tiny({**FILE, "mint": {**FILE["mint"], **settings}})


def scrip(world: Tiny) -> int:
    return sum(row.available + row.held for row in world.state.balances.rows.values() if row.asset == SCRIP)


def test_a_bid_holds_its_scrip_and_its_amount_is_sealed(world: Tiny) -> None:
    artifact = bid(world, "alice", "tide", 30)
    assert world.has("alice") == (970, 30)
    told = world.told("mint.bid")[0]
    assert told.data == {"bid": 1, "artifact": artifact}
    others = world.ok("bob", "genesis_mint.status")
    assert (others["bids"], others["mine"]) == (1, [])
    assert world.ok("alice", "genesis_mint.status")["mine"] == [{"bid": 1, "artifact": artifact, "amount": 30}]


def test_status_tells_the_terms_and_the_next_resolution(world: Tiny) -> None:
    tx = world.begin()
    tx.put(world.state.clocks, Clock("mint", 60_000_000, 120_000_000, 1, 1))
    world.commit(tx)
    assert world.ok("bob", "genesis_mint.status") == {
        "next_at": 120_000_000,
        "cron": None,
        "scorer": "rules",
        "slots": 2,
        "ratio": 10,
        "reserve": 0,
        "losers": "refund",
        "bids": 0,
        "mine": [],
    }


def test_winners_pay_the_highest_losing_bid_and_are_paid_by_score(world: Tiny) -> None:
    first, second = bid(world, "alice", "tide", 50), bid(world, "bob", "forge", 40)
    third = bid(world, "carol", "orchard", 31)
    row = resolve(world)
    assert row is not None
    assert (row.bids, row.price, row.redistributed) == (3, 31, 62)
    assert [line["artifact"] for line in row.results] == [first, second]
    minted = [line["score"] // 10 for line in row.results]
    assert [line["minted"] for line in row.results] == minted
    assert min(minted) > 3
    assert row.minted == sum(minted)
    # 62 shared among three: 21, 21, 20 in order of id.
    assert world.has("alice") == (1_000 - 31 + minted[0] + 21, 0)
    assert world.has("bob") == (1_000 - 31 + minted[1] + 21, 0)
    assert world.has("carol") == (1_000 + 20, 0)
    assert world.has(resolution.ID) == (0, 0)
    assert not world.state.bids.rows
    assert set(world.state.submissions.rows) == {first, second}
    world.ok("carol", BID, artifact=third, amount=1)


def test_what_happened_is_told(world: Tiny) -> None:
    for who, subject in zip(AGENTS, SUBJECTS, strict=False):
        bid(world, who, subject, 20)
    row = resolve(world)
    assert row is not None
    assert [(e.target, e.data["minted"], e.data["paid"]) for e in world.told("mint.won")] == [
        (line["bidder"], line["minted"], 20) for line in row.results
    ]
    assert world.told("mint.ubi")[0].data == {"round": 1, "amount": 40, "agents": 3, "each": 13, "remainder": 1}
    assert world.told("mint.resolved")[0].data == {
        "round": 1,
        "bids": 3,
        "winners": 2,
        "price": 20,
        "minted": row.minted,
        "redistributed": 40,
    }


def test_with_no_more_bids_than_slots_all_win_for_nothing(world: Tiny) -> None:
    bid(world, "alice", "tide", 50)
    row = resolve(world)
    assert row is not None
    assert (row.price, row.redistributed) == (0, 0)
    assert world.has("alice") == (1_000 + row.minted, 0)
    assert not world.told("mint.ubi")


def test_only_the_mint_makes_scrip_and_it_makes_what_it_says(world: Tiny) -> None:
    for who, subject in zip(AGENTS * 2, SUBJECTS, strict=False):
        bid(world, who, subject, 7)
    before = scrip(world)
    row = resolve(world)
    assert row is not None
    assert row.minted > 0
    assert scrip(world) - before == 0
    assert -world.has("@issuance")[0] == 3_000 + row.minted


def test_forfeited_bids_are_shared_too() -> None:
    world = with_mint(slots=1, losers="forfeit")
    for who, amount in (("alice", 50), ("bob", 40), ("carol", 30)):
        bid(world, who, f"{who}piece", amount)
    row = resolve(world)
    assert row is not None
    assert row.redistributed == 40 + 40 + 30
    assert world.has("bob") == (1_000 - 40 + 37, 0)
    assert world.has("carol") == (1_000 - 30 + 36, 0)


def test_a_reserve_keeps_low_bids_out_and_is_paid_at_least() -> None:
    world = with_mint(reserve=10)
    artifact = world.make("alice", work("tide"))
    assert world.refused("alice", BID, artifact=artifact, amount=9) == "below_reserve"
    world.ok("alice", BID, artifact=artifact, amount=25)
    row = resolve(world)
    assert row is not None
    assert row.price == 10


def test_an_artifact_that_is_gone_or_changed_hands_gives_the_bid_back(world: Tiny) -> None:
    gone, given = bid(world, "alice", "tide", 50), bid(world, "bob", "forge", 40)
    bid(world, "carol", "orchard", 30)
    world.act("alice", Delete(gone))
    world.act("bob", Transfer(given, "carol"))
    row = resolve(world)
    assert row is not None
    assert (row.minted, row.redistributed) == (0, 0)
    assert [line["reasons"] for line in row.results] == [["it is gone"], ["it is carol's by now"]]
    assert [world.has(agent) for agent in AGENTS] == [(1_000, 0)] * 3
    assert [e.target for e in world.told("mint.failed")] == ["alice", "bob"]
    assert not world.state.submissions.rows


def test_a_version_is_scored_once(world: Tiny) -> None:
    artifact = bid(world, "alice", "tide", 5)
    resolve(world)
    assert world.refused("alice", BID, artifact=artifact, amount=5) == "already_scored"
    world.act("alice", Write(work("forge"), artifact))
    world.ok("alice", BID, artifact=artifact, amount=5)


def test_what_was_scored_before_is_worth_nothing_again(world: Tiny) -> None:
    bid(world, "alice", "tide", 5)
    first = resolve(world)
    bid(world, "bob", "tide", 5)
    second = resolve(world)
    assert first is not None
    assert second is not None
    assert first.minted > 0
    assert second.minted == 0
    assert "100% like data.1" in second.results[0]["reasons"][-1]


def test_a_copy_in_the_same_round_is_worth_nothing_either(world: Tiny) -> None:
    bid(world, "alice", "tide", 6)
    bid(world, "bob", "tide", 5)
    row = resolve(world)
    assert row is not None
    assert row.results[0]["minted"] > 0
    assert row.results[1]["score"] == 0


def test_one_bid_an_artifact_and_a_new_controllers_bid_returns_the_old_one(world: Tiny) -> None:
    artifact = bid(world, "alice", "tide", 50)
    assert world.refused("alice", BID, artifact=artifact, amount=60) == "already_bid"
    assert world.refused("bob", BID, artifact=artifact, amount=60) == "not_yours"
    world.act("alice", Transfer(artifact, "bob"))
    world.ok("bob", BID, artifact=artifact, amount=20)
    assert world.has("alice") == (1_000, 0)
    assert [b.bidder for b in world.state.bids.rows.values()] == ["bob"]


def test_a_bid_can_be_withdrawn_by_its_bidder_alone(world: Tiny) -> None:
    artifact = bid(world, "alice", "tide", 50)
    assert world.refused("bob", "genesis_mint.withdraw_bid", bid=1) == "not_found"
    assert world.ok("alice", "genesis_mint.withdraw_bid", bid=1) == {"bid": 1, "released": 50}
    assert world.has("alice") == (1_000, 0)
    world.ok("alice", BID, artifact=artifact, amount=1)


def test_principals_and_what_is_not_there_are_not_scored(world: Tiny) -> None:
    assert world.refused("alice", BID, artifact="alice", amount=1) == "has_standing"
    assert world.refused("alice", BID, artifact="nothing", amount=1) == "not_found"
    artifact = world.make("alice", "x")
    assert world.refused("alice", BID, artifact=artifact, amount=1_001) == "insufficient_funds"


def test_a_world_without_a_mint_takes_no_bids() -> None:
    world = Tiny({**FILE, "mint": {}})
    artifact = world.make("alice", "x")
    assert world.refused("alice", BID, artifact=artifact, amount=1) == "no_mint"


def test_a_resolution_without_bids_only_tells_so(world: Tiny) -> None:
    assert resolve(world) is None
    assert world.told("mint.resolved")[0].data["bids"] == 0
    assert not world.state.mint_rounds.rows
