"""The engine's end of the models process: asks it, and begins it anew when it has died.

A call that was under way when it died has failed as `lost` and is not asked again: it may have been paid for.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from engine.models.errors import ModelsUnavailable
from engine.models.types import Answer, CallFailed, Described, ModelSpec, Request, Status, Try
from engine.models.wire import Frames, decoded, frame

_READ = 1 << 20
_BUFFER = 4 << 20
Outcome = Answer | CallFailed


class Models:
    """The models of a world, asked in a process of their own that is started at the first call."""

    def __init__(self, specs: Sequence[ModelSpec], told: Callable[[Status], None] | None = None) -> None:
        self.specs = {spec.name: spec for spec in specs}
        self._told = told
        self._asked: dict[int, tuple[asyncio.Future[Outcome], str]] = {}
        self._numbers: dict[asyncio.Future[Outcome], int] = {}
        self._number = 0
        self._link: _Link | None = None
        self._ready: asyncio.Future[dict[str, Described]] | None = None
        self._broken = ""

    @property
    def pid(self) -> int | None:
        """The process, None while there is none."""
        return self._link.process.pid if self._link is not None else None

    def start(self) -> None:
        """Start the process if it does not run; it takes seconds until it is ready, which nobody waits for here."""
        if self._link is not None:
            return
        self._broken = ""
        self._ready = asyncio.get_running_loop().create_future()
        self._link = _Link(asyncio.get_running_loop(), self._receive)
        self._link.send(frame(["models", list(self.specs.values())]))

    async def describe(self) -> dict[str, Described]:
        """What is known of each model, by name; raises ModelsUnavailable if the process cannot be had."""
        self.start()
        if self._ready is None:
            raise ModelsUnavailable(self._broken)
        return await asyncio.shield(self._ready)

    def complete(self, request: Request) -> "asyncio.Future[Outcome]":
        """What comes of a request. Cancelling the future ends the call; `stop` ends it and tells what became of it."""
        self.start()
        self._number += 1
        number = self._number
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._asked[number] = future, request.model
        self._numbers[future] = number
        future.add_done_callback(self._forget)
        self._send(["call", number, request])
        return future

    def stop(self, future: "asyncio.Future[Outcome]") -> None:
        """End a call; its future gets a failure of kind `cancelled` soon, or the answer if it came first."""
        if not future.done():
            self._send(["cancel", self._numbers[future]])

    def _forget(self, future: "asyncio.Future[Outcome]") -> None:
        number = self._numbers.pop(future)
        if self._asked.pop(number, None) is not None and future.cancelled():
            self._send(["cancel", number])

    def _send(self, message: object) -> None:
        if self._link is not None:
            self._link.send(frame(message))

    def _receive(self) -> None:
        link = self._link
        messages = link.receive() if link is not None else []
        if messages is None:
            self._died()
            return
        for what, *rest in messages:
            match what:
                case "ready":
                    described = [decoded(Described, one) for one in rest[0]]
                    if self._ready is not None and not self._ready.done():
                        self._ready.set_result({one.name: one for one in described})
                case "broken":
                    self._broken = str(rest[0])
                case "status":
                    if self._told is not None:
                        self._told(decoded(Status, rest[0]))
                case "answer":
                    self._answer(rest[0], decoded(Answer, rest[1]))
                case _:
                    self._answer(rest[0], decoded(CallFailed, rest[1]))

    def _answer(self, number: int, outcome: Outcome) -> None:
        future, _ = self._asked.pop(number, (None, ""))
        if future is not None and not future.done():
            future.set_result(outcome)

    def _died(self) -> None:
        """Say so to all who wait; the next call begins another process."""
        self._hang_up()
        ready, self._ready = self._ready, None
        begun = ready is not None and ready.done()
        said = "the process that asks models died, and with it what it had asked"
        if not begun:
            said = self._broken or "the process that asks models ended before it was ready, and has asked nobody"
        if ready is not None and not ready.done():
            ready.set_exception(ModelsUnavailable(said))
            ready.exception()  # whoever waits is told; if nobody does that is fine
        for number, (_, model) in list(self._asked.items()):
            self._answer(number, CallFailed("lost", said, (Try(model, "lost", said, 0, begun),)))

    def _hang_up(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def close(self) -> None:
        """End the process and all calls."""
        self._hang_up()
        for future in list(self._numbers):
            future.cancel()
        if self._ready is not None and not self._ready.done():
            self._ready.cancel()
        self._ready = None


class _Link:
    """A models process and the socket to it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Callable[[], None]) -> None:
        self.sock, theirs = socket.socketpair()
        with theirs:
            for end in (self.sock, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.models.process", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment(),
                start_new_session=True,
            )
        self.sock.setblocking(False)
        self._loop, self._frames, self._unsent = loop, Frames(), bytearray()
        loop.add_reader(self.sock, receive)

    def send(self, message: bytes) -> None:
        """Send what can be sent now, and the rest later; that nobody is there is noticed by reading."""
        self._unsent += message
        self._flush()

    def _flush(self) -> None:
        try:
            while self._unsent:
                del self._unsent[: self.sock.send(self._unsent)]
        except BlockingIOError:
            self._loop.add_writer(self.sock, self._flush)
            return
        except OSError:
            self._unsent.clear()
        self._loop.remove_writer(self.sock)

    def receive(self) -> list[list[Any]] | None:
        """The messages that have come, None if nobody is there any more."""
        try:
            data = self.sock.recv(_READ)
        except BlockingIOError:
            return []
        except OSError:
            return None
        return list(self._frames.feed(data)) if data else None

    def close(self) -> None:
        """Hang up and see to the end of the process."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self.sock)
            self._loop.remove_writer(self.sock)
        self.sock.close()
        self.process.kill()
        self.process.wait()


def environment() -> dict[str, str]:
    """The environment of the process that asks models: ours, and what keeps its library from asking anybody else."""
    quiet = {
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
        "LITELLM_LOCAL_BLOG_POSTS": "True",
        "LITELLM_OFFLINE_MODE": "true",
        "LITELLM_MODE": "PRODUCTION",  # it would read .env files by rules of its own
        "LITELLM_LOG": "CRITICAL",
        "DISABLE_AIOHTTP_TRANSPORT": "True",  # all bytes come through one library, which we watch
    }
    root = str(Path(__file__).resolve().parents[2])
    places = [place for place in sys.path if place]
    return {**os.environ, **quiet, "PYTHONPATH": os.pathsep.join(places if root in places else [*places, root])}
