"""The console on a run that lives in another process: leaving it leaves the run going."""

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ecosim_tui.app import EcosimApp
from ecosim_tui.keyfile import read_keymap
from ecosim_tui.keys import Keymap
from ecosim_tui.screens.main import MainScreen
from ecosim_tui.widgets.text import clean

if TYPE_CHECKING:
    from engine.operator import Door
    from engine.remote.door import RemoteDoor


class AttachedApp(EcosimApp):
    """The console that connects to a run, shows news as it comes, and says it once when the connection is lost."""

    def __init__(self, run: Path, *, keymap: Keymap | None = None, rate: float | None = None) -> None:
        super().__init__(self._connect, self._leave, title=str(run), keymap=keymap, rate=rate)
        self._run_path = run
        self.door: RemoteDoor | None = None
        self._told = False
        self._gone = ""

    async def _connect(self) -> "Door":
        # Imported off the loop: the first frame is on the screen already.
        await asyncio.to_thread(import_module, "pydantic")
        client = await asyncio.to_thread(import_module, "engine.remote.client")
        seen = await asyncio.to_thread(import_module, "ecosim_tui.seen")
        since = await asyncio.to_thread(seen.since_left, self._run_path)
        from engine.operator import Query
        from engine.remote.door import RemoteDoor
        from engine.view.types import Topic

        door = self.door = RemoteDoor(await client.Connection.open(self._run_path), since=since)
        await door.fresh(Query(Topic.HEADER))
        door.on_news = lambda: self.call_later(self._news)
        door.on_trouble = lambda sentence: self.call_later(self._say, sentence)
        return door

    async def _leave(self) -> None:
        if self.door is not None:
            self._gone = self.door.lost  # hanging up ourselves is no loss
            await self.door.close()
            from ecosim_tui.seen import remember

            await asyncio.to_thread(remember, self._run_path, self.door.commit)

    @property
    def farewell(self) -> str:
        """What has become of the run, and how to see it again, once the console was left."""
        if self._gone:
            return f"The run is no longer open there ({clean(self._gone)}).\nGo on with it: ecosim run {self._run_path}"
        return f"The run goes on in its own process.\nWatch it again: ecosim attach {self._run_path}"

    def _news(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.beat()
        if self.door is not None and self.door.lost and not self._told:
            self._told = True
            what = "The run has left its process" if self.door.ended else "The connection is lost"
            self._say(f"{what}: {self.door.lost}. {self.keymap.display('quit')} leaves the console.")

    def _say(self, sentence: str) -> None:
        self.notify(clean(sentence), severity="error", timeout=20, markup=False)


def run_attached(run: Path) -> int:
    """Show the console until it is left; the exit code."""
    app = AttachedApp(run, keymap=read_keymap())
    error = app.run()
    if error is not None:
        print(f"ecosim: {error}", file=sys.stderr)
    if error is not None or app.return_code:
        return app.return_code or 2
    print(app.farewell)
    return 0
