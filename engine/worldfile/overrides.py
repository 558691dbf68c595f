"""`--set path=value`: changes one setting of a document before it is validated."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from engine.worldfile import shape
from engine.worldfile.locate import too_deep
from engine.worldfile.problems import KeyPath, Problem, key_text, meant, name_of, named_text, nearest, safe, shown
from engine.worldfile.schema import World

Document = dict[str, Any]

SET = "--set"
_STEP = re.compile(r'\s*(?:(?P<bare>[A-Za-z0-9_-]+)|"(?P<quoted>[^"]*)"|\[(?P<index>\d{1,7})\])\s*')
_FORM = "write --set path=value, e.g. --set agents.alice.scrip=5 or --set mint.every=30s"
_NAMED = 200  # elements of an array that are looked through for a near name
_SHOWN = 10


class _Unknown(Exception):
    """A step of a path leads nowhere: the path so far, the step, and what there is instead or what to do."""

    def __init__(self, path: KeyPath, step: str | int, problem: str, known: tuple[str, ...], remedy: str = "") -> None:
        super().__init__(problem)
        self.path, self.step, self.problem, self.known, self.remedy = path, step, problem, known, remedy


def apply(document: Document, assignment: str, source: str = SET) -> KeyPath | Problem:
    """Carry out one assignment on the document; return the place that was set, or what is wrong with it."""
    try:
        assignment.encode()
    except UnicodeEncodeError:
        return Problem(source, None, "", f"{shown(assignment)} is not UTF-8", _FORM)
    steps, value = _parse(assignment)
    if not steps:
        return Problem(source, None, "", f"{shown(assignment)} is not an assignment", _FORM)
    return put(document, steps, _value(value), source)


def put(document: Document, steps: KeyPath, value: object, source: str) -> KeyPath | Problem:
    """Set the place that `steps` lead to, where names stand for elements of arrays, to a value."""
    try:
        path = _resolve(document, steps, isinstance(value, dict))
    except _Unknown as unknown:
        remedy = unknown.remedy or _remedy(document, steps, unknown)
        return Problem(source, None, named_text(steps, document), unknown.problem, remedy)
    node: Any = document
    for step in path[:-1]:
        node = node.setdefault(step, {}) if isinstance(node, dict) else node[step]
    node[path[-1]] = value
    return path


def _parse(assignment: str) -> tuple[KeyPath, str]:
    """The steps of the path and the text of the value; no steps if this is not an assignment."""
    steps: list[str | int] = []
    position = 0
    while (match := _STEP.match(assignment, position)) is not None:
        if match["index"] is not None:
            steps.append(int(match["index"]))
        else:
            steps.append(match["bare"] or match["quoted"] or "")
        position = match.end()
        following = assignment[position : position + 1]
        if following == "=":
            usable = isinstance(steps[0], str) and len(steps) <= 32
            return (tuple(steps), assignment[position + 1 :]) if usable else ((), "")
        if following == ".":
            position += 1
        elif following != "[":
            break
    return (), ""


def _value(text: str) -> object:
    """The value as TOML reads it; text that is not TOML stands for itself."""
    if too_deep(text) is not None:
        return text
    try:
        parsed = tomllib.loads(f"value = {text}")
    except ValueError:
        return text
    return parsed["value"] if len(parsed) == 1 else text


def _resolve(document: Document, steps: KeyPath, is_table: bool) -> KeyPath:
    node: Any = document
    annotation: Any = World
    path: KeyPath = ()
    for position, step in enumerate(steps):
        is_last = position == len(steps) - 1
        if shape.is_array(annotation) or (shape.bare(annotation) is Any and isinstance(node, list)):
            part: str | int = _element(node, path, step)
        elif shape.is_section(annotation):
            part = _key(path, step, shape.keys(annotation), node)
        elif shape.is_map(annotation):
            may_be_new = is_last and (is_table or not shape.is_section(shape.child(annotation, "*")))
            part = _entry(path, step, node, may_be_new)
        else:
            raise _Unknown(path, step, f"is not a setting: {key_text(path)} is one value, without keys", ())
        node = node[part] if isinstance(node, list) and isinstance(part, int) else (node or {}).get(part)
        annotation = shape.child(annotation, part)
        path += (part,)
    return path


def _key(path: KeyPath, step: str | int, known: tuple[str, ...], node: object) -> str:
    _require_table(path, step, node)
    if step not in known:
        raise _Unknown(path, step, "is not a setting of a world", known)
    return str(step)


def _entry(path: KeyPath, step: str | int, node: object, may_be_new: bool) -> str:
    _require_table(path, step, node)
    if isinstance(step, int):
        problem = f"is not there: {key_text(path)} is a table, not an array"
        raise _Unknown(path, step, problem, (), f"use a name: {key_text(path)}.NAME")
    known = tuple(node) if isinstance(node, dict) else ()
    if step not in known and not may_be_new:
        raise _Unknown(path, step, f"is not there: {key_text(path)} has no {shown(step)}", known)
    return step


def _require_table(path: KeyPath, step: str | int, node: object) -> None:
    if node is not None and not isinstance(node, dict):
        problem = f"cannot be set: {key_text(path)} is not a table in the file"
        raise _Unknown(path, step, problem, (), f"write {key_text(path)} as a table there")


def _element(node: object, path: KeyPath, step: str | int) -> int:
    elements = node if isinstance(node, list) else []
    names = [name_of(element) for element in elements]
    if isinstance(step, int):
        if step < len(elements):
            return step
        problem = f"is not there: {key_text(path)} has {len(elements)} elements, counted from 0"
        raise _Unknown(path, step, problem, (), _named_remedy(path, names))
    if step in names:
        return names.index(step)
    group = step.rpartition("_")[0]
    if group and group in names and step.rpartition("_")[2].isdecimal():
        whole = f"{key_text((*path, group))}"
        raise _Unknown(path, step, f"is one of a group, which is set as a whole, as {whole}", (group,))
    raise _Unknown(path, step, f"is not there: {key_text(path)} has no {shown(step)}", tuple(filter(None, names)))


def _named_remedy(path: KeyPath, names: list[str]) -> str:
    """How an element is meant by its name, where elements have one."""
    known = [key_text((*path, name)) for name in names[:_SHOWN] if name]
    more = ", …" if len(names) > _SHOWN else ""
    return f"use a smaller number, or a name: {', '.join(known)}{more}" if known else "use a smaller number"


def _remedy(document: Document, steps: KeyPath, unknown: _Unknown) -> str:
    """The nearest path that there is: first at the step that failed, then anywhere."""
    step = safe(str(unknown.step), 80)
    close = nearest(step, unknown.known)
    if close is not None:
        rest = steps[len(unknown.path) + 1 :]
        return f"did you mean `{key_text((*unknown.path, close, *rest))}`?"
    paths = list(_paths(document, World, ""))
    ends = [path for path in paths if len(steps) == 1 and path.rpartition(".")[2] == step]
    everywhere = nearest(key_text(steps), paths) or next(iter(ends), None)
    if everywhere is not None:
        return f"did you mean `{everywhere}`?"
    place = key_text(unknown.path) or "a world"
    known = tuple(safe(word, 40) for word in unknown.known)
    return meant("", known, f"{place} has") if known else _FORM


def _paths(node: object, annotation: Any, prefix: str) -> Iterator[str]:
    """Paths that can be set, as people write them: arrays of named elements by name."""
    if shape.is_section(annotation):
        table = node if isinstance(node, dict) else {}
        for key in shape.keys(annotation):
            path = f"{prefix}.{key}" if prefix else key
            yield path
            yield from _paths(table.get(key), shape.child(annotation, key), path)
    elif shape.is_array(annotation) and isinstance(node, list):
        for element in node[:_NAMED]:
            if name := name_of(element):
                yield from _paths(element, shape.child(annotation, 0), f"{prefix}.{safe(name, 40)}")
    elif shape.is_map(annotation) and isinstance(node, dict):
        for key in list(node)[:_NAMED]:
            path = f"{prefix}.{safe(str(key), 40)}"
            yield path
            yield from _paths(node[key], shape.child(annotation, key), path)
