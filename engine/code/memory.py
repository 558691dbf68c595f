"""What a program remembers beyond its own life: values under keys, in the memory of its agent.

They are entries like those of `genesis_memory.store`, with the value as JSON for their text: found by words,
sold and inherited with all the others. Entries without a key are not looked at here.
"""

import orjson

from engine.genesis.memories import MAX_TEXT, Limits, Note, forget, keyed, opened, store, writable
from engine.kernel.access import Access
from engine.kernel.actions import Call
from engine.kernel.entities import Json, MemoryEntry
from engine.kernel.errors import Refusal


async def recall(call: Call, key: str) -> object | Refusal:
    """The value under a key, None if there is none; without a key all values by their keys."""
    row = await opened(call, Access.READ, None)
    if row is None or isinstance(row, Refusal):
        return row if row is not None or key else {}
    if key:
        entry = keyed(call.tx, row.id, key)
        return _value(entry) if entry is not None else None
    found: Json = {}
    for entry in call.tx.scan(call.tx.state.entries_of, row.id):
        if entry.key:
            found[entry.key] = _value(entry)
    return found


async def remember(call: Call, key: str, value: object, limits: Limits) -> Refusal | None:
    """Keep a value under a key, None to forget it; why it cannot be kept."""
    row = await writable(call, None)
    if isinstance(row, Refusal):
        return row
    if value is None:
        entry = keyed(call.tx, row.id, key)
        gone = forget(call.tx, call.caller, row, [entry]) if entry is not None else 0
        return gone if isinstance(gone, Refusal) else None
    text = orjson.dumps(value).decode()
    if len(text) > MAX_TEXT:
        return Refusal("too_large", f"a value has {MAX_TEXT} characters as JSON at most, not {len(text)}")
    kept = store(call.tx, call.caller, row, Note(text, (), key), limits)
    return kept if isinstance(kept, Refusal) else None


def _value(entry: MemoryEntry) -> object:
    """What was remembered; an entry that was stored otherwise is its text."""
    try:
        return orjson.loads(entry.text)
    except ValueError:
        return entry.text
