"""Driving the console in tests: the pump is frozen, so nothing changes on screen unless a test says so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from textual import events
from textual.pilot import Pilot

from ecosim_tui.app import EcosimApp
from ecosim_tui.keys import Keymap
from ecosim_tui.panes.base import Pane
from ecosim_tui.screens.main import MainScreen
from engine.kernel.errors import EcosimError
from engine.operator import Door
from tests.console.fake_door import FakeDoor

NARROW = (80, 24)
WIDE = (160, 48)
SomePane = TypeVar("SomePane", bound=Pane)


class Seconds:
    """The operator's own clock, moved by tests: it begins where no real clock is yet."""

    def __init__(self) -> None:
        self.now = 1e12

    def __call__(self) -> float:
        return self.now


@dataclass
class Console:
    """An open console on a fake door."""

    app: EcosimApp
    pilot: Pilot[EcosimError]
    door: FakeDoor
    seconds: Seconds = field(default_factory=Seconds)

    @property
    def screen(self) -> MainScreen:
        """The main screen, also behind a dialog."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, MainScreen))

    async def press(self, *keys: str) -> None:
        """Press keys, each after the effects of the one before, and a second later."""
        for key in keys:
            self.seconds.now += 1
            self.screen.seconds = self.seconds
            self.screen.steering.decisions.seconds = self.seconds
            for pane in self.screen.inboxes:
                pane.seconds = self.seconds
            await self.pilot.press(key)
            await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Paste a text into what has the keys: quicker than typing it."""
        focused = self.app.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await self.pilot.pause()

    async def beat(self) -> None:
        """Let the screen ask for news once."""
        self.screen.beat()
        await self.pilot.pause()

    async def moved(self) -> None:
        """The fake world changed: let the screen show it."""
        self.door.moved()
        await self.beat()

    def lines(self) -> list[str]:
        """What is on the terminal, line by line."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip) for strip in strips]

    def text(self) -> str:
        """What is on the terminal."""
        return "\n".join(self.lines())

    def words(self) -> str:
        """What is on the terminal without frames and line breaks, as if nothing were wrapped."""
        return " ".join(self.text().translate(dict.fromkeys(map(ord, "│┃║"), " ")).split())

    def pane(self, kind: type[SomePane]) -> SomePane:
        """The pane of a kind in the current view."""
        view = self.screen.current
        assert view is not None
        return next(pane for pane in view.panes if isinstance(pane, kind))

    @property
    def front(self) -> str:
        """The kind of screen that is in front."""
        return type(self.app.screen).__name__

    @property
    def said(self) -> list[str]:
        """The messages in passing."""
        return [notification.message for notification in self.app._notifications]


def app_on(door: Door, *, keymap: Keymap | None = None) -> EcosimApp:
    """A console with a frozen pump on a door."""

    async def opening() -> Door:
        return door

    return EcosimApp(opening, title="bazaar", operator="olga", keymap=keymap, rate=0)


@asynccontextmanager
async def opened(
    *keys: str, door: FakeDoor | None = None, size: tuple[int, int] = NARROW, keymap: Keymap | None = None
) -> AsyncIterator[Console]:
    """An open console after some keys."""
    door = door or FakeDoor()
    app = app_on(door, keymap=keymap)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await app.workers.wait_for_complete()
        await pilot.pause()
        console = Console(app, pilot, door)
        await console.press(*keys)
        yield console
