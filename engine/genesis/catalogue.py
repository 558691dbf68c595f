"""All genesis artifacts of a world; the genesis contracts are in `contracts`."""

from typing import Any

from engine.capabilities.policy import Policy
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
from engine.worldfile.schema import World


def build(world: World, minds: dict[str, type[Any]]) -> Registry:
    """The genesis artifacts of a world; `minds` maps the name of each mind to the model of its parameters."""
    rules = world.capabilities
    policy = Policy.of(rules.gated, rules.decide_within, rules.rules, rules.default_uses, rules.default_ttl)
    return Registry(
        [
            ledger.make(),
            store.make(),
            rights.make(policy),
            exchange.make(),
            escrow.make(),
            mint.make(world.mint),
            agents.make(policy, minds),
            capabilities.make(policy),
            messages.make(policy),
            event_log.make(),
            handbook.make(),
        ]
    )
