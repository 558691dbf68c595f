"""Opening and closing: the first frame before the engine, errors as errors, nothing heavy imported."""

import asyncio
import subprocess
import sys

import pytest

from ecosim_tui.app import BAD_OPENING, EcosimApp
from ecosim_tui.screens.main import MainScreen
from ecosim_tui.screens.opening import OpeningScreen
from engine.kernel.errors import EcosimError
from engine.operator import Door
from tests.console.driving import NARROW, app_on, opened
from tests.console.fake_door import FakeDoor


def test_importing_the_console_loads_nothing_heavy() -> None:
    code = (
        "import sys, ecosim_tui.app\n"
        "print(sorted(name for name in sys.modules if name.startswith(('engine.operator', 'ecosim_tui.panes'))))\n"
        "import ecosim_tui.screens.main\n"
        "heavy = {'sqlmodel', 'sqlalchemy', 'litellm', 'pydantic', 'alembic', 'orjson', 'pygments.lexers'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["[]", "[]"]


def test_the_console_knows_of_the_engine_only_its_door() -> None:
    code = (
        "import sys, ecosim_tui.app, ecosim_tui.screens.main, ecosim_tui.screens.palette\n"
        "print(sorted(name for name in sys.modules if name.startswith('engine.')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    kernel = {"engine.kernel", "engine.kernel.errors", "engine.kernel.entities", "engine.kernel.quick"}
    allowed = kernel | {"engine.operator", "engine.view", "engine.view.types", "engine.view.code_types"}
    allowed |= {f"engine.view.{name}_types" for name in ("debt", "escrow", "model", "trading")}
    assert set(eval(done.stdout)) <= allowed


async def test_the_first_frame_is_there_before_the_run_is_open() -> None:
    gate = asyncio.Event()
    seen: list[str] = []

    async def opening() -> Door:
        strips = app.screen._compositor.render_strips()
        seen.append("\n".join("".join(segment.text for segment in strip) for strip in strips))
        await gate.wait()
        return FakeDoor()

    app = EcosimApp(opening, title="bazaar", rate=0)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, OpeningScreen)
        assert "opening bazaar …" in seen[0]
        gate.set()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert isinstance(app.screen, MainScreen)


async def test_a_run_that_cannot_be_opened_ends_the_console_with_its_error() -> None:
    class NotARun(EcosimError):
        pass

    error = NotARun("notes.txt: is not a run; give a .db file")

    async def opening() -> Door:
        raise error

    app = EcosimApp(opening, title="notes.txt", rate=0)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
    assert app.return_value is error
    assert app.return_code == BAD_OPENING == 2


async def test_quitting_closes_the_run_once() -> None:
    closed: list[str] = []

    async def opening() -> Door:
        return FakeDoor()

    async def closing() -> None:
        closed.append("closed")

    app = EcosimApp(opening, closing, title="bazaar", rate=0)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        await pilot.press("q")
        await pilot.pause()
    assert closed == ["closed"]
    assert (app.return_value, app.return_code) == (None, 0)


async def test_a_run_that_cannot_be_closed_says_so() -> None:
    async def opening() -> Door:
        return FakeDoor()

    async def closing() -> None:
        raise EcosimError("the disk is full")

    app = EcosimApp(opening, closing, title="bazaar", rate=0)
    with pytest.raises(EcosimError, match="the disk is full"):
        async with app.run_test(size=NARROW) as pilot:
            await pilot.pause()


async def test_quitting_while_opening_leaves() -> None:
    async def opening() -> Door:
        await asyncio.Event().wait()
        raise AssertionError("never opened")

    app = EcosimApp(opening, title="bazaar", rate=0)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        await pilot.press("q")
        await pilot.pause()
    assert app.return_code == 0


async def test_a_hostile_title_is_only_a_text() -> None:
    async def opening() -> Door:
        await asyncio.Event().wait()
        raise AssertionError("never opened")

    app = EcosimApp(opening, title="[bold]a\x1b[2Jb[/x]", rate=0)
    async with app.run_test(size=NARROW) as pilot:
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        text = "\n".join("".join(segment.text for segment in strip) for strip in strips)
        assert "[bold]a␛[2Jb[/x]" in text


def test_over_ssh_nothing_is_animated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 1 10.0.0.2 22")
    assert app_on(FakeDoor()).animation_level == "none"


async def test_ctrl_c_says_how_to_leave() -> None:
    async with opened("ctrl+c") as console:
        assert console.said == ["q leaves the console."]
