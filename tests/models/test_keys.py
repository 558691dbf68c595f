"""Where keys are found, in which order, and that texts are free of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecosim_tui.cli import main
from engine.models import keys
from engine.models.keys import HIDDEN, Scrubber


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A working directory and a configuration folder of the test's own."""
    here, config = tmp_path / "here", tmp_path / "config"
    here.mkdir()
    (config / "ecosim").mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setattr(keys, "user_config_path", lambda name, **_: config / name)
    return here / ".env", config / "ecosim" / ".env"


def test_the_environment_comes_first_then_the_working_directory_then_the_configuration(
    places: tuple[Path, Path],
) -> None:
    here, config = places
    here.write_text("A_KEY=from-here\nB_KEY=from-here\n")
    config.write_text("A_KEY=from-config\nB_KEY=from-config\nC_KEY='from-$HOME-config'\n")
    environ = {"A_KEY": "from-environment", "PATH": "/bin"}
    secrets = keys.load(environ)
    assert environ == {
        "A_KEY": "from-environment",
        "B_KEY": "from-here",
        "C_KEY": "from-$HOME-config",
        "PATH": "/bin",
    }
    assert secrets == {"from-environment", "from-here", "from-$HOME-config"}


def test_without_files_there_is_the_environment(places: tuple[Path, Path]) -> None:
    assert keys.found({"A_KEY": "x", "EMPTY": ""}) == {"A_KEY": "x", "EMPTY": ""}


def test_an_empty_variable_does_not_hide_what_a_file_has(places: tuple[Path, Path]) -> None:
    places[0].write_text("A_KEY=from-here\n")
    assert keys.found({"A_KEY": ""})["A_KEY"] == "from-here"


def test_doctor_names_the_keys_of_dotenv_files_and_does_not_show_them(
    places: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("OPENAI_API_KEY", "MISTRAL_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    places[1].write_text("MISTRAL_API_KEY=from-config\n")
    main(["doctor"])
    out = capsys.readouterr().out
    assert "MISTRAL_API_KEY" in out
    assert "OPENAI_API_KEY" not in out
    assert "from-config" not in out


@given(key=st.text(st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=6), around=st.text())
def test_a_known_key_is_in_no_text(key: str, around: str) -> None:
    found = Scrubber([key]).whole(f"{around}{key}{around}{key}")
    assert key not in found.replace(HIDDEN, "")


@pytest.mark.parametrize(
    "key", ["sk-abcdefghijkl1234", "sk-ant-api03-abcdefghijkl", "gsk_abcdefghijkl1234", "AIzaSyA1234567890abcdefghijk"]
)
def test_what_looks_like_a_key_is_in_no_text(key: str) -> None:
    assert key not in Scrubber([]).line(f"no such key: {key}!")


def test_a_message_is_one_short_line() -> None:
    line = Scrubber([]).line("a\n\x1b[31mb" * 500)
    assert line.isprintable()
    assert len(line) < 2_000
