"""Lends what it has to those who ask, keeps a reserve, and pays its creditors; one that has failed lends no more."""

from dataclasses import dataclass
from typing import Literal

from engine.kernel.actions import Action, Noop
from engine.kernel.entities import Artifact, Json
from engine.kernel.loans import DEFAULTED, SETTLED, LoanSide
from engine.minds.base import Decision, Params
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.minds.scripted import moves
from engine.minds.scripted.entrepreneur import DAY, falling_due
from engine.worldfile.values import Duration


class BankerParams(Params):
    """The cash that it keeps, above which it pays dividends to whom, and how long it remembers who did not pay; from
    which other banks it borrows how much at a time when its clients ask for more than it has, in how many loans."""

    reserve: moves.Amount = 200
    capital: moves.Positive = 5_000
    owners: moves.Group = ""
    dividend: moves.Positive = 20
    looks_ahead: Duration = 2 * DAY
    remembers: Duration = 10 * DAY
    peers: moves.Group = ""
    borrows: moves.Amount = 500
    rate: moves.Amount = 50
    period: Duration = DAY
    periods: moves.Few = 10
    schedule: Literal["bullet", "interest_only", "instalments", "annuity"] = "annuity"
    grace: Duration = DAY
    most: moves.Few = 3


@dataclass(frozen=True, slots=True)
class Banker:
    """It remembers nothing; the artifacts of loans that went bad are its file on who has not paid."""

    params: BankerParams

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """Pay what is overdue, clear up, fund one who asks, pay a dividend; the first of these that there is to do."""
        cash, debts = observation.balance(), observation.debts()
        overdue = next((one for one in debts if one.due), None)
        if overdue is not None and cash:
            return Decision(moves.pay_loan(overdue.id, min(cash, overdue.due)), memory)
        failed = {row.metadata["borrower"]: row.id for row in self._over(observation, DEFAULTED)}
        free = cash - self.params.reserve - falling_due(debts, observation.now + self.params.looks_ahead)
        act = (
            self._clear(observation)
            or (self._fund(observation, free, failed) if overdue is None else None)
            or (self._borrow(observation, len(debts)) if overdue is None else None)
            or self._dividend(observation, cash, free, draws)
            or Noop()
        )
        return Decision(act, memory)

    def _over(self, observation: Observation, status: str) -> list[Artifact]:
        return [row for row in observation.artifacts("loan") if row.metadata.get("status") == status]

    def _clear(self, observation: Observation) -> Action | None:
        """Delete what is settled, and what went bad long ago."""
        old = observation.now - self.params.remembers
        for row in self._over(observation, SETTLED):
            return moves.discard(row.id)
        for row in self._over(observation, DEFAULTED):
            if row.updated_at <= old:
                return moves.discard(row.id)
        return None

    def _fund(self, observation: Observation, free: int, failed: dict[str, str]) -> Action | None:
        """Fund the first who asks this bank, for no more than it can spare, and who has paid so far."""
        for offer in observation.loan_offers_to(observation.agent):
            if offer.side is LoanSide.BORROW and offer.principal <= free and offer.maker not in failed:
                return moves.take_loan_offer(offer.id)
        return None

    def _borrow(self, observation: Observation, debts: int) -> Action | None:
        """Ask the next bank for money if a client, or another bank, waits for some."""
        params = self.params
        if not params.peers or not params.borrows or debts >= params.most or observation.loan_offers():
            return None
        peer = moves.next_of_group(observation, params.peers)
        if peer is None or all(one.maker == peer for one in observation.loan_offers_to(observation.agent)):
            return None
        terms: Json = {"period": params.period, "periods": params.periods, "schedule": params.schedule}
        options: Json = {"grace": params.grace, "recourse": True}
        return moves.ask_for_loan(
            params.borrows, params.rate, {**terms, "options": options, "only": peer, "expires_in": DAY // 2}
        )

    def _dividend(self, observation: Observation, cash: int, free: int, draws: Draws) -> Action | None:
        owners = self.params.owners
        if not owners or cash <= self.params.capital or free < self.params.dividend:
            return None
        owner = moves.one_of_group(observation, owners, draws)
        return None if owner is None else moves.pay(owner, self.params.dividend, "dividend")
