"""`ecosim` on a screen: the console on an engine that runs in the same process, on the same event loop."""

import asyncio
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from ecosim_tui.app import EcosimApp
from ecosim_tui.collecting import Collecting
from ecosim_tui.interruption import INTERRUPTED, SIGNALS, WORDS
from ecosim_tui.keyfile import read_keymap
from ecosim_tui.launch import Opening
from ecosim_tui.plain import complain, say
from engine.kernel.errors import EcosimError
from engine.remote.peers import operator_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.operator import Door
    from engine.remote.server import Server
    from engine.runtime.engine import Engine


COURTESY = 12
"""Turns of the event loop between two slices of the engine: from key to paint Textual takes a dozen or two."""

SWITCH_S = 0.0005


class Console:
    """Opens a run, keeps its engine going beside the screen, and leaves it durable."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._under_way: asyncio.Future[Engine] | None = None
        self._engine: Engine | None = None
        self._running: asyncio.Task[str] | None = None
        self._server: Server | None = None
        self.say: Callable[[str], None] = lambda _: None
        self.failed = False
        """Whether something that was shown may not be on disk."""

    async def open(self) -> "Door":
        """Open the engine and let it run; the imports happen off the loop, the first frame is on the screen already."""
        room = await asyncio.to_thread(import_module, "ecosim_tui.opening")
        seen = await asyncio.to_thread(import_module, "ecosim_tui.seen")
        since = await asyncio.to_thread(seen.since_left, self._opening.run) if self._opening.run else ""
        # Left meanwhile, it is still opened, and then put away: see `_abandon`.
        self._under_way = asyncio.ensure_future(room.open_engine(self._opening))
        engine: Engine = await asyncio.shield(self._under_way)
        engine.since = since
        engine.runner.courtesy = COURTESY
        engine.runner.patience = engine.world.capabilities.patience
        await engine.views.prime()
        self._engine = engine
        self._running = asyncio.create_task(engine.run(), name="engine")
        serving = await asyncio.to_thread(import_module, "ecosim_tui.serving")
        self._server = await serving.serve(engine, self.say, primed=True)
        return engine

    async def close(self) -> None:
        """Stop at the next chance, make everything durable, and remember what was seen."""
        engine = self._engine
        if engine is None or self._running is None:
            await self._abandon()
            return
        from engine.store.errors import StoreError

        engine.runner.stop("left")
        await asyncio.gather(self._running, return_exceptions=True)
        if self._server is not None:
            await self._server.close("its operator left the console")
        try:
            durable = await engine.close()
        except StoreError as error:
            complain(str(error))
            self.failed = True
            return
        if engine.path is not None:
            from ecosim_tui.seen import remember

            try:
                await asyncio.to_thread(remember, engine.path, durable.seq)
            except OSError as error:
                complain(f"{error.filename}: {error.strerror}; what was seen of the run is not remembered")

    async def _abandon(self) -> None:
        """The console was left while the run was being opened: of a new one nothing stays."""
        if self._under_way is None:
            return
        await asyncio.wait([self._under_way])
        if self._under_way.exception() is not None:
            return
        from engine.store.files import remove

        engine = self._under_way.result()
        await engine.close()
        if self._opening.run is None and engine.path is not None:
            await asyncio.to_thread(remove, engine.path)

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
        operator=operator_of(),
        keymap=read_keymap(),
        notify=opening.notify,
    )
    console.say = app.say
    error = asyncio.run(_show(app))
    if error is not None:
        complain(str(error))
        return app.return_code or 2
    if console.farewell:
        say(console.farewell)
    elif app.return_code == INTERRUPTED:
        complain(WORDS)
    return app.return_code or (1 if console.failed else 0)


async def _show(app: EcosimApp) -> EcosimError | None:
    """Run the application; a signal ends it as a key would, so that the terminal and the run are left in order."""
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, lambda: app.exit(return_code=INTERRUPTED))
    return await app.run_async()
