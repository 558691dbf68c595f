"""The mind `llm`: a prompt from what is seen, and a decision from what a language model answers. Asking is not its own.

What it keeps, marked as its own: what it has `seen`, a `diary` of its notes, its `plan`, what it `did` since the last
thought, and when it has asked for more budget (`raised`).
"""

from dataclasses import dataclass
from typing import Any

import orjson

from engine.kernel.actions import Action, Invoke
from engine.kernel.budget import LLM
from engine.kernel.entities import SECOND, Json, RequestState
from engine.minds.action_input import action_to_json
from engine.minds.base import Decision
from engine.minds.llm import prefix, told
from engine.minds.llm.answer import Unread, action_of, found, parts, schema
from engine.minds.llm.changes import seen
from engine.minds.llm.params import MOST_STEPS, LlmParams
from engine.minds.llm.plans import bounded, disturbed, mark
from engine.minds.llm.prompt import BYTES_PER_TOKEN, Prompt, fitted
from engine.minds.llm.quoting import cut
from engine.minds.observation import Observation

RAISE = "budget.raise"
REST = 60 * SECOND
"""How long it waits before it asks for more budget again; twice as long each time, ten times as long after a denial."""
MOST_REST = 3_600 * SECOND
OWN: Json = {"mind": "llm"}
"""What marks a memory as one of this mind: an agent that had another one before remembers other things."""
PREFIX = 64
"""Hundredths of the room that the prefix may take."""


@dataclass(frozen=True, slots=True)
class Llm:
    """A mind that is asked elsewhere; everything here is a pure function of what is seen and remembered."""

    params: LlmParams

    def planned(self, observation: Observation, memory: Json) -> Decision | None:
        """The next step of a plan that nothing has disturbed; None: think."""
        memory = _own(memory)
        plan: Json = memory.get("plan") or {}
        steps = plan.get("steps") or []
        if not steps or disturbed(plan, observation, self.params):
            return None
        try:
            action = action_of(steps[0])
        except Unread:
            return None
        left = {"steps": steps[1:], "mark": mark(observation, self.params)}
        did = [*(memory.get("did") or []), _short(action)][-MOST_STEPS - 1 :]
        return Decision(action, {**memory, "plan": left, "did": did}, planned=len(steps) - 1)

    def reflex(self, observation: Observation, memory: Json, short: int) -> Decision | None:
        """What it does when it cannot pay for a thought: ask for more budget, and not again too soon."""
        memory = _own(memory)
        last = observation.last_request(RAISE)
        if not self.params.raise_budget or (last is not None and last.state is RequestState.PENDING):
            return None
        at, times = memory.get("raised") or (0, 0)
        if last is not None and last.state is RequestState.APPROVED and not observation.grants(RAISE):
            times = 0  # it was given, and is used up
        base = 10 * REST if last is not None and last.state is RequestState.DENIED else REST
        if times and observation.now < at + min(base << min(times - 1, 20), MOST_REST):
            return None
        args: dict[str, Any] = {
            "verb": RAISE,
            "resource": LLM,
            "quota": {"units": max(self.params.raise_budget, short)},
            "reason": f"I think with a language model, and {short} µUSD are missing for my next thought.",
        }
        kept = {**OWN, **memory, "raised": [observation.now, times + 1]}
        return Decision(Invoke("genesis_capabilities", "request", args), kept, why="it cannot pay for a thought")

    def compose(self, observation: Observation, memory: Json) -> Prompt:
        """What the model is told now; the same for the same world."""
        memory = _own(memory)
        shape = schema(self.params.plan)
        room = max(0, self.params.tokens * BYTES_PER_TOKEN - len(orjson.dumps(shape)))
        share = room * PREFIX // 100
        fixed = fitted(prefix.drafts(observation, self.params, share), share)
        rest = room - len(Prompt(fixed, (), shape, {}).system.encode())
        plan: Json = memory.get("plan") or {}
        halted = disturbed(plan, observation, self.params) if plan.get("steps") else ""
        now = seen(observation)
        drafts = told.drafts(observation, memory, self.params, now, halted, rest)
        return Prompt(fixed, fitted(drafts, rest), shape, {**now, "mark": mark(observation, self.params)})

    def repair(self, answer: str, why: str) -> str:
        """What is said to the model after an answer that is none."""
        return f"That could not be used: {cut(why, 500)}\nAnswer again, with one JSON object and nothing else."

    def read(self, answer: str, prompt: Prompt, memory: Json) -> Decision | str:
        """The decision that an answer states, or in a sentence what is wrong with it."""
        try:
            stated, why, note, planned = parts(found(answer))
            action = action_of(stated)
            steps = [action_to_json(action_of(step)) for step in planned[: self.params.plan]]
        except Unread as wrong:
            return str(wrong)
        if self.params.plan == 0:
            steps = []
        steps = bounded(steps)
        memory = _own(memory)
        before = {name: value for name, value in prompt.seen.items() if name != "mark"}
        kept: Json = {**OWN, "seen": before, "did": [_short(action)]}
        diary = [*(memory.get("diary") or []), *([[before["at"], note]] if note else [])]
        if self.params.diary and diary:
            kept["diary"] = diary[-self.params.diary :]
        if steps:
            kept["plan"] = {"steps": steps, "mark": prompt.seen["mark"]}
        if "raised" in memory:
            kept["raised"] = memory["raised"]
        return Decision(action, kept, why=why, planned=len(steps))


def _own(memory: Json) -> Json:
    return memory if memory.get("mind") == OWN["mind"] else {}


def _short(action: Action) -> str:
    return cut(orjson.dumps(action_to_json(action)).decode(), 200)
