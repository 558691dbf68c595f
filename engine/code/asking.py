"""Code that asks a language model: who pays for it, how often it may, and what it is told."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from engine.genesis.base import Args
from engine.kernel.actions import allowance
from engine.kernel.ask import ModelQuestion
from engine.kernel.consult import consult
from engine.kernel.errors import Refusal
from engine.kernel.transaction import NEVER, Transaction

MOST_CALLS = 3
"""Questions to models in one step of an agent, whatever code puts them."""
MOST_TEXT = 20_000
"""Characters of a question, and of an answer."""
NOT_ALLOWED = "budget"
"""The code of the refusal where the payer has not allowed for a question."""


class LlmArgs(Args):
    """Arguments of `call_llm`."""

    prompt: Annotated[str, Field(min_length=1, max_length=MOST_TEXT)]
    model: Annotated[str, Field(max_length=200)] = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """Who pays for questions to models: whoever acts if `payer` is empty.

    `own`: it is the payer's own code that asks, or the payer has said that it bears this; else it pays within the
    `budget` of its action.
    """

    payer: str
    own: bool = False


async def call_llm(tx: Transaction, bill: Bill | None, args: LlmArgs) -> str | Refusal:
    """What a model answers; the step is suspended meanwhile, and asks nobody again if it has to be taken again."""
    if bill is None:
        return Refusal("no_payer", "nobody can pay for this question to a model")
    tx.narrow(NEVER)
    if tx.called >= MOST_CALLS:
        return Refusal("too_many", f"models are asked {MOST_CALLS} times in a step at most")
    if args.prompt.encode(errors="replace") != args.prompt.encode(errors="surrogatepass"):
        return Refusal("bad_arguments", "call_llm: the prompt is no text that can be stored")
    payer, purse = bill.payer or tx.acting[0], tx.purse or {}
    allowed = None if bill.own else purse.get(allowance(payer), 0)
    messages = (("user", args.prompt),)
    place = (tx.acting[0], tx.acting[2], tx.called + 1)
    got = await consult(tx, ModelQuestion("call_llm", payer, *place, args.model, messages, allowed=allowed))
    if isinstance(got, Refusal):
        return got
    if allowed is not None:
        tx.purse = {**(tx.purse or {}), allowance(payer): max(0, allowed - got.cost)}
    if got.failed:
        return Refusal("no_answer", got.problem)
    return got.text[:MOST_TEXT]
