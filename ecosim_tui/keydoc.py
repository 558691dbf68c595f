"""docs/keys.md, written from the registry: `python -m ecosim_tui.keydoc > docs/keys.md`."""

import sys

from ecosim_tui.keys import ACTIONS, Action, Context, Group, shown

_HEAD = """# Keys

This page is generated from the console's own registry (`python -m ecosim_tui.keydoc > docs/keys.md`).
The footer shows the keys that mean something where the cursor is, `?` explains all of them, and `ctrl+p` finds
them by name.
"""
_TAIL = """## Keys of your own

Put a file `keys.toml` into the user's configuration directory (`~/.config/ecosim/keys.toml` on Linux).
Each entry gives an action other keys, a list gives it several:

```toml
pause_world = "f5"
stop_agent = ["ctrl+k", "X"]
table.up = ["up", "i"]
```

An entry that names no action or no key, or a key that would mean two things, is refused when the console opens,
with the file and the entry.
"""


def document() -> str:
    """The whole page."""
    parts = [_HEAD]
    for group in Group:
        rows = "\n".join(_row(action) for action in ACTIONS if action.group is group)
        parts.append(f"## {group}\n\n| key | action | id | needs |\n|---|---|---|---|\n{rows}\n")
    return "\n".join([*parts, _TAIL])


def _row(action: Action) -> str:
    keys = " ".join(f"`{shown(key)}`" for key in action.keys) or "–"
    needs = "" if action.context is Context.ANYWHERE else str(action.context)
    return f"| {keys} | {action.help} | `{action.id}` | {needs} |"


if __name__ == "__main__":
    sys.stdout.write(document())
