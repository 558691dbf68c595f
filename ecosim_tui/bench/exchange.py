"""How many orders a second the exchange takes through `Physics.perform`: checked, matched, settled, held, committed."""

import random
from collections import deque
from collections.abc import Coroutine
from statistics import median
from time import perf_counter
from typing import Any

from ecosim_tui.bench.book import orders_per_second as book_orders_per_second
from ecosim_tui.bench.figures import Found
from engine.capabilities.policy import Policy
from engine.genesis import exchange
from engine.genesis.base import Registry
from engine.genesis.contracts import CONTRACTS, FREEWARE
from engine.genesis.markets import open_markets
from engine.kernel import ledger
from engine.kernel.access import AccessControl
from engine.kernel.actions import Action, Invoke, Physics
from engine.kernel.entities import SCRIP, SECOND, Artifact, Asset, AssetKind, Market
from engine.kernel.errors import Refusal
from engine.kernel.state import State

_AGENTS = [f"agent_{n}" for n in range(200)]
_CPU = "cpu_rate"


def measure(short: bool) -> Found:
    """Orders a second through the whole physics against the bare book."""
    n, repeats = (500, 1) if short else (20_000, 3)
    whole = median(orders_per_second(n) for _ in range(repeats))
    return {"exchange": (whole, median(book_orders_per_second(n) for _ in range(repeats)))}


def _world() -> tuple[State, Physics]:
    """A state with an exchange, one instrument and two hundred funded principals, and the physics over it."""
    state = State()
    market = exchange.make(Policy())
    tx = state.begin(0, ("genesis",))
    tx.put(state.assets, Asset(SCRIP, AssetKind.SCRIP, "scrip", True, 0, None))
    tx.put(state.assets, Asset(_CPU, AssetKind.RENEWABLE, "CPU-µs", True, 60 * SECOND, None))
    access = (FREEWARE,)
    tx.put(
        state.artifacts,
        Artifact(market.id, "genesis", "genesis", market.id, access, False, True, 0, 0, 0, 1, None, None, {}),
    )
    for agent in _AGENTS:
        for asset in (SCRIP, _CPU):
            ledger.issue(tx, asset, agent, 10**12, "genesis")
    open_markets(tx, {_CPU: Market(_CPU)})
    tx.commit()
    return state, Physics(AccessControl(CONTRACTS), Registry([market]), {})


def _stream(n: int, seed: int) -> list[tuple[str, Action]]:
    """n orders by whom: about 60 % quote behind a mid price that wanders, 30 % cross it, 10 % are market orders."""
    rng = random.Random(seed)
    mid = 10_000
    stream: list[tuple[str, Action]] = []
    for _ in range(n):
        mid = max(1_000, mid + rng.choice((-1, 0, 0, 1)))
        side = rng.choice(("buy", "sell"))
        away = -1 if side == "buy" else 1
        draw = rng.random()
        terms: dict[str, Any] = {"instrument": _CPU, "side": side, "quantity": rng.randint(1, 20)}
        if draw >= 0.9:
            terms["kind"] = "market"
        elif draw >= 0.6:
            terms["limit"] = mid - away * int(rng.expovariate(0.5))
        else:
            terms["limit"] = mid + away * int(1 + rng.expovariate(0.15))
        stream.append((rng.choice(_AGENTS), Invoke(exchange.ID, "place", terms)))
    return stream


def _perform(state: State, physics: Physics, at: int, actor: str, action: Action) -> dict[str, Any]:
    tx = state.begin(at, ("step", actor))
    work: Coroutine[Any, Any, Any] = physics.perform(tx, actor, action)
    try:
        work.send(None)
    except StopIteration as done:
        if isinstance(done.value, Refusal):
            raise RuntimeError(f"an order was refused: {done.value}") from None
        tx.commit()
        result: dict[str, Any] = done.value
        return result
    raise RuntimeError("the exchange waits for nothing")


def orders_per_second(n: int = 20_000, seed: int = 1, resting: int = 2_000) -> float:
    """Orders a second; the oldest of more than `resting` orders is cancelled along the way, and not counted."""
    state, physics = _world()
    stream = _stream(n, seed)
    placed: deque[int] = deque()
    start = perf_counter()
    for at, (actor, action) in enumerate(stream, 1):
        done = _perform(state, physics, at, actor, action)
        if done["resting"]:
            placed.append(done["order"])
        while len(placed) > resting:
            order = state.orders.rows.get(placed.popleft())
            if order is not None:
                _perform(state, physics, at, order.principal, Invoke(exchange.ID, "cancel", {"order": order.id}))
    took = perf_counter() - start
    ledger.check_conservation(state)
    return n / took
