"""From a reference to a world that can run, or to every problem it has."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from engine.worldfile import overrides, sources, translate
from engine.worldfile.checks import Minds, check
from engine.worldfile.groups import scaled
from engine.worldfile.locate import MAX_DEPTH, Lines, too_deep
from engine.worldfile.problems import Finding, KeyPath, Problem, WorldFileError, key_text, safe, shown
from engine.worldfile.save import to_toml
from engine.worldfile.schema import FORMAT, World

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


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
) -> LoadedWorld:
    """Load a bundled world by name, or a file by path, with `--set`, `--agents` and `--seed` applied.

    Raises WorldFileError with every problem there is; those of the schema are reported before those across keys.
    """
    source = sources.read(ref)
    return load_text(source.text, source.file, sets=sets, agents=agents, seed=seed, minds=minds)


def load_text(
    text: str,
    file: str,
    *,
    sets: Sequence[str] = (),
    agents: int | None = None,
    seed: int | None = None,
    minds: Minds | None = None,
) -> LoadedWorld:
    """Load a world from the text of a world file; `file` is its name in messages. Raises WorldFileError."""
    places = _Places(file, text)
    document = _parse(text, file)
    problems = _override(document, places, sets, seed)
    world, findings = _validate(document)
    problems += places.problems(findings)
    if world is None or problems:
        raise WorldFileError(problems)
    _refuse_any(places.problems(check(world, minds)))
    if agents is not None:
        world = _scale(world, agents, places, minds)
    return LoadedWorld(world, to_toml(world), file)


def parse_world(text: str) -> World:
    """The world of a text that was stored with a run; what was checked then is not checked again."""
    document = _parse(text, "the stored world")
    world, findings = _validate(document)
    if world is None:
        raise WorldFileError(_Places("the stored world", text).problems(findings))
    return world


@dataclass(slots=True)
class _Places:
    """Where the parts of a document came from: the file's lines, or a command line option."""

    file: str
    text: str
    options: list[tuple[KeyPath, str]] = field(default_factory=list)

    def problems(self, findings: Iterable[Finding]) -> list[Problem]:
        """The findings with file and line, in the order of the file."""
        found = list(findings)
        lines = Lines(self.text) if found else None
        placed = []
        for finding in found:
            option = next((name for path, name in reversed(self.options) if finding.path[: len(path)] == path), None)
            line = lines.line(finding.path) if lines is not None and option is None else None
            placed.append(Problem(option or self.file, line, key_text(finding.path), finding.problem, finding.remedy))
        return sorted(placed, key=lambda problem: (problem.line is None, problem.line or 0))


def _refuse_any(problems: Sequence[Problem]) -> None:
    if problems:
        raise WorldFileError(problems)


def _parse(text: str, file: str) -> dict[str, Any]:
    line = too_deep(text)
    if line is not None:
        raise WorldFileError([Problem(file, line, "", f"is nested deeper than {MAX_DEPTH}", "make it flatter")])
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WorldFileError([_syntax(error, text, file)]) from error
    except ValueError as error:  # a decimal number of thousands of digits
        line = next((number for number, row in enumerate(text.split("\n"), 1) if re.search(r"\d{4300}", row)), 1)
        raise WorldFileError([Problem(file, line, "", "holds a number that is absurdly long", "shorten it")]) from error
    if not document:
        remedy = "start from a template: ecosim worlds new NAME"
        raise WorldFileError([Problem(file, 1, "", "is empty", remedy)])
    if (deep := _deep(document)) is not None:
        line = Lines(text).line(deep)
        raise WorldFileError(
            [Problem(file, line, key_text(deep[:3]), f"is nested deeper than {MAX_DEPTH}", "make it flatter")]
        )
    return document


def _syntax(error: tomllib.TOMLDecodeError, text: str, file: str) -> Problem:
    message = str(error)
    place = _PLACE.search(message)
    line = int(place[1]) if place else text.rstrip().count("\n") + 1
    said = safe(_PLACE.sub("", message).replace("(at end of document)", "").strip(), 200)
    column = f" at column {place[2]}" if place else " at the end of the file"
    remedy = 'correct the TOML there (text stands in quotes: name = "trio")'
    if "overwrite" in said or "twice" in said or "Duplicate" in said:
        remedy = "give each key and each [table] once"
    return Problem(file, line, "", f"is not TOML: {said[:1].lower()}{said[1:]}{column}", remedy)


def _deep(document: dict[str, Any]) -> KeyPath | None:
    """A path that is deeper than any world needs; found without recursion, since dotted keys nest without brackets."""
    stack: list[tuple[KeyPath, Any]] = [((), document)]
    while stack:
        path, node = stack.pop()
        if len(path) > MAX_DEPTH:
            return path
        if isinstance(node, dict):
            stack.extend(((*path, key), item) for key, item in node.items())
        elif isinstance(node, list):
            stack.extend(((*path, index), item) for index, item in enumerate(node))
    return None


def _override(document: dict[str, Any], places: _Places, sets: Sequence[str], seed: int | None) -> list[Problem]:
    """Apply `--set` and `--seed`, in that order; what cannot be applied comes back."""
    applied = [(overrides.SET, overrides.apply(document, assignment)) for assignment in sets]
    if seed is not None:
        applied.append(("--seed", overrides.put(document, ("world", "seed"), seed, "--seed")))
    places.options += [(result, name) for name, result in applied if not isinstance(result, Problem)]
    problems = [result for _, result in applied if isinstance(result, Problem)]
    if (deep := _deep(document)) is not None:
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


def _scale(world: World, agents: int, places: _Places, minds: Minds | None) -> World:
    larger = scaled(world, agents)
    if isinstance(larger, Finding):
        raise WorldFileError([Problem("--agents", None, "", larger.problem, larger.remedy)])
    places.options.append(((), "--agents"))
    _refuse_any(places.problems(check(larger, minds)))
    return larger
