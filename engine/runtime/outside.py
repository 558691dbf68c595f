"""Outside answers: asked in order, delivered one at a time, and on a virtual clock only when nothing else can happen.

An answer is a thought of an outside mind, or whatever a suspended step waits for (a contract in the sandbox). Letting
answers in only at quiescence is what keeps their real latency out of the story.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pending(Generic[T]):
    """A question under way: what is to be done with its answer, and the task that fetches it."""

    number: int
    subject: T
    task: "asyncio.Future[Any]"


class Outside(Generic[T]):
    """The questions under way, in the order asked."""

    def __init__(self) -> None:
        self._pending: dict[int, Pending[T]] = {}
        self._asked = 0
        self.arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._pending)

    def ask(self, subject: T, answer: Awaitable[Any] | Callable[[], Awaitable[Any]]) -> None:
        """Begin to wait for an answer."""
        self._asked += 1
        task = asyncio.ensure_future(answer() if callable(answer) else answer)
        task.add_done_callback(lambda _: self.arrived.set())
        self._pending[self._asked] = Pending(self._asked, subject, task)

    def next(self, in_order: Callable[[T], bool], wanted: Callable[[T], bool]) -> Pending[T] | None:
        """The answer to deliver now: the oldest that is there; one that is taken `in_order` lets none pass it."""
        self.arrived.clear()
        for pending in self._pending.values():
            if not wanted(pending.subject):
                continue
            if pending.task.done():
                del self._pending[pending.number]
                return pending
            if in_order(pending.subject):
                return None
        return None

    def under_way(self) -> list[Pending[T]]:
        """The questions, in the order asked."""
        return list(self._pending.values())

    def forget(self, pending: Pending[T]) -> None:
        """Take a question out that is dealt with elsewhere."""
        del self._pending[pending.number]

    def first(self) -> T | None:
        """What was asked first of all that is under way."""
        return next((pending.subject for pending in self._pending.values()), None)

    def drop(self) -> None:
        """Forget all that is under way, at once."""
        for pending in self._pending.values():
            pending.task.cancel()
        self._pending.clear()

    async def close(self) -> None:
        """Cancel what is still under way; it will be asked again when the run is opened."""
        tasks = [p.task for p in self._pending.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._pending.clear()
