"""The calls that a program waits at, and the actions that they stand for: each ends a step of its agent."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field

from engine.code.host import ActArgs, bound
from engine.genesis.base import Args
from engine.kernel import ledger
from engine.kernel.actions import MAX_KEY, Action, Invoke, Sleep, check_sleep
from engine.kernel.errors import Refusal
from engine.minds.action_input import action_from_json
from engine.sandbox.types import HostCall

DESK = "genesis_capabilities"
Micros = Annotated[int, Field(ge=1, le=ledger.MAX_AMOUNT)]


class SleepArgs(Args):
    """Arguments of `sleep`."""

    duration: Micros


class EventArgs(Args):
    """Arguments of `sleep_until_event`."""

    event: Annotated[str, Field(min_length=1, max_length=MAX_KEY)]
    duration: Micros | None = None


class PredicateArgs(Args):
    """Arguments of `sleep_until`."""

    predicate: Annotated[str, Field(min_length=1, max_length=MAX_KEY)]
    duration: Micros | None = None


class RequestArgs(Args):
    """Arguments of `request_capability`: those of `genesis_capabilities.request`."""

    verb: Annotated[str, Field(min_length=1, max_length=60)]
    resource: Annotated[str, Field(min_length=1, max_length=200)] = "*"
    uses: int | None = None
    ttl: int | None = None
    quota: dict[str, int] | None = None
    depth: int = 0
    payload: dict[str, Any] | None = None
    reason: Annotated[str, Field(max_length=2_000)] = ""


WAITS = ("act", "sleep", "sleep_until", "sleep_until_event", "request_capability")
"""Calls that end a program's step: it goes on when they are answered, in a later one."""


def action_of(asked: HostCall) -> Action | Refusal:
    """The action that a call of a program's stands for."""
    model: type[Args]
    model, make = _ACTIONS[asked.name]
    args = bound(asked, model)
    if isinstance(args, Refusal):
        return args
    action = make(args)
    if isinstance(action, Sleep) and isinstance(refusal := check_sleep(action), Refusal):
        return refusal
    return action


_ACTIONS: dict[str, tuple[type[Args], Callable[[Any], Action | Refusal]]] = {
    "act": (ActArgs, lambda a: action_from_json(a.action)),
    "sleep": (SleepArgs, lambda a: Sleep(duration=a.duration)),
    "sleep_until": (PredicateArgs, lambda a: Sleep(predicate=a.predicate, duration=a.duration)),
    "sleep_until_event": (EventArgs, lambda a: Sleep(event=a.event, duration=a.duration)),
    "request_capability": (
        RequestArgs,
        lambda a: Invoke(DESK, "request", {k: v for k, v in a.model_dump().items() if v is not None}),
    ),
}
