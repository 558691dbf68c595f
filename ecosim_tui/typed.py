"""Keys in the order in which they were pressed: each is delivered only after the one before it has had its effect."""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from textual import events
from textual.message import Message
from textual.screen import ModalScreen, Screen

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.worker import Worker

    from engine.kernel.errors import EcosimError

Typed = events.Key | events.Paste
_ROUNDS = 3
"""A key may post a message whose handler posts another: that often the follower goes round before the next key."""
_RETRY = 0.01
_LOST = 0.3
"""Seconds after which a follower counts as lost: with a dialog that was closed its messages are dropped."""
_SLOW = 2.0
"""Seconds that a dialog has to come up; after them keys go where they go."""


class Passed(Message):
    """Follows a key from widget to widget up to the application: the key has been there before it."""

    def __init__(self, number: int, rounds: int) -> None:
        super().__init__()
        self.number, self.rounds = number, rounds


class TypedAhead:
    """What was pressed and not yet given to anybody; ``deliver`` gives a key to who has the keys at that moment.

    A key waits while the one before it is on its way, while a question is about to be put (``hold``), and while a
    dialog has not yet taken the keys. So what is typed ahead is for what the keys before it open.
    """

    def __init__(self, app: "App[EcosimError]", deliver: Callable[[Typed], Awaitable[None]]) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._number = 0
        self._under_way = False
        self._since = 0.0
        self._since_modal = 0.0
        self._asleep = False
        self._target: MessagePump | None = None
        self._asker: Worker[None] | None = None
        self._ready: WeakSet[Screen[object]] = WeakSet()

    @property
    def is_done(self) -> bool:
        """Whether everything that was pressed has had its effect."""
        return not self._waiting and not self._under_way

    async def put(self, event: Typed) -> None:
        """Something was pressed or pasted."""
        self._waiting.append(event)
        await self._go_on()

    def drop(self) -> None:
        """Forget what was typed ahead: it was meant for something that does not come."""
        self._waiting.clear()

    def hold(self, asker: "Worker[None]") -> None:
        """Keep the keys from the main screen until its question is there, ``release`` is called or the worker ends."""
        self._asker = asker

    def release(self) -> None:
        """No question comes."""
        self._asker = None

    async def passed(self, message: Passed) -> None:
        """The follower is at the application."""
        if message.number != self._number or not self._under_way:
            return
        if message.rounds > 1:
            self._follow(message.rounds - 1)
        else:
            self._under_way = False
        await self._go_on()

    async def _go_on(self) -> None:
        while self._waiting and not self._under_way:
            if self._must_wait():
                self._look_again()
                return
            self._number += 1
            self._under_way, self._since = True, time.monotonic()
            self._target = self._app.focused or self._app.screen
            await self._deliver(self._waiting.popleft())
            self._follow(_ROUNDS)
        if self._under_way:
            self._look_again()

    def _follow(self, rounds: int) -> None:
        target = self._target
        if target is None or not target.is_running or not target.post_message(Passed(self._number, rounds)):
            self._under_way = False

    def _must_wait(self) -> bool:
        screen = self._app.screen
        if not isinstance(screen, ModalScreen):
            self._since_modal = 0.0
            return self._asker is not None and not self._asker.is_finished
        if screen in self._ready:
            return False
        if screen.focused is None:
            self._since_modal = self._since_modal or time.monotonic()
            if time.monotonic() - self._since_modal < _SLOW:
                return True
        self._since_modal = 0.0
        self._ready.add(screen)
        return False

    def _look_again(self) -> None:
        if not self._asleep:
            self._asleep = True
            self._app.set_timer(_RETRY, self._wake)

    async def _wake(self) -> None:
        self._asleep = False
        if self._under_way and time.monotonic() - self._since > _LOST:
            self._under_way = False
        await self._go_on()
