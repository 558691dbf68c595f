"""A village is killed again and again while it thinks, and goes on: no thought is paid less than its server charged.

Real processes, a real server on loopback that counts for itself, SIGKILL. Afterwards the server is shut, and the whole
story happens again without it, to the same hash.
"""

import asyncio
import json
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ecosim_tui.bench.village_server import PRICE, VillageServer

CAP = 3_000_000
MINUTES = 12
KILLS = 4


class Loopback:
    """The server on a thread of its own."""

    def __init__(self) -> None:
        self.server = VillageServer(seconds=0.02)
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(self.server.start())
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody listens there any more, and nothing is charged."""
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _shut(self) -> None:
        self.server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @property
    def open(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    made = Loopback()
    yield made
    if made.open:
        made.close()


def ecosim(*args: str) -> list[str]:
    return [sys.executable, "-m", "ecosim_tui", *args]


def world(port: int) -> list[str]:
    """What makes a village think with the server, at its prices."""
    base = f"http://127.0.0.1:{port}/v1"
    sets = ("model=openai/village", f"api_base={base}", f"price={PRICE}")
    return ["village", "--seed", "11", *(part for one in sets for part in ("--set", f"models.villager.{one}"))]


def done(*args: str, code: int = 0) -> str:
    ended = subprocess.run(ecosim(*args), capture_output=True, text=True, timeout=200, check=False)
    assert ended.returncode == code, ended.stdout + ended.stderr
    return ended.stdout


def killed(args: list[str], db: Path, server: VillageServer, after: int) -> None:
    """Run, and kill once the server has been asked so many questions more: at any point of any thought."""
    start = len(server.prompts)
    command = ecosim("run", *args, "--headless", "--for", f"{MINUTES}m")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 120
    while process.poll() is None and len(server.prompts) - start < after:
        assert time.monotonic() < end, "it asked too little"
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert db.exists()


def ask(db: Path, sql: str) -> Any:
    with closing(sqlite3.connect(db)) as connection:
        return connection.execute(sql).fetchone()[0]


def spent(db: Path) -> int:
    """What the run has spent in all, in µUSD."""
    sql = "SELECT coalesce(sum(spent), 0) FROM spending WHERE asset = 'llm_budget' AND principal = '@issuance'"
    return int(ask(db, sql))


def reserved(db: Path) -> int:
    """What is set aside for questions that are under way, or were when the run was killed."""
    return int(ask(db, "SELECT coalesce(sum(most), 0) FROM model_calls"))


def nobody_at(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_village_that_is_killed_while_it_thinks_pays_for_all_that_was_charged_and_happens_again_without_a_model(
    tmp_path: Path, loopback: Loopback
) -> None:
    server, draw = loopback.server, random.Random(6)
    db, again = tmp_path / "village.db", tmp_path / "again.db"
    target = [*world(server.port), "--db", str(db)]
    for _ in range(KILLS):
        killed(target, db, server, draw.randint(3, 40))
        target = [str(db)]
        # What the server has charged was spent or is set aside; so it never was more than the cap.
        assert server.charged <= spent(db) + reserved(db) <= CAP
    result = json.loads(done("run", str(db), "--headless", "--json", "--for", f"{MINUTES}m").splitlines()[-1])
    assert result["stop_reason"] == "duration"
    assert server.charged <= spent(db) <= CAP
    assert reserved(db) == 0
    asked = ask(db, "SELECT count(*) FROM events WHERE type = 'thought.asked'")
    answered = ask(db, "SELECT count(*) FROM events WHERE type = 'model.answered'")
    lost = ask(db, "SELECT count(*) FROM events WHERE type = 'model.lost'")
    assert 0 < lost <= 12 * KILLS
    assert asked == answered + lost
    assert answered > 60
    told = ask(db, "SELECT sum(json_extract(data, '$.cost')) FROM event_log WHERE type = 'model.answered'")
    charged = ask(db, "SELECT sum(json_extract(data, '$.cost')) FROM event_log WHERE type = 'model.lost'")
    assert spent(db) == told + charged
    loopback.close()
    assert nobody_at(server.port)
    charged_in_all = server.charged
    replayed = json.loads(
        done("run", "--replay-thoughts", str(db), "--headless", "--json", "--db", str(again)).splitlines()[-1]
    )
    assert replayed["event_hash"] == result["event_hash"]
    assert "the same hash" in done("verify", str(db), "--rerun")
    done("verify", str(again))
    assert server.charged == charged_in_all
