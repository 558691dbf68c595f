"""The console on a run in another process: a real engine behind a real socket, in the test's own loop."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from ecosim_tui.attached import AttachedApp
from ecosim_tui.screens.main import MainScreen
from engine.kernel.entities import RequestState
from engine.kernel.errors import EcosimError
from tests.console.driving import WIDE, Seconds
from tests.engine.remote.kit import ME, Live, logged, served


@pytest.fixture(autouse=True)
def own_state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is noted of runs that were seen stays in the test's folder; a run that is kept nowhere has no past."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def text(app: AttachedApp) -> str:
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip) for strip in strips)


async def beat(app: AttachedApp, pilot: Pilot[EcosimError], live: Live, *expected: str) -> None:
    """Let the screen ask, the answers come and be painted, until it shows what is expected."""
    for _ in range(50):
        live.seconds.now += 1
        for screen in app.screen_stack:
            if isinstance(screen, MainScreen):
                screen.beat()
        await pilot.pause()
        if all(one in text(app) for one in expected):
            return
    raise AssertionError(f"{expected} is not on the screen:\n{text(app)}")


@asynccontextmanager
async def attached(live: Live) -> AsyncIterator[tuple[AttachedApp, Pilot[EcosimError]]]:
    """A console on a served run, with a frozen pump."""
    app = AttachedApp(live.run, rate=0)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        assert app.door is not None
        app.door._connection.seconds = live.seconds
        yield app, pilot


async def test_a_console_that_is_attached_shows_the_run_and_answers_a_request(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live, attached(live) as (app, pilot):
        told = logged(live.engine)
        await beat(app, pilot, live, "tiny", "2 requests waiting", "ann")
        await pilot.press("7")
        await beat(app, pilot, live, "#1 ann asks", "␛[31mnews")
        for pane in next(s for s in app.screen_stack if isinstance(s, MainScreen)).inboxes:
            pane.seconds = Seconds()  # long after the selection moved
        await pilot.press("a")
        await beat(app, pilot, live, "1 request waiting")
        assert live.engine.machine.state.requests.rows[1].state is RequestState.APPROVED
        assert told == [("operator.approve", ME)]


async def test_space_pauses_and_resumes_by_what_is_so_and_not_by_what_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live, attached(live) as (app, pilot):
        told = logged(live.engine)
        await beat(app, pilot, live, "RUNNING")
        await pilot.press("space")
        await pilot.press("space")
        await app.workers.wait_for_complete()
        assert told == [("operator.pause_world", ME), ("operator.resume_world", ME)]
        assert [note.message for note in app._notifications] == []


async def test_several_watch_one_run_and_leaving_leaves_it_going(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live:
        async with attached(live) as (app, pilot):
            door = await live.door()
            await beat(app, pilot, live, "tiny")
            await pilot.press("q")
        assert app.return_code == 0
        assert app.farewell == f"The run goes on in its own process.\nWatch it again: ecosim attach {live.run}"
        assert app.door is not None
        assert not app.door.ended
        assert await live.still_answers()
        assert not door.lost


async def test_when_the_process_ends_the_screen_says_so_and_can_be_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live, attached(live) as (app, pilot):
        await beat(app, pilot, live, "ann")
        await live.server.close("interrupted")
        await beat(app, pilot, live, "STOPPED: interrupted", "ann")
        assert [note.message for note in app._notifications] == [
            "The run has left its process: interrupted. q leaves the console."
        ]
        await pilot.press("space")
        await pilot.press("q")
        await pilot.pause()
        assert app.return_code == 0
    assert app.farewell == f"The run is no longer open there (interrupted).\nGo on with it: ecosim run {live.run}"


async def test_when_the_process_is_killed_the_header_says_that_the_connection_is_lost(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with served(monkeypatch, tmp_path) as live, attached(live) as (app, pilot):
        await beat(app, pilot, live, "ann")
        for guest in live.server._guests.values():
            guest.leave()
        await beat(app, pilot, live, "? LOST: the process that had the run open is gone", "ann")
