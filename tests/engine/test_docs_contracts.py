"""docs/contracts.md can be typed as it stands: its files make worlds, its commands print what the page says."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from engine.code.interface import _NOT_HERE, MAX_SCHEMA, MAX_TOOLS, ContractPart, CostModel
from engine.code.programs import MOST_BYTES, MOST_REPLIES
from engine.kernel.access import MAX_DEPTH
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.sandbox.plain import MAX_DEPTH as MAX_NESTED
from engine.sandbox.types import HOST_FUNCTIONS, MAX_SOURCE, Kind
from engine.sandbox.types import Limits as CodeLimits
from engine.worldfile.loader import load_text
from tests.engine.living import remembered_by
from tests.engine.runtime.worlds import HEAD

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w* ?[\w.]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SQLITE = """\
#!{python}
import sqlite3, sys
*options, path, query = sys.argv[1:] if not sys.argv[-1].endswith(".db") else [*sys.argv[1:], sys.stdin.read()]
cursor = sqlite3.connect("file:" + path + "?mode=ro", uri=True).execute(query)
if "-header" in options:
    names = [column[0] for column in cursor.description]
    print(*names, sep="  ")
    print(*["-" * len(name) for name in names], sep="  ")
for row in cursor:
    print(*["" if cell is None else cell for cell in row], sep="  ")
"""


@dataclass(frozen=True)
class Walk:
    """The page as one walks it: files that grow, and commands with what they print."""

    printed: list[tuple[str, str, str]]


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    place = tmp_path_factory.mktemp("walk")
    tools = place / "bin"
    tools.mkdir()
    _program(tools / "sqlite3", SQLITE.format(python=sys.executable))
    _program(tools / "ecosim", f'#!/bin/sh\nexec {sys.executable} -m ecosim_tui "$@"\n')
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    printed = []
    for label, body in BLOCK.findall(TEXT):
        _, _, name = label.partition(" ")
        if name:
            path = place / name
            path.write_text((path.read_text() + "\n" if path.exists() else "") + body)
        elif not label and body.startswith("$ "):
            for command, said in _commands(body):
                done = subprocess.run(
                    command, shell=True, cwd=place, env=environment, capture_output=True, text=True, timeout=100
                )
                printed.append((command, said, done.stdout + done.stderr))
    return Walk(printed)


def _program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _commands(block: str) -> list[tuple[str, str]]:
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def _story(printed: str) -> list[str]:
    """Lines without their columns' widths, and without what is another figure each time."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    lines = [line for line in lines if not re.fullmatch(r"[- ]+", line)]
    lines = [re.sub(r"in [\d.]+ s$|\([\d,]+/s\)|[\d,]+ bytes$", "", line) for line in lines]
    return [line for line in lines if not line.startswith("hash")]


def test_what_the_page_says_is_printed_is_printed(walk: Walk) -> None:
    assert len(walk.printed) > 8
    for command, said, printed in walk.printed:
        assert (command, _story(printed)) == (command, _story(said))


def test_the_world_that_the_page_builds_has_no_problems() -> None:
    parts = [body for label, body in BLOCK.findall(TEXT) if label == "toml room.toml"]
    assert load_text("\n".join(parts), "room.toml").world.world.name == "room"


MISTAKES = re.findall(r"^\| `(\{.*\})` \| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE)


async def test_mistakes_are_refused_as_the_page_says() -> None:
    written = [{"action": "write", "can_execute": True, **orjson.loads(mistake)} for mistake, _, _ in MISTAKES]
    assert len(written) >= 10
    source = """
import json
told = [act(action) for action in json.loads(args["written"])]
remember("told", told)
sleep(10**12)
"""
    args = orjson.dumps(orjson.dumps(written).decode()).decode()
    agent = f"""
[[agents]]
id = "ann"
mind = "program"
think_delay = "1s"
assets = {{ cpu_rate = 2_000_000, disk = 20_000 }}
[agents.params]
source = '''{source}'''
args = {{ written = {args} }}
"""
    engine = Engine.in_memory(load_text(HEAD + agent, "ann.toml"), Options(limits=Limits(duration=60_000_000)))
    try:
        await engine.run()
        told = remembered_by(engine.machine.state, "ann")["told"]
    finally:
        await engine.close()
    for answer, (mistake, code, because) in zip(told, MISTAKES, strict=True):
        assert (mistake, answer["refused"]) == (mistake, code)
        assert because in answer["message"]


def test_functions_keys_and_limits_are_those_of_the_code() -> None:
    for kind in (Kind.CONTRACT, Kind.TOOL, Kind.PROGRAM):
        for name in HOST_FUNCTIONS[kind]:
            assert re.search(rf"^\| .*`{name}\(", TEXT, re.MULTILINE), name
    for word in _NOT_HERE:
        assert f"`{word}`" in TEXT
    models = set(CostModel.__args__)  # type: ignore[attr-defined]
    assert set(re.findall(r"^\| `(\w+_pays|split)` \|", TEXT, re.MULTILINE)) == models
    assert "`{ ttl = 1, context = true }`" in TEXT
    assert ContractPart().model_dump() == {"cost_model": "invoker_pays", "cache_policy": {"ttl": 1, "context": True}}
    usual = CodeLimits()
    assert (
        f"{usual.time // 1_000} ms, {usual.memory // 1_000_000} MB, functions {usual.depth} deep, "
        f"{usual.host_calls} calls of the world's functions, {usual.output // 1_024} KiB"
    ) in TEXT
    assert f"{MAX_SOURCE:,} characters" in TEXT
    assert f"{MAX_TOOLS} at most" in TEXT
    assert f"{MAX_SCHEMA:,} bytes" in TEXT
    assert f"After {MOST_REPLIES:,}\nreplies or {MOST_BYTES // 1_000_000} MB" in TEXT
    assert f"{MAX_NESTED} levels deep" in TEXT
    assert MAX_DEPTH == 10
    assert "Contracts ask contracts ten deep" in TEXT
