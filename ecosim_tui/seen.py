"""What an operator has seen of a run, so that opening it again can say what has happened since."""

import os
from hashlib import blake2b
from pathlib import Path

import orjson
from platformdirs import user_state_path

from ecosim_tui.plain import name_of
from engine.store.errors import ArchiveDamaged
from engine.store.history import History

_TOLD = (
    ("agent.acted", "actions"),
    ("agent.refused", "refusals"),
    ("exchange.trade", "trades"),
    ("escrow.sold", "sales"),
    ("request.asked", "requests"),
    ("mint.won", "mint winners"),
)


def _note(run: Path) -> Path:
    name = blake2b(os.fsencode(run.resolve()), digest_size=8).hexdigest()
    return user_state_path("ecosim") / "seen" / f"{run.stem}-{name}.json"


def remember(run: Path, seq: int) -> None:
    """Note that a run has been seen up to a commit."""
    note = _note(run)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_bytes(orjson.dumps({"run": name_of(run.resolve()), "seq": seq}))


def since_left(run: Path) -> str:
    """What has happened since the run was last seen, in a line; empty if it never was."""
    try:
        seq = int(orjson.loads(_note(run).read_bytes())["seq"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""  # no note, or one that cannot be read, which is as good as none: the run itself is what counts
    try:
        with History(run) as history:
            counts = history.counts_since(seq)
    except ArchiveDamaged as error:
        return f"what has happened cannot be told: {error}"
    told = [f"{counts[kind]:,} {word}" for kind, word in _TOLD if counts.get(kind)]
    if not counts:
        return "nothing has happened"
    return ", ".join(told) or f"{sum(counts.values()):,} events"
