"""docs/reference.md is complete and true: every command, option, field, event, operator's command and word."""

import argparse
import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from ecosim_tui import cli
from ecosim_tui.command_line import WORDS
from ecosim_tui.interruption import INTERRUPTED
from engine.genesis.event_log import EVENT_TYPES
from engine.kernel.actions import ACTIONS
from engine.operator import COMMANDS

TEXT = (Path(__file__).parents[2] / "docs" / "reference.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The text under a heading, up to the next of the same rank or above."""
    rank = heading.split()[0]
    above = "|".join("#" * n for n in range(2, len(rank) + 1))
    (found,) = re.findall(rf"^{re.escape(heading)}\n(.*?)(?=^(?:{above}) |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def cells(text: str) -> list[list[str]]:
    """The rows of tables whose first cell is code: their cells, with escaped bars restored."""
    rows = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row)] for row in rows]


def leaves(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The commands that have no commands below them, by what is typed."""
    below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        return {parser.prog: parser}
    found: dict[str, argparse.ArgumentParser] = {}
    for child in below[0].choices.values():
        found |= leaves(child)
    return found


LEAVES = leaves(cli.build_parser())


def arguments(parser: argparse.ArgumentParser) -> set[str]:
    """The arguments of a command as one writes them."""
    found = set()
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        value = "|".join(action.choices) if action.choices else str(action.metavar or "")
        found.add(
            " ".join([*action.option_strings[:1], value]).strip() if action.nargs != 0 else action.option_strings[0]
        )
    return found


def test_every_command_is_documented_and_no_other() -> None:
    assert set(re.findall(r"^### (ecosim .*)$", TEXT, re.MULTILINE)) == set(LEAVES)


@pytest.mark.parametrize("command", LEAVES)
def test_every_argument_is_documented_with_a_meaning(command: str) -> None:
    documented = {name.strip("`"): meaning for name, meaning, *_ in cells(section(f"### {command}"))}
    if command == "ecosim run":
        documented = {name: text for name, text in documented.items() if name not in ("ask", "policy", "deny", "allow")}
    assert set(documented) == arguments(LEAVES[command])
    assert all(documented.values())


def test_every_way_to_answer_requests_is_explained() -> None:
    explained = [name for name, *_ in cells(section("### ecosim run")) if re.fullmatch(r"`[a-z]+`", name)]
    (option,) = [action for action in LEAVES["ecosim run"]._actions if action.dest == "approvals"]
    assert option.choices is not None
    assert [name.strip("`") for name in explained] == list(option.choices)


def test_every_exit_code_is_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", section("## Command line"), re.MULTILINE)}
    assert documented == {cli.DONE, cli.FAILED, cli.USAGE, cli.UNHEALTHY, INTERRUPTED}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["worlds", "check", "bazaar"], 0),
        (["worlds", "check", "no such world"], 2),
        (["verify", "no such run"], 2),
        (["run", "bazaar", "--headless", "--actions", "few"], 2),
    ],
)
def test_exit_codes_are_what_the_page_says(arguments: list[str], code: int) -> None:
    assert cli.main(arguments) == code


def test_bad_usage_exits_with_2() -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(["walk", "bazaar"])
    assert left.value.code == cli.USAGE


def test_every_field_of_a_headless_result_is_documented(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    db = tmp_path / "run.db"
    assert cli.main(["run", "trio", "--headless", "--for", "5s", "--json", "--db", str(db)]) == cli.DONE
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    documented = [name.strip("`") for name, *_ in cells(section("## Result of a headless run"))]
    assert documented == list(result)
    (states,) = [meaning for name, meaning in cells(section("## Result of a headless run")) if name == "`agents`"]
    assert re.findall(r"`(\w+)`", states) == list(result["agents"])


def test_every_action_is_documented_with_its_fields() -> None:
    rows = {name.strip("`"): (named, does) for name, named, does in cells(section("## Agents' actions"))}
    expected = {name: {field.name for field in fields(kind)} for name, kind in ACTIONS.items()}
    assert {name: set(re.findall(r"`(\w+)`", named)) for name, (named, _) in rows.items()} == expected
    assert all(does for _, does in rows.values())


def test_every_event_is_told_in_the_words_of_the_engine() -> None:
    documented = {name.strip("`"): sentence for name, sentence in cells(section("## Events"))}
    assert documented == EVENT_TYPES


def test_every_command_of_the_operator_is_documented_with_its_fields() -> None:
    rows = {name.strip("`"): (named, does) for name, named, _, does in cells(section("## Operator's commands"))}
    expected = {f"operator.{name}": [field.name for field in fields(kind)] for name, kind in COMMANDS.items()}
    assert {name: re.findall(r"`(\w+)`", named) for name, (named, _) in rows.items()} == expected
    assert all(does for _, does in rows.values())


@pytest.mark.parametrize("word", [word.usage for word in WORDS.values()])
def test_every_word_after_the_colon_is_documented(word: str) -> None:
    assert f"`{word}`" in section("## Operator's commands").replace("\\|", "|")
