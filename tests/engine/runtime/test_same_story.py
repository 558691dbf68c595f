"""Same seed, same story: the hash of a run is the same on every machine and every Python.

The hashes below change only with a change to the form of the log, to the physics or to a bundled world; whoever makes
one puts the new hash here and says so in the changelog.
"""

import pytest

from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world


@pytest.mark.parametrize(
    ("world", "expected"),
    [("trio", "d9e4ec530be8e06c"), ("bazaar", "e38edb222a4924b4"), ("gatekeeper", "11f531d3550a6b15")],
)
async def test_the_hash_at_action_300_is_the_one_that_was_recorded(world: str, expected: str) -> None:
    engine = Engine.in_memory(load_world(world, seed=7), Options(None, Limits(actions=300), "policy"))
    assert await engine.run() == "actions"
    assert engine.journal.durable.hash.hex()[:16] == expected


async def test_another_seed_is_another_story() -> None:
    hashes = set()
    for seed in (1, 2):
        engine = Engine.in_memory(load_world("trio", seed=seed), Options(None, Limits(actions=50), "policy"))
        await engine.run()
        hashes.add(engine.journal.durable.hash)
    assert len(hashes) == 2
