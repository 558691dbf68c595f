"""The broker process: `python -m engine.sandbox.broker FD`, started by the engine, owner of the worker processes.

It stands between the engine and the library that runs the workers: a thread of the engine's would starve beside its
slices of work, and what crashes here takes nothing with it. It does one thing after the other, alike calls in one go;
while there is nothing to do it makes sessions ready.
"""

import contextlib
import json
import os
import select
import signal
import socket
import stat
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import Any

import pydantic_monty as pm

from engine.sandbox.execution import Execution, replayed
from engine.sandbox.plain import NotPlainError, plain
from engine.sandbox.sessions import GRACE_S, Session, Sessions
from engine.sandbox.simple import shares
from engine.sandbox.types import (
    Failed,
    HostCall,
    Job,
    Kind,
    Limits,
    Outcome,
    Reply,
    Returned,
    Usage,
)
from engine.sandbox.walls import bubblewrapped, worker_binary
from engine.sandbox.wire import Frames, frame, outcome_to_json

WORKERS = 16
SHARED = 4
"""Sessions that serve many calls of one code each."""

USES = 2_000
"""Calls that a shared session serves before it is made anew."""

LIVE = 6
"""Jobs that wait for a reply in a session of their own; the oldest beyond that are parked or begun again."""

PARKED_BYTES = 64_000_000
BATCH = 250
LINGER_S = 0.0001
SLACK_S = 1.0
"""What a machine that is busy otherwise may take longer, before a job is given up together with this process."""

REPLY_S = 0.02
"""What a turn more may take where a job is begun again."""

_READ = 1 << 20


class Broker:
    """Runs jobs in sessions of a pool of workers."""

    def __init__(self, pool: pm.Monty, limits: Limits) -> None:
        self._limits = limits
        self._sessions = Sessions(pool, limits)
        self._shared: OrderedDict[str, Session] = OrderedDict()
        self._live: OrderedDict[str, Execution] = OrderedDict()
        self._parked: OrderedDict[str, tuple[Job, bytes, str]] = OrderedDict()
        self._parked_bytes = 0

    @property
    def idle(self) -> bool:
        """Whether there is nothing to make ready."""
        return self._sessions.full

    def prepare(self) -> None:
        """Make a session ready, while nobody waits."""
        self._sessions.refill()

    # -- turns -----------------------------------------------------------------------------------------------------

    def begin(self, job: Job, digest: str) -> Outcome:
        """The first turn of a job."""
        if self.alike(job) is not None:
            outcome = self._in_shared(job)
            if not isinstance(outcome, Failed) or outcome.limit == "time":
                return outcome
            # What fails among others' leavings has another try alone, where its lines are its own as well.
        return self._keep(self._fresh(job), digest, None)

    def go_on(self, before: str, reply: Reply, digest: str) -> Outcome | None:
        """The next turn of a job that waits for a reply; None if it waits nowhere any more."""
        waiting = self._live.pop(before, None) or self._unparked(before)
        return None if waiting is None else self._keep(waiting, digest, waiting.go_on(reply))

    def again(self, job: Job, replies: Sequence[Reply], digest: str) -> Outcome:
        """The turn after these replies of a job that is begun again."""
        execution = self._fresh(job)
        return self._keep(execution, digest, replayed(execution, replies))

    def _fresh(self, job: Job) -> Execution:
        session = self._sessions.program() if job.kind is Kind.PROGRAM else self._sessions.take()
        return Execution(session, job, self._limits)

    def _keep(self, execution: Execution, digest: str, outcome: Outcome | None) -> Outcome:
        """Keep a job that waits for a reply; the session of one that has ended is given back."""
        outcome = execution.begin() if outcome is None else outcome
        if not isinstance(outcome, HostCall):
            execution.session.close()
            return outcome
        self._live[digest] = execution
        if len(self._live) > LIVE:
            self._put_away(*self._live.popitem(last=False))
        return outcome

    # -- jobs that wait long ---------------------------------------------------------------------------------------

    def _put_away(self, digest: str, execution: Execution) -> None:
        """Free the worker of a job that waits: a program's state is kept, another job is begun again to go on."""
        if execution.job.kind is Kind.PROGRAM:
            with contextlib.suppress(pm.MontyError):  # then it is begun again over its replies
                state = execution.park()
                self._parked[digest] = (execution.job, state, execution.printed)
                self._parked_bytes += len(state)
        execution.session.close()
        while self._parked_bytes > PARKED_BYTES:
            self._parked_bytes -= len(self._parked.popitem(last=False)[1][1])

    def _unparked(self, digest: str) -> Execution | None:
        found = self._parked.pop(digest, None)
        if found is None:
            return None
        job, state, printed = found
        self._parked_bytes -= len(state)
        with contextlib.ExitStack() as stack:
            session = Session(self._sessions.pool, self._limits, None, program=True)
            stack.callback(session.close)
            execution = Execution(session, job, self._limits)
            with contextlib.suppress(pm.MontyError):
                execution.restore(state, printed)
                stack.pop_all()
                return execution
        return None

    # -- calls that share a session --------------------------------------------------------------------------------

    def _in_shared(self, job: Job) -> Outcome:
        key, session = self._borrow(job)
        outcome = Execution(session, job, self._limits).begin()
        if isinstance(outcome, HostCall):
            raise TypeError(f"code that names no function of the host's has called {outcome.name}")
        if isinstance(outcome, Failed):
            self._drop(key)
        return outcome

    def _borrow(self, job: Job) -> tuple[str, Session]:
        """The shared session of a code; one that has served enough calls is made anew."""
        key = job.source
        session = self._shared.get(key)
        if session is not None and session.uses >= USES:
            self._drop(key)
            session = None
        if session is None:
            session = self._shared[key] = self._sessions.take()
            session.load(job.source)
            if len(self._shared) > SHARED:
                self._shared.popitem(last=False)[1].close()
        session.uses += 1
        self._shared.move_to_end(key)
        return key, session

    def _drop(self, key: str) -> None:
        session = self._shared.pop(key, None)
        if session is not None:
            session.close()

    def alike(self, job: Job) -> str | None:
        """What jobs have in common that can be run in one session; None for one that has to have its own."""
        if job.kind in (Kind.PROGRAM, Kind.DEFINE) or not shares(job.source):
            return None
        return f"{job.kind}\0{job.entry}\0{job.source}"

    def batch(self, jobs: list[Job]) -> list[Outcome] | None:
        """Run jobs that are alike in one go; None if anything at all went wrong, and then they are run singly."""
        key, session = self._borrow(jobs[0])
        session.uses += len(jobs) - 1
        used = session.measured()
        first = jobs[0]
        given = [[job.entry, job.given, job.args] for job in jobs]
        try:
            snapshot = session.monty.feed_start(
                "[__loaded(*a) for a in __b]", inputs={"__b": given}, print_callback=session.prints_afresh()
            )
            if not isinstance(snapshot, pm.MontyComplete) or session.printed.output:
                raise NotPlainError(f"{first.entry} is not alone")
            took = used()
            share = Usage(took.cpu // len(jobs), took.wall // len(jobs), took.peak, took.disk // len(jobs))
            return [Returned(plain(json.loads(value), self._limits.output), share) for value in snapshot.output]
        except (pm.MontyError, NotPlainError, ValueError, RecursionError):
            self._drop(key)
            return None

    def close(self) -> None:
        """Give all sessions back."""
        for session in (*self._shared.values(), *(execution.session for execution in self._live.values())):
            session.close()
        self._sessions.close()


# -- the process -------------------------------------------------------------------------------------------------------


def _job(data: Sequence[Any]) -> Job:
    kind, *rest = data
    return Job(Kind(kind), *rest)


class Service:
    """Serves one engine over a socket."""

    def __init__(self, sock: socket.socket, broker: Broker, limits: Limits) -> None:
        self._sock = sock
        self._patience = 2 * (limits.time / 1e6 + GRACE_S) + SLACK_S
        self._broker = broker
        self._frames = Frames()

    def run(self) -> None:
        """Serve until the engine hangs up."""
        while True:
            if not self._soon():
                if self._broker.idle:
                    select.select([self._sock], [], [])
                else:
                    self._broker.prepare()
                    continue
            data = self._sock.recv(_READ)
            if not data:
                return
            self._serve(list(self._frames.feed(data)))

    def _soon(self) -> bool:
        """Whether something comes within a moment: an engine at work asks again sooner than we would wake up."""
        end = perf_counter() + LINGER_S
        while not select.select([self._sock], [], [], 0)[0]:
            if perf_counter() > end:
                return False
        return True

    def _serve(self, asked: list[Any]) -> None:
        """Answer what has come, in the order that it came; alike ones that stand together are run in one go."""
        for group in self._groups(asked):
            with self._deadline(len(group)):
                outcomes = self._broker.batch([job for _, _, job in group]) if len(group) > 1 else None
            if outcomes is not None:
                answers = [
                    frame([number, outcome_to_json(outcome)])
                    for (number, _, _), outcome in zip(group, outcomes, strict=True)
                ]
                self._sock.sendall(b"".join(answers))
                continue
            for number, digest, job in group:
                self._answer(number, partial(self._broker.begin, job, digest))

    def _answer(self, number: int, run: Callable[[], Outcome | None], replies: int = 0) -> None:
        """Answer with what a job comes to; what goes wrong on our side of the wall is the end of that job alone."""
        try:
            with self._deadline(replies):
                outcome = run()
        except Exception as error:  # noqa: BLE001 - told as the job's failure
            outcome = Failed(f"the sandbox failed: {type(error).__name__}"[:200], 0, "worker", Usage())
        self._sock.sendall(frame([number, outcome_to_json(outcome) if outcome is not None else None]))

    @contextlib.contextmanager
    def _deadline(self, replies: int = 0) -> Iterator[None]:
        """Have the system end this process if a job takes far longer than it may: some values take for ever to take
        over from a worker, and nothing of ours runs meanwhile. The engine begins another broker."""
        signal.setitimer(signal.ITIMER_REAL, self._patience + replies * REPLY_S)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _groups(self, asked: list[Any]) -> Iterator[list[tuple[int, str, Job]]]:
        """Jobs that begin, alike ones together; those that go on are answered on the way."""
        group: list[tuple[int, str, Job]] = []
        key: str | None = None
        for number, digest, before, last, *whole in asked:
            job = _job(whole[0]) if whole else None
            alike = self._broker.alike(job) if job is not None and not before and len(asked) > 1 else None
            if group and (alike is None or alike != key or len(group) >= BATCH):
                yield group
                group = []
            key = alike
            if job is None:
                self._answer(number, partial(self._broker.go_on, before, Reply(*last), digest))
            elif before:
                replies = [Reply(*reply) for reply in whole[1]]
                self._answer(number, partial(self._broker.again, job, replies, digest), len(replies))
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
    script = os.memfd_create("ecosim-wall", 0)  # nothing is left of it on any disk
    os.write(script, f'#!/bin/sh\nexec {command} "$@"\n'.encode())
    os.fchmod(script, stat.S_IRUSR | stat.S_IXUSR)
    return f"/proc/{os.getpid()}/fd/{script}"


def main(arguments: list[str]) -> None:
    """Serve until the engine hangs up."""
    descriptor, walled, *numbers = arguments
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    limits = Limits(*map(int, numbers))
    with socket.socket(fileno=int(descriptor)) as sock:
        pool = pm.Monty(
            binary_path=worker_program(walled == "walled"),
            max_processes=WORKERS,
            feed_duration_limit_grace=GRACE_S,
            turn_duration_limit_grace=GRACE_S,
        )
        try:
            with pool:
                broker = Broker(pool, limits)
                sock.sendall(frame([0, pm.__version__]))
                Service(sock, broker, limits).run()
                broker.close()
        except ConnectionError:
            return  # the engine is gone, and nobody is left to answer


if __name__ == "__main__":
    main(sys.argv[1:])
    # The library has been seen to abort while the interpreter winds down; nothing is left to be done by then.
    sys.stdout.flush()
    os._exit(0)
