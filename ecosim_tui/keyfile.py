"""Keys of the operator's own: `keys.toml` in the user's configuration directory, action id = "key" or ["key", …]."""

import difflib
import tomllib
import unicodedata
from pathlib import Path
from typing import Any

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from ecosim_tui.keys import BY_ID, Keymap
from engine.kernel.errors import EcosimError

_MODIFIERS = ("ctrl+", "shift+", "alt+")
_KEPT = frozenset({"ctrl+q", "ctrl+c"})
_NAMED = {key.value for key in Keys if not key.value.startswith("<")} | set(KEY_NAME_REPLACEMENTS.values())


class BadKeys(EcosimError):
    """The operator's key file cannot be used; the message names the file, the entry and what would be right."""


def default_path() -> Path:
    """Where the operator's key file is looked for."""
    # Imported here: only a console that is really opened needs to know where home is.
    from platformdirs import user_config_path

    return user_config_path("ecosim", appauthor=False) / "keys.toml"


def read_keymap(path: Path | None = None) -> Keymap:
    """The keys that hold for this operator; the registry's own where there is no file. Raises BadKeys."""
    path = default_path() if path is None else path
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Keymap()
    except (OSError, UnicodeDecodeError) as error:
        raise BadKeys(f"{path}: cannot be read: {error}") from error
    try:
        entries = _flat(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadKeys(f"{path}: is not TOML: {error}") from error
    keymap = Keymap({action: _keys(path, action, value) for action, value in entries.items()})
    for key, first, second in keymap.conflicts():
        raise BadKeys(f"{path}: {_entry(keymap, first, second)}: the key {key!r} would mean both {first} and {second}")
    return keymap


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Entries by dotted name, since `table.up = "w"` is a nested table to TOML."""
    entries: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            entries.update(_flat(value, f"{prefix}{name}."))
        else:
            entries[f"{prefix}{name}"] = value
    return entries


def _keys(path: Path, action: str, value: Any) -> tuple[str, ...]:
    if action not in BY_ID:
        near = difflib.get_close_matches(action, BY_ID, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(BY_ID)}"
        raise BadKeys(f"{path}: {action[:60]!r}: there is no such action; {hint}")
    keys = value if isinstance(value, list) else [value]
    if not keys:
        raise BadKeys(f"{path}: {action}: the list of keys is empty; leave the entry out to keep the usual key")
    for key in keys:
        if not isinstance(key, str):
            raise BadKeys(f'{path}: {action}: a key is a text like "p" or "ctrl+r", not {key!r}')
        if key in _KEPT:
            raise BadKeys(f"{path}: {action}: {key} always leaves or copies and cannot mean anything else")
        if not _is_key(key):
            raise BadKeys(f'{path}: {action}: {key[:40]!r} is no key; write it like "p", "K", "f5" or "ctrl+r"')
    return tuple(keys)


def _is_key(key: str) -> bool:
    base = key
    while base.startswith(_MODIFIERS):
        base = base.split("+", 1)[1]
    if len(base) == 1:
        return base.isprintable() and not base.isspace() and base != ","
    if key in _NAMED or base in _NAMED:
        return True
    try:
        unicodedata.lookup(base.replace("_", " "))
    except KeyError:
        return False
    return True


def _entry(keymap: Keymap, first: str, second: str) -> str:
    return second if second in keymap.overrides else first
