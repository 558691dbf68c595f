"""Questions to the outside, put by code that holds a transaction open."""

import hashlib
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Ask:
    """A question to the outside; awaiting it inside a step suspends the step until the answer is delivered.

    `digest` names the question, so that a step that is run again finds its earlier answer and nobody pays twice.
    `answer` is what is waited for, or what is called to put the question, if it has to be put at all.
    """

    digest: str
    answer: Awaitable[Any] | Callable[[], Awaitable[Any]]

    def __await__(self) -> Generator["Ask", Any, Any]:
        return (yield self)


@dataclass(frozen=True, slots=True)
class ModelQuestion:
    """What a language model is asked by code or for the mint: who pays, and at which place it is asked.

    `model` empty is the first of the world. `allowed` is the most that the payer lets somebody else's code spend, None
    for a question of its own. The place is who acts, its step, and the number of the question in it: an answer is
    kept under it until the step is over, whatever becomes of its transaction.
    """

    purpose: str
    payer: str
    asker: str
    step: int
    number: int
    model: str
    messages: tuple[tuple[str, str], ...]
    schema: dict[str, Any] | None = None
    max_tokens: int | None = None
    allowed: int | None = None

    @property
    def place(self) -> tuple[str, int, int]:
        """Where its answer is kept."""
        return self.asker, self.step, self.number

    @property
    def digest(self) -> str:
        """Names the question: what is asked, of whom, who pays, and where."""
        parts = [self.purpose, self.payer, *self.place, self.model, self.messages, self.schema, self.max_tokens]
        return hashlib.blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Consult(Ask):
    """A question to a language model: what it may cost is set aside before it is put, in a commit of its own."""

    question: ModelQuestion


def consulting(question: ModelQuestion) -> Consult:
    """The question as something to be awaited; the answer is a row of `model_replies`, or a refusal."""
    return Consult(question.digest, _nobody, question)


async def _nobody() -> Any:
    raise RuntimeError("a question to a model is put by the runner")
