"""What a commit wakes: done inside the transaction, so that the rows always say what each agent waits for."""

from engine.kernel import ledger
from engine.kernel.entities import Agent, AgentState, SimTime, Wait, WaitKind
from engine.kernel.errors import Refusal
from engine.kernel.quick import replace
from engine.kernel.transaction import Transaction
from engine.kernel.waits import event_keys, parse_predicate


def set_state(tx: Transaction, agent: Agent, state: AgentState, wait: Wait, why: str = "") -> Agent:
    """Put an agent into a state with a wait; a transition is logged, a repetition is not."""
    changed = replace(agent, state=state, wait=wait, wait_seq=tx.state.seq + 1)
    tx.put(tx.state.agents, changed)
    log_transition(tx, agent, state, why)
    return changed


def log_transition(tx: Transaction, agent: Agent, state: AgentState, why: str = "") -> None:
    """Tell that an agent goes from the state it was in to another; nothing if it is the same."""
    if agent.state is not state:
        tx.emit("agent.state", agent.id, "", **{"from": agent.state.value, "to": state.value, "why": why})


def wake(tx: Transaction, agent_id: str, at: SimTime, why: str) -> None:
    """Make an agent active, to take its next step at `at`."""
    agent = tx.get(tx.state.agents, agent_id)
    if agent is not None:
        set_state(tx, agent, AgentState.ACTIVE, Wait(WaitKind.DELAY, "", at), why)


def wake_waiting(tx: Transaction, actor: str) -> None:
    """Wake the agents that waited for an event or a row of this transaction; `actor` has just set its own wait."""
    buckets, listening = tx.state.waiting.buckets, tx.state.listening
    if not (buckets or listening.asleep):
        return
    for key, why in _told(tx).items():
        if key in buckets:
            for agent_id in sorted(buckets[key]):
                if agent_id != actor and _still_waits(tx, agent_id):
                    wake(tx, agent_id, tx.at, why)
        if key in listening.asleep:
            for agent_id in listening.hearers(key):
                if agent_id != actor and _still_waits(tx, agent_id):
                    wake(tx, agent_id, tx.at, why)
    for table, key in list(tx.writes):
        place = (table.name, key)
        if place in buckets:
            for agent_id in sorted(buckets[place]):
                if agent_id != actor and _holds(tx, agent_id, table.name):
                    wake(tx, agent_id, tx.at, "predicate")


def _told(tx: Transaction) -> dict[str, str]:
    """The patterns that the events of a transaction fit, each once, with the type of the first event that does.

    A message to a thousand is a thousand events: who waits for any of them is looked at once and not a thousand times.
    """
    found: dict[str, str] = {}
    for event in tx.events:
        if event.type == "agent.state":
            continue  # going to sleep is free: if it woke others, two sleepers could wake each other for ever
        for key in event_keys(event):
            found.setdefault(key, event.type)
    return found


def _still_waits(tx: Transaction, agent_id: str) -> bool:
    """Whether the row is as committed: an agent that this transaction has woken or paused already is left alone."""
    agent = tx.get(tx.state.agents, agent_id)
    return agent is tx.state.agents.rows.get(agent_id)


def _holds(tx: Transaction, agent_id: str, table: str) -> bool:
    """Whether what an agent waits for of a row of this table has come."""
    agent = tx.get(tx.state.agents, agent_id)
    if agent is None:
        return False
    if agent.wait.kind is WaitKind.BUDGET:
        asset, _, need = agent.wait.key.partition(" ")
        if table == "assets":  # its cap was changed: a grant may give now what it could not
            return bool(tx.scan(tx.state.active_grants, (agent_id, "budget.raise")))
        return ledger.balance(tx, agent_id, asset).available >= int(need)
    if agent.wait.kind is not WaitKind.PREDICATE:
        return False
    predicate = parse_predicate(agent.wait.key)
    return not isinstance(predicate, Refusal) and predicate.holds(tx)
