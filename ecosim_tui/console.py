"""`ecosim` on a screen: the console on an engine that runs in the same process, on the same event loop."""

import asyncio
import getpass
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from ecosim_tui.app import EcosimApp
from ecosim_tui.collecting import Collecting
from ecosim_tui.keyfile import read_keymap
from ecosim_tui.launch import Opening

if TYPE_CHECKING:
    from engine.operator import Door
    from engine.runtime.engine import Engine


COURTESY = 12
"""Turns of the event loop between two slices of the engine: from key to paint Textual takes a dozen or two."""

SWITCH_S = 0.0005


class Console:
    """Opens a run, keeps its engine going beside the screen, and leaves it durable."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._engine: Engine | None = None
        self._running: asyncio.Task[str] | None = None

    async def open(self) -> "Door":
        """Open the engine and let it run; the imports happen off the loop, the first frame is on the screen already."""
        room = await asyncio.to_thread(import_module, "ecosim_tui.opening")
        seen = await asyncio.to_thread(import_module, "ecosim_tui.seen")
        since = await asyncio.to_thread(seen.since_left, self._opening.run) if self._opening.run else ""
        engine: Engine = await room.open_engine(self._opening)
        engine.since = since
        engine.runner.courtesy = COURTESY
        engine.runner.patience = engine.world.capabilities.patience
        await engine.views.prime()
        self._engine = engine
        self._running = asyncio.create_task(engine.run(), name="engine")
        return engine

    async def close(self) -> None:
        """Stop at the next chance, make everything durable, and remember what was seen."""
        engine = self._engine
        if engine is None or self._running is None:
            return
        from engine.store.errors import StoreError

        engine.runner.stop("left")
        await asyncio.gather(self._running, return_exceptions=True)
        try:
            durable = await engine.close()
        except StoreError as error:
            print(f"ecosim: {error}", file=sys.stderr)
            return
        if engine.path is not None:
            from ecosim_tui.seen import remember

            await asyncio.to_thread(remember, engine.path, durable.seq)

    @property
    def farewell(self) -> str:
        """Where the run is and how to go on with it."""
        engine = self._engine
        if engine is None or engine.path is None:
            return ""
        return f"The run is in {engine.path}\nGo on with it: ecosim run {engine.path}"


def run_console(opening: Opening) -> int:
    """Show the console until it is left; the exit code."""
    # Keys come and frames go through threads of Textual's: at Python's default of 5 ms each would wait out a slice.
    sys.setswitchinterval(SWITCH_S)
    Collecting().begin()
    console = Console(opening)
    app = EcosimApp(
        console.open,
        console.close,
        title=str(opening.run or opening.world),
        operator=f"operator:{getpass.getuser()}",
        keymap=read_keymap(),
        notify=opening.notify,
    )
    error = app.run()
    if error is not None:
        print(f"ecosim: {error}", file=sys.stderr)
        return app.return_code or 2
    if app.return_code:
        return app.return_code
    print(console.farewell)
    return 0
