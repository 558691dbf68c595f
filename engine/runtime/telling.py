"""What the log and the screen say of an action: its terms without its content, and one line for people."""

from typing import Any

import orjson

import engine.kernel.entities as ent
from engine.kernel.actions import IDLE, Action, Edit, Invoke, Transfer, Write, action_name
from engine.kernel.errors import Refusal

LOGGED = 200
"""The longest text of an argument that the log repeats."""


def target_of(action: Action) -> str:
    """The artifact that an action is about, empty for none."""
    return "" if isinstance(action, IDLE) else action.artifact or ""


def terms_of(action: Action) -> ent.Json:
    """What the log says of an action: its terms without the content, which is in the artifact."""
    match action:
        case Invoke():
            return {"action": "invoke", "method": action.method[:80], "args": _brief(action.args)}
        case Write():
            return {"action": "write", "type": action.type, "size": len(action.content)}
        case Transfer():
            return {"action": "transfer", "to": action.to}
        case Edit():
            return {"action": "edit", "size": len(action.new)}
        case _:
            return {"action": action_name(action)}


def _brief(args: ent.Json) -> ent.Json:
    """Arguments for the log, long ones cut: the log is not free storage."""
    if len(args) <= 20:
        for name, value in args.items():
            if len(name) > 80 or not (type(value) is int or (type(value) is str and len(value) <= LOGGED)):
                break
        else:
            return args
    return {name[:80]: _cut(value) for name, value in list(args.items())[:20]}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= LOGGED else f"{value[:LOGGED]}… ({len(value)} characters)"
    if isinstance(value, dict | list):
        size = len(orjson.dumps(value))
        return value if size <= LOGGED else f"… ({size} bytes)"
    return value


def one_line(action: Action, result: ent.Json | Refusal) -> str:
    """An action and how it ended, for people."""
    match action:
        case Invoke():
            done = f"{action.artifact.removeprefix('genesis_')}.{action.method}"
        case Write() if not isinstance(result, Refusal):
            done = f"write {result['artifact']}"
        case _:
            done = f"{action_name(action)} {target_of(action)}".rstrip()
    return f"{done}: {result.code}"[:120] if isinstance(result, Refusal) else done[:120]
