"""Leaving the console early, or where the system is not as usual, leaves nothing behind and breaks nothing."""

import asyncio
import getpass
from pathlib import Path
from typing import Any

import pytest

from ecosim_tui import opening as room
from ecosim_tui import seen
from ecosim_tui.console import Console, operator_name
from ecosim_tui.launch import Opening


@pytest.fixture(autouse=True)
def notes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's notes."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def a_new_run(path: Path) -> Opening:
    return Opening("trio", None, (), None, None, path, None, None, 5, None)


def put_a_file_at(folder: Path) -> None:
    folder.write_text("no folder")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_console_that_is_left_while_its_run_is_begun_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, original = asyncio.Event(), room.open_engine

    async def noted(opening: Opening) -> Any:
        begun.set()
        return await original(opening)

    monkeypatch.setattr(room, "open_engine", noted)
    console = Console(a_new_run(tmp_path / "run.db"))
    opening = asyncio.create_task(console.open())
    await begun.wait()
    opening.cancel()
    await console.close()
    assert opening.cancelled()
    assert names(tmp_path) == []
    assert console.farewell == ""


async def test_a_run_that_cannot_be_remembered_is_still_left_in_order(
    tmp_path: Path, notes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_a_file_at(notes)
    console = Console(a_new_run(tmp_path / "run.db"))
    await console.open()
    await console.close()
    assert "what was seen of the run is not remembered" in capsys.readouterr().err
    assert names(tmp_path) == ["run.db", "state"]
    assert seen.since_left(tmp_path / "run.db") == ""


def test_a_user_without_a_name_is_an_operator_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1234")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert operator_name() == "operator"
