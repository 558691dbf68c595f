"""Sessions of Monty's worker processes: made ready ahead of time, used for one job or for many that are alike."""

import contextlib
import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from pydantic_monty import CollectString, Monty, MontyCrashedError, MontySession, OSPolicy, ResourceLimits

from engine.sandbox.simple import defined
from engine.sandbox.types import HOST_FUNCTIONS, Limits, Usage

DEAD = 32
"""Dead workers that may stand in the way of one that lives."""

READY = 3
"""Sessions that are kept ready."""

NEVER = 10**9
GRACE_S = 0.2
SELDOM = 16
"""Calls of one code in one session of which one has its memory and disk looked at: the others are like it."""
_HOSTS = sorted({name for names in HOST_FUNCTIONS.values() for name in names})
_TABLES = ", ".join(
    f"{kind.value!r}: {{{', '.join(f'{name!r}: {name}' for name in names)}}}" for kind, names in HOST_FUNCTIONS.items()
)
PRELUDE = f"""
import json as __json
__hosts = {{{_TABLES}}}

def __space(kind, given, seed):
    space = {{}}
    space.update(__hosts[kind])
    space.update(given)
    if seed is not None:
        import random
        random.seed(seed)
    return space

def __call(kind, entry, given, seed, args, source):
    space = __space(kind, given, seed)
    exec(source, space)
    if entry == "":
        return "null"
    if entry not in space:
        raise NameError("the code defines no " + entry)
    # Evaluated among the code's own names: what it hands out as a function must find nothing of ours round it.
    return __json.dumps(eval(entry + "(**__given)", space, {{"__given": args}}))

def __enter(function, args):
    # As deep in the stack as what is evaluated, so that code comes to its limit at the same depth.
    return function(**args)

def __loaded(entry, given, args):
    return __json.dumps(__enter(__make(**given)[entry], args))

def __define(kind, entry, given, seed, args, source):
    space = __space(kind, given, seed)
    before = list(space)
    exec(source, space)
    names = [name for name in space if name not in before and type(space[name]).__name__ == "function"]
    return __json.dumps(names)
"""
"""The code's own names live in a dict that is made for each call: nothing is left of them when it has ended."""

POLICY: OSPolicy = {"datetime": "call_host", "timezone": "utc", "sleep": "zero", "random_start": {"seed": 0}}


def _stand_in(name: str) -> Callable[..., None]:
    """Tells Monty that a name is a function of the host's; its calls are answered turn by turn, never here."""

    def called(*args: object, **kwargs: object) -> None:
        raise RuntimeError(f"{name} was called outside a turn")

    called.__name__ = name
    return called


_STAND_INS = {name: _stand_in(name) for name in _HOSTS}


class Session:
    """One checked-out session, made from the state of another; `uses` counts the calls that it has served."""

    def __init__(self, pool: Monty, limits: Limits, state: bytes | None, *, program: bool = False) -> None:
        self.uses = 0
        self.loaded: str | None = None
        self.printed = CollectString(max_bytes=limits.output)
        self._limits = limits
        with contextlib.ExitStack() as stack:  # one that cannot be made whole is given back
            self.monty: MontySession = stack.enter_context(
                pool.checkout(limits=bounds(limits, program=program), os_policy=POLICY)
            )
            self._meter = Meter(_worker(self.monty.worker_pid))
            stack.callback(self._meter.close)
            if state is not None:
                self.monty.load_session(state)
            self._stack = stack.pop_all()

    def load(self, source: str) -> None:
        """Have code at hand that many calls will be of: its body is run anew for each, but not read anew."""
        self.loaded = source
        self.monty.feed_run(body(source), print_callback=self.printed)

    def prints_afresh(self) -> CollectString:
        """What collects the prints of the next call."""
        self.printed = CollectString(max_bytes=self._limits.output)
        return self.printed

    def measured(self) -> Callable[[], Usage]:
        """Begin to measure; what comes back tells what was used since."""
        return self._meter.begin(self.loaded is not None)

    def close(self) -> None:
        """Give the worker back; it forgets everything."""
        self._stack.close()


def bounds(limits: Limits, *, program: bool) -> ResourceLimits:
    """Limits as Monty takes them. A call's time is that of all its turns, a program's that of one: it may live as long
    as its world."""
    kept: ResourceLimits = {
        "max_memory": limits.memory,
        "max_recursion_depth": limits.depth,
        "max_suspensions": NEVER,
    }
    kept["max_turn_duration_secs" if program else "max_feed_duration_secs"] = limits.time / 1e6
    return kept


def template(pool: Monty, limits: Limits, *, program: bool) -> bytes:
    """The state of a session that knows the prelude; each new session begins from it."""
    with pool.checkout(limits=bounds(limits, program=program), os_policy=POLICY) as session:
        session.feed_run(PRELUDE, inputs=_STAND_INS, print_callback=CollectString(max_bytes=limits.output))
        return session.dump()


def body(source: str) -> str:
    """Code that can share a session (`simple.shares`) as the body of a function: what it makes lives for one call."""
    names = ", ".join(f"{name!r}: {name}" for name in defined(source))
    lines = "".join(f" {line}\n" for line in source.splitlines())
    return f"def __make(self_id=None, caller=None):\n{lines}\n return {{{names}}}\n"


class Sessions:
    """Makes sessions, and keeps a few ready so that a call does not wait for one."""

    def __init__(self, pool: Monty, limits: Limits) -> None:
        self.pool = pool
        self._limits = limits
        self._call = template(pool, limits, program=False)
        self._program = template(pool, limits, program=True)
        self._ready: deque[Session] = deque()

    @property
    def full(self) -> bool:
        """Whether as many are ready as are kept."""
        return len(self._ready) >= READY

    def refill(self) -> None:
        """Make one more ready."""
        self._ready.append(self._made(self._call))

    def take(self) -> Session:
        """A session that nobody has used."""
        return self._ready.popleft() if self._ready else self._made(self._call)

    def program(self) -> Session:
        """A session for a program."""
        return self._made(self._program, program=True)

    def empty(self) -> Session:
        """A session that is to take up the state of a program."""
        return self._made(None, program=True)

    def _made(self, state: bytes | None, *, program: bool = False) -> Session:
        """A new session; the pool may hold workers that have died since they were given back, and hand them out."""
        for _ in range(DEAD):
            with contextlib.suppress(MontyCrashedError):
                return Session(self.pool, self._limits, state, program=program)
        return Session(self.pool, self._limits, state, program=program)

    def close(self) -> None:
        """Give those back that are ready."""
        while self._ready:
            self._ready.popleft().close()


class Meter:
    """What a worker process uses, from its own clock and from `/proc`; where there is none, it reads 0."""

    def __init__(self, pid: int) -> None:
        # The CPU clock of another process, as clock_getcpuclockid(3) of Linux makes it.
        self._clock = (~pid << 3) | 2
        self._files: dict[str, int] = {}
        with contextlib.suppress(OSError):
            for name in ("status", "io"):
                self._files[name] = os.open(f"/proc/{pid}/{name}", os.O_RDONLY)
        self._moved = self._disk()
        self._turns = 0
        self._last_peak = 0
        with contextlib.suppress(OSError):  # a worker may have served others, whose peak is not ours
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")

    def begin(self, seldom: bool) -> Callable[[], Usage]:
        """Begin to measure; what comes back tells what was used since, memory and disk only `seldom` if so wished."""
        cpu, wall = self._cpu(), time.perf_counter_ns()

        def used() -> Usage:
            self._turns += 1
            if seldom and self._turns % SELDOM != 1:
                spent = max(0, self._cpu() - cpu) // 1_000
                return Usage(spent, (time.perf_counter_ns() - wall) // 1_000, self._last_peak, 0)
            spent = max(0, self._cpu() - cpu) // 1_000  # the clock of a worker that was killed reads 0
            passed = (time.perf_counter_ns() - wall) // 1_000
            before, self._moved = self._moved, self._disk()  # nothing of it moves between two turns
            self._last_peak = self._peak()
            return Usage(spent, passed, self._last_peak, self._moved - before)

        return used

    def _cpu(self) -> int:
        try:
            return time.clock_gettime_ns(self._clock)
        except OSError:
            return 0

    def _read(self, name: str) -> bytes:
        try:
            return os.pread(self._files[name], 4_096, 0) if name in self._files else b""
        except OSError:
            return b""  # the worker has died, which is told by the call that it served

    def _peak(self) -> int:
        found = self._read("status").partition(b"VmHWM:")[2].split(None, 1)
        return int(found[0]) * 1_024 if found else 0

    def _disk(self) -> int:
        lines = self._read("io").splitlines()
        return sum(int(line.rpartition(b" ")[2]) for line in lines if line.startswith((b"read_bytes", b"write_bytes")))

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def _worker(pid: int | None) -> int:
    """The process that runs the code: behind a wall it is a descendant of the one that Monty started."""
    found = pid or 0
    while True:
        try:
            with open(f"/proc/{found}/task/{found}/children") as file:  # noqa: PTH123 - a file of the kernel's
                children = file.read().split()
        except OSError:
            return found
        if not children:
            return found
        found = int(children[0])
