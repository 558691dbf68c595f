"""All genesis artifacts of a world; the genesis contracts are in `contracts`."""

from typing import Any

from engine.capabilities.catalogue import Catalogue
from engine.capabilities.policy import Policy
from engine.capabilities.terms import Terms
from engine.genesis import (
    agents,
    assets,
    capabilities,
    debt,
    escrow,
    event_log,
    exchange,
    handbook,
    ledger,
    memory,
    messages,
    mint,
    rights,
    store,
)
from engine.genesis.base import Registry
from engine.genesis.delivery import Post
from engine.genesis.meaning import Embed, Meaning
from engine.genesis.memories import Limits
from engine.worldfile.schema import World


def policy_of(world: World) -> Policy:
    """The catalogue of capabilities as a world adjusts it, its rules, and whose consent they leave open."""
    section = world.capabilities
    usual = Terms(uses=section.default_uses, ttl=section.default_ttl)
    catalogue = Catalogue.of(section.verbs, section.ceilings, section.gated, usual)
    return Policy(catalogue, section.decide_within, section.rules, frozenset(section.dual), section.approvers)


def limits_of(world: World) -> Limits:
    """What the memories of a world hold at most."""
    return Limits(world.memory.quota, world.memory.entries)


def post_of(world: World) -> Post:
    """What a world says of messages."""
    said = world.messages
    cpu = world.tariff.invoke // 100 if said.cpu_per_recipient is None else said.cpu_per_recipient
    return Post(
        said.inbox_per_sender,
        said.requests,
        said.subscriptions,
        cpu,
        said.fee_per_recipient,
        said.fee_to or "",
    )


def build(world: World, minds: dict[str, type[Any]], embed: Embed | None = None) -> Registry:
    """The genesis artifacts of a world; `minds` maps the name of each mind to the model of its parameters.

    `embed` asks for the vectors of texts, in a world whose memories are to have some.
    """
    policy = policy_of(world)
    vectors = world.memory.vectors
    meaning = Meaning(vectors.model, embed) if vectors is not None and embed is not None else None
    return Registry(
        [
            ledger.make(),
            store.make(),
            rights.make(policy),
            exchange.make(policy, world.exchange),
            assets.make(),
            escrow.make(),
            debt.make(world.debt),
            mint.make(world.mint, policy),
            agents.make(policy, minds),
            capabilities.make(policy),
            memory.make(limits_of(world), meaning),
            messages.make(policy, post_of(world)),
            event_log.make(post_of(world)),
            handbook.make(),
        ]
    )
