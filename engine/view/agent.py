"""One agent, whole: its configuration, balances, acts, messages, capabilities, artifacts and orders."""

from heapq import nlargest, nsmallest
from itertools import islice

import engine.kernel.entities as ent
from engine.code.measures import Measures
from engine.genesis.memories import Limits
from engine.kernel.state import State
from engine.view import code, programs
from engine.view.agents import Agents, balances_of, config, spent_of, window_use
from engine.view.artifacts import Artifacts, json_text
from engine.view.code_types import Denial, ProgramView
from engine.view.escrow import sales_of
from engine.view.grants import Grants
from engine.view.loans import Loans
from engine.view.memory import own_memory
from engine.view.requests import Requests
from engine.view.ring import EventRing, Place
from engine.view.sentences import event_row
from engine.view.thoughts import Thoughts
from engine.view.trading import positions_of
from engine.view.types import AgentView, ArtifactRow, BalanceLine, RequestRow
from engine.view.words import TEXT, line, whole

ROWS = 50
"""At most so many acts, messages, requests, grants, artifacts and orders."""
MIND = "llm"
"""The mind that thinks with language models."""
Message = tuple[int, str, str, str]


class AgentDetail:
    """Puts together what there is to know about one agent."""

    def __init__(
        self,
        state: State,
        ring: EventRing,
        measures: Measures,
        agents: Agents,
        artifacts: Artifacts,
        requests: Requests,
        grants: Grants,
        limits: Limits,
        loans: Loans,
        thoughts: Thoughts,
    ) -> None:
        self._thoughts = thoughts
        self._limits = limits
        self._state = state
        self._measures = measures
        self._ring = ring
        self._agents = agents
        self._artifacts = artifacts
        self._requests = requests
        self._grants = grants
        self._loans = loans

    def view(self, key: str) -> AgentView | None:
        """One agent whole, None if there is none of that id."""
        state = self._state
        row, artifact = self._agents.row(key), state.artifacts.rows.get(key)
        if row is None or artifact is None:
            return None
        content = state.contents.rows.get(key)
        settings = config(content) if content is not None else {}
        thought, mind = state.thoughts.rows.get(key), state.minds.rows.get(key)
        delay = settings.get("think_delay", 0)
        about = self._ring.about(key, len(self._ring))
        return AgentView(
            row=row,
            controller=artifact.controller,
            created_at=artifact.created_at,
            mind_params=_params(settings),
            prompt=whole(str(settings.get("prompt", ""))),
            prompt_whole=len(str(settings.get("prompt", ""))) <= TEXT,
            think_delay=delay if isinstance(delay, int) else 0,
            thought=whole(json_text(thought.action)) if thought is not None else "",
            mind_state=whole(json_text(mind.memory)) if mind is not None and mind.memory else "",
            balances=self.balances(key),
            actions=tuple(event_row(place, self._ring.behind(place.seq)) for place in about[:ROWS]),
            messages=self.messages(key, about),
            requests=self.requests(key),
            grants=self._grants.of(key, ROWS),
            owns=self.owns(key),
            orders=self.orders(key),
            positions=positions_of(self._state, key),
            program=self.program(key, settings, about),
            refusal=self.refusal(key, about),
            measured=code.measured(self._measures.agents.get(key)),
            memory=own_memory(state, key, self._limits),
            owing=self._loans.owing(key, ROWS),
            owed=self._loans.owed_to(key, ROWS),
            sales=sales_of(state, key, ROWS),
            listens=self.listens(key),
            thinks=self._thoughts.latest(key) if settings.get("mind") == MIND else None,
            asks=tuple((row.id, row.asked, line(row.topic), row.deadline) for row in self.inquiries(key, True)),
            asked=tuple((row.id, row.asker, line(row.topic), row.deadline) for row in self.inquiries(key, False)),
        )

    def program(self, key: str, settings: ent.Json, about: list[Place]) -> ProgramView | None:
        """The program that drives the agent; None if something else does."""
        if settings.get("mind") != programs.MIND:
            return None
        row, taken = self._state.programs.rows.get(key), self._measures.artifacts.get(key)
        return programs.program_view(settings.get("params"), row, taken, about, key)

    def refusal(self, key: str, about: list[Place]) -> Denial | None:
        """What the agent was last refused, and why."""
        place = next((p for p in about if p.event.type == "agent.refused" and p.event.actor == key), None)
        return None if place is None else code.denial(self._ring, place)

    def balances(self, key: str) -> tuple[BalanceLine, ...]:
        """A line for each asset the agent has."""
        state, lines = self._state, []
        for row in balances_of(state, key):
            asset = state.assets.rows.get(row.asset)
            if asset is None:
                continue
            used, free_at = None, None
            if asset.kind is ent.AssetKind.RENEWABLE:
                used, free_at = window_use(state, key, asset)
            kind = asset.kind.value
            spent = spent_of(state, key, asset.id)
            lines.append(
                BalanceLine(asset.id, kind, asset.unit, row.available, row.held, used, asset.window, free_at, spent)
            )
        return tuple(lines)

    def messages(self, key: str, about: list[Place]) -> tuple[Message, ...]:
        """The latest messages to the agent, read or not, newest first."""
        found: dict[int, Message] = {}
        for place in about:
            event = place.event
            if event.type == "message.sent" and event.target == key and len(found) < ROWS:
                topic, body = str(event.data.get("topic", "")), str(event.data.get("body", ""))
                shown = _topic(topic, event.data.get("kind"), event.data.get("request"))
                found[int(event.data.get("message", 0))] = (place.at, event.actor, shown, line(body, 2_000))
        for number in nlargest(ROWS, self._state.inbox.keys(key)):
            row = self._state.messages.rows[number]
            found[number] = (row.at, row.sender, _topic(row.topic, row.kind, row.request), line(row.body, 2_000))
        return tuple(found[number] for number in sorted(found, reverse=True)[:ROWS])

    def listens(self, key: str) -> tuple[tuple[str, str], ...]:
        """What the agent listens to, topics after events."""
        return tuple((kind, line(name)) for _, kind, name in sorted(self._state.subscriptions_of.keys(key))[:ROWS])

    def inquiries(self, key: str, own: bool) -> list[ent.Inquiry]:
        """Open requests that the agent has made, or that are for it to answer; the oldest first."""
        index = self._state.inquiries_of if own else self._state.inquiries_to
        return [self._state.inquiries.rows[number] for number in nsmallest(ROWS, index.keys(key))]

    def requests(self, key: str) -> tuple[RequestRow, ...]:
        """The agent's requests, newest first."""
        numbers = sorted(self._state.requests_of.keys(key), reverse=True)[:ROWS]
        return tuple(row for number in numbers if (row := self._requests.row(number)) is not None)

    def owns(self, key: str) -> tuple[ArtifactRow, ...]:
        """Some of the artifacts that the agent controls, itself left out."""
        ids = sorted(islice((name for name in self._state.by_controller.keys(key) if name != key), ROWS))
        return tuple(row for name in ids if (row := self._artifacts.row(name)) is not None)

    def orders(self, key: str) -> tuple[tuple[int, str, str, int, int], ...]:
        """The agent's resting orders, oldest first."""
        rows = [self._state.orders.rows[number] for number in sorted(self._state.orders_of.keys(key))[:ROWS]]
        return tuple((row.id, row.instrument, row.side, row.price, row.remaining) for row in rows)


def _params(settings: ent.Json) -> str:
    """The parameters of a mind as JSON; the source of a program is shown by itself."""
    params = settings.get("params")
    if settings.get("mind") == programs.MIND and isinstance(params, dict):
        params = {name: value for name, value in params.items() if name != "source"}
    return whole(json_text(params)) if params else ""


def _topic(topic: str, kind: object, request: object) -> str:
    """What a message is about, and which request it puts or answers: `vote, request 6`."""
    number = f"{kind} {request}" if isinstance(request, int) else ""
    return ", ".join(part for part in (line(topic), number) if part)
