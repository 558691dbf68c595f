"""What contracts that agents wrote cost: a check alone, many at once, in a busy economy, and while somebody attacks."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from ecosim_tui.bench.apart import apart
from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.stress import data_folder
from engine.kernel.access import Access
from engine.kernel.ask import Ask
from engine.kernel.transaction import Commit
from engine.runtime.collector import relaxed
from engine.runtime.engine import Engine, Options
from engine.runtime.runner import Limits
from engine.sandbox.client import BrokerSandbox
from engine.sandbox.types import Job, Kind, Turn
from engine.sandbox.types import Limits as CodeLimits
from engine.worldfile import LoadedWorld, sources
from engine.worldfile.loader import load_text

SOURCE = """
def check_permission(artifact_id, action, requester_id, context):
    return {"allowed": action == "write" and requester_id != "nobody", "reason": "anybody may write"}
"""
_ARGS = {"artifact_id": "data.1", "action": "write", "requester_id": "writer_1", "context": {}}


def measure(short: bool) -> Found:
    """µs per check that the sandbox decides, and that is kept; checks a second of many at once; against a raw call."""
    rounds = 200 if short else 3_000
    raw = apart("raw_sandbox:measure", calls=rounds)
    found = asyncio.run(_measure(rounds, 500 if short else 10_000))
    return {
        "contract.uncached": (found["uncached"], raw["micros"]),
        "contract.kept": (found["kept"], raw["micros"]),
        "contract.batched": (found["batched"], 1e6 / raw["micros"]),
    }


async def _measure(rounds: int, many: int) -> dict[str, float]:
    engine = Engine.in_memory(_guarded(10, "none"), Options())
    keeping = Engine.in_memory(_guarded(10, "kept"), Options(sandbox=engine.runs.sandbox))
    try:
        _checks(engine, 50)
        with relaxed():  # as a world runs
            uncached = median(_checks(engine, rounds // 5) for _ in range(5))
            _checks(keeping, 1)
            kept = median(_checks(keeping, rounds, 10) for _ in range(5))
        return {"uncached": uncached, "kept": kept, "batched": _batched(many)}
    finally:
        await engine.close()


def _checks(engine: Engine, rounds: int, each: int = 1) -> float:
    """µs for one check, `each` of them in one transaction."""
    state = engine.machine.state
    access, sandbox = engine.machine.stepper.physics.access, engine.runs.sandbox
    row = state.artifacts.rows["page"]
    start = perf_counter()
    for _ in range(rounds):
        tx = state.begin(state.now, ("step", "writer_1"))
        for _ in range(each):
            refused = _driven(access.refuse(tx, row, Access.WRITE, "writer_1"), sandbox)
            if refused is not None:
                raise RuntimeError(f"the check said no: {refused}")
        tx.meter = None  # as at the end of a step
    return (perf_counter() - start) / rounds / each * 1e6


def _warm(engine: Engine) -> None:
    """Have the sandbox run something, so that it has started before anything is measured."""
    job = Job(Kind.DEFINE, SOURCE, "", {}, {}, 0, "")
    future = engine.runs.sandbox.ask(Turn(job, job.digest()))
    while not future.done():
        engine.runs.sandbox.wait(1.0)


def _driven(work: Coroutine[Any, Any, Any], sandbox: Any) -> Any:
    """The result of work that asks the sandbox, without the event loop."""
    answer = None
    while True:
        try:
            ask: Ask = work.send(answer)
        except StopIteration as done:
            return done.value
        future: Any = ask.answer() if callable(ask.answer) else ask.answer
        while not future.done():
            sandbox.wait(1.0)
        answer = future.result()


def _batched(many: int) -> float:
    """Checks a second of one contract that are all due at once."""
    sandbox = BrokerSandbox(CodeLimits())
    try:
        sandbox.start()
        rates = []
        for _ in range(4):
            jobs = [Job(Kind.CONTRACT, SOURCE, "check_permission", _ARGS, {"self_id": "c"}, n, "") for n in range(many)]
            start = perf_counter()
            asked = [sandbox.ask(Turn(job, job.digest())) for job in jobs]
            while not asked[-1].done():
                sandbox.wait(1.0)
            rates.append(many / (perf_counter() - start))
        return median(rates[1:])
    finally:
        sandbox.close()


# -- in an economy -----------------------------------------------------------------------------------------------------


def economy(short: bool) -> Found:
    """Actions a second where a tenth of them passes a contract of an agent's, and how long such a check then takes."""
    agents, actions, repeats = (100, 1_500, 1) if short else (1_000, 30_000, 3)
    runs: dict[str, list[dict[str, Any]]] = {"none": [], "kept": [], "": []}
    for _ in range(repeats):
        for policy, found in runs.items():
            with data_folder() as folder:
                path = str(Path(folder, "run.db"))
                found.append(apart("contracts:drive", path=path, agents=agents, actions=actions, policy=policy))
    plain = median(run["rate"] for run in runs[""])
    return {
        "contract.economy": (median(run["rate"] for run in runs["none"]), plain),
        "contract.economy.kept": (median(run["rate"] for run in runs["kept"]), plain),
        "contract.loaded": (median(run["p95"] for run in runs["none"]), median(run["p50"] for run in runs["none"])),
    }


def drive(path: str, agents: int, actions: int, policy: str) -> dict[str, float]:
    """Run a busy economy, a tenth of it under a contract with a cache policy (empty: none of it)."""
    return asyncio.run(_drive(Path(path), agents, actions, policy))


async def _drive(path: Path, agents: int, actions: int, policy: str) -> dict[str, float]:
    engine = await Engine.create(_guarded(agents, policy), path, Options(limits=Limits(actions=actions)))
    _warm(engine)
    taken: list[float] = []
    ask = engine.runs.sandbox.ask

    def timed(turn: Turn) -> "asyncio.Future[Any]":
        start = perf_counter()
        future = ask(turn)
        began.append((start, future))
        return future

    began: list[tuple[float, asyncio.Future[Any]]] = []
    engine.runs.sandbox.ask = timed  # type: ignore[method-assign]

    def follow(commit: Commit) -> None:
        now = perf_counter()
        while began and began[0][1].done():
            taken.append((now - began.pop(0)[0]) * 1e6)

    engine.followers.append(follow)
    start = perf_counter()
    try:
        await engine.run()
        rate = engine.machine.tally.actions / (perf_counter() - start)
    finally:
        await engine.close()
    cuts = quantiles(taken, n=20) if len(taken) > 1 else [0.0] * 19
    return {"rate": rate, "p95": cuts[-1], "p50": cuts[9]}


def attack(short: bool) -> Found:
    """The longest real time between two actions of citizens while somebody runs endless loops, in ms; and without."""
    steps = 40 if short else 400
    return {"contract.attack": (asyncio.run(_attack(steps, True)), asyncio.run(_attack(steps, False)))}


async def _attack(steps: int, attacked: bool) -> float:
    engine = Engine.in_memory(_besieged(attacked), Options(limits=Limits(actions=steps)))
    gaps: list[float] = []
    last = perf_counter()

    def follow(commit: Commit) -> None:
        nonlocal last
        if commit.cause[0] == "step" and commit.cause[1] != "eve":
            now = perf_counter()
            gaps.append((now - last) * 1_000)
            last = now

    engine.followers.append(follow)
    try:
        _warm(engine)
        await engine.run()
    finally:
        await engine.close()
    return max(gaps[5:])


# -- worlds ------------------------------------------------------------------------------------------------------------


def _guarded(agents: int, policy: str) -> LoadedWorld:
    """The busy world, a tenth of its agents writing under a contract with this cache policy (none without one)."""
    text = sources.read("stress").text
    if not policy:
        return load_text(text, "stress", agents=agents)
    kept = '"none"' if policy == "none" else "{ context = false }"
    guarded = f"""{text}
[[artifacts]]
id = "guard"
owner = "payer_1"
executable = true
interface = {{ contract = {{ cache_policy = {kept} }} }}
content = '''{SOURCE}'''

[[artifacts]]
id = "page"
owner = "payer_1"
access = ["guard"]
content = "x"

[[agents]]
id = "guarded"
count = 111
mind = "busy"
params = {{ pattern = "write", access = "guard" }}
think_delay = "1s"
assets = {{ cpu_rate = 1_000_000, disk = 10_000 }}
"""
    return load_text(guarded, "guarded", agents=agents)


def _besieged(attacked: bool) -> LoadedWorld:
    eve = """
[[artifacts]]
id = "loop"
owner = "eve"
executable = true
content = "def run(**args):\\n    while True: pass\\n"
interface = { tools = [{ name = "run", inputSchema = { type = "object" } }] }

[[agents]]
id = "eve"
mind = "program"
think_delay = "1s"
assets = { cpu_rate = 100_000_000, disk = 10_000 }
params.source = 'act({"action": "invoke", "artifact": "loop", "method": "run", "args": {}})'
"""
    return load_text(sources.read("stress").text + (eve if attacked else ""), "besieged", agents=20)
