"""The engine's end of the sandbox: asks the broker process, and begins it anew if it dies.

Nothing here waits on the event loop in the usual case: answers come within a fraction of a millisecond, so the runner
looks for them in its own slice (`wait`); the loop's own watch over the socket serves for when it sleeps.
"""

import asyncio
import os
import select
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Protocol

from engine.kernel.errors import EcosimError
from engine.sandbox.types import Failed, Job, Limits, Outcome, Reply, Usage
from engine.sandbox.walls import BUBBLEWRAP, WORKER, missing, walls
from engine.sandbox.wire import Frames, frame, outcome_from_json

TRIES = 2
_READ = 1 << 20
_BUFFER = 4 << 20
_HELLO_S = 30.0


class SandboxMissing(EcosimError):
    """A wall that is needed does not stand on this machine."""


class Sandbox(Protocol):
    """Runs jobs turn by turn, somewhere that is not the engine's process."""

    def ask(self, job: Job, replies: Sequence[Reply], digest: str) -> "asyncio.Future[Outcome]":
        """The outcome of the turn after these replies; `digest` names the job with them."""

    def wait(self, seconds: float) -> bool:
        """Wait for an outcome, at most so long; whether one has come. False at once if none is on its way."""

    def close(self) -> None:
        """Let go of everything; what was asked is answered no more."""


@dataclass(slots=True)
class _Asked:
    """A turn under way: who waits for it, what was sent, and how often."""

    future: "asyncio.Future[Outcome]"
    message: bytes
    sent: int = 0


class BrokerSandbox:
    """Jobs run by worker processes behind a broker process, which is started at the first of them."""

    def __init__(self, limits: Limits, demanded: tuple[str, ...] = ()) -> None:
        self.limits = limits
        self._demanded = demanded
        self._asked: dict[int, _Asked] = {}
        self._number = 0
        self._link: _Link | None = None

    @property
    def pid(self) -> int | None:
        """The broker's process, None while there is none."""
        return self._link.process.pid if self._link is not None else None

    def start(self) -> None:
        """Start the broker if it does not run; raises SandboxMissing if it cannot be had."""
        if self._link is None:
            self._link = _Link.open(self.limits, walled=_walled(self._demanded))
            loop = asyncio.get_running_loop()
            loop.add_reader(self._link.sock, self._receive)
            self._link.loop = loop

    def ask(self, job: Job, replies: Sequence[Reply], digest: str) -> "asyncio.Future[Outcome]":
        """The outcome of the turn after these replies."""
        self._number += 1
        told = [[reply.value, reply.error] for reply in replies]
        asked = _Asked(asyncio.get_running_loop().create_future(), frame([self._number, job.told(), told, digest]))
        self._asked[self._number] = asked
        self.start()
        self._send(self._number, asked)
        return asked.future

    def _send(self, number: int, asked: _Asked) -> None:
        asked.sent += 1
        link = self._link
        if link is None or not link.send(asked.message):
            self._begin_anew()

    def wait(self, seconds: float) -> bool:
        """Wait for an outcome, at most so long; whether one has come."""
        if not self._asked or self._link is None:
            return False
        readable, _, _ = select.select([self._link.sock], [], [], seconds)
        return bool(readable) and self._receive()

    def _receive(self) -> bool:
        """Take what has come; whether anything was answered."""
        if self._link is None:
            return False
        messages = self._link.receive()
        if messages is None:
            self._begin_anew()
            return True
        for number, data in messages:
            asked = self._asked.pop(number, None)
            if asked is not None and not asked.future.done():
                asked.future.set_result(outcome_from_json(data))
        return bool(messages)

    def _begin_anew(self) -> None:
        """Take another broker for one that died; what it was asked is asked again, but not for ever."""
        self._hang_up()
        for number, asked in list(self._asked.items()):
            if asked.sent >= TRIES or asked.future.done():
                del self._asked[number]
                if not asked.future.done():
                    asked.future.set_result(Failed("the sandbox died of it", 0, "worker", Usage()))
        if self._asked:
            self.start()
            for number, asked in list(self._asked.items()):
                self._send(number, asked)

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def close(self) -> None:
        """End the broker; what was asked is answered no more."""
        for asked in self._asked.values():
            asked.future.cancel()
        self._asked.clear()
        self._hang_up()


@dataclass(slots=True)
class _Link:
    """A broker process and the socket to it."""

    sock: socket.socket
    process: "subprocess.Popen[bytes]"
    frames: Frames
    loop: asyncio.AbstractEventLoop | None = None

    @classmethod
    def open(cls, limits: Limits, *, walled: bool) -> "_Link":
        ours, theirs = socket.socketpair()
        with theirs:
            for end in (ours, theirs):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
            arguments = [str(theirs.fileno()), "walled" if walled else "plain", *map(str, astuple(limits))]
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.sandbox.broker", *arguments],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        return cls(ours, process, Frames())

    def send(self, message: bytes) -> bool:
        """Send a message whole; False if nobody is there any more."""
        try:
            self.sock.sendall(message)
        except OSError:
            return False
        return True

    def receive(self) -> list[Any] | None:
        """The messages that have come, None if nobody is there any more."""
        try:
            data = self.sock.recv(_READ)
        except OSError:
            return None
        return [m for m in self.frames.feed(data) if m[0]] if data else None

    def close(self) -> None:
        """Hang up, which ends the broker, and see to its end."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.remove_reader(self.sock)
        self.sock.close()
        self.process.kill()
        self.process.wait()


def _environment() -> dict[str, str]:
    """Nothing of ours but where modules and programs are found: no key of anybody's is within reach of the workers."""
    root = str(Path(__file__).resolve().parents[2])
    places = [place for place in sys.path if place]
    if root not in places:
        places.append(root)
    kept = {name: os.environ[name] for name in ("PATH", "MONTY_BIN", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(places)}


def _walled(demanded: tuple[str, ...]) -> bool:
    """Whether the second wall is put up; raises SandboxMissing if one that is needed does not stand."""
    for wall in missing((WORKER, *demanded)):
        raise SandboxMissing(f"the code of agents cannot run here: {wall.name}: {wall.found}; {wall.remedy}")
    return next(wall.stands for wall in walls() if wall.name == BUBBLEWRAP)


def define(sources: Sequence[Job], limits: Limits) -> list[Outcome]:
    """Run jobs once, one after the other, and wait for them: for checking a world file, where nothing else goes on."""
    link = _Link.open(limits, walled=_walled(()))
    outcomes: list[Outcome] = []
    try:
        link.sock.settimeout(_HELLO_S)
        for job in sources:
            link.send(frame([1, job.told(), [], job.digest()]))
            answers: list[Any] = []
            while not answers:
                found = link.receive()
                if found is None:
                    raise SandboxMissing("the code of agents cannot run here: the sandbox died; see ecosim doctor")
                answers = found
            outcomes.append(outcome_from_json(answers[0][1]))
    finally:
        link.close()
    return outcomes
