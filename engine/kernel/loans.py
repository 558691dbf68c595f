"""Loans as rows, and what time and payments make of one: pure functions from a row to the next.

What is paid goes, in this order, to penalties, interest that is due, principal that is due, interest to the instant,
and principal ahead of time. Amounts are whole units of scrip, times µs of world time, rates basis points per period.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from engine.kernel.entities import Artifact, Json, SimTime
from engine.kernel.interest import accrue, annuity, fee, most_with_fee
from engine.kernel.quick import quicken


class Schedule(StrEnum):
    """What falls due at the end of each period; at the end of the last one, always everything."""

    BULLET = "bullet"  # nothing before the end
    INTEREST_ONLY = "interest_only"
    INSTALMENTS = "instalments"  # an equal part of the principal, and the interest
    ANNUITY = "annuity"  # a constant payment


class LoanSide(StrEnum):
    """Whether the maker of an offer lends or borrows."""

    LEND = "lend"
    BORROW = "borrow"


class LoanState(StrEnum):
    """Life of a loan that is not over: what is due is paid, is not paid, or was not paid in time."""

    CURRENT = "current"
    LATE = "late"
    DEFAULTED = "defaulted"


@dataclass(frozen=True, slots=True)
class LoanOffer:
    """Money offered (`side` lend), its scrip held, or asked for (`side` borrow), the collateral in custody.

    `only` is the one who may take it, empty for anybody; `collateral` names assets with amounts, and artifacts.
    """

    id: int
    maker: str
    side: LoanSide
    only: str
    principal: int
    terms: Json
    collateral: tuple[Json, ...]
    hold: int | None
    made_at: SimTime
    expires_at: SimTime | None


@dataclass(frozen=True, slots=True)
class Loan:
    """Money owed; whoever controls the artifact `id` is who is paid. `next_at` is when something falls due.

    `base` bears interest: the principal left, and what compounding has added to it. The due amounts are parts of `left`
    and `interest`.
    """

    id: str
    number: int
    lender: str
    borrower: str
    principal: int
    rate: int
    period: SimTime
    periods: int
    schedule: Schedule
    compound: bool
    grace: SimTime
    late_rate: int
    early_fee: int
    recourse: bool
    auto_pay: bool
    instalment: int
    began_at: SimTime
    state: LoanState
    left: int
    base: int
    interest: int
    remainder: int
    late: int
    late_remainder: int
    accrued_at: SimTime
    fallen: int
    due_principal: int
    due_interest: int
    late_since: SimTime | None
    next_at: SimTime | None
    collateral: tuple[Json, ...]

    @property
    def owed(self) -> int:
        """All that is owed as of `accrued_at`."""
        return self.left + self.interest + self.late

    @property
    def due(self) -> int:
        """What should have been paid by now."""
        return self.due_principal + self.due_interest + self.late

    @property
    def early(self) -> int:
        """The principal that is not due yet."""
        return self.left - self.due_principal

    @property
    def payoff(self) -> int:
        """What ends it at once, the fee for repaying early with it."""
        return self.owed + fee(self.early, self.early_fee)

    @property
    def boundary(self) -> SimTime | None:
        """When the next payment falls due, None after the last."""
        return self.began_at + (self.fallen + 1) * self.period if self.fallen < self.periods else None


quicken((Loan,))

OUTSTANDING, IN_DEFAULT, SETTLED, DEFAULTED = "outstanding", "in_default", "settled", "defaulted"
"""What the artifact of a loan says of it; the last two when nothing is owed any more, whatever was lost."""
WRITER = "genesis_debt"
"""Who makes the artifacts of loans: one that says otherwise of itself is none."""


def pledged(collateral: tuple[Json, ...]) -> tuple[str, ...]:
    """The artifacts among the items of a collateral."""
    return tuple(item["artifact"] for item in collateral if "artifact" in item)


def claim_buckets(row: Artifact) -> tuple[str, ...]:
    """Under whose name the artifact of a loan is found while something is owed on it."""
    open_ = row.created_by == WRITER and row.metadata.get("status") in (OUTSTANDING, IN_DEFAULT)
    return (row.controller,) if open_ else ()


@dataclass(frozen=True, slots=True)
class Split:
    """What a payment was for."""

    late: int
    interest: int
    principal: int
    fee: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.late + self.interest + self.principal + self.fee


def instalment(schedule: Schedule, principal: int, rate: int, periods: int) -> int:
    """What a schedule fixes at the beginning: an annuity's payment, or the equal part of the principal."""
    if schedule is Schedule.ANNUITY:
        return annuity(principal, rate, periods)
    return principal // periods if schedule is Schedule.INSTALMENTS else 0


def accrued(loan: Loan, at: SimTime) -> Loan:
    """The loan with interest and penalties up to `at`; after a default nothing is added any more."""
    elapsed = at - loan.accrued_at
    if elapsed <= 0 or loan.state is LoanState.DEFAULTED:
        return loan
    interest, remainder = accrue(loan.base, loan.rate, elapsed, loan.period, loan.remainder)
    overdue = loan.due_principal + loan.due_interest
    late, late_remainder = accrue(overdue, loan.late_rate, elapsed, loan.period, loan.late_remainder)
    after_last = loan.fallen >= loan.periods  # then whatever is owed is due
    return replace(
        loan,
        interest=loan.interest + interest,
        due_interest=loan.interest + interest if after_last else loan.due_interest,
        remainder=remainder,
        late=loan.late + late,
        late_remainder=late_remainder,
        accrued_at=at,
    )


def fallen_due(loan: Loan) -> Loan:
    """The loan, accrued to the end of a period, after what that makes due; unpaid interest compounds here."""
    number = loan.fallen + 1
    if number >= loan.periods:
        principal, interest = loan.left, loan.interest
    else:
        fresh = loan.interest - loan.due_interest
        part = loan.instalment
        if loan.schedule is Schedule.ANNUITY:
            part = max(0, part - fresh)
        principal = min(loan.left, loan.due_principal + part)
        interest = loan.due_interest if loan.schedule is Schedule.BULLET else loan.interest
    base = loan.left + loan.interest if loan.compound else loan.left
    return replace(loan, fallen=number, due_principal=principal, due_interest=interest, base=base)


def called(loan: Loan) -> Loan:
    """The loan with everything due at once, as after a default."""
    return replace(loan, due_principal=loan.left, due_interest=loan.interest)


def paid(loan: Loan, money: int) -> tuple[Loan, Split]:
    """The loan after a payment of at most `money`, and what was taken of it for what."""
    late = min(money, loan.late)
    rest = money - late
    due_interest = min(rest, loan.due_interest)
    rest -= due_interest
    due_principal = min(rest, loan.due_principal)
    rest -= due_principal
    fresh = min(rest, loan.interest - loan.due_interest)
    rest -= fresh
    early = min(loan.early, most_with_fee(rest, loan.early_fee)) if rest else 0
    interest, principal = loan.interest - due_interest - fresh, loan.left - due_principal - early
    # What compounding has added is paid last of the interest.
    added = min(loan.base - loan.left, interest)
    after = replace(
        loan,
        left=principal,
        base=principal + added,
        interest=interest,
        late=loan.late - late,
        due_principal=loan.due_principal - due_principal,
        due_interest=loan.due_interest - due_interest,
    )
    return after, Split(late, due_interest + fresh, due_principal + early, fee(early, loan.early_fee))


def standing(loan: Loan) -> Loan:
    """The loan with its state and next time, once what could be paid has been paid."""
    if loan.state is LoanState.DEFAULTED:
        return loan
    if not loan.due:
        return replace(loan, state=LoanState.CURRENT, late_since=None, next_at=loan.boundary)
    since = loan.accrued_at if loan.late_since is None else loan.late_since
    ends = since + loan.grace
    boundary = loan.boundary
    next_at = ends if boundary is None else min(ends, boundary)
    return replace(loan, state=LoanState.LATE, late_since=since, next_at=next_at)


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of a plan: when it falls due, what for, and the principal left after it."""

    at: SimTime
    interest: int
    principal: int
    left: int


def plan(loan: Loan) -> list[Payment]:
    """What is to be paid from now on if everything is paid when it falls due and nothing early."""
    lines: list[Payment] = []
    while loan.owed and (boundary := loan.boundary) is not None:
        loan = fallen_due(accrued(loan, boundary))
        loan, split = paid(loan, loan.due)
        if split.total or loan.fallen == loan.periods:
            lines.append(Payment(boundary, split.interest + split.late, split.principal, loan.left))
    return lines
