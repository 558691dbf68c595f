"""The arithmetic of debt: nothing is lost to rounding, and more money, time or rate never costs less."""

from dataclasses import replace
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.genesis import lending
from engine.kernel import loans
from engine.kernel.entities import Json
from engine.kernel.interest import accrue, annuity, fee, most_with_fee, worst
from engine.kernel.loans import Loan, LoanState, Schedule

DAY = 86_400_000_000
amounts = st.integers(1, 10**9)
rates = st.integers(0, 5_000)
periods = st.integers(1, 24)
spans = st.integers(1, 40 * DAY)
schedules = st.sampled_from(list(Schedule))


def loan(
    principal: int = 1_000,
    rate: int = 100,
    count: int = 4,
    schedule: Schedule = Schedule.ANNUITY,
    compound: bool = False,
    early_fee: int = 0,
    late_rate: int = 0,
) -> Loan:
    """A loan of `count` periods of a day that has just been made."""
    terms: Json = {"rate": rate, "period": DAY, "periods": count, "schedule": schedule, "compound": compound}
    options: Json = {"grace": DAY, "late_rate": late_rate, "early_fee": early_fee, "recourse": False, "auto_pay": True}
    return lending.example(principal, {**terms, **options})


def as_planned(one: Loan, until: int | None = None) -> tuple[Loan, int]:
    """The loan after its first `until` payments, all made when they fall due, and the interest paid."""
    interest = 0
    while one.owed and (boundary := one.boundary) is not None and one.fallen != until:
        one, split = loans.paid(due := loans.fallen_due(loans.accrued(one, boundary)), due.due)
        assert not one.due
        interest += split.interest
    return one, interest


# -- interest ------------------------------------------------------------------------------------------------------


@given(amounts, rates, st.lists(spans, min_size=1, max_size=20), spans)
def test_however_time_is_cut_up_the_interest_is_the_same(base: int, rate: int, cuts: list[int], period: int) -> None:
    total, remainder = 0, 0
    for elapsed in cuts:
        interest, remainder = accrue(base, rate, elapsed, period, remainder)
        total += interest
    assert (total, remainder) == accrue(base, rate, sum(cuts), period, 0)
    assert 0 <= Fraction(base * rate * sum(cuts), 10_000 * period) - total < 1


@given(amounts, amounts, rates, rates, spans, spans)
def test_interest_grows_with_base_rate_and_time(a: int, b: int, low: int, high: int, s: int, t: int) -> None:
    least = accrue(min(a, b), min(low, high), min(s, t), DAY, 0)[0]
    assert least <= accrue(max(a, b), max(low, high), max(s, t), DAY, 0)[0]


@given(st.integers(0, 10**12), st.integers(0, 10_000))
def test_the_most_that_money_repays_with_its_fee_is_the_most(money: int, rate: int) -> None:
    amount = most_with_fee(money, rate)
    assert amount + fee(amount, rate) <= money < amount + 1 + fee(amount + 1, rate)


@given(amounts, rates, periods)
def test_an_annuity_is_the_payment_that_repays_all_of_it(principal: int, rate: int, count: int) -> None:
    payment, r = annuity(principal, rate, count), Fraction(rate, 10_000)
    exact = principal * r / (1 - (1 + r) ** -count) if rate else Fraction(principal, count)
    assert 0 <= exact - payment < 1


# -- schedules -----------------------------------------------------------------------------------------------------


@given(amounts, rates, periods, schedules, st.booleans())
def test_a_plan_repays_the_principal_and_nothing_is_left(
    principal: int, rate: int, count: int, schedule: Schedule, compound: bool
) -> None:
    made = loan(principal, rate, count, schedule, compound)
    lines = loans.plan(made)
    assert sum(line.principal for line in lines) == principal
    assert lines[-1].left == 0
    assert [line.left for line in lines] == sorted((line.left for line in lines), reverse=True)
    after, interest = as_planned(made)
    assert (after.owed, interest) == (0, sum(line.interest for line in lines))
    assert interest + principal < worst(principal, rate, count, compound, 1, 0)


@given(amounts, rates, periods)
def test_an_annuity_is_paid_in_equal_payments_but_for_the_last(principal: int, rate: int, count: int) -> None:
    lines = loans.plan(loan(principal, rate, count, Schedule.ANNUITY))
    payment = annuity(principal, rate, count)
    totals = [line.interest + line.principal for line in lines]
    assert all(payment <= total <= payment + 1 for total in totals[:-1])
    # What was rounded off of each payment is for the last one, with interest.
    grown = sum(Fraction(10_000 + rate, 10_000) ** k for k in range(count))
    assert totals[-1] <= payment + grown + 1


@given(amounts, rates, periods)
def test_equal_instalments_are_equal_but_for_the_last(principal: int, rate: int, count: int) -> None:
    lines = loans.plan(loan(principal, rate, count, Schedule.INSTALMENTS))
    share = principal // count
    assert all(line.principal == share for line in lines[:-1] if line.principal)
    assert lines[-1].principal == (principal - share * (count - 1) if share else principal)


@given(amounts, rates, periods)
def test_a_bullet_grows_as_simple_or_compound_interest_says(principal: int, rate: int, count: int) -> None:
    (simple,) = loans.plan(loan(principal, rate, count, Schedule.BULLET))
    (compound,) = loans.plan(loan(principal, rate, count, Schedule.BULLET, compound=True))
    assert simple.interest == principal * rate * count // 10_000
    exact = principal * (1 + Fraction(rate, 10_000)) ** count - principal
    # Only whole units are added to what bears interest: of each period less than one is left out for a while.
    assert exact - sum(Fraction(10_000 + rate, 10_000) ** k for k in range(count)) <= compound.interest <= exact
    assert simple.interest <= compound.interest


@given(amounts, rates, periods, st.sampled_from([Schedule.INTEREST_ONLY, Schedule.INSTALMENTS, Schedule.ANNUITY]))
def test_where_interest_is_paid_each_period_compounding_adds_nothing(
    principal: int, rate: int, count: int, schedule: Schedule
) -> None:
    assert loans.plan(loan(principal, rate, count, schedule)) == loans.plan(
        loan(principal, rate, count, schedule, compound=True)
    )


@given(amounts, rates, rates, periods, schedules, st.booleans())
def test_a_higher_rate_never_costs_less(
    principal: int, low: int, high: int, count: int, schedule: Schedule, compound: bool
) -> None:
    low, high = min(low, high), max(low, high)
    cheap, dear = (
        sum(p.interest for p in loans.plan(loan(principal, r, count, schedule, compound))) for r in (low, high)
    )
    assert cheap <= dear + 1  # each annuity is rounded down by itself


# -- payments ------------------------------------------------------------------------------------------------------


@given(amounts, rates, periods, schedules, st.booleans(), st.data())
def test_early_repayment_cuts_the_schedule_off(
    principal: int, rate: int, count: int, schedule: Schedule, compound: bool, data: st.DataObject
) -> None:
    made = loan(principal, rate, count, schedule, compound)
    done = data.draw(st.integers(0, count - 1))
    after, interest = as_planned(made, done)
    if not after.owed:
        return
    ended, split = loans.paid(after, after.payoff)
    assert (ended.owed, split.fee) == (0, 0)
    lines = [line for line in loans.plan(made) if line.at <= done * DAY]
    left = lines[-1].left if lines else principal
    assert split.principal == left
    if schedule is not Schedule.BULLET:  # a bullet's interest is all still owed
        assert (split.interest, interest) == (0, sum(line.interest for line in lines))


@given(amounts, rates, st.integers(0, 10 * DAY), st.integers(1, 10**10), st.integers(0, 500), schedules)
def test_a_payment_is_split_in_order_and_to_the_last_unit(
    principal: int, rate: int, after: int, money: int, early_fee: int, schedule: Schedule
) -> None:
    due = loans.fallen_due(loans.accrued(loan(principal, rate, 4, schedule, False, early_fee, 50), DAY))
    due = loans.accrued(due, DAY + after)
    left, split = loans.paid(due, money)
    assert split.late + split.interest + split.principal == due.owed - left.owed
    assert min(split.late, split.interest, split.principal, split.fee) >= 0
    assert split.total <= money
    assert left.owed == 0 or money - split.total <= 1  # one unit may be too little to repay with its fee
    if split.interest:
        assert left.late == 0
    if split.principal:
        assert left.due_interest == 0
    if split.fee:
        assert left.due == 0
        assert split.fee == fee(due.early - left.early, early_fee)
    assert 0 <= left.due_principal <= left.left <= left.base
    assert 0 <= left.due_interest <= left.interest


@given(amounts, rates, st.lists(st.tuples(st.integers(0, DAY // 2), st.integers(0, 10**8)), max_size=12), st.booleans())
def test_whatever_is_paid_when_the_balance_adds_up(
    principal: int, rate: int, moves: list[tuple[int, int]], compound: bool
) -> None:
    """Owed at any time = lent + interest and penalties so far - paid, with no unit made or lost on the way."""
    one = loan(principal, rate, 4, Schedule.INSTALMENTS, compound, late_rate=200)
    paid, at, charged = 0, 0, 0
    for wait, money in moves:
        at += wait
        while (boundary := one.boundary) is not None and boundary <= at:
            before = one
            one = loans.accrued(one, boundary)
            charged += one.owed - before.owed
            one = loans.standing(loans.fallen_due(one))
        before = one
        one = loans.accrued(one, at)
        charged += one.owed - before.owed
        one, split = loans.paid(one, money)
        paid += split.total - split.fee
        assert one.owed == principal + charged - paid
        assert one.left <= one.base <= one.left + one.interest


def test_penalties_are_charged_on_what_is_overdue_only() -> None:
    due = loans.fallen_due(loans.accrued(loan(10_000, 100, 2, Schedule.INSTALMENTS, late_rate=1_000), DAY))
    assert (due.due_principal, due.due_interest) == (5_000, 100)
    late = loans.accrued(due, DAY + DAY // 2)
    assert (late.late, late.interest) == (5_100 * 1_000 // 20_000, 150)


def test_after_the_last_payment_fell_due_everything_is_due_at_all_times() -> None:
    due = loans.fallen_due(loans.accrued(loan(10_000, 100, 1, Schedule.BULLET), DAY))
    late = loans.accrued(due, 2 * DAY)
    assert (late.due, late.owed) == (10_200, 10_200)
    assert loans.standing(replace(late, late_since=DAY)).next_at == 2 * DAY


def test_a_defaulted_loan_grows_no_more() -> None:
    lost = replace(loan(), state=LoanState.DEFAULTED)
    assert loans.accrued(lost, 100 * DAY) is lost
