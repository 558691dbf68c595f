"""The text of a file as a document of tables, and where in the text its parts stand; for worlds and for policies."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.worldfile.locate import MAX_DEPTH, Lines, too_deep
from engine.worldfile.problems import Finding, KeyPath, Problem, WorldFileError, key_text, named_text, safe

_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_QUOTED = r"'([^']*)'"
_KEYS = re.compile(r"\((?:'[^']*',? ?)+\)")  # a path of keys as Python shows it


@dataclass(slots=True)
class Places:
    """Where the parts of a document came from: the file's lines, or a command line option."""

    file: str
    text: str
    options: list[tuple[KeyPath, str]] = field(default_factory=list)
    document: dict[str, Any] = field(default_factory=dict)
    """What the options have changed, for the names of elements: in what is set there are no lines to go by."""

    def problems(self, findings: Iterable[Finding]) -> list[Problem]:
        """The findings with file and line, in the order of the file."""
        found = list(findings)
        lines = Lines(self.text) if found else None
        placed = []
        for finding in found:
            option = next((name for path, name in reversed(self.options) if finding.path[: len(path)] == path), None)
            line = lines.line(finding.path) if lines is not None and option is None else None
            key = key_text(finding.path) if option is None else named_text(finding.path, self.document)
            placed.append(Problem(option or self.file, line, key, finding.problem, finding.remedy))
        return sorted(placed, key=lambda problem: (problem.line is None, problem.line or 0))


def refuse_any(problems: Sequence[Problem]) -> None:
    """Raise WorldFileError if there is any problem."""
    if problems:
        raise WorldFileError(problems)


def parse(text: str, file: str, start: str = "start from a template: ecosim worlds new NAME") -> dict[str, Any]:
    """The document that a text is; `start` says how to begin one. Raises WorldFileError."""
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
        raise WorldFileError([Problem(file, 1, "", "is empty", start)])
    if (deep := deep_path(document)) is not None:
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
        said = _KEYS.sub(lambda found: f"[{'.'.join(re.findall(_QUOTED, found[0]))}]", said)
    return Problem(file, line, "", f"is not TOML: {said[:1].lower()}{said[1:]}{column}", remedy)


def deep_path(document: dict[str, Any]) -> KeyPath | None:
    """A path that is deeper than any file needs; found without recursion, since dotted keys nest without brackets."""
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
