"""Minds that make and collect: forager, refiner, curator, and the busy one."""

import pytest

from engine.genesis.scorer import score
from engine.kernel.actions import Delete, Sleep, Transfer, Write
from engine.kernel.entities import SECOND
from engine.kernel.errors import Refusal
from tests.engine.minds.village import Village, agent, invoked, world


def workshop(**forager: int) -> Village:
    return Village(
        world(
            agent("fay", "forager", **{"stalls": 2, "words": 12, **forager}),
            agent("ray", "refiner", parts=2, pays=12, asks=30),
            agent("cat", "curator", wants=["essay"], shelf=1, pays=50, bids=10, raises=3, tries=2, reserve=0),
        )
    )


def note(village: Village, name: str = "fay", words: int = 12, text: str = "ash and oak") -> str:
    made: str = village.must(name, Write(text, type="note", metadata={"words": words}))["artifact"]
    return made


def essay(village: Village, name: str, text: str = "# An essay\n- one\n- two") -> str:
    made: str = village.must(name, Write(text, type="essay"))["artifact"]
    return made


# -- the forager ---------------------------------------------------------------------------------------------------


def test_a_forager_writes_notes_of_different_quality_and_says_how_good_they_are() -> None:
    village = workshop()
    written = [village.decide("fay", step=step).action for step in range(60)]
    assert all(isinstance(action, Write) for action in written)
    claims = {action.metadata["words"] for action in written if isinstance(action, Write)}
    assert min(claims) < 6 < 10 < max(claims)
    for action in written:
        assert isinstance(action, Write)
        assert len(set(action.content.removeprefix("Found ").rstrip(".").split(", "))) == action.metadata["words"]


def test_a_forager_offers_a_good_note_at_a_price_for_its_words() -> None:
    village = workshop(asks=2)
    made = note(village, words=11)
    assert invoked(village.decide("fay").action) == ("escrow", "deposit", {"artifact": made, "price": 22})


def test_a_forager_deletes_a_poor_note() -> None:
    village = workshop()
    made = note(village, words=5)
    assert village.decide("fay").action == Delete(made)


@pytest.mark.parametrize("claim", ["many", None, -4, 2**60, 3.5, [12]])
def test_a_forager_is_not_fooled_by_what_a_stranger_says_of_a_note(claim: object) -> None:
    village = workshop()
    made = village.must("ray", Write("x", type="note", metadata={"words": claim}))["artifact"]
    village.must("ray", Transfer(made, "fay"))
    action = village.decide("fay").action
    assert not isinstance(village.act("fay", action), Refusal)


def test_a_forager_takes_back_what_nobody_bought_asks_less_and_in_the_end_deletes_it() -> None:
    village = workshop()
    made = note(village, words=12)
    village.step("fay")
    village.pass_time(41)
    assert invoked(village.decide("fay").action) == ("escrow", "cancel", {"sale": 1})
    village.step("fay")
    assert village.decide("fay").action == Delete(made), "12 words fade below half a full note"


def test_a_forager_with_all_stalls_full_sleeps_until_something_is_sold() -> None:
    village = workshop(stalls=1)
    note(village)
    village.step("fay")
    assert village.decide("fay").action == Sleep(event="escrow.sold@me", duration=40 * SECOND)


def test_the_disk_of_a_forager_never_fills() -> None:
    village = Village(world(agent("fay", "forager", disk=900, stalls=3, patience="10s")))
    village.live(600)
    assert len(list(village.told("artifact.created"))) > 100
    assert not list(village.told("agent.refused"))


# -- the refiner ---------------------------------------------------------------------------------------------------


def test_a_refiner_buys_the_cheapest_note_that_it_can_afford() -> None:
    village = workshop()
    dear, cheap = note(village), note(village)
    village.call("fay", "escrow", "deposit", artifact=dear, price=9)
    village.call("fay", "escrow", "deposit", artifact=cheap, price=7)
    assert invoked(village.decide("ray").action) == ("escrow", "purchase", {"sale": 2, "max_price": 7})


def test_a_refiner_buys_nothing_that_is_too_dear_reserved_or_too_large_for_its_disk() -> None:
    people = (agent("fay", "forager"), agent("ray", "refiner", disk=1_000, pays=12), agent("bob", "spender"))
    village = Village(world(*people))
    dear, reserved, large = note(village), note(village), note(village, text="x" * 2_000)
    village.call("fay", "escrow", "deposit", artifact=dear, price=13)
    village.call("fay", "escrow", "deposit", artifact=reserved, price=1, buyer="bob")
    village.call("fay", "escrow", "deposit", artifact=large, price=1)
    assert village.decide("ray").action == Sleep(event="escrow.listed", duration=90 * SECOND)


def test_a_refiner_makes_an_essay_of_its_notes_sells_it_and_deletes_them() -> None:
    village = workshop()
    parts = [note(village, "ray", text=text) for text in ("ash", "birch")]
    village.step("ray")
    (made,) = [row.id for row in village.state.artifacts.rows.values() if row.type == "essay"]
    assert village.state.contents.rows[made].text == "# 2 finds\n- ash\n- birch"
    for _ in range(3):
        village.step("ray")
    assert village.state.escrowed.rows[made].seller == "ray"
    assert not set(parts) & set(village.state.artifacts.rows)


def test_an_essay_is_worth_more_to_the_mint_than_its_parts() -> None:
    village = workshop()
    texts = ["Found ash, birch, cairn, delta.", "Found ember, fern, frost, gale."]
    parts = [note(village, "ray", text=text) for text in texts]
    village.step("ray")
    rows = village.state.artifacts.rows
    (made,) = [row.id for row in rows.values() if row.type == "essay"]
    points = {key: score(rows[key], village.state.contents.rows[key].text, ()).points for key in (made, *parts)}
    assert points[made] > max(points[part] for part in parts) + 20


# -- the curator ---------------------------------------------------------------------------------------------------


def test_a_curator_buys_what_it_collects() -> None:
    village = workshop()
    made = essay(village, "ray")
    village.call("ray", "escrow", "deposit", artifact=made, price=40)
    assert invoked(village.decide("cat").action)[1:] == ("purchase", {"sale": 1, "max_price": 40})


def test_a_curator_bids_for_what_it_has_and_then_waits_for_the_mint() -> None:
    village = workshop()
    made = essay(village, "cat")
    artifact, method, terms = invoked(village.decide("cat").action)
    assert (artifact, method, terms["artifact"]) == ("mint", "bid", made)
    assert 10 <= terms["amount"] < 15
    village.step("cat")
    assert village.decide("cat", village.memory("cat")).action == Sleep(event="mint.resolved", duration=30 * SECOND)


def test_a_curator_deletes_what_the_mint_has_scored() -> None:
    village = workshop()
    made = essay(village, "cat")
    village.live(45)
    assert [event.target for event in village.told("mint.won")] == ["cat"]
    assert made not in village.state.artifacts.rows


def test_a_curator_raises_its_bid_each_time_and_gives_up_in_the_end() -> None:
    village = workshop()
    made = essay(village, "cat")
    first = village.decide("cat")
    second = village.decide("cat", first.memory)
    assert invoked(second.action)[2]["amount"] == invoked(first.action)[2]["amount"] + 3
    assert village.decide("cat", second.memory).action == Delete(made)


def test_a_curator_remembers_nothing_of_what_has_left_its_shelf() -> None:
    village = workshop()
    made = essay(village, "cat")
    old = {"offered": {f"gone.{number}": 1 for number in range(1_000)}, "last": "gone.1"}
    assert village.decide("cat", old).memory["offered"] == {made: 1}


def test_a_curator_that_cannot_afford_a_bid_waits() -> None:
    village = Village(world(agent("cat", "curator", scrip=5, bids=10, pause="20s")))
    essay(village, "cat")
    assert village.decide("cat").action == Sleep(duration=20 * SECOND)


# -- the busy one --------------------------------------------------------------------------------------------------


def test_every_step_of_a_busy_agent_changes_the_world() -> None:
    busy = [
        agent(name, "busy", scrip=10_000, grain=1_000, pattern=name, instrument="grain")
        for name in ("pay", "write", "trade")
    ]
    village = Village(world(*busy))
    village.live(60)
    rows = village.state.agents.rows.values()
    assert all(row.actions == row.steps >= 59 and row.refusals == 0 for row in rows)


def test_a_busy_writer_writes_one_artifact_again_and_again() -> None:
    village = Village(world(agent("ann", "busy", pattern="write")))
    village.live(60)
    assert len(list(village.told("artifact.created"))) == 1
    assert len(list(village.told("artifact.written"))) >= 58


def test_a_busy_trader_has_few_orders_resting() -> None:
    village = Village(world(agent("ann", "busy", scrip=10_000, grain=50, pattern="trade", instrument="grain")))
    village.live(60)
    assert len(village.state.orders.rows) <= 3
