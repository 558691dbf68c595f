"""A question to the outside, put by code that holds a transaction open."""

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from typing import Any


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
