"""A run with agents' code, killed, opened and run again: the same story, whatever machine it ran on."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psutil
import pytest

import engine.operator as op
from engine.code.running import OF_THE_MACHINE
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine, Options
from engine.runtime.rerun import rerun
from engine.runtime.runner import Limits
from engine.store import archiver
from engine.store.archiving import archive
from engine.store.values import Retention
from engine.store.verify import verify
from tests.engine.code.test_programs import MARKET, SHOP, WRITE, notes, program
from tests.engine.runtime.worlds import HEAD, world

SLOW = [section.replace('think_delay = "0s"', 'think_delay = "1s"') for section in MARKET]
LOOPS = """
[[artifacts]]
id = "loop"
owner = "p0"
executable = true
content = '''
def run(**args):
    while True: pass
'''
interface = { tools = [{ name = "run", inputSchema = { type = "object" } }] }
"""
FALLS_IN = 'act({"action": "invoke", "artifact": "loop", "method": "run", "args": {}})\n'
MEASURED = HEAD + '[sandbox]\nmetering = "measured"\ntime = "20ms"\n'
SHORT = HEAD + '[sandbox]\ntime = "20ms"\n'


async def recorded(path: Path, head: str, *more: str, seconds: int = 8) -> None:
    """Run a world into a file."""
    loaded = world(*SLOW, *more, SHOP, LOOPS, head=head)
    engine = await Engine.create(loaded, path, Options(None, Limits(duration=seconds * 1_000_000), "policy"))
    try:
        await engine.run()
    finally:
        await engine.close()


@pytest.mark.parametrize("head", [SHORT, MEASURED], ids=["tariff", "measured"])
async def test_a_run_with_code_is_run_again_to_the_same_hash(tmp_path: Path, head: str) -> None:
    path = tmp_path / "run.db"
    await recorded(path, head, program("eve", FALLS_IN))
    with closing(sqlite3.connect(path)) as connection:
        tripped = connection.execute("SELECT count(*) FROM events WHERE type = 'tool.failed'").fetchone()[0]
        measured = connection.execute("SELECT count(*) FROM events WHERE type = 'sandbox.measured'").fetchone()[0]
    assert tripped >= 1
    assert (measured > 0) == (head is MEASURED)
    assert verify(path).ok
    again = await rerun(path)
    assert again.ok


@pytest.mark.parametrize("head", [SHORT, MEASURED], ids=["tariff", "measured"])
async def test_what_code_met_with_is_known_when_it_is_archived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: str
) -> None:
    path = tmp_path / "run.db"
    sampled = head.replace('every = "1000s"', 'every = "5s"')
    await recorded(path, sampled, program("eve", FALLS_IN), seconds=40)
    monkeypatch.setattr(archiver, "COMMITS", 8)
    monkeypatch.setattr(archiver, "KEPT_COMMITS", 1)
    assert archive(path, Retention(events=1)).segments >= 2
    with closing(sqlite3.connect(path)) as connection:
        types = [types for (types,) in connection.execute("SELECT types FROM segments")]
    assert any('"tool.failed"' in text for text in types)
    assert any('"sandbox.measured"' in text for text in types) == (head is MEASURED)
    assert verify(path).ok
    assert (await rerun(path)).ok


async def test_a_limit_that_was_reached_is_reached_again_without_waiting_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.db"
    await recorded(path, SHORT, program("eve", FALLS_IN))
    tripped: list[str] = []
    from engine.sandbox.client import BrokerSandbox

    ask = BrokerSandbox.ask

    def noted(self: BrokerSandbox, turn: object) -> object:
        asked = ask(self, turn)  # type: ignore[arg-type]
        asked.add_done_callback(
            lambda f: tripped.append(getattr(f.result(), "limit", "")) if not f.cancelled() else None
        )
        return asked

    monkeypatch.setattr(BrokerSandbox, "ask", noted)
    assert (await rerun(path)).ok
    assert not set(tripped) & set(OF_THE_MACHINE)


async def test_what_code_took_is_stored_beside_the_log_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await recorded(path, SHORT, seconds=4)
    with closing(sqlite3.connect(path)) as connection:
        first = dict(connection.execute("SELECT id, calls FROM measurements WHERE scope = 'artifact'").fetchall())
    assert first["till"] >= 3
    engine = await Engine.open(path, Options(None, Limits(duration=8_000_000)))
    assert engine.runs.measures.artifacts["till"].calls == first["till"]
    await engine.run()
    await engine.close()
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT calls, cpu, peak FROM measurements WHERE id = 'till'").fetchone()
    assert rows[0] > first["till"]
    assert rows[1] > 0
    assert rows[2] > 1_000_000


ROOT = Path(__file__).resolve().parents[3]
KILLED = """
import asyncio, sys
from pathlib import Path
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from tests.engine.code.test_programs import ASKS, program
from tests.engine.runtime.worlds import HEAD, world

async def main():
    head = HEAD + '[capabilities]\\ndecide_within = "10h"\\n'
    loaded = world(program("ann", "n = 41\\n" + ASKS + "act({'action': 'write', 'content': str(n + 1)})\\n"), head=head)
    engine = await Engine.create(loaded, Path(sys.argv[1]), Options(1000.0, Limits(), "ask"))
    engine.runner.patience = 10**12
    async def told():
        while not engine.machine.state.pending_requests.buckets.get("pending"):
            await asyncio.sleep(0)
        await engine.journal.barrier()
        print("asked", flush=True)
    await asyncio.gather(engine.run(), told())

asyncio.run(main())
"""


async def test_a_program_that_waits_for_an_answer_survives_being_killed_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "run.db"
    await asyncio.to_thread(_killed_while_it_waits, path)
    engine = await _unlocked(path)
    assert notes(engine) == []
    row = engine.machine.state.programs.rows["ann"]
    assert row.asked == "request_capability"
    assert (await engine.command(op.Approve(1, reason="welcome back"))).ok
    engine.runner.limits = Limits(duration=engine.now + 10_000_000)
    await engine.run()
    assert notes(engine)[:2] == ["approved", "welcome back"]
    await engine.close()
    again = await rerun(path)
    assert again.ok


def _killed_while_it_waits(path: Path) -> None:
    """Run the world in another process until the program has asked, and kill that process."""
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "asked\n"
        child.send_signal(signal.SIGKILL)
        child.wait()


async def _unlocked(path: Path) -> Engine:
    """The run, once the store process of the killed engine has let go of it."""
    from engine.store.errors import RunLocked

    end = time.monotonic() + 20
    while True:
        try:
            return await Engine.open(path, Options(None, Limits(), "ask"))
        except RunLocked:
            assert time.monotonic() < end
            await asyncio.to_thread(os.sched_yield)


async def test_a_run_that_was_left_in_the_middle_comes_to_the_same_hash(tmp_path: Path) -> None:
    source = WRITE + "import random\nfor i in range(40):\n    write([i, random.random()])\n"
    loaded = world(program("ann", source), *SLOW, SHOP)
    hashes = []
    for stops in ([12], [2, 5, 6, 12]):
        path = tmp_path / f"{len(stops)}.db"
        engine = await Engine.create(loaded, path, Options(None, Limits(duration=stops[0] * 1_000_000), "policy"))
        await engine.run()
        await engine.close()
        for stop in stops[1:]:
            engine = await Engine.open(path, Options(None, Limits(duration=stop * 1_000_000)))
            await engine.run()
            await engine.close()
        hashes.append(engine.journal.durable.hash)
    assert hashes[0] == hashes[1]


BOMB = "x = [0]\nwhile True:\n    x = x + x\n"


@pytest.mark.parametrize("source", [BOMB, "a = 1\nwhile True:\n    pass\n"], ids=["memory", "time"])
async def test_a_program_that_goes_beyond_a_limit_fails_the_same_way_again(tmp_path: Path, source: str) -> None:
    path = tmp_path / "run.db"
    await recorded(path, SHORT, program("eve", source))
    assert (await rerun(path)).ok


async def test_workers_that_are_killed_change_nothing(tmp_path: Path) -> None:
    hashes = []
    for killed in (False, True):
        path = tmp_path / f"{killed}.db"
        loaded = world(*SLOW, SHOP)
        engine = await Engine.create(loaded, path, Options(None, Limits(duration=12_000_000), "policy"))
        if killed:
            engine.followers.append(_killing(engine))
        try:
            await engine.run()
        finally:
            hashes.append((await engine.close()).hash)
    assert hashes[0] == hashes[1]


def _killing(engine: Engine) -> Callable[[Commit], None]:
    """Kills all workers of the sandbox after every fifth commit."""

    def follow(commit: Commit) -> None:
        pid = getattr(engine.runs.sandbox, "pid", None)
        if commit.seq % 5 or pid is None:
            return
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()

    return follow
