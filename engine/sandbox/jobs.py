"""Jobs at work in sessions: begun, gone on with, put away while they wait long, and alike ones run in one go."""

import contextlib
from collections import OrderedDict
from collections.abc import Sequence

import pydantic_monty as pm

from engine.sandbox.execution import Execution, replayed
from engine.sandbox.plain import NotPlainError, plain_json
from engine.sandbox.sessions import Session, Sessions
from engine.sandbox.simple import shares
from engine.sandbox.types import Failed, HostCall, Job, Kind, Limits, Outcome, Reply, Returned, Usage

SHARED = 4
"""Sessions that serve many calls of one code each."""

USES = 2_000
"""Calls that a shared session serves before it is made anew."""

LIVE = 6
"""Jobs that wait for a reply in a session of their own; the oldest beyond that are parked or begun again."""

PARKED_BYTES = 64_000_000


TRIES = 3
"""Workers that a job is tried in which die of it, or of something else, before that is its failure."""


class Jobs:
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
        with contextlib.suppress(pm.MontyCrashedError):  # whoever needs one makes it
            self._sessions.refill()

    # -- turns -----------------------------------------------------------------------------------------------------

    def begin(self, job: Job, digest: str) -> Outcome:
        """The first turn of a job."""
        if self.alike(job):
            outcome = self._in_shared(job)
            if not isinstance(outcome, Failed) or outcome.limit == "time":
                return outcome
            # What fails among others' leavings has another try alone, where its lines are its own as well.
        return self.again(job, (), digest)

    def go_on(self, before: str, reply: Reply, digest: str) -> Outcome | None:
        """The next turn of a job that waits for a reply; None if it waits nowhere any more, or its worker has died."""
        try:
            waiting = self._live.pop(before, None) or self._unparked(before)
        except pm.MontyCrashedError:
            return None
        if waiting is None:
            return None
        outcome = self._keep(waiting, digest, waiting.go_on(reply))
        return None if _died(outcome) else outcome

    def again(self, job: Job, replies: Sequence[Reply], digest: str) -> Outcome:
        """The turn after these replies of a job from its beginning; one whose worker dies has another."""
        for _ in range(TRIES - 1):
            execution = self._fresh(job)
            outcome = self._keep(execution, digest, replayed(execution, replies))
            if not _died(outcome):
                return outcome
            self._sessions.close()  # where one has died, those that stand ready may have, too
        execution = self._fresh(job)
        return self._keep(execution, digest, replayed(execution, replies))

    def _fresh(self, job: Job) -> Execution:
        session = self._sessions.program() if job.kind is Kind.PROGRAM else self._sessions.take()
        return Execution(session, job, self._limits)

    def _keep(self, execution: Execution, digest: str, outcome: Outcome) -> Outcome:
        """Keep a job that waits for a reply; the session of one that has ended is given back."""
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
            session = self._sessions.empty()
            stack.callback(session.close)
            execution = Execution(session, job, self._limits)
            with contextlib.suppress(pm.MontyError):
                execution.restore(state, printed)
                stack.pop_all()
                return execution
        return None

    # -- calls that share a session --------------------------------------------------------------------------------

    def _in_shared(self, job: Job) -> Outcome:
        try:
            key, session = self._borrow(job)
        except pm.MontyError:
            return Failed("its worker died", 0, "worker", Usage())  # it is tried alone
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
            session = self._sessions.take()
            with contextlib.ExitStack() as stack:
                stack.callback(session.close)
                session.load(job.source)
                stack.pop_all()
            self._shared[key] = session
            if len(self._shared) > SHARED:
                self._shared.popitem(last=False)[1].close()
        session.uses += 1
        self._shared.move_to_end(key)
        return key, session

    def _drop(self, key: str) -> None:
        session = self._shared.pop(key, None)
        if session is not None:
            session.close()

    def alike(self, job: Job) -> tuple[str, str] | None:
        """What jobs have in common that can be run in one session; None for one that has to have its own."""
        if job.kind in (Kind.PROGRAM, Kind.DEFINE) or not shares(job.source):
            return None
        return (job.entry, job.source)

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
            return [Returned(plain_json(value, self._limits.output), share) for value in snapshot.output]
        except (pm.MontyError, NotPlainError, ValueError, RecursionError):
            self._drop(key)
            return None


def _died(outcome: Outcome) -> bool:
    """Whether a worker has died: that may be nothing of the job's."""
    return isinstance(outcome, Failed) and outcome.limit == "worker"
