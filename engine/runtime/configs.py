"""Agents' configurations as the step uses them: read once from the content of each agent's artifact."""

from collections.abc import Callable
from dataclasses import dataclass

import orjson

import engine.kernel.entities as ent
from engine.genesis.configuration import MAX_DELAY, config_hash
from engine.kernel.transaction import Transaction
from engine.minds.base import AnyMind

MIN_DELAY: ent.SimTime = 1_000
"""The shortest think delay: one thousandth of a second, so that no agent can stop world time."""


@dataclass(frozen=True, slots=True)
class Config:
    """An agent's configuration, read from the content of its artifact."""

    mind: AnyMind | None  # None: the mind is unknown or its parameters do not fit
    mind_name: str
    prompt: str
    think_delay: ent.SimTime
    hash: str
    problem: str


class Configs:
    """The configurations of all agents, kept while the content that they were read from is the same."""

    def __init__(self, make_mind: Callable[[str, ent.Json], AnyMind]) -> None:
        self._make_mind = make_mind
        self._known: dict[str, tuple[ent.Content, Config]] = {}

    def of(self, tx: Transaction, agent: str) -> Config:
        """An agent's configuration as it is now."""
        content = tx.get(tx.state.contents, agent)
        if content is None:
            return Config(None, "", "", ent.SECOND, "", "its artifact has no content")
        known = self._known.get(agent)
        if known is not None and known[0] is content:
            return known[1]
        config = self._parse(content.text)
        self._known[agent] = (content, config)
        return config

    def _parse(self, text: str) -> Config:
        digest = config_hash(text)
        try:
            data = orjson.loads(text)
            mind = self._make_mind(data["mind"], data["params"])
            delay = min(max(MIN_DELAY, int(data["think_delay"])), MAX_DELAY)
            return Config(mind, str(data["mind"]), str(data["prompt"]), delay, digest, "")
        except (ValueError, KeyError, TypeError) as error:
            problem = f"its configuration does not hold: {type(error).__name__}: {error}"
            return Config(None, "", "", ent.SECOND, digest, problem[:300])
