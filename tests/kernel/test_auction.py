"""The uniform-price auction: who wins, what they pay, where every unit goes, and why bidding the truth is best."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.auction import Bid, Losers, Outcome, resolve, share_equally

SEALED = st.builds(
    lambda amounts: [Bid(number, f"agent_{number % 4}", amount, at) for number, (amount, at) in enumerate(amounts)],
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), max_size=12),
)
LOSERS = st.sampled_from(["refund", "forfeit"])


def bids(*amounts: int) -> list[Bid]:
    """Return one bid for each amount, by bidders a, b, c, … in order of time, with ids from 1."""
    return [Bid(number, chr(96 + number), amount, number) for number, amount in enumerate(amounts, 1)]


def winning(outcome: Outcome) -> list[int]:
    return [bid.id for bid in outcome.winners]


def test_the_highest_bids_win_and_all_pay_the_first_bid_that_lost() -> None:
    outcome = resolve(bids(10, 40, 30, 20), slots=2)
    assert winning(outcome) == [2, 3]
    assert outcome.price == 20
    assert outcome.payments == {2: 20, 3: 20}
    assert outcome.refunds == {1: 10, 2: 20, 3: 10, 4: 20}
    assert outcome.forfeits == {}
    assert outcome.redistributed == 40


def test_with_no_more_bids_than_slots_all_win_and_pay_nothing() -> None:
    for slots in (3, 4):
        outcome = resolve(bids(5, 7, 6), slots)
        assert winning(outcome) == [2, 3, 1]
        assert outcome.payments == {1: 0, 2: 0, 3: 0}
        assert outcome.refunds == {1: 5, 2: 7, 3: 6}
        assert outcome.redistributed == 0


def test_no_bids_no_winners() -> None:
    assert resolve([], 3) == Outcome((), 0, {}, {}, {}, 0)


def test_a_tie_goes_to_the_earlier_bid_and_at_one_instant_to_the_lower_id() -> None:
    late, early, same = Bid(1, "late", 9, at=20), Bid(3, "early", 9, at=10), Bid(2, "same", 9, at=10)
    assert winning(resolve([late, early, same], slots=2)) == [2, 3]


def test_under_a_reserve_winners_pay_at_least_that_and_lower_bids_lose() -> None:
    outcome = resolve(bids(50, 9, 10), slots=3, reserve=10)
    assert winning(outcome) == [1, 3]
    assert outcome.price == 10
    assert outcome.refunds == {1: 40, 3: 0, 2: 9}
    assert resolve(bids(50, 40, 10), slots=1, reserve=10).price == 40
    assert resolve(bids(50, 40, 10), slots=1, reserve=45).price == 45
    assert resolve(bids(9), slots=1, reserve=10).winners == ()


def test_under_forfeit_losing_bids_are_redistributed_with_the_payments() -> None:
    outcome = resolve(bids(10, 40, 30, 20), slots=2, losers="forfeit")
    assert outcome.payments == {2: 20, 3: 20}
    assert outcome.refunds == {2: 20, 3: 10}
    assert outcome.forfeits == {1: 10, 4: 20}
    assert outcome.redistributed == 70


@pytest.mark.parametrize(
    ("offered", "slots", "reserve"),
    [(bids(1), 0, 0), (bids(1), 1, -1), (bids(1, -1), 1, 0), ([Bid(1, "a", 1, 1), Bid(1, "b", 2, 2)], 1, 0)],
)
def test_nonsense_is_refused(offered: list[Bid], slots: int, reserve: int) -> None:
    with pytest.raises(ValueError):
        resolve(offered, slots, "refund", reserve)


def test_an_unknown_rule_for_losers_is_refused() -> None:
    with pytest.raises(ValueError, match="losers"):
        resolve(bids(1), 1, losers="burn")  # type: ignore[arg-type]


@given(SEALED, st.integers(1, 5), LOSERS, st.integers(0, 15))
def test_every_unit_bid_is_paid_refunded_or_forfeited(
    offered: list[Bid], slots: int, losers: Losers, reserve: int
) -> None:
    outcome = resolve(offered, slots, losers, reserve)
    paid, back, lost = (sum(part.values()) for part in (outcome.payments, outcome.refunds, outcome.forfeits))
    assert paid + back + lost == sum(bid.amount for bid in offered)
    assert outcome.redistributed == paid + lost
    for bid in offered:
        parts = [part.get(bid.id, 0) for part in (outcome.payments, outcome.refunds, outcome.forfeits)]
        assert min(parts) >= 0
        assert sum(parts) == bid.amount


@given(SEALED, st.integers(1, 5), LOSERS, st.integers(0, 15))
def test_nobody_who_lost_outbid_a_winner_and_no_slot_stays_free_without_need(
    offered: list[Bid], slots: int, losers: Losers, reserve: int
) -> None:
    outcome = resolve(offered, slots, losers, reserve)
    eligible = [bid for bid in offered if bid.amount >= reserve]
    assert len(outcome.winners) == min(slots, len(eligible))
    beaten = [bid for bid in offered if bid not in outcome.winners]
    assert outcome.price == max([reserve, *(bid.amount for bid in beaten)] if outcome.winners else [outcome.price])
    assert all(outcome.price <= bid.amount for bid in outcome.winners)


@given(SEALED.flatmap(lambda offered: st.tuples(st.just(offered), st.permutations(offered))), st.integers(1, 5))
def test_the_order_in_which_bids_are_handed_in_does_not_matter(orders: tuple[list[Bid], list[Bid]], slots: int) -> None:
    assert resolve(orders[0], slots) == resolve(orders[1], slots)


def gain(value: int, bid: int, others: tuple[int, ...], slots: int, losers: Losers, reserve: int, at: int) -> int:
    """Return what bidder 0 is better off by, with a slot worth `value` to it, the others bidding at times 1, 2, …"""
    rivals = [Bid(number, "rival", amount, number) for number, amount in enumerate(others, 1)]
    outcome = resolve([Bid(0, "me", bid, at), *rivals], slots, losers, reserve)
    return value - outcome.price if 0 in outcome.payments else -outcome.forfeits.get(0, 0)


@pytest.mark.parametrize("reserve", [0, 2])
@pytest.mark.parametrize("slots", [1, 2, 3])
def test_with_refunds_no_bid_ever_does_better_than_the_true_value(slots: int, reserve: int) -> None:
    for rivals in range(4):
        for others in product(range(5), repeat=rivals):
            for value, at in product(range(6), (0, 9)):
                truthful = gain(value, value, others, slots, "refund", reserve, at)
                assert truthful >= 0
                assert all(truthful >= gain(value, bid, others, slots, "refund", reserve, at) for bid in range(7))


def test_when_losers_forfeit_the_truth_can_cost_and_shading_the_bid_pays() -> None:
    assert gain(5, 5, (9,), 1, "forfeit", 0, 0) == -5
    assert gain(5, 0, (9,), 1, "forfeit", 0, 0) == 0


def test_what_does_not_divide_goes_one_unit_each_to_the_first_in_sorted_order() -> None:
    shares = share_equally(11, ["carol", "alice", "dave", "bob"])
    assert shares == {"alice": 3, "bob": 3, "carol": 3, "dave": 2}
    assert list(shares) == ["alice", "bob", "carol", "dave"]
    assert share_equally(1, ["b", "a"]) == {"a": 1, "b": 0}


@given(st.integers(0, 10**12), st.sets(st.text(max_size=3), min_size=1, max_size=30))
def test_sharing_keeps_every_unit_and_nobody_gets_two_more_than_another(amount: int, names: set[str]) -> None:
    shares = share_equally(amount, sorted(names, reverse=True))
    assert sum(shares.values()) == amount
    assert set(shares) == names
    assert max(shares.values()) - min(shares.values()) <= 1


def test_scrip_is_never_shared_among_nobody_negative_or_twice_to_one() -> None:
    assert share_equally(0, []) == {}
    for amount, names in ((1, []), (-1, ["a"]), (4, ["a", "a"])):
        with pytest.raises(ValueError):
            share_equally(amount, names)
