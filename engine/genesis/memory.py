"""`genesis_memory`: what an agent keeps for later, found again by words, tags, key or number.

A memory is an artifact with a contract of its own, so it can be shared, given away and sold apart from its agent.
Whatever is asked of one is asked of that contract: looking as read, changing as write.
"""

import orjson

from engine.genesis import full_text
from engine.genesis.base import Genesis, method
from engine.genesis.full_text import FullText
from engine.genesis.meaning import Meaning, no_meaning
from engine.genesis.memories import Limits, Note, assign, forget, keyed, opened, store, writable
from engine.genesis.memory_args import (
    EntryArgs,
    ExportArgs,
    ForgetArgs,
    ListArgs,
    RecallArgs,
    StoreArgs,
    UseArgs,
    WhichArgs,
)
from engine.kernel.access import Access
from engine.kernel.actions import Call, Write
from engine.kernel.entities import Artifact, Json, MemoryEntry
from engine.kernel.errors import Refusal
from engine.kernel.memory import DESK, is_memory
from engine.kernel.transaction import Transaction

MOST_SHOWN_BYTES = 65_536
"""Bytes of entries that are shown at once."""


def shown(entry: MemoryEntry) -> Json:
    """An entry as agents see it."""
    return {"entry": entry.number, "key": entry.key, "tags": list(entry.tags), "text": entry.text, "at": entry.at}


def _fits(found: list[Json], limit: int, more: Json) -> bool:
    """Whether another entry may be shown; the first always may."""
    size = sum(len(orjson.dumps(one)) for one in (*found, more))
    return not found or (len(found) < limit and size <= MOST_SHOWN_BYTES)


def _entries(tx: Transaction, row: Artifact, tags: list[str]) -> list[MemoryEntry]:
    """The entries that have all the tags, oldest first."""
    return [entry for entry in tx.scan(tx.state.entries_of, row.id) if set(tags) <= set(entry.tags)]


async def _get(call: Call, args: EntryArgs) -> Json | Refusal:
    if (args.entry is None) == (args.key is None):
        return Refusal("bad_arguments", f"{DESK}.get: name an entry by its number or by its key, by one of them")
    row = await opened(call, Access.READ, args.memory)
    if isinstance(row, Refusal):
        return row
    found = _one(call.tx, row, args.entry, args.key) if row is not None else None
    return _absent(args.entry, args.key) if found is None else shown(found)


def _one(tx: Transaction, row: Artifact, number: int | None, key: str | None) -> MemoryEntry | None:
    if number is not None:
        return tx.get(tx.state.memory_entries, (row.id, number))
    return keyed(tx, row.id, key or "")


def _absent(number: int | None, key: str | None) -> Refusal:
    named = f"no entry {number}" if number is not None else f"nothing under the key {key!r}"
    return Refusal("not_found", f"there is {named} in this memory")


async def _forget(call: Call, args: ForgetArgs) -> Json | Refusal:
    given = [name for name in ("entry", "key", "tag", "older_than") if getattr(args, name) is not None]
    if len(given) != 1:
        return Refusal("bad_arguments", f"{DESK}.forget: say one of entry, key, tag and older_than")
    row = await opened(call, Access.WRITE, args.memory)
    if isinstance(row, Refusal):
        return row
    if row is None:
        return _forgotten(0, 0)
    tx = call.tx
    if args.tag is not None:
        gone = _entries(tx, row, [args.tag])
    elif args.older_than is not None:
        gone = [entry for entry in _entries(tx, row, []) if tx.at - entry.at > args.older_than]
    else:
        one = _one(tx, row, args.entry, args.key)
        if one is None:
            return _absent(args.entry, args.key)
        gone = [one]
    freed = forget(tx, call.caller, row, gone)
    return freed if isinstance(freed, Refusal) else _forgotten(len(gone), freed)


async def _clear(call: Call, args: WhichArgs) -> Json | Refusal:
    row = await opened(call, Access.WRITE, args.memory)
    if row is None or isinstance(row, Refusal):
        return row or _forgotten(0, 0)
    gone = _entries(call.tx, row, [])
    freed = forget(call.tx, call.caller, row, gone)
    return freed if isinstance(freed, Refusal) else _forgotten(len(gone), freed)


def _forgotten(entries: int, freed: int) -> Json:
    return {"forgotten": entries, "freed": freed}


async def _list(call: Call, args: ListArgs) -> Json | Refusal:
    row = await opened(call, Access.READ, args.memory)
    if isinstance(row, Refusal):
        return row
    found: list[Json] = []
    for entry in _entries(call.tx, row, args.tags) if row is not None else ():
        if entry.number > args.after:
            if not _fits(found, args.limit, shown(entry)):
                return {"entries": found, "next": found[-1]["entry"]}
            found.append(shown(entry))
    return {"entries": found, "next": None}


async def _tags(call: Call, args: WhichArgs) -> Json | Refusal:
    row = await opened(call, Access.READ, args.memory)
    if isinstance(row, Refusal):
        return row
    counts: dict[str, int] = {}
    for entry in _entries(call.tx, row, []) if row is not None else ():
        for tag in entry.tags:
            counts[tag] = counts.get(tag, 0) + 1
    return {"tags": [{"tag": tag, "entries": count} for tag, count in sorted(counts.items())]}


async def _export(call: Call, args: ExportArgs) -> Json | Refusal:
    row = await opened(call, Access.READ, args.memory)
    if isinstance(row, Refusal):
        return row
    entries = [shown(entry) for entry in _entries(call.tx, row, [])] if row is not None else []
    text = orjson.dumps({"memory": row.id if row is not None else None, "entries": entries}).decode()
    made = await call.physics.perform(call.tx, call.caller, Write(text, type="export", access=tuple(args.access)))
    return made if isinstance(made, Refusal) else {**made, "entries": len(entries)}


async def _use(call: Call, args: UseArgs) -> Json | Refusal:
    tx = call.tx
    row = tx.get(tx.state.artifacts, args.memory)
    if row is None or not is_memory(tx, row):
        return Refusal("not_found", f"there is no memory {args.memory!r}")
    if tx.get(tx.state.agents, call.caller) is None:
        return Refusal("no_memory", f"{call.caller} is no agent, so it has no memory of its own")
    if row.controller != call.caller:
        return Refusal("not_yours", f"{row.id} is {row.controller}'s; only what you control can be your own memory")
    book = tx.get(tx.state.memories, row.id)
    if book is not None and book.agent != call.caller:
        assign(tx, call.caller, row.id)
        tx.emit("memory.used", call.caller, row.id)
    return {"memory": row.id}


def make(limits: Limits, meaning: Meaning | None = None) -> Genesis:
    """The genesis artifact; `limits` holds for every memory, `meaning` is where their vectors come from."""

    async def keep(call: Call, args: StoreArgs) -> Json | Refusal:
        row = await writable(call, args.memory)
        if isinstance(row, Refusal):
            return row
        tags = tuple(dict.fromkeys(args.tags))
        entry = store(call.tx, call.caller, row, Note(args.text, tags, args.key), limits)
        if isinstance(entry, Refusal):
            return entry
        told = await meaning.keep(call, entry, limits) if meaning is not None else {}
        return {"memory": row.id, "entry": entry.number, **told}

    async def recall(call: Call, args: RecallArgs) -> Json | Refusal:
        row = await opened(call, Access.READ, args.memory)
        if isinstance(row, Refusal):
            return row
        found: list[Json] = []
        if row is not None:
            tx = call.tx
            if not args.query.strip():
                hits = [(entry.number, 0) for entry in reversed(_entries(tx, row, args.tags))]
            elif args.by == "meaning":
                near = await meaning.find(call, row.id, args.query) if meaning is not None else no_meaning()
                if isinstance(near, Refusal):
                    return near
                hits = near
            elif full_text.available():
                hits = FullText.of(tx.state).search(tx, row.id, args.query)
            else:
                return _degraded(call)
            for number, score in hits:
                entry = tx.get(tx.state.memory_entries, (row.id, number))
                if entry is None or not set(args.tags) <= set(entry.tags):
                    continue
                one = {**shown(entry), "score": (score + 500_000) // 1_000_000}
                if not _fits(found, args.limit, one):
                    break
                found.append(one)
        return {"memory": row.id if row is not None else None, "found": found}

    async def status(call: Call, args: WhichArgs) -> Json | Refusal:
        row = await opened(call, Access.READ, args.memory)
        if isinstance(row, Refusal):
            return row
        book = call.tx.get(call.tx.state.memories, row.id) if row is not None else None
        return {
            "memory": row.id if row is not None else None,
            "entries": book.entries if book is not None else 0,
            "bytes": row.size if row is not None else 0,
            "quota": limits.quota,
            "most_entries": limits.entries,
            "meaning": meaning.state(call.tx, row.id if row is not None else "") if meaning is not None else "none",
            "search": "full text" if full_text.available() else "none: SQLite here has no FTS5",
        }

    return Genesis(
        DESK,
        "Memory",
        [
            method("store", StoreArgs, "Keep a text, with tags and perhaps a key; its bytes are on your disk.", keep),
            method(
                "recall",
                RecallArgs,
                "Entries in which words occur, or that mean the like, the best first, with scores.",
                recall,
            ),
            method("get", EntryArgs, "One entry, by number or key.", _get),
            method("forget", ForgetArgs, "Delete entries: one, those with a tag, or old ones.", _forget),
            method("clear", WhichArgs, "Delete all entries.", _clear),
            method("list", ListArgs, "Entries, the oldest first, a page at a time.", _list),
            method("tags", WhichArgs, "The tags there are, with the number of entries.", _tags),
            method("export", ExportArgs, "Write all entries into an artifact of yours, as JSON.", _export),
            method("status", WhichArgs, "What a memory takes of what it may take.", status),
            method("use", UseArgs, "Make a memory that you control your own, e.g. one that you bought.", _use),
        ],
    )


def _degraded(call: Call) -> Refusal:
    """There is no ranking without full-text search, and another one would tell another story without saying so."""
    said = "the SQLite of this machine has no FTS5, so nothing is found by words; list, get and recall by tags work"
    call.tx.emit("memory.degraded", call.caller, DESK, why=said)
    return Refusal("no_full_text", said)
