"""The models process: `python -m engine.models.process FD`, started by the engine; it alone holds keys and LiteLLM.

It reads the models of the world, says that it is ready, and answers calls until the engine hangs up.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from functools import partial
from typing import Any

from engine.models import door
from engine.models.calls import Calls
from engine.models.keys import Scrubber, load
from engine.models.provider import LiteLLM
from engine.models.types import Answer, CallFailed, ModelSpec, Request, Status
from engine.models.wire import Frames, decoded, frame

_READ = 1 << 16


class Service:
    """Serves one engine over a socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._calls: Calls | None = None
        self._tasks: dict[int, asyncio.Task[Answer | CallFailed]] = {}

    async def run(self, provider: LiteLLM) -> None:
        """Serve until the engine hangs up."""
        frames = Frames()
        while data := await self._reader.read(_READ):
            for what, *rest in frames.feed(data):
                self._take(provider, what, rest)
            await self._writer.drain()

    def _take(self, provider: LiteLLM, what: str, rest: list[Any]) -> None:
        if what == "models":
            specs = [decoded(ModelSpec, one) for one in rest[0]]
            self._calls = Calls(specs, provider, self._tell)
            self._say(["ready", [provider.describe(spec) for spec in specs]])
        elif what == "call" and self._calls is not None:
            task = asyncio.create_task(self._calls.complete(decoded(Request, rest[1])))
            self._tasks[rest[0]] = task
            task.add_done_callback(partial(self._done, rest[0]))
        elif what == "cancel" and rest[0] in self._tasks:
            self._tasks[rest[0]].cancel()

    def _done(self, number: int, task: "asyncio.Task[Answer | CallFailed]") -> None:
        del self._tasks[number]
        if task.cancelled():
            outcome: Answer | CallFailed = CallFailed("cancelled", "the call was cancelled before it began")
        elif (error := task.exception()) is not None:
            outcome = CallFailed("lost", f"the call was lost by a fault of ours: {type(error).__name__}")
        else:
            outcome = task.result()
        self._say(["answer" if isinstance(outcome, Answer) else "failed", number, outcome])

    def _tell(self, status: Status) -> None:
        self._say(["status", status])

    def _say(self, message: object) -> None:
        self._writer.write(frame(message))


async def _main(sock: socket.socket) -> None:
    secrets = load(os.environ)
    reader, writer = await asyncio.open_connection(sock=sock)
    scrubber = Scrubber(secrets)
    try:
        provider = LiteLLM(os.environ, scrubber)
    except ImportError as error:
        writer.write(frame(["broken", scrubber.line(f"LiteLLM cannot be loaded: {error}; install ecosim again")]))
        await writer.drain()
        return
    door.install(time.time)
    try:
        await Service(reader, writer).run(provider)
    except ConnectionError:
        return  # the engine is gone, and nobody is left to answer


def main(descriptor: int) -> None:
    """Serve until the engine hangs up, whatever signals a terminal sends to us all."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.set_inheritable(descriptor, False)
    with socket.socket(fileno=descriptor) as sock:
        asyncio.run(_main(sock))


if __name__ == "__main__":
    main(int(sys.argv[1]))
    os._exit(0)  # calls under way have nobody to answer, and the library has threads that would be waited for
