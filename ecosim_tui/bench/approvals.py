"""How soon an operator's decision holds: from the command to a use that is allowed, or refused, on disk by then."""

import asyncio
import random
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from ecosim_tui.bench.figures import Found
from ecosim_tui.bench.stress import begin, data_folder
from engine.capabilities import grants, requests
from engine.capabilities.grants import Origin, Use
from engine.capabilities.policy import Policy
from engine.capabilities.requests import Ask
from engine.capabilities.terms import Terms
from engine.genesis.catalogue import policy_of
from engine.kernel.entities import Artifact, Request
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.operator import Approve, PauseWorld, ResumeWorld, RevokeGrant, SetApprovals
from engine.runtime.engine import Engine
from engine.runtime.runner import Limits

VERB = "message.broadcast"
ASKER = "payer_1"
OPERATOR = "operator:bench"


def measure(short: bool) -> Found:
    """The 95th percentiles under load against the same while the world is paused, in ms."""
    agents, rounds = (200, 10) if short else (1_000, 150)
    with data_folder() as folder:
        busy, still = asyncio.run(_measure(Path(folder, "run.db"), agents, rounds))
    return {"decision": (busy[0], still[0]), "revocation": (busy[1], still[1])}


async def _measure(path: Path, agents: int, rounds: int) -> tuple[tuple[float, float], tuple[float, float]]:
    engine = await begin(path, agents, Limits())
    running = asyncio.ensure_future(engine.run())
    try:
        await engine.command(SetApprovals("ask"))
        await asyncio.sleep(0.5)  # first steps are no load yet
        busy = await _rounds(engine, rounds)
        await engine.command(PauseWorld())
        still = await _rounds(engine, rounds)
        await engine.command(ResumeWorld())
    finally:
        engine.runner.stop("measured")
        await running
        await engine.close()
    return busy, still


async def _rounds(engine: Engine, rounds: int) -> tuple[float, float]:
    rng = random.Random(rounds)
    policy = policy_of(engine.world)
    decided, revoked = [], []
    for number in range(rounds):
        asked = _asked(engine, policy, f"topic{number}")
        # Not in step with the groups of the journal.
        await asyncio.sleep(rng.uniform(0.005, 0.02))
        before = perf_counter()
        await engine.command(Approve(asked.id), OPERATOR)
        _must(_refused(engine, policy, asked.resource) is None, "an approved use was refused")
        decided.append((perf_counter() - before) * 1000)
        grant = engine.machine.state.requests.rows[asked.id].grant or 0
        await asyncio.sleep(rng.uniform(0.005, 0.02))
        before = perf_counter()
        await engine.command(RevokeGrant(grant), OPERATOR)
        _must(_refused(engine, policy, asked.resource) is not None, "a use was allowed after its grant was revoked")
        revoked.append((perf_counter() - before) * 1000)
    return quantiles(decided, n=20)[-1], quantiles(revoked, n=20)[-1]


def _asked(engine: Engine, policy: Policy, topic: str) -> Request:
    """A new request of the asker, as its own step would make it."""
    tx = engine.machine.state.begin(engine.machine.state.now, ("step", ASKER))
    made = requests.ask(tx, policy, ASKER, Ask(VERB, topic, uses=10))
    if isinstance(made, Refusal):
        raise RuntimeError(made.message)
    engine.machine.commit(tx)
    return made


def _refused(engine: Engine, policy: Policy, topic: str) -> Refusal | None:
    """Why the asker cannot use the capability now; nothing comes of the trial."""
    tx = engine.machine.state.begin(engine.machine.state.now, ("step", ASKER))
    return grants.use(tx, policy, ASKER, Use(VERB, topic))


def _must(so: bool, otherwise: str) -> None:
    if not so:
        raise RuntimeError(otherwise)


def use(short: bool) -> Found:
    """µs for finding the grant that covers a use, and for an ungated verb."""
    checks = 2_000 if short else 50_000
    policy, state = Policy(), State()
    tx = state.begin(0, ("genesis",))
    row = Artifact("ann", "agent", "ann", "ann", ("genesis_self_owned",), True, True, 0, 0, 0, 1, None, None, {})
    tx.put(state.artifacts, row)
    made = grants.give(
        tx, policy, "ann", VERB, Terms(uses=10**9, ttl=10**15, quota={"bytes": 10**15}), Origin(OPERATOR)
    )
    if isinstance(made, Refusal):
        raise RuntimeError(made.message)
    tx.commit()
    gated, free = Use(VERB, "news", {"bytes": 10}), Use("exchange.trade", "cpu_rate")
    found = _micros(state, checks, lambda tx: grants.covering(tx, "ann", gated))
    return {"capability": (found, _micros(state, checks, lambda tx: grants.use(tx, policy, "ann", free)))}


def _micros(state: State, checks: int, check: Any, repeats: int = 5) -> float:
    """The median over repeats; a new transaction for every ten checks, as with those of access."""
    taken = []
    for _ in range(repeats):
        begun = [state.begin(1, ("step", "ann")) for _ in range(max(1, checks // 10 // repeats))]
        start = perf_counter()
        for tx in begun:
            for _ in range(10):
                check(tx)
        taken.append((perf_counter() - start) / len(begun) / 10 * 1e6)
    return median(taken)
