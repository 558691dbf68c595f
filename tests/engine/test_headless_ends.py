"""How a run without a screen may end other than by itself: interrupted, with a failed store, with nobody to read."""

import errno
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ecosim_tui.cli import DONE, FAILED, main
from ecosim_tui.event_feed import EVENTS_FAILED, EventFeed
from ecosim_tui.interruption import INTERRUPTED
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.store.journal import Journal
from engine.store.verify import verify
from engine.worldfile import load_world

Captured = pytest.CaptureFixture[str]

AT_IMPORT = """
import os, signal, sys
class Interrupter:
    def find_spec(self, name, *rest):
        if name == {moment!r}:
            os.kill(os.getpid(), {number})
sys.meta_path.insert(0, Interrupter())
"""
AT_CALL = """
import os
import {module} as module
original = module.{function}
def interrupted(*arguments, **options):
    os.kill(os.getpid(), {number})
    return original(*arguments, **options)
module.{function} = interrupted
"""


class Full(io.StringIO):
    """A stream to a disk that is full."""

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


RUN = """
import sys
sys.argv = ["ecosim", "run", "trio", "--headless", "--db", "run.db", "--events", "events", "--actions", "1000000"]
from ecosim_tui.__main__ import main
sys.exit(main())
"""


def interrupted(folder: Path, prepared: str) -> None:
    """The program ends as it says it does, and leaves nothing."""
    ended = subprocess.run(
        [sys.executable, "-c", prepared + RUN], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (INTERRUPTED, "")
    assert ended.stderr == "ecosim: interrupted before anything was done\n"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "moment", ["argparse", "ecosim_tui.cli", "ecosim_tui.commands.run", "pydantic", "engine.store"]
)
def test_a_signal_while_the_program_is_loaded_ends_it_with_a_sentence(
    moment: str, number: signal.Signals, tmp_path: Path
) -> None:
    interrupted(tmp_path, AT_IMPORT.format(moment=moment, number=int(number)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("engine.worldfile.loader", "_validate"),
        ("engine.store.journal", "start"),
        ("engine.runtime.engine", "seed_world"),
    ],
)
def test_a_signal_while_a_run_is_begun_leaves_nothing_of_it(
    module: str, function: str, number: signal.Signals, tmp_path: Path
) -> None:
    interrupted(tmp_path, AT_CALL.format(module=module, function=function, number=int(number)))


def test_after_a_failure_of_the_store_the_result_is_what_is_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """In memory the world had gone on for as long as it took to notice."""
    small = partial(Journal.create, max_bytes=1_000_000)
    monkeypatch.setattr(Journal, "create", small)
    db = tmp_path / "run.db"
    assert main(["run", "bazaar", "--headless", "--json", "--db", str(db), "--for", "1h"]) == FAILED
    captured = capsys.readouterr()
    assert "writing failed: database or disk is full" in captured.err
    told: dict[str, Any] = json.loads(captured.out)
    assert told["stop_reason"] == "store failed"
    report = verify(db)
    assert report.ok
    assert (told["commits"], told["event_hash"]) == (report.seq, report.hash.hex())
    monkeypatch.undo()
    assert main(["runs", "show", str(db), "--json"]) == DONE
    shown = json.loads(capsys.readouterr().out)
    figures = ("commits", "events", "sim_seconds", "event_hash")
    assert [told[figure] for figure in figures] == [shown[figure] for figure in figures]
    assert {state: count for state, count in told["agents"].items() if count} == shown["agents"]
    with sqlite3.connect(db) as connection:
        assert connection.execute("SELECT sum(actions), sum(refusals) FROM agents").fetchone() == (
            told["actions"],
            told["refusals"],
        )
    connection.close()


async def test_events_that_cannot_be_written_stop_the_run(capsys: Captured) -> None:
    engine = Engine.in_memory(load_world("trio"), Options(limits=Limits(actions=50)))
    feed = EventFeed(engine, Full())
    assert await engine.run() == "actions"
    feed.flush()
    assert await engine.run() == EVENTS_FAILED
    feed.complain()
    assert "--events: cannot be written: No space left on device" in capsys.readouterr().err
    await engine.close()


def test_where_a_character_cannot_be_printed_it_is_escaped() -> None:
    program = "import sys\nsys.argv = ['ecosim', 'doctor']\nfrom ecosim_tui.__main__ import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.isascii()
    assert "\\u2192" in done.stdout
