"""Debts in a world file: what is owed at time zero, and how much may be owed at all."""

from typing import Annotated, Literal

from pydantic import Field

from engine.kernel.interest import BPS, MAX_PERIODS, MAX_RATE
from engine.worldfile.values import Amount, Delay, Duration, Many, Name, Positive, Section

Rate = Annotated[int, Field(ge=0, le=MAX_RATE)]


class PledgeSection(Section):
    """An item of collateral: an asset with an amount, or an artifact; `value` is what it counts for, if agreed."""

    asset: Name | None = None
    amount: Positive | None = None
    artifact: Name | None = None
    value: Positive | None = None


class LoanSection(Section):
    """A debt that is there at time zero; nothing is paid out: agents begin with the scrip that they are given.

    Of a group of borrowers each owes as much; a group of lenders lends in turn, and nobody to itself.
    """

    name: Name | None = None
    lender: Name
    borrower: Name
    principal: Amount
    rate: Rate = 0
    period: Duration
    periods: Annotated[int, Field(ge=1, le=MAX_PERIODS)] = 1
    schedule: Literal["bullet", "interest_only", "instalments", "annuity"] = "bullet"
    compound: bool = False
    grace: Delay = 0
    late_rate: Rate = 0
    early_fee: Annotated[int, Field(ge=0, le=BPS)] = 0
    recourse: bool = False
    auto_pay: bool = True
    collateral: Annotated[Many[PledgeSection], Field(max_length=8)] = ()


class DebtSection(Section):
    """How many loans one may owe on, and how many offers of one may stand."""

    max_loans: Annotated[int, Field(ge=0, le=10_000)] = 100
    max_offers: Annotated[int, Field(ge=0, le=1_000)] = 20
