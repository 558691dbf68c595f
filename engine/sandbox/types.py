"""What is asked of the sandbox and what it answers: plain data, known to both sides of the wall.

A job is run turn by turn: it goes on until the code calls a function of the host's, and that is the turn's outcome; the
next turn is asked for with the reply. A turn says everything that its job has been told so far, so any worker can do it
over again: a session that waits somewhere is only quicker.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import orjson

from engine.kernel.entities import Json, SimTime
from engine.kernel.quick import quicken

MAX_SOURCE = 64_000
"""Characters of code at most."""


class Kind(StrEnum):
    """What a piece of code is run as: it decides which functions of the host's it can call."""

    CONTRACT = "contract"
    TOOL = "tool"
    PROGRAM = "program"
    DEFINE = "define"  # nothing is called: the names of the functions that the code defines


HOST_FUNCTIONS: dict[Kind, tuple[str, ...]] = {
    Kind.CONTRACT: ("invoke", "call_llm", "charge", "get_artifact_info", "get_balance", "now"),
    Kind.TOOL: ("invoke", "act", "call_llm", "charge", "get_artifact_info", "get_balance", "now"),
    Kind.PROGRAM: (
        "observe",
        "act",
        "sleep",
        "sleep_until",
        "sleep_until_event",
        "remember",
        "recall",
        "request_capability",
        "call_llm",
        "get_artifact_info",
        "get_balance",
        "now",
    ),
    Kind.DEFINE: (),
}
"""The functions that code of a kind can call beside the language's own."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one call may take: running time in µs, bytes of memory, calls within calls, calls of the host's
    functions, bytes of what it returns, prints, or hands to one of them."""

    time: SimTime = 100_000
    memory: int = 16_000_000
    depth: int = 100
    host_calls: int = 50
    output: int = 65_536


@dataclass(frozen=True, slots=True)
class Reply:
    """What a function of the host's came to: a value, or the error that is raised in the code; `at` is when, in µs."""

    value: object = None
    error: str | None = None
    at: SimTime = 0

    def told(self) -> tuple[object, ...]:
        """Its fields, as they are sent and kept."""
        return (self.value, self.error, self.at)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of code to run: `entry` is the function to call with `args` (empty: the code itself), `given` are names
    that it finds, `now` is world time in µs and `seed` what its random numbers are derived from."""

    kind: Kind
    source: str
    entry: str
    args: Json
    given: Json
    now: SimTime
    seed: str

    def told(self) -> tuple[object, ...]:
        """Its fields, as they are sent."""
        return (self.kind, self.source, self.entry, self.args, self.given, self.now, self.seed)

    def digest(self) -> str:
        """Names the job and all that it is told at its beginning."""
        return hashlib.blake2b(orjson.dumps(self.told()), digest_size=16).hexdigest()


def further(digest: str, reply: Reply) -> str:
    """Names a job with the replies it has had, from the name that it had before the last one."""
    told = orjson.dumps((digest, *reply.told()))
    return hashlib.blake2b(told, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Turn:
    """The turn of a job after the replies it has had: the last of them, and all of them if they have to be said again.

    `digest` names the job with these replies, `before` without the last one; both are empty handed at its beginning.
    """

    job: Job
    digest: str
    before: str = ""
    last: Reply | None = None
    replies: Callable[[], Sequence[Reply]] = tuple


@dataclass(frozen=True, slots=True)
class Usage:
    """What a turn took, from the operating system's own accounting: CPU and wall time in µs, the most bytes that its
    worker has held (what earlier calls left there included), bytes read from and written to disks."""

    cpu: int = 0
    wall: int = 0
    peak: int = 0
    disk: int = 0


@dataclass(frozen=True, slots=True)
class Returned:
    """The code has come to its end."""

    value: object
    usage: Usage
    timed: bool = False  # it asked for the time
    printed: str = ""


@dataclass(frozen=True, slots=True)
class HostCall:
    """The code calls a function of the host's and waits for the reply, at a line of its source (0: not known)."""

    name: str
    args: tuple[object, ...]
    kwargs: Json
    line: int
    usage: Usage
    timed: bool = False
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The code failed: an exception of its own, or a limit (`time`, `memory`, `depth`, `output`, `worker`)."""

    error: str
    line: int
    limit: str
    usage: Usage
    timed: bool = False
    printed: str = ""
    turn: str = ""  # the digest of the turn in which it failed


Outcome = Returned | HostCall | Failed

quicken((Reply, Job, Turn, Usage, Returned, HostCall, Failed))
