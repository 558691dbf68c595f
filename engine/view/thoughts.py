"""Thoughts put together again from what was told of them: asked, answered, decided, void, failed or lost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.kernel.entities import Json
from engine.kernel.models import ModelCall
from engine.kernel.state import State
from engine.minds.action_input import action_to_json
from engine.minds.llm.answer import Unread, action_of, found, parts
from engine.operator import Query
from engine.view.model_types import AnswerRow, Sections, ThoughtRow, ThoughtView, TryRow
from engine.view.pages import window
from engine.view.ring import EventRing, Place
from engine.view.types import Page
from engine.view.words import line, terms, whole

MICROS = 1_000_000
ASKED = frozenset({"thought.asked", "model.asked"})
"""A thought, and a question of code or of the mint's scorer."""
OWN = frozenset({"thought", "repair"})
"""Purposes of a thought; other questions to models stand for themselves."""


@dataclass(slots=True)
class Told:
    """What has been told of one thought so far."""

    call: str
    asked: Place
    answers: list[Place] = field(default_factory=list)
    state: str = "thinking"
    why: str = ""
    problem: str = ""
    planned: int = 0
    charged: int = 0  # for an answer that was lost
    ended_at: int | None = None


def fold(places: Iterable[Place]) -> list[Told]:
    """The thoughts of one agent from its events, oldest first; one whose asking is not among them is left out."""
    thoughts: list[Told] = []
    by_call: dict[str, Told] = {}
    for place in places:
        event, data = place.event, place.event.data
        call = data.get("call")
        if event.type in ("thought.answered", "thought.void", "mind.failed"):
            _end(thoughts, place)
        elif not isinstance(call, str):
            continue  # a mind outside that is no language model
        elif event.type in ASKED:
            by_call[call] = Told(call, place)
            thoughts.append(by_call[call])
        else:
            told = by_call.get(call)
            if told is None:
                if data.get("purpose") in OWN:
                    continue
                told = by_call[call] = Told(call, place)
                thoughts.append(told)
            _answer(told, place)
    return thoughts


def _answer(told: Told, place: Place) -> None:
    told.ended_at = place.at
    if place.event.type == "model.lost":
        told.charged = int(place.event.data.get("cost", 0))
        told.state, told.problem = "lost", "its answer was lost when the run was left; it counts as its worst case"
        return
    told.answers.append(place)
    failed = place.event.type == "model.failed"
    told.state = "failed" if failed else "answered"
    if failed:
        told.problem = f"{place.event.data.get('kind', '?')}: {place.event.data.get('said', '')}"


def _end(thoughts: list[Told], place: Place) -> None:
    """What has become of a thought is told in the commit of its answer; that a decision is void also later."""
    last = next((one for one in reversed(thoughts) if _is_own(one)), None)
    if last is None:
        return
    same = bool(last.answers) and last.answers[-1].seq == place.seq
    event, data = place.event, place.event.data
    if event.type == "thought.void" and (same or last.state == "decided"):
        last.state, last.problem = "void", str(data.get("why", ""))
    elif same and event.type == "thought.answered":
        last.state, last.why = "decided", str(data.get("why", ""))
        last.planned = int(data.get("planned", 0))
    elif same and event.type == "mind.failed":
        last.state, last.problem = "failed", str(data.get("error", ""))


def _is_own(told: Told) -> bool:
    return told.asked.event.type == "thought.asked"


def row_of(told: Told, waited: int = 0) -> ThoughtRow:
    """A thought in a line."""
    event, rows = told.asked.event, answers_of(told)
    own = _is_own(told)
    known = all(row.cost is not None or row.kind for row in rows)
    return ThoughtRow(
        call=told.call,
        agent=line(event.actor),
        seq=told.asked.seq,
        at=told.asked.at,
        ended_at=told.ended_at,
        model=line(str(event.data.get("model", event.target))),
        purpose="thought" if own else line(str(event.data.get("purpose", "?"))),
        state=told.state,
        waited=waited if told.state == "thinking" else 0,
        input=sum(row.input for row in rows),
        cached=sum(row.cached for row in rows),
        output=sum(row.output for row in rows),
        estimated=any(row.estimated for row in rows),
        cost=told.charged + sum((row.cost or 0) + row.doubt for row in rows) if known else None,
        latency=sum(row.latency for row in rows),
        tries=sum(len(row.tries) for row in rows),
        repaired=any(row.purpose == "repair" for row in rows),
        why=line(told.why, 500),
        action=_action(rows) if told.state in ("decided", "void") else "",
        planned=told.planned,
        problem=line(told.problem, 500),
    )


def answers_of(told: Told) -> tuple[AnswerRow, ...]:
    """What came of each request of a thought."""
    last = len(told.answers) - 1
    return tuple(_answer_row(place, n < last or told.state == "failed") for n, place in enumerate(told.answers))


def _answer_row(place: Place, useless: bool) -> AnswerRow:
    event, data = place.event, place.event.data
    failed = event.type == "model.failed"
    text = str(data.get("text", ""))
    return AnswerRow(
        purpose=str(data.get("purpose", "?")),
        model=line(event.target),
        at=place.at,
        text=whole(_said(data, text)),
        finish=str(data.get("finish", "")),
        wrong=line(str(data.get("said", "")) if failed else _wrong(data, text, useless), 500),
        kind=str(data.get("kind", "failed")) if failed else "",
        input=int(data.get("input", 0)),
        cached=int(data.get("cached", 0)),
        output=int(data.get("output", 0)),
        estimated=bool(data.get("estimated", False)),
        cost=0 if failed else data.get("cost"),
        doubt=int(data.get("cost" if failed else "doubt", 0)),
        latency=int(data.get("latency", 0)),
        tries=tuple(try_row(one) for one in data.get("tries", ())),
    )


def _said(data: Json, text: str) -> str:
    """The words of an answer, or the call of a tool that stands for them."""
    tool = data.get("tool")
    return f"{text}\n{tool[0]} {tool[1]}".strip() if isinstance(tool, list) and len(tool) == 2 else text


def try_row(one: list[object]) -> TryRow:
    """A try that failed, as it was told: model, kind, words, µs, whether it may have been charged for."""
    model, kind, said, took, charged = one
    return TryRow(line(str(model)), str(kind), line(str(said)), took if isinstance(took, int) else 0, bool(charged))


def _wrong(data: Json, text: str, useless: bool) -> str:
    if data.get("misfit") or not useless:
        return str(data.get("misfit", ""))
    if data.get("finish") == "refusal":
        return "the model refused"
    try:
        action_of(parts(found(text))[0])
    except Unread as unread:
        return f"cut off at max_tokens; {unread}" if data.get("finish") == "length" else str(unread)
    return ""


def _action(rows: tuple[AnswerRow, ...]) -> str:
    """The action that the last answer states, in words; empty if it states none that is known."""
    if not rows:
        return ""
    try:
        stated = action_to_json(action_of(parts(found(rows[-1].text))[0]))
    except Unread:
        return ""
    kind = str(stated.pop("action", ""))
    if kind != "invoke":
        return line(f"{kind} {terms(stated)}".strip())
    args = stated.get("args")
    given = terms(args) if isinstance(args, dict) else ""
    return line(f"{stated.get('artifact', '?')}.{stated.get('method', '?')}({given})")


def view_of(told: Told, prefix: Sections | None, waited: int = 0) -> ThoughtView:
    """A thought whole; `prefix` is the constant part of its prompt, if that is still known."""
    data = told.asked.event.data
    return ThoughtView(
        row=row_of(told, waited),
        tokens=int(data.get("tokens", 0)),
        reserved=int(data.get("reserved", 0)),
        prefix=prefix or (),
        prefix_known=prefix is not None,
        told=tuple(
            (line(str(name)), whole(str(text))) for name, text in data.get("told") or data.get("messages") or ()
        ),
        answers=answers_of(told),
    )


class Thoughts:
    """The latest thoughts of each agent, from the ring; `now` is wall time in seconds."""

    def __init__(self, state: State, ring: EventRing, now: Callable[[], float]) -> None:
        self._state = state
        self._ring = ring
        self._now = now
        self._version = -1
        self._calls: dict[str, ModelCall] = {}

    def stamp(self) -> tuple[int, int, int]:
        """Moves when there may be something new; every second while something is under way."""
        state = self._state
        return (self._ring.thought_count, state.prompts.version, int(self._now()) if state.model_calls.rows else 0)

    def under_way(self, agent: str) -> ModelCall | None:
        """The question that an agent's thought waits for, if it is one to a language model."""
        rows = self._state.model_calls
        if self._version != rows.version:
            self._version = rows.version
            self._calls = {row.payer: row for row in rows.rows.values() if row.purpose == "thought"}
        return self._calls.get(agent)

    def latest(self, agent: str) -> ThoughtRow | None:
        """The latest thought of an agent, if it has had one lately."""
        own = [one for one in self.of(agent) if _is_own(one)]
        return row_of(own[-1], self.waited(own[-1].call, own[-1].asked.at)) if own else None

    def of(self, agent: str) -> list[Told]:
        """The thoughts of an agent, oldest first."""
        return fold(place for place in self._ring.thoughts if place.event.actor == agent)

    def page(self, query: Query) -> Page:
        """The thoughts of the agent that the query names, newest first."""
        thoughts = self.of(query.key)
        thoughts.reverse()
        start, count = window(query, len(thoughts))
        rows = tuple(row_of(one, self.waited(one.call, one.asked.at)) for one in thoughts[start : start + count])
        return Page(rows, start, len(thoughts), len(thoughts))

    def view(self, call: str) -> ThoughtView | None:
        """One thought whole; None if nothing of it is kept here."""
        place = next((one for one in reversed(self._ring.thoughts) if one.event.data.get("call") == call), None)
        if place is None:
            return None
        told = next((one for one in reversed(self.of(place.event.actor)) if one.call == call), None)
        return None if told is None else view_of(told, self.prefix(told), self.waited(call, told.asked.at))

    def prefix(self, told: Told) -> Sections | None:
        """The constant part of a thought's prompt; None where the agent's is another one by now."""
        row = self._state.prompts.rows.get(told.asked.event.actor)
        if row is None or row.digest != told.asked.event.data.get("prefix"):
            return None
        return tuple((str(one["name"]), whole(str(one["text"]))) for one in row.sections)

    def waited(self, call: str, at: int) -> int:
        """For how long a question has been under way, in whole seconds of real time as µs; 0 if it is over."""
        if call not in self._state.model_calls.rows:
            return 0
        begun = self._ring.asked_at.get(call)
        if begun is None:
            return max(0, self._state.now - at) // MICROS * MICROS
        return max(0, int(self._now() - begun)) * MICROS
