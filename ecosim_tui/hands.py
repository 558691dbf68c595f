"""An operator's hands on a run by its name: on one that lives in another process, or on one at rest."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.operator import Door
from engine.remote.client import Connection
from engine.remote.door import RemoteDoor
from engine.runtime.engine import Engine, Options
from engine.store.lock import holder


@asynccontextmanager
async def hands_on(run: Path) -> AsyncIterator[Door]:
    """The door of a run, live or not. One at rest is opened and closed again; no world time passes in between."""
    if holder(run) is not None:
        remote = RemoteDoor(await Connection.open(run))
        try:
            yield remote
        finally:
            await remote.close()
    else:
        engine = await Engine.open(run, Options())
        try:
            await engine.views.prime()  # what is said of agents counts from the run's beginning
            yield engine
        finally:
            await engine.close()
