"""Actions as plain data: for kept thoughts, the log, and minds that answer in JSON."""

from dataclasses import asdict
from typing import Any

import orjson
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from engine.kernel.actions import ACTIONS, Action, action_name
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal

MAX_NAME = 200
_TEXTS = ("content", "old", "new")
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def action_to_json(action: Action) -> Json:
    """An action as plain data: its name under `action`, then its fields; that nothing may be charged is not said."""
    fields = asdict(action)
    for name in ("pay", "budget"):
        if not fields.get(name, 1):
            del fields[name]
    return {"action": action_name(action), **fields}


def action_from_json(data: object) -> Action | Refusal:
    """The action that plain data states, or a refusal that names the field and what would be right."""
    if not isinstance(data, dict):
        return Refusal("bad_action", 'an action is an object such as {"action": "read", "artifact": "data.3"}')
    name = data.get("action")
    if not isinstance(name, str) or name not in ACTIONS:
        said = repr(name[:40]) if isinstance(name, str) else "whose name is not text"
        return Refusal("unknown_action", f"there is no action {said}; there are: {', '.join(ACTIONS)}")
    try:
        # A copy, so that nobody else holds on to it, of just what can be stored.
        fields = orjson.loads(orjson.dumps(data))
    except TypeError as error:
        return Refusal("bad_action", f"{name}: an action is plain JSON: {str(error)[:200]}")
    del fields["action"]
    for key, value in fields.items():
        if isinstance(data[key], float) and value is None:  # JSON has no such number, and null would say another thing
            return Refusal("bad_action", f"{name}: {key[:40]}: a number is finite")
        if isinstance(value, str) and len(value) > MAX_NAME and key not in _TEXTS:
            return Refusal("bad_action", f"{name}: {key[:40]}: at most {MAX_NAME} characters, not {len(value)}")
    adapter = _ADAPTERS.get(name)
    if adapter is None:
        adapter = _ADAPTERS[name] = TypeAdapter(with_config(ConfigDict(extra="forbid"))(ACTIONS[name]))
    try:
        made: Action = adapter.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"]) or "fields"
        return Refusal("bad_action", f"{name}: {place}: {first['msg'][:200]}")
    return made
