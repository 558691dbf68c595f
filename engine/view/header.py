"""The header: one line of figures that answers whether the run is well."""

from collections import deque
from collections.abc import Callable

import engine.kernel.entities as ent
from engine.kernel.state import State
from engine.sandbox.client import BrokerSandbox, Sandbox
from engine.view.agents import spent_of
from engine.view.kpis import latest_report
from engine.view.source import Source
from engine.view.types import HeaderView, RunState
from engine.view.vitals import VitalSigns
from engine.view.words import line

RATE_OVER_S = 3.0
LAG_S = 0.25
"""Actions per second are over the last three seconds; a lag below a quarter of a second is the beat of the slices."""
BUDGET = "llm_budget"
SPENT_OVER = 600 * ent.SECOND
APART = ent.SECOND
"""World time over which spending is looked at to tell how long a budget lasts, and between two looks at least."""


class Header:
    """Builds the header; `now` is wall time in seconds."""

    def __init__(self, source: Source, now: Callable[[], float]) -> None:
        self._source = source
        self._now = now
        self._census = source.machine.tally.census
        self._vitals = VitalSigns(lambda: source.path, lambda: broker_of(source.runs.sandbox), now)
        self._seen: deque[tuple[float, int]] = deque([(now(), self._census.actions)])
        self._spending: deque[tuple[ent.SimTime, int]] = deque()

    def view(self) -> HeaderView:
        """The header as of now."""
        source, state = self._source, self._source.machine.state
        run_state, detail = self._run_state()
        spent, cap = self._budget(state)
        vitals = self._vitals.take()
        time, behind = self._time(run_state)
        report = latest_report(state)
        issued = state.balances.rows.get((ent.ISSUANCE, ent.SCRIP))
        return HeaderView(
            world=source.world.world.name,
            state=run_state,
            detail=detail,
            sim_time=time,
            pace=source.runner.clock.scale,
            behind=behind,
            actions=self._census.actions,
            actions_per_second=self._rate(),
            agents=tuple(self._census.counts.items()),
            scrip_total=-issued.available if issued is not None else 0,
            spent=spent,
            cap=cap,
            pending=len(state.pending_requests.buckets.get(ent.RequestState.PENDING.value, ())),
            run_bytes=vitals.run_bytes if source.path is not None else source.journal.durable.bytes_written,
            archive_bytes=vitals.archive_bytes,
            disk_free=vitals.disk_free,
            cpu_percent=vitals.cpu_percent,
            memory=vitals.memory,
            code_cpu=vitals.code_cpu,
            code_memory=vitals.code_memory,
            code_processes=vitals.code_processes,
            since=source.since,
            health=report.status if report is not None else "",
            score=report.score if report is not None else 100,
            notice=line(source.journal.notice, 500),
            lasts=self._lasts(time, spent, cap),
        )

    def _run_state(self) -> tuple[RunState, str]:
        source = self._source
        failure = source.journal.failure
        switch = source.machine.state.switches.rows.get("world")
        if failure is not None:
            # Room is short and the operator knows which run this is: what went wrong comes first.
            return RunState.FAILED, line(str(failure).removeprefix(f"{source.path}: "), 500)
        if source.runner.stopped or source.ended:
            return RunState.STOPPED, line(source.runner.stopped or source.ended)
        if switch is not None and switch.paused:
            return RunState.PAUSED, ""
        return RunState.RUNNING, "waits for your answer" if source.runner.waits_for_answer else ""

    def _time(self, run_state: RunState) -> tuple[ent.SimTime, ent.SimTime]:
        """World time, which on a wall clock also goes on between commits, and how far it lags behind the pace."""
        clock, now = self._source.runner.clock, self._source.machine.state.now
        allowed = clock.time()
        if run_state is not RunState.RUNNING or allowed is None or clock.scale is None:
            return now, 0
        timer = self._source.machine.timers.peek()
        ends = self._source.runner.limits.duration
        reachable = [at for at in (allowed, ends, timer[0] if timer is not None else None) if at is not None]
        behind = allowed - timer[0] if timer is not None and (ends is None or timer[0] <= ends) else 0
        lags = behind > LAG_S * clock.scale * ent.SECOND
        return max(now, min(reachable)), behind if lags else 0

    def _rate(self) -> float:
        now, seen = self._now(), self._seen
        if now > seen[-1][0]:
            seen.append((now, self._census.actions))
        while len(seen) > 2 and seen[0][0] < now - RATE_OVER_S:
            seen.popleft()
        elapsed = now - seen[0][0]
        return round((self._census.actions - seen[0][1]) / elapsed, 1) if elapsed > 0 else 0.0

    def _budget(self, state: State) -> tuple[int | None, int | None]:
        """µUSD spent, and the most that may be: the cap on what is issued, or all that has been given out."""
        asset = state.assets.rows.get(BUDGET)
        if asset is None:
            return None, None
        row = state.balances.rows.get((ent.ISSUANCE, BUDGET))
        left = -row.available if row is not None else 0
        spent = spent_of(state, ent.ISSUANCE, BUDGET)
        return spent, asset.limit if asset.limit is not None else spent + left

    def _lasts(self, now: ent.SimTime, spent: int | None, cap: int | None) -> ent.SimTime | None:
        """For how much world time what is left lasts, as it has been spent of late; None while nothing is spent."""
        if spent is None or cap is None:
            return None
        seen = self._spending
        if not seen or now >= seen[-1][0] + APART:
            seen.append((now, spent))
        while len(seen) > 2 and seen[1][0] <= now - SPENT_OVER:
            seen.popleft()
        since, before = seen[0]
        if now <= since or spent <= before:
            return None
        return max(0, cap - spent) * (now - since) // (spent - before)


def broker_of(sandbox: Sandbox) -> int | None:
    """The process below which agents' code runs; None while there is none, or where it runs in no process of ours."""
    return sandbox.pid if isinstance(sandbox, BrokerSandbox) else None
