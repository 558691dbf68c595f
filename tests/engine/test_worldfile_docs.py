"""The reference in docs/worlds.md is complete and true: every key, with its default and an example that is one."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from engine.minds.catalogue import MINDS
from engine.worldfile import load_text, parse_world, to_toml
from engine.worldfile.save import plain
from engine.worldfile.schema import World
from engine.worldfile.shape import child, every_key, fields, is_section
from tests.engine.worldfile_kit import SMALL

DOCS = Path(__file__).parents[2] / "docs" / "worlds.md"
TEXT = DOCS.read_text(encoding="utf-8")
HEADINGS = {
    "": "Top level",
    "world": "`[world]`",
    "run": "`[run]`",
    "assets.*": "`[assets.NAME]`",
    "tariff": "`[tariff]`",
    "sandbox": "`[sandbox]`",
    "agents": "`[[agents]]`",
    "artifacts": "`[[artifacts]]`",
    "loans": "`[[loans]]`",
    "loans.collateral": "`[[loans.collateral]]`",
    "debt": "`[debt]`",
    "budget": "`[budget]`",
    "mint": "`[mint]`",
    "mint.llm": "`[mint.llm]`",
    "exchange": "`[exchange]`",
    "exchange.markets.*": "`[exchange.markets.NAME]`",
    "memory": "`[memory]`",
    "memory.vectors": "`[memory.vectors]`",
    "messages": "`[messages]`",
    "metrics": "`[metrics]`",
    "retention": "`[retention]`",
    "health": "`[health]`",
    "health.thresholds.*": "`[health.thresholds.NAME]`",
    "models.*": "`[models.NAME]`",
    "models.*.price": "`[models.NAME.price]`",
    "capabilities": "`[capabilities]`",
    "capabilities.verbs.*": "`[capabilities.verbs.NAME]`",
    "capabilities.ceilings": "`[[capabilities.ceilings]]`",
    "capabilities.approvers": "`[[capabilities.approvers]]`",
    "capabilities.rules": "`[[capabilities.rules]]`",
    "capabilities.rules.schedule": "`[capabilities.rules.schedule]`",
}
CAPABILITIES = """
[[loans]]
lender = "alice"
borrower = "bob"
principal = 1
period = "1d"
[[loans.collateral]]
[health.thresholds.gini]
[exchange.markets.cpu_rate]
[capabilities.verbs."agent.spawn"]
[[capabilities.ceilings]]
[[capabilities.approvers]]
user = "kim"
[[capabilities.rules]]
name = "r"
effect = "ask"
[memory.vectors]
model = "fast"
[mint.llm]
model = "fast"
[models.fast]
model = "openai/small"
price = { input = 1, output = 1 }
"""
WORDS = ("*required*", "*none*", "all defaults")
KEYS = list(every_key(World))


def section(heading: str) -> str:
    """The text under a heading."""
    (found,) = re.findall(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    return str(found)


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading by what stands in their first cell."""
    cells = [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in re.findall(r"^\| `.*\|$", section(heading), re.MULTILINE)
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def value(cell: str) -> object:
    """What a cell of TOML in backticks says."""
    assert cell.startswith("`")
    assert cell.endswith("`")
    return tomllib.loads(f"value = {cell.strip('`')}")["value"]


def default(model: type[BaseModel], key: str) -> str | object:
    """A key's default as the file would write it, or the word for having none."""
    info, annotation = model.model_fields[key], fields(model)[key]
    if info.is_required():
        return "*required*"
    written = plain(info.get_default(call_default_factory=True), annotation)
    if written is None:
        return "*none*"
    return "all defaults" if is_section(annotation) else written


@pytest.mark.parametrize(("table", "model", "key"), KEYS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_key_is_documented_with_type_default_and_meaning(table: str, model: type[BaseModel], key: str) -> None:
    kind, documented, meaning, _ = rows(HEADINGS[table])[key]
    assert kind
    assert meaning
    expected = default(model, key)
    assert (documented if documented in WORDS else value(documented)) == expected


def test_nothing_is_documented_that_is_not_there() -> None:
    documented = {(table, key) for table, heading in HEADINGS.items() for key in rows(heading)}
    assert documented == {(table, key) for table, _, key in KEYS}


@pytest.mark.parametrize(("table", "model", "key"), KEYS, ids=lambda part: part if isinstance(part, str) else "")
def test_every_example_is_a_value_its_key_takes(table: str, model: type[BaseModel], key: str) -> None:
    kind, _, _, example = rows(HEADINGS[table])[key]
    annotation = fields(model)[key]
    if not example:
        inner = child(annotation, "*") if kind == "table of tables" else child(annotation, 0) or annotation
        assert is_section(inner), f"{key} is no table, so it can have an example"
        return
    # Each example is put where the key stands, in a world that has one of everything.
    document: Any = tomllib.loads(SMALL + CAPABILITIES)
    node = document
    for part in table.split(".") if table else []:
        node = next(iter(node.values())) if part == "*" else node.setdefault(part, {})
        node = node[0] if isinstance(node, list) else node
    node[key] = value(example)
    World.model_validate(document)


def test_the_example_world_has_no_problems() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    loaded = load_text(text, "docs/worlds.md")
    assert parse_world(to_toml(loaded.world)) == loaded.world


def test_every_mind_is_documented_with_its_parameters_and_their_defaults() -> None:
    documented = rows("Minds")
    assert list(documented) == sorted(MINDS)
    told: dict[str, dict[str, object]] = {}
    for name, (_, parameters) in documented.items():
        told[name] = {}
        for cell in re.findall(r"`([^`]*)`", parameters):
            absent = "*none*" if cell.endswith("?") else "*required*"
            told[name] |= tomllib.loads(cell) if "=" in cell else {cell.rstrip("?"): absent}
    models = {name: kind.params for name, kind in MINDS.items()}
    assert told == {name: {key: default(model, key) for key in model.model_fields} for name, model in models.items()}


def test_the_options_in_the_text_work_on_the_bundled_world() -> None:
    sets = re.findall(r"--set (?:'([^']+)'|(\S+))", section("Changing a setting for one run").split("```")[1])
    assignments = [quoted or bare for quoted, bare in sets]
    assert len(assignments) == 5
    bazaar = (DOCS.parents[1] / "worlds" / "bazaar.toml").read_text(encoding="utf-8")
    for assignment in assignments:
        load_text(bazaar, "bazaar.toml", sets=[assignment])
