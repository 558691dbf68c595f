"""Transactions: what is read is remembered, what is written is seen by nobody before the commit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine.kernel.entities as ent
from engine.kernel.book import Side
from engine.kernel.codec import chain, decode, encode
from engine.kernel.entities import Artifact, Counter, Event, Order, Posting, Request, RequestState, Usage
from engine.kernel.errors import Conflict
from engine.kernel.state import State
from engine.kernel.transaction import Transaction


def order(order_id: int, *, principal: str = "ann", remaining: int = 5, price: int = 7) -> Order:
    return Order(order_id, principal, "cpu_rate", "buy", price, 5, remaining, 1, None, 0)


def artifact(artifact_id: str, controller: str = "ann", access: tuple[str, ...] = ("genesis_freeware",)) -> Artifact:
    return Artifact(artifact_id, "data", "ann", controller, access, False, False, 0, 0, 0, 1, None, None, {})


def test_what_is_written_is_seen_inside_and_not_outside_before_the_commit() -> None:
    state = State()
    tx = state.begin(5, ("test",))
    tx.put(state.counters, Counter("x", 1))
    assert tx.get(state.counters, "x") == Counter("x", 1)
    assert state.counters.rows == {}
    commit = tx.commit()
    assert state.counters.rows == {"x": Counter("x", 1)}
    assert (commit.seq, commit.at, commit.changes) == (1, 5, (("counters", Counter("x", 1)),))
    assert (state.seq, state.now) == (1, 5)


def test_a_row_that_moved_after_it_was_read_is_a_conflict() -> None:
    state = State()
    slow = state.begin(0, ("slow",))
    assert slow.get(state.counters, "x") is None
    quick = state.begin(0, ("quick",))
    quick.next_id("x")
    quick.commit()
    assert not slow.valid()
    slow.put(state.counters, Counter("y", 1))
    with pytest.raises(Conflict):
        slow.commit()
    assert "y" not in state.counters.rows


def test_a_row_that_others_left_alone_is_no_conflict() -> None:
    state = State()
    slow = state.begin(0, ("slow",))
    slow.next_id("mine")
    quick = state.begin(0, ("quick",))
    quick.next_id("theirs")
    quick.commit()
    assert slow.commit().seq == 2


def test_a_phantom_in_a_scanned_bucket_is_a_conflict_although_no_row_that_was_read_has_moved() -> None:
    state = State()
    slow = state.begin(0, ("slow",))
    assert slow.scan(state.by_controller, "ann") == []
    quick = state.begin(0, ("quick",))
    quick.put(state.artifacts, artifact("data.1"))
    quick.commit()
    assert not slow.valid()


def test_a_changed_row_of_a_bucket_that_rows_never_leave_is_a_conflict_for_readers_alone() -> None:
    state = State()
    first = state.begin(0, ("first",))
    first.put(state.orders, order(1))
    first.commit()
    reading, counting, late = (state.begin(0, (name,)) for name in ("reading", "counting", "late"))
    assert reading.scan(state.orders_of, "ann") == [order(1)]
    assert counting.count_in(state.orders_of, "ann") == late.count_in(state.orders_of, "ann") == 1
    changing = state.begin(0, ("changing",))
    changing.put(state.orders, order(1, remaining=3))
    changing.commit()
    assert not reading.valid()
    assert counting.valid()
    counting.put(state.orders, order(2))
    assert counting.count_in(state.orders_of, "ann") == 2
    counting.commit()
    assert not late.valid()
    gone = state.begin(0, ("gone",))
    gone.delete(state.orders, 1)
    gone.delete(state.orders, 2)
    assert gone.count_in(state.orders_of, "ann") == 0
    gone.commit()
    assert list(state.orders_of.keys("ann")) == []


def test_a_new_row_in_another_bucket_is_no_conflict() -> None:
    state = State()
    slow = state.begin(0, ("slow",))
    assert slow.scan(state.by_controller, "bob") == []
    quick = state.begin(0, ("quick",))
    quick.put(state.artifacts, artifact("data.1", controller="ann"))
    quick.commit()
    assert slow.valid()


def test_a_scan_sees_the_transaction_s_own_writes_moves_and_deletions() -> None:
    state = State()
    before = state.begin(0, ("before",))
    for row in (artifact("data.1"), artifact("data.2"), artifact("data.3", controller="bob")):
        before.put(state.artifacts, row)
    before.commit()
    tx = state.begin(0, ("test",))
    tx.delete(state.artifacts, "data.1")
    tx.put(state.artifacts, artifact("data.3", controller="ann"))
    tx.put(state.artifacts, artifact("data.0"))
    assert [row.id for row in tx.scan(state.by_controller, "ann")] == ["data.0", "data.2", "data.3"]
    assert [row.id for row in tx.scan(state.by_controller, "bob")] == []
    assert [row.id for row in tx.all(state.artifacts)] == ["data.0", "data.2", "data.3"]


def test_rolling_back_restores_what_was_written_before_the_savepoint() -> None:
    state = State()
    tx = state.begin(0, ("test",))
    tx.put(state.counters, Counter("x", 1))
    tx.emit("first", "ann")
    mark = tx.savepoint()
    tx.put(state.counters, Counter("x", 2))
    tx.put(state.counters, Counter("x", 3))
    tx.delete(state.counters, "y")
    tx.put(state.artifacts, artifact("data.1"))
    tx.post(Posting("scrip", "ann", "bob", 1, "test"))
    tx.use(Usage("ann", "cpu_rate", 1))
    tx.emit("second", "ann")
    tx.rollback(mark)
    assert tx.scan(state.by_controller, "ann") == []
    commit = tx.commit()
    assert commit.changes == (("counters", Counter("x", 1)),)
    assert [e.type for e in commit.events] == ["first"]
    assert commit.postings == ()
    assert commit.usages == ()


def test_the_book_follows_the_orders_and_a_transaction_sees_its_own_in_it() -> None:
    state = State()
    tx = state.begin(0, ("place",))
    tx.put(state.orders, order(1, price=7))
    tx.put(state.orders, order(2, price=9))
    assert [o.id for o in tx.book("cpu_rate").orders(Side.BUY)] == [2, 1]
    assert len(state.book("cpu_rate")) == 0
    tx.commit()
    fill = state.begin(0, ("fill",))
    fill.put(state.orders, order(2, price=9, remaining=2))
    fill.delete(state.orders, 1)
    fill.commit()
    assert state.book("cpu_rate").depth(Side.BUY, 5) == [(9, 2, 1)]


def test_use_is_counted_in_the_window_with_the_transaction_s_own() -> None:
    state = State()
    tx = state.begin(10, ("use",))
    tx.use(Usage("ann", "cpu_rate", 4))
    assert tx.used("ann", "cpu_rate", 100) == 4
    tx.commit()
    later = state.begin(60, ("later",))
    later.use(Usage("ann", "cpu_rate", 5))
    assert later.used("ann", "cpu_rate", 100) == 9
    assert later.wait_until("ann", "cpu_rate", 2, 10, 100) == 110
    assert later.wait_until("ann", "cpu_rate", 1, 10, 100) == 60


def test_a_number_that_was_rolled_back_was_never_given_and_a_committed_one_is_never_given_again() -> None:
    state = State()
    tx = state.begin(0, ("test",))
    assert tx.next_id("order") == 1
    mark = tx.savepoint()
    assert tx.next_id("order") == 2
    tx.rollback(mark)
    assert tx.next_id("order") == 2
    tx.commit()
    assert state.begin(0, ("next",)).next_id("order") == 3


def test_a_commit_survives_its_canonical_bytes_and_can_be_applied_to_another_state() -> None:
    state = State()
    tx = state.begin(3, ("test", "ann"))
    tx.put(state.artifacts, artifact("data.1", access=("a", "b")))
    tx.put(state.orders, order(1))
    tx.post(Posting("scrip", "ann", "bob", 1, "test"))
    tx.use(Usage("ann", "cpu_rate", 4))
    tx.emit("tested", "ann", "bob", deep={"list": [1, None, "é"]})
    first = tx.commit()
    tx = state.begin(4, ("test", "ann"))
    tx.delete(state.orders, 1)
    second = tx.commit()
    copy = State()
    for commit in (first, second):
        assert decode(encode(commit)) == commit
        copy.apply(decode(encode(commit)))
    assert copy.artifacts.rows == state.artifacts.rows
    assert copy.orders.rows == {}
    assert (copy.seq, copy.now) == (2, 4)
    assert first.events == (Event("tested", "ann", "bob", {"deep": {"list": [1, None, "é"]}}),)


def test_the_latest_row_of_a_bucket_may_be_ones_own() -> None:
    state = State()

    def asked(number: int) -> Request:
        terms: ent.Json = {"resource": "*", "uses": 1, "ttl": 1, "quota": {}, "depth": 0}
        return Request(
            id=number, requester="ann", on_behalf_of=(), verb="fly", **terms, payload="", reason="", asked_at=0,
            decide_by=9, again=0, seconded_by="", offered=None, state=RequestState.PENDING, decided_at=None,
            decided_by="", decision_reason="", grant=None,
        )  # fmt: skip

    tx = state.begin(0, ("test",))
    tx.put(state.requests, asked(1))
    assert tx.latest(state.last_requests, ("ann", "fly")) == asked(1)
    tx.commit()
    tx = state.begin(0, ("test",))
    mark = tx.savepoint()
    tx.put(state.requests, asked(2))
    assert tx.latest(state.last_requests, ("ann", "fly")) == asked(2)
    tx.rollback(mark)
    assert tx.latest(state.last_requests, ("ann", "fly")) == asked(1)
    tx.delete(state.requests, 1)
    tx.commit()
    assert state.begin(0, ("test",)).latest(state.last_requests, ("ann", "fly")) is None


def test_the_chain_depends_on_every_byte_and_on_the_order() -> None:
    start = bytes(32)
    assert chain(chain(start, b"a"), b"b") != chain(chain(start, b"b"), b"a")
    assert chain(start, b"a") != chain(bytes(31) + b"\1", b"a")


def test_bytes_that_are_no_commit_are_refused() -> None:
    with pytest.raises(ValueError, match="not a commit"):
        decode(b'{"seq": 1}')


KEYS = st.integers(1, 9)
ROWS = st.dictionaries(KEYS, st.sampled_from(["ann", "bob"]), max_size=9)
CHANGES = st.lists(st.tuples(KEYS, st.sampled_from(["ann", "bob", None])), max_size=9)


@given(ROWS, CHANGES, CHANGES, st.integers(0, 9), st.integers(1, 9))
def test_a_page_of_a_bucket_is_a_part_of_its_scan(
    rows: dict[int, str], then: list[tuple[int, str | None]], own: list[tuple[int, str | None]], after: int, count: int
) -> None:
    """However the rows came to be there, moved or went, in this transaction or before."""
    state = State()

    def message(number: int, recipient: str) -> ent.Message:
        return ent.Message(number, recipient, "carl", "", "x", 0, 0)

    def change(tx: Transaction, changes: list[tuple[int, str | None]]) -> None:
        for key, recipient in changes:
            if recipient is None:
                tx.delete(state.messages, key)
            else:
                tx.put(state.messages, message(key, recipient))

    begun: list[tuple[int, str | None]] = [*rows.items()]
    for changes in (begun, then):
        tx = state.begin(0, ("test",))
        change(tx, changes)
        tx.commit()
    tx = state.begin(0, ("test",))
    change(tx, own)
    whole = tx.scan(state.inbox, "ann")
    assert tx.first(state.inbox, "ann", count, after) == [row for row in whole if row.id > after][:count]
    assert tx.count_in(state.inbox, "ann") == len(whole)
    assert state.begin(0, ("test",)).count_in(state.inbox, "ann") == len(state.inbox.after("ann", 0, 99))


def test_a_phantom_behind_a_page_is_a_conflict() -> None:
    state = State()
    tx = state.begin(0, ("test",))
    assert tx.first(state.inbox, "ann", 5, 0) == []
    other = state.begin(0, ("test",))
    other.put(state.messages, ent.Message(1, "ann", "carl", "", "x", 0, 0))
    other.commit()
    with pytest.raises(Conflict):
        tx.commit()
