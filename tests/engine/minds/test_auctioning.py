"""Minds that sell by auction, bid, and decide between buyers and sellers."""

from typing import Any

import pytest

from engine.kernel.actions import Invoke, Sleep, Write
from engine.kernel.entities import SECOND
from tests.engine.minds.village import Village, agent, invoked, world


def house(seller: dict[str, Any] | None = None, buyer: dict[str, Any] | None = None, scrip: int = 500) -> Village:
    """Sal sells, bea and ben buy, ari decides."""
    selling = {"ways": ["english", "dutch", "fixed", "arbitrated"], "arbiter": "ari", **(seller or {})}
    buying = {"low": 50, "high": 50, **(buyer or {})}
    people = (agent("sal", "auctioneer", **selling), agent("bea", "bidder", scrip=scrip, **buying))
    return Village(world(*people, agent("ben", "bidder", low=60, high=60, scrip=500), agent("ari", "arbiter")))


def work(village: Village, words: int = 20, claims: int = 20, by: str = "sal") -> str:
    made: str = village.must(by, Write(" ".join(["123."] * words), type="work", metadata={"words": claims}))["artifact"]
    return made


# -- the auctioneer ------------------------------------------------------------------------------------------------


def test_an_auctioneer_makes_a_work_and_offers_it_in_the_way_that_is_next() -> None:
    village = house(seller={"asks": 60, "reserve": 10, "step": 5, "lasts": "30s"})
    assert isinstance(village.decide("sal").action, Write)
    made = work(village)
    calls = [invoked(village.decide("sal", {"put_up": n}).action) for n in range(5)]
    assert [method for _, method, _ in calls] == ["auction", "dutch_auction", "deposit", "deposit", "auction"]
    assert calls[0][2] == {
        "artifacts": [made],
        "duration": 30 * SECOND,
        "reserve": 10,
        "increment": 5,
        "extension": 5 * SECOND,
    }
    assert calls[1][2] == {"artifacts": [made], "start": 60, "floor": 10, "step": 5, "interval": 3 * SECOND}
    assert ("arbiter" in calls[2][2], calls[3][2]["arbiter"], calls[3][2]["fee"]) == (False, "ari", 4)


def test_an_auctioneer_with_all_stalls_full_sleeps_until_something_happens() -> None:
    village = house(seller={"stalls": 1})
    village.call("sal", "escrow", "deposit", artifact=work(village), price=9)
    assert village.decide("sal").action == Sleep(event="@me", duration=30 * SECOND)


def test_an_auctioneer_cheats_as_often_as_it_is_told() -> None:
    honest, cheat = house(), house(seller={"cheats": 2})
    for village, sizes in ((honest, {20}), (cheat, {10, 20})):
        made = [village.decide("sal", step=step).action for step in range(40)]
        assert {len(one.content.split()) for one in made if isinstance(one, Write)} == sizes
        assert {one.metadata["words"] for one in made if isinstance(one, Write)} == {20}


def test_an_auctioneer_sells_itself_once() -> None:
    village = house(seller={"sells_itself": True})
    first = village.decide("sal")
    assert invoked(first.action)[2]["artifacts"] == ["sal"]
    assert isinstance(village.decide("sal", first.memory).action, Write)


# -- the bidder ----------------------------------------------------------------------------------------------------


def test_a_bidder_bids_the_least_that_is_taken_until_it_is_worth_no_more() -> None:
    village = house()
    village.call("sal", "escrow", "auction", artifact=work(village), duration=60 * SECOND, reserve=40, increment=5)
    for name, amount in (("bea", 40), ("ben", 45), ("bea", 50), ("ben", 55)):
        assert invoked(village.decide(name).action) == ("escrow", "bid", {"sale": 1, "amount": amount})
        village.call(name, "escrow", "bid", sale=1, amount=amount)
    assert isinstance(village.decide("bea").action, Sleep), "60 is above its value"
    assert isinstance(village.decide("ben").action, Sleep), "it leads"


def test_a_sniper_waits_for_the_last_seconds() -> None:
    village = house(buyer={"snipes": "4s", "browse": "60s"})
    village.call("sal", "escrow", "auction", artifact=work(village), duration=30 * SECOND)
    assert village.decide("bea").action == Sleep(event="escrow.outbid@me", duration=26 * SECOND)
    village.pass_time(26)
    assert invoked(village.decide("bea").action)[1] == "bid"


def test_a_bidder_takes_a_falling_price_some_way_below_its_value() -> None:
    village = house(buyer={"shade": 20})
    terms = {"start": 60, "step": 10, "interval": SECOND, "floor": 10}
    village.call("sal", "escrow", "dutch_auction", artifact=work(village), **terms)
    assert isinstance(village.decide("bea").action, Sleep)
    village.pass_time(1)
    assert isinstance(village.decide("bea").action, Sleep), "50 is what it is worth"
    village.pass_time(1)
    assert invoked(village.decide("bea").action) == ("escrow", "purchase", {"sale": 1, "max_price": 40})


def test_a_bidder_never_goes_beyond_its_purse_nor_buys_what_it_does_not_want() -> None:
    village = house(scrip=30)
    village.call("sal", "escrow", "deposit", artifact=work(village), price=31)
    other = village.must("sal", Write("x", type="note"))["artifact"]
    village.call("sal", "escrow", "deposit", artifact=other, price=1)
    assert isinstance(village.decide("bea").action, Sleep)


def test_a_buyer_releases_what_is_whole_and_leaves_the_rest_to_the_arbiter() -> None:
    village = house()
    for words in (20, 10):
        made = work(village, words=words)
        village.call("sal", "escrow", "deposit", artifact=made, price=40, arbiter="ari", fee=4)
    village.call("bea", "escrow", "purchase", sale=1)
    village.call("bea", "escrow", "purchase", sale=2)
    assert invoked(village.decide("bea").action) == ("escrow", "release", {"sale": 1})
    village.call("bea", "escrow", "release", sale=1)
    assert isinstance(village.decide("bea").action, Sleep)


def test_a_buyer_of_an_agent_configures_it_once() -> None:
    village = house(buyer={"wants": ["agent"], "reconfigures": {"prompt": "mine"}})
    village.call("sal", "escrow", "deposit", artifact="sal", price=5)
    village.call("bea", "escrow", "purchase", sale=1)
    first = village.decide("bea")
    assert first.action == Invoke("genesis_agents", "configure", {"agent": "sal", "prompt": "mine"})
    village.must("bea", first.action)
    assert isinstance(village.decide("bea", first.memory).action, Sleep)


def test_a_full_shelf_is_cleared() -> None:
    village = house(buyer={"shelf": 1})
    first, second = work(village, by="bea"), work(village, by="bea")
    action = village.decide("bea").action
    assert getattr(action, "artifact", "") in (first, second)


# -- the arbiter ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "ruling"),
    [
        (20, {"outcome": "release"}),
        (15, {"outcome": "split", "to_seller": 27}),
        (10, {"outcome": "split", "to_seller": 18}),
        (9, {"outcome": "refund"}),
    ],
)
def test_an_arbiter_judges_a_work_by_what_it_claims(words: int, ruling: dict[str, Any]) -> None:
    village = house()
    village.call("sal", "escrow", "deposit", artifact=work(village, words), price=40, arbiter="ari", fee=4)
    village.call("bea", "escrow", "purchase", sale=1)
    assert village.decide("ari").action == Sleep(event="@me", duration=5 * SECOND), "they may settle by themselves"
    village.pass_time(10)
    action = village.decide("ari").action
    assert invoked(action) == ("escrow", "rule", {"sale": 1, **ruling})
    village.must("ari", action)


def test_an_arbiter_without_a_case_waits_for_one() -> None:
    assert house().decide("ari").action == Sleep(event="@me", duration=None)
