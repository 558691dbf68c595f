"""Who would hear an event: the agents that sleep and have subscribed to it for good.

Those who are awake hear nothing, so they are not in here, and what happens costs nothing for them.
"""

from engine.kernel.entities import Agent, AgentState, Subscription
from engine.kernel.tables import Index, Table


class Listening:
    """By pattern, the agents that sleep, are not paused, and listen to it; follows agents and subscriptions."""

    __slots__ = ("_agents", "_of", "asleep")

    def __init__(
        self,
        agents: Table[str, Agent],
        subscriptions: Table[tuple[str, str, str], Subscription],
        of: Index[tuple[str, str, str], Subscription],
    ) -> None:
        self.asleep: dict[str, dict[str, None]] = {}
        self._agents, self._of = agents, of
        agents.followers.append(_Agents(self))
        subscriptions.followers.append(_Subscriptions(self))

    def turned(self, agent: str, asleep: bool) -> None:
        """An agent has fallen asleep, or does not sleep any more."""
        for _, kind, name in self._of.buckets.get(agent, ()):
            if kind == "event":
                self._note(name, agent, asleep)

    def changed(self, key: tuple[str, str, str], there: bool) -> None:
        """A subscription was made or given up."""
        agent, kind, name = key
        if kind == "event":
            self._note(name, agent, there and _asleep(self._agents.rows.get(agent)))

    def hearers(self, pattern: str) -> list[str]:
        """Who would hear an event of a pattern, in order."""
        return sorted(self.asleep.get(pattern, ()))

    def _note(self, name: str, agent: str, hears: bool) -> None:
        if hears:
            self.asleep.setdefault(name, {})[agent] = None
            return
        hearers = self.asleep.get(name, {})
        hearers.pop(agent, None)
        if not hearers:
            self.asleep.pop(name, None)


class _Agents:
    """Tells of agents that fall asleep or do not sleep any more."""

    __slots__ = ("_listening",)

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    def follow(self, key: str, old: Agent | None, new: Agent | None) -> None:
        asleep = _asleep(new)
        if asleep is not _asleep(old):
            self._listening.turned(key, asleep)


class _Subscriptions:
    """Tells of subscriptions that are made or given up."""

    __slots__ = ("_listening",)

    def __init__(self, listening: Listening) -> None:
        self._listening = listening

    def follow(self, key: tuple[str, str, str], old: Subscription | None, new: Subscription | None) -> None:
        self._listening.changed(key, new is not None)


def _asleep(agent: Agent | None) -> bool:
    """Whether an agent hears what it listens to for good."""
    return (
        agent is not None
        and (agent.state is AgentState.SLEEPING or agent.state is AgentState.DORMANT)
        and not agent.paused
    )
