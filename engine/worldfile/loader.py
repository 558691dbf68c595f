"""From a reference to a world that can run, or to every problem it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.worldfile import overrides, sources, translate
from engine.worldfile.checks import Minds, check
from engine.worldfile.document import Places, deep_path, parse, refuse_any
from engine.worldfile.groups import scaled
from engine.worldfile.other_model import OPTION, put_model
from engine.worldfile.policies import LoadedPolicy, merged
from engine.worldfile.problems import Finding, KeyPath, Problem, WorldFileError, key_text, shown
from engine.worldfile.save import to_toml
from engine.worldfile.schema import FORMAT, World


@dataclass(frozen=True, slots=True)
class LoadedWorld:
    """A world without problems, its effective text as TOML (what is stored with a run), and where it came from."""

    world: World
    text: str
    source: str


def load_world(
    ref: str,
    *,
    sets: Sequence[str] = (),
    agents: int | None = None,
    seed: int | None = None,
    minds: Minds | None = None,
    policy: LoadedPolicy | None = None,
    model: str | None = None,
) -> LoadedWorld:
    """Load a bundled world by name, or a file by path, with what the command line says of it applied.

    Raises WorldFileError with every problem there is; those of the schema are reported before those across keys.
    """
    source = sources.read(ref)
    return load_text(
        source.text, source.file, sets=sets, agents=agents, seed=seed, minds=minds, policy=policy, model=model
    )


def load_text(
    text: str,
    file: str,
    *,
    sets: Sequence[str] = (),
    agents: int | None = None,
    seed: int | None = None,
    minds: Minds | None = None,
    policy: LoadedPolicy | None = None,
    model: str | None = None,
) -> LoadedWorld:
    """Load a world from the text of a world file; `file` is its name in messages. Raises WorldFileError."""
    document = parse(text, file)
    places = Places(file, text, document=document)
    problems = _override(document, places, sets, seed, model)
    world, findings = _validate(document)
    problems += places.problems(findings)
    if world is None or problems:
        raise WorldFileError(problems)
    refuse_any(places.problems(check(world, minds)))
    if agents is not None:
        world = _scale(world, agents, places, minds)
    if policy is not None:
        world = merged(world, policy)
    return LoadedWorld(world, to_toml(world), file)


def parse_world(text: str) -> World:
    """The world of a text that was stored with a run; what was checked then is not checked again."""
    document = parse(text, "the stored world")
    world, findings = _validate(document)
    if world is None:
        raise WorldFileError(Places("the stored world", text).problems(findings))
    return world


def _override(
    document: dict[str, Any], places: Places, sets: Sequence[str], seed: int | None, model: str | None
) -> list[Problem]:
    """Apply `--model`, `--set` and `--seed`, in that order; what cannot be applied comes back."""
    applied: list[tuple[str, KeyPath | Problem]] = []
    if model is not None:
        put = put_model(document, model)
        applied += [(OPTION, one) for one in ([put] if isinstance(put, Problem) else put)]
    applied += [(overrides.SET, overrides.apply(document, assignment)) for assignment in sets]
    if seed is not None:
        applied.append(("--seed", overrides.put(document, ("world", "seed"), seed, "--seed")))
    places.options += [(result, name) for name, result in applied if not isinstance(result, Problem)]
    problems = [result for _, result in applied if isinstance(result, Problem)]
    if (deep := deep_path(document)) is not None:
        raise WorldFileError(
            [Problem(overrides.SET, None, key_text(deep[:3]), "is nested too deep", "make it flatter")]
        )
    return problems


def _validate(document: dict[str, Any]) -> tuple[World | None, list[Finding]]:
    """The world, or what keeps the document from being one. A file of a later version is told just that."""
    version = document.get("format")
    found = []
    if "format" not in document:
        found.append(Finding(("format",), "is missing", f"make `format = {FORMAT}` the first line"))
    elif type(version) is int and version > FORMAT:
        problem = f"this is version {shown(version)}; this ecosim reads version {FORMAT}"
        return None, [Finding(("format",), problem, "use a newer ecosim")]
    elif type(version) is not int or version != FORMAT:
        found.append(Finding(("format",), f"must be {FORMAT}, not {shown(version)}", f"write format = {FORMAT}"))
    try:
        world = World.model_validate(document | {"format": FORMAT})
    except ValidationError as error:
        return None, found + list(translate.findings(error, document, World))
    return (None if found else world), found


def _scale(world: World, agents: int, places: Places, minds: Minds | None) -> World:
    larger = scaled(world, agents)
    if isinstance(larger, Finding):
        raise WorldFileError([Problem("--agents", None, "", larger.problem, larger.remedy)])
    places.options.append(((), "--agents"))
    refuse_any(places.problems(check(larger, minds)))
    return larger
