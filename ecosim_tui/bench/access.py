"""What it costs to ask whether somebody may do something to an artifact."""

from statistics import median
from time import perf_counter
from typing import Any

from ecosim_tui.bench.figures import Found
from engine.genesis.contracts import CONTRACTS, PRIVATE
from engine.kernel.access import ALLOWED, Access, AccessControl, Question, Ruling
from engine.kernel.entities import Artifact
from engine.kernel.state import State
from engine.kernel.transaction import Transaction

_OWN = "contract.1"


class _Runner:
    """Stands in for the sandbox: a contract that looks at two rows and agrees."""

    async def __call__(self, tx: Transaction, contract: Artifact, question: Question) -> Ruling:
        tx.get(tx.state.artifacts, question.artifact.id)
        tx.get(tx.state.agents, question.requester)
        return Ruling(ALLOWED)


async def _nothing(tx: Transaction, artifact: Artifact, action: Access, requester: str) -> None:
    return None


def measure(short: bool) -> Found:
    """µs per check by a genesis contract and by a kept verdict, against calling a coroutine that does nothing."""
    checks = 2_000 if short else 100_000
    state = State()
    control = AccessControl(CONTRACTS, _Runner())
    tx = state.begin(0, ("genesis",))
    artifacts = {access: _artifact(f"data.{access}", access) for access in (PRIVATE, _OWN)}
    for row in (*artifacts.values(), _artifact(_OWN, PRIVATE, can_execute=True)):
        tx.put(state.artifacts, row)
    tx.commit()
    bare = _micros(_nothing, state, artifacts[PRIVATE], checks)
    found: Found = {
        "access.native": (_micros(control.refuse, state, artifacts[PRIVATE], checks), bare),
        "access.cached": (_micros(control.refuse, state, artifacts[_OWN], checks), bare),
    }
    if control.hits < checks - 1:
        raise RuntimeError("the verdict was not kept, so it was not measured")
    return found


def _artifact(id_: str, access: str, can_execute: bool = False) -> Artifact:
    return Artifact(id_, "data", "alice", "alice", (access,), False, can_execute, 0, 0, 0, 1, None, None, {})


def _micros(ask: Any, state: State, artifact: Artifact, checks: int, repeats: int = 5) -> float:
    """The median over repeats; a new transaction for every ten checks, as steps have them."""
    taken = []
    for _ in range(repeats):
        begun = [state.begin(1, ("step", "alice")) for _ in range(max(1, checks // 10 // repeats))]
        start = perf_counter()
        for tx in begun:
            for _ in range(10):
                try:
                    ask(tx, artifact, Access.WRITE, "alice").send(None)
                except StopIteration as done:
                    if done.value is not None:
                        raise RuntimeError(f"the check said no: {done.value}") from None
        taken.append((perf_counter() - start) / len(begun) / 10 * 1e6)
    return median(taken)
