"""One registry of keys: no key means two things, every action does something, and the page of keys is up to date."""

from pathlib import Path

import pytest

from ecosim_tui.keydoc import document
from ecosim_tui.keyfile import BadKeys, read_keymap
from ecosim_tui.keys import ACTIONS, BY_ID, VIEWS, Keymap, bindings, shown
from ecosim_tui.screens.help import help_text
from tests.console.driving import opened

ROOT = Path(__file__).parents[2]


def test_no_key_means_two_things() -> None:
    assert Keymap().conflicts() == []


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(ACTIONS)


def test_ten_views_have_the_keys_from_1_to_9_and_0() -> None:
    assert [BY_ID[view].keys for view in VIEWS] == [(str(number % 10),) for number in range(1, 11)]


@pytest.mark.parametrize(
    "key",
    ["space", "p", "s", "S", "K", "+", "-", "g", "R", "a", "e", "x", "n", "/", ":", "enter", "escape", "tab", "z", "y",
     "f", "o", "?", "ctrl+p", "q", "h", "j", "k", "l"],
)  # fmt: skip
def test_the_promised_keys_are_there(key: str) -> None:
    assert any(key in action.keys for action in ACTIONS)


async def test_every_action_has_a_handler() -> None:
    async with opened() as console:
        screen = console.screen
        handled = {*screen.steering.handlers, *screen.navigation._handlers, *VIEWS}
        assert {action.id for action in ACTIONS if action.bound} == handled


def test_every_bound_action_with_keys_is_a_binding_that_can_be_rebound() -> None:
    assert {one.id for one in bindings()} == {action.id for action in ACTIONS if action.bound and action.keys}


def test_help_explains_every_action_with_the_keys_that_hold() -> None:
    text = help_text(Keymap({"note": ("f7",)}), 200).plain
    assert all(action.help in text for action in ACTIONS)
    assert any(line.split()[:1] == ["f7"] for line in text.splitlines())


def test_the_page_of_keys_is_what_the_registry_says() -> None:
    page = (ROOT / "docs" / "keys.md").read_text(encoding="utf-8")
    assert page == document(), "write it again: uv run python -m ecosim_tui.keydoc > docs/keys.md"


def test_keys_are_shown_as_people_write_them() -> None:
    assert [shown(key) for key in ("escape", "plus", "ctrl+p", "K", "?")] == ["esc", "+", "ctrl+p", "K", "?"]


def write(folder: Path, text: str) -> Path:
    path = folder / "keys.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_without_a_file_the_usual_keys_hold(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keys.toml").overrides == {}


def test_a_file_gives_actions_other_keys(tmp_path: Path) -> None:
    path = write(tmp_path, 'pause_world = "f5"\nstop_agent = ["ctrl+k", "X"]\ntable.up = ["up", "i"]\n')
    keymap = read_keymap(path)
    assert keymap.keys("pause_world") == ("f5",)
    assert keymap.keys("stop_agent") == ("ctrl+k", "X")
    assert keymap.keys("table.up") == ("up", "i")
    assert keymap.keys("step_agent") == ("s",)


def test_two_actions_may_swap_their_keys(tmp_path: Path) -> None:
    keymap = read_keymap(write(tmp_path, 'pause_agent = "s"\nstep_agent = "p"\n'))
    assert (keymap.display("pause_agent"), keymap.display("step_agent")) == ("s", "p")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('pause_wrld = "f5"', "'pause_wrld': there is no such action; did you mean pause_world?"),
        ('pause_world = "p"', "pause_world: the key 'p' would mean both pause_world and pause_agent"),
        ("pause_world = 5", "pause_world: a key is a text"),
        ('pause_world = "superkey"', "pause_world: 'superkey' is no key"),
        ('pause_world = ""', "pause_world: '' is no key"),
        ("pause_world = []", "pause_world: the list of keys is empty"),
        ('quit = "ctrl+q"', "quit: ctrl+q always leaves"),
        ("pause_world = ", "is not TOML"),
    ],
)
def test_a_bad_entry_is_refused_with_the_file_and_the_entry(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BadKeys) as caught:
        read_keymap(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


async def test_rebound_keys_hold_on_screen_and_in_the_footer() -> None:
    keymap = Keymap({"pause_agent": ("s",), "step_agent": ("p",), "table.down": ("down", "i")})
    async with opened("2", "i", "s", keymap=keymap) as console:
        assert type(console.door.last).__name__ == "PauseAgent"
        assert getattr(console.door.last, "agent", "") == "bob"
        assert console.lines()[-1].startswith(" s Pause  p Step")
