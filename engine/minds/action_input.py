"""Actions as plain data: for kept thoughts, the log, and minds that answer in JSON."""

from dataclasses import asdict
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from engine.kernel.actions import ACTIONS, Action, action_name
from engine.kernel.entities import Json
from engine.kernel.errors import Refusal

_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def action_to_json(action: Action) -> Json:
    """An action as plain data: its name under `action`, then its fields."""
    return {"action": action_name(action), **asdict(action)}


def action_from_json(data: object) -> Action | Refusal:
    """The action that plain data states, or a refusal that names the field and what would be right."""
    if not isinstance(data, dict):
        return Refusal("bad_action", 'an action is an object such as {"action": "read", "artifact": "data.3"}')
    name = data.get("action")
    kind = ACTIONS.get(name) if isinstance(name, str) else None
    if kind is None:
        return Refusal("unknown_action", f"there is no action {str(name)[:40]!r}; there are: {', '.join(ACTIONS)}")
    adapter = _ADAPTERS.get(str(name))
    if adapter is None:
        adapter = _ADAPTERS[str(name)] = TypeAdapter(with_config(ConfigDict(extra="forbid"))(kind))
    try:
        made: Action = adapter.validate_python({key: value for key, value in data.items() if key != "action"})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"]) or "fields"
        return Refusal("bad_action", f"{name}: {place}: {first['msg'][:200]}")
    return made
