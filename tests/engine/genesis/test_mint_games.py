"""What the mint is played with: many identities, bids against oneself, copies, splits, artifacts passed round.

Each test says what the mechanism prevents, or states what it does not; docs/mint.md tells the same.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.genesis import resolution
from engine.genesis.scorer import Rules, Score, Scorer, ScoringFailed, Work
from engine.kernel.actions import Transfer, Write
from engine.kernel.entities import Artifact, Json, MintRound
from tests.engine.genesis.tiny import AGENTS, FILE, Tiny, run

BID = "genesis_mint.bid"
TWIN: Json = {"name": "twin", "mind": "x", "params": {}, "endowment": {"disk": 500}}
WORDS = ("tide", "forge", "orchard", "glacier", "lantern", "harbour", "quarry", "meadow", "cinder", "willow")


def essay(seed: int, words: int = 90) -> str:
    """A text of its own with a heading and lines."""
    body = [f"{WORDS[(seed + n) % len(WORDS)]}{seed}x{n}" for n in range(words)]
    return f"# {WORDS[seed % len(WORDS)]} {seed}\n" + "\n".join(
        " ".join(body[at : at + 10]) for at in range(0, words, 10)
    )


def mint_of(**terms: Any) -> Tiny:
    return Tiny({**FILE, "mint": {**FILE["mint"], **terms}})


def bid(world: Tiny, who: str, content: str, amount: int) -> str:
    artifact = world.make(who, content)
    world.ok(who, BID, artifact=artifact, amount=amount)
    return artifact


def resolve(world: Tiny, scorer: Scorer | None = None) -> MintRound:
    tx = world.begin()
    row = run(resolution.resolve(tx, world.world.mint, scorer or Rules()))
    world.commit(tx)
    assert row is not None
    return row


def won(row: MintRound) -> dict[str, Json]:
    return {line["artifact"]: line for line in row.results}


# -- laws ----------------------------------------------------------------------------------------------------------

OFFERS = st.lists(st.tuples(st.sampled_from(AGENTS), st.integers(1, 100)), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(OFFERS, st.integers(1, 4), st.sampled_from(["refund", "forfeit"]), st.integers(0, 30))
def test_every_unit_goes_where_the_rules_say(
    offers: list[tuple[str, int]], slots: int, losers: str, reserve: int
) -> None:
    world = mint_of(slots=slots, losers=losers, reserve=reserve)
    bids = []
    for n, (who, amount) in enumerate(offers):
        if amount >= reserve:
            bids.append((amount, n, who, bid(world, who, essay(n), amount)))
    if not bids:
        return
    before = {agent: sum(world.has(agent)) for agent in AGENTS}
    row = resolve(world)
    ranked = sorted(bids, key=lambda b: (-b[0], b[1]))
    winners, beaten = ranked[:slots], ranked[slots:]
    price = max(reserve, beaten[0][0]) if beaten else reserve
    assert row.price == price
    assert [line["artifact"] for line in row.results] == [b[3] for b in winners]
    taken = price * len(winners) + (sum(b[0] for b in beaten) if losers == "forfeit" else 0)
    assert row.redistributed == taken
    minted = dict.fromkeys(AGENTS, 0)
    for line in row.results:
        assert line["minted"] == line["score"] // 10
        minted[line["bidder"]] += line["minted"]
    each, rest = divmod(taken, len(AGENTS))
    for place, agent in enumerate(AGENTS):
        paid = price * sum(b[2] == agent for b in winners)
        lost = sum(b[0] for b in beaten if b[2] == agent) if losers == "forfeit" else 0
        assert world.has(agent) == (before[agent] - paid - lost + minted[agent] + each + (place < rest), 0)
    assert world.has(resolution.ID) == (0, 0)


def test_losers_are_told_what_became_of_their_bids() -> None:
    for rule, forfeited in (("refund", False), ("forfeit", True)):
        world = mint_of(slots=1, losers=rule)
        bid(world, "alice", essay(1), 50)
        lost = bid(world, "bob", essay(2), 40)
        resolve(world)
        told = world.told("mint.lost")
        assert [(e.target, e.data) for e in told] == [
            ("bob", {"round": 1, "bid": 2, "artifact": lost, "amount": 40, "forfeited": forfeited})
        ]


# -- scorers -------------------------------------------------------------------------------------------------------


class Judge:
    """A scorer that a test tells what to say; nothing means that it fails."""

    def __init__(self, **points: int) -> None:
        self.points = points

    async def score(self, artifact: Artifact, content: str, earlier: Sequence[Work]) -> Score:
        if artifact.id.replace(".", "_") not in self.points:
            raise ScoringFailed("nobody answered")
        return Score(self.points[artifact.id.replace(".", "_")], ("so said the judge",))


def test_a_score_that_fails_returns_the_bid_and_the_artifact_may_bid_again() -> None:
    world = mint_of(slots=2)
    failed, scored = bid(world, "alice", essay(1), 50), bid(world, "bob", essay(2), 40)
    bid(world, "carol", essay(3), 30)
    row = resolve(world, Judge(**{scored.replace(".", "_"): 87}))
    assert won(row)[failed]["reasons"] == ["it could not be scored: nobody answered"]
    assert won(row)[scored] | {"sketch": ""} == {
        "bid": 2, "bidder": "bob", "artifact": scored, "amount": 40, "score": 87, "minted": 8, "paid": 30,
        "reasons": ["so said the judge"], "sketch": "",
    }  # fmt: skip
    assert row.redistributed == 30
    assert world.has("alice") == (1_010, 0)
    assert [e.target for e in world.told("mint.failed")] == ["alice"]
    world.ok("alice", BID, artifact=failed, amount=5)


@pytest.mark.parametrize("points", [-1, 101, 10**9])
def test_a_score_beyond_the_scale_is_none(points: int) -> None:
    world = mint_of()
    artifact = bid(world, "alice", essay(1), 50)
    row = resolve(world, Judge(**{artifact.replace(".", "_"): points}))
    assert (row.minted, row.redistributed) == (0, 0)
    assert world.has("alice") == (1_000, 0)


# -- many identities of one owner -----------------------------------------------------------------------------------


def test_accounts_are_no_agents_so_they_get_no_share() -> None:
    world = mint_of(slots=1)
    world.grant("alice", "principal.create", uses=3)
    accounts = [world.ok("alice", "genesis_rights.create_account", name="purse")["account"] for _ in range(3)]
    bid(world, "bob", essay(1), 50)
    bid(world, "carol", essay(2), 30)
    resolve(world)
    assert [world.has(account) for account in accounts] == [(0, 0)] * 3
    assert world.told("mint.ubi")[0].data["agents"] == 3


def test_another_identity_takes_a_grant_that_nobody_has_by_itself() -> None:
    world = mint_of()
    for method, args in (
        ("genesis_agents.spawn", TWIN),
        ("genesis_rights.create_account", {"name": "purse"}),
    ):
        assert world.refused("alice", method, **args) == "capability_needed"


def test_not_prevented_who_is_let_have_many_agents_has_many_shares() -> None:
    world = mint_of(slots=1)
    world.grant("alice", "agent.spawn", uses=3)
    twins = [world.ok("alice", "genesis_agents.spawn", **TWIN)["agent"] for _ in range(3)]
    bid(world, "bob", essay(1), 60)
    bid(world, "carol", essay(2), 36)
    resolve(world)
    assert [world.has(agent)[0] for agent in (*twins, "alice")] == [6, 6, 6, 1_006]


# -- bids against oneself --------------------------------------------------------------------------------------------


def test_one_bid_an_artifact_so_one_work_cannot_fill_the_slots() -> None:
    world = mint_of(slots=2)
    artifact = bid(world, "alice", essay(1), 50)
    assert world.refused("alice", BID, artifact=artifact, amount=49) == "already_bid"


def test_who_bids_against_itself_pays_more_and_gets_no_more() -> None:
    alone, against = mint_of(slots=1), mint_of(slots=1)
    for world in (alone, against):
        bid(world, "alice", essay(1), 50)
    bid(against, "alice", essay(2), 45)
    minted = [resolve(world).minted for world in (alone, against)]
    assert minted[0] == minted[1]
    assert alone.has("alice")[0] == 1_000 + minted[0]
    assert against.has("alice")[0] == 1_000 + minted[1] - 45 + 15
    assert against.has("bob")[0] == 1_000 + 15


def test_not_prevented_a_losing_bid_that_raises_the_price_for_others_costs_nothing_if_losers_are_refunded() -> None:
    refund, forfeit = mint_of(slots=1), mint_of(slots=1, losers="forfeit")
    for world in (refund, forfeit):
        bid(world, "alice", essay(1), 60)
        bid(world, "bob", "shill", 57)
        resolve(world)
    assert refund.has("bob") == (1_000 + 19, 0)
    assert forfeit.has("bob") == (1_000 - 57 + 38, 0)


# -- copies ---------------------------------------------------------------------------------------------------------


def test_the_same_version_is_not_scored_again_in_whoever_s_hands() -> None:
    world = mint_of()
    artifact = bid(world, "alice", essay(1), 5)
    resolve(world)
    for owner, to in (("alice", "bob"), ("bob", "carol"), ("carol", "alice")):
        assert world.refused(owner, BID, artifact=artifact, amount=5) == "already_scored"
        world.act(owner, Transfer(artifact, to))
    assert world.refused("alice", BID, artifact=artifact, amount=5) == "already_scored"


def test_a_work_written_again_word_for_word_is_worth_nothing() -> None:
    world = mint_of()
    artifact = bid(world, "alice", essay(1), 5)
    assert resolve(world).minted > 0
    world.act("alice", Write(essay(1), artifact))
    world.ok("alice", BID, artifact=artifact, amount=5)
    assert resolve(world).minted == 0


@pytest.mark.parametrize("thief", ["alice", "bob"])
def test_a_copy_of_a_scored_work_is_worth_nothing_whoever_made_it(thief: str) -> None:
    world = mint_of()
    bid(world, "alice", essay(1), 5)
    assert resolve(world).minted > 0
    bid(world, thief, essay(1), 5)
    assert resolve(world).minted == 0


def test_a_near_duplicate_is_worth_its_small_novelty() -> None:
    world = mint_of()
    bid(world, "alice", essay(1), 5)
    first = resolve(world).results[0]["score"]
    bid(world, "alice", essay(1).replace("x40", "y40"), 5)
    assert 0 <= resolve(world).results[0]["score"] <= first // 4


def test_not_prevented_who_copies_before_the_work_is_scored_and_bids_more_is_first() -> None:
    world = mint_of()
    original = bid(world, "alice", essay(1), 5)
    copy = bid(world, "bob", essay(1), 6)
    results = won(resolve(world))
    assert results[copy]["minted"] > 0
    assert results[original]["minted"] == 0


def test_not_prevented_what_is_no_longer_remembered_is_new_again() -> None:
    world = mint_of(slots=1)
    bid(world, "alice", essay(1), 5)
    first = resolve(world).minted
    for n in range(resolution.REMEMBERED):
        tx = world.begin()
        tx.delete(world.state.mint_rounds, n + 1)
        tx.put(world.state.mint_rounds, MintRound(n + 2, 0, 0, 0, 0, 0, ()))
        tx.next_id("mint_round")
        world.commit(tx)
    bid(world, "bob", essay(1), 5)
    assert resolve(world).minted == first


def test_what_is_split_into_many_pays_a_price_for_each_and_shorter_works_score_less() -> None:
    whole, split = mint_of(slots=3), mint_of(slots=3)
    text = essay(1)
    bid(whole, "alice", text, 20)
    for part in range(3):
        bid(split, "alice", text[part * len(text) // 3 : (part + 1) * len(text) // 3], 20)
    for world in (whole, split):
        bid(world, "bob", essay(2), 20)
        bid(world, "carol", essay(3), 20)
    one, many = resolve(whole), resolve(split)
    assert max(line["score"] for line in many.results) < one.results[0]["score"]
    assert one.price == 0
    assert (many.price, many.redistributed) == (20, 60)
    earned = sum(line["minted"] for line in many.results if line["bidder"] == "alice")
    assert earned < 60


# -- artifacts passed round -----------------------------------------------------------------------------------------


def test_an_artifact_passed_round_has_one_bid_at_a_time_and_pays_its_last_holder() -> None:
    world = mint_of(slots=3)
    artifact = bid(world, "alice", essay(1), 50)
    for owner, to in (("alice", "bob"), ("bob", "carol")):
        world.act(owner, Transfer(artifact, to))
        world.ok(to, BID, artifact=artifact, amount=10)
        assert world.has(owner) == (1_000, 0)
    row = resolve(world)
    assert [(line["bidder"], line["paid"]) for line in row.results] == [("carol", 0)]
    assert world.has("carol") == (1_000 + row.minted, 0)


def test_who_gives_the_work_away_before_the_resolution_has_no_score_and_the_bid_back() -> None:
    world = mint_of()
    artifact = bid(world, "alice", essay(1), 50)
    world.act("alice", Transfer(artifact, "bob"))
    row = resolve(world)
    assert (row.minted, world.has("alice"), world.has("bob")) == (0, (1_000, 0), (1_000, 0))
