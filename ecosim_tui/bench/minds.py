"""What it takes that agents think with language models: tokens and CPU by thought, and the screen while many wait."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any
from urllib.request import ProxyHandler, build_opener

import orjson
import psutil

from ecosim_tui.bench.apart import MeasurementFailed, module
from ecosim_tui.bench.console import cursor
from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.models import cpu_of, server
from ecosim_tui.bench.stress import data_folder
from ecosim_tui.bench.terminal import Terminal
from ecosim_tui.bench.village_server import PRICE
from engine.kernel.entities import SECOND
from engine.kernel.transaction import Commit
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.worldfile import load_world

_MINUTE = 60 * SECOND
_AGENTS_HEAD = "used of allowed"
_WORLD = """
format = 1
[world]
name = "waiting"
[models.slow]
model = "openai/slow"
api_base = "{base}"
concurrency = 1000
timeout = "300s"
deadline = "600s"
max_tokens = 300
[assets.cpu_rate]
kind = "renewable"
window = "60s"
[assets.disk]
kind = "allocatable"
[[agents]]
id = "thinker"
count = {agents}
mind = "llm"
prompt = "You are a merchant."
params = {{ model = "slow", max_tokens = 300 }}
think_delay = "1s"
scrip = 100
assets = {{ cpu_rate = 100000000, disk = 100000 }}
"""


def village(short: bool) -> Found:
    """Tokens of the prompts of `village` as OpenAI's tokenizer counts them, CPU and pace of its thoughts."""
    lived = asyncio.run(live(3 if short else 60))
    whole = [fixed + rest for fixed, rest, _, _ in lived["prompts"]]
    guessed = [guess for *_, guess in lived["prompts"]]
    count = lived["thoughts"]
    return {
        "minds.tokens": (quantiles(whole, n=20)[-1], quantiles(guessed, n=20)[-1]),
        "minds.thought": (lived["engine"] / count * 1e3, lived["models"] / count * 1e3),
        "minds.thoughts": (count / lived["seconds"], count / lived["models"] if lived["models"] else None),
    }


async def live(minutes: int) -> dict[str, Any]:
    """So many minutes of `village` with a model that answers at once: what it was asked, and the CPU that took."""
    with server("village_server") as base, tempfile.TemporaryDirectory() as folder:
        sets = ("models.villager.model=openai/v", f"models.villager.api_base={base}", f"models.villager.price={PRICE}")
        money = ("assets.llm_budget.limit=1_000_000_000_000",)
        loaded = load_world("village", sets=(*sets, *money))
        options = Options(None, Limits(duration=_MINUTE), "policy")
        engine = await Engine.create(loaded, Path(folder, "village.db"), options)
        thoughts = 0

        def follow(commit: Commit) -> None:
            nonlocal thoughts
            thoughts += commit.cause[0] == "answered"

        engine.followers.append(follow)
        try:
            await engine.run()
            process = psutil.Process(engine.models.client.pid)
            thoughts, began = 0, (process_time(), cpu_of(process), perf_counter())
            engine.runner.limits = Limits(duration=(1 + minutes) * _MINUTE)
            await engine.run()
            took = process_time() - began[0], cpu_of(process) - began[1], perf_counter() - began[2]
        finally:
            await engine.close()
        told = tally(base)
    if not thoughts or not told["prompts"]:
        raise MeasurementFailed("nobody in the village has thought")
    about = {"thoughts": thoughts, "engine": took[0], "models": took[1], "seconds": took[2]}
    return {**about, "prompts": told["prompts"], "most_at_once": told["most_at_once"], "minutes": minutes}


def tally(base: str) -> dict[str, Any]:
    """What a server of villagers has counted."""
    with build_opener(ProxyHandler({})).open(base + "/tally", timeout=30) as answer:
        found: dict[str, Any] = orjson.loads(answer.read())
    return found


def waiting(short: bool) -> Found:
    """Key to paint and memory of the console while hundreds of agents wait for slow answers."""
    agents, presses, seconds, slow = (40, 10, 2.0, "2") if short else (500, 100, 60.0, "5")
    with server("village_server", slow) as base, data_folder() as folder:
        world = Path(folder, "waiting.toml")
        world.write_text(_WORLD.format(base=base, agents=agents), encoding="utf-8")
        run = ["run", str(world), "--db", str(Path(folder, "run.db"))]
        with Terminal([*module("ecosim_tui"), *run], XDG_DATA_HOME=folder) as terminal:
            terminal.until(lambda cells: "RUNNING" in cells)
            terminal.press("2")
            terminal.until(lambda cells: _AGENTS_HEAD in cells)
            _until(terminal, base, lambda told: told["answers"] > 2 * agents)
            before = terminal.resident()
            keys = cursor(terminal, presses)
            terminal.watch(seconds)
            after = terminal.resident()
            terminal.press(" ")
            terminal.until(lambda cells: "PAUSED" in cells)
            terminal.watch(1.0)
            at_rest = cursor(terminal, presses)
    return {"minds.key_to_paint": (keys, at_rest), "minds.memory": (after / 1e6, before / 1e6)}


def _until(terminal: Terminal, base: str, there: Callable[[dict[str, Any]], bool]) -> None:
    """Read on until the server has counted as much; raises TimeoutError if it never does."""
    end = perf_counter() + 180
    while not there(told := tally(base)):
        if perf_counter() > end:
            raise TimeoutError(f"so many never waited: {told['answers']} answers, {told['under_way']} under way")
        terminal.watch(0.5)
