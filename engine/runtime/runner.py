"""The runner: drives a machine on the event loop in short slices, at the pace of a clock, until the run has an end."""

import asyncio
from collections import deque
from dataclasses import dataclass
from time import perf_counter

import engine.kernel.entities as ent
import engine.operator as op
from engine.kernel.errors import Refusal
from engine.kernel.models import ModelPrice
from engine.runtime.clock import Clock
from engine.runtime.machine import Machine
from engine.runtime.questions import Questions
from engine.runtime.thinking import Answers, Ask, Stop, no_models, nothing_to_stop
from engine.runtime.timers import Timer
from engine.store.journal import JournalLike

SLICE_S = 0.004
LOOK_S = 1.0
"""How often an idle runner looks whether its journal still lives, and whether a person has been waited for enough."""
DIVERGED = "the story diverged"


@dataclass(frozen=True, slots=True)
class Limits:
    """What ends the running, counted from time zero of the run; None for no such end."""

    duration: ent.SimTime | None = None
    actions: int | None = None
    commits: int | None = None


@dataclass(frozen=True, slots=True)
class Commanded:
    """An operator's command of a recorded run."""

    command: op.Command
    operator: str


@dataclass(frozen=True, slots=True)
class Thought:
    """What models answered an agent of a recorded run."""

    agent: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class Lost:
    """A recorded run was left, and what it had asked was lost."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What a recorded run was told that its models cost."""

    prices: tuple[ModelPrice, ...]


@dataclass(frozen=True, slots=True)
class Scripted:
    """What came from outside in a recorded run, to come again as commit `seq`."""

    seq: int
    at: ent.SimTime
    what: Commanded | Thought | Lost | Priced


class Runner:
    """Drives a machine; commands may come at any moment between steps."""

    def __init__(
        self,
        machine: Machine,
        journal: JournalLike,
        clock: Clock,
        limits: Limits,
        script: list[Scripted] | None = None,
        ask: Ask = no_models,
        stop: Stop = nothing_to_stop,
    ) -> None:
        self.machine = machine
        self.journal = journal
        self.clock = clock
        self.limits = limits
        self.headless = False
        """Nobody is there to resume a paused world: then the running ends at once."""
        self.patience: ent.SimTime | None = None
        """Real time that an accelerated world waits for a person's answer; None where nobody is there to answer."""
        self.first: tuple[op.Command, str] | None = None
        """A command, and whose it is, that is carried out when the world goes on, before anything else."""
        self.courtesy = 1
        """Turns of the event loop left to others between two slices; a screen needs several for one key."""
        self._script = deque(script or ())
        self._questions = Questions(machine, journal, ask, stop, script is not None)
        self._stirred = asyncio.Event()
        self._noticed: dict[int, float] = {}  # pending requests, with the real time at which they were first waited for
        self._stop = ""
        self.replaying = script is not None
        """Whether a recorded story is told again: what came from outside comes from its script."""
        self._budgeted = any(section.assets.get("llm_budget") for section in machine.world.agents)
        if self._paused:
            clock.pause(self.now)
        self._questions.ask_again(self.now)

    @property
    def now(self) -> ent.SimTime:
        """World time of the last commit."""
        return self.machine.state.now

    @property
    def _paused(self) -> bool:
        switch = self.machine.state.switches.rows.get("world")
        return switch is not None and switch.paused

    @property
    def stopped(self) -> str:
        """Why the run has ended for good, empty while it lives."""
        switch = self.machine.state.switches.rows.get("world")
        return switch.stopped if switch is not None else ""

    # -- running ---------------------------------------------------------------------------------------------------

    async def run(self) -> str:
        """Run until the run has an end or `stop` is called; returns the reason. Storage errors raise `StoreFailed`."""
        if not self._paused:
            self.clock.set_scale(self.clock.scale, self.now)  # what passed before is not world time
        while True:
            if (reason := self._finished()) is not None:
                self._stop = ""
                await self.journal.barrier()
                return reason
            worked = self._slice()
            self.journal.tick()
            if self.journal.failure is not None:
                raise self.journal.failure
            if self.journal.congested:
                await self.journal.room()
            if worked:
                for _ in range(self.courtesy):
                    await asyncio.sleep(0)
            elif self.replaying and not self._questions.coming and self._finished() is None:
                return DIVERGED  # there are neither people nor answers to wait for
            elif self._finished() is None:
                await self._idle()

    def stop(self, reason: str) -> None:
        """Leave `run` at the next chance; the run itself can go on later."""
        self._stop = self._stop or reason
        self._stirred.set()

    async def close(self) -> None:
        """Drop the questions under way; they are asked again when the run is opened.

        Those to models are ended and paid for, as far as that is known.
        """
        if not self.stopped and self.journal.failure is None:
            await self._questions.wind_down(self.now)
        await self._questions.close()

    def _finished(self) -> str | None:
        if self._stop:
            return self._stop
        if self.stopped:
            return self.stopped
        limits = self.limits
        if limits.actions is not None and self.machine.tally.actions >= limits.actions:
            return "actions"
        if limits.commits is not None and self.machine.state.seq >= limits.commits:
            return "commits"
        if self.replaying:
            return None  # what ended the recorded run is not known, only how far it came
        timer = self.machine.timers.peek()
        if limits.duration is not None and not len(self._questions) and self._to_step() is None:
            next_at = timer[0] if timer is not None else None
            if next_at is None or next_at > limits.duration:
                time = self.clock.time()
                if time is None or time >= limits.duration:
                    return "duration"
        if self.headless and self._paused and not self.machine.state.stepping.buckets:
            return "paused"
        if not self.clock.virtual or len(self._questions) or self._paused:
            return None
        if self._budget_gone():
            return "budget gone"
        if self._quiet(timer):
            if not any(agent.paused for agent in self.machine.state.agents.rows.values()):
                return "all dormant"
            if self.headless:
                return "agents paused"
        return None

    def _quiet(self, timer: Timer | None) -> bool:
        """Whether only periodic clocks are left; looked at only when a clock comes up next."""
        return timer is None or (timer[3] == "clocks" and self.machine.timers.only_clocks())

    def _budget_gone(self) -> bool:
        """Whether all the paid budget of this world has been spent, and nobody may draw more."""
        row = self.machine.state.balances.rows.get((ent.ISSUANCE, "llm_budget"))
        if not self._budgeted or (row is not None and row.available):
            return False
        grants = self.machine.state.grants.rows.values()
        return not any(g.verb == "budget.raise" and g.state is ent.GrantState.ACTIVE for g in grants)

    def _slice(self) -> bool:
        """Work for a few milliseconds; False if there was nothing to do now."""
        end = perf_counter() + SLICE_S
        worked = False
        while perf_counter() < end:
            if not self._advance():
                # What the sandbox is asked comes within this slice as a rule: sooner than by way of the event loop.
                if self._questions.wait(max(0.0, end - perf_counter())):
                    continue
                return worked
            worked = True
            if self._limit_reached():
                return True
        return True

    def _limit_reached(self) -> bool:
        limits = self.limits
        if limits.commits is not None and self.machine.state.seq >= limits.commits:
            return True
        if limits.actions is not None and self.machine.tally.actions >= limits.actions:
            return True
        return bool(self.stopped or self._stop)

    def _advance(self) -> bool:
        """Do the next thing that may happen now: a scripted command, a timer, or an outside answer."""
        if self._script and self._script[0].seq == self.machine.state.seq + 1:
            self._again(self._script.popleft())
            return True
        if not self._questions.alone and (agent := self._to_step()) is not None:
            self._begin()
            at = self.now
            self._questions.take(self.machine.step(agent, at), at)
            return True
        paused = self._paused
        timer = self.machine.timers.peek() if not self._questions.alone and not paused else None
        if timer is not None and self._may_fire(timer):
            if self._begin():
                return True  # what fires next may be another now
            self.machine.timers.pop()
            if not self._questions.holds(timer[4] if timer[3] == "agents" else f"@{timer[4]}"):
                self._questions.take(self.machine.fire(timer), max(self.now, timer[0]))
            return True
        if len(self._questions) and not paused:
            self._begin()
        return self._questions.deliver_next(self.clock.virtual, paused, lambda: max(self.now, self._world_time()))

    def _begin(self) -> bool:
        """Carry out what comes before the world goes on; whether there was something."""
        first, self.first = self.first, None
        if first is None:
            return False
        self._carry_out(*first, self.now)
        return True

    def _again(self, scripted: Scripted) -> None:
        """Let come what came from outside in a recorded run."""
        match scripted.what:
            case Commanded(command, operator):
                self._carry_out(command, operator, scripted.at)
            case Thought(agent, answers):
                self._questions.tell(agent, answers, scripted.at)
            case Priced(prices):
                self.machine.priced(prices, scripted.at)
            case Lost():
                self._questions.lose(scripted.at)

    def _to_step(self) -> str | None:
        """The first agent that an operator has told to take a step and that is not waiting for an answer."""
        stepping = self.machine.state.stepping.buckets.get(True)
        if not stepping:
            return None
        rows = self.machine.state.agents.rows
        free = (a for a in sorted(stepping) if not self._questions.holds(a))
        ready = (a for a in free if rows[a].wait.kind is not ent.WaitKind.ANSWER)
        return next(ready, None)

    def _may_fire(self, timer: Timer) -> bool:
        at = timer[0]
        if self.limits.duration is not None and at > self.limits.duration:
            return False
        if self._awaits_person(timer):
            return False
        instant = self._questions.instant
        if instant is not None and at > instant:
            return False  # a step at this instant is still under way
        if self.clock.virtual:
            if len(self._questions):
                return at <= max(self.now, instant or 0)
            # With nothing but clocks left the run has ended, or somebody is to let paused agents go on first.
            return self.replaying or not self._quiet(timer)
        time = self.clock.time()
        return time is None or at <= time

    def _awaits_person(self, timer: Timer) -> bool:
        """Whether world time stands still before a request's end because somebody may still answer it.

        This changes the pace and not the story: unanswered, the request expires at the same place in the order of
        timers as it does where nobody is there, and an answer is a command like any other. Whoever slows the world
        down to answer keeps the patience that has begun.
        """
        if timer[3] != "requests" or self.patience is None:
            return False
        if not self.clock.accelerated and timer[4] not in self._noticed:
            return False
        now = self.clock.real()
        pending = self.machine.state.pending_requests.keys("pending")
        self._noticed = {key: self._noticed.get(key, now) for key in pending}
        if now - self._noticed[timer[4]] >= self.patience / ent.SECOND:
            return False
        time = self.clock.time()
        if time is not None and time >= timer[0]:
            self.clock.set_scale(self.clock.scale, timer[0] - 1)
        return True

    @property
    def waits_for_answer(self) -> bool:
        """Whether nothing goes on until a person answers, or their patience ends."""
        timer = self.machine.timers.peek()
        if timer is None or not self._awaits_person(timer):
            return False
        time = self.clock.time()
        return time is None or time >= timer[0] - 1

    async def _idle(self) -> None:
        """Wait for a command, an answer, or the time of the next timer."""
        waits = [asyncio.ensure_future(self._stirred.wait()), asyncio.ensure_future(self._questions.arrived.wait())]
        try:
            await asyncio.wait(waits, timeout=self._idle_seconds(), return_when="FIRST_COMPLETED")
        finally:
            for wait in waits:
                wait.cancel()
        self._stirred.clear()
        self.machine.sandbox.look()

    def _idle_seconds(self) -> float:
        """Real seconds for which nothing comes up by itself: no timer, no end of the run, nothing to be shipped."""
        ends = [LOOK_S]
        if self.journal.due_in is not None:
            ends.append(self.journal.due_in)
        if not self._paused and not self.clock.virtual:
            timer = self.machine.timers.peek()
            due = timer[0] if timer is not None and not self._awaits_person(timer) else None
            nexts = (due, self.limits.duration)
            ends += [self.clock.seconds_until(at) for at in nexts if at is not None]
        return min(ends)

    # -- the operator ----------------------------------------------------------------------------------------------

    def _world_time(self) -> ent.SimTime:
        """The world time of something that comes from outside: not past a timer that is still to be worked off."""
        time = self.clock.time()
        if time is None:
            return self.now
        timer = self.machine.timers.peek()
        if timer is not None:
            time = min(time, timer[0] - 1 if self._awaits_person(timer) else timer[0])
        if self.limits.duration is not None:
            time = min(time, self.limits.duration)
        if self._questions.instant is not None:
            time = min(time, self._questions.instant)
        return max(self.now, time)

    async def command(self, command: op.Command, operator: str) -> op.Ack:
        """Carry out an operator's command between two steps; durable when this returns."""
        if self.stopped and not isinstance(command, op.AttachNote):
            return op.Ack(False, self.machine.state.seq, f"the run has ended: {self.stopped}")
        if self.journal.failure is not None:
            return op.Ack(False, self.machine.state.seq, str(self.journal.failure))
        if isinstance(command, op.SetApprovals):
            self.first = None
        done = self._carry_out(command, operator, self._world_time())
        seq = self.machine.state.seq
        if isinstance(done, Refusal):
            return op.Ack(False, seq, done.message, {"code": done.code})
        await self.journal.barrier()
        self._stirred.set()
        return op.Ack(True, seq, done)

    def _carry_out(self, command: op.Command, operator: str, at: ent.SimTime) -> Refusal | str:
        done = self.machine.command(command, operator, at)
        match command:
            case op.PauseWorld() if not isinstance(done, Refusal):
                self.clock.pause(at)
            case op.StopAgent() if not isinstance(done, Refusal):
                self._questions.stop(command.agent)
            case op.ResumeWorld() if not isinstance(done, Refusal):
                self.clock.resume()
        return done

    def set_pace(self, scale: float | None) -> None:
        """Change the pace of the clock from now on."""
        self.clock.set_scale(scale, self._world_time())
        self._stirred.set()
