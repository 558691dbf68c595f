"""Laws of the genesis artifacts under any sequence of actions, sensible or not, by anybody.

Sequences are drawn by seed rather than by Hypothesis, whose draws of this size hardly ever got as far as a trade.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from engine.capabilities.catalogue import VERBS
from engine.genesis import arbitration, assets, auctions, escrow, exchange, resolution
from engine.genesis.base import Method
from engine.genesis.scorer import Rules
from engine.kernel.actions import Action, Delete, Edit, Invoke, Read, Transfer, Write
from engine.kernel.codec import decode, encode
from engine.kernel.entities import SCRIP, SECOND
from tests.engine.genesis.tiny import AGENTS, Tiny, run

TURNS = 150
METHODS = [(a.id, m) for a in Tiny().registry.artifacts.values() for m in a.methods.values()]
MARKET = [(artifact, m) for artifact, m in METHODS if artifact in (exchange.ID, escrow.ID, resolution.ID, assets.ID)]
NUMBERS = [1, 1, 2, 3, 5, 8, 12, 21, 60, 900, 0]
EXTREMES = [2**53, 2**62, 2**63, 2**70, -1]
TEXTS = ["", "a", "one two three four five", '{"a": 1, "b": 2, "c": 3}', "\x1b[2J[/x]", "é" * 30]
IDS = [
    *(f"data.{n}" for n in range(1, 7)),
    *(AGENTS * 3),
    "pot.7",
    "pot.9",
    escrow.ID,
    resolution.ID,
    "genesis_public",
    "nothing",
    "",
]
NONSENSE: list[Any] = [None, True, "", "\u202e", 0.5, float("nan"), [1], {"a": []}, 2**70, -1]
FIELDS: dict[str, Sequence[Any]] = {
    "instrument": ["cpu_rate", "cpu_rate", "disk", "gold"],
    "asset": ["scrip", "cpu_rate", "disk", "llm_budget", "gold"],
    "side": ["buy", "sell"],
    "kind": ["limit", "limit", "market", "ioc", "fok", "post"],
    "tick": [1, 1, 1, 5],
    "lot": [1, 1, 1, 5],
    "name": ["pot", "handbook_mint", "No"],
    "verb": [*VERBS, "fly"],
    "mind": ["x"],
    "params": [{}],
    "endowment": [{}, {"scrip": 10}, {"scrip": 10, "disk": 500}, {"gold": 1}],
    "metadata": [{}, {"title": "T", "n": 3}],
    "access": [["genesis_public"], ["genesis_private"], ["genesis_freeware", "genesis_public"], ["no"], []],
    "type": ["data", "poem"],
    **dict.fromkeys(("artifact", "account", "principal", "buyer", "to", "controller"), IDS),
    **dict.fromkeys(("text", "content", "body", "topic", "memo", "key", "title", "prompt", "after"), TEXTS),
}
Turn = Callable[[Tiny, Random], None]


# -- turns ---------------------------------------------------------------------------------------------------------


def arguments(rng: Random, method: Method, sense: int) -> dict[str, Any]:
    """Arguments of which each makes sense in `sense` of 100 cases, with some left out and sometimes one too many."""
    args: dict[str, Any] = {}
    for name, field in method.args.model_fields.items():
        if rng.random() < (0.95 if field.is_required() else 0.4):
            sensible = FIELDS.get(name, NUMBERS if rng.random() < 0.9 else EXTREMES)
            args[name] = rng.choice(sensible if rng.randrange(100) < sense else NONSENSE)
    if rng.randrange(100) >= sense:
        args[rng.choice(["extra", "side", "amount"])] = rng.choice(NONSENSE)
    return args


def any_call(world: Tiny, rng: Random) -> None:
    artifact, method = rng.choice(METHODS)
    world.act(rng.choice(AGENTS), Invoke(artifact, method.name, arguments(rng, method, 99)))


def market_call(world: Tiny, rng: Random) -> None:
    artifact, method = rng.choice(MARKET)
    world.act(rng.choice(AGENTS), Invoke(artifact, method.name, arguments(rng, method, 100)))


def bare_action(world: Tiny, rng: Random) -> None:
    access = tuple(rng.choice([["genesis_public"], ["genesis_freeware"], ["genesis_private"]]))
    actions: list[Action] = [
        Write(rng.choice(TEXTS), access=access),
        Write(rng.choice(TEXTS), artifact=rng.choice(IDS)),
        Edit(rng.choice(IDS), "e", "ee"),
        Transfer(rng.choice(IDS), rng.choice(IDS)),
        Delete(rng.choice(IDS)),
        Read(rng.choice(IDS)),
    ]
    world.act(rng.choice(AGENTS), rng.choice(actions))


def order(world: Tiny, rng: Random) -> None:
    kind = rng.choice(["limit", "limit", "limit", "market", "ioc"])
    terms: dict[str, Any] = {"kind": kind, "side": rng.choice(["buy", "sell"]), "quantity": rng.randint(1, 30)}
    if kind != "market":
        terms["limit"] = rng.randint(1, 12)
    world.call(rng.choice(AGENTS), "genesis_exchange.place", instrument=rng.choice(["cpu_rate", "disk"]), **terms)


def cancel(world: Tiny, rng: Random) -> None:
    if world.state.orders.rows:
        row = rng.choice(list(world.state.orders.rows.values()))
        world.ok(row.principal, "genesis_exchange.cancel", order=row.id)


def asset(world: Tiny, rng: Random) -> None:
    """Make an asset, or issue, list or trade one that there is."""
    made = [row for row in world.state.artifacts.rows.values() if row.type == "asset"]
    if not made:
        world.ok("alice", "genesis_assets.create", name="gold", limit=1_000)
        return
    row, who = rng.choice(made), rng.choice(AGENTS)
    world.call(row.controller, "genesis_assets.issue", asset=row.id, amount=rng.randint(1, 99), to=who)
    world.call(row.controller, "genesis_exchange.open_market", asset=row.id)
    terms = {"side": rng.choice(["buy", "sell"]), "quantity": rng.randint(1, 30), "limit": rng.randint(1, 5)}
    world.call(who, "genesis_exchange.place", instrument=row.id, **terms)
    world.call(who, "genesis_assets.retire", asset=row.id, amount=rng.randint(1, 30))


def rare(world: Tiny, rng: Random) -> None:
    """What any call seldom comes to, the more methods there are."""
    who, to = rng.choice(AGENTS), rng.choice(AGENTS)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("genesis_agents.spawn", {"name": "kid", "mind": "x", "endowment": {"scrip": 10, "disk": 500}}),
        ("genesis_rights.create_account", {"name": "pot"}),
        ("genesis_rights.transfer_right", {"asset": "disk", "to": to, "amount": 5}),
    ]
    method, args = rng.choice(calls)
    world.call(who, method, **args)


def deposit(world: Tiny, rng: Random) -> None:
    artifact = rng.choice([*(row.id for row in world.state.artifacts.rows.values() if row.type == "data"), *AGENTS])
    world.call(world.controller(artifact), "genesis_escrow.deposit", artifact=artifact, price=rng.randint(1, 400))


def purchase(world: Tiny, rng: Random) -> None:
    if world.state.listings.rows:
        sale = rng.choice(list(world.state.listings.rows))
        world.call(rng.choice(AGENTS), "genesis_escrow.purchase", sale=sale)


def take_back(world: Tiny, rng: Random) -> None:
    if world.state.listings.rows:
        listing = rng.choice(list(world.state.listings.rows.values()))
        world.call(listing.seller, "genesis_escrow.cancel", sale=listing.id)


def sealed_bid(world: Tiny, rng: Random) -> None:
    rows = [row for row in world.state.artifacts.rows.values() if row.type == "data"]
    if rows:
        row = rng.choice(rows)
        world.call(row.controller, "genesis_mint.bid", artifact=row.id, amount=rng.randint(1, 60))


def withdraw(world: Tiny, rng: Random) -> None:
    if world.state.bids.rows:
        bid = rng.choice(list(world.state.bids.rows.values()))
        world.ok(bid.bidder, "genesis_mint.withdraw_bid", bid=bid.id)


def end_of_sales(world: Tiny, rng: Random) -> None:
    """Everything in escrow whose time has come ends, as the clock would have it."""
    world.now += 7 * SECOND
    tables = (world.state.listings, "expires_at", escrow.expire), (world.state.auctions, "ends_at", auctions.close)
    for table, at, end in (*tables, (world.state.arbitrations, "decide_by", arbitration.lapse)):
        due = [sale for sale, row in table.rows.items() if (getattr(row, at) or world.now + 1) <= world.now]
        for sale in due:
            tx = world.begin()
            end(tx, sale)
            world.commit(tx)


def resolved(world: Tiny, rng: Random) -> None:
    world.now += 60 * SECOND
    tx = world.begin()
    run(resolution.resolve(tx, world.world.mint, Rules()))
    world.commit(tx)


def stop(world: Tiny, rng: Random) -> None:
    tx = world.begin()
    exchange.cancel_all(tx, rng.choice(AGENTS))
    world.commit(tx)


def halt(world: Tiny, rng: Random) -> None:
    tx = world.begin()
    row = world.state.instruments.rows["disk"]
    tx.put(world.state.instruments, replace(row, halted=not row.halted))
    world.commit(tx)


DRAWN: dict[Turn, int] = {
    any_call: 25,
    market_call: 10,
    bare_action: 10,
    order: 30,
    cancel: 4,
    deposit: 6,
    purchase: 6,
    take_back: 2,
    sealed_bid: 8,
    resolved: 4,
    withdraw: 1,
    end_of_sales: 4,
    asset: 6,
    rare: 2,
    stop: 1,
    halt: 1,
}


# -- laws ----------------------------------------------------------------------------------------------------------


def check_holds(world: Tiny) -> None:
    """Each hold belongs to exactly one thing that is under way, and is as large as that needs."""
    state = world.state
    owed: dict[int, int] = {}
    for resting in state.orders.rows.values():
        owed[resting.hold] = resting.remaining * (resting.price if resting.side == "buy" else 1)
    for bid in state.bids.rows.values():
        owed[bid.hold] = bid.amount
    for row in state.artifacts.rows.values():
        if row.disk_hold is not None:
            owed[row.disk_hold] = row.size
    for auction in state.auctions.rows.values():
        if auction.hold is not None:
            owed[auction.hold] = auction.amount
        if auction.disk_hold is not None:
            owed[auction.disk_hold] = state.holds.rows[auction.disk_hold].amount
    for case in state.arbitrations.rows.values():
        owed[case.hold] = case.price
        if case.disk_hold is not None:
            owed[case.disk_hold] = state.holds.rows[case.disk_hold].amount
    for message in state.messages.rows.values():
        owed[message.hold] = len(message.body.encode()) + len(message.topic.encode())
    assert {hold.id: hold.amount for hold in state.holds.rows.values()} == owed


def check_laws(world: Tiny) -> None:
    """What holds after each commit, beside what `Tiny.commit` and `Tiny.act` check themselves."""
    state = world.state
    check_holds(world)
    for escrowed in state.escrowed.rows.values():
        assert state.artifacts.rows[escrowed.artifact].controller == escrow.ID
    for name in state.instruments.rows:
        rows = [row for row in state.positions.rows.values() if row.instrument == name]
        assert sum(row.quantity for row in rows) == 0
        assert sum(row.realised - row.cost for row in rows) == 0
    assert len({bid.artifact for bid in state.bids.rows.values()}) == len(state.bids.rows)
    assert world.has(resolution.ID) == world.has(escrow.ID) == (0, 0)
    minted = sum(row.minted for row in state.mint_rounds.rows.values())
    assert -world.has("@issuance", SCRIP)[0] == 3_000 + minted
    assert decode(encode(world.last)) == world.last


def furnished() -> Tiny:
    """A world where everybody has something to sell and may do everything."""
    world = Tiny()
    for agent in AGENTS:
        world.make(agent, f"{agent} wrote these words for sale")
        world.make(agent, f'{{"of": "{agent}"}}', access=("genesis_public",))
        for verb in (verb.name for verb in VERBS.values() if verb.available):
            world.grant(agent, verb, uses=50)
    return world


def live(seed: int, told: Counter[str]) -> None:
    """Let a world take its turns, and check the laws after each."""
    world, rng = furnished(), Random(seed)
    turns, weights = list(DRAWN), list(DRAWN.values())
    for _ in range(TURNS):
        rng.choices(turns, weights)[0](world, rng)
        check_laws(world)
        told.update(event.type for event in world.events)


@pytest.mark.parametrize("seed", range(25))
def test_nothing_is_made_or_lost_and_nothing_half_happens(seed: int) -> None:
    live(seed, Counter())


def test_the_sequences_reach_what_they_are_to_test() -> None:
    told: Counter[str] = Counter()
    for seed in range(100, 130):
        live(seed, told)
    for type_ in ("exchange.trade", "exchange.cancelled", "escrow.sold", "escrow.cancelled", "mint.won", "mint.ubi"):
        assert told[type_] > 3, (type_, told)
    for type_ in ("mint.failed", "mint.withdrawn", "account.created", "agent.spawned", "rights.transferred"):
        assert told[type_] > 0, (type_, told)


@pytest.mark.parametrize("seed", range(200, 210))
def test_nonsense_is_refused_with_a_code_and_a_sentence(seed: int) -> None:
    world, rng = furnished(), Random(seed)
    for artifact, method in METHODS * 3:
        world.act(rng.choice(AGENTS), Invoke(artifact, method.name, arguments(rng, method, 40)))
        check_laws(world)


@pytest.mark.parametrize("method", ["", "place ", "__init__", "call"])
def test_a_method_that_is_not_there_is_refused(method: str) -> None:
    assert Tiny().refused("alice", f"{exchange.ID}.{method}") == "no_such_method"
