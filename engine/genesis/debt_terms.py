"""The arguments of `genesis_debt`: what can be agreed, and which loan or offer is meant."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.genesis import lending
from engine.genesis.base import Args
from engine.genesis.ledger import Amount, Id
from engine.kernel.entities import Json
from engine.kernel.interest import BPS, MAX_PERIOD, MAX_PERIODS, MAX_RATE

MAX_ITEMS = 8
Rate = Annotated[int, Field(ge=0, le=MAX_RATE)]
Time = Annotated[int, Field(ge=0, le=MAX_PERIOD)]
Share = Annotated[int, Field(ge=0, le=BPS)]


class Pledge(Args):
    """An item of collateral: an asset with an amount, or an artifact; `value` is what it counts for, if agreed."""

    asset: Id | None = None
    amount: Amount | None = None
    artifact: Id | None = None
    value: Annotated[Amount | None, Field(description="scrip it counts for: an asset by the unit")] = None

    @model_validator(mode="after")
    def _one_of_both(self) -> "Pledge":
        if (self.artifact is None) == (self.asset is None) or (self.asset is None) != (self.amount is None):
            raise ValueError("name an asset with an amount, or an artifact")
        return self


class Options(Args):
    """What else may be agreed: interest on interest, what being late or early costs, and what a default leaves."""

    compound: bool = False
    grace: Annotated[Time, Field(description="µs from falling due to default")] = 0
    late_rate: Annotated[Rate, Field(description="penalty per period on what is overdue, in basis points")] = 0
    early_fee: Annotated[Share, Field(description="of principal repaid early, in basis points")] = 0
    recourse: Annotated[bool, Field(description="what collateral does not cover stays owed after a default")] = False


class TermsArgs(Args):
    """What is agreed: rates are in basis points (100 are 1 %), times in µs."""

    principal: Amount
    rate: Annotated[Rate, Field(description="interest per period, in basis points")]
    period: Annotated[int, Field(gt=0, le=MAX_PERIOD, description="µs between payments")]
    periods: Annotated[int, Field(ge=1, le=MAX_PERIODS)] = 1
    schedule: Literal["bullet", "interest_only", "instalments", "annuity"] = "bullet"
    options: Options = Options()
    collateral: Annotated[list[Pledge], Field(max_length=MAX_ITEMS)] = []
    only: Annotated[Id | None, Field(description="the only one who may take it; left out, anyone may")] = None
    expires_in: Annotated[int | None, Field(gt=0, le=MAX_PERIOD, description="µs until it ends by itself")] = None

    def terms(self, auto_pay: bool) -> Json:
        """What the loan's own fields are set to."""
        chosen: Json = {**self.model_dump(), **self.options.model_dump(), "auto_pay": auto_pay}
        return {name: chosen[name] for name in lending.TERMS}

    def items(self) -> tuple[Json, ...]:
        """The collateral as plain data."""
        return tuple(item.model_dump(exclude_none=True) for item in self.collateral)


class OfferArgs(TermsArgs):
    """Arguments of `offer`."""


class AskArgs(TermsArgs):
    """Arguments of `ask`."""

    auto_pay: bool = True


class OfferIdArgs(Args):
    """Arguments of `withdraw`."""

    offer: int


class AcceptArgs(Args):
    """Arguments of `accept`."""

    offer: int
    auto_pay: Annotated[bool, Field(description="if you borrow: what falls due is taken from what is free")] = True


class PayArgs(Args):
    """Arguments of `pay`."""

    loan: Id
    amount: Annotated[Amount | None, Field(description="the most to pay; left out, what is due")] = None


class LoanArgs(Args):
    """Arguments of methods about one loan."""

    loan: Id
