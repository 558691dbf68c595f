"""`--fail-on`: a run without a screen stops at the first bad report, with exit code 3 and the reason."""

import json
from pathlib import Path
from typing import Any

import pytest

from ecosim_tui.cli import main

ALWAYS = '[health.thresholds.agents]\nwhen = "above"\n{level} = 0\n'


def world(folder: Path, thresholds: str) -> str:
    file = folder / "w.toml"
    trio = (Path(__file__).parents[2] / "worlds" / "trio.toml").read_text(encoding="utf-8")
    file.write_text(trio + "\n" + thresholds, encoding="utf-8")
    return str(file)


def run(
    folder: Path, capsys: Any, thresholds: str, *args: str, name: str = "run.db"
) -> tuple[int, dict[str, Any], str]:
    code = main(["run", world(folder, thresholds), "--headless", "--json", "--db", str(folder / name), *args])
    said = capsys.readouterr()
    return code, json.loads(said.out.splitlines()[-1]), said.err


def test_a_critical_world_stops_at_its_first_report_in_the_same_commit_each_time(tmp_path: Path, capsys: Any) -> None:
    bad = ALWAYS.format(level="critical")
    code, result, said = run(tmp_path, capsys, bad, "--for", "10m", "--fail-on", "critical")
    assert (code, result["stop_reason"], result["sim_seconds"]) == (3, "health critical", 60)
    assert "health is critical, 70 of 100: agents is 3, above 0" in said
    _, again, _ = run(tmp_path, capsys, bad, "--for", "10m", "--fail-on", "critical", name="again.db")
    assert again["event_hash"] == result["event_hash"]


def test_it_is_as_strict_as_it_is_told(tmp_path: Path, capsys: Any) -> None:
    bad = ALWAYS.format(level="warning")
    assert run(tmp_path, capsys, bad, "--for", "2m", "--fail-on", "critical")[0] == 0
    assert run(tmp_path, capsys, bad, "--for", "2m", "--fail-on", "warning", name="strict.db")[0] == 3
    assert run(tmp_path, capsys, bad, "--for", "2m", name="free.db")[0] == 0


def test_a_run_that_ends_before_its_first_report_is_judged_by_its_last_sample(tmp_path: Path, capsys: Any) -> None:
    bad = ALWAYS.format(level="critical")
    code, result, said = run(tmp_path, capsys, bad, "--for", "30s", "--fail-on", "critical")
    assert (code, result["stop_reason"]) == (3, "duration")
    assert "agents is 3, above 0" in said


def test_the_console_takes_no_such_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "trio", "--fail-on", "critical"]) == 2
    assert "--fail-on is for runs without a screen; add --headless" in capsys.readouterr().err
