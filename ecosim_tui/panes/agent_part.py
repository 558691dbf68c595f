"""What the panes about one agent share: which agent it is."""

from engine.operator import Query
from engine.view.types import AgentView, Topic


def agent_view(data: object) -> AgentView | None:
    """The data of a snapshot about one agent; None if there is no such agent."""
    assert data is None or isinstance(data, AgentView), "the agent topic shows an AgentView"
    return data


class AgentPart:
    """Which agent a pane shows a part of."""

    agent: str = ""

    def wants(self) -> Query | None:
        """The one agent."""
        return Query(Topic.AGENT, key=self.agent) if self.agent else None
