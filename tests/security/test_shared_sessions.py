"""What came before a call makes no difference to it: not in the session that it shares, and not while it waits."""

import pytest

from engine.sandbox.jobs import LIVE
from engine.sandbox.types import HostCall, Kind, Limits, Reply, Turn, further
from tests.security.kit import NOW, Bench, job
from tests.security.sightings import AFTER_A_WAIT, SIGHTINGS
from tests.security.tricks.model import Trick

CALLS = (0, 1, 1, 1, 0, 1, 0)
ALONE = "# import"
"""Words that make the sandbox give each call of a code a session of its own."""

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def limits() -> Limits:
    """Time enough for the largest of them on a busy machine: it is not the time that they are about."""
    return Limits(time=200_000)


@pytest.mark.parametrize("sight", SIGHTINGS, ids=lambda sight: sight.name)
async def test_a_call_sees_nothing_of_those_before_it(sandbox: Bench, sight: Trick) -> None:
    alone = {n: await sandbox.play(job(sight.source + ALONE, args={"n": n})) for n in set(CALLS)}
    for n in CALLS:
        run = await sandbox.play(job(sight.source, args={"n": n}))
        assert run.told() == alone[n].told()
        assert run.survived


@pytest.mark.parametrize("sight", SIGHTINGS, ids=lambda sight: sight.name)
async def test_a_call_sees_nothing_of_those_beside_it(sandbox: Bench, sight: Trick) -> None:
    alone = {n: await sandbox.play(job(sight.source + ALONE, args={"n": n})) for n in set(CALLS)}
    jobs = [job(sight.source, args={"n": n}) for n in CALLS]
    outcomes = sandbox.answers([Turn(one, one.digest()) for one in jobs])
    firsts = [alone[n].told()[0] for n in CALLS]
    assert [one.told()[0] for one in outcomes] == firsts


@pytest.mark.parametrize("sight", AFTER_A_WAIT, ids=lambda sight: sight.name)
async def test_a_program_that_was_put_away_goes_on_as_if_it_had_not_been(sandbox: Bench, sight: Trick) -> None:
    code = job(sight.source, Kind.PROGRAM, args={"n": 1})
    straight = await sandbox.play(code)
    (first,) = sandbox.answers([Turn(code, code.digest())])
    assert isinstance(first.outcome, HostCall)
    others = [job(f"def run(n):\n    sleep({n})", Kind.PROGRAM, args={"n": n}) for n in range(LIVE + 1)]
    sandbox.answers([Turn(one, one.digest()) for one in others])
    reply = Reply(None, at=NOW)
    (last,) = sandbox.answers([Turn(code, further(code.digest(), reply), code.digest(), reply, lambda: [reply])])
    assert last.told()[-1] == straight.told()[-1]
