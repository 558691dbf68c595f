"""No bomb takes more than it may, and none hurts the sandbox: the broker lives, stays small, and goes on working."""

import pytest

from engine.sandbox.types import Failed, HostCall, Limits, Returned
from tests.security.bombs.all import BOMBS
from tests.security.bombs.model import Bomb
from tests.security.kit import Bench, Run, job

MOST_OF_A_BROKER = 250_000_000
"""Bytes that the broker may have had: a few times what it needs with all that may cross at once."""

LIMITS = {"", "time", "memory", "depth", "output", "system_calls", "worker"}
ENDS_THE_BROKER = {
    "hands_over_shared_tuples_as_key",
    "hands_over_shared_tuples_by_name",
    "hands_over_keys_that_collide",
}
"""Values that take for ever to take over from a worker: the broker ends itself at its deadline, and is begun anew."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def limits() -> Limits:
    """Half of the time that is usual, so that the suite is quick."""
    return Limits(time=50_000)


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: bomb.name)
async def test_a_bomb_ends_and_hurts_nobody(sandbox: Bench, bomb: Bomb) -> None:
    """Twice, since the second goes off among what the first has left."""
    for _ in range(2):
        run = await sandbox.play(job(bomb.source, bomb.kind))
        assert ended_well(run, sandbox.limits), run.outcome
        assert run.survived or bomb.name in ENDS_THE_BROKER, run.outcome
        assert run.outcome.usage.cpu >= 0
    assert await sandbox.works()
    assert sandbox.broker_peak() < MOST_OF_A_BROKER


def ended_well(run: Run, limits: Limits) -> bool:
    """Whether it came to an end of its own within limits, or was stopped for a reason that is known."""
    match run.outcome:
        case Failed(error=error, limit=limit):
            named = limit == "memory" or not error.startswith("MemoryError: the worker")
            return bool(error) and limit in LIMITS and named
        case HostCall():
            return len(run.calls) == limits.host_calls
        case Returned():
            return True
