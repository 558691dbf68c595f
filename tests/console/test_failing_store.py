"""Leaving the console when its store has failed: what was shown is on disk, or it is said that it is not."""

from pathlib import Path

import psutil
import pytest

from ecosim_tui.console import Console
from ecosim_tui.launch import Opening
from engine.runtime.engine import Engine


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))


def console_on(path: Path) -> Console:
    return Console(
        Opening(
            world="trio", run=None, sets=(), agents=None, seed=1, db=path, scale=1.0, duration=None, actions=None,
            approvals=None,
        )
    )  # fmt: skip


async def test_a_run_that_is_left_is_durable_and_says_where_it_is(tmp_path: Path) -> None:
    console = console_on(tmp_path / "my.db")
    engine = await console.open()
    assert isinstance(engine, Engine)
    await console.close()
    assert not console.failed
    assert engine.journal.durable.seq == engine.machine.state.seq
    assert f"The run is in {tmp_path / 'my.db'}" in console.farewell


async def test_a_run_whose_store_failed_is_told_from_one_that_is_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    console = console_on(tmp_path / "my.db")
    before = set(psutil.Process().children())
    await console.open()
    (store,) = set(psutil.Process().children()) - before
    store.kill()
    await console.close()
    assert console.failed
    assert "the store process was killed by signal 9" in capsys.readouterr().err
