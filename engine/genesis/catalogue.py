"""All genesis artifacts of a world; the genesis contracts are in `contracts`."""

from typing import Any

from engine.genesis import (
    agents,
    capabilities,
    escrow,
    event_log,
    exchange,
    handbook,
    ledger,
    messages,
    mint,
    rights,
    store,
)
from engine.genesis.base import Registry
from engine.worldfile.policies import policy_of
from engine.worldfile.schema import World


def build(world: World, minds: dict[str, type[Any]]) -> Registry:
    """The genesis artifacts of a world; `minds` maps the name of each mind to the model of its parameters."""
    policy = policy_of(world)
    return Registry(
        [
            ledger.make(),
            store.make(),
            rights.make(policy),
            exchange.make(policy),
            escrow.make(),
            mint.make(world.mint, policy),
            agents.make(policy, minds),
            capabilities.make(policy),
            messages.make(policy),
            event_log.make(),
            handbook.make(),
        ]
    )
