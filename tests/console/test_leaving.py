"""Leaving the console early, or where the system is not as usual, leaves nothing behind and breaks nothing."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from ecosim_tui import opening as room
from ecosim_tui import seen
from ecosim_tui.console import Console, run_console
from ecosim_tui.launch import Opening
from engine.remote.peers import operator_of, user_name


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


def test_commands_are_given_in_the_name_of_the_process_s_user_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Shown(Exception):
        pass

    def show(*_: object, operator: str, **__: object) -> None:
        raise Shown(operator)

    monkeypatch.setenv("LOGNAME", "somebody_else")
    monkeypatch.setattr("ecosim_tui.console.EcosimApp", show)
    monkeypatch.setattr("ecosim_tui.console.Collecting.begin", lambda _: None)
    monkeypatch.setattr("sys.setswitchinterval", lambda _: None)
    with pytest.raises(Shown, match=f"^{operator_of()}$"):
        run_console(a_new_run(tmp_path / "run.db"))
    assert operator_of() == f"operator:{user_name(os.geteuid())}"


def test_a_user_without_a_name_is_an_operator_all_the_same() -> None:
    assert operator_of(3_999_999_999) == "operator:3999999999"
