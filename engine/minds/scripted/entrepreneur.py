"""Pays wages now for sales that may come later, and borrows from its bank what it needs in between."""

from dataclasses import dataclass
from typing import Annotated

from engine.kernel.actions import Action, Noop
from engine.kernel.entities import Json, SimTime
from engine.kernel.loans import Loan, LoanState
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.worldfile.values import Duration, Names

DAY: SimTime = 1_440 * moves.MINUTE


class EntrepreneurParams(Params):
    """Its bank, whom it employs at which wage, below which cash it borrows, and on which terms."""

    bank: moves.AgentId
    workers: moves.Id
    wage: moves.Positive = 10
    comfort: moves.Positive = 100
    borrows: moves.Positive = 200
    rate: moves.Amount = 100
    period: Duration = DAY
    periods: moves.Few = 10
    grace: Duration = DAY // 2
    most: moves.Few = 2
    pledges: Annotated[str, Names("asset")] = ""
    amount: moves.Positive = 1
    value: moves.Positive = 1


@dataclass(frozen=True, slots=True)
class Entrepreneur:
    """It remembers nothing: what it owes and has asked for stands in the world."""

    params: EntrepreneurParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Pay what is overdue; borrow if cash is low; else pay a wage, as far as what falls due next is covered."""
        params, cash, debts = self.params, observation.balance(), observation.debts()
        overdue = next((one for one in debts if one.due), None)
        if overdue is not None and cash:
            return Decision(moves.pay_loan(overdue.id, min(cash, overdue.due)), memory)
        short = cash < params.comfort and overdue is None
        if short and len(debts) < params.most and not observation.loan_offers() and self._can_pledge(observation):
            return Decision(self._ask(), memory)
        worker = moves.one_of_group(observation, params.workers, draws)
        if worker is None or cash < params.wage + falling_due(debts, observation.now + params.period):
            return Decision(Noop(), memory)
        return Decision(moves.pay(worker, params.wage, "wage"), memory)

    def _can_pledge(self, observation: Observation) -> bool:
        pledges = self.params.pledges
        return not pledges or observation.balance(pledges) >= self.params.amount

    def _ask(self) -> Action:
        params = self.params
        pledge = {"asset": params.pledges, "amount": params.amount, "value": params.value}
        terms: Json = {
            "period": params.period,
            "periods": params.periods,
            "schedule": "annuity",
            "options": {"grace": params.grace},
            "collateral": [pledge] if params.pledges else [],
            "only": params.bank,
            "expires_in": DAY,
        }
        return moves.ask_for_loan(params.borrows, params.rate, terms)


def falling_due(debts: list[Loan], until: SimTime) -> int:
    """What has to be paid on one's debts by a time, about: instalments, and of bullets all at the end."""
    total = 0
    for one in debts:
        if one.state is not LoanState.DEFAULTED and one.boundary is not None and one.boundary <= until:
            total += min(one.owed, one.instalment) if one.fallen + 1 < one.periods and one.instalment else one.owed
    return total
