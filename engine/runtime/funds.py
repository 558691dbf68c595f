"""What thoughts cost in money: paid at once inside the engine, reserved before they are asked for outside it."""

from collections.abc import Callable

from engine.capabilities.policy import Policy
from engine.genesis.rights import draw_when_short
from engine.kernel import budget, ledger
from engine.kernel.budget import LLM
from engine.kernel.entities import CallState
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.transaction import Transaction

THOUGHT = "thought"


def call_id(agent: str, seq: int) -> str:
    """The id of the call that a thought is, asked for in the commit of that number."""
    return f"{THOUGHT}:{agent}:{seq}"


class Funds:
    """The budgets of agents; `price` tells what a thought of a mind costs in µUSD at most."""

    def __init__(self, price: Callable[[str], int], policy: Policy) -> None:
        self.price = price
        self._policy = policy

    def has(self, tx: Transaction, agent: str, price: int) -> bool:
        """Whether an agent can pay a price, with what a grant of its own gives it if it is short."""
        short = price - ledger.balance(tx, agent, LLM).available
        return short <= 0 or self.draw(tx, agent, short)

    def draw(self, tx: Transaction, agent: str, short: int) -> bool:
        """Give an agent that is short so much what a grant of its own allows; whether that is enough."""
        return draw_when_short(tx, self._policy, agent, short)

    def pay(self, tx: Transaction, agent: str, price: int) -> None:
        """Pay for a thought that is had in this very transaction."""
        _must(budget.spend(tx, LLM, agent, price, THOUGHT))

    def reserve(self, tx: Transaction, agent: str, mind: str) -> None:
        """Hold what a thought costs at most that is asked for outside in this transaction."""
        price = self.price(mind)
        if price and self.has(tx, agent, price):
            seq = tx.state.seq + 1
            _must(budget.reserve(tx, call_id(agent, seq), LLM, agent, price, f"thought of {agent}"))

    def settle(self, tx: Transaction, agent: str, seq: int, cost: int | None, left: bool = True) -> None:
        """Pay for a thought that has come, whatever it was good for; one that never left is not paid for.

        A mind that says it has cost more than was reserved is paid what was reserved, and that is told.
        """
        row = tx.get(tx.state.budget_calls, call_id(agent, seq))
        if row is None or row.state is not CallState.OPEN:
            return
        if not left:
            _must(budget.cancel(tx, row.id))
            return
        if cost is not None and not 0 <= cost <= row.most:
            tx.emit("budget.overrun", agent, "", asset=row.asset, reserved=row.most, claimed=cost)
            cost = None
        _must(budget.settle(tx, row.id, row.most if cost is None else cost))

    def lose(self, tx: Transaction) -> list[str]:
        """Settle the calls that were under way when the run was left; their payers, each once.

        Whether a provider was paid for them is not known, so they count as the worst case.
        """
        lost = [row for row in tx.all(tx.state.budget_calls) if row.state is CallState.OPEN]
        for row in lost:
            _must(budget.settle(tx, row.id, row.most))
            tx.emit("budget.lost", row.principal, "", call=row.id, asset=row.asset, amount=row.most)
        return list(dict.fromkeys(row.principal for row in lost))


def _must(result: object) -> None:
    if isinstance(result, Refusal):
        raise InvariantBroken(f"a thought that can be paid for was not: {result}")
