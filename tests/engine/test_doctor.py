"""`ecosim doctor` says which walls stand round the code of agents, and what puts up those that do not."""

import json

import pytest

from ecosim_tui.cli import main
from ecosim_tui.commands import doctor
from engine.sandbox.walls import BUBBLEWRAP, WORKER, Wall

WORKER_STANDS = Wall(WORKER, True, "pydantic-monty 1.4", "")
NO_WORKER = Wall(WORKER, False, "not found", "install ecosim again")
NO_BUBBLEWRAP = Wall(BUBBLEWRAP, False, "not installed", "install bubblewrap")


@pytest.mark.parametrize(
    ("walls", "code", "worker", "second"),
    [
        ((WORKER_STANDS, Wall(BUBBLEWRAP, True, "/usr/bin/bwrap", "")), 0, "ok", "ok"),
        ((WORKER_STANDS, NO_BUBBLEWRAP), 0, "ok", "not set"),
        ((NO_WORKER, NO_BUBBLEWRAP), 1, "MISSING", "not set"),
    ],
)
def test_a_line_for_each_wall(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    walls: tuple[Wall, ...],
    code: int,
    worker: str,
    second: str,
) -> None:
    monkeypatch.setattr(doctor, "walls", lambda: walls)
    assert main(["doctor"]) == code
    lines = capsys.readouterr().out.splitlines()
    for wall, mark in zip(walls, (worker, second), strict=True):
        place = next(n for n, line in enumerate(lines) if f" wall {wall.name} " in line)
        assert lines[place].startswith(mark)
        assert lines[place].endswith(wall.found)
        assert not wall.remedy or lines[place + 1].endswith(f"→ {wall.remedy}")


def test_walls_are_told_as_json_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(doctor, "walls", lambda: (WORKER_STANDS, NO_BUBBLEWRAP))
    assert main(["doctor", "--json"]) == 0
    found = {one["name"]: one for one in json.loads(capsys.readouterr().out)}
    assert (found["wall worker"]["ok"], found["wall worker"]["needed"]) == (True, True)
    assert (found["wall bubblewrap"]["ok"], found["wall bubblewrap"]["needed"]) == (False, False)
    assert found["wall bubblewrap"]["remedy"] == "install bubblewrap"
