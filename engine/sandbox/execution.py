"""One turn of one job in a session: until it ends, fails, or calls a function of the host's."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import pydantic_monty as pm

from engine.sandbox.plain import NotPlainError, plain, plain_json
from engine.sandbox.sessions import Session
from engine.sandbox.types import HOST_FUNCTIONS, Failed, HostCall, Job, Kind, Limits, Outcome, Reply, Returned, Usage

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""World time 0 as a date."""

MAX_PRINTED = 2_000
MOST_SYSTEM_CALLS = 100
"""How often code may look at the clock, or ask for what there is not, in one turn: each is a way there and back."""

_LIMITS = (
    ("TimeoutError: feed time limit", "time"),
    ("TimeoutError: turn time limit", "time"),
    ("MemoryError", "memory"),
)


class Execution:
    """A job under way in a session of its own."""

    def __init__(self, session: Session, job: Job, limits: Limits) -> None:
        self.session = session
        self.job = job
        self._limits = limits
        self._now = job.now
        self._timed = False
        self._printed_before = ""
        self._snapshot: Any = None

    def begin(self) -> Outcome:
        """Run the first turn."""
        job, session = self.job, self.session
        printed = session.prints_afresh()
        if session.loaded is not None:
            return self._at_once(printed)
        call = "__define" if job.kind is Kind.DEFINE else "__call"
        arguments = [job.kind.value, job.entry, job.given, job.seed, job.args, job.source]
        return self._turn(
            lambda: session.monty.feed_start(f"{call}(*__a)", inputs={"__a": arguments}, print_callback=printed)
        )

    def _at_once(self, printed: pm.CollectString) -> Outcome:
        """Run code that the session has at hand and that calls nobody: there is nothing to answer on the way."""
        job, used = self.job, self.session.measured()
        told = {"__a": [job.entry, job.given, job.args]}
        try:
            output = self.session.monty.feed_run("__loaded(*__a)", inputs=told, print_callback=printed)
        except pm.MontyError as error:
            return self._wrong(error, used())
        return self._returned(output, used())

    def go_on(self, reply: Reply) -> Outcome:
        """Run the next turn with the reply to the last call."""
        self._now = max(self._now, reply.at)
        return self._turn(lambda: self._snapshot.resume(_told(reply)))

    def restore(self, state: bytes, printed: str) -> None:
        """Take up a job from the state that it was parked in, and what it had printed; the session has to be new."""
        self._printed_before = printed
        self._snapshot = self.session.monty.load_snapshot(state, print_callback=self.session.prints_afresh())

    def park(self) -> bytes:
        """The state of a job that waits for a reply."""
        state: bytes = self._snapshot.dump()
        return state

    def _turn(self, start: Callable[[], Any]) -> Outcome:
        used = self.session.measured()
        try:
            snapshot = start()
            for _ in range(MOST_SYSTEM_CALLS):
                if isinstance(snapshot, pm.MontyComplete):
                    return self._returned(snapshot.output, used())
                if isinstance(snapshot, pm.NameLookupSnapshot):
                    snapshot = snapshot.resume()
                elif isinstance(snapshot, pm.FutureSnapshot):
                    return self._failed("RuntimeError: nothing here can be awaited", 0, "", used())
                elif snapshot.is_os_function:
                    snapshot = self._system(snapshot)
                else:
                    self._snapshot = snapshot
                    return self._called(snapshot, used())
            return self._failed(f"it asked for the time more than {MOST_SYSTEM_CALLS} times", 0, "system_calls", used())
        except pm.MontyError as error:
            return self._wrong(error, used())

    def _wrong(self, error: pm.MontyError, usage: Usage) -> Failed:
        if isinstance(error, pm.MontyCrashedError):
            return self._failed("", 0, "time" if error.timed_out else "worker", usage)
        return self._failed(*told(error), usage)

    def _returned(self, output: object, usage: Usage) -> Outcome:
        """What the code returned: it comes as JSON, made in the worker, so that its size is the worker's to bear."""
        try:
            value = plain_json(str(output), self._limits.output)
        except (NotPlainError, ValueError, RecursionError) as error:
            return self._failed(f"what it returned cannot cross: {error}", 0, "output", usage)
        return Returned(value, usage, self._timed, self.printed)

    def _called(self, snapshot: Any, usage: Usage) -> Outcome:
        line, name = self._line(snapshot), str(snapshot.function_name)
        if name not in HOST_FUNCTIONS[self.job.kind]:
            return self._failed(f"NameError: name {name[:40]!r} is not defined", line, "", usage)
        try:
            args = plain(list(snapshot.args), self._limits.output)
            kwargs = plain(snapshot.kwargs, self._limits.output)
        except NotPlainError as error:
            return self._failed(
                f"what it handed to {snapshot.function_name} cannot cross: {error}", line, "output", usage
            )
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise TypeError("arguments are a list and a dict")
        return HostCall(name, tuple(args), kwargs, line, usage, self._timed, self.printed)

    def _line(self, snapshot: Any) -> int:
        position = snapshot.position
        if position.filename != "<string>":
            return 0
        return self.job.source.encode()[: position.start].count(b"\n") + 1

    def _system(self, snapshot: Any) -> Any:
        """The clock shows world time; there is nothing else of a system."""
        now = EPOCH + timedelta(microseconds=self._now)
        match snapshot.function_name:
            case "time.time":
                self._timed = True
                return snapshot.resume({"return_value": now.timestamp()})
            case "datetime.now":
                self._timed = True
                zone = snapshot.args[0] if snapshot.args else snapshot.kwargs.get("tz")
                local = now.astimezone(zone) if isinstance(zone, tzinfo) else now.replace(tzinfo=None)
                return snapshot.resume({"return_value": local})
            case "date.today":
                self._timed = True
                return snapshot.resume({"return_value": date(now.year, now.month, now.day)})
            case _:
                return snapshot.resume_not_handled()

    @property
    def printed(self) -> str:
        """The last of what it has printed."""
        return (self._printed_before + self.session.printed.output)[-MAX_PRINTED:]

    def _failed(self, error: str, line: int, limit: str, usage: Usage) -> Failed:
        error = self._said(limit) or error
        if limit == "time":
            usage = replace(usage, cpu=max(usage.cpu, self._limits.time))
        return Failed(error, line, limit, usage, self._timed, self.printed)

    def _said(self, limit: str) -> str:
        """A limit in words that are the same whenever it is reached, whatever was measured."""
        match limit:
            case "time":
                return f"TimeoutError: it ran longer than {self._limits.time / 1_000:g} ms, its time limit"
            case "memory":
                memory, output = self._limits.memory, self._limits.output
                return f"MemoryError: it took more than {memory} bytes, its memory limit, or printed more than {output}"
            case "depth":
                return f"RecursionError: it called deeper than {self._limits.depth}, its recursion limit"
            case "worker":
                return "its worker died"
            case _:
                return ""


def told(error: pm.MontyError) -> tuple[str, int, str]:
    """What went wrong, at which line of the code (0: not known), and the limit that was reached, if it was one."""
    text = str(error)[:2_000]
    frames = error.traceback() if isinstance(error, pm.MontyRuntimeError | pm.MontySyntaxError) else []
    lines = [frame.line for frame in frames if frame.filename == "<string>"]
    limit = next((limit for start, limit in _LIMITS if text.startswith(start)), "")
    if text.startswith("RecursionError: maximum recursion"):
        limit = "depth"
    return text[:500], lines[-1] if lines else _syntax_line(text), limit


def _syntax_line(text: str) -> int:
    """The line that a message about syntax ends with: `… (<string>, line 3)`."""
    digits = text.rpartition("(<string>, line ")[2].rstrip(")")
    return int(digits) if "(<string>, line " in text and digits.isdecimal() and len(digits) < 7 else 0


def _told(reply: Reply) -> Any:
    if reply.error is not None:
        return {"exc_type": "RuntimeError", "message": reply.error}
    return {"return_value": reply.value}


def replayed(execution: Execution, replies: Sequence[Reply]) -> Outcome:
    """Run a job from its beginning over the replies that it has had."""
    outcome = execution.begin()
    for reply in replies:
        if not isinstance(outcome, HostCall):
            return outcome
        outcome = execution.go_on(reply)
    return outcome
