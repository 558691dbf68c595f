"""Debt: what is lent is paid back as agreed, or the collateral goes to the claim's holder; nobody is below zero."""

from typing import Any

import pytest

from engine.genesis import debt, lending
from engine.kernel import ledger
from engine.kernel.actions import Delete, Invoke, Transfer, Write
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from engine.kernel.loans import Loan
from tests.engine.genesis.tiny import FILE, Tiny, run

DAY = 86_400_000_000
TERMS: Json = {"principal": 400, "rate": 1_000, "period": DAY}


def pass_time(world: Tiny, until: int) -> list[Any]:
    """Let loans and offers fall due as the engine's timers would; all that was told."""
    told: list[Any] = []
    while True:
        offers = [(o.expires_at, 0, o.id) for o in world.state.loan_offers.rows.values() if o.expires_at is not None]
        due = [(o.next_at, 1, o.number) for o in world.state.loans.rows.values() if o.next_at is not None]
        ahead = [one for one in sorted([*offers, *due]) if one[0] <= until]
        if not ahead:
            break
        at, kind, number = ahead[0]
        world.now = max(world.now, at)
        tx = world.begin()
        if kind:
            lending.mature(tx, f"loan.{number}")
        else:
            debt.expire(tx, number)
        world.commit(tx)
        told += world.events
    world.now = until
    return told


def lend(world: Tiny, auto_pay: bool = True, **terms: Any) -> str:
    """A loan of alice's to bob."""
    offer = world.ok("alice", "genesis_debt.offer", **{**TERMS, **terms})["offer"]
    return str(world.ok("bob", "genesis_debt.accept", offer=offer, auto_pay=auto_pay)["loan"])


def row(world: Tiny, loan: str) -> Loan:
    return world.state.loans.rows[loan]


def status(world: Tiny, loan: str) -> str:
    return str(world.state.artifacts.rows[loan].metadata["status"])


# -- offers --------------------------------------------------------------------------------------------------------


def test_an_offer_holds_the_principal_and_gives_it_back(world: Tiny) -> None:
    offer = world.ok("alice", "genesis_debt.offer", **TERMS)["offer"]
    assert world.has("alice") == (600, 400)
    assert world.refused("bob", "genesis_debt.withdraw", offer=offer) == "not_found"
    world.ok("alice", "genesis_debt.withdraw", offer=offer)
    assert world.has("alice") == (1_000, 0)
    assert world.told("debt.withdrawn")[0].data["why"] == "asked"
    assert world.refused("bob", "genesis_debt.accept", offer=offer) == "not_found"


def test_an_offer_ends_by_itself(world: Tiny) -> None:
    offer = world.ok("alice", "genesis_debt.offer", **TERMS, expires_in=DAY)["offer"]
    pass_time(world, DAY - 1)
    assert offer in world.state.loan_offers.rows
    pass_time(world, DAY)
    assert (world.has("alice"), dict(world.state.loan_offers.rows)) == ((1_000, 0), {})


def test_a_loan_is_paid_out_in_one_commit_and_its_artifact_says_what_was_agreed(world: Tiny) -> None:
    offer = world.ok("alice", "genesis_debt.offer", **TERMS, collateral=[{"asset": "disk", "amount": 50}])["offer"]
    before = world.state.seq
    made = world.ok("bob", "genesis_debt.accept", offer=offer)
    assert world.state.seq == before + 1
    loan = made["loan"]
    assert (world.has("alice"), world.has("bob")) == ((600, 0), (1_400, 0))
    assert world.has("bob", "disk") == (9_950, 50)
    artifact = world.state.artifacts.rows[loan]
    assert (artifact.type, artifact.controller, artifact.created_by) == ("loan", "alice", "genesis_debt")
    assert artifact.metadata["status"] == "outstanding"
    assert {name: artifact.metadata[name] for name in ("lender", "borrower", "principal", "rate", "schedule")} == {
        "lender": "alice",
        "borrower": "bob",
        "principal": 400,
        "rate": 1_000,
        "schedule": "bullet",
    }
    assert world.told("debt.lent")[0].data["collateral"] == [{"asset": "disk", "amount": 50}]
    assert row(world, loan).next_at == DAY


def test_one_may_ask_for_a_loan_and_somebody_funds_it(world: Tiny) -> None:
    note = world.make("bob", "a tale")
    pledge: list[Json] = [{"artifact": note}, {"asset": "cpu_rate", "amount": 100}]
    offer = world.ok("bob", "genesis_debt.ask", **TERMS, collateral=pledge)["offer"]
    assert (world.controller(note), world.has("bob", "cpu_rate")) == ("genesis_debt", (500, 100))
    loan = world.ok("alice", "genesis_debt.accept", offer=offer)["loan"]
    assert (world.has("alice"), world.has("bob")) == ((600, 0), (1_400, 0))
    world.ok("bob", "genesis_debt.repay", loan=loan)
    assert (world.controller(note), world.has("bob", "cpu_rate")) == ("bob", (600, 0))


def test_what_was_asked_for_and_nobody_funded_gives_the_collateral_back(world: Tiny) -> None:
    note = world.make("bob", "a tale")
    world.ok("bob", "genesis_debt.ask", **TERMS, collateral=[{"artifact": note}], expires_in=DAY)
    pass_time(world, DAY)
    assert world.controller(note) == "bob"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"principal": 1_001}, "insufficient_funds"),
        ({"principal": 0}, "bad_arguments"),
        ({"rate": -1}, "bad_arguments"),
        ({"rate": 100_001}, "bad_arguments"),
        ({"period": 0}, "bad_arguments"),
        ({"periods": 601}, "bad_arguments"),
        ({"schedule": "never"}, "bad_arguments"),
        ({"rate": 100_000, "periods": 600, "options": {"compound": True}}, "too_much"),
        ({"only": "alice"}, "bad_offer"),
        ({"only": "genesis_mint"}, "no_standing"),
        ({"collateral": [{"asset": "gold", "amount": 1}]}, "unknown_asset"),
        ({"collateral": [{"asset": "llm_budget", "amount": 1}]}, "not_transferable"),
        ({"collateral": [{"asset": "disk"}]}, "bad_arguments"),
        ({"collateral": [{"asset": "disk", "amount": 1}] * 2}, "bad_collateral"),
        ({"collateral": [{"artifact": "none.1"}]}, "not_found"),
        ({"collateral": [{"artifact": "bob"}]}, "bad_collateral"),
    ],
)
def test_an_offer_that_cannot_be_is_refused(world: Tiny, more: Json, code: str) -> None:
    assert world.refused("alice", "genesis_debt.offer", **{**TERMS, **more}) == code


def test_collateral_that_could_be_taken_back_secures_nothing(world: Tiny) -> None:
    for contract in ("genesis_public", "genesis_self_owned"):
        note = world.make("bob", "a tale", access=(contract,))
        assert world.refused("bob", "genesis_debt.ask", **TERMS, collateral=[{"artifact": note}]) == "bad_collateral"


def test_an_offer_is_for_whom_it_is_for(world: Tiny) -> None:
    offer = world.ok("alice", "genesis_debt.offer", **TERMS, only="bob")["offer"]
    assert world.refused("carol", "genesis_debt.accept", offer=offer) == "not_for_you"
    assert world.refused("alice", "genesis_debt.accept", offer=offer) == "own_offer"
    world.ok("bob", "genesis_debt.accept", offer=offer)


def test_without_the_collateral_there_is_no_loan_and_nothing_has_moved(world: Tiny) -> None:
    note = world.make("carol", "a tale")
    for pledge in ({"asset": "disk", "amount": 10_001}, {"artifact": note}):
        offer = world.ok("alice", "genesis_debt.offer", **TERMS, collateral=[pledge])["offer"]
        assert world.refused("bob", "genesis_debt.accept", offer=offer) in ("insufficient_funds", "access_denied")
        world.ok("alice", "genesis_debt.withdraw", offer=offer)
    assert world.has("bob", "disk") == (10_000, 0)


def test_the_world_says_how_many_loans_and_offers_there_may_be() -> None:
    world = Tiny({**FILE, "debt": {"max_loans": 1, "max_offers": 1}})
    offer = world.ok("alice", "genesis_debt.offer", **{**TERMS, "principal": 10})["offer"]
    assert world.refused("alice", "genesis_debt.offer", **TERMS) == "too_many_offers"
    world.ok("bob", "genesis_debt.accept", offer=offer)
    offer = world.ok("alice", "genesis_debt.offer", **{**TERMS, "principal": 10})["offer"]
    assert world.refused("bob", "genesis_debt.accept", offer=offer) == "too_many_loans"


# -- paying --------------------------------------------------------------------------------------------------------


def test_what_falls_due_is_taken_and_the_loan_ends(world: Tiny) -> None:
    loan = lend(world, collateral=[{"asset": "disk", "amount": 50}])
    told = pass_time(world, DAY)
    assert (world.has("alice"), world.has("bob")) == ((1_040, 0), (960, 0))
    assert world.has("bob", "disk") == (10_000, 0)
    (paid,) = [event for event in told if event.type == "debt.paid"]
    assert (paid.actor, paid.target) == ("bob", "alice")
    assert paid.data == {
        "loan": loan,
        "borrower": "bob",
        "amount": 440,
        "interest": 40,
        "principal": 400,
        "late": 0,
        "fee": 0,
        "left": 0,
        "auto": True,
    }
    assert (status(world, loan), dict(world.state.loans.rows)) == ("settled", {})
    assert world.refused("alice", "genesis_debt.collect", loan=loan) == "not_found"


def test_interest_and_principal_are_postings_apart(world: Tiny) -> None:
    loan = lend(world)
    pass_time(world, DAY)
    assert {(p.reason, p.amount) for p in world.last.postings} == {(f"interest {loan}", 40), (f"principal {loan}", 400)}


def test_an_annuity_is_paid_in_equal_parts(world: Tiny) -> None:
    lend(world, periods=4, schedule="annuity")
    told = pass_time(world, 4 * DAY)
    paid = [(e.data["interest"], e.data["principal"]) for e in told if e.type == "debt.paid"]
    assert paid == [(40, 86), (31, 95), (22, 104), (11, 115)]
    assert not world.state.loans.rows


def test_early_repayment_costs_the_interest_to_the_instant_and_the_fee(world: Tiny) -> None:
    loan = lend(world, options={"early_fee": 500})
    world.now = DAY // 2
    paid = world.ok("bob", "genesis_debt.repay", loan=loan)
    assert (paid["interest"], paid["principal"], paid["fee"], paid["owed"]) == (20, 400, 20, 0)
    assert status(world, loan) == "settled"


def test_part_of_a_loan_is_repaid_early_and_bears_no_interest_from_then_on(world: Tiny) -> None:
    loan = lend(world)
    world.now = DAY // 2
    paid = world.ok("bob", "genesis_debt.pay", loan=loan, amount=220)
    assert (paid["interest"], paid["principal"]) == (20, 200)
    pass_time(world, DAY)
    assert world.has("bob") == (1_400 - 220 - 210, 0)


def test_nothing_is_due_before_it_is(world: Tiny) -> None:
    loan = lend(world)
    assert world.refused("bob", "genesis_debt.pay", loan=loan) == "nothing_due"


def test_anybody_may_pay_for_another(world: Tiny) -> None:
    loan = lend(world)
    world.ok("carol", "genesis_debt.repay", loan=loan)
    assert (world.has("carol"), world.has("alice")) == ((600, 0), (1_000, 0))


# -- late, default, collateral -------------------------------------------------------------------------------------


def broke(world: Tiny, keep: int = 0) -> None:
    """Bob gives away all but a little."""
    world.ok("bob", "genesis_ledger.transfer", to="carol", amount=world.has("bob")[0] - keep)


def test_in_grace_what_is_there_is_taken_and_the_rest_may_still_be_paid(world: Tiny) -> None:
    loan = lend(world, options={"grace": DAY, "late_rate": 1_000})
    broke(world, 100)
    told = pass_time(world, DAY)
    (late,) = [event for event in told if event.type == "debt.late"]
    assert (late.target, late.data["due"], late.data["until"]) == ("alice", 340, 2 * DAY)
    assert (world.has("bob"), row(world, loan).state) == ((0, 0), "late")
    world.ok("carol", "genesis_ledger.transfer", to="bob", amount=1_000)
    world.now = DAY + DAY // 2
    paid = world.ok("bob", "genesis_debt.pay", loan=loan)
    assert (paid["late"], paid["interest"], paid["principal"]) == (17, 17, 340)
    assert status(world, loan) == "settled"


def test_without_auto_pay_nothing_is_taken(world: Tiny) -> None:
    loan = lend(world, auto_pay=False, options={"grace": DAY})
    pass_time(world, DAY)
    assert (world.has("bob"), row(world, loan).due) == ((1_400, 0), 440)
    assert world.refused("alice", "genesis_debt.collect", loan=loan) == "no_auto_pay"
    pass_time(world, 2 * DAY)
    assert status(world, loan) == "defaulted"


def test_a_default_without_collateral_is_a_loss(world: Tiny) -> None:
    loan = lend(world)
    broke(world, 40)
    (event,) = [e for e in pass_time(world, DAY) if e.type == "debt.defaulted"]
    assert (event.actor, event.target) == ("bob", "alice")
    assert {name: event.data[name] for name in ("owed", "recovered", "claim", "lost")} == {
        "owed": 400,
        "recovered": 0,
        "claim": 0,
        "lost": 400,
    }
    assert (status(world, loan), dict(world.state.loans.rows)) == ("defaulted", {})


def test_as_many_units_are_seized_as_the_debt_needs_and_the_rest_goes_back(world: Tiny) -> None:
    pledge = [{"asset": "disk", "amount": 1_000, "value": 3}]
    loan = lend(world, auto_pay=False, collateral=pledge)
    (event,) = [e for e in pass_time(world, DAY) if e.type == "debt.defaulted"]
    assert event.data["seized"] == [{"asset": "disk", "amount": 147, "counted": 440}]
    assert (event.data["recovered"], event.data["lost"]) == (440, 0)
    taken = world.state.artifacts.rows[loan].size
    assert world.has("bob", "disk") == (10_000 - 147, 0)
    assert world.has("alice", "disk") == (10_000 + 147 - taken, taken)


def test_collateral_counts_at_the_last_price_if_no_value_was_agreed(world: Tiny) -> None:
    world.ok("carol", "genesis_exchange.place", instrument="disk", side="sell", quantity=1, limit=2, kind="limit")
    world.ok("alice", "genesis_exchange.place", instrument="disk", side="buy", quantity=1, limit=2, kind="limit")
    lend(world, auto_pay=False, collateral=[{"asset": "disk", "amount": 1_000}])
    (event,) = [e for e in pass_time(world, DAY) if e.type == "debt.defaulted"]
    assert event.data["seized"] == [{"asset": "disk", "amount": 220, "counted": 440}]


def test_what_has_no_price_is_seized_whole_and_counts_for_nothing(world: Tiny) -> None:
    note = world.make("bob", "a tale")
    lend(world, auto_pay=False, collateral=[{"asset": "disk", "amount": 100}, {"artifact": note}])
    (event,) = [e for e in pass_time(world, DAY) if e.type == "debt.defaulted"]
    assert (event.data["recovered"], event.data["lost"]) == (0, 440)
    assert (world.controller(note), world.has("bob", "disk")[0]) == ("alice", 10_000 - 6 - 100)


def test_with_recourse_the_rest_stays_owed_without_interest(world: Tiny) -> None:
    loan = lend(world, auto_pay=False, options={"recourse": True}, collateral=[{"asset": "scrip", "amount": 40}])
    (event,) = [e for e in pass_time(world, DAY) if e.type == "debt.defaulted"]
    assert (event.data["recovered"], event.data["claim"], event.data["lost"]) == (40, 400, 0)
    assert status(world, loan) == "in_default"
    pass_time(world, 50 * DAY)
    assert (row(world, loan).owed, row(world, loan).next_at) == (400, None)
    world.ok("bob", "genesis_debt.pay", loan=loan)
    assert (status(world, loan), dict(world.state.loans.rows)) == ("defaulted", {})


def test_a_claim_is_collected_where_that_was_agreed(world: Tiny) -> None:
    loan = lend(world, options={"grace": DAY})
    broke(world)
    pass_time(world, DAY)
    assert world.refused("alice", "genesis_debt.collect", loan=loan) == "nothing_due"
    assert world.refused("carol", "genesis_debt.collect", loan=loan) == "not_yours"
    world.ok("carol", "genesis_ledger.transfer", to="bob", amount=100)
    assert world.ok("alice", "genesis_debt.collect", loan=loan)["paid"] == 100
    assert world.has("bob") == (0, 0)


def test_a_claim_may_be_given_up(world: Tiny) -> None:
    note = world.make("bob", "a tale")
    loan = lend(world, collateral=[{"artifact": note}])
    assert world.refused("bob", "genesis_debt.forgive", loan=loan) == "not_yours"
    world.ok("alice", "genesis_debt.forgive", loan=loan)
    assert (world.controller(note), status(world, loan)) == ("bob", "settled")


# -- claims --------------------------------------------------------------------------------------------------------


def test_whoever_controls_the_claim_is_paid(world: Tiny) -> None:
    loan = lend(world)
    moved = world.act("alice", Transfer(loan, "carol"))
    assert not isinstance(moved, Refusal)
    pass_time(world, DAY)
    assert (world.has("alice"), world.has("carol")) == ((600, 0), (1_440, 0))


def test_nobody_changes_a_claim_and_its_holder_alone_passes_it_on(world: Tiny) -> None:
    loan = lend(world)
    for actor in ("alice", "bob"):
        refused = world.act(actor, Write("I owe nothing", loan))
        assert isinstance(refused, Refusal)
        assert refused.code == "access_denied"
    for actor, action in (("bob", Transfer(loan, "bob")), ("alice", Delete(loan)), ("bob", Delete(loan))):
        refused = world.act(actor, action)
        assert isinstance(refused, Refusal)
        assert refused.code == "access_denied"
    world.ok("bob", "genesis_debt.repay", loan=loan)
    assert not isinstance(world.act("alice", Delete(loan)), Refusal)
    assert world.has("alice", "disk") == (10_000, 0)


def test_a_claim_is_sold_in_escrow_and_pays_its_seller_until_then(world: Tiny) -> None:
    loan = lend(world, periods=2, schedule="interest_only")
    world.ok("alice", "genesis_escrow.deposit", artifact=loan, price=300)
    pass_time(world, DAY)
    assert world.has("alice") == (640, 0)
    world.ok("carol", "genesis_escrow.purchase", artifact=loan)
    pass_time(world, 2 * DAY)
    assert world.has("carol") == (1_000 - 300 + 440, 0)


def test_a_claim_is_collateral_and_pays_who_pledged_it(world: Tiny) -> None:
    loan = lend(world, periods=2, schedule="interest_only")
    offer = world.ok("alice", "genesis_debt.ask", **TERMS, collateral=[{"artifact": loan}])["offer"]
    assert world.ok("bob", "genesis_debt.terms", loan=loan)["holder"] == "alice"
    second = world.ok("carol", "genesis_debt.accept", offer=offer)["loan"]
    world.ok("alice", "genesis_ledger.transfer", to="carol", amount=1_000)
    pass_time(world, DAY)
    # Bob's interest came to alice at the same instant, before her own debt fell due, and went on to carol.
    assert status(world, second) == "defaulted"
    assert world.controller(loan) == "carol"
    pass_time(world, 2 * DAY)
    assert status(world, loan) == "settled"


def test_a_false_loan_is_none(world: Tiny) -> None:
    fake = world.make("alice", "", type="loan", metadata={"borrower": "bob", "principal": 900, "status": "outstanding"})
    assert world.refused("bob", "genesis_debt.terms", loan=fake) == "not_found"
    assert world.ok("alice", "genesis_debt.my_loans")["owed"] == []


# -- looks ---------------------------------------------------------------------------------------------------------


def test_a_lender_s_claims_are_told_a_page_at_a_time_and_no_more_are_looked_at() -> None:
    world = Tiny()
    tx = world.begin()
    assert ledger.issue(tx, "disk", "alice", 10**6, "test") is None
    agreed: Json = {**dict.fromkeys(lending.TERMS, 0), "period": DAY, "periods": 1, "schedule": "bullet"}
    for _ in range(250):
        assert not isinstance(lending.new_loan(tx, "alice", "bob", 1, agreed), Refusal)
    world.commit(tx)
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = world.ok("alice", "genesis_debt.my_loans", owed_after=after)
        seen += [line["loan"] for line in page["owed"]]
        assert page["owed_here"] == len(page["owed"]) <= 100
        after = page["owed_next"]
    assert sorted(seen) == seen == sorted(world.state.loans.rows)
    tx = world.begin()
    run(world.physics.perform(tx, "alice", Invoke("genesis_debt", "my_loans", {})))
    assert sum(table is world.state.loans for table, _ in tx.reads) == 100


def test_offers_loans_terms_and_plans_are_told(world: Tiny) -> None:
    offer = world.ok("alice", "genesis_debt.offer", **TERMS, periods=2, schedule="instalments")["offer"]
    world.ok("bob", "genesis_debt.ask", **TERMS)
    (told,) = world.ok("carol", "genesis_debt.offers", side="lend")["offers"]
    assert (told["offer"], told["by"], told["schedule"]) == (offer, "alice", "instalments")
    assert len(world.ok("carol", "genesis_debt.offers")["offers"]) == 2
    planned = world.ok("carol", "genesis_debt.plan", offer=offer)
    assert planned["payments"] == [
        {"at": DAY, "interest": 40, "principal": 200, "left": 200},
        {"at": 2 * DAY, "interest": 20, "principal": 200, "left": 0},
    ]
    assert (planned["interest"], planned["total"]) == (60, 460)
    loan = world.ok("bob", "genesis_debt.accept", offer=offer)["loan"]
    world.now = DAY // 2
    terms = world.ok("carol", "genesis_debt.terms", loan=loan)
    assert (terms["owed"], terms["interest"], terms["due"], terms["next_at"]) == (420, 20, 0, DAY)
    assert world.ok("bob", "genesis_debt.my_loans")["owing_here"] == 420
    assert world.ok("alice", "genesis_debt.my_loans")["owed_here"] == 420
    assert world.ok("alice", "genesis_debt.plan", loan=loan)["payments"][0]["at"] == DAY
    world.ok("bob", "genesis_debt.repay", loan=loan)
    assert world.ok("carol", "genesis_debt.terms", loan=loan)["state"] == "settled"
