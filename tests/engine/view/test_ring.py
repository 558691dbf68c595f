"""The ring: bounded, counted without gaps, and with what a flood of events must not wash away."""

import engine.kernel.entities as ent
from engine.kernel.transaction import Commit
from engine.view.ring import FAILURES, TRADES, EventRing, Place


def _commit(seq: int, *events: ent.Event, postings: tuple[ent.Posting, ...] = ()) -> Commit:
    return Commit(seq, seq * 10, ("test",), (), postings, (), events)


def _told(word: str) -> ent.Event:
    return ent.Event("told", word, "", {})


def _trade(instrument: str, price: int) -> ent.Event:
    return ent.Event("exchange.trade", "a", "b", {"instrument": instrument, "price": price, "quantity": 1})


def _actors(places: list[Place]) -> list[str]:
    return [place.event.actor for place in places]


def test_the_newest_events_are_kept_and_all_are_counted() -> None:
    ring = EventRing(3)
    ring.follow(_commit(1, _told("a"), _told("b")))
    ring.follow(_commit(2, _told("c"), _told("d")))
    assert (len(ring), ring.count) == (3, 4)
    assert _actors(list(ring.newest())) == ["d", "c", "b"]
    assert _actors(list(ring.oldest(1))) == ["c", "d"]
    assert [(p.seq, p.n, p.at) for p in ring.newest()] == [(2, 1, 20), (2, 0, 20), (1, 1, 10)]


def test_what_is_new_since_a_count_is_given_oldest_first_as_far_as_it_is_kept() -> None:
    ring = EventRing(3)
    for seq, word in enumerate("abcde", 1):
        ring.follow(_commit(seq, _told(word)))
    assert _actors(ring.since(3)) == ["d", "e"]
    assert _actors(ring.since(0)) == ["c", "d", "e"]
    assert ring.since(5) == []


def test_a_quiet_instrument_keeps_its_tape_in_a_flood_of_other_events() -> None:
    ring = EventRing(10)
    ring.follow(_commit(1, _trade("quiet", 7)))
    for seq in range(2, 2 + TRADES + 50):
        ring.follow(_commit(seq, _trade("busy", seq)))
    assert [p.event.data["price"] for p in ring.trades["quiet"]] == [7]
    assert len(ring.trades["busy"]) == TRADES


def test_samples_are_kept_apart_and_what_is_retired_adds_up() -> None:
    ring = EventRing(1)
    back = ent.Posting("llm_budget", "alice", ent.ISSUANCE, 5, "thought")
    ring.follow(_commit(1, ent.Event("kpi.sample", "", "", {"gini": 0.5}), postings=(back,)))
    ring.follow(_commit(2, _told("a"), postings=(back, ent.Posting("llm_budget", ent.ISSUANCE, "bob", 9, "fund"))))
    assert [p.event.data for p in ring.samples] == [{"gini": 0.5}]
    assert ring.retired == {"llm_budget": 10}
    assert [p.amount for _, _, p in ring.postings] == [5, 5, 9]


def test_the_past_is_put_in_front_and_never_in_the_place_of_what_has_been_seen() -> None:
    ring = EventRing(4)
    ring.follow(_commit(10, _told("d"), _trade("cpu", 4)))
    old = [Place(seq, 0, seq, _told(word)) for seq, word in ((7, "a"), (8, "b"), (9, "c"), (10, "d"))]
    trade = Place(5, 0, 5, _trade("cpu", 3))
    seen = Place(10, 1, 100, _trade("cpu", 4))
    ring.prime(old, [trade, seen], [Place(0, 0, 5, ent.Event("kpi.sample", "", "", {}))], {"llm_budget": 3})
    assert _actors(list(ring.oldest())) == ["b", "c", "d", "a"]  # the last one is the trade, by a
    assert ring.count == 4
    assert [p.event.data["price"] for p in ring.trades["cpu"]] == [3, 4]
    assert len(ring.samples) == 1
    assert ring.retired == {"llm_budget": 3}


def test_events_about_something_are_those_by_it_to_it_or_with_it() -> None:
    ring = EventRing()
    ring.follow(_commit(1, ent.Event("escrow.sold", "bob", "alice", {"artifacts": ["data.0", "data.1"]})))
    ring.follow(_commit(2, _told("carol")))
    for name in ("bob", "alice", "data.1"):
        assert [p.seq for p in ring.about(name, 10)] == [1]
    assert ring.about("dave", 10) == []


def test_which_code_failed_in_a_commit_is_kept_beyond_the_events_but_not_for_ever() -> None:
    ring = EventRing(2)
    failed = ent.Event("contract.failed", "gate", "secret", {}), ent.Event("tool.failed", "ann", "tool", {})
    ring.follow(_commit(1, *failed, _told("a")))
    ring.follow(_commit(2, _told("b"), _told("c")))
    assert (ring.behind(1), ring.behind(2)) == (failed, ())
    for seq in range(3, FAILURES + 3):
        ring.follow(_commit(seq, failed[0]))
    assert (ring.behind(1), ring.behind(3)) == ((), failed[:1])
    reopened = EventRing(2)
    reopened.prime([Place(1, 0, 0, failed[1])], [], [], {})
    assert reopened.behind(1) == failed[1:]
