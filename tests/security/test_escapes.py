"""No trick gets out of the sandbox, though nearly all of them get out of plain Python."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.sandbox.types import HOST_FUNCTIONS, Returned
from tests.security.kit import Bench, job
from tests.security.tricks.all import TRICKS
from tests.security.tricks.model import Trick

ROOT = Path(__file__).parents[2]
SUCCEED = 0.6

in_one_loop = pytest.mark.asyncio(loop_scope="module")


@in_one_loop
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.name)
async def test_no_trick_gets_out(sandbox: Bench, trick: Trick) -> None:
    """Neither at once nor at a later call of somebody else's; nor are host functions reached that it was not given."""
    for caller in ("alice", "bob") if trick.planted else ("alice",):
        run = await sandbox.play(job(trick.source, trick.kind, caller=caller))
        assert not (isinstance(run.outcome, Returned) and run.outcome.value is True), run.outcome
        assert {call.name for call in run.calls} <= set(HOST_FUNCTIONS[trick.kind])
        assert run.survived, run.outcome


@in_one_loop
async def test_the_sandbox_is_well_after_all_of_them(sandbox: Bench) -> None:
    assert await sandbox.works()


def test_the_tricks_get_out_of_plain_python(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.calibration"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), "HOME": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    out: dict[str, bool] = json.loads(done.stdout)
    measured = [trick.name for trick in TRICKS if not trick.needs_sandbox]
    assert sum(out[name] for name in measured) >= SUCCEED * len(measured), [n for n in measured if not out[n]]
