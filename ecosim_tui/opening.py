"""From the command line's wishes to an engine that runs: the one place where both front ends open it."""

from ecosim_tui.launch import Opening
from ecosim_tui.paths import UsageError, new_run
from engine.runtime.engine import Engine, Options
from engine.runtime.replay import answering, replay
from engine.runtime.runner import Limits
from engine.store.history import summarise
from engine.worldfile import LoadedWorld, load_policy, load_world
from engine.worldfile.values import parse_duration


def options(opening: Opening) -> Options:
    """How the run is to be driven."""
    duration = None
    if opening.duration is not None:
        try:
            duration = parse_duration(opening.duration)
        except ValueError as error:
            raise UsageError(f"--for: {error}, not {opening.duration[:40]!r}") from error
        if duration <= 0:
            raise UsageError("--for takes a time above 0")
    return Options(opening.scale, Limits(duration, opening.actions), opening.approvals)


def load(opening: Opening) -> LoadedWorld:
    """The world of a new run."""
    policy = load_policy(opening.policy) if opening.policy is not None else None
    return load_world(
        opening.world,
        sets=opening.sets,
        agents=opening.agents,
        seed=opening.seed,
        policy=policy,
        model=opening.model,
    )


async def open_engine(opening: Opening) -> Engine:
    """A new run of a world, or an existing run."""
    wanted = options(opening)
    if opening.run is not None:
        return await Engine.open(opening.run, wanted)
    if opening.replay is not None and not opening.world:
        return await replay(opening.replay, opening.db or new_run(summarise(opening.replay).meta.world), wanted)
    if opening.replay is not None:
        wanted = answering(opening.replay, wanted)
    loaded = load(opening)
    path = opening.db or new_run(loaded.world.world.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return await Engine.create(loaded, path, wanted)
