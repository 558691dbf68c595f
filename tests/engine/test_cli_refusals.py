"""What the command line will not do: at once, in one sentence that can be printed, and with nothing left behind."""

import os
from pathlib import Path

import pytest

from ecosim_tui.cli import DONE, FAILED, USAGE, main
from engine.store import files
from engine.worldfile import load_world
from tests.engine.store_kit import META

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command in a folder of its own, with no runs of the user's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def called(*arguments: str) -> int:
    """The exit code, also when the parser itself ends the program."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return int(ended.code or DONE)


def refused(capsys: Captured, *arguments: str) -> str:
    """The one line that a refused command prints."""
    assert called(*arguments) == USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("ecosim: ")
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.parametrize("option", ["--db", "--clock", "--for", "--events", "--seed", "--actions", "--agents", "--set"])
def test_an_empty_value_is_refused_with_the_name_of_its_option(option: str, place: Path, capsys: Captured) -> None:
    assert f"argument {option}: must not be empty" in refused(capsys, "run", "trio", "--headless", option, "")
    assert names(place) == []


@pytest.mark.parametrize("command", [["run"], ["verify"], ["runs", "show"], ["worlds", "new"], ["worlds", "check"]])
def test_an_empty_name_is_refused(command: list[str], capsys: Captured) -> None:
    assert "must not be empty" in refused(capsys, *command, "")


@pytest.mark.parametrize("seed", ["0", "1", str(2**53 + 1), str(2**63 - 1)])
def test_a_seed_is_any_number_of_63_bits(seed: str, capsys: Captured) -> None:
    by_option = ["--seed", seed]
    by_setting = ["--set", f"world.seed={seed}"]
    for number, how in enumerate((by_option, by_setting)):
        assert main(["run", "trio", "--headless", "--actions", "1", "--db", f"{number}.db", "--json", *how]) == DONE
        assert f'"seed":{seed},' in capsys.readouterr().out
    assert load_world("trio", seed=int(seed)).world.world.seed == int(seed)


@pytest.mark.parametrize("seed", ["-1", str(2**63), "1" * 100, "1.5", "٣", "_", "x"])
def test_any_other_seed_is_refused(seed: str, capsys: Captured) -> None:
    assert "--seed takes a whole number from 0 to 9223372036854775807" in refused(
        capsys, "run", "trio", f"--seed={seed}"
    )


def test_a_seed_of_a_world_file_has_the_same_bounds(capsys: Captured) -> None:
    said = refused(capsys, "worlds", "check", "trio", "--set", f"world.seed={2**63}")
    assert f"world.seed: must be less than {2**63}" in said


def test_without_a_terminal_an_unknown_world_is_still_named(capsys: Captured) -> None:
    assert "did you mean the bundled world `bazaar`?" in refused(capsys, "run", "bazar")
    assert "nope.db: there is no such file" in refused(capsys, "run", "nope.db")
    assert "add --headless" in refused(capsys, "run", "bazaar")


@pytest.mark.parametrize(
    "command",
    [
        ["run", "X", "--headless"],
        ["run", "trio", "--headless", "--db", "X"],
        ["verify", "X"],
        ["backup", "X", "copy.db"],
        ["restore", "X", "copy.db"],
        ["runs", "show", "X"],
        ["runs", "rm", "X", "--yes"],
        ["worlds", "check", "X"],
    ],
)
@pytest.mark.parametrize("name", ["pipe", "pipe.db", "folder", "folder.db", "/dev/zero"])
def test_what_is_no_file_is_refused_and_not_waited_for(
    command: list[str], name: str, place: Path, capsys: Captured
) -> None:
    os.mkfifo(place / "pipe")
    os.mkfifo(place / "pipe.db")
    (place / "folder").mkdir()
    (place / "folder.db").mkdir()
    before = names(place)
    said = refused(capsys, *(name if word == "X" else word for word in command))
    assert any(kind in said for kind in ("a pipe", "a directory", "a device", "is there already and is no file"))
    assert names(place) == before


@pytest.mark.parametrize(
    "command",
    [
        ["run", "X"],
        ["run", "X.db"],
        ["run", "trio", "--headless", "--db", "/proc/X"],
        ["run", "trio", "--X"],
        ["run", "trio", "--headless", "--seed", "X"],
        ["run", "trio", "--headless", "--set", "X=1"],
        ["run", "trio", "--headless", "--clock", "X"],
        ["verify", "X"],
        ["backup", "X", "Y"],
        ["worlds", "check", "X"],
        ["worlds", "new", "nowhere/X"],
        ["X"],
    ],
)
def test_a_name_that_would_move_the_cursor_is_shown_harmlessly(command: list[str], capsys: Captured) -> None:
    said = refused(capsys, *(word.replace("X", "\x1b[2J\u202e\udcff") for word in command))
    assert said.rstrip("\n").isprintable()


def test_a_run_whose_name_is_no_text_can_be_used(place: Path, capsys: Captured) -> None:
    name = "a\udcff\x1b[31m.db"
    assert main(["run", "trio", "--headless", "--actions", "2", "--db", name, "--json"]) == DONE
    for command in (["verify", name], ["runs", "show", name], ["backup", name, f"copy of {name}"]):
        assert main(command) == DONE
    assert main(["runs", "rm", name, "--yes"]) == DONE
    out = capsys.readouterr().out
    assert "\\udcff\\x1b[31m.db" in out
    assert "\x1b" not in out
    assert names(place) == [f"copy of {name}"]


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["run", "trio", "--headless", "--db", f"{'x' * 300}.db"], "File name too long"),
        (["run", "x" * 300], "File name too long"),
        (["run", "trio", "--headless", "--db", "run.db/below.db"], "run.db: "),
        (["verify", "x" * 300], "File name too long"),
        (["backup", "run.db", "nowhere/copy.db"], "check the folder"),
        (["restore", "run.db", "nowhere/copy.db"], "check the folder"),
        (["worlds", "new", "nowhere/new.toml"], "No such file or directory"),
        (["worlds", "new", "run.db"], "run.db exists"),
        (["run", "trio", "--headless", "--events", "nowhere/events"], "--events: cannot write nowhere/events"),
    ],
)
def test_what_the_system_refuses_is_told_in_its_words(
    command: list[str], reason: str, place: Path, capsys: Captured
) -> None:
    files.create(place / "run.db", META)
    assert reason in refused(capsys, *command)
    assert names(place) == ["run.db"]


def test_a_run_that_cannot_begin_leaves_no_file_of_events(place: Path, capsys: Captured) -> None:
    assert "there is no bundled world" in refused(capsys, "run", "nope", "--headless", "--events", "events")
    assert names(place) == []


def test_a_damaged_run_is_not_backed_up(place: Path, capsys: Captured) -> None:
    assert main(["run", "trio", "--headless", "--actions", "5", "--db", "run.db"]) == DONE
    with files.connect_writer(place / "run.db") as connection:
        connection.execute("UPDATE commits SET hash = zeroblob(32) WHERE seq = 2")
    connection.close()
    capsys.readouterr()
    for command in ("backup", "restore"):
        assert main([command, "run.db", "copy.db"]) == FAILED
        assert "hash: its body and the hash before it do not make its hash at commit 2" in capsys.readouterr().err
    assert names(place) == ["run.db"]


def test_a_run_is_told_again_whole_or_answers_another_world(place: Path, capsys: Captured) -> None:
    """Without a name to run, with a run that goes on already, or told again but otherwise: each has its sentence."""
    assert "name a world" in refused(capsys, "run", "--headless")
    assert called("run", "trio", "--headless", "--actions", "20", "--db", "r.db") == DONE
    first = capsys.readouterr().out
    assert called("run", "--replay-thoughts", "r.db", "--headless", "--db", "again.db") == DONE
    assert first.split("hash")[1].split()[0] in capsys.readouterr().out
    assert names(place) == ["again.db", "r.db"]
    assert "r.db exists; name a world, or none" in refused(capsys, "run", "r.db", "--replay-thoughts", "r.db")
    for option in (["--seed", "3"], ["--for", "1h"], ["--actions", "5"]):
        told = refused(capsys, "run", "--replay-thoughts", "r.db", "--headless", *option)
        assert f"{option[0]}: without WORLD all of r.db happens again as it was" in told
    assert "there is no run 'nope'" in refused(capsys, "run", "--replay-thoughts", "nope", "--headless")
