"""Who would hear an event, against a look at all agents and subscriptions, however they came to be as they are."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from engine.kernel.entities import Agent, AgentState, Subscription, Wait, WaitKind
from engine.kernel.state import State

NAMES = ("ann", "bob", "cid")
PATTERNS = ("message.sent", "exchange.trade")
AGENT = Agent("", AgentState.ACTIVE, False, False, Wait(WaitKind.DELAY, "", 0), 0, 0, 0, 0, 0, 0, "")
TURNS = st.tuples(st.sampled_from(NAMES), st.sampled_from(list(AgentState)), st.booleans())
LISTENS = st.tuples(
    st.sampled_from(NAMES), st.sampled_from(("event", "topic")), st.sampled_from(PATTERNS), st.booleans()
)
COMMITS = st.lists(st.lists(TURNS | LISTENS, max_size=4), max_size=12)


def asleep(state: State) -> dict[str, list[str]]:
    """Who hears what, by looking at everything."""
    found: dict[str, list[str]] = {}
    for agent, kind, name in sorted(state.subscriptions.rows):
        row = state.agents.rows.get(agent)
        if kind == "event" and row is not None and not row.paused and row.state in ("sleeping", "dormant"):
            found.setdefault(name, []).append(agent)
    return found


@given(COMMITS)
def test_it_is_kept_up_with_every_commit_and_the_same_when_it_is_loaded(
    commits: list[list[tuple[object, ...]]],
) -> None:
    state = State()
    for changes in commits:
        tx = state.begin(0, ("test",))
        for change in changes:
            match change:
                case (str(agent), AgentState() as turned, bool(paused)):
                    tx.put(state.agents, replace(AGENT, id=agent, state=turned, paused=paused))
                case (str(agent), str(kind), str(name), True):
                    tx.put(state.subscriptions, Subscription(agent, kind, name, 0))
                case (str(agent), str(kind), str(name), False):
                    tx.delete(state.subscriptions, (agent, kind, name))
        tx.commit()
        assert {name: state.listening.hearers(name) for name in state.listening.asleep} == asleep(state)
    for first in ("agents", "subscriptions"):
        loaded = State()
        for table in sorted(("agents", "subscriptions"), key=lambda name: name != first):
            loaded.tables[table].load(state.tables[table].rows.values())
        assert loaded.listening.asleep.keys() == state.listening.asleep.keys()
        assert {name: loaded.listening.hearers(name) for name in loaded.listening.asleep} == asleep(state)
