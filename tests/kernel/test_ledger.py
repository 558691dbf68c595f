"""The ledger: double entry, two-phase holds, idempotency, and conservation whatever is done in whatever order."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.kernel import ledger
from engine.kernel.codec import decode, encode
from engine.kernel.entities import ISSUANCE, SCRIP, Asset, AssetKind, Balance, Hold
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Commit, Transaction

PEOPLE = ("ann", "bob", "cid")


def world() -> State:
    state = State()
    tx = state.begin(0, ("genesis",))
    tx.put(state.assets, Asset(SCRIP, AssetKind.SCRIP, "scrip", True, 0, None))
    tx.put(state.assets, Asset("disk", AssetKind.ALLOCATABLE, "bytes", True, 0, None))
    ledger.issue(tx, SCRIP, "ann", 100, "genesis")
    tx.commit()
    return state


def begin(state: State) -> Transaction:
    return state.begin(state.now, ("test",))


def code(result: object) -> str | None:
    return result.code if isinstance(result, Refusal) else None


def test_a_transfer_is_one_posting_and_moves_the_amount() -> None:
    tx = begin(world())
    assert ledger.transfer(tx, SCRIP, "ann", "bob", 30, "gift") is None
    assert ledger.balance(tx, "ann", SCRIP).available == 70
    assert ledger.balance(tx, "bob", SCRIP).available == 30
    assert len(tx.postings) == 1


def test_a_transfer_to_oneself_mints_nothing() -> None:
    state = world()
    tx = begin(state)
    assert ledger.transfer(tx, SCRIP, "ann", "ann", 100, "to myself") is None
    tx.commit()
    assert state.balances.rows[("ann", SCRIP)] == Balance("ann", SCRIP, 100, 0)
    ledger.check_conservation(state)


@pytest.mark.parametrize("amount", [0, -1, ledger.MAX_AMOUNT + 1, True, 1.5, "3"])
def test_what_is_no_amount_is_refused(amount: int) -> None:
    tx = begin(world())
    assert code(ledger.transfer(tx, SCRIP, "ann", "bob", amount, "")) == "bad_amount"
    assert code(ledger.reserve(tx, SCRIP, "ann", amount, "")) == "bad_amount"


def test_nobody_spends_more_than_is_available_and_the_refusal_says_what_there_is() -> None:
    tx = begin(world())
    ledger.reserve(tx, SCRIP, "ann", 40, "order")
    refusal = ledger.transfer(tx, SCRIP, "ann", "bob", 61, "")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "insufficient_funds"
    assert "60 scrip available and 40 held; 61 is needed" in refusal.message


def test_an_unknown_asset_is_refused() -> None:
    assert code(ledger.transfer(begin(world()), "gold", "ann", "bob", 1, "")) == "unknown_asset"


def test_the_same_key_moves_the_amount_once() -> None:
    tx = begin(world())
    for _ in range(3):
        assert ledger.transfer(tx, SCRIP, "ann", "bob", 10, "rent", key="march") is None
    assert ledger.balance(tx, "bob", SCRIP).available == 10
    assert len(tx.postings) == 1


def test_a_used_key_with_other_terms_is_refused_and_another_principal_may_use_the_same_key() -> None:
    tx = begin(world())
    ledger.transfer(tx, SCRIP, "ann", "bob", 10, "rent", key="march")
    assert code(ledger.transfer(tx, SCRIP, "ann", "bob", 11, "rent", key="march")) == "key_reused"
    assert ledger.transfer(tx, SCRIP, "bob", "cid", 5, "rent", key="march") is None


def test_a_key_of_a_refused_transfer_can_be_used_again() -> None:
    tx = begin(world())
    assert code(ledger.transfer(tx, SCRIP, "bob", "ann", 5, "rent", key="k")) == "insufficient_funds"
    ledger.transfer(tx, SCRIP, "ann", "bob", 5, "loan")
    assert ledger.transfer(tx, SCRIP, "bob", "ann", 5, "rent", key="k") is None
    assert ledger.balance(tx, "bob", SCRIP).available == 0


def test_a_hold_is_posted_in_parts_and_the_rest_is_voided() -> None:
    state = world()
    tx = begin(state)
    hold = ledger.reserve(tx, SCRIP, "ann", 50, "order")
    assert isinstance(hold, Hold)
    assert ledger.post(tx, hold.id, "bob", 20, "fill") is None
    assert code(ledger.post(tx, hold.id, "bob", 31, "fill")) == "hold_exceeded"
    assert ledger.release(tx, hold.id, 10) is None
    assert ledger.balance(tx, "ann", SCRIP) == Balance("ann", SCRIP, 60, 20)
    assert ledger.void(tx, hold.id) is None
    assert ledger.balance(tx, "ann", SCRIP) == Balance("ann", SCRIP, 80, 0)
    assert code(ledger.post(tx, hold.id, "bob", 1, "")) == "hold_closed"
    assert code(ledger.void(tx, hold.id)) == "hold_closed"
    assert code(ledger.release(tx, hold.id, 1)) == "hold_closed"
    tx.commit()
    ledger.check_conservation(state)


def test_a_hold_grows_and_shrinks_in_place_and_the_same_size_writes_nothing() -> None:
    state = world()
    tx = begin(state)
    hold = ledger.reserve(tx, SCRIP, "ann", 50, "bytes")
    assert isinstance(hold, Hold)
    assert ledger.resize(tx, hold.id, 70) is None
    assert ledger.balance(tx, "ann", SCRIP) == Balance("ann", SCRIP, 30, 70)
    assert ledger.resize(tx, hold.id, 10) is None
    assert ledger.balance(tx, "ann", SCRIP) == Balance("ann", SCRIP, 90, 10)
    assert code(ledger.resize(tx, hold.id, 101)) == "insufficient_funds"
    assert code(ledger.resize(tx, 99, 1)) == "hold_closed"
    tx.commit()
    ledger.check_conservation(state)
    again = begin(state)
    assert ledger.resize(again, hold.id, 10) is None
    assert again.commit().changes == ()


def test_a_hold_can_be_posted_back_to_its_own_principal() -> None:
    state = world()
    tx = begin(state)
    hold = ledger.reserve(tx, SCRIP, "ann", 50, "order")
    assert isinstance(hold, Hold)
    ledger.post(tx, hold.id, "ann", 50, "to myself")
    tx.commit()
    assert state.balances.rows[("ann", SCRIP)] == Balance("ann", SCRIP, 100, 0)
    ledger.check_conservation(state)


def test_spending_a_resource_retires_it() -> None:
    tx = begin(world())
    ledger.issue(tx, "disk", "ann", 10, "genesis")
    assert ledger.issued(tx, "disk") == 10
    assert ledger.retire(tx, "disk", "ann", 4, "spent") is None
    assert ledger.issued(tx, "disk") == 6
    assert code(ledger.retire(tx, "disk", "ann", 7, "spent")) == "insufficient_funds"


def test_issuing_beyond_what_sums_can_hold_is_refused() -> None:
    tx = begin(world())
    assert ledger.issue(tx, "disk", "ann", ledger.MAX_AMOUNT, "much") is None
    assert code(ledger.issue(tx, "disk", "bob", 1, "too much")) == "bad_amount"


@pytest.mark.parametrize(
    "broken",
    [
        Balance("ann", SCRIP, 101, 0),
        Balance("ann", SCRIP, 99, 1),
        Balance("bob", SCRIP, -1, 0),
        Balance("bob", SCRIP, 1, -1),
    ],
)
def test_the_check_notices_what_the_ledger_never_does(broken: Balance) -> None:
    state = world()
    state.balances.apply((broken.principal, broken.asset), broken)
    with pytest.raises(InvariantBroken):
        ledger.check_conservation(state)


def test_a_hold_can_be_posted_until_the_time_at_which_it_ends_and_not_at_it() -> None:
    state = world()
    tx = begin(state)
    hold = ledger.reserve(tx, SCRIP, "ann", 50, "offer", expires_at=10)
    assert isinstance(hold, Hold)
    tx.commit()
    in_time, late = state.begin(9, ("test",)), state.begin(10, ("test",))
    assert ledger.post(in_time, hold.id, "bob", 20, "taken") is None
    assert code(ledger.post(late, hold.id, "bob", 20, "too late")) == "hold_closed"
    assert ledger.void(late, hold.id) is None


class LedgerMachine(RuleBasedStateMachine):
    """Anything in any order, some of it rolled back, some of it committed: the laws hold after every commit.

    The model is the plain arithmetic: what each person has in all, available or held.
    """

    amounts = st.integers(-5, 120)
    people = st.sampled_from((*PEOPLE, "nobody"))
    assets = st.sampled_from((SCRIP, "disk", "gold"))

    def __init__(self) -> None:
        super().__init__()
        self.state = world()
        self.copy = State()
        self.copy.apply(self._as_loaded())
        self.tx = begin(self.state)
        self.minted = {SCRIP: 100, "disk": 0}
        self.draft = dict(self.minted)

    def _as_loaded(self) -> Commit:
        changes = tuple((name, row) for name in ("assets", "balances") for row in self.state.tables[name].rows.values())
        return Commit(1, 0, ("load",), changes, (), (), ())

    @rule(asset=assets, to=people, amount=amounts)
    def issue(self, asset: str, to: str, amount: int) -> None:
        if ledger.issue(self.tx, asset, to, amount, "issue") is None:
            self.draft[asset] += amount

    @rule(asset=assets, holder=people, amount=amounts)
    def retire(self, asset: str, holder: str, amount: int) -> None:
        if ledger.retire(self.tx, asset, holder, amount, "retire") is None:
            self.draft[asset] -= amount

    @rule(asset=assets, a=people, b=people, amount=amounts, key=st.sampled_from((None, "k1", "k2")))
    def transfer(self, asset: str, a: str, b: str, amount: int, key: str | None) -> None:
        before = ledger.balance(self.tx, b, asset)
        postings = len(self.tx.postings)
        refused = ledger.transfer(self.tx, asset, a, b, amount, "transfer", key)
        moved = amount if refused is None and len(self.tx.postings) > postings and a != b else 0
        assert ledger.balance(self.tx, b, asset).available == before.available + moved

    @rule(asset=assets, a=people, amount=amounts)
    def reserve(self, asset: str, a: str, amount: int) -> None:
        before = ledger.balance(self.tx, a, asset)
        made = ledger.reserve(self.tx, asset, a, amount, "hold")
        after = ledger.balance(self.tx, a, asset)
        assert before.available + before.held == after.available + after.held
        assert isinstance(made, Refusal) == (before == after)

    @rule(hold=st.integers(1, 12), to=people, amount=amounts)
    def post(self, hold: int, to: str, amount: int) -> None:
        ledger.post(self.tx, hold, to, amount, "post")

    @rule(hold=st.integers(1, 12))
    def void(self, hold: int) -> None:
        ledger.void(self.tx, hold)

    @rule(hold=st.integers(1, 12), amount=amounts)
    def release(self, hold: int, amount: int) -> None:
        ledger.release(self.tx, hold, amount)

    @rule(hold=st.integers(1, 12), amount=amounts)
    def resize(self, hold: int, amount: int) -> None:
        ledger.resize(self.tx, hold, amount)

    @rule()
    def commit(self) -> None:
        commit = self.tx.commit()
        self.copy.apply(decode(encode(commit)))
        self.minted = dict(self.draft)
        self.tx = begin(self.state)

    @rule()
    def abandon(self) -> None:
        self.tx = begin(self.state)
        self.draft = dict(self.minted)

    @precondition(lambda self: self.tx.undo)
    @rule(data=st.data())
    def nested_rollback(self, data: st.DataObject) -> None:
        mark, seen = self.tx.savepoint(), dict(self.tx.writes)
        ledger.transfer(self.tx, SCRIP, "ann", "bob", data.draw(st.integers(1, 50)), "in vain")
        ledger.reserve(self.tx, SCRIP, "bob", data.draw(st.integers(1, 50)), "in vain")
        self.tx.rollback(mark)
        assert self.tx.writes == seen

    @invariant()
    def what_is_committed_adds_up(self) -> None:
        ledger.check_conservation(self.state)
        for asset, amount in self.minted.items():
            row = self.state.balances.rows.get((ISSUANCE, asset))
            assert (-row.available if row is not None else 0) == amount

    @invariant()
    def the_log_rebuilds_the_state(self) -> None:
        assert self.copy.balances.rows == self.state.balances.rows
        assert self.copy.holds.rows == self.state.holds.rows
        assert self.copy.transfer_keys.rows == self.state.transfer_keys.rows


LedgerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedgerMachine = LedgerMachine.TestCase
