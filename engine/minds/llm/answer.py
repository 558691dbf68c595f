"""The answer of a model: the schema that it is asked for, and how it is read, whatever stands round it."""

import re
from dataclasses import fields
from json import JSONDecodeError, JSONDecoder
from typing import Any

from engine.kernel.actions import ACTIONS, Action, Invoke
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal
from engine.kernel.storage import MAX_NESTED, too_nested
from engine.minds.action_input import action_from_json
from engine.minds.llm.quoting import cut

MOST_WHY = 500
MOST_NOTE = 300
MOST_READ = 200_000
"""Characters of an answer that are looked at."""
_TRIES = 200
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_ABOUT = ("why", "note", "plan")
_OBJECTS = ("args", "metadata", "interface")
_WHOLE = ("duration", "pay", "budget")
_LISTS: dict[str, Json] = {"access": {"type": "string"}, "grants": {"type": "integer"}}
_TEXT: Json = {"type": "string"}


def schema(plan: int) -> Json:
    """The JSON Schema of an answer, in which up to `plan` further steps can be planned."""
    action: Json = {"$ref": "#/$defs/action"} if plan else _action()
    properties: Json = {"why": _TEXT, "action": action, "note": _TEXT}
    made: Json = {"type": "object", "properties": properties, "required": ["why", "action"]}
    if plan:
        properties["plan"] = {"type": "array", "items": action, "maxItems": plan}
        made["$defs"] = {"action": _action()}
    return made


def _action() -> Json:
    names = dict.fromkeys(field.name for kind in ACTIONS.values() for field in fields(kind))
    properties = {name: _field(name) for name in names}
    return {
        "type": "object",
        "properties": {"action": {"enum": list(ACTIONS)}, **properties},
        "required": ["action"],
        "additionalProperties": False,
    }


def _field(name: str) -> Json:
    if name in _LISTS:
        return {"type": "array", "items": _LISTS[name]}
    if name in _OBJECTS:
        return {"type": "object"}
    if name in _WHOLE:
        return {"type": "integer"}
    return {"type": "boolean"} if name == "can_execute" else _TEXT


_FIELDS = frozenset(field.name for kind in ACTIONS.values() for field in fields(kind))


def _fields_of(action: object) -> frozenset[str]:
    """The fields that an action has; all there are for what is none, which is refused by its name."""
    kind = ACTIONS.get(action) if isinstance(action, str) else None
    return _FIELDS if kind is None else frozenset(field.name for field in fields(kind))


class Unread(Exception):
    """What is wrong with an answer, in a sentence."""


def found(answer: str) -> Json:
    """The one object with an action that stands in an answer; raises Unread."""
    text = _THOUGHT.sub("", answer[:MOST_READ])
    objects: list[Json] = []
    for item in _objects(text):
        # The same once more is no second answer.
        if "action" in item and item not in objects:
            objects.append(item)
    if len(objects) > 1:
        raise Unread(f"there are {len(objects)} JSON objects with an action in it; answer with one and nothing else")
    if not objects:
        raise Unread(_nothing(text))
    return objects[0]


def _nothing(text: str) -> str:
    if not text.strip():
        return "it is empty; answer with one JSON object"
    start = text.find("{")
    if start < 0:
        return "there is no JSON object in it; answer with one, and nothing else"
    if next(_objects(text), None) is not None:
        return 'there is no "action" in it; the object has "why" and "action"'
    try:
        _decoded(text, start)
    except ValueError as error:
        return f"its JSON is broken: {str(error)[:120]}; was it cut off? Answer shorter"
    return "there is no JSON object in it; answer with one, and nothing else"


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


_DECODER = JSONDecoder(strict=False, parse_constant=_refused)
_MARKS = re.compile(r'[\[{]|[\]}]|"(?:[^"\\]|\\.)*(?:"|\Z)', re.DOTALL)


def _decoded(text: str, place: int) -> tuple[Any, int]:
    """The JSON value that begins at a place, and where it ends; raises ValueError, and Unread if it is nested too deep.

    How deep Python itself reads depends on the calls that it is in the middle of, which are others when a run is told
    again: so what is too deep is too deep everywhere, also where something else is wrong behind it.
    """
    try:
        item, end = _DECODER.raw_decode(text, place)
    except RecursionError:
        raise Unread(_DEEP) from None
    except ValueError as error:
        read = error.pos if isinstance(error, JSONDecodeError) else len(text)
        if _deep(text, place, read):
            raise Unread(_DEEP) from None
        raise
    if too_nested(item):
        raise Unread(_DEEP)
    return item, end


_DEEP = f"its JSON is broken: it is nested more than {MAX_NESTED} deep; answer with one plain object"


def _deep(text: str, start: int, end: int) -> bool:
    """Whether brackets are open in each other, more than may be, in this part of a text."""
    depth = 0
    for found in _MARKS.finditer(text, start, end):
        if found[0] in "[{":
            depth += 1
            if depth > MAX_NESTED:
                return True
        elif found[0] in "]}":
            depth -= 1
            if depth <= 0:
                return False
    return False


def _objects(text: str) -> Any:
    """The outermost JSON objects in a text, in order; raises Unread for one that is nested too deep."""
    place = text.find("{")
    for _ in range(_TRIES):
        if place < 0:
            return
        try:
            item, end = _decoded(text, place)
        except ValueError:
            end = place + 1
        else:
            yield item
        place = text.find("{", end)


def parts(data: Json) -> tuple[object, str, str, list[Any]]:
    """Action, reason, note and plan of an answer; raises Unread. An action that stands there bare is taken as one."""
    action: object = data["action"]
    if isinstance(action, str):
        action = {name: value for name, value in data.items() if name not in _ABOUT}
    plan = data.get("plan")
    if plan is not None and not isinstance(plan, list):
        raise Unread('"plan" is a list of actions')
    return action, _said(data.get("why"), MOST_WHY), _said(data.get("note"), MOST_NOTE), plan or []


def _said(value: object, most: int) -> str:
    return cut(value.strip(), most) if isinstance(value, str) else ""


def action_of(value: object) -> Action:
    """The action that a model states; raises Unread that says what is wrong with it.

    A field that is null is one left out, and so is one that only other actions have, since the schema lets models fill
    all of them; what JSON a model has put into a text is taken for what it says.
    """
    if isinstance(value, dict):
        others = _FIELDS - _fields_of(value.get("action"))
        value = {name: item for name, item in value.items() if item is not None and name not in others}
        if isinstance(args := value.get("args"), str):
            value["args"] = _opened(args)
        if value.get("action") == Invoke.__name__.lower():
            value.setdefault("args", {})
    made = action_from_json(value)
    if isinstance(made, Refusal):
        raise Unread(f"action: {made.message}")
    return made


def _opened(text: str) -> object:
    start = len(text) - len(text.lstrip())
    try:
        value, end = _decoded(text, start)
    except ValueError:
        return text
    return text if text[end:].strip() else value
