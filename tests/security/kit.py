"""Runs one piece of hostile code in the real sandbox, and plays the host to whatever it asks for.

A broker that does not answer is ended by force, so that one bomb that works does not stop the suite.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from types import MappingProxyType

from engine.kernel.entities import Json, SimTime
from engine.sandbox.client import BrokerSandbox
from engine.sandbox.types import HOST_FUNCTIONS, HostCall, Job, Kind, Limits, Outcome, Reply, Turn, Usage, further

NOW = SimTime(1_000_000)
"""World time of every job: a second after the beginning of the year 2000."""

PATIENCE_S = 10.0
"""A turn that takes longer than this has hung: the longest one that is lawful takes two limits and two graces."""

NOTHING: Mapping[str, object] = MappingProxyType({})
WORKING = "def run(n):\n    return [n * n, 'still here']\n"
"""What a sandbox that is well does with ease."""


class HungError(AssertionError):
    """The sandbox has not answered within any time that it might take."""


@dataclass(frozen=True, slots=True)
class Run:
    """How a piece of code ended, what it asked of the host on its way, and whether its broker lived through it."""

    outcome: Outcome
    calls: tuple[HostCall, ...]
    survived: bool

    def told(self) -> tuple[Outcome, ...]:
        """All that the engine was told, but for what it cost: the calls, and then how it ended."""
        return tuple(replace(outcome, usage=Usage()) for outcome in (*self.calls, self.outcome))


def job(source: str, kind: Kind = Kind.TOOL, *, caller: str = "alice", args: Mapping[str, object] = NOTHING) -> Job:
    """A job that calls `run`, as an agent's tool would be called."""
    given: Json = {"self_id": "tool_1", "caller": caller}
    return Job(kind, source, "run", dict(args), given, NOW, "seed")


class Bench:
    """One sandbox to try code on; it takes up a new broker when the old one had to be ended."""

    def __init__(self, limits: Limits) -> None:
        self.sandbox = BrokerSandbox(limits)
        self.limits = limits

    async def play(self, job: Job) -> Run:
        """Run a job to its end; the calls of host functions that its limits allow are answered, with what is likely."""
        self.sandbox.start()
        pid = self.sandbox.pid
        calls: list[HostCall] = []
        replies: list[Reply] = []
        before, digest = "", job.digest()
        while True:
            last = replies[-1] if replies else None
            (run,) = self.answers([Turn(job, digest, before, last, lambda: replies)])
            outcome = run.outcome
            if not isinstance(outcome, HostCall) or len(calls) >= self.limits.host_calls:
                return Run(outcome, tuple(calls), self.sandbox.pid == pid)
            calls.append(outcome)
            replies.append(reply(outcome, job))
            before, digest = digest, further(digest, replies[-1])

    def answers(self, turns: Sequence[Turn]) -> list[Run]:
        """The outcomes of turns that are asked for all at once; nothing that they ask for is answered."""
        self.sandbox.start()
        pid = self.sandbox.pid
        futures = [self.sandbox.ask(turn) for turn in turns]
        end = monotonic() + PATIENCE_S
        while not all(future.done() for future in futures):
            self.sandbox.wait(1.0)
            if monotonic() > end and not all(future.done() for future in futures):
                self.sandbox.close()
                raise HungError(f"no answer within {PATIENCE_S} s; the broker was ended")
        return [Run(future.result(), (), self.sandbox.pid == pid) for future in futures]

    async def works(self) -> bool:
        """Whether harmless code still comes to its right end."""
        run = await self.play(job(WORKING, args={"n": 7}))
        return getattr(run.outcome, "value", None) == [49, "still here"] and run.survived

    def broker_peak(self) -> int:
        """The most memory in bytes that the broker process has had, 0 where the system does not tell."""
        status = Path(f"/proc/{self.sandbox.pid}/status")
        lines = status.read_text().splitlines() if status.exists() else []
        return next((int(line.split()[1]) * 1_024 for line in lines if line.startswith("VmHWM:")), 0)


@asynccontextmanager
async def bench(limits: Limits) -> AsyncIterator[Bench]:
    """A sandbox of its own, let go of at the end."""
    one = Bench(limits)
    try:
        yield one
    finally:
        one.sandbox.close()
        await asyncio.sleep(0)  # the loop takes note of futures that were called off


def reply(call: HostCall, job: Job) -> Reply:
    """What the host would say: it repeats what it was handed, and does not know a `missing` thing."""
    if call.name not in HOST_FUNCTIONS[job.kind]:
        return Reply("a function of another kind", at=NOW)
    if call.args[:1] == ("missing",):
        return Reply(None, f"not_found: there is no artifact {call.args[0]!r}", NOW)
    match call.name:
        case "invoke":
            return Reply(call.args[0] if call.args else None, at=NOW)
        case "get_artifact_info":
            return Reply({"id": str(call.args[:1]), "creator": "bob", "price": 5}, at=NOW)
        case "get_balance":
            return Reply(1_000, at=NOW)
        case "now":
            return Reply(NOW, at=NOW)
        case "call_llm":
            return Reply({"text": "I am a helpful model.", "cost": 12}, at=NOW)
        case "act" | "observe" | "recall":
            return Reply({"ok": True, "caller": job.given["caller"]}, at=NOW)
        case _:
            return Reply(None, at=NOW)
