"""What engine and models process say to each other over their socket: frames of a length and JSON.

To the process: the models first, then `call` and `cancel` by number. From it: `ready` or `broken` first, then `answer`,
`failed` and `status`. No frame from the engine holds a key.
"""

from typing import Any, TypeVar

from pydantic import TypeAdapter

from engine.models.types import Answer, CallFailed, Described, ModelSpec, Request, Status
from engine.sandbox.wire import Frames, frame

__all__ = ["Frames", "decoded", "frame"]

T = TypeVar("T", ModelSpec, Request, Answer, CallFailed, Described, Status)


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def decoded(kind: type[T], data: Any) -> T:
    """The value of a class that `frame` has written as JSON."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None:
        adapter = _ADAPTERS[kind] = TypeAdapter(kind)
    value: T = adapter.validate_python(data)
    return value
