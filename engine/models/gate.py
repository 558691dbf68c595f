"""Who pays for a question to a model: its worst case is set aside before it is put, and settled by what came of it.

Money (`llm_budget`) and tokens (`llm_rate`) are held at what `TRIES` tries can come to at most, in the commit that says
that the question is put; so no interleaving spends beyond a budget. A question that was under way when a run was
left counts as its worst case, since nobody knows whether it was paid for.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from engine.kernel import budget, ledger
from engine.kernel.budget import LLM
from engine.kernel.entities import Json, Usage
from engine.kernel.errors import InvariantBroken, Refusal
from engine.kernel.models import ModelCall, ModelPrice, ModelTally
from engine.kernel.transaction import Transaction
from engine.models import types
from engine.models.estimate import one_try
from engine.models.types import Answer, CallFailed, ModelSpec, Request, Try

RATE = "llm_rate"
"""The asset that bounds tokens per window."""
TRIES = 2
"""Tries of one question that may be paid for: one that was lost on the way and another, or an answer and its repair."""

Purpose = Literal["thought", "repair", "call_llm", "score"]
Outcome = Answer | CallFailed


@dataclass(frozen=True, slots=True)
class Worst:
    """The most that one try of a request can come to: tokens of input and output, and µUSD."""

    tokens: int
    cost: int


@dataclass(frozen=True, slots=True)
class Told:
    """One request of a call and what came of it."""

    purpose: Purpose
    request: str
    outcome: Outcome


def digest(request: Request) -> str:
    """Names a request: alike requests have the same."""
    return fingerprint(orjson.dumps(request, option=orjson.OPT_SORT_KEYS).decode())


def fingerprint(text: str) -> str:
    """Names a text: its BLAKE2b of 16 bytes, in hexadecimal digits."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Gate:
    """The accounts of questions to the models of one world; `draw` gives a payer more where a grant of its own does.

    `default` is the model of whoever names none.
    """

    def __init__(
        self,
        specs: Mapping[str, ModelSpec],
        draw: Callable[[Transaction, str, int], bool] = lambda *_: False,
        default: str = "",
    ) -> None:
        self.specs = specs
        self.default = default
        self._draw = draw

    def worst(self, tx: Transaction, request: Request) -> Worst | Refusal:
        """What one try of a request can come to at most, with its model or any that stands in for it."""
        spec = self.specs.get(request.model)
        if spec is None:
            known = ", ".join(self.specs) or "none"
            return Refusal("no_model", f"this world has no model {request.model[:40]!r}; there are: {known}")
        prices = {name: _dearest(row) for name in (spec.name, *spec.fallbacks) if (row := self._price(tx, name))}
        tokens, cost = one_try(request, self.specs, prices)
        if cost is None and tx.get(tx.state.assets, LLM) is not None:
            unknown = next(name for name in (spec.name, *spec.fallbacks) if name not in prices)
            said = f"what the model {unknown} costs is not known, so nothing can be set aside for it"
            return Refusal("no_price", f"{said}; say it in the world file: [models.{unknown}.price]")
        return Worst(tokens, cost or 0)

    def _price(self, tx: Transaction, name: str) -> ModelPrice | None:
        return tx.get(tx.state.model_prices, name)

    def tokens_of(self, tx: Transaction, worst: Worst) -> int:
        """Tokens that have to be free for a question; 0 where this world does not limit them."""
        return TRIES * worst.tokens if tx.get(tx.state.assets, RATE) is not None else 0

    def money_of(self, tx: Transaction, worst: Worst) -> int:
        """µUSD that have to be free for a question; 0 where this world has no budgets."""
        return TRIES * worst.cost if tx.get(tx.state.assets, LLM) is not None else 0

    def refuse(self, tx: Transaction, payer: str, worst: Worst) -> Refusal | None:
        """Why somebody cannot put a question now: tokens or money are not free. What a grant gives is drawn."""
        tokens, money = self.tokens_of(tx, worst), self.money_of(tx, worst)
        asset = tx.get(tx.state.assets, RATE)
        if tokens and asset is not None:
            free = ledger.balance(tx, payer, RATE).available - tx.used(payer, RATE, asset.window or 0)
            if tokens > free:
                said = f"the question may take {tokens} {RATE}, and {payer} has {max(0, free)} free now"
                return Refusal("no_capacity", said)
        short = money - ledger.balance(tx, payer, LLM).available
        if money and short > 0 and not self._draw(tx, payer, short):
            has = money - short
            return Refusal("no_budget", f"the question may cost {money} {LLM}, and {payer} has {has}")
        return None

    def open(
        self, tx: Transaction, call: str, payer: str, request: Request, purpose: Purpose, worst: Worst
    ) -> ModelCall:
        """Set aside what a question can come to; there has to be as much (`refuse`)."""
        tokens, money = self.tokens_of(tx, worst), self.money_of(tx, worst)
        hold = None
        if tokens:
            hold = _must(ledger.reserve(tx, RATE, payer, tokens, f"model {call}")).id
        if money:
            # What was drawn where it was found to be enough went with that transaction.
            if (short := money - ledger.balance(tx, payer, LLM).available) > 0:
                self._draw(tx, payer, short)
            _must(budget.reserve(tx, call, LLM, payer, money, f"model {call}"))
        row = ModelCall(call, payer, request.model, digest(request), purpose, money, tokens, hold, tx.at)
        tx.put(tx.state.model_calls, row)
        return row

    def close(self, tx: Transaction, call: str, told: Sequence[Told]) -> None:
        """Pay for what came of a question, and tell it; nothing happens to a call that is over."""
        row = tx.get(tx.state.model_calls, call)
        if row is None:
            return
        tokens = cost = 0
        for one in told:
            outcome = one.outcome
            doubtful = sum(t.charged for t in outcome.tries)
            doubt = doubtful * row.most // TRIES
            tokens += doubtful * row.tokens // TRIES
            if isinstance(outcome, Answer):
                tokens += outcome.usage.input + outcome.usage.output
                cost += outcome.cost or 0
            cost += doubt
            _tell(tx, row, one, doubt)
        self._settle(tx, row, cost, tokens)

    def _settle(self, tx: Transaction, row: ModelCall, cost: int, tokens: int) -> None:
        tx.delete(tx.state.model_calls, row.id)
        if row.hold is not None:
            _must(ledger.void(tx, row.hold))
            if tokens:
                tx.use(Usage(row.payer, RATE, min(tokens, row.tokens)))
        if row.most:
            if cost > row.most:
                tx.emit("budget.overrun", row.payer, "", asset=LLM, reserved=row.most, claimed=cost)
            _must(budget.settle(tx, row.id, min(cost, row.most)))

    def lose(self, tx: Transaction) -> list[ModelCall]:
        """Settle the questions that were under way when the run was left, at their worst case."""
        rows = tx.all(tx.state.model_calls)
        for row in rows:
            tx.emit("model.lost", row.payer, row.model, call=row.id, purpose=row.purpose, cost=row.most)
            _count(tx, ModelTally(row.model, failures=1, cost=row.most))
            self._settle(tx, row, row.most, row.tokens)
        return rows


def _dearest(row: ModelPrice) -> types.Price:
    return types.Price(row.dearest_input, row.dearest_input, row.dearest_output)


def _tell(tx: Transaction, row: ModelCall, one: Told, doubt: int) -> None:
    """Tell what came of a request, whole: a run that is run again takes it from there."""
    outcome = one.outcome
    told: Json = {"call": row.id, "request": one.request, "purpose": one.purpose}
    tries = [[t.model, t.kind, t.said, t.took, t.charged] for t in outcome.tries]
    if isinstance(outcome, CallFailed):
        told |= {"kind": outcome.kind, "said": outcome.said, "again": outcome.again, "cost": doubt, "tries": tries}
        tx.emit("model.failed", row.payer, row.model, **told)
        _count(tx, ModelTally(row.model, failures=1, cost=doubt))
        return
    usage = outcome.usage
    told |= {"text": outcome.text, "finish": outcome.finish, "misfit": outcome.misfit}
    if outcome.tool is not None:
        told["tool"] = [outcome.tool.name, outcome.tool.arguments]
    told |= {"input": usage.input, "cached": usage.cached, "output": usage.output, "estimated": usage.estimated}
    told |= {"cost": outcome.cost, "doubt": doubt, "latency": outcome.latency, "tries": tries}
    tx.emit("model.answered", row.payer, outcome.model, **told)
    cost = (outcome.cost or 0) + doubt
    tokens = (usage.input, usage.cached, usage.output)
    _count(tx, ModelTally(outcome.model, 1, 0, *tokens, cost, int(usage.estimated)))


def _count(tx: Transaction, more: ModelTally) -> None:
    old = tx.get(tx.state.model_tallies, more.model) or ModelTally(more.model)
    tx.put(
        tx.state.model_tallies,
        ModelTally(
            old.model,
            old.answers + more.answers,
            old.failures + more.failures,
            old.input + more.input,
            old.cached + more.cached,
            old.output + more.output,
            old.cost + more.cost,
            old.estimated + more.estimated,
        ),
    )


def recorded(type_: str, target: str, data: Json) -> Told:
    """What a request came to, from the event that told it."""
    tries = tuple(Try(*one) for one in data["tries"])
    outcome: Outcome
    if type_ == "model.failed":
        outcome = CallFailed(data["kind"], data["said"], tries, data["again"])
    else:
        outcome = _answer(target, data, tries)
    return Told(data["purpose"], data["request"], outcome)


def _answer(model: str, data: Json, tries: tuple[Try, ...]) -> Answer:
    tool = types.ToolCall(*data["tool"]) if "tool" in data else None
    usage = types.Usage(data["input"], data["output"], data["cached"], data["estimated"])
    given: dict[str, Any] = {"latency": data["latency"], "misfit": data["misfit"], "tries": tries}
    return Answer(model, data["text"], tool, data["finish"], usage, data["cost"], **given)


def _must(result: Any) -> Any:
    if isinstance(result, Refusal):
        raise InvariantBroken(f"what was found to be free for a question to a model was not: {result}")
    return result
