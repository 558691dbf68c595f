"""A run that is gone on with and is as far as it was to go says so, and what would take it further."""

from pathlib import Path

import pytest

from ecosim_tui.cli import main

Captured = pytest.CaptureFixture[str]


def test_a_run_that_is_there_already_says_so_and_what_it_says_takes_it_further(
    tmp_path: Path, capsys: Captured
) -> None:
    run = str(tmp_path / "run.db")
    assert main(["run", "trio", "--headless", "--for", "20s", "--db", run]) == 0
    assert capsys.readouterr().err == ""
    assert main(["run", run, "--headless", "--for", "10s"]) == 0
    said = capsys.readouterr().err
    assert "has reached 20s of world time already: --for 10s counts from time zero, not from here" in said
    assert said.endswith("to go on for as long again: --for 30s\n")
    assert main(["run", run, "--headless", "--for", "30s", "--json"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert '"sim_seconds":30.0' in told.out


def test_so_does_one_with_as_many_actions(tmp_path: Path, capsys: Captured) -> None:
    run = str(tmp_path / "run.db")
    assert main(["run", "trio", "--headless", "--actions", "10", "--db", run]) == 0
    capsys.readouterr()
    assert main(["run", run, "--headless", "--actions", "4"]) == 0
    assert "has 10 actions already: --actions 4 counts from time zero, not from here" in capsys.readouterr().err
