"""What can go wrong with one try, and how a provider says that a call may go on."""

from dataclasses import dataclass
from typing import Protocol

from engine.models.types import RETRYABLE, Finish, Kind, ModelSpec, Request, ToolCall, Usage


class Fault(Exception):
    """A try has failed: of what kind, in words for people, when to ask again (seconds), whether it may be charged."""

    def __init__(self, kind: Kind, said: str, again: float | None = None, *, charged: bool = False) -> None:
        super().__init__(said)
        self.kind, self.said, self.again, self.charged = kind, said, again, charged

    @property
    def retryable(self) -> bool:
        """Whether another try may mend it."""
        return self.kind in RETRYABLE


@dataclass(frozen=True, slots=True)
class Reply:
    """What a provider answered to one try; `cost` in µUSD, None if it is not known."""

    text: str
    tools: tuple[ToolCall, ...]
    finish: Finish
    usage: Usage
    cost: int | None
    vector: tuple[int, ...] = ()


class Provider(Protocol):
    """Asks a model once."""

    async def ask(self, spec: ModelSpec, request: Request, seconds: float) -> Reply:
        """The reply, within so many seconds; raises Fault."""
