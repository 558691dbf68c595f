"""The command line never writes over, nor removes, what is not its own."""

import sqlite3
from pathlib import Path

import pytest

from ecosim_tui.cli import USAGE, main


def test_events_are_never_written_over_a_file_that_exists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.db"
    kept.write_bytes(b"precious")
    run = ["run", "trio", "--headless", "--actions", "3", "--db", str(tmp_path / "new.db"), "--events", str(kept)]
    assert main(run) == USAGE
    assert kept.read_bytes() == b"precious"
    assert "exists; name a file that does not" in capsys.readouterr().err


def test_a_database_of_another_program_is_not_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    foreign = tmp_path / "foreign.db"
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE t(a)")
    connection.commit()
    connection.close()
    assert main(["runs", "rm", str(foreign), "--yes"]) == USAGE
    assert foreign.exists()
    assert "foreign.db" in capsys.readouterr().err
