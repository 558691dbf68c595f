"""The engine: one run of one world, opened or created, driven, watched and steered through one door."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import engine.operator as op
from engine.code.contracts import Contracts
from engine.code.programs import Programs
from engine.code.running import Prices, Recorded, Runs
from engine.code.tools import Tools
from engine.genesis import hearing
from engine.genesis.base import Registry
from engine.genesis.catalogue import build, limits_of, policy_of
from engine.genesis.contracts import CONTRACTS
from engine.genesis.meaning import Embed
from engine.health.kpis import agents_by_state
from engine.kernel.access import AccessControl
from engine.kernel.actions import Physics
from engine.kernel.codec import decode
from engine.kernel.entities import SimTime
from engine.kernel.models import ModelPrice
from engine.kernel.state import State
from engine.kernel.transaction import Commit
from engine.minds.catalogue import make_mind, param_models
from engine.models.gate import Gate, Told
from engine.models.specs import specs
from engine.runtime.clock import Clock
from engine.runtime.collector import relaxed
from engine.runtime.embedding import Answers, ModelVectors, recorded_vectors
from engine.runtime.funds import Funds
from engine.runtime.machine import Machine
from engine.runtime.models import WorldModels
from engine.runtime.runner import Limits, Runner, Scripted
from engine.runtime.seed import seed_world
from engine.runtime.step import Stepper
from engine.runtime.thinking import Ask
from engine.sandbox.client import BrokerSandbox, Sandbox, refuse_missing
from engine.sandbox.types import Limits as CodeLimits
from engine.store.history import measurements
from engine.store.journal import Journal, JournalLike
from engine.store.memory import MemoryJournal
from engine.store.restore import restore_state
from engine.store.values import Durable, Loaded, Meta, Retention
from engine.view.build import ViewBuilder
from engine.view.model_types import ThoughtView
from engine.view.ring import EventRing
from engine.view.types import EventRow, Snapshot
from engine.worldfile import LoadedWorld, parse_world
from engine.worldfile.schema import World

SLOWER = 20
"""How much slower a machine may be on which a recorded run is run again."""

OPERATOR = "operator"
NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is driven; none of it is part of the world. `scale` None is a virtual clock."""

    scale: float | None = None
    limits: Limits = NO_LIMITS
    approvals: str | None = None
    sandbox: Sandbox | None = None
    recorded: Recorded | None = None
    """What the machines that a recorded run ran on had told it, for running it again."""
    vectors: Answers | None = None
    """The vectors that it had had, by digest; no model is asked then."""
    heard: hearing.Answers | None = None
    """What its mint's scorer was answered, by digest; nobody is asked then."""
    called: Mapping[str, Told] | None = None
    """What models answered its code and its mint, by call; nobody is asked then."""
    ask: Ask | None = None
    """Who answers instead of the models of the world: what was recorded of another run."""
    prices: tuple[ModelPrice, ...] | None = None
    """What the models cost, where it is known already."""


class Engine:
    """One run of one world. Use `create`, `open` or `in_memory`; then `run`, and `close` at the end."""

    def __init__(
        self,
        world: World,
        meta: Meta,
        state: State,
        journal: JournalLike,
        options: Options,
        models: WorldModels | None = None,
    ) -> None:
        self.world = world
        self.meta = meta
        self.journal = journal
        self.path: Path | None = None
        self.since = ""
        self.ended = ""
        self.ring = EventRing()
        self.followers: list[Callable[[Commit], None]] = [self.ring.follow]
        self.models = models if models is not None else WorldModels(world)
        recorded = options.vectors
        embed = recorded_vectors(recorded) if recorded is not None else ModelVectors.of(world, self.models.client)
        self.registry, stepper, self.runs = assemble(world, options.sandbox, options.recorded, embed)
        self.machine = Machine(world, state, stepper, self.runs.sandbox, self._committed)
        self.machine.heard = options.heard
        self.machine.called = options.called
        limits = options.limits
        if limits == NO_LIMITS:
            limits = Limits(world.run.duration, world.run.actions)
        self._options = options
        self._limits = limits
        self.runner: Runner
        self.views: ViewBuilder

    # -- opening ---------------------------------------------------------------------------------------------------

    @classmethod
    async def create(
        cls, loaded: LoadedWorld, path: Path, options: Options, script: list[Scripted] | None = None
    ) -> "Engine":
        """Begin a new run in a new file; none is left where its code cannot run, or its models cannot be asked.

        With a `script` it is a recorded run that is told again.
        """
        refuse_missing(loaded.world.sandbox.walls)
        meta = _meta(loaded)
        models = WorldModels(loaded.world)
        try:
            prices = options.prices
            if prices is None:
                prices = await models.ready() if script is None else ()
            journal = await Journal.create(path, meta)
        except BaseException:
            models.close()
            raise
        try:
            engine = cls._begin(loaded, meta, journal, options, script, models)
            engine.machine.priced(prices, engine.now)
        except BaseException:
            models.close()
            await journal.close()
            raise
        engine.path = path
        journal.beside = engine.runs.measures.take_unsaved
        journal.retain(_retention(engine.world))
        await journal.barrier()
        return engine

    @classmethod
    def in_memory(cls, loaded: LoadedWorld, options: Options, script: list[Scripted] | None = None) -> "Engine":
        """Begin a run that is kept nowhere: for tests, benchmarks and reruns."""
        return cls._begin(loaded, _meta(loaded), MemoryJournal(), options, script)

    @classmethod
    def _begin(
        cls,
        loaded: LoadedWorld,
        meta: Meta,
        journal: JournalLike,
        options: Options,
        script: list[Scripted] | None = None,
        models: WorldModels | None = None,
    ) -> "Engine":
        # From the text that is stored, not from the file: a run that is opened or run again begins from the same.
        world = parse_world(loaded.text)
        engine = cls(world, meta, State(), journal, options, models)
        engine._seed()
        engine._drive(script)
        return engine

    def _seed(self) -> None:
        mode = self._options.approvals or "policy"
        self.machine.told(seed_world(self.machine.state, self.world, self.registry, mode))

    @classmethod
    async def open(cls, path: Path, options: Options) -> "Engine":
        """Go on with a run where it was left."""
        journal, loaded = await Journal.open(path)
        try:
            world = parse_world(loaded.meta.world_toml)
            engine = cls(world, loaded.meta, restore_state(loaded), journal, options)
            engine.path = path
            journal.beside = engine.runs.measures.take_unsaved
            journal.retain(_retention(world))
            engine.runs.measures.load(measurements(path))
            if loaded.seq:
                engine._resume(loaded)
            else:
                engine._seed()  # it was killed before its first commit was on disk
            engine._drive(None)
            engine._follow_options()
        except BaseException:
            await journal.close()
            raise
        return engine

    def _drive(self, script: list[Scripted] | None) -> None:
        clock = Clock(self.machine.state.now, self._options.scale)
        ask = self._options.ask or self.models.ask
        self.runner = Runner(self.machine, self.journal, clock, self._limits, script, ask, self.models.stop)
        self.views = ViewBuilder(self)

    def _follow_options(self) -> None:
        """Who answers requests from now on, if that has changed since it was left; told when the world goes on."""
        switch = self.machine.state.switches.rows["world"]
        mode = self._options.approvals
        if mode is not None and mode != switch.approvals and not switch.stopped:
            self.runner.first = (op.SetApprovals(mode), OPERATOR)

    def _resume(self, loaded: Loaded) -> None:
        """Bring counters and the ring of recent events to where they were."""
        tally = self.machine.tally
        for body in loaded.tail:
            commit = decode(body)
            tally.follow(commit)
            self.ring.follow(commit)

    # -- running ---------------------------------------------------------------------------------------------------

    def _committed(self, commit: Commit, body: bytes) -> None:
        self.journal.append(body)
        for follow in self.followers:
            follow(commit)

    async def run(self) -> str:
        """Drive the run until it has an end or is stopped; the reason."""
        self.ended = ""
        if not self.runner.replaying and not self.runner.stopped:
            prices = self._options.prices
            self.machine.priced(prices if prices is not None else await self.models.prices(), self.now)
            if self._options.ask is None:
                self.models.start()
        if self.needs_sandbox:
            self.runs.sandbox.start()  # so that the first call of code does not wait for it
        try:
            with relaxed():
                self.ended = await self.runner.run()
        except Exception as error:
            self.ended = f"{type(error).__name__}: {error}"
            raise
        return self.ended

    async def close(self) -> Durable:
        """Make everything durable and let go of the file."""
        await self.runner.close()
        self.runs.sandbox.close()
        self.models.close()
        return await self.journal.close()

    @property
    def needs_sandbox(self) -> bool:
        """Whether this world has code of its own from the beginning."""
        return any(section.executable for section in self.world.artifacts) or any(
            section.mind == "program" for section in self.world.agents
        )

    # -- the door --------------------------------------------------------------------------------------------------

    def snapshot(self, query: op.Query) -> Snapshot:
        """The view that a query asks for."""
        return self.views.snapshot(query)

    async def fresh(self, query: op.Query) -> Snapshot:
        """The same: in the engine's own process nothing is on its way."""
        return self.views.snapshot(query)

    async def command(self, command: op.Command, operator: str = OPERATOR) -> op.Ack:
        """Carry out an operator's command; durable when this returns."""
        return await self.runner.command(command, operator)

    async def history(self, query: op.Query, before: int) -> tuple[EventRow, ...]:
        """Events of commits before `before`, newest first, from the run's file."""
        return await self.views.history(query, before)

    async def thoughts(self, agent: str, before: int) -> tuple[ThoughtView, ...]:
        """Thoughts of an agent that were asked for in commits before `before`, newest first, from the run's file."""
        return await self.views.thoughts(agent, before)

    def set_pace(self, scale: float | None) -> None:
        """World seconds per real second; None is as fast as possible."""
        self.runner.set_pace(scale)

    def agents_by_state(self) -> dict[str, int]:
        """How many agents are in each state."""
        return agents_by_state(self.machine.state)

    @property
    def now(self) -> SimTime:
        """World time of the last commit."""
        return self.machine.state.now


def assemble(
    world: World, sandbox: Sandbox | None = None, recorded: Recorded | None = None, embed: Embed | None = None
) -> tuple[Registry, Stepper, Runs]:
    """The physics of a world: genesis artifacts, access control, tariff, agents' code, and what takes agents' steps."""
    section = world.sandbox
    limits = CodeLimits(section.time, section.memory, section.depth, section.host_calls, section.output)
    tariff = world.tariff.actions()
    prices = Prices(*world.tariff.code(), measured=section.metering == "measured")
    # What went beyond a limit of the machine's in a recorded run is known, and nothing else may here.
    wide = limits if recorded is None else replace(limits, time=limits.time * SLOWER, memory=limits.memory * 2)
    broker = BrokerSandbox(wide, section.walls) if sandbox is None else sandbox
    runs = Runs(broker, limits, prices, world.world.seed, recorded)
    contracts = Contracts(runs)
    registry = build(world, param_models(), embed)
    contracts.home = physics = Physics(AccessControl(CONTRACTS, contracts), Tools(registry, runs), tariff)
    funds = Funds(world.budget.price, policy_of(world))
    models = {spec.name: spec for spec in specs(world.models)}
    vectors = world.memory.vectors.model if world.memory.vectors is not None else ""
    stepper = Stepper(
        physics,
        make_mind,
        Programs(runs, physics, limits_of(world)),
        world.world.seed,
        price_of_thought=tariff["think"],
        funds=funds,
        gate=Gate(models, funds.draw, next((name for name in models if name != vectors), "")),
        dormant_after=world.run.dormant_after,
    )
    return registry, stepper, runs


def _retention(world: World) -> Retention:
    section = world.retention
    return Retention(section.keep, section.events, section.bytes)


def _meta(loaded: LoadedWorld) -> Meta:
    return Meta(
        world=loaded.world.world.name,
        world_toml=loaded.text,
        seed=loaded.world.world.seed,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        ecosim_version=version("ecosim"),
        world_format=loaded.world.format,
    )
