"""Killed at random moments and gone on with, a run at action N has the hash of one that was never killed.

Real processes, a real disk, SIGKILL. Nothing here knows how the engine works inside.
"""

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ACTIONS = 6_000


def ecosim(*args: str) -> list[str]:
    return [sys.executable, "-m", "ecosim_tui", *args]


def finish(target: str, *args: str) -> dict[str, Any]:
    """Run without a screen up to the same action count and return the result."""
    command = ecosim("run", target, "--headless", "--json", "--actions", str(ACTIONS), *args)
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def kill_some_time(target: list[str], db: Path, draw: random.Random) -> None:
    """Start a run and kill it once the file has grown by some random amount: no clock decides, only progress."""
    process = subprocess.Popen(
        ecosim("run", *target, "--headless", "--actions", str(ACTIONS)), stdout=subprocess.DEVNULL
    )
    grown = draw.randint(0, 3_000_000)
    start = size(db)
    while process.poll() is None and size(db) - start < grown:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def size(db: Path) -> int:
    files = (db, db.with_name(db.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


@pytest.mark.parametrize("world", ["bazaar", "trio", "auction_house"])
def test_a_killed_run_goes_on_to_the_same_hash(world: str, tmp_path: Path) -> None:
    whole = finish(world, "--seed", "7", "--db", str(tmp_path / "whole.db"))
    draw = random.Random(world)
    db = tmp_path / "killed.db"
    kill_some_time([world, "--seed", "7", "--db", str(db)], db, draw)
    for _ in range(3):
        if db.exists() and size(db):
            kill_some_time([str(db)], db, draw)
    resumed = finish(str(db))
    assert resumed["event_hash"] == whole["event_hash"]
    assert {k: resumed[k] for k in ("actions", "events", "commits", "sim_seconds", "agents", "assets")} == {
        k: whole[k] for k in ("actions", "events", "commits", "sim_seconds", "agents", "assets")
    }
    verified = subprocess.run(
        ecosim("verify", str(db), "--rerun"), capture_output=True, text=True, timeout=120, check=False
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_the_story_does_not_depend_on_the_hash_seed_of_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = set()
    for seed in ("0", "1", "4242"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        hashes.add(finish("bazaar", "--db", str(tmp_path / f"{seed}.db"))["event_hash"])
    assert len(hashes) == 1
