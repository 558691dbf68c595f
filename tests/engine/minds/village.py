"""A tiny world for minds: agents decide over its true state and act by its true physics, one step at a time."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from engine.genesis.catalogue import policy_of
from engine.kernel import ledger
from engine.kernel.actions import Action, Invoke, Sleep
from engine.kernel.entities import SECOND, AgentState, Event, Json, MindState, SimTime
from engine.kernel.errors import Refusal
from engine.kernel.state import State
from engine.kernel.transaction import Commit
from engine.minds.base import Decision, Mind
from engine.minds.catalogue import make_mind
from engine.minds.draws import Draws
from engine.minds.observation import Observation
from engine.runtime.engine import assemble
from engine.runtime.machine import Machine
from engine.runtime.seed import seed_world
from engine.worldfile.schema import World

FREE = dict.fromkeys(("think", "read", "write", "edit", "delete", "transfer", "invoke"), 0)


def agent(
    name: str, mind: str, /, scrip: int = 100, disk: int = 10_000, grain: int = 0, **params: Any
) -> dict[str, Any]:
    """An agent of a world file."""
    assets = {"disk": disk, "grain": grain} if grain else {"disk": disk}
    return {"id": name, "mind": mind, "params": params, "scrip": scrip, "assets": assets}


def world(*agents: dict[str, Any], seed: int = 1, **sections: Any) -> World:
    """A world in which acting is free and `grain` is traded."""
    document: dict[str, Any] = {
        "format": 1,
        "world": {"name": "village", "seed": seed},
        "assets": {"disk": {"kind": "allocatable"}, "grain": {"kind": "allocatable"}},
        "tariff": FREE,
        "mint": {"every": "30s"},
        "exchange": {"instruments": ["grain"]},
        "agents": list(agents),
    }
    return World.model_validate(document | sections)


class Village:
    """A world in motion whose agents are told by the test when to decide."""

    def __init__(self, made: World, approvals: str = "ask") -> None:
        self.policy = policy_of(made)
        self.world = made
        self.registry, self.stepper, runs = assemble(made)
        self.state = State()
        self.events: list[tuple[SimTime, Event]] = []
        self.machine = Machine(made, self.state, self.stepper, runs.sandbox, self._follow)
        self.machine.told(seed_world(self.state, made, self.registry, approvals))
        self.now: SimTime = 0

    def _follow(self, commit: Commit, body: bytes) -> None:
        self.events.extend((commit.at, event) for event in commit.events)

    # -- one agent at a time ---------------------------------------------------------------------------------------

    def mind(self, name: str) -> Mind:
        """The mind of an agent, made from its section of the world."""
        section = next(s for s in self.world.agents if s.id == name)
        return cast("Mind", make_mind(section.mind, section.params))

    def decide(self, name: str, memory: Json | None = None, result: Json | None = None, step: int = 0) -> Decision:
        """What an agent decides now; nothing comes of it."""
        tx = self.state.begin(self.now, ("look", name))
        observation = Observation(tx, name, step, "", result or {}, ())
        return self.mind(name).decide(observation, memory if memory is not None else {}, Draws(1, name, step))

    def act(self, name: str, action: Action) -> Json | Refusal:
        """Let an agent do something now, whatever its mind thinks of it."""
        tx = self.state.begin(self.now, ("act", name))
        work = self.stepper.physics.perform(tx, name, action)
        try:
            work.send(None)
        except StopIteration as done:
            self.machine.told(tx.commit())
            result: Json | Refusal = done.value
            return result
        raise AssertionError("an action waited for something outside")

    def must(self, name: str, action: Action) -> Json:
        """The same for an action that is to succeed."""
        result = self.act(name, action)
        assert not isinstance(result, Refusal), result
        return result

    def call(self, name: str, genesis: str, method: str, /, **args: Any) -> Json:
        """Invoke a method of a genesis artifact, which is to succeed."""
        return self.must(name, Invoke(f"genesis_{genesis}", method, args))

    def step(self, name: str) -> None:
        """Let an agent take a step of its own now, with what it remembers and was told."""
        self.machine.step(name, self.now)

    def memory(self, name: str) -> Json:
        """What an agent remembers."""
        row: MindState = self.state.minds.rows[name]
        return row.memory

    def scrip(self, name: str) -> int:
        """What an agent has free."""
        tx = self.state.begin(self.now, ("look",))
        return ledger.balance(tx, name, "scrip").available

    def make_dormant(self, name: str) -> None:
        """Put an agent to rest."""
        tx = self.state.begin(self.now, ("rest", name))
        tx.put(self.state.agents, replace(self.state.agents.rows[name], state=AgentState.DORMANT))
        self.machine.told(tx.commit())

    def pass_time(self, seconds: int) -> None:
        """Let world time go on; nothing happens by itself."""
        self.now += seconds * SECOND

    # -- all of them -----------------------------------------------------------------------------------------------

    def live(self, seconds: int, at_most: int = 1_000_000) -> None:
        """Let everything take its course for a while, or until so many timers have fired."""
        for _ in range(at_most):
            timer = self.machine.timers.peek()
            if timer is None or timer[0] > seconds * SECOND:
                break
            self.machine.timers.pop()
            self.machine.fire(timer)
        self.now = max(self.now, self.state.now)

    def told(self, type_: str) -> Iterator[Event]:
        """The events of a type so far."""
        return (event for _, event in self.events if event.type == type_)


def duration(action: Action) -> SimTime:
    """How long a sleep lasts at most."""
    assert isinstance(action, Sleep)
    assert action.duration is not None
    return action.duration


def invoked(action: Action) -> tuple[str, str, Json]:
    """What an action invokes: the artifact without its prefix, the method, the arguments."""
    assert isinstance(action, Invoke), action
    return action.artifact.removeprefix("genesis_"), action.method, action.args
