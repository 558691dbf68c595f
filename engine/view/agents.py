"""The table of agents: a row is formatted when it is shown, and again only when something in it has moved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

import engine.kernel.entities as ent
from engine.kernel.state import State
from engine.view.busyness import Busyness
from engine.view.changes import Dependence, itself
from engine.view.thoughts import Thoughts
from engine.view.types import AgentRow
from engine.view.words import length, line, stamp

CACHED = 4_000


@dataclass(frozen=True, slots=True)
class _Known:
    """A formatted row, and what it was made of."""

    agent: ent.Agent
    content: ent.Content | None
    balances: int
    pending: int
    actions_per_s: float | None
    until: ent.SimTime | None  # world time at which use begins to leave a rate window, so that the row ages
    row: AgentRow


class Agents:
    """All agents as a listing, in order of id."""

    def __init__(self, state: State, busyness: Busyness, thoughts: Thoughts) -> None:
        self._thoughts = thoughts
        self._state = state
        self._busyness = busyness
        self._rows: dict[str, _Known] = {}
        self._assets = -1
        self._minds: dict[str, tuple[ent.Content, str]] = {}
        self._pending: dict[str, int] = {}
        self._requests = -1

    def all_keys(self) -> Sequence[str]:
        """The ids in order."""
        return self._state.register.ids

    def key(self, text: str) -> str | None:
        """An id is its own key."""
        return text

    def has(self, key: str) -> bool:
        """Whether there is an agent of that id."""
        return key in self._state.agents.rows

    def depends(self, field: str, filtered: bool) -> list[Dependence[str]]:
        """The tables that a field and the text are made of."""
        state = self._state
        found: list[Dependence[str]] = [Dependence(state.agents, itself)]
        if field in ("scrip", "held"):
            found.append(Dependence(state.balances, lambda key: key[0] if key[1] == ent.SCRIP else None))
        if field == "actions_per_s":
            found.append(Dependence(self._busyness, itself))
        if field == "mind" or filtered:
            found.append(Dependence(state.contents, itself))
        if field == "pending":
            found.append(Dependence(state.requests, lambda key: state.requests.rows[key].requester))
        return found

    def value(self, field: str) -> Callable[[str], Any] | None:
        """What to sort by."""
        agents, balances = self._state.agents.rows, self._state.balances.rows
        empty = ent.Balance("", ent.SCRIP, 0, 0)
        match field:
            case "scrip":
                return lambda key: balances.get((key, ent.SCRIP), empty).available
            case "held":
                return lambda key: balances.get((key, ent.SCRIP), empty).held
            case "state":
                return lambda key: shown_state(agents[key])
            case "waits":
                return lambda key: self.waits(agents[key])
            case "mind":
                return self.mind
            case "actions":
                return lambda key: agents[key].actions
            case "actions_per_s":
                return lambda key: self._pace(key) or 0.0
            case "refusals":
                return lambda key: agents[key].refusals
            case "last":
                return lambda key: agents[key].last
            case "last_at":
                return lambda key: agents[key].last_action_at
            case "pending":
                return self.pending
        return None

    def text(self, key: str) -> str:
        """What a filter looks in."""
        agent = self._state.agents.rows[key]
        return f"{key}\n{shown_state(agent)}\n{self.mind(key)}\n{self.waits(agent)}\n{agent.last}"

    def mind(self, key: str) -> str:
        """The name of an agent's mind; `?` if its configuration does not say."""
        content = self._state.contents.rows.get(key)
        if content is None:
            return "?"
        known = self._minds.get(key)
        if known is None or known[0] is not content:
            known = self._minds[key] = (content, line(str(config(content).get("mind", "?"))))
        return known[1]

    def waits(self, agent: ent.Agent) -> str:
        """What an agent waits for, in words; if for a language model, which and for how long."""
        call = self._thoughts.under_way(agent.id) if agent.wait.kind is ent.WaitKind.ANSWER else None
        if call is None:
            return waits(agent)
        waited = self._thoughts.waited(call.id, call.at)
        return line(f"thinking with {call.model} for {length(waited) if waited else '0s'}")

    def pending(self, key: str) -> int:
        """How many requests of an agent are waiting for an answer."""
        state = self._state
        if self._requests != state.requests.version:
            self._requests = state.requests.version
            self._pending = {}
            for number in state.pending_requests.keys(ent.RequestState.PENDING.value):
                requester = state.requests.rows[number].requester
                self._pending[requester] = self._pending.get(requester, 0) + 1
        return self._pending.get(key, 0)

    def _pace(self, key: str) -> float | None:
        return self._busyness.rows.get(key, 0.0) if self._busyness.rows else None

    def row(self, key: str) -> AgentRow | None:
        """The row of an agent as of now."""
        state = self._state
        agent = state.agents.rows.get(key)
        if agent is None:
            return None
        if self._assets != state.assets.version or len(self._rows) > CACHED:
            self._assets = state.assets.version
            self._rows = {}
        content = state.contents.rows.get(key)
        balances = state.balances_of.versions.get(key, 0)
        pending, pace = self.pending(key), self._pace(key)
        known = self._rows.get(key)
        if (
            known is not None
            and known.agent is agent
            and known.content is content
            and (known.balances, known.pending, known.actions_per_s) == (balances, pending, pace)
            and (known.until is None or known.until > state.now)
            and agent.wait.kind is not ent.WaitKind.ANSWER  # it tells for how long
        ):
            return known.row
        row, until = self._made(agent, pending)
        self._rows[key] = _Known(agent, content, balances, pending, pace, until, row)
        return row

    def _made(self, agent: ent.Agent, pending: int) -> tuple[AgentRow, ent.SimTime | None]:
        state = self._state
        scrip = state.balances.rows.get((agent.id, ent.SCRIP))
        resources, ages = [], []
        for balance in balances_of(state, agent.id):
            asset = state.assets.rows.get(balance.asset)
            if asset is None or asset.kind is ent.AssetKind.SCRIP:
                continue
            if asset.kind is ent.AssetKind.RENEWABLE:
                used, until = window_use(state, agent.id, asset)
                if used is not None:
                    resources.append((asset.id, used, balance.available))
                    ages.append(until)
            elif asset.kind is ent.AssetKind.DEPLETABLE:
                spent = spent_of(state, agent.id, asset.id)
                resources.append((asset.id, spent, spent + balance.available + balance.held))
            else:
                resources.append((asset.id, balance.held, balance.available + balance.held))
        row = AgentRow(
            id=agent.id,
            state=shown_state(agent),
            waits=self.waits(agent),
            mind=self.mind(agent.id),
            scrip=scrip.available if scrip is not None else 0,
            held=scrip.held if scrip is not None else 0,
            resources=tuple(resources),
            actions=agent.actions,
            actions_per_s=self._pace(agent.id),
            refusals=agent.refusals,
            last=line(agent.last),
            last_at=agent.last_action_at,
            pending=pending,
        )
        return row, min((age for age in ages if age is not None), default=None)


def config(content: ent.Content) -> ent.Json:
    """An agent's configuration; empty if its content is no JSON object, which agents may bring about."""
    try:
        data = orjson.loads(content.text)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}


def balances_of(state: State, principal: str) -> list[ent.Balance]:
    """The balances of a principal in order of asset."""
    return [state.balances.rows[key] for key in sorted(state.balances_of.keys(principal))]


def spent_of(state: State, principal: str, asset: str) -> int:
    """What a principal has spent of a depletable asset."""
    row = state.spending.rows.get((principal, asset))
    return row.spent if row is not None else 0


def window_use(state: State, principal: str, asset: ent.Asset) -> tuple[int | None, ent.SimTime | None]:
    """What counts against a rate's allocation now, and the world time at which it begins to be free again.

    None for what is used while a step that waits has looked at the window at a later time than the last commit's.
    """
    window = state.windows.get((principal, asset.id))
    if window is None:
        return 0, None
    try:
        used = window.usage(state.now, asset.window)
        return used, window.wait_until(state.now, 1, used, asset.window) if used else None
    except ValueError:
        return None, None


def shown_state(agent: ent.Agent) -> str:
    """The state as people see it: paused, whatever is below."""
    return "paused" if agent.paused else agent.state.value


def waits(agent: ent.Agent) -> str:
    """What an agent waits for, in words; empty for its think delay."""
    wait = agent.wait
    until = f"until {stamp(wait.until)}" if wait.until is not None else ""
    or_until = f" or {until}" if until else ""
    match wait.kind:
        case ent.WaitKind.DELAY:
            return ""
        case ent.WaitKind.TIME:
            return until
        case ent.WaitKind.EVENT:
            anything = wait.key == f"@{agent.id}"
            return line(("anything for it" if anything else f"event {wait.key}") + or_until)
        case ent.WaitKind.PREDICATE:
            return line(wait.key + or_until)
        case ent.WaitKind.CAPACITY:
            what = wait.key.partition("@")[0]
            return f"{'tokens' if what == 'llm_rate' else 'capacity'} of {what}" + (f", {until}" if until else "")
        case ent.WaitKind.BUDGET:
            asset, _, need = wait.key.partition(" ")
            return f"no budget: {need} {asset} for a thought"
        case ent.WaitKind.ANSWER:
            return "an answer: its thought is in flight"
        case ent.WaitKind.STIMULUS:
            return "anything for it"
