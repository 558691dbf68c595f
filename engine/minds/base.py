"""The protocol of minds: `decide(observation, memory, draws) → (action, memory)`, all of it plain data.

What has to survive between steps is the memory that a mind returns, never anything inside the mind itself.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from engine.kernel.actions import Action
from engine.kernel.entities import Json
from engine.minds.draws import Draws
from engine.minds.observation import Observation


class Params(BaseModel):
    """The parameters of a mind in a world file: strict types, nothing extra."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a mind wants to do, and what it wants to remember: JSON data, never changed in place."""

    action: Action
    memory: Json
    cost: int | None = None
    """What the thought of a mind outside has cost in µUSD, where that is known; else it costs its price."""
    why: str = ""
    """Why, in the mind's own words, where it has any."""
    planned: int = 0
    """Steps that it has planned beyond this one."""


class Mind(Protocol):
    """A mind that answers at once, inside the engine: scripted ones are all of this kind."""

    def decide(self, observation: Observation, memory: Json, draws: Draws) -> Decision:
        """The next action, from what is seen and remembered."""


class OutsideMind(Protocol):
    """A mind that answers from outside the engine, later; its thought is in flight meanwhile."""

    def think(self, agent: str, observed: Json, memory: Json, draws: Draws) -> Awaitable[Decision]:
        """The next action, from the observation as plain data."""


class SandboxedMind(Protocol):
    """A mind whose decisions come from code in the sandbox; the step runs it."""

    @property
    def code(self) -> str:
        """Names the code: under another name it is another mind."""


class ModelMind(Protocol):
    """A mind whose decisions are a language model's answers; the step asks it."""

    def repair(self, answer: str, why: str) -> str:
        """What is said to the model after an answer that is none, once."""


AnyMind = Mind | OutsideMind | SandboxedMind | ModelMind


@dataclass(frozen=True, slots=True)
class MindKind:
    """A kind of mind: the model of its parameters, and what makes one from them."""

    params: type[Params]
    make: Callable[[Any], AnyMind]
    summary: str
