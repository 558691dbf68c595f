"""Thoughts of language models: what is asked, with what set aside for it, and what an answer comes to."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import engine.kernel.entities as ent
from engine.kernel.errors import EcosimError, Refusal
from engine.kernel.models import PromptPrefix
from engine.kernel.transaction import Transaction
from engine.minds.base import Decision
from engine.minds.llm.mind import Llm
from engine.minds.llm.prompt import Prompt
from engine.models.gate import TRIES, Gate, Outcome, Told, Worst, digest, fingerprint
from engine.models.types import Answer, CallFailed, Message, Request, Try, Usage
from engine.runtime.funds import call_id

REASON = 500
"""Characters of what is said of an answer that is none."""
_NOTHING = Usage()

Ask = Callable[[Request], Awaitable[Outcome]]
"""Puts a request to a model, or looks up what came of it."""
Stop = Callable[["asyncio.Future[Any]"], bool]
"""Ends the request that a task waits for, so that it has its outcome soon; whether there was one to end."""
Answers = tuple[Told, ...]
"""What came of the requests of one thought: one, or two if the first answer had to be repaired."""


class NotRecorded(EcosimError):
    """The story that is told again has no answer to a question of this one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A thought that has to be asked for outside; `question` is None for a mind that is no language model."""

    agent: str
    question: "Question | None" = None


@dataclass(frozen=True, slots=True)
class Question:
    """What a language model is asked for a thought, and over what: the mind's memory, messages up to a number."""

    mind: Llm
    prompt: Prompt
    memory: ent.Json
    seen: int
    request: Request
    worst: Worst

    def read(self, answers: Answers) -> Decision | str:
        """The decision that the last answer states, or in a sentence why there is none."""
        outcome = answers[-1].outcome
        if not isinstance(outcome, Answer):
            return f"{outcome.kind}: {outcome.said}"
        return self._read(outcome)

    def _read(self, outcome: Answer) -> Decision | str:
        if outcome.finish == "refusal":
            return f"the model refused: {outcome.text[:200]}"
        read = self.mind.read(outcome.text, self.prompt, self.memory)
        if isinstance(read, str) and outcome.finish == "length":
            return f"it was cut off at max_tokens = {self.request.max_tokens}; {read}"
        return read

    def gone(self, why: str) -> Answers:
        """What is told of a question of which nobody knows what became."""
        tries = tuple(Try(self.request.model, "lost", why, 0, charged=True) for _ in range(TRIES))
        return (Told("thought", digest(self.request), CallFailed("lost", why, tries)),)

    def again(self, answer: Answer, why: str) -> Request:
        """The request that asks once more, after an answer that is none."""
        said = answer.text[: 4 * (self.request.max_tokens or 0)]
        more = (Message("assistant", said or "(nothing)"), Message("user", self.mind.repair(answer.text, why)))
        return replace(self.request, messages=(*self.request.messages, *more), paid_tries=1)


def question(gate: Gate, tx: Transaction, mind: Llm, prompt: Prompt, memory: ent.Json, seen: int) -> Question | Refusal:
    """What a mind asks its model; a refusal if the model is not there or its price is not known.

    The worst case of a try is that of the repair, which says all that the first said and more.
    """
    params = mind.params
    request = Request(
        params.model,
        (Message("system", prompt.system), Message("user", prompt.user)),
        max_tokens=params.max_tokens,
        temperature=params.temperature,
        schema=prompt.schema,
        paid_tries=TRIES,
    )
    longest = Answer(params.model, "x" * 4 * params.max_tokens, None, "stop", _NOTHING, None, 0)
    asked = Question(mind, prompt, memory, seen, request, Worst(0, 0))
    worst = gate.worst(tx, asked.again(longest, "x" * REASON))
    return worst if isinstance(worst, Refusal) else replace(asked, worst=worst)


async def think(asked: Question, ask: Ask) -> Answers:
    """Ask a model, and once more if what it answers is no decision and what was set aside still pays for that."""
    first = Told("thought", digest(asked.request), await ask(asked.request))
    outcome = first.outcome
    if not isinstance(outcome, Answer) or outcome.finish == "refusal" or any(one.charged for one in outcome.tries):
        return (first,)
    read = asked.read((first,))
    if not isinstance(read, str):
        return (first,)
    again = asked.again(outcome, read[:REASON])
    return first, Told("repair", digest(again), await ask(again))


def begin(gate: Gate, tx: Transaction, agent: str, asked: Question) -> None:
    """Set aside what a thought can come to, and tell that it is asked for and how."""
    prefix = keep_prefix(tx, agent, asked.prompt)
    call = call_id(agent, tx.state.seq + 1)
    row = gate.open(tx, call, agent, asked.request, "thought", asked.worst)
    told = [[section.name, section.text] for section in asked.prompt.told]
    facts: ent.Json = {"call": call, "model": row.model, "request": row.request, "prefix": prefix, "told": told}
    tx.emit("thought.asked", agent, "", **facts, tokens=asked.prompt.tokens, reserved=row.most)


def keep_prefix(tx: Transaction, agent: str, prompt: Prompt) -> str:
    """Keep the part of a prompt that stays the same, once for all thoughts that have it; its digest."""
    sections = tuple({"name": section.name, "text": section.text} for section in prompt.prefix)
    name = fingerprint(prompt.system)
    row = tx.get(tx.state.prompts, agent)
    if row is None or row.digest != name:
        tx.put(tx.state.prompts, PromptPrefix(agent, name, sections))
    return name


def rest(answers: Answers) -> ent.SimTime:
    """For how long a model that gave no answer is better left alone, in µs."""
    outcome = answers[-1].outcome if answers else None
    return (outcome.again or 0) if isinstance(outcome, CallFailed) else 0


async def no_models(request: Request) -> Outcome:
    """What a world without models says to every request."""
    return CallFailed("unknown", f"there is nobody to ask for the model {request.model[:40]!r}")


def nothing_to_stop(task: "asyncio.Future[Any]") -> bool:
    """Where answers do not come from models there is nothing to end."""
    return False


def stopped(answers: Answers) -> bool:
    """Whether a thought was ended by us before it had an answer: no fault of its model's or its agent's."""
    outcome = answers[-1].outcome if answers else None
    return isinstance(outcome, CallFailed) and outcome.kind == "cancelled"
