"""The engine's end of the sandbox: asks the broker process, and begins it anew if it dies.

Nothing here waits on the event loop in the usual case: answers come within a fraction of a millisecond, so the runner
looks for them in its own slice (`wait`); the loop's own watch over the socket serves for when it sleeps.
"""

import asyncio
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Protocol

from engine.kernel.errors import EcosimError
from engine.sandbox.types import Failed, Job, Limits, Outcome, Turn, Usage
from engine.sandbox.walls import BUBBLEWRAP, WORKER, missing, walls
from engine.sandbox.wire import Frames, go_on_message, outcome_from_json, whole_message

TRIES = 2
AWAKE_S = 0.0005
ENDING_S = 1.0
"""How long a broker that has hung up may take to end."""

SILENT_S = 20.0
"""How long a broker may be silent; one that hangs ends itself much sooner, so this one has been stopped."""
_READ = 1 << 20
_BUFFER = 4 << 20
_HELLO_S = 30.0


class SandboxMissing(EcosimError):
    """A wall that is needed does not stand on this machine."""


class Sandbox(Protocol):
    """Runs jobs turn by turn, somewhere that is not the engine's process."""

    def ask(self, turn: Turn) -> "asyncio.Future[Outcome]":
        """The outcome of a turn."""

    def start(self) -> None:
        """Begin to make ready, so that the first job does not wait; raises SandboxMissing if that cannot be."""

    def wait(self, seconds: float) -> bool:
        """Wait for an outcome, at most so long; whether one has come. False at once if none is on its way."""

    def look(self) -> None:
        """See to it that what was asked will be answered; to be called now and then while nothing comes."""

    def close(self) -> None:
        """Let go of everything; what was asked is answered no more."""


@dataclass(slots=True)
class _Asked:
    """A turn under way: who waits for it, and how often it was sent whole."""

    future: "asyncio.Future[Outcome]"
    turn: Turn
    since: float
    sent: int = 0


class BrokerSandbox:
    """Jobs run by worker processes behind a broker process, which is started at the first of them."""

    def __init__(self, limits: Limits, demanded: tuple[str, ...] = ()) -> None:
        refuse_missing(demanded)
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
            self._link.sock.setblocking(False)
        self._link.watch(asyncio.get_running_loop(), self._receive)

    def ask(self, turn: Turn) -> "asyncio.Future[Outcome]":
        """The outcome of a turn."""
        self._number += 1
        asked = _Asked(asyncio.get_running_loop().create_future(), turn, monotonic())
        self._asked[self._number] = asked
        self.start()
        if turn.last is None:
            self._send_whole(self._number, asked)
        else:
            self._send(go_on_message(self._number, turn))
        return asked.future

    def _send_whole(self, number: int, asked: _Asked) -> None:
        asked.sent += 1
        self._send(whole_message(number, asked.turn))

    def _send(self, message: bytes) -> None:
        if self._link is None or not self._link.send(message):
            self._begin_anew()

    def wait(self, seconds: float) -> bool:
        """Wait for an outcome, at most so long; whether one has come."""
        if not self._asked or self._link is None:
            return False
        link = self._link
        # An answer comes sooner, as a rule, than a process that sleeps wakes up. Each look gives way to whoever waits
        # for this core: it may be the worker itself.
        end = perf_counter() + seconds
        awake = end - seconds + min(seconds, AWAKE_S)
        while True:
            now = perf_counter()
            if (link.unsent or now >= awake) and link.ready(max(0.0, end - now)):
                return self._receive()
            os.sched_yield()
            if self._receive():
                return True
            if now >= end:
                return False

    def look(self) -> None:
        """Take another broker for one that has not answered for much longer than any turn may take."""
        first = next(iter(self._asked.values()), None)
        if first is not None and monotonic() - first.since > SILENT_S + 2 * self.limits.time / 1e6:
            first.since = monotonic()
            self._begin_anew()

    def _receive(self) -> bool:
        """Take what has come; whether anything was answered."""
        if self._link is None:
            return False
        messages = self._link.receive()
        if messages is None:
            self._begin_anew()
            return True
        for number, data in messages:
            asked = self._asked.get(number)
            if asked is None:
                continue
            if data is None:  # it waits nowhere any more: it is to be begun again, over all its replies
                self._send_whole(number, asked)
                continue
            del self._asked[number]
            if not asked.future.done():
                asked.future.set_result(outcome_from_json(data))
        return bool(messages)

    def _begin_anew(self) -> None:
        """Take another broker for one that died; what it was asked is asked again, but not for ever."""
        overran = self._hang_up(ENDING_S) == -signal.SIGALRM  # by the job that it was at: the first
        for place, (number, asked) in enumerate(list(self._asked.items())):
            if asked.sent >= TRIES or asked.future.done() or (overran and place == 0):
                del self._asked[number]
                if not asked.future.done():
                    said = "it took too long to hand over its values" if overran else "the sandbox died of it"
                    asked.future.set_result(Failed(said, 0, "worker", Usage()))
        if self._asked:
            self.start()
            for number, asked in list(self._asked.items()):
                self._send_whole(number, asked)

    def _hang_up(self, patience: float = 0.0) -> int | None:
        """End the link; how the broker ended, if it did by itself within that many seconds."""
        link, self._link = self._link, None
        return link.close(patience) if link is not None else None

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
    unsent: bytearray = field(default_factory=bytearray)
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

    def watch(self, loop: asyncio.AbstractEventLoop, receive: Callable[[], bool]) -> None:
        """Have a loop tell when something has come, if it does not yet."""
        if self.loop is loop:
            return
        if self.loop is not None and not self.loop.is_closed():
            self.loop.remove_reader(self.sock)
        self.loop = loop
        loop.add_reader(self.sock, receive)

    def send(self, message: bytes) -> bool:
        """Send a message, or what of it can be sent now; False if nobody is there any more.

        We never wait here: the broker may be waiting for us to take what it has answered.
        """
        self.unsent += message
        try:
            self.flush()
        except OSError:
            return False
        return True

    def flush(self) -> None:
        """Send what can be sent now, and have the loop send the rest when it can be."""
        try:
            while self.unsent:
                del self.unsent[: self.sock.send(self.unsent)]
        except BlockingIOError:
            if self.loop is not None:
                self.loop.add_writer(self.sock, self._flush_later)

    def _flush_later(self) -> None:
        if self.loop is not None:
            self.loop.remove_writer(self.sock)
        with contextlib.suppress(OSError):  # that nobody is there is noticed by reading
            self.flush()

    def ready(self, seconds: float) -> bool:
        """Wait for something to read, at most so long, sending meanwhile what is unsent."""
        writing = [self.sock] if self.unsent else []
        readable, writable, _ = select.select([self.sock], writing, [], max(0.0, seconds))
        if writable:
            self._flush_later()
        return bool(readable)

    def receive(self) -> list[Any] | None:
        """The messages that have come, None if nobody is there any more."""
        try:
            data = self.sock.recv(_READ)
        except BlockingIOError:
            return []  # it was taken already, between the loop's noticing and its telling us
        except OSError:
            return None
        return [m for m in self.frames.feed(data) if m[0]] if data else None

    def close(self, patience: float = 0.0) -> int | None:
        """Hang up, which ends the broker, and see to its end; how it ended, if by itself within `patience` seconds."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.remove_reader(self.sock)
            self.loop.remove_writer(self.sock)
        self.sock.close()
        try:
            # One that has died has hung up a moment before its end can be seen.
            ended = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            ended = None
        self.process.kill()
        self.process.wait()
        return ended


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
    refuse_missing((WORKER, *demanded))
    return next(wall.stands for wall in walls() if wall.name == BUBBLEWRAP)


def refuse_missing(demanded: tuple[str, ...]) -> None:
    """Raise SandboxMissing for the first of these walls that does not stand here."""
    for wall in missing(demanded) if demanded else ():
        why = f"the wall {wall.name} ([sandbox] walls) is needed and does not stand: {wall.found}"
        raise SandboxMissing(f"the code of agents cannot run here: {why}; {wall.remedy}")


def define(sources: Sequence[Job], limits: Limits) -> list[Outcome]:
    """Run jobs once, one after the other, and wait for them: for checking a world file, where nothing else goes on."""
    link = _Link.open(limits, walled=_walled(()))
    outcomes: list[Outcome] = []
    try:
        link.sock.settimeout(_HELLO_S)
        for job in sources:
            link.send(whole_message(1, Turn(job, job.digest())))
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
