"""What is shown of memories: whose, how full, and the newest entries."""

from engine.genesis.memories import Limits
from engine.kernel.entities import SECOND
from engine.kernel.state import State
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits as Ends
from engine.view.memory import ROWS, memory_view, own_memory
from tests.engine.runtime.worlds import world

LIMITS = Limits(quota=5_000, entries=400)


async def lived(source: str) -> State:
    """The state of a world after a program has lived in it for a minute."""
    agent = f"""
[[agents]]
id = "ann"
mind = "program"
think_delay = "1ms"
assets = {{ cpu_rate = 900_000_000, disk = 20_000 }}
params.source = '''{source}'''
[[agents]]
id = "bob"
mind = "program"
assets = {{ cpu_rate = 1_000_000, disk = 1_000 }}
params.source = "sleep(10**12)"
"""
    engine = Engine.in_memory(world(agent), Options(limits=Ends(duration=60 * SECOND)))
    try:
        await engine.run()
    finally:
        await engine.close()
    return engine.machine.state


async def test_an_agent_s_memory_is_shown_newest_first_with_what_it_takes() -> None:
    state = await lived('remember("a", 1)\nremember("b", "two")\nsleep(10**12)\n')
    view = own_memory(state, "ann", LIMITS)
    assert view is not None
    assert (view.id, view.agent, view.controller) == ("memory.ann", "ann", "ann")
    assert (view.entries, view.size, view.quota, view.searchable) == (2, 8, 5_000, True)
    assert [(row[0], row[2], row[4]) for row in view.rows] == [(2, "b", '"two"'), (1, "a", "1")]


async def test_no_more_is_shown_than_the_newest_of_many() -> None:
    source = "for n in range(300):\n    remember(str(n), n)\n    if n % 40 == 39:\n        sleep(1000)\nsleep(10**12)\n"
    view = memory_view(await lived(source), "memory.ann", LIMITS)
    assert view is not None
    assert (view.entries, len(view.rows), view.rows[0][0]) == (300, ROWS, 300)


async def test_what_is_no_memory_shows_none() -> None:
    assert memory_view(await lived("sleep(10**12)"), "ann", LIMITS) is None


async def test_a_memory_that_was_given_away_is_not_shown_as_the_agent_s_own() -> None:
    state = await lived(
        'remember("a", 1)\nact({"action": "transfer", "artifact": "memory.ann", "to": "bob"})\nsleep(10**12)\n'
    )
    assert own_memory(state, "ann", LIMITS) is None
    view = memory_view(state, "memory.ann", LIMITS)
    assert view is not None
    assert (view.agent, view.controller, view.entries) == ("", "bob", 1)
