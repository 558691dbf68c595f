"""What a call of a model costs in CPU beside the model: in the engine's process and in the one that asks."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time

import psutil

from ecosim_tui.bench.apart import MeasurementFailed, apart, environment, module
from ecosim_tui.bench.figures import Found
from engine.models.client import Models
from engine.models.types import Answer, Message, ModelSpec, Request

_TEXT = "something to think about " * 30


def measure(short: bool) -> Found:
    """CPU ms per call, in both processes together and in the engine's alone, against a bare call of LiteLLM."""
    calls = 50 if short else 500
    with server("model_server") as base:
        raw = apart("raw_model:measure", base=base, calls=calls, text=_TEXT)["millis"]
        both, ours = asyncio.run(_measure(base, calls))
    return {"models.call": (both, raw), "models.call.engine": (ours, raw)}


async def _measure(base: str, calls: int) -> tuple[float, float]:
    models = Models([ModelSpec("bench", "openai/bench", api_base=base)])
    request = Request("bench", (Message("user", _TEXT),))
    try:
        await models.describe()
        for _ in range(10):
            await models.complete(request)
        process = psutil.Process(models.pid)
        theirs, start = cpu_of(process), process_time()
        for _ in range(calls):
            outcome = await models.complete(request)
            if not isinstance(outcome, Answer):
                raise MeasurementFailed(outcome.said)
        ours = (process_time() - start) / calls * 1e3
        return ours + (cpu_of(process) - theirs) / calls * 1e3, ours
    finally:
        models.close()


def cpu_of(process: psutil.Process) -> float:
    """Seconds of CPU that a process has taken."""
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def server(name: str, *args: str) -> Iterator[str]:
    """The address of a server of models, a module of this package, in a process of its own."""
    command = [*module(f"ecosim_tui.bench.{name}"), *args]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    try:
        if process.stdout is None:
            raise MeasurementFailed("the server has no output")
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.communicate()
