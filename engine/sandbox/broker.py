"""The broker process: `python -m engine.sandbox.broker FD`, started by the engine, owner of the worker processes.

It stands between the engine and the library that runs the workers: a thread of the engine's would starve beside its
slices of work, and what crashes here takes nothing with it. It does one thing after the other, alike calls in one go;
while there is nothing to do it makes sessions ready.
"""

import os
import select
import signal
import socket
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import pydantic_monty as pm

from engine.sandbox.jobs import Jobs
from engine.sandbox.sessions import GRACE_S
from engine.sandbox.types import (
    Failed,
    Job,
    Kind,
    Limits,
    Outcome,
    Reply,
    Usage,
)
from engine.sandbox.walls import bubblewrapped, worker_binary
from engine.sandbox.wire import Frames, frame, outcome_to_json

T = TypeVar("T")
WORKERS = 16
BATCH = 250
LINGER_S = 0.0001
SLACK_S = 1.0
"""What a machine that is busy otherwise may take longer, before a job is given up together with this process."""

REPLY_S = 0.02
"""What a turn more may take where a job is begun again."""

_READ = 1 << 20


def _job(data: Sequence[Any]) -> Job:
    kind, *rest = data
    return Job(Kind(kind), *rest)


class Service:
    """Serves one engine over a socket."""

    def __init__(self, sock: socket.socket, jobs: Jobs, limits: Limits) -> None:
        self._sock = sock
        self._patience = 2 * (limits.time / 1e6 + GRACE_S) + SLACK_S
        self._jobs = jobs
        self._frames = Frames()

    def run(self) -> None:
        """Serve until the engine hangs up."""
        while True:
            data = self._soon()
            if data is None:
                if self._jobs.idle:
                    select.select([self._sock], [], [])
                else:
                    self._within_time(self._jobs.prepare, 0)
                continue
            if not data:
                return
            self._serve(list(self._frames.feed(data)))

    def _soon(self) -> bytes | None:
        """What comes within a moment: an engine at work asks again sooner than we would wake up.

        Each look gives way to whoever waits for this core: it may be the engine, or the worker.
        """
        end = perf_counter() + LINGER_S
        while True:
            try:
                os.sched_yield()
                return self._sock.recv(_READ, socket.MSG_DONTWAIT)
            except BlockingIOError:
                if perf_counter() > end:
                    return None

    def _serve(self, asked: list[Any]) -> None:
        """Answer what has come, in the order that it came; alike ones that stand together are run in one go."""
        if len(asked) == 1:
            self._serve_one(*asked[0])
            return
        for group in self._groups(asked):
            jobs = [job for _, _, job in group]
            outcomes = self._within_time(partial(self._jobs.batch, jobs), len(jobs)) if len(group) > 1 else None
            if outcomes is not None:
                answers = [
                    frame([number, outcome_to_json(outcome)])
                    for (number, _, _), outcome in zip(group, outcomes, strict=True)
                ]
                self._sock.sendall(b"".join(answers))
                continue
            for number, digest, job in group:
                self._answer(number, partial(self._jobs.begin, job, digest))

    def _serve_one(
        self, number: int, digest: str, before: str, last: Any, job: Any = None, replies: Sequence[Any] = ()
    ) -> None:
        if job is None:
            self._answer(number, partial(self._jobs.go_on, before, Reply(*last), digest))
        elif before:
            told = [Reply(*reply) for reply in replies]
            self._answer(number, partial(self._jobs.again, _job(job), told, digest), len(told))
        else:
            self._answer(number, partial(self._jobs.begin, _job(job), digest))

    def _answer(self, number: int, run: Callable[[], Outcome | None], replies: int = 0) -> None:
        """Answer with what a job comes to; what goes wrong on our side of the wall is the end of that job alone."""
        try:
            outcome = self._within_time(run, replies)
        except Exception as error:  # noqa: BLE001 - told as the job's failure
            outcome = Failed(f"the sandbox failed: {type(error).__name__}"[:200], 0, "worker", Usage())
        self._sock.sendall(frame([number, outcome_to_json(outcome) if outcome is not None else None]))

    def _within_time(self, run: Callable[[], T], turns: int) -> T:
        """Run something, and have the system end this process if that takes far longer than it may: some values take
        for ever to take over from a worker, and nothing of ours runs meanwhile. The engine begins another broker."""
        signal.setitimer(signal.ITIMER_REAL, self._patience + turns * REPLY_S)
        try:
            return run()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _groups(self, asked: list[Any]) -> Iterator[list[tuple[int, str, Job]]]:
        """Jobs that begin, alike ones together; those that go on are answered on the way."""
        group: list[tuple[int, str, Job]] = []
        key: tuple[str, str] | None = None
        for one in asked:
            number, digest, before, _, *whole = one
            job = _job(whole[0]) if whole and not before else None
            alike = self._jobs.alike(job) if job is not None else None
            if group and (alike is None or alike != key or len(group) >= BATCH):
                yield group
                group = []
            key = alike
            if job is None:
                self._serve_one(*one)
            else:
                group.append((number, digest, job))
        if group:
            yield group


def worker_program(walled: bool) -> str | None:
    """The program that Monty starts as its worker; with the second wall a script that puts it up first."""
    binary = worker_binary()
    if not walled or binary is None:
        return binary
    command = " ".join(f"'{part}'" for part in bubblewrapped(binary))
    script = os.memfd_create("ecosim-wall", os.MFD_CLOEXEC)  # nothing is left of it on any disk
    os.write(script, f'#!/bin/sh\nexec {command} "$@"\n'.encode())
    os.fchmod(script, stat.S_IRUSR | stat.S_IXUSR)
    return f"/proc/{os.getpid()}/fd/{script}"


def main(arguments: list[str]) -> None:
    """Serve until the engine hangs up."""
    descriptor, walled, *numbers = arguments
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    limits = Limits(*map(int, numbers))
    os.set_inheritable(int(descriptor), False)  # no worker is to speak to the engine in our place
    with socket.socket(fileno=int(descriptor)) as sock:
        pool = pm.Monty(
            binary_path=worker_program(walled == "walled"),
            max_processes=WORKERS,
            feed_duration_limit_grace=GRACE_S,
            turn_duration_limit_grace=GRACE_S,
        )
        try:
            pool.__enter__()  # and never left: it has been seen to hang, and workers end when we do
            sock.sendall(frame([0, pm.__version__]))
            Service(sock, Jobs(pool, limits), limits).run()
        except ConnectionError:
            return  # the engine is gone, and nobody is left to answer


if __name__ == "__main__":
    main(sys.argv[1:])
    # The library has been seen to abort while the interpreter winds down; nothing is left to be done by then.
    sys.stdout.flush()
    os._exit(0)
