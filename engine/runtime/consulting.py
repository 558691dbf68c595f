"""Questions to models from within a step, by code or for the mint: set aside before they leave, told when answered.

The step that asks is suspended with its transaction open, so the money has commits of its own, at the step's instant.
What came of a question is kept until the step is over, whatever becomes of its transaction.
"""

from dataclasses import dataclass
from typing import cast

from engine.kernel.ask import ModelQuestion
from engine.kernel.errors import Refusal
from engine.kernel.models import ModelReply
from engine.kernel.transaction import Transaction
from engine.models.gate import TRIES, Gate, Outcome, Purpose, Told, digest
from engine.models.types import Answer, CallFailed, Message, Request, Role, Try

NO_MODEL = Refusal("no_model", "no language model is configured in this world, so call_llm cannot be used")


@dataclass(frozen=True, slots=True)
class Put:
    """A question that is paid for and can leave, as call `call`."""

    call: str
    request: Request
    question: ModelQuestion


def put(gate: Gate, tx: Transaction, asked: ModelQuestion) -> Put | Refusal:
    """Set aside what a question can come to at most, and tell that it is put; or why it cannot be."""
    model = asked.model or gate.default
    if not model:
        return NO_MODEL
    messages = tuple(Message(cast("Role", role), text) for role, text in asked.messages)
    request = Request(model, messages, max_tokens=asked.max_tokens, schema=asked.schema, paid_tries=TRIES)
    worst = gate.worst(tx, request)
    if isinstance(worst, Refusal):
        return worst
    money = gate.money_of(tx, worst)
    if asked.allowed is not None and money > asked.allowed:
        more = f'say "budget": {money} in the action to allow it' if not asked.allowed else f"it allows {asked.allowed}"
        return Refusal("budget", f"a question to {model} may cost {asked.payer} {money} µUSD; {more}")
    if (refusal := gate.refuse(tx, asked.payer, worst)) is not None:
        return refusal
    for old in tx.scan(tx.state.replies_to, asked.asker):
        if old.step < asked.step:
            tx.delete(tx.state.model_replies, (old.asker, old.step, old.number))
    call = call_of(asked, tx.state.seq + 1)
    row = gate.open(tx, call, asked.payer, request, cast("Purpose", asked.purpose), worst)
    facts = {"call": call, "request": row.request, "purpose": row.purpose, "asker": asked.asker, "reserved": row.most}
    tx.emit("model.asked", asked.payer, model, **facts, messages=[list(message) for message in asked.messages])
    return Put(call, request, asked)


def call_of(asked: ModelQuestion, seq: int) -> str:
    """The id of the call that a question is, put in the commit of that number."""
    return f"{asked.purpose}:{asked.asker}:{seq}"


def take(gate: Gate, tx: Transaction, asked: Put, outcome: Outcome) -> ModelReply:
    """Pay for what came of a question, tell it, and keep it for the step that has asked."""
    question = asked.question
    row = tx.get(tx.state.model_calls, asked.call)
    gate.close(tx, asked.call, (Told(cast("Purpose", question.purpose), digest(asked.request), outcome),))
    paid = tx.get(tx.state.budget_calls, asked.call) if row is not None and row.most else None
    cost = paid.spent if paid is not None else 0
    text, finish, problem = "", "", ""
    if not isinstance(outcome, Answer):
        problem = f"{outcome.kind}: {outcome.said}"
    elif outcome.finish == "refusal":
        finish, problem = outcome.finish, f"the model refused: {outcome.text[:200]}"
    else:
        text, finish, problem = outcome.text, outcome.finish, outcome.misfit
    failed = not isinstance(outcome, Answer) or outcome.finish == "refusal"
    reply = ModelReply(*question.place, question.digest, text, finish, failed, problem, cost)
    tx.put(tx.state.model_replies, reply)
    return reply


def broken(request: Request, problem: BaseException) -> CallFailed:
    """What a question came to that went wrong on its way: nobody knows whether it was paid for."""
    said = f"{type(problem).__name__}: {problem}"[:300]
    return CallFailed("lost", said, tuple(Try(request.model, "lost", said, 0, charged=True) for _ in range(TRIES)))
