"""The mint's clock: by interval or by cron, and a scorer that has to be waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.genesis import scorer
from engine.genesis.schedule import cron_problem, following
from engine.genesis.scorer import Score, Work, outside
from engine.kernel import ledger
from engine.kernel.actions import Action, Invoke, Sleep, Write
from engine.kernel.ask import Ask
from engine.kernel.entities import SCRIP, SECOND, Artifact, SimTime
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store.verify import verify
from engine.worldfile.problems import WorldFileError
from tests.engine.runtime.worlds import HEAD, Script, agent, begin, events, give, install, until, world

HOUR = 3_600 * SECOND
BID = Invoke("genesis_mint", "bid", {"artifact": "data.1", "amount": 9})


def head(mint: str) -> str:
    return f"{HEAD}[mint]\n{mint}\n"


@given(st.integers(0, 40 * 365 * 24 * HOUR), st.sampled_from(["*/15 * * * *", "30 6 * * 1", "0 0 29 2 *", "5 4 * * *"]))
def test_the_next_time_is_later_whole_minutes_and_nothing_lies_between(after: SimTime, cron: str) -> None:
    due = following(cron, after)
    assert due is not None
    assert due > after
    assert due % (60 * SECOND) == 0
    assert following(cron, due - 1) == due


def test_times_are_utc_from_time_zero() -> None:
    assert following("0 * * * *", 0) == HOUR
    assert following("0 0 * * 1", 0) == 48 * HOUR  # 2000-01-01 is a Saturday
    assert following("0 0 31 12 *", 0) == 365 * 24 * HOUR
    assert [cron_problem(text) is None for text in ("0 0 30 2 *", "60 * * * *", "every hour", "")] == [False] * 4


async def test_a_mint_goes_by_its_cron_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, ann=Script([Sleep(duration=5 * HOUR)]))
    loaded = world(agent("ann"), head=head('cron = "30 0,2 * * *"'))
    engine = begin(loaded, limits=Limits(duration=4 * HOUR))
    assert engine.machine.state.clocks.rows["mint"].next_at == HOUR // 2
    resolved: list[SimTime] = []
    engine.followers.append(lambda c: resolved.extend(c.at for e in c.events if e.type == "mint.resolved"))
    await engine.run()
    assert resolved == [HOUR // 2, 5 * HOUR // 2]
    row = engine.machine.state.clocks.rows["mint"]
    assert (row.next_at, row.every, row.runs) == (49 * HOUR // 2, 22 * HOUR, 2)


@pytest.mark.parametrize(
    ("mint", "said"),
    [
        ('cron = "0 * * *"', 'mint.cron: "0 * * *" is no cron expression: it has to have five fields; write minute'),
        ('cron = "60 * * * *"', "its minute is none: 0 to 59"),
        ('cron = "0 24 * * *"', "its hour is none: 0 to 23"),
        ('cron = "0 0 * 13 *"', "its month is none: 1 to 12, or JAN to DEC"),
        ('cron = "0 0 * * 8"', "its weekday is none: 0 to 7"),
        ('cron = "@Hourly"', 'words are not taken; write "0 * * * *", which is the same'),
        ("slots = 2", "mint: says how a mint works, and there is none; say when it resolves"),
        (
            'cron = "0 0 30 2 *"',
            'mint.cron: "0 0 30 2 *" is no cron expression: its day of the month is none of its months',
        ),
        ('cron = "0 * * * *"\nevery = "1h"', "mint.cron: stands beside every"),
        ('every = "1h"\nscorer = "oracle"', 'mint.scorer: there is no scorer "oracle"; the scorers are: rules, llm'),
    ],
)
def test_what_is_no_schedule_or_no_scorer_is_refused_with_its_line(mint: str, said: str) -> None:
    with pytest.raises(WorldFileError) as refused:
        world(agent("ann", "giver", more='params = { to = "ann" }'), head=head(mint))
    assert said in str(refused.value)


@dataclass
class Outsider:
    """A scorer that asks outside; the test answers."""

    asked: list[str] = field(default_factory=list)
    futures: list["asyncio.Future[Any]"] = field(default_factory=list)

    async def _ask(self, artifact: str) -> Any:
        self.asked.append(artifact)
        self.futures.append(asyncio.get_running_loop().create_future())
        return await self.futures[-1]

    async def score(self, artifact: Artifact, content: str, earlier: Sequence[Work]) -> Score:
        points = await outside(Ask(f"score {artifact.id} {artifact.version}", lambda: self._ask(artifact.id)))
        return Score(points, ("an opinion",))


async def test_a_resolution_waits_for_its_scorer_at_its_instant_and_is_run_again_over_its_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    judge = Outsider()
    monkeypatch.setitem(scorer.SCORERS, "outsider", lambda: judge)
    # bob's gift falls due at the very instant of the resolution, and changes a balance that it has read.
    bob = Script([give("ann", 7)])
    install(monkeypatch, ann=Script([Write("words"), BID, Sleep()]), bob=bob)
    loaded = world(agent("ann"), agent("bob", more='start_after = "10s"', delay="0s"),
                   head=head('every = "10s"\nscorer = "outsider"'))  # fmt: skip
    engine = begin(loaded, limits=Limits(duration=15 * SECOND))
    told = events(engine)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(judge.futures) == 1)
    await until(lambda: ("ledger.transfer", "bob", "ann") in told)
    for _ in range(50):
        await asyncio.sleep(0)
    assert engine.now == 10 * SECOND
    assert ("mint.won", "genesis_mint", "ann") not in told
    judge.futures[0].set_result(80)
    await task
    assert judge.asked == ["data.1"]
    assert engine.machine.state.balances.rows[("ann", SCRIP)].available == 100 + 7 + 8
    assert engine.machine.state.clocks.rows["mint"].runs == 1
    assert [type_ for type_, _, _ in told].count("mint.won") == 1
    ledger.check_conservation(engine.machine.state)


@dataclass
class Panel:
    """A scorer that asks two judges under names that are not its works' alone; `answers` are theirs, in turn."""

    answers: list[Any]

    async def _ask(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def score(self, artifact: Artifact, content: str, earlier: Sequence[Work]) -> Score:
        points = [(await outside(Ask("what do you think?", self._ask)))["points"] for _ in range(2)]
        return Score(sum(points) // 2, ("two opinions",))


PLAY: list[Action] = [Write("words"), BID, Sleep(duration=12 * SECOND), BID, Sleep(duration=12 * SECOND), BID, Sleep()]


@pytest.mark.parametrize(
    ("answers", "outcomes"),
    [
        ([{"points": 90}, {"points": 30}], ["won"]),
        ([{"points": 90}, TimeoutError("too late"), {"points": 10}, {"points": 20}], ["failed", "won"]),
        ([{"points": object()}, {"points": "x" * 20_000}, {"points": (50,)}], ["failed", "failed", "failed"]),
    ],
)
async def test_what_a_scorer_was_answered_is_told_and_a_rerun_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answers: list[Any], outcomes: list[str]
) -> None:
    panel = Panel(list(answers))
    monkeypatch.setitem(scorer.SCORERS, "panel", lambda: panel)
    # bob acts at the very instant of the resolutions, and so before they have their answers.
    install(monkeypatch, ann=Script(PLAY), bob=Script([give("ann", 7), give("ann", 5)]))
    loaded = world(agent("ann"), agent("bob", more='start_after = "10s"', delay="0s"),
                   head=head('every = "10s"\nscorer = "panel"'))  # fmt: skip
    path = tmp_path / "run.db"
    engine = await Engine.create(loaded, path, Options(limits=Limits(duration=45 * SECOND)))
    told = events(engine)
    await engine.run()
    await engine.close()
    assert [type_[5:] for type_, _, _ in told if type_ in ("mint.won", "mint.failed")][: len(outcomes)] == outcomes
    assert [type_ for type_, _, _ in told].count("mint.answered") >= len(answers)
    assert verify(path).ok
    panel.answers = []
    install(monkeypatch, ann=Script(PLAY), bob=Script([give("ann", 7), give("ann", 5)]))
    again = await rerun(path)
    assert again.ok, again


async def test_a_scorer_that_fails_outside_returns_the_bid_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Outsider()
    monkeypatch.setitem(scorer.SCORERS, "outsider", lambda: judge)
    install(monkeypatch, ann=Script([Write("words"), BID, Sleep()]))
    loaded = world(agent("ann"), head=head('every = "10s"\nscorer = "outsider"'))
    engine = begin(loaded, limits=Limits(duration=25 * SECOND))
    told = events(engine)
    task = asyncio.ensure_future(engine.run())
    await until(lambda: len(judge.futures) == 1)
    judge.futures[0].set_exception(TimeoutError("no answer in time"))
    await task
    assert ("mint.failed", "genesis_mint", "ann") in told
    assert engine.machine.state.balances.rows[("ann", SCRIP)].available == 100
    line = engine.machine.state.mint_rounds.rows[1].results[0]
    assert line["reasons"] == ["it could not be scored: TimeoutError: no answer in time"]
