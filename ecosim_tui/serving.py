"""Both front ends let other processes watch and steer their run; one that cannot be served runs all the same."""

from collections.abc import Callable
from importlib.metadata import version

from engine.remote.errors import Unreachable
from engine.remote.server import Served, Server
from engine.runtime.engine import Engine


async def serve(engine: Engine, say: Callable[[str], None], *, primed: bool = False) -> Server | None:
    """Serve a run that is kept in a file; None, after `say` was told why, if it cannot be.

    Unless the engine's views are `primed` with the past already, they are when somebody comes to look at them.
    """
    if engine.path is None:
        return None
    prepare = None if primed else engine.views.prime
    served = Served(engine.path, engine.meta.world, version("ecosim"), lambda: engine.machine.state.seq, prepare)
    server = Server(engine, served, say=say)
    try:
        await server.start()
    except Unreachable as error:
        say(f"nobody can attach to this run: {error}")
        return None
    return server
